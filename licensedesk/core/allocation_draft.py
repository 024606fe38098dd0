"""Quantities of a product filled in but not distributed yet: what they would change, live and pure.

Judged by the same function as the action, so that what is offered to be done is what would be done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from licensedesk.core.allocations import check_allocation
from licensedesk.core.apportion import Share
from licensedesk.core.changes import RangeChange
from licensedesk.core.errors import RefusedError
from licensedesk.core.holdings import Holdings
from licensedesk.core.tree import ServerFact, holds_by_distribution
from licensedesk.core.types import Day, ServerId


@dataclass(frozen=True, slots=True)
class RelayDraft:
    """One relay with the option Distribution: what it has now, what it is to have, what its range uses."""

    relay: ServerFact
    used: int
    waiting: int
    now: int
    new: int

    @property
    def remaining(self) -> int:
        """After this; may be negative."""
        return self.new - self.used

    @property
    def shortage(self) -> int:
        return max(0, -self.remaining)

    @property
    def shortage_now(self) -> int:
        return max(0, self.used - self.now)


@dataclass(frozen=True)
class Draft:
    """`before` are the facts of this product alone; `quantities` what each relay is to have."""

    before: Holdings
    product: str
    on: Day
    quantities: Mapping[ServerId, int]

    @classmethod
    def of(cls, holdings: Holdings, *, product: str, on: Day) -> Draft:
        """Nothing changed yet. Raises RefusedError `unknown-product`."""
        before = holdings.of_product(product)
        now = {
            server.id: before.allocations.get((server.id, product), 0)
            for server in sorted(before.sources, key=lambda server: server.host_name)
            if holds_by_distribution(server)
        }
        return cls(before, product, on, now)

    def with_quantities(self, quantities: Mapping[ServerId, int]) -> Draft:
        """Other quantities for some of its relays."""
        return replace(self, quantities={**self.quantities, **quantities})

    @cached_property
    def relays(self) -> tuple[RelayDraft, ...]:
        before, product = self.before, self.product
        return tuple(
            RelayDraft(
                relay=before.tree.get(server),
                used=before.used.get((server, product), 0),
                waiting=before.waiting_by_range.get((server, product), 0),
                now=self._now(server),
                new=new,
            )
            for server, new in self.quantities.items()
        )

    def _now(self, server: ServerId) -> int:
        return self.before.allocations.get((server, self.product), 0)

    @cached_property
    def changed(self) -> dict[ServerId, int]:
        """What is to be distributed: the relays whose quantity is another than now."""
        return {server: new for server, new in self.quantities.items() if new != self._now(server)}

    @property
    def seen(self) -> dict[ServerId, int]:
        """What the changed relays have now, as far as this draft knows."""
        return {server: self._now(server) for server in self.changed}

    @property
    def more(self) -> int:
        """How many licenses leave the primary; negative where they return to it."""
        return sum(new - self._now(server) for server, new in self.changed.items())

    @property
    def moved(self) -> int:
        """How many licenses relays get that they do not have now."""
        return sum(max(0, new - self._now(server)) for server, new in self.changed.items())

    @cached_property
    def total(self) -> int:
        """Licenses registered on the primary and valid that day."""
        return self.before.valid_on_primary(self.product, on=self.on)

    @property
    def undistributed(self) -> int:
        """After this; negative where more would be distributed than is valid."""
        return self.total - self.after.distributed.get(self.product, 0)

    @cached_property
    def after(self) -> Holdings:
        return self.before.with_allocations(self.product, self.changed)

    @property
    def spare(self) -> int:
        """What the primary's own range would have remaining after this; may be negative."""
        return self.after.standing(self.before.tree.primary, self.product, on=self.on).remaining

    @cached_property
    def refusal(self) -> RefusedError | None:
        """Why the action would be refused as it stands."""
        try:
            check_allocation(self.before, product=self.product, quantities=self.changed, on=self.on)
        except RefusedError as error:
            return error
        return None

    @cached_property
    def ranges(self) -> tuple[RangeChange, ...]:
        """Before and after of every range touched: the primary's, and those of the changed relays.

        The same as `ranges.compare` finds, without asking the ranges that cannot have changed.
        """
        tree = self.before.tree
        touched = (tree.primary, *(tree.get(server) for server in self.changed))
        found = (self._change(source) for source in touched)
        return tuple(change for change in found if change.before != change.after)

    def _change(self, source: ServerFact) -> RangeChange:
        return RangeChange(
            source=source.id,
            host_name=source.host_name,
            product=self.product,
            before=self.before.standing(source, self.product, on=self.on),
            after=self.after.standing(source, self.product, on=self.on),
        )

    def shares(self, locked: frozenset[ServerId]) -> list[Share[ServerId]]:
        """For the strategies of `apportion`."""
        return [Share(one.relay.id, one.new, one.used, locked=one.relay.id in locked) for one in self.relays]


@dataclass(frozen=True, slots=True)
class Overtaken:
    """What another console changed of a relay that was filled in: its quantity (None: it is no longer
    there or lost the option) against the one filled in.
    """

    host_name: str
    was: int
    now: int | None
    filled_in: int


def carry_over(draft: Draft, holdings: Holdings) -> tuple[Draft, list[Overtaken]]:
    """The draft over newer facts: what was filled in stays, everything else follows the facts.

    Raises RefusedError `unknown-product`.
    """
    fresh = Draft.of(holdings, product=draft.product, on=draft.on)
    kept = {server: new for server, new in draft.changed.items() if server in fresh.quantities}
    overtaken = [
        Overtaken(one.relay.host_name, one.now, fresh.quantities.get(one.relay.id), one.new)
        for one in draft.relays
        if one.relay.id in draft.changed and fresh.quantities.get(one.relay.id) != one.now
    ]
    return fresh.with_quantities(kept), overtaken
