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
    LONGEST_RETRY,
    RETRIED,
    SIGNED_ANEW,
    Enrolled,
    Line,
)
from licensedesk.core.distribution.stamps import Stamps


class Why(StrEnum):
    """Why a server is sent a message."""

    NEW = "new"
    AGAIN = "again"
    RETRY = "retry"
    SIGNED_ANEW = "signed-anew"
    RENEWAL = "renewal"
    ASKED = "asked"


def sendable(line: Line) -> bool:
    """There is something to send, and somebody to send it to."""
    return line.desired_digest is not None and not line.suspended and line.enrolled != Enrolled.NO


def why_send(line: Line, *, at: datetime, eager: bool) -> Why | None:
    """Why a server needs a message now; None where it does not.

    `eager` is a run that a start or an administrator began: what was not answered is published again
    at once. Otherwise its retry time is waited for.
    """
    if not sendable(line):
        return None
    if line.acknowledged:
        return Why.RENEWAL if below_half(line, at=at) else None
    if line.sent_digest != line.desired_digest:
        return Why.NEW
    due = line.retry_at is None or line.retry_at <= at
    if line.rejection in RETRIED:
        return Why.RETRY if due or eager else None
    if line.rejection in SIGNED_ANEW:
        return Why.SIGNED_ANEW if line.attempts < 2 else None
    if line.rejection:
        return None
    return Why.AGAIN if due or eager else None


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
        if sendable(line)
        and not line.acknowledged
        and line.retry_at is None
        and not any(
            moment is not None and moment >= since
            for moment in (line.invited_at, line.enrolled_at, line.sent_at, line.reported_at)
        )
    ]
