"""The ledger: what was sent to each server, what it reported, and so why it is not current.

Only sent and reported are stored; the states are derived here, pure. Source: 3-protocol.md, Ledger.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from licensedesk.core.documents.messages import Holding
from licensedesk.core.types import ServerId

UNREACHABLE_AFTER = timedelta(minutes=15)
FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=6)
RETRIED = frozenset({"STORE-FAILED", "APPLY-FAILED"})
"""What may pass by itself: tried again with a growing delay."""
SIGNED_ANEW = frozenset({"ROLLBACK", "EXPIRED"})
"""What a newly signed message may mend: tried once. All other rejections wait for a person."""
HARMLESS = frozenset({"", "DRIFT", "CLOCK-AHEAD"})
"""Codes of a report that refuse nothing."""


def applied(digest: str | None, state: str | None, *, desired: str | None) -> bool:
    """A report of this digest and state says that the desired document is stored and applied."""
    return desired is not None and digest == desired and state == Holding.APPLIED


class Enrolled(StrEnum):
    NO = "no"
    INVITED = "invited"
    YES = "yes"


class State(StrEnum):
    """What a person sees of a server."""

    CURRENT = "current"
    PENDING = "pending"
    SENT = "sent"
    REJECTED = "rejected"
    UNREACHABLE = "unreachable"
    NOT_ENROLLED = "not enrolled"
    INVITED = "invited"
    SUSPENDED = "suspended"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One server of the ledger. `desired_*` are of its range's current document, the rest is stored."""

    server: ServerId
    host_name: str
    range_source: ServerId
    range_host_name: str
    enrolled: Enrolled
    suspended: bool
    desired_digest: str | None
    desired_version: int | None
    sent_digest: str | None = None
    sent_version: int | None = None
    sent_message: str | None = None
    sent_at: datetime | None = None
    expires_at: datetime | None = None
    attempts: int = 0
    retry_at: datetime | None = None
    reported_digest: str | None = None
    reported_version: int | None = None
    reported_message: str | None = None
    reported_state: str | None = None
    reported_code: str = ""
    reported_detail: str = ""
    reported_at: datetime | None = None
    agent_version: str = ""
    unknown: bool = False
    refused_code: str = ""
    invited_at: datetime | None = None
    enrolled_at: datetime | None = None
    held_version: int | None = None
    online: bool | None = None
    """Whether the agent is connected, by the broker's last word; None where there is none. Only to be shown:
    it decides no state.
    """
    online_at: datetime | None = None
    """When that was heard first."""

    @property
    def acknowledged(self) -> bool:
        """The server itself reported that it has applied the current document, and is to be believed."""
        held = applied(self.reported_digest, self.reported_state, desired=self.desired_digest)
        return held and not self.unknown

    @property
    def counts(self) -> bool:
        """Waited for before a distribution is a success: enrolled and not suspended."""
        return self.enrolled == Enrolled.YES and not self.suspended

    @property
    def answered(self) -> bool:
        """The last report answers the last message."""
        return self.sent_message is not None and self.reported_message == self.sent_message

    @property
    def rejection(self) -> str:
        """The code with which the server refused, or could not store or apply, the last message."""
        refused = self.answered and self.reported_code not in HARMLESS
        return self.reported_code if refused else ""


def state_of(line: Line, *, at: datetime) -> State:
    """The state a person sees; the order of the questions is that of what matters first."""
    if line.suspended:
        return State.SUSPENDED
    if line.enrolled == Enrolled.NO:
        return State.NOT_ENROLLED
    if line.unknown:
        return State.UNKNOWN
    if line.acknowledged:
        return State.CURRENT
    if line.enrolled == Enrolled.INVITED:
        return State.INVITED
    if line.rejection and line.sent_digest == line.desired_digest:
        return State.REJECTED
    if line.sent_at is None or line.sent_digest != line.desired_digest:
        return State.PENDING
    heard_at = max(line.sent_at, line.reported_at or line.sent_at)
    return State.UNREACHABLE if at - heard_at > UNREACHABLE_AFTER else State.SENT


def reason_of(line: Line, *, at: datetime) -> str:
    """The code of why a server is not current (its sentence stands in `sentences`); "" where it is."""
    state = state_of(line, at=at)
    if state == State.REJECTED:
        return line.rejection
    if state in {State.SENT, State.UNREACHABLE} and line.online is False:
        return "agent-away"
    if state == State.PENDING:
        return "never-sent" if line.sent_digest is None else "newer-document"
    return {
        State.CURRENT: "",
        State.SENT: "waiting-for-report",
        State.UNREACHABLE: "no-report",
        State.NOT_ENROLLED: "agent-not-enrolled",
        State.INVITED: "waiting-for-enrolment",
        State.SUSPENDED: "server-suspended",
        State.UNKNOWN: "counter-went-back",
    }[state]
