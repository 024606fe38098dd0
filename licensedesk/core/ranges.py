"""Ranges of shared licenses: one row per range and product, and what an action changes of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from licensedesk.core.changes import RangeChange, Standing
from licensedesk.core.holdings import Holdings
from licensedesk.core.tree import ServerFact
from licensedesk.core.types import Day, Option, ServerId


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeRow:
    """One range and product at a day. `servers` are all members, the sharing source first."""

    source: ServerFact
    product: str
    servers: tuple[ServerFact, ...]
    held: int
    used: int
    waiting: int
    earliest_expiry: Day | None

    @property
    def remaining(self) -> int:
        return self.held - self.used

    @property
    def shortage(self) -> int:
        return max(0, self.used - self.held)

    @property
    def to_buy(self) -> int:
        return max(0, self.waiting - self.remaining)


def range_rows(
    holdings: Holdings, *, on: Day, product: str | None = None, source: ServerId | None = None
) -> list[RangeRow]:
    """Every range and known product, zeros included; of one product or one sharing source if given."""
    products = [holdings.product(product)] if product is not None else holdings.products
    return [
        _row(holdings, holder, name, on=on)
        for holder in holdings.sources
        if source is None or holder.id == source
        for name in products
    ]


def _row(holdings: Holdings, source: ServerFact, product: str, *, on: Day) -> RangeRow:
    terms = holdings.terms(source, product)
    return RangeRow(
        source=source,
        product=product,
        servers=holdings.tree.members[source.id],
        held=terms.held(on),
        used=holdings.used.get((source.id, product), 0),
        waiting=holdings.waiting_by_range.get((source.id, product), 0),
        earliest_expiry=terms.earliest_expiry(on),
    )


def option_label(source: ServerFact) -> str:
    """`primary` for the primary, else the option: what makes this server a holder."""
    return "primary" if source.parent is None else Option(source.option).value


def compare(before: Holdings, after: Holdings, *, on: Day) -> tuple[RangeChange, ...]:
    """Every range and product whose figures or members an action changes, parents first.

    The same function makes the preview and the answer of the action.
    """
    return tuple(_changed(before, after, on=on))


def _changed(before: Holdings, after: Holdings, *, on: Day) -> Iterator[RangeChange]:
    was = {source.id: source for source in before.sources}
    becomes = {source.id: source for source in after.sources}
    for server in {**was, **becomes}:
        named = becomes.get(server) or was[server]
        for product in after.products:
            old = _standing(before, was.get(server), product, on=on)
            new = _standing(after, becomes.get(server), product, on=on)
            if old != new:
                yield RangeChange(
                    source=server, host_name=named.host_name, product=product, before=old, after=new
                )


def _standing(holdings: Holdings, source: ServerFact | None, product: str, *, on: Day) -> Standing | None:
    return None if source is None else holdings.standing(source, product, on=on)
