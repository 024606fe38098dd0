"""History of distributions: one row a run, why it began, and how far it came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from licensedesk.core.store.database import Store
from licensedesk.core.types import Actor, stamp


class Outcome(StrEnum):
    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """`current` of `servers` that were to get a message had applied it when the run ended."""

    id: int
    began_at: str
    by: str
    reason: str
    version: int
    servers: int
    current: int
    ended_at: str | None
    outcome: str | None


def begin(store: Store, *, by: Actor, reason: str, version: int, servers: int, at: datetime) -> int:
    """Inside a transaction; the id of the run."""
    store.run(
        'INSERT INTO distribution (began_at, "by", reason, version, servers, "current")'
        " VALUES (?, ?, ?, ?, ?, 0)",
        (stamp(at), by.name, reason, version, servers),
    )
    run: int = store.value("SELECT max(id) FROM distribution")
    return run


def end(store: Store, run: int, *, current: int, outcome: Outcome, at: datetime) -> None:
    """Inside a transaction."""
    store.run(
        'UPDATE distribution SET ended_at = ?, "current" = ?, outcome = ? WHERE id = ?',
        (stamp(at), current, outcome.value, run),
    )


def end_abandoned(store: Store, *, at: datetime) -> None:
    """End the runs of a console that died. Only for who holds the distributor's lock."""
    if store.value("SELECT 1 FROM distribution WHERE ended_at IS NULL"):
        with store.writing():
            store.run(
                "UPDATE distribution SET ended_at = ?, outcome = ? WHERE ended_at IS NULL",
                (stamp(at), Outcome.INCOMPLETE.value),
            )


def list_runs(store: Store, *, limit: int) -> list[Run]:
    """The newest first."""
    rows = store.rows(
        'SELECT id, began_at, "by", reason, version, servers, "current", ended_at, outcome'
        " FROM distribution ORDER BY id DESC LIMIT ?",
        (limit,),
    )
    return [
        Run(
            id=row[0],
            began_at=row[1],
            by=row[2],
            reason=row[3],
            version=row[4],
            servers=row[5],
            current=row[6],
            ended_at=row[7],
            outcome=row[8],
        )
        for row in rows
    ]
