"""The audit log as shown and exported: filtered, the newest first, by pages, with an exact count."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from licensedesk.core.audit import Entry, canonical
from licensedesk.core.event_list import store_pattern
from licensedesk.core.files import written_whole
from licensedesk.core.scope import require_primary
from licensedesk.core.store.database import Store
from licensedesk.core.store.facts import read_tree
from licensedesk.core.types import Actor

_SELECT = 'SELECT seq, at, "by", action, subject, "before", "after", hash FROM audit'
_PAGE = 5_000
HEADER = ("seq", "at", "by", "action", "subject", "before", "after", "hash")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Everything by default; `since` and `before` are days in ISO form, inclusive and exclusive."""

    actions: tuple[str, ...] = ()
    since: str = ""
    before: str = ""
    text: str = ""


def require_seen(store: Store, *, by: Actor) -> None:
    """The log is of the whole site. Raises RefusedError `out-of-scope` at another local server."""
    if by.server is not None:
        require_primary(read_tree(store), by, subject="audit log")


def read_entries(
    store: Store, chosen: AuditFilter, *, first: int, count: int, descending: bool = True
) -> list[Entry]:
    """`count` entries from position `first` on, by their numbers."""
    where, parameters = _where(chosen)
    direction = "DESC" if descending else "ASC"
    rows = store.rows(
        f"{_SELECT} WHERE {where} ORDER BY seq {direction} LIMIT ? OFFSET ?", (*parameters, count, first)
    )
    return [_entry(store, row) for row in rows]


def _page_after(store: Store, chosen: AuditFilter, last: int) -> list[Entry]:
    """The next of an export, by its number: what lies before is not counted off again for every page."""
    where, parameters = _where(chosen)
    rows = store.rows(f"{_SELECT} WHERE {where} AND seq > ? ORDER BY seq LIMIT ?", (*parameters, last, _PAGE))
    return [_entry(store, row) for row in rows]


def _entry(store: Store, row: tuple[Any, ...]) -> Entry:
    """Raises SurroundingsError `damaged-database`."""
    seq, at, by, action, subject, old, new, sealed = row
    with store.sound(f"entry {seq} of the audit log"):
        return Entry(seq, at, by, action, subject, json.loads(old), json.loads(new), sealed)


def read_previous_hash(store: Store, entry: Entry) -> str:
    """The seal that an entry's own is made over; "" before the first, and where that one is missing."""
    found = store.value("SELECT hash FROM audit WHERE seq = ?", (entry.seq - 1,))
    return str(found or "")


def count_entries(store: Store, chosen: AuditFilter) -> int:
    where, parameters = _where(chosen)
    found: int = store.value(f"SELECT count(*) FROM audit WHERE {where}", parameters)
    return found


def known_actions(store: Store) -> tuple[str, ...]:
    """The codes of the actions that occur, in alphabetical order."""
    return tuple(action for (action,) in store.rows("SELECT DISTINCT action FROM audit ORDER BY action"))


def export_entries(store: Store, chosen: AuditFilter, path: Path, *, progress: Callable[[int], None]) -> int:
    """Write all that match as CSV, oldest first; how many. `before` and `after` are JSON, as sealed.

    Raises SurroundingsError `disk-full`, `unwritable`.
    """
    with written_whole(path, encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        written = last = 0
        while page := _page_after(store, chosen, last):
            writer.writerows(map(_row, page))
            written, last = written + len(page), page[-1].seq
            progress(written)
    return written


def _row(entry: Entry) -> tuple[int | str, ...]:
    figures = canonical(entry.before), canonical(entry.after)
    return (entry.seq, entry.at, entry.by, entry.action, entry.subject, *figures, entry.hash)


def _where(chosen: AuditFilter) -> tuple[str, list[Any]]:
    conditions, parameters = ["1 = 1"], []
    if chosen.actions:
        conditions.append(f"action IN ({', '.join('?' * len(chosen.actions))})")
        parameters += list(chosen.actions)
    if chosen.since:
        conditions.append("at >= ?")
        parameters.append(chosen.since)
    if chosen.before:
        conditions.append("at < ?")
        parameters.append(chosen.before)
    for word in chosen.text.split():
        conditions.append(
            "(subject LIKE ? ESCAPE '\\' OR \"by\" LIKE ? ESCAPE '\\'"
            " OR \"before\" LIKE ? ESCAPE '\\' OR \"after\" LIKE ? ESCAPE '\\')"
        )
        parameters += [store_pattern(word)] * 4
    return " AND ".join(conditions), parameters
