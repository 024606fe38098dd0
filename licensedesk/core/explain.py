"""How a range is counted: every term that makes held, used and waiting, as figures.

Pure over Holdings, so that window and command line explain with the same numbers that are counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from licensedesk.core.holdings import Holdings, Key
from licensedesk.core.terms import LicenseTerm
from licensedesk.core.types import Day, ServerId


@dataclass(frozen=True, slots=True)
class ServerShare:
    """The part of a figure that comes from one server: nodes it found, or licenses distributed to it."""

    host_name: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """`held` is the sum of the licenses that count, less `distributed`; or the `allocation`.

    `licenses` also holds those that do not count on the day; `managed` makes `used`, `discovered` makes
    `waiting`. Servers that add nothing are left out.
    """

    source: str
    product: str
    on: Day
    licenses: tuple[LicenseTerm, ...]
    distributed: tuple[ServerShare, ...]
    allocation: int | None
    managed: tuple[ServerShare, ...]
    discovered: tuple[ServerShare, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "licenses": [_license_json(term, self.on) for term in self.licenses],
            "distributed": [_share_json(share) for share in self.distributed],
            "allocation": self.allocation,
            "managed": [_share_json(share) for share in self.managed],
            "discovered": [_share_json(share) for share in self.discovered],
        }


def explain(holdings: Holdings, *, source: ServerId, product: str, on: Day) -> Explanation:
    """Raises RefusedError `unknown-server`. `source` is the sharing source of a range."""
    fact = holdings.tree.get(source)
    terms = holdings.terms(fact, product)
    return Explanation(
        source=fact.host_name,
        product=product,
        on=on,
        licenses=terms.licenses,
        distributed=_distributed(holdings, product) if terms.distributed else (),
        allocation=terms.allocation,
        managed=_by_server(holdings, holdings.managed, source, product),
        discovered=_by_server(holdings, holdings.waiting, source, product),
    )


def _distributed(holdings: Holdings, product: str) -> tuple[ServerShare, ...]:
    return tuple(
        ServerShare(server.host_name, quantity)
        for server in holdings.tree.servers
        if (quantity := holdings.allocations.get((server.id, product), 0))
    )


def _by_server(
    holdings: Holdings, counts: Mapping[Key, int], source: ServerId, product: str
) -> tuple[ServerShare, ...]:
    return tuple(
        ServerShare(server.host_name, number)
        for server in holdings.tree.members[source]
        if (number := counts.get((server.id, product), 0))
    )


def _license_json(term: LicenseTerm, on: Day) -> dict[str, Any]:
    return {
        "issuer": term.issuer,
        "serial": term.serial,
        "quantity": term.quantity,
        "kind": term.kind.value,
        "valid_from": term.valid_from.isoformat(),
        "valid_until": _iso(term.valid_until),
        "counts": term.valid(on),
    }


def _share_json(share: ServerShare) -> dict[str, Any]:
    return {"server": share.host_name, "quantity": share.quantity}


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
