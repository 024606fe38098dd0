"""The distributor's thread: takes orders from the window, tells it what moves.

The thread is the only one that touches the Distributor, but for waking it. Where another console
distributes, or the transport is away, it says so and tries again; nothing is lost meanwhile.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from licensedesk.core.errors import LicenseDeskError, SurroundingsError
from licensedesk.core.types import Actor, ServerId
from licensedesk.ui.task_runner import forget_values

if TYPE_CHECKING:
    from licensedesk.core.distribution.distributor import Distributor
    from licensedesk.core.distribution.run import Progress
    from licensedesk.core.site import Site
    from licensedesk.core.trust import Signer

_STEP_SECONDS = 0.25
RETRY_SECONDS = 5.0
_TELL_SECONDS = 0.1
_PATIENCE_SECONDS = 3.0
"""How long a transport may let nothing through before it is said."""
_QUIET_SECONDS = 20.0
"""After so long without an answer a run is no longer shown as going on; answers are still taken."""
_CLOSE_SECONDS = 10.0
"""A transport that hangs must not keep the window from closing; the lock ends with the process."""


@dataclass(frozen=True, slots=True)
class _Order:
    """`patient`: nobody waits for it, so it is kept until the distributor can work, and never refused."""

    do: Callable[[Distributor], object]
    patient: bool = False


class Courier(QObject):
    """One a window, at the primary. Signals arrive on the window's thread."""

    moved = Signal()
    """Reports came in, or messages went out: the ledger is to be read again. At most ten a second."""
    progressed = Signal(object)
    """Progress of the run that goes on."""
    ended = Signal(object)
    """Progress of a run that is over: every server of it is current, or the others do not answer."""
    cancelled = Signal(object)
    """Progress of a run that was given up."""
    away = Signal(object)
    """The LicenseDeskError that keeps it from distributing; None when it is over."""
    refused = Signal(object)
    """The LicenseDeskError of an order."""
    due_but_locked = Signal()
    """At the start: a distribution is due, and the key is not open."""
    broke = Signal(object)
    """An exception that is a bug of ours, once; the thread goes on."""

    def __init__(self, site: Site, *, by: Actor, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._site = site
        self._by = by
        self._signer: Signer | None = None
        self._orders: SimpleQueue[_Order] = SimpleQueue()
        self._closing = threading.Event()
        self._wake = threading.Event()
        self._distributor: Distributor | None = None
        self._running = False
        self._untold = False
        self._told_at = 0.0
        self._moved_at = 0.0
        self._trouble_since = 0.0
        self._originals_checked = False
        self._problem = ""
        self._bug = ""
        self._thread = threading.Thread(target=self._work, name="licensedesk-distributor", daemon=True)

    # -- on the window's thread --------------------------------------------------------------------
    @property
    def unlocked(self) -> bool:
        return self._signer is not None

    @property
    def alive(self) -> bool:
        """Its thread runs; it holds, or waits for, the lock of the site."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Once whoever listens is connected: what it says first is not said again."""
        self._thread.start()

    def unlock(self, signer: Signer) -> None:
        """Give it the site's key; kept for the session."""
        self._signer = signer

    def distribute(
        self, *, reason: str, only: Collection[ServerId] | None = None, force: bool = False
    ) -> None:
        """Begin a run; `progressed` and `ended` follow, or `refused`."""
        self._put(_Order(lambda distributor: self._begin(distributor, reason, only, force=force)))

    def distribute_if_due(self) -> None:
        """At the start: compare the time stamps, ask the ledger, and go on only where either says so."""
        self._put(_Order(self._begin_if_due, patient=True))

    def cancel(self) -> None:
        """Send no more of the run."""
        self._put(_Order(self._cancel))

    def stop(self) -> None:
        """Ask the thread to end; `join` waits for it."""
        self._closing.set()
        self._awake()

    def join(self) -> None:
        """Until the lock is let go of, from any thread; what was sent is reported to the next console."""
        if self._thread.ident is not None:
            self._thread.join(_CLOSE_SECONDS)

    def _put(self, order: _Order) -> None:
        self._orders.put(order)
        self._awake()

    def _awake(self) -> None:
        """Nobody who presses something waits until the thread looks up by itself."""
        self._wake.set()
        distributor = self._distributor
        if distributor is not None:
            distributor.wake()

    # -- in the thread -----------------------------------------------------------------------------
    def _work(self) -> None:
        try:
            while not self._closing.is_set():
                # Before it tries: what is ordered from here on shortens the pause.
                self._wake.clear()
                try:
                    self._hold()
                except LicenseDeskError as error:
                    forget_values(error)
                    self._tell_problem(error)
                    self._refuse_orders(error)
                    self._pause()
                except Exception as error:  # noqa: BLE001 - carried to the window's thread, and shown
                    forget_values(error)
                    self._tell_bug(error)
                    self._pause()
        finally:
            self._site.close()

    def _pause(self) -> None:
        """Before it tries again; an order, or the end, is not kept waiting."""
        if not self._closing.is_set():
            self._wake.wait(RETRY_SECONDS)

    def _hold(self) -> None:
        """Distribute as long as lock, transport and database are there, and the settings are the same."""
        from licensedesk.core.delivery import open_distributor
        from licensedesk.core.distribution.connection import console_settings
        from licensedesk.core.distribution.originals import check_originals

        store = self._site.store
        if not self._originals_checked:
            # At the start, whatever else is away; each distribution does it again.
            check_originals(store, at=_now())
            self._originals_checked = True
            self.moved.emit()
        connection, revision = console_settings(self._site), store.revision()
        try:
            with open_distributor(self._site, signer=self._signer, by=self._by, clock=_now) as distributor:
                self._tell_problem(None)
                # Before the first look at the orders: what is put from now on wakes it.
                self._distributor = distributor
                while not self._closing.is_set():
                    self._step(distributor)
                    self._note_trouble(distributor, connection.url)
                    if store.revision() != revision:
                        revision = store.revision()
                        if console_settings(self._site) != connection:
                            return
        finally:
            self._distributor = None
            self._running = False

    def _step(self, distributor: Distributor) -> None:
        distributor.signer = self._signer
        try:
            order = self._orders.get_nowait()
        except Empty:
            order = None
        if order is not None:
            try:
                order.do(distributor)
            except LicenseDeskError as error:
                forget_values(error)
                self.refused.emit(error)
        moved = distributor.step(timeout=_STEP_SECONDS)
        if moved:
            self._moved_at = time.monotonic()
        if moved or self._untold or self._quiet(distributor):
            self._tell(distributor)

    def _begin(
        self,
        distributor: Distributor,
        reason: str,
        only: Collection[ServerId] | None,
        *,
        force: bool,
    ) -> None:
        count = distributor.distribute(reason=reason, only=only, force=force)
        self._running = count > 0
        self._moved_at = time.monotonic()
        (self.progressed if count else self.ended).emit(distributor.progress)
        self.moved.emit()

    def _begin_if_due(self, distributor: Distributor) -> None:
        from licensedesk.core.distribution.plan import sendable

        if not distributor.due or not any(sendable(line) for line in distributor.lines):
            return
        if self._signer is None:
            self.due_but_locked.emit()
        else:
            self._begin(distributor, "start", None, force=False)

    def _cancel(self, distributor: Distributor) -> None:
        distributor.cancel()
        self._running = False
        self.cancelled.emit(distributor.progress)
        self.moved.emit()

    def _quiet(self, distributor: Distributor) -> bool:
        """All that could be sent is sent, and nobody answers any more."""
        waited = time.monotonic() - self._moved_at
        return self._running and waited >= _QUIET_SECONDS and not distributor.progress.queued

    def _tell(self, distributor: Distributor) -> None:
        progress: Progress = distributor.progress
        over = self._running and (distributor.settled or self._quiet(distributor))
        now = time.monotonic()
        self._untold = not over and now - self._told_at < _TELL_SECONDS
        if self._untold:
            return
        self._told_at = now
        if self._running:
            (self.ended if over else self.progressed).emit(progress)
        self._running = self._running and not over
        self.moved.emit()

    def _note_trouble(self, distributor: Distributor, url: str) -> None:
        """A broker that is back within moments is nothing to tell."""
        if not distributor.trouble:
            self._trouble_since = 0.0
            self._tell_problem(None)
            return
        now = time.monotonic()
        self._trouble_since = self._trouble_since or now
        if now - self._trouble_since >= _PATIENCE_SECONDS:
            reason = distributor.trouble
            self._tell_problem(SurroundingsError("transport-unavailable", transport=url, reason=reason))

    def _tell_problem(self, error: LicenseDeskError | None) -> None:
        """Once, until it is another one."""
        problem = "" if error is None else str(error)
        if problem != self._problem:
            self._problem = problem
            self.away.emit(error)

    def _tell_bug(self, error: Exception) -> None:
        """Once, until it is another one: it would come again at every try."""
        if repr(error) != self._bug:
            self._bug = repr(error)
            self.broke.emit(error)

    def _refuse_orders(self, error: LicenseDeskError) -> None:
        """Orders that came while it cannot distribute are refused, not kept for a surprise later."""
        kept = []
        while True:
            try:
                order = self._orders.get_nowait()
            except Empty:
                break
            if order.patient:
                kept.append(order)
            else:
                self.refused.emit(error)
        for order in kept:
            self._orders.put(order)


def _now() -> datetime:
    return datetime.now(UTC)
