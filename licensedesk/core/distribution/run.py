"""One distribution run: whom it is for, and how far it came."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass

from licensedesk.core.distribution.history import Outcome
from licensedesk.core.distribution.ledger import Line
from licensedesk.core.distribution.plan import sendable
from licensedesk.core.types import ServerId


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: `current` of its `servers`; `queued` are not sent, `waiting` not answered yet."""

    servers: int
    current: int
    queued: int
    waiting: int


@dataclass(slots=True)
class Run:
    """`open` are the servers that are still to become current; `id` is the row in the history."""

    id: int
    servers: int
    open: set[ServerId]
    current: int = 0
    ended: bool = False

    def note_reports(self, servers: Collection[ServerId], lines: Mapping[ServerId, Line]) -> None:
        """Servers that have just reported, with their lines after it."""
        for server in self.open.intersection(servers):
            if lines[server].acknowledged:
                self.open.discard(server)
                self.current += 1

    def drop_gone(self, lines: Mapping[ServerId, Line]) -> None:
        """Wait no longer for what was removed or suspended meanwhile."""
        self.open = {server for server in self.open if server in lines and sendable(lines[server])}

    @property
    def outcome(self) -> Outcome:
        return Outcome.COMPLETE if self.current == self.servers else Outcome.INCOMPLETE

    def progress(self, queue: Set[ServerId]) -> Progress:
        queued = len(self.open & queue)
        return Progress(self.servers, self.current, queued, len(self.open) - queued)
