"""Product licenses as listed: all that are or were registered, with their state on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from licensedesk.core.scope import sees, sees_all
from licensedesk.core.store.database import Store
from licensedesk.core.store.facts import read_tree
from licensedesk.core.types import Actor, Day, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseRow:
    """A license as listed; `server` is the host name it is or was registered on."""

    issuer: str
    serial: str
    product: str
    quantity: int
    kind: Kind
    valid_from: Day
    valid_until: Day | None
    server: str
    state: str
    registered_at: str
    registered_by: str


def list_licenses(store: Store, *, on: Day, by: Actor) -> list[LicenseRow]:
    """All that are or were registered in the ranges that are seen, with their state on a day."""
    with store.reading():
        tree = read_tree(store)
        rows = store.rows(
            "SELECT l.issuer, l.serial, p.name, l.quantity, l.kind, l.valid_from, l.valid_until,"
            " coalesce(s.host_name, l.host_name), l.registered_at, l.registered_by, l.deregistered_at,"
            " l.server_id FROM license l JOIN product p ON p.id = l.product_id"
            " LEFT JOIN server s ON s.id = l.server_id ORDER BY l.issuer, l.serial, l.id"
        )
    seen_all = sees_all(tree, by)
    # One that was registered on a server that is gone is the primary's to see.
    seen = [row for row in rows if seen_all or (row[11] and sees(tree, by, row[11]))]
    with store.sound("the list of licenses"):
        return [_license_row(row, on) for row in seen]


def _license_row(row: tuple[Any, ...], on: Day) -> LicenseRow:
    until = date.fromisoformat(row[6]) if row[6] else None
    first = date.fromisoformat(row[5])
    state = "deregistered" if row[10] else _state_on(first, until, on)
    return LicenseRow(
        issuer=row[0],
        serial=row[1],
        product=row[2],
        quantity=row[3],
        kind=Kind(row[4]),
        valid_from=first,
        valid_until=until,
        server=row[7],
        state=state,
        registered_at=row[8],
        registered_by=row[9],
    )


def _state_on(first: Day, until: Day | None, on: Day) -> str:
    if on < first:
        return "not-yet-valid"
    return "expired" if until is not None and until < on else "valid"
