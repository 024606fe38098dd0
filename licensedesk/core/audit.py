"""The audit chain: every administrator's action, in its own transaction, each entry sealed by a hash.

Source: 3-protocol.md, Audit. The head of the chain also stands in the site's row, so that entries cut
off at the end are seen as well as changed or missing ones.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from licensedesk.core.store.database import Store
from licensedesk.core.types import Actor, stamp

_BEFORE_ALL = -(1 << 63)
_COLUMNS = ("seq", "at", "by", "action", "subject", "before", "after")
_SELECT = 'SELECT seq, at, "by", action, subject, "before", "after", hash FROM audit'


@dataclass(frozen=True, slots=True)
class Entry:
    """`before` and `after` are the figures of the action's code, as JSON objects."""

    seq: int
    at: str
    by: str
    action: str
    subject: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    hash: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """`first_bad` is the number of the first entry that is changed or missing."""

    entries: int
    intact: bool
    first_bad: int | None


def canonical(value: Any) -> str:
    """JSON of which there is only one form: sorted names, no white space, no escapes but the needed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def append(
    store: Store,
    *,
    by: Actor,
    at: datetime,
    action: str,
    subject: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> int:
    """Write the next entry, inside the action's transaction; its number."""
    last, previous = store.rows("SELECT audit_seq, audit_hash FROM site")[0]
    seq: int = last + 1
    values = (seq, stamp(at), by.name, action, subject, canonical(before), canonical(after))
    sealed = _seal(previous, values)
    store.run(
        'INSERT INTO audit (seq, at, "by", action, subject, "before", "after", hash)'
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (*values, sealed),
    )
    store.run("UPDATE site SET audit_seq = ?, audit_hash = ?", (seq, sealed))
    return seq


def verify(store: Store) -> Verdict:
    """Walk the whole chain; memory stays flat however long it is."""
    with store.reading():
        with store.sound("the head of the audit chain"):
            head, head_hash = store.rows("SELECT audit_seq, audit_hash FROM site")[0]
        entries: int = store.value("SELECT count(*) FROM audit")
        expected, previous, last = 1, "", _BEFORE_ALL
        while page := store.rows(f"{_SELECT} WHERE seq > ? ORDER BY seq LIMIT 1000", (last,)):
            for row in page:
                last = row[0]
                if last != expected or row[-1] != _seal(previous, row[:-1]):
                    return Verdict(entries, intact=False, first_bad=min(last, expected))
                expected, previous = expected + 1, row[-1]
    if (expected, previous) == (head + 1, head_hash):
        return Verdict(entries, intact=True, first_bad=None)
    # Cut off at the end, continued by others, or the last entry made anew with a seal of its own.
    first_bad = max(head, 1) if expected == head + 1 else min(expected, head + 1)
    return Verdict(entries, intact=False, first_bad=first_bad)


def entries(store: Store, *, limit: int, before: int | None = None) -> list[Entry]:
    """The newest entries first; `before` is the number below which they start, for the next page."""
    rows = store.rows(f"{_SELECT} WHERE seq < ? ORDER BY seq DESC LIMIT ?", (before or 1 << 62, limit))
    with store.sound("the audit chain"):
        return [
            Entry(seq, at, by, action, subject, json.loads(old), json.loads(new), sealed)
            for seq, at, by, action, subject, old, new, sealed in rows
        ]


def _seal(previous: str, values: tuple[Any, ...]) -> str | None:
    """None for values that no entry has: they were never sealed."""
    try:
        sealed = previous + canonical(dict(zip(_COLUMNS, values, strict=True)))
    except TypeError:
        return None
    return hashlib.sha256(sealed.encode()).hexdigest()
