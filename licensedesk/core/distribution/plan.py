"""Which servers need a message, and why: pure, decided by the ledger alone.

Source: 3-protocol.md, When to distribute and Ledger. The time stamps only say whether a run begins.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from licensedesk.core.distribution.ledger import (
    FIRST_RETRY,
    HARMLESS,
    LONGEST_RETRY,
    RETRIED,
    SIGNED_ANEW,
    Enrolled,
    Line,
)
from licensedesk.core.distribution.stamps import Stamps

FURTHEST_RETRY = LONGEST_RETRY * 1.5
"""The longest delay with its jitter."""


class Why(StrEnum):
    """Why a server is sent a message."""

    NEW = "new"
    AGAIN = "again"
    RETRY = "retry"
    SIGNED_ANEW = "signed-anew"
    RENEWAL = "renewal"


def sendable(line: Line) -> bool:
    """There is something to send, and somebody to send it to."""
    return line.desired_digest is not None and not line.suspended and line.enrolled != Enrolled.NO


def why_send(line: Line, *, at: datetime, eager: bool) -> Why | None:
    """Why a server needs a message now; None where it does not.

    `eager` is a run that a start or an administrator began: what was not answered is published again
    at once, and what a new signature may mend is signed anew. Otherwise the retry time is waited for.
    """
    if not sendable(line):
        return None
    if line.acknowledged:
        return Why.RENEWAL if below_half(line, at=at) else None
    if line.sent_digest != line.desired_digest:
        return Why.NEW
    if line.rejection and line.rejection not in RETRIED | SIGNED_ANEW:
        return None
    if not (eager or _due(line, at=at)):
        return None
    if line.rejection in SIGNED_ANEW:
        return Why.SIGNED_ANEW
    return Why.RETRY if line.rejection else Why.AGAIN


def _due(line: Line, *, at: datetime) -> bool:
    if line.retry_at is None:
        return line.rejection not in SIGNED_ANEW
    return reached(line.retry_at, at=at)


def reached(moment: datetime | None, *, at: datetime) -> bool:
    """The time of a retry has come; one further ahead than any delay was set by a clock that went back."""
    return moment is None or not at < moment <= at + FURTHEST_RETRY


def retry_after_report(
    line: Line, *, acknowledged: bool, answers: bool, code: str, at: datetime, jitter: random.Random
) -> datetime | None:
    """When the server is to be sent a message again, after a report of it; None where only a run does it.

    `line` is as before the report, which `answers` the last message or something older, with `code`.
    """
    if acknowledged:
        return None
    if not answers:
        return line.retry_at
    if code in SIGNED_ANEW:
        return None if _was_signed_anew(line, code) else at
    if code in HARMLESS | RETRIED:
        return at + retry_delay(line.attempts, jitter=jitter)
    return None


def _was_signed_anew(line: Line, code: str) -> bool:
    """The last message was sent when its rejection by this code was known: once is enough by itself."""
    known_at = line.reported_at if line.reported_code == code else None
    return known_at is not None and line.sent_at is not None and known_at < line.sent_at


def below_half(line: Line, *, at: datetime) -> bool:
    """The last message has less than half of its life left, so that a late reader might find it expired."""
    if line.sent_at is None or line.expires_at is None:
        return False
    return at > line.sent_at + (line.expires_at - line.sent_at) / 2


def retry_delay(attempts: int, *, jitter: random.Random) -> timedelta:
    """Until a message is sent again: doubles with every attempt up to 6 h, then half to one and a half."""
    delay: timedelta = min(FIRST_RETRY * 2 ** min(attempts, 20), LONGEST_RETRY)
    return delay * jitter.uniform(0.5, 1.5)


def unexplained(lines: Iterable[Line], stamps: Stamps) -> list[Line]:
    """Servers that need a new message although the time stamps say that nothing is new, and nothing that
    happened since the last success (enrolment, resume, drift, retry) explains it.
    """
    if stamps.due or stamps.distributed_at is None:
        return []
    since = stamps.distributed_at
    return [
        line
        for line in lines
        if line.counts
        and sendable(line)
        and not line.acknowledged
        and line.retry_at is None
        and not any(
            moment is not None and moment >= since
            for moment in (line.invited_at, line.enrolled_at, line.sent_at, line.reported_at)
        )
    ]
