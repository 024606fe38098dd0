"""The audit chain: every administrator's action, in its own transaction, each entry sealed by a hash.

Source: 3-protocol.md, Audit. The head of the chain also stands in the site's row, so that entries cut
off at the end are seen as well as changed or missing ones. What that proves, and against whom it does not:
docs/adr/0012.
"""

from __future__ import annotations

import hashlib
import json
import json.encoder
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from licensedesk.core.store.database import Store
from licensedesk.core.types import Actor, stamp

_BEFORE_ALL = -(1 << 63)
_PART = 5_000
"""Entries verified at once: some 20 ms."""
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
    """`first_bad` is the number of the first entry that is changed or missing.

    `last_hash` seals the whole log up to the last entry. Whoever can write the database could make a chain
    anew: only a seal that was noted elsewhere proves that none was.
    """

    entries: int
    intact: bool
    first_bad: int | None
    last_hash: str = field(default="", compare=False)


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
) -> None:
    """Write the next entry, inside the action's transaction."""
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


@dataclass(slots=True)
class _Reached:
    """The last entry that is verified; 0 and "" before the first."""

    seq: int = 0
    hash: str = ""


class Walk:
    """A verification of the whole chain, part by part, so that nobody has to wait for all of it."""

    def __init__(self) -> None:
        self._reached = _Reached()

    @property
    def done(self) -> int:
        """How many entries are verified so far, from the first on."""
        return self._reached.seq

    def go_on(self, store: Store) -> Verdict | None:
        """Verify some 20 ms of further entries; the verdict once the end is reached."""
        with store.reading():
            verdict = _verify_part(store, self._reached)
        # Between two parts the chain may have grown, which does no harm, or another database may have been
        # put in its place: what seems broken is judged again, of one state.
        return verify(store) if verdict is not None and not verdict.intact else verdict


def verify(store: Store) -> Verdict:
    """Walk the whole chain, of one state of the database. Memory stays flat, however long it is."""
    reached = _Reached()
    with store.reading():
        while (verdict := _verify_part(store, reached)) is None:
            continue
    return verdict


def _verify_part(store: Store, reached: _Reached) -> Verdict | None:
    page = store.rows(f"{_SELECT} WHERE seq > ? ORDER BY seq LIMIT ?", (reached.seq or _BEFORE_ALL, _PART))
    for row in page:
        if row[0] != reached.seq + 1 or row[-1] != _seal(reached.hash, row[:-1]):
            return _broken(store, min(row[0], reached.seq + 1))
        reached.seq, reached.hash = row[0], row[-1]
    return None if len(page) == _PART else _judge_end(store, reached)


def _judge_end(store: Store, reached: _Reached) -> Verdict:
    with store.sound("the head of the audit chain"):
        head, head_hash = store.rows("SELECT audit_seq, audit_hash FROM site")[0]
    if (reached.seq, reached.hash) == (head, head_hash):
        return Verdict(reached.seq, intact=True, first_bad=None, last_hash=head_hash)
    # Cut off at the end, continued by others, or the last entry made anew with a seal of its own.
    return _broken(store, max(head, 1) if reached.seq == head else min(reached.seq, head) + 1)


def _broken(store: Store, first_bad: int) -> Verdict:
    return Verdict(store.value("SELECT count(*) FROM audit"), intact=False, first_bad=first_bad)


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
    seq, at, by, action, subject, before, after = values
    quoted = json.encoder.encode_basestring
    try:
        # What `canonical` makes of an entry, in a third of the time: a chain has a million.
        entry = (
            f'{{"action":{quoted(action)},"after":{quoted(after)},"at":{quoted(at)},"before":{quoted(before)},'
            f'"by":{quoted(by)},"seq":{seq},"subject":{quoted(subject)}}}'
        )
    except TypeError:
        return None
    return hashlib.sha256((previous + entry).encode()).hexdigest()
