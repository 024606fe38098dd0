"""The rules of the Event List: what holds now, against what holds by the events that are open.

An event fires when a condition begins to hold and ends when it no longer does: once per crossing, whoever
looks and however often. The desktop and the service `watch` call `check`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from licensedesk.core import events
from licensedesk.core.audit import Verdict
from licensedesk.core.distribution.ledger import State
from licensedesk.core.distribution.status import read_status
from licensedesk.core.events import EventCode
from licensedesk.core.holdings import Holdings
from licensedesk.core.ranges import range_rows
from licensedesk.core.settings import read_settings
from licensedesk.core.store.database import Store
from licensedesk.core.store.facts import read_holdings
from licensedesk.core.types import Actor, utc_day

_NOT_CURRENT = frozenset({State.UNREACHABLE, State.REJECTED, State.UNKNOWN})
"""States that do not pass by themselves: a server that is merely pending or sent is no event."""
_OURS = (
    EventCode.RANGE_SHORT,
    EventCode.KEY_EXPIRING,
    EventCode.SERVER_NOT_CURRENT,
    EventCode.AUDIT_BROKEN,
)


def check(store: Store, *, at: datetime, audited: Verdict | None = None) -> int:
    """Fire and end events by what holds at a moment; how many it was. A transaction only if any.

    `audited` is what a walk of the audit chain has just found; None where it was not walked, which takes
    seconds for a long one: at a start, not every minute.
    """
    with store.reading():
        holding = dict(_holding(store, at=at, audited=audited))
        known = _open(store, audited=audited is not None)
    begun, over = holding.keys() - known, known - holding.keys()
    if not begun and not over:
        return 0
    with store.writing():
        for code, subject in sorted(begun):
            events.fire(store, code, subject=subject, figures=holding[code, subject], at=at)
        for code, subject in over:
            events.end(store, code, subject=subject, at=at)
    return len(begun) + len(over)


def _open(store: Store, *, audited: bool) -> set[tuple[EventCode, str]]:
    codes = [code for code in _OURS if audited or code != EventCode.AUDIT_BROKEN]
    marks = ", ".join("?" * len(codes))
    rows = store.rows(
        f"SELECT code, subject FROM event WHERE ended_at IS NULL AND code IN ({marks})",
        [code.value for code in codes],
    )
    return {(EventCode(code), subject) for code, subject in rows}


def _holding(
    store: Store, *, at: datetime, audited: Verdict | None
) -> Iterator[tuple[tuple[EventCode, str], dict[str, Any]]]:
    holdings = read_holdings(store)
    yield from _short_ranges(holdings, at=at)
    yield from _expiring_keys(holdings, at=at, days=int(read_settings(store)["expiry_days"] or 0))
    yield from _not_current(store, at=at)
    if audited is not None and not audited.intact:
        yield (EventCode.AUDIT_BROKEN, "audit"), {"entry": audited.first_bad}


def _short_ranges(
    holdings: Holdings, *, at: datetime
) -> Iterator[tuple[tuple[EventCode, str], dict[str, Any]]]:
    for row in range_rows(holdings, on=utc_day(at)):
        if row.shortage:
            figures = {"source": row.source.host_name, "product": row.product, "shortage": row.shortage}
            yield (EventCode.RANGE_SHORT, f"{row.source.host_name} {row.product}"), figures


def _expiring_keys(
    holdings: Holdings, *, at: datetime, days: int
) -> Iterator[tuple[tuple[EventCode, str], dict[str, Any]]]:
    today = utc_day(at)
    for (server, product), terms in holdings.licenses.items():
        for term in terms:
            if term.valid_until is None or not term.valid(today):
                continue
            if term.valid_until - today <= timedelta(days=days):
                figures = {
                    "issuer": term.issuer,
                    "serial": term.serial,
                    "product": product,
                    "quantity": term.quantity,
                    "server": holdings.tree.get(server).host_name,
                    "valid_until": term.valid_until.isoformat(),
                }
                yield (EventCode.KEY_EXPIRING, f"{term.issuer} {term.serial}"), figures


def _not_current(store: Store, *, at: datetime) -> Iterator[tuple[tuple[EventCode, str], dict[str, Any]]]:
    status = read_status(store, by=Actor(name=""), at=at)
    for server in status.servers:
        if server.state in _NOT_CURRENT:
            figures = {**server.figures, "reason": server.code}
            yield (EventCode.SERVER_NOT_CURRENT, server.line.host_name), figures
