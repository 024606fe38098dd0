"""The distributor: sends, listens and writes the ledger, one step at a time.

It keeps nothing that cannot be read again from the database and the transport: after a crash everything
that was not reported is pending again, and messages are idempotent by version and digest.
Source: 3-protocol.md, When to distribute and Ledger.
"""

from __future__ import annotations

import contextlib
import os
import random
import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from licensedesk.core.distribution import alerts, history, inbox
from licensedesk.core.distribution.board import Board
from licensedesk.core.distribution.ledger import Line
from licensedesk.core.distribution.originals import damaged_licenses
from licensedesk.core.distribution.outbox import Outbox
from licensedesk.core.distribution.plan import Why, sendable, why_send
from licensedesk.core.distribution.success import complete, record_success
from licensedesk.core.distribution.uploads import read_stamps
from licensedesk.core.errors import SurroundingsError
from licensedesk.core.files import HeldElsewhereError, crash_point, exclusive_lock
from licensedesk.core.store.facts import read_tree
from licensedesk.core.transports.base import ConsoleTransport
from licensedesk.core.types import Actor, ServerId

if TYPE_CHECKING:
    from licensedesk.core.site import Site
    from licensedesk.core.trust import Signer

LOCK_FILE = "distributor.lock"
BATCH = 200
"""Messages published before what came back is looked at: keeps both directions moving."""
LOOK_EVERY = timedelta(seconds=1)
"""How often the ledger is searched for what is to be tried again."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: `current` of its `servers`; `queued` are not sent, `waiting` not answered yet."""

    servers: int
    current: int
    queued: int

    @property
    def waiting(self) -> int:
        return self.servers - self.current - self.queued


class Distributor:
    """One at a time per site, held by a lock that dies with its process. Used by one thread."""

    def __init__(
        self,
        site: Site,
        *,
        transport: ConsoleTransport,
        signer: Signer | None,
        by: Actor,
        clock: Callable[[], datetime],
        jitter: random.Random,
        automatic: bool = False,
    ) -> None:
        """`automatic` sends what is new without being asked, as the service `watch` does; otherwise only
        what a run began, or what was sent before and is to be tried again.
        """
        self.site = site
        self.signer = signer
        self._automatic = automatic
        self._transport = transport
        self._by = by
        self._clock = clock
        self._jitter = jitter
        self._outbox = Outbox(transport, jitter=jitter)
        self._resources = contextlib.ExitStack()
        self._stopped: frozenset[ServerId] = frozenset()
        self._run: int | None = None
        self._targets = 0
        self._open_targets: set[ServerId] = set()
        self._looked_at: datetime | None = None
        self.trouble = ""
        """Why the transport lets nothing through at the moment; empty while it does."""

    def open(self) -> None:
        """Take the lock, connect, and read the ledger.

        Raises SurroundingsError: `console-busy` (naming who has it), `transport-unavailable`.
        """
        holder = f"{self._by.name}@{socket.gethostname()}, process {os.getpid()}"
        with contextlib.ExitStack() as resources:
            try:
                resources.enter_context(exclusive_lock(self.site.folder / LOCK_FILE, holder=holder))
            except HeldElsewhereError as error:
                raise SurroundingsError("console-busy", holder=error.holder) from error
            self._transport.start()
            resources.callback(self._transport.close)
            self._board = Board.read(self.site)
            self._resources = resources.pop_all()

    def close(self) -> None:
        """End a run as far as it came, let go of transport and lock."""
        with self._resources:
            self._end_run(history.Outcome.INCOMPLETE)

    @property
    def lines(self) -> Collection[Line]:
        return self._board.lines.values()

    @property
    def due(self) -> bool:
        """The time stamps say that something is new, or the ledger has a server that needs a message."""
        now = self._clock()
        return read_stamps(self.site.store).due or any(
            why_send(line, at=now, eager=False) for line in self.lines
        )

    @property
    def progress(self) -> Progress:
        current = self._targets - len(self._open_targets)
        return Progress(servers=self._targets, current=current, queued=len(self._outbox))

    @property
    def settled(self) -> bool:
        """Every server of the run is current, or there is nothing to wait for."""
        return not self._open_targets

    def distribute(
        self, *, reason: str, only: Collection[ServerId] | None = None, force: bool = False
    ) -> int:
        """Begin a run: queue a message for every server that needs one; how many.

        With `force`, also for those that are current: the agent then reads its file again, heals it and
        reports. `only` names the servers, which are then sent to even where a rejection waits for a person.
        Raises SurroundingsError `no-passphrase` where the key is locked.
        """
        if self.signer is None:
            raise SurroundingsError("no-passphrase")
        now = self._clock()
        self._board = Board.read(self.site)
        self._check_originals(now)
        alerts.note_disagreement(self.site.store, self.lines, by=self._by, at=now)
        targets = [
            line.server
            for line in self.lines
            if (only is None or line.server in only)
            and line.range_source not in self._stopped
            and self._wanted(line, asked=force or only is not None, now=now)
        ]
        self._end_run(history.Outcome.INCOMPLETE)
        self._outbox.add(targets)
        self._targets, self._open_targets = len(targets), set(targets)
        if targets:
            with self._board.writing():
                self._run = history.begin(
                    self.site.store,
                    by=self._by,
                    reason=reason,
                    servers=len(targets),
                    version=self._board.version,
                    at=now,
                )
        self._note_success(now)
        return len(targets)

    def cancel(self) -> int:
        """Send no more of this run; how many were not sent. What was sent is still listened for."""
        left = self._outbox.clear()
        self._end_run(history.Outcome.CANCELLED)
        return left

    def step(self, *, timeout: float) -> bool:
        """Send a batch, take what has come (waiting at most `timeout` s when idle), write it down.

        True where anything happened. Raises SurroundingsError where transport or database is away;
        nothing is lost, and the next step goes on.
        """
        now = self._clock()
        if self._board.stale:
            self._board = Board.read(self.site)
            self._clear_removed()
        self._queue_due(now)
        published = 0
        if self.signer is not None and self._outbox:
            published = self._outbox.publish(self._board, self.signer, most=BATCH, at=now)
        arrivals = self._transport.poll(timeout=0.0 if self._outbox else timeout)
        batch = inbox.take(
            self._board, arrivals, self._outbox.underway, jitter=self._jitter, at=self._clock()
        )
        self._outbox.put_off(arrivals.refused, at=now)
        self.trouble = arrivals.trouble
        if arrivals.reconnected:
            self._send_unanswered(now)
        if batch.reported:
            self._note_reports({each.server for each in batch.reported})
        return bool(published or arrivals)

    @staticmethod
    def _wanted(line: Line, *, asked: bool, now: datetime) -> bool:
        return sendable(line) if asked else why_send(line, at=now, eager=True) is not None

    def _check_originals(self, now: datetime) -> None:
        """Stop the ranges of which a registered license no longer verifies; the counts stay."""
        damaged = damaged_licenses(self.site.store)
        names = {server.id: server.host_name for server in read_tree(self.site.store).servers}
        alerts.note_damaged(self.site.store, damaged, names, at=now)
        self._stopped = frozenset(damaged)

    def _queue_due(self, now: datetime) -> None:
        """What is to be tried again by now, without anybody asking."""
        if self.signer is None or (self._looked_at and abs(now - self._looked_at) < LOOK_EVERY):
            return
        self._looked_at = now
        self._outbox.add(
            line.server
            for line in self.lines
            if self._begun(line)
            and self._outbox.free(line.server, at=now)
            and line.range_source not in self._stopped
            and why_send(line, at=now, eager=False) is not None
        )

    def _send_unanswered(self, now: datetime) -> None:
        """What a broker has taken it may have forgotten meanwhile: do not wait for the time of a retry."""
        if self.signer is not None:
            self._outbox.add(
                line.server
                for line in self.lines
                if self._begun(line)
                and line.range_source not in self._stopped
                and why_send(line, at=now, eager=True) == Why.AGAIN
            )

    def _begun(self, line: Line) -> bool:
        return self._automatic or line.server in self._open_targets or line.sent_digest == line.desired_digest

    def _clear_removed(self) -> None:
        """Leave nothing of removed servers on the transport."""
        for (server,) in self.site.store.rows("SELECT server FROM clearance"):
            self._transport.clear(server)
            self._outbox.underway.pop(server, None)
            with self._board.writing():
                self.site.store.run("DELETE FROM clearance WHERE server = ?", (server,))

    def _note_reports(self, servers: Collection[ServerId]) -> None:
        lines = self._board.lines
        self._open_targets -= {server for server in servers if server in lines and lines[server].acknowledged}
        if not self._open_targets:
            self._end_run(history.Outcome.COMPLETE)
        if not self._outbox:
            self._note_success(self._clock())

    def _note_success(self, now: datetime) -> None:
        """Write BPCONFIG where everything that counts is current and the upload is newer."""
        if read_stamps(self.site.store).due and complete(self.lines):
            crash_point("distribute:before-success")
            record_success(self.site.store, at=now)
            crash_point("distribute:after-success")

    def _end_run(self, outcome: history.Outcome) -> None:
        if self._run is None:
            return
        run, self._run = self._run, None
        with self._board.writing():
            history.end(
                self.site.store,
                run,
                current=self._targets - len(self._open_targets),
                outcome=outcome,
                at=self._clock(),
            )
