"""The Event List as shown: filtered, the newest first, by pages, with an exact count."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from licensedesk.core import events
from licensedesk.core.errors import RefusedError
from licensedesk.core.events import Event, Severity
from licensedesk.core.scope import local_server, visible_source
from licensedesk.core.store.database import Store
from licensedesk.core.store.facts import read_tree
from licensedesk.core.types import Actor, stamp

_COLUMNS = "id, at, severity, code, subject, figures, ended_at, acknowledged_at, acknowledged_by"
_ORDERS = {
    "at": "id",
    "severity": "CASE severity WHEN 'info' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END",
    "subject": "subject",
    "acknowledged": "acknowledged_at",
}

_SAYS = (
    "(subject LIKE ? ESCAPE '\\' OR EXISTS (SELECT 1 FROM json_each(figures) WHERE value LIKE ? ESCAPE '\\'))"
)
_ABOUT = (
    "coalesce(json_extract(figures, '$.source'), json_extract(figures, '$.server'))"
    " IN (SELECT value FROM json_each(?))"
)
"""Every event that is about a server has its host name as one of these figures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Everything by default; `text` is looked for in subject and figures, `hosts` limits it to events about
    these servers: what the local server may see, from `visible_hosts`; None is no limit.
    """

    severities: tuple[str, ...] = ()
    unacknowledged: bool = False
    open_only: bool = False
    text: str = ""
    hosts: tuple[str, ...] | None = None


def visible_hosts(store: Store, *, by: Actor) -> tuple[str, ...] | None:
    """The host names of the one range that is seen; None where all are."""
    if by.server is None:
        return None
    tree = read_tree(store)
    visible = visible_source(tree, by)
    if visible is None:
        return None
    return tuple(server.host_name for server in tree.servers if tree.source_of(server.id).id == visible)


def read_events(
    store: Store,
    chosen: EventFilter,
    *,
    first: int,
    count: int,
    sort: str | None = None,
    descending: bool = True,
) -> list[Event]:
    """`count` events from position `first` on; without `sort` the newest first."""
    where, parameters = _where(chosen)
    order = _ORDERS.get(sort or "at", "id")
    direction = "DESC" if descending or sort is None else "ASC"
    rows = store.rows(
        f"SELECT {_COLUMNS} FROM event WHERE {where} ORDER BY {order} {direction}, id DESC LIMIT ? OFFSET ?",
        (*parameters, count, first),
    )
    with store.sound("the event list"):
        return [_event(row) for row in rows]


def count_events(store: Store, chosen: EventFilter) -> int:
    where, parameters = _where(chosen)
    found: int = store.value(f"SELECT count(*) FROM event WHERE {where}", parameters)
    return found


def count_unacknowledged(store: Store, *, by: Actor) -> int:
    """Of the events that are seen at the local server."""
    with store.reading():
        hosts = visible_hosts(store, by=by)
        if hosts is None:
            return events.count_unacknowledged(store)
        return count_events(store, EventFilter(unacknowledged=True, hosts=hosts))


def acknowledge_all(store: Store, ids: Collection[int], *, by: Actor, at: datetime) -> int:
    """Mark events as seen; how many were not before. Raises RefusedError `out-of-scope`."""
    with store.writing():
        _require_seen(store, ids, by=by)
        return sum(
            store.run(
                "UPDATE event SET acknowledged_at = ?, acknowledged_by = ?"
                " WHERE id = ? AND acknowledged_at IS NULL",
                (stamp(at), by.name, event),
            )
            for event in ids
        )


def _require_seen(store: Store, ids: Collection[int], *, by: Actor) -> None:
    hosts = visible_hosts(store, by=by)
    if hosts is None:
        return
    where, parameters = _where(EventFilter(hosts=hosts))
    seen = {event for (event,) in store.rows(f"SELECT id FROM event WHERE {where}", parameters)}
    if not seen.issuperset(ids):
        local = local_server(read_tree(store), by).host_name
        raise RefusedError("out-of-scope", local=local, subject="event")


def _where(chosen: EventFilter) -> tuple[str, list[Any]]:
    conditions, parameters = ["1 = 1"], []
    if chosen.severities:
        conditions.append(f"severity IN ({', '.join('?' * len(chosen.severities))})")
        parameters += list(chosen.severities)
    if chosen.unacknowledged:
        conditions.append("acknowledged_at IS NULL")
    if chosen.open_only:
        conditions.append("ended_at IS NULL")
    if chosen.hosts is not None:
        conditions.append(_ABOUT)
        parameters.append(json.dumps(chosen.hosts))
    for word in chosen.text.split():
        conditions.append(_SAYS)
        parameters += [store_pattern(word)] * 2
    return " AND ".join(conditions), parameters


def store_pattern(word: str) -> str:
    """A LIKE pattern for a part of a text, its own signs taken literally."""
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _event(row: tuple[Any, ...]) -> Event:
    return Event(
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
