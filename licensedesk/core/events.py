"""Events: what an administrator should see, fired once per crossing and ended when it no longer holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from licensedesk.core.errors import RefusedError
from licensedesk.core.store.database import Store
from licensedesk.core.types import Actor, stamp


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class EventCode(StrEnum):
    """The sentence of each stands in `sentences`."""

    RANGE_SHORT = "range-short"
    KEY_EXPIRING = "key-expiring"
    SERVER_NOT_CURRENT = "server-not-current"
    MESSAGE_REJECTED = "message-rejected"
    DRIFT = "drift"
    AUDIT_BROKEN = "audit-broken"
    CONFLICTING_LICENSE = "conflicting-license"
    LICENSE_DAMAGED = "license-damaged"
    COUNTER_WENT_BACK = "counter-went-back"
    REPORT_REFUSED = "report-refused"
    CLOCK_AHEAD = "clock-ahead"
    ROLLED_BACK = "site-rolled-back"


SEVERITIES: Mapping[EventCode, Severity] = {
    EventCode.RANGE_SHORT: Severity.CRITICAL,
    EventCode.KEY_EXPIRING: Severity.WARNING,
    EventCode.SERVER_NOT_CURRENT: Severity.WARNING,
    EventCode.MESSAGE_REJECTED: Severity.CRITICAL,
    EventCode.DRIFT: Severity.WARNING,
    EventCode.AUDIT_BROKEN: Severity.CRITICAL,
    EventCode.CONFLICTING_LICENSE: Severity.CRITICAL,
    EventCode.LICENSE_DAMAGED: Severity.CRITICAL,
    EventCode.COUNTER_WENT_BACK: Severity.CRITICAL,
    EventCode.REPORT_REFUSED: Severity.CRITICAL,
    EventCode.CLOCK_AHEAD: Severity.WARNING,
    EventCode.ROLLED_BACK: Severity.CRITICAL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    id: int
    at: str
    severity: Severity
    code: str
    subject: str
    figures: Mapping[str, Any]
    ended_at: str | None
    acknowledged_at: str | None
    acknowledged_by: str | None


def fire(store: Store, code: EventCode, *, subject: str, figures: Mapping[str, Any], at: datetime) -> bool:
    """Record that something began to hold; nothing where it already does. Inside a transaction."""
    if _open_event(store, code, subject) is not None:
        return False
    store.run(
        "INSERT INTO event (at, severity, code, subject, figures) VALUES (?, ?, ?, ?, ?)",
        (
            stamp(at),
            SEVERITIES[code].value,
            code.value,
            subject,
            json.dumps(figures, sort_keys=True, ensure_ascii=False),
        ),
    )
    return True


def end(store: Store, code: EventCode, *, subject: str, at: datetime) -> bool:
    """Record that it no longer holds; it may then fire again. Inside a transaction."""
    found = _open_event(store, code, subject)
    if found is None:
        return False
    store.run("UPDATE event SET ended_at = ? WHERE id = ?", (stamp(at), found))
    return True


def happened(
    store: Store, code: EventCode, *, subject: str, figures: Mapping[str, Any], at: datetime
) -> None:
    """Record something of a moment (a drift that was healed): begun and ended at once."""
    if fire(store, code, subject=subject, figures=figures, at=at):
        end(store, code, subject=subject, at=at)


def happened_since(store: Store, code: EventCode, *, subject: str, since: datetime) -> bool:
    found = store.value(
        "SELECT 1 FROM event WHERE at >= ? AND code = ? AND subject = ? LIMIT 1",
        (stamp(since), code.value, subject),
    )
    return found is not None


def open_subjects(store: Store, code: EventCode) -> set[str]:
    """Of what the event holds now."""
    rows = store.rows("SELECT subject FROM event WHERE code = ? AND ended_at IS NULL", (code.value,))
    return {subject for (subject,) in rows}


def _open_event(store: Store, code: EventCode, subject: str) -> int | None:
    found: int | None = store.value(
        "SELECT id FROM event WHERE code = ? AND subject = ? AND ended_at IS NULL", (code.value, subject)
    )
    return found


def list_events(store: Store, *, limit: int, before: int | None = None) -> list[Event]:
    """The newest first; `before` is the id below which they start, for the next page."""
    rows = store.rows(
        "SELECT id, at, severity, code, subject, figures, ended_at, acknowledged_at, acknowledged_by"
        " FROM event WHERE id < ? ORDER BY id DESC LIMIT ?",
        (before or 1 << 62, limit),
    )
    return [
        Event(
            id=row[0],
            at=row[1],
            severity=Severity(row[2]),
            code=row[3],
            subject=row[4],
            figures=json.loads(row[5]),
            ended_at=row[6],
            acknowledged_at=row[7],
            acknowledged_by=row[8],
        )
        for row in rows
    ]


def count_unacknowledged(store: Store) -> int:
    found: int = store.value("SELECT count(*) FROM event WHERE acknowledged_at IS NULL")
    return found


def acknowledge(store: Store, *, event: int, by: Actor, at: datetime) -> None:
    """Mark an event as seen. Raises RefusedError `unknown-event`; a second time changes nothing."""
    with store.writing():
        if store.value("SELECT 1 FROM event WHERE id = ?", (event,)) is None:
            raise RefusedError("unknown-event", event=event)
        store.run(
            "UPDATE event SET acknowledged_at = ?, acknowledged_by = ?"
            " WHERE id = ? AND acknowledged_at IS NULL",
            (stamp(at), by.name, event),
        )
