"""Receiving: reports judged, written into the ledger in one transaction a batch, then shown on the board."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from licensedesk.core.distribution import alerts
from licensedesk.core.distribution.board import Board
from licensedesk.core.distribution.ledger import RETRIED, Enrolled, Line
from licensedesk.core.distribution.ledger_store import (
    Reported,
    Sent,
    write_refused,
    write_reported,
    write_sent,
)
from licensedesk.core.distribution.plan import retry_delay
from licensedesk.core.distribution.reports import COUNTER_WENT_BACK, Judged, judge, pin_key
from licensedesk.core.documents.messages import Report
from licensedesk.core.files import crash_point
from licensedesk.core.transports.base import Arrivals
from licensedesk.core.types import ServerId


@dataclass(frozen=True, slots=True)
class Batch:
    """What one batch of arrivals comes to; a report counts as the transport's word too."""

    sent: tuple[Sent, ...]
    news: Mapping[ServerId, Judged]
    reported: tuple[Reported, ...]
    refused: tuple[tuple[ServerId, str, bool], ...]

    def __bool__(self) -> bool:
        return bool(self.sent or self.news)


def take(
    board: Board,
    arrivals: Arrivals,
    underway: dict[ServerId, Sent],
    *,
    jitter: random.Random,
    at: datetime,
) -> Batch:
    """Write a batch into the ledger, then onto the board; what it was. Takes its part out of `underway`."""
    batch = _judge_all(board, arrivals, underway, jitter=jitter, at=at)
    if not batch:
        return batch
    store = board.site.store
    crash_point("distribute:before-ledger")
    with board.writing():
        write_sent(store, batch.sent)
        for server, judged in batch.news.items():
            if judged.pin is not None:
                pin_key(store, server=server, key=judged.pin, at=at)
        write_reported(store, batch.reported)
        write_refused(store, batch.refused)
        alerts.note_batch(store, board.lines, batch.reported, batch.refused, at=at)
        crash_point("distribute:in-ledger")
    crash_point("distribute:after-ledger")
    for sent in batch.sent:
        underway.pop(sent.server, None)
    _show(board, batch, at=at)
    return batch


def _judge_all(
    board: Board,
    arrivals: Arrivals,
    underway: Mapping[ServerId, Sent],
    *,
    jitter: random.Random,
    at: datetime,
) -> Batch:
    news = {}
    answered = set()
    for server, raw in _latest(arrivals.reports).items():
        judged = judge(
            raw,
            server=server,
            deployment=board.site.deployment,
            agent=board.agents.get(server),
            version=board.version,
            at=at,
        )
        waiting = underway.get(server)
        if judged.report and waiting and judged.report.message_id == waiting.message:
            answered.add(server)
        if not judged.repeated and not _known_refusal(board.lines.get(server), judged):
            news[server] = judged
    taken = dict.fromkeys([*map(ServerId, arrivals.sent), *answered])
    return Batch(
        sent=tuple(underway[server] for server in taken if server in underway),
        news=news,
        reported=tuple(
            _reported(judged.report, board.lines.get(server), underway.get(server), jitter=jitter, at=at)
            for server, judged in news.items()
            if judged.report is not None
        ),
        refused=tuple(
            (server, judged.refused, judged.refused == COUNTER_WENT_BACK)
            for server, judged in news.items()
            if judged.refused
        ),
    )


def _latest(reports: Iterable[tuple[str, bytes]]) -> dict[ServerId, bytes]:
    """The last report of each server: a report is state, not an event."""
    return {ServerId(server): raw for server, raw in reports}


def _known_refusal(line: Line | None, judged: Judged) -> bool:
    """The same refusal again, or one of a server that is not there: nothing to write."""
    return bool(judged.refused) and (line is None or line.refused_code == judged.refused)


def _reported(
    report: Report, line: Line | None, underway: Sent | None, *, jitter: random.Random, at: datetime
) -> Reported:
    attempts = underway.attempts if underway else line.attempts if line else 0
    failed = report.code in RETRIED
    return Reported(
        server=ServerId(report.server_id),
        digest=report.sha256,
        version=report.version,
        message=report.message_id,
        state=report.state.value,
        code=report.code,
        detail=report.detail,
        at=at,
        agent_version=report.agent_version,
        counter=report.counter,
        retry_at=at + retry_delay(attempts, jitter=jitter) if failed else None,
    )


def _show(board: Board, batch: Batch, *, at: datetime) -> None:
    """The same changes on the board as in the database."""
    for sent in batch.sent:
        line = board.lines.get(sent.server)
        if line is not None:
            board.lines[sent.server] = replace(
                line,
                sent_digest=sent.digest,
                sent_version=sent.version,
                sent_message=sent.message,
                sent_at=sent.at,
                expires_at=sent.expires_at,
                attempts=sent.attempts,
                retry_at=sent.retry_at,
            )
    for reported in batch.reported:
        _show_report(board, reported, batch.news[reported.server], at=at)
    for server, code, unknown in batch.refused:
        line = board.lines.get(server)
        if line is not None:
            board.lines[server] = replace(line, refused_code=code, unknown=line.unknown or unknown)


def _show_report(board: Board, reported: Reported, judged: Judged, *, at: datetime) -> None:
    server = reported.server
    agent = board.agents[server]
    key = judged.pin or agent.key
    board.agents[server] = replace(
        agent, key=key, token=None if key else agent.token, counter=reported.counter
    )
    line = board.lines.get(server)
    if line is None:
        return
    board.lines[server] = replace(
        line,
        enrolled=Enrolled.YES,
        enrolled_at=at if judged.pin else line.enrolled_at,
        reported_digest=reported.digest or None,
        reported_version=reported.version,
        reported_message=reported.message,
        reported_state=reported.state,
        reported_code=reported.code,
        reported_detail=reported.detail,
        reported_at=at,
        agent_version=reported.agent_version,
        retry_at=reported.retry_at,
        unknown=False,
        refused_code="",
        held_version=_version_of(board, line, reported.digest),
    )


def _version_of(board: Board, line: Line, digest: str) -> int | None:
    if digest == line.desired_digest:
        return line.desired_version
    found: int | None = board.site.store.value(
        "SELECT version FROM document_digest WHERE digest = ?", (digest,)
    )
    return found
