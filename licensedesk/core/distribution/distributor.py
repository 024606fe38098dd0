"""The distributor: sends, listens and writes the ledger, one step at a time.

It keeps nothing that cannot be read again from the database and the transport: after a crash everything
that was not reported is pending again, and messages are idempotent by version and digest.
Source: 3-protocol.md, When to distribute and Ledger.
"""

from __future__ import annotations

import contextlib
import logging
import os
import random
import socket
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from licensedesk.core.distribution import alerts, history, inbox
from licensedesk.core.distribution.board import Board
from licensedesk.core.distribution.ledger import Line
from licensedesk.core.distribution.ledger_store import forget_line
from licensedesk.core.distribution.originals import check_originals
from licensedesk.core.distribution.outbox import Outbox
from licensedesk.core.distribution.plan import Why, sendable, why_send
from licensedesk.core.distribution.run import Progress, Run
from licensedesk.core.distribution.success import record_success
from licensedesk.core.distribution.uploads import issue_missing, read_stamps
from licensedesk.core.errors import SurroundingsError
from licensedesk.core.files import HeldElsewhereError, crash_point, exclusive_lock
from licensedesk.core.transports.base import Arrivals, ConsoleTransport
from licensedesk.core.types import Actor, ServerId

if TYPE_CHECKING:
    from licensedesk.core.site import Site
    from licensedesk.core.trust import Signer

_log = logging.getLogger(__name__)

LOCK_FILE = "distributor.lock"
BATCH = 200
"""Messages published before what came back is looked at: keeps both directions moving."""
LOOK_EVERY = timedelta(seconds=1)
"""How often the ledger is searched for what is to be tried again."""


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
        self._run: Run | None = None
        self._arrivals = Arrivals()
        self._readings = 0
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
            issue_missing(self.site.store, at=self._clock())
            history.end_abandoned(self.site.store, at=self._clock())
            self._board = Board(self.site)
            self._stopped = check_originals(self.site.store, at=self._clock())
            self._resources = resources.pop_all()

    def close(self) -> None:
        """End a run as far as it came, let go of transport and lock."""
        with self._resources:
            self._end_run()

    @property
    def lines(self) -> Collection[Line]:
        return self._board.lines.values()

    @property
    def stopped(self) -> frozenset[ServerId]:
        """Sharing sources with a license that no longer verifies: their ranges are sent nothing."""
        return self._stopped

    @property
    def due(self) -> bool:
        """The time stamps say that something is new, or the ledger has a server that needs a message."""
        self._follow_site()
        now = self._clock()
        return read_stamps(self.site.store).due or any(
            why_send(line, at=now, eager=True) for line in self.lines
        )

    @property
    def progress(self) -> Progress:
        """Of the run, or the last one."""
        return self._run.progress(self._outbox.queued) if self._run else Progress(0, 0, 0, 0)

    @property
    def settled(self) -> bool:
        """Every server of the run is current, or there is nothing to wait for."""
        return self._run is None or not self._run.open

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
        self._follow_site()
        now = self._clock()
        self._stopped = check_originals(self.site.store, at=now)
        alerts.note_disagreement(self.site.store, self.lines, by=self._by, at=now)
        targets = [
            line.server
            for line in self.lines
            if (only is None or line.server in only)
            and line.range_source not in self._stopped
            and self._wanted(line, asked=force or only is not None, now=now)
        ]
        self._end_run()
        self._run = None
        if targets:
            self._run = self._begin(targets, reason=reason, now=now)
            self._outbox.add(targets)
        self._note_success()
        return len(targets)

    def _begin(self, targets: Collection[ServerId], *, reason: str, now: datetime) -> Run:
        store, servers = self.site.store, len(targets)
        with store.writing():
            row = history.begin(
                store, by=self._by, reason=reason, servers=servers, version=self._board.version, at=now
            )
        crash_point("distribute:begun")
        return Run(row, servers, set(targets))

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
        self._follow_site()
        now = self._clock()
        self._queue_due(now)
        published = 0
        if self.signer is not None and self._outbox:
            published = self._outbox.publish(
                self._board, self.signer, stopped=self._stopped, most=BATCH, at=now
            )
        arrived = self._take(timeout=0.0 if self._outbox else timeout)
        return bool(published or arrived)

    def wake(self) -> None:
        """Make the `step` that another thread waits in go on, or else its next one; from any thread."""
        self._transport.wake()

    def _take(self, *, timeout: float) -> bool:
        # Kept until they are in the ledger: a database that is away must not cost a report.
        arrivals = self._arrivals = self._arrivals or self._transport.poll(timeout=timeout)
        now = self._clock()
        batch = inbox.take(self._board, arrivals, self._outbox.underway, jitter=self._jitter, at=now)
        self._outbox.put_off(arrivals.refused, at=now)
        self._arrivals = Arrivals()
        self.trouble = arrivals.trouble
        if arrivals.reconnected:
            self._send_unanswered(now)
        if batch.reported:
            if self._run is not None:
                self._run.note_reports([each.server for each in batch.reported], self._board.lines)
            self._note_progress()
        return bool(arrivals)

    def _follow_site(self) -> None:
        """Read the site again where an administrator has acted, and do what follows from it."""
        board = self._board
        if board.stale:
            board.read()
        if board.readings == self._readings:
            return
        self._clear_void()
        crossed = alerts.crossings(board.alarms, self.lines)
        if crossed:
            with self.site.store.writing():
                alerts.note_crossings(self.site.store, crossed, at=self._clock())
            board.alarms = crossed.after(board.alarms)
        if self._run is not None:
            self._run.drop_gone(board.lines)
        self._readings = board.readings
        self._note_progress()

    def _clear_void(self) -> None:
        """Leave nothing on the transport of servers that were removed, or of agents that are void."""
        cleared: list[ServerId] = []
        try:
            for (server,) in self.site.store.rows("SELECT server FROM clearance"):
                if self._cleared(server):
                    cleared.append(server)
        finally:
            if cleared:
                self._note_cleared(cleared)

    def _cleared(self, server: ServerId) -> bool:
        try:
            self._transport.clear(server)
        except SurroundingsError as error:
            if error.code != "unwritable":
                raise
            # Of one server: it is tried again with the next change, and holds up nobody.
            _log.info("%s is not cleared: %s", server, error.message)
            return False
        return True

    def _note_cleared(self, servers: Collection[ServerId]) -> None:
        store = self.site.store
        with store.writing():
            for server in servers:
                store.run("DELETE FROM clearance WHERE server = ?", (server,))
                # What may have been sent since lay there too.
                forget_line(store, server)
        for server in servers:
            self._outbox.forget(server)
        self._board.read()

    @staticmethod
    def _wanted(line: Line, *, asked: bool, now: datetime) -> bool:
        return sendable(line) if asked else why_send(line, at=now, eager=True) is not None

    def _queue_due(self, now: datetime) -> None:
        """What is to be tried again by now, without anybody asking; not while there is enough to send."""
        if self.signer is None or self._outbox:
            return
        if self._looked_at and abs(now - self._looked_at) < LOOK_EVERY:
            return
        self._looked_at = now
        self._outbox.add(
            line.server
            for line in self.lines
            if self._begun(line)
            and why_send(line, at=now, eager=False) is not None
            and self._outbox.free(line.server, at=now)
        )

    def _send_unanswered(self, now: datetime) -> None:
        """What a broker has taken it may have forgotten meanwhile: do not wait for the time of a retry."""
        if self.signer is not None:
            self._outbox.add(
                line.server
                for line in self.lines
                if self._begun(line) and why_send(line, at=now, eager=True) == Why.AGAIN
            )

    def _begun(self, line: Line) -> bool:
        """Automatic, or a run has begun with this server and document."""
        return (
            self._automatic
            or line.sent_digest == line.desired_digest
            or (self._run is not None and line.server in self._run.open)
        )

    def _note_progress(self) -> None:
        if self._run is not None and not self._run.open:
            self._end_run()
        if not self._outbox:
            self._note_success()

    def _note_success(self) -> None:
        """Write BPCONFIG where everything that counts is current and the upload is newer."""
        if not self._board.behind and read_stamps(self.site.store).due:
            crash_point("distribute:before-success")
            record_success(self.site.store, at=self._clock())
            crash_point("distribute:after-success")

    def _end_run(self, outcome: history.Outcome | None = None) -> None:
        """Write down how far the run came; it stays for its progress to be read."""
        run = self._run
        if run is None or run.ended:
            return
        with self.site.store.writing():
            history.end(
                self.site.store,
                run.id,
                current=run.current,
                outcome=outcome or run.outcome,
                at=self._clock(),
            )
        run.ended, run.open = True, set()
