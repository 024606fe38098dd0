"""The state of distribution at a moment: time stamps, counts by state, and the ledger with its reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from licensedesk.core import events
from licensedesk.core.distribution.ledger import Line, State, reason_of, state_of
from licensedesk.core.distribution.ledger_store import read_lines
from licensedesk.core.distribution.reports import SAID_OF_A_SERVER
from licensedesk.core.distribution.stamps import Stamps
from licensedesk.core.distribution.uploads import read_stamps
from licensedesk.core.events import EventCode
from licensedesk.core.scope import visible_source
from licensedesk.core.sentences import sentence_for
from licensedesk.core.site import site_version
from licensedesk.core.store.database import Store
from licensedesk.core.store.facts import read_tree
from licensedesk.core.types import Actor, stamp

_MISSING_A_REPORT = frozenset({State.SENT, State.UNREACHABLE, State.INVITED, State.UNKNOWN})
"""States that a report would end: one that was not believed is then the reason."""
_TOLD_BESIDE = frozenset({State.CURRENT, State.SENT, State.UNREACHABLE})
"""States that the code of the last report does not make, but adds to."""


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """One line of the ledger as a person sees it: state, and the code and figures of why not current.

    A current server has a code too where there is something to know of it: a drift that it has mended, an
    old message that it has refused, a report of somebody else in its name.
    """

    line: Line
    state: State
    code: str

    @property
    def figures(self) -> Mapping[str, Any]:
        """Put together when they are asked for: of 10,000 servers a view shows those of a few."""
        line = self.line
        return {
            "source": line.range_host_name,
            "reason": line.refused_code,
            "server": line.host_name,
            "held_version": line.held_version,
            "desired_version": line.desired_version,
            "sent_at": _text(line.sent_at),
            "online_at": _text(line.online_at),
            "detail": line.reported_detail,
            "attempts": line.attempts,
        }


@dataclass(frozen=True, slots=True)
class Status:
    version: int
    stamps: Stamps
    servers: tuple[ServerStatus, ...]

    @property
    def counts(self) -> dict[State, int]:
        """How many servers are in each state, all states in their order, zeros included."""
        found = Counter(server.state for server in self.servers)
        return {state: found[state] for state in State}

    def as_json(self) -> dict[str, Any]:
        """The form of 6-command-line.md; `detail` explains in one sentence who is not current, and what
        else is to be known.
        """
        return {
            "version": self.version,
            "uploaded_at": _text(self.stamps.uploaded_at),
            "distributed_at": _text(self.stamps.distributed_at),
            "due": self.stamps.due,
            "reason": self.stamps.reason.value,
            "servers": {state.value: count for state, count in self.counts.items()},
            "ledger": [_server_json(server) for server in self.servers],
        }


def read_status(store: Store, *, by: Actor, at: datetime) -> Status:
    """Of the servers that are seen; one consistent state."""
    with store.reading():
        tree = read_tree(store)
        visible = visible_source(tree, by)
        lines = [line for line in read_lines(store, tree) if visible is None or line.range_source == visible]
        stamps, version = read_stamps(store), site_version(store)
        stopped = events.open_subjects(store, EventCode.LICENSE_DAMAGED)
    servers = (server_status(line, at=at, stopped=line.range_host_name in stopped) for line in lines)
    return Status(version, stamps, tuple(servers))


def server_status(line: Line, *, at: datetime, stopped: bool = False) -> ServerStatus:
    """State and reason of one line; a report that was not believed is named where it is why, and so is
    that the whole range is `stopped`.
    """
    state = state_of(line, at=at)
    code = reason_of(line, at=at)
    if state in _TOLD_BESIDE:
        code = _told(line) or code
    if line.refused_code and (state in _MISSING_A_REPORT or state == State.CURRENT):
        code = line.refused_code if line.refused_code in SAID_OF_A_SERVER else "report-refused"
    if state == State.PENDING and stopped:
        code = "range-stopped"
    return ServerStatus(line, state, code)


def _told(line: Line) -> str:
    """The code that the server has reported since the last message; "" where it has said nothing of note."""
    since = line.reported_at is not None and (line.sent_at is None or line.reported_at >= line.sent_at)
    return line.reported_code if since else ""


def _server_json(server: ServerStatus) -> dict[str, Any]:
    line = server.line
    return {
        "server": line.host_name,
        "range": line.range_host_name,
        "desired_version": line.desired_version,
        "held_version": line.held_version,
        "state": server.state.value,
        "code": server.code,
        "detail": sentence_for(server.code, server.figures) if server.code else "",
        "attempts": line.attempts,
        "sent_at": _text(line.sent_at),
        "reported_at": _text(line.reported_at),
    }


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else stamp(moment)
