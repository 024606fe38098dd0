"""The ledger in the database: every line read at once, what was sent and reported written in batches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from licensedesk.core.distribution.ledger import Enrolled, Line
from licensedesk.core.store.database import Store
from licensedesk.core.store.facts import read_tree
from licensedesk.core.tree import Tree
from licensedesk.core.types import ServerId, parse_stamp, stamp

_LINES = (
    "SELECT s.id, s.suspended, e.key_id, e.invited_at, e.enrolled_at, l.sent_digest, l.sent_version,"
    " l.sent_message, l.sent_at, l.expires_at, l.attempts, l.retry_at, l.reported_digest,"
    " l.reported_version, l.reported_message, l.reported_state, l.reported_code, l.reported_detail,"
    " l.reported_at, l.agent_version, l.unknown, l.refused_code, h.version,"
    " p.online, p.at"
    " FROM server s LEFT JOIN enrolment e ON e.server_id = s.id LEFT JOIN ledger l ON l.server_id = s.id"
    " LEFT JOIN document_digest h ON h.digest = l.reported_digest"
    " LEFT JOIN presence p ON p.server_id = s.id WHERE s.role <> 'primary'"
)


@dataclass(frozen=True, slots=True)
class Sent:
    """A message was handed to the transport."""

    server: ServerId
    digest: str
    version: int
    message: str
    at: datetime
    expires_at: datetime
    attempts: int
    retry_at: datetime


@dataclass(frozen=True, slots=True)
class Reported:
    """A server's own report, verified. `retry_at` is when a failed message is sent again."""

    server: ServerId
    digest: str
    version: int
    message: str
    state: str
    code: str
    detail: str
    at: datetime
    agent_version: str
    counter: int
    retry_at: datetime | None


@dataclass(frozen=True, slots=True)
class Refused:
    """A report that moved no figures; `unknown` where it is the server's own all the same."""

    server: ServerId
    code: str
    unknown: bool


def read_lines(store: Store, tree: Tree | None = None) -> list[Line]:
    """The line of every relay and managed server, in the order of the tree."""
    with store.reading():
        tree = tree or read_tree(store)
        documents = {
            source: (digest, version)
            for source, digest, version in store.rows("SELECT source_id, digest, version FROM document")
        }
        stored = {row[0]: row for row in store.rows(_LINES)}
    lines = []
    for position, server in enumerate(tree.servers):
        if server.id in stored:
            source = tree.servers[tree.sources[position]]
            digest, version = documents.get(source.id, (None, None))
            lines.append(
                _line(
                    stored[server.id],
                    server=server.id,
                    host_name=server.host_name,
                    range_source=source.id,
                    range_host_name=source.host_name,
                    desired_digest=digest,
                    desired_version=version,
                )
            )
    return lines


def _line(row: tuple[Any, ...], **tree: Any) -> Line:
    enrolled = Enrolled.YES if row[2] else Enrolled.INVITED if row[3] else Enrolled.NO
    return Line(
        **tree,
        enrolled=enrolled,
        suspended=bool(row[1]),
        invited_at=_moment(row[3]),
        enrolled_at=_moment(row[4]),
        sent_digest=row[5],
        sent_version=row[6],
        sent_message=row[7],
        sent_at=_moment(row[8]),
        expires_at=_moment(row[9]),
        attempts=row[10] or 0,
        retry_at=_moment(row[11]),
        reported_digest=row[12],
        reported_version=row[13],
        reported_message=row[14],
        reported_state=row[15],
        reported_code=row[16] or "",
        reported_detail=row[17] or "",
        reported_at=_moment(row[18]),
        agent_version=row[19] or "",
        unknown=bool(row[20]),
        refused_code=row[21] or "",
        held_version=row[22],
        online=None if row[23] is None else bool(row[23]),
        online_at=_moment(row[24]),
    )


def _moment(text: str | None) -> datetime | None:
    return parse_stamp(text) if text else None


def write_sent(store: Store, sent: Iterable[Sent]) -> None:
    """Inside a transaction. A server that was removed meanwhile is passed over."""
    store.run_many(
        "INSERT INTO ledger (server_id, sent_digest, sent_version, sent_message, sent_at, expires_at,"
        " attempts, retry_at, reported_code, reported_detail, agent_version, unknown, refused_code)"
        " SELECT id, ?, ?, ?, ?, ?, ?, ?, '', '', '', 0, '' FROM server WHERE id = ?"
        " ON CONFLICT (server_id) DO UPDATE SET sent_digest = excluded.sent_digest,"
        " sent_version = excluded.sent_version, sent_message = excluded.sent_message,"
        " sent_at = excluded.sent_at, expires_at = excluded.expires_at, attempts = excluded.attempts,"
        " retry_at = excluded.retry_at",
        [
            (
                each.digest,
                each.version,
                each.message,
                stamp(each.at),
                stamp(each.expires_at),
                each.attempts,
                stamp(each.retry_at),
                each.server,
            )
            for each in sent
        ],
    )


def write_reported(store: Store, reported: Iterable[Reported]) -> None:
    """Inside a transaction: the figures of the ledger, and the counter below which no report counts."""
    reports = list(reported)
    store.run_many(
        "INSERT INTO ledger (server_id, reported_digest, reported_version, reported_message, reported_state,"
        " reported_code, reported_detail, reported_at, agent_version, retry_at, attempts, unknown,"
        " refused_code) SELECT id, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, '' FROM server WHERE id = ?"
        " ON CONFLICT (server_id) DO UPDATE SET reported_digest = excluded.reported_digest,"
        " reported_version = excluded.reported_version, reported_message = excluded.reported_message,"
        " reported_state = excluded.reported_state, reported_code = excluded.reported_code,"
        " reported_detail = excluded.reported_detail, reported_at = excluded.reported_at,"
        " agent_version = excluded.agent_version, retry_at = excluded.retry_at, unknown = 0,"
        " refused_code = ''",
        [
            (
                each.digest or None,
                each.version,
                each.message,
                each.state,
                each.code,
                each.detail,
                stamp(each.at),
                each.agent_version,
                stamp(each.retry_at) if each.retry_at else None,
                each.server,
            )
            for each in reports
        ],
    )
    store.run_many(
        "UPDATE enrolment SET counter = ? WHERE server_id = ?",
        [(each.counter, each.server) for each in reports],
    )


def write_refused(store: Store, refused: Iterable[Refused]) -> None:
    """Inside a transaction."""
    store.run_many(
        "INSERT INTO ledger (server_id, attempts, reported_code, reported_detail, agent_version, unknown,"
        " refused_code) SELECT id, 0, '', '', '', ?, ? FROM server WHERE id = ?"
        " ON CONFLICT (server_id) DO UPDATE SET refused_code = excluded.refused_code,"
        " unknown = CASE WHEN excluded.unknown = 1 THEN 1 ELSE ledger.unknown END",
        [(int(each.unknown), each.code, each.server) for each in refused],
    )


def write_presence(store: Store, presence: Mapping[ServerId, bool], *, at: datetime) -> None:
    """Inside a transaction. A server that was removed meanwhile is passed over."""
    store.run_many(
        "INSERT INTO presence (server_id, online, at) SELECT id, ?, ? FROM server WHERE id = ?"
        " ON CONFLICT (server_id) DO UPDATE SET online = excluded.online, at = excluded.at",
        [(int(online), stamp(at), server) for server, online in presence.items()],
    )


def version_of(store: Store, digest: str) -> int | None:
    """The version of the document with that digest; None where this site never issued it."""
    found: int | None = store.value("SELECT version FROM document_digest WHERE digest = ?", (digest,))
    return found


def forget_line(store: Store, server: ServerId) -> None:
    """Nothing is known of the server any more. Inside a transaction."""
    store.run("DELETE FROM ledger WHERE server_id = ?", (server,))
    store.run("DELETE FROM presence WHERE server_id = ?", (server,))
