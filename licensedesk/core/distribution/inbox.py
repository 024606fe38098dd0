"""Receiving: reports judged, written into the ledger in one transaction a batch, then shown on the board."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from licensedesk.core.distribution import alerts
from licensedesk.core.distribution.board import Board
from licensedesk.core.distribution.ledger import Enrolled, Line, applied
from licensedesk.core.distribution.ledger_store import (
    Refused,
    Reported,
    Sent,
    version_of,
    write_presence,
    write_refused,
    write_reported,
    write_sent,
)
from licensedesk.core.distribution.plan import retry_after_report
from licensedesk.core.distribution.reports import Agent, Judged, judge, pin_key
from licensedesk.core.documents.messages import Report
from licensedesk.core.files import crash_point
from licensedesk.core.transports.base import Arrivals
from licensedesk.core.trust import PublicKey
from licensedesk.core.types import ServerId


@dataclass(frozen=True, slots=True)
class Batch:
    """What one batch of arrivals comes to; a report counts as the transport's word too.

    `lines` and `agents` are those that change, as they are afterwards.
    """

    sent: tuple[Sent, ...]
    reported: tuple[Reported, ...]
    refused: tuple[Refused, ...]
    pins: Mapping[ServerId, PublicKey]
    presence: Mapping[ServerId, bool]
    lines: Mapping[ServerId, Line]
    agents: Mapping[ServerId, Agent]

    def __bool__(self) -> bool:
        return bool(self.sent or self.reported or self.refused or self.presence)


def take(
    board: Board,
    arrivals: Arrivals,
    underway: dict[ServerId, Sent],
    *,
    jitter: random.Random,
    at: datetime,
) -> Batch:
    """Write a batch into the ledger, then onto the board; what it was. Takes its part out of `underway`."""
    batch = _batch(board, arrivals, underway, jitter=jitter, at=at)
    if not batch:
        return batch
    store = board.site.store
    crash_point("distribute:before-ledger")
    with store.writing():
        if board.stale:
            # By what an administrator did meanwhile, a key may be void or a server gone.
            board.read()
            batch = _batch(board, arrivals, underway, jitter=jitter, at=at)
        _write(board, batch, at=at)
        held = alerts.alarms_about(board.alarms, batch.lines.values())
        crossed = alerts.crossings(held, batch.lines.values())
        alerts.note_crossings(store, crossed, at=at)
        alerts.note_moments(store, batch.reported, batch.lines, at=at)
        crash_point("distribute:in-ledger")
    crash_point("distribute:after-ledger")
    for sent in batch.sent:
        underway.pop(sent.server, None)
    board.put(batch.lines.values())
    board.agents.update(batch.agents)
    board.alarms = crossed.after(board.alarms)
    return batch


def _write(board: Board, batch: Batch, *, at: datetime) -> None:
    store = board.site.store
    write_sent(store, batch.sent)
    for server, key in batch.pins.items():
        pin_key(store, server=server, key=key, at=at)
    write_reported(store, batch.reported)
    write_refused(store, batch.refused)
    write_presence(store, batch.presence, at=at)


def _batch(
    board: Board,
    arrivals: Arrivals,
    underway: Mapping[ServerId, Sent],
    *,
    jitter: random.Random,
    at: datetime,
) -> Batch:
    judged = _judged(board, arrivals, at=at)
    sent = _taken(arrivals, judged, underway)
    lines = {
        each.server: _after_sent(board.lines[each.server], each)
        for each in sent
        if each.server in board.lines
    }
    reported, refused = [], []
    agents, pins = {}, {}
    for server, one in judged.items():
        line = lines.get(server, board.lines.get(server))
        if line is None or one.repeated:
            continue
        if one.report is not None:
            news = _reported(line, one.report, jitter=jitter, at=at)
            reported.append(news)
            lines[server] = _after_report(board, line, news, pinned=one.pin is not None)
            agents[server] = _after_news(board.agents[server], one.report, one.pin)
            if one.pin is not None:
                pins[server] = one.pin
        elif not _known_refusal(line, one):
            refused.append(Refused(server, one.refused, one.unknown))
            lines[server] = replace(line, refused_code=one.refused, unknown=one.unknown)
    presence = _presence(board, arrivals)
    for server, online in presence.items():
        lines[server] = replace(lines.get(server, board.lines[server]), online=online, online_at=at)
    return Batch(sent, tuple(reported), tuple(refused), pins, presence, lines, agents)


def _presence(board: Board, arrivals: Arrivals) -> dict[ServerId, bool]:
    """What is new of it: a broker repeats all of it to every console that connects."""
    latest = {ServerId(server): online for server, online in arrivals.presence}
    return {
        server: online
        for server, online in latest.items()
        if server in board.agents and board.lines[server].online is not online
    }


def _judged(board: Board, arrivals: Arrivals, *, at: datetime) -> dict[ServerId, Judged]:
    return {
        server: judge(
            raw,
            server=server,
            deployment=board.site.deployment,
            agent=board.agents.get(server),
            line=board.lines.get(server),
            version=board.version,
            at=at,
        )
        for server, raw in _latest(arrivals.reports).items()
    }


def _taken(
    arrivals: Arrivals, judged: Mapping[ServerId, Judged], underway: Mapping[ServerId, Sent]
) -> tuple[Sent, ...]:
    """What the transport says that it took, and what was answered whatever the transport says."""
    taken = dict.fromkeys(server for server in map(ServerId, arrivals.sent) if server in underway)
    for server, one in judged.items():
        if one.report and server in underway and one.report.message_id == underway[server].message:
            taken[server] = None
    return tuple(underway[server] for server in taken)


def _latest(reports: Iterable[tuple[str, bytes]]) -> dict[ServerId, bytes]:
    """The last report of each server: a report is state, not an event."""
    return {ServerId(server): raw for server, raw in reports}


def _known_refusal(line: Line, judged: Judged) -> bool:
    """The same refusal again, or a stranger's report while the server itself is not believed."""
    return line.refused_code == judged.refused or (line.unknown and not judged.unknown)


def _after_sent(line: Line, sent: Sent) -> Line:
    return replace(
        line,
        sent_digest=sent.digest,
        sent_version=sent.version,
        sent_message=sent.message,
        sent_at=sent.at,
        expires_at=sent.expires_at,
        attempts=sent.attempts,
        retry_at=sent.retry_at,
    )


def _reported(line: Line, report: Report, *, jitter: random.Random, at: datetime) -> Reported:
    retry_at = retry_after_report(
        line,
        acknowledged=applied(report.sha256, report.state, desired=line.desired_digest),
        answers=report.message_id == line.sent_message,
        code=report.code,
        at=at,
        jitter=jitter,
    )
    return Reported(
        server=line.server,
        digest=report.sha256,
        version=report.version,
        message=report.message_id,
        state=report.state.value,
        code=report.code,
        detail=report.detail,
        at=at,
        agent_version=report.agent_version,
        counter=report.counter,
        retry_at=retry_at,
    )


def _after_report(board: Board, line: Line, reported: Reported, *, pinned: bool) -> Line:
    known = line.desired_version if reported.digest == line.desired_digest else None
    return replace(
        line,
        enrolled=Enrolled.YES,
        enrolled_at=reported.at if pinned else line.enrolled_at,
        reported_digest=reported.digest or None,
        reported_version=reported.version,
        reported_message=reported.message,
        reported_state=reported.state,
        reported_code=reported.code,
        reported_detail=reported.detail,
        reported_at=reported.at,
        agent_version=reported.agent_version,
        retry_at=reported.retry_at,
        unknown=False,
        refused_code="",
        held_version=known or version_of(board.site.store, reported.digest),
    )


def _after_news(agent: Agent, report: Report, pin: PublicKey | None) -> Agent:
    return replace(agent, key=pin or agent.key, token=None, token_expires_at=None, counter=report.counter)
