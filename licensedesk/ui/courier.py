"""The distributor's thread: takes orders from the window, tells it what moves.

The thread is the only one that touches the Distributor. Where another console distributes, or the
transport is away, it says so and tries again; nothing is lost meanwhile.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from licensedesk.core.errors import LicenseDeskError
from licensedesk.core.types import Actor, ServerId

if TYPE_CHECKING:
    from licensedesk.core.distribution.distributor import Distributor
    from licensedesk.core.distribution.run import Progress
    from licensedesk.core.site import Site
    from licensedesk.core.trust import Signer

_STEP_SECONDS = 0.25
_RETRY_SECONDS = 5.0
_TELL_SECONDS = 0.1
Order = Callable[["Distributor"], object]


class Courier(QObject):
    """One a window. Signals arrive on the window's thread."""

    moved = Signal()
    """Reports came in, or messages went out: the ledger is to be read again. At most ten a second."""
    progressed = Signal(object)
    """Progress of the run that goes on."""
    ended = Signal(object)
    """Progress at the end of a run: every server of it is current, or it was cancelled."""
    away = Signal(object)
    """The LicenseDeskError that keeps it from distributing; None when it is over."""
    refused = Signal(object)
    """The LicenseDeskError of an order."""
    due_but_locked = Signal()
    """At the start: a distribution is due, and the key is not open."""
    broke = Signal(object)
    """An exception that is a bug of ours; the thread goes on."""

    def __init__(self, site: Site, *, by: Actor, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._site = site
        self._by = by
        self._signer: Signer | None = None
        self._orders: SimpleQueue[Order] = SimpleQueue()
        self._closing = threading.Event()
        self._running = False
        self._told_at = 0.0
        self._problem = ""
        self._thread = threading.Thread(target=self._work, name="licensedesk-distributor", daemon=True)
        self._thread.start()

    # -- on the window's thread --------------------------------------------------------------------
    @property
    def unlocked(self) -> bool:
        return self._signer is not None

    def unlock(self, signer: Signer) -> None:
        """Give it the site's key; kept for the session."""
        self._signer = signer

    def lock(self) -> None:
        self._signer = None

    def distribute(
        self, *, reason: str, only: Collection[ServerId] | None = None, force: bool = False
    ) -> None:
        """Begin a run; `progressed` and `ended` follow, or `refused`."""
        self._orders.put(lambda distributor: self._begin(distributor, reason, only, force=force))

    def distribute_if_due(self) -> None:
        """At the start: compare the time stamps, ask the ledger, and go on only where either says so."""
        self._orders.put(self._begin_if_due)

    def cancel(self) -> None:
        """Send no more of the run."""
        self._orders.put(self._cancel)

    def close(self) -> None:
        """End the thread; what was sent is still reported to the next console."""
        self._closing.set()
        self._thread.join()

    # -- in the thread -----------------------------------------------------------------------------
    def _work(self) -> None:
        while not self._closing.is_set():
            try:
                self._hold()
            except LicenseDeskError as error:
                self._tell_problem(error)
                self._drain(error)
            except Exception as error:  # noqa: BLE001 - carried to the window's thread, and shown
                self.broke.emit(error)
            self._closing.wait(_RETRY_SECONDS)

    def _hold(self) -> None:
        """Distribute as long as lock, transport and database are there."""
        from licensedesk.core.distribution.connection import console_settings
        from licensedesk.core.distribution.distributor import Distributor
        from licensedesk.core.transports.factory import open_console_transport

        transport = open_console_transport(console_settings(self._site), deployment=self._site.deployment)
        distributor = Distributor(
            self._site,
            transport=transport,
            signer=self._signer,
            by=self._by,
            clock=_now,
            jitter=random.Random(),  # noqa: S311 - spreads retries, protects nothing
        )
        try:
            distributor.open()
            self._tell_problem(None)
            try:
                while not self._closing.is_set():
                    self._step(distributor)
            finally:
                distributor.close()
        finally:
            self._running = False
            self._site.close()

    def _step(self, distributor: Distributor) -> None:
        distributor.signer = self._signer
        try:
            order = self._orders.get_nowait()
        except Empty:
            order = None
        if order is not None:
            try:
                order(distributor)
            except LicenseDeskError as error:
                self.refused.emit(error)
        if distributor.step(timeout=_STEP_SECONDS):
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
        self.ended.emit(distributor.progress)
        self.moved.emit()

    def _tell(self, distributor: Distributor) -> None:
        progress: Progress = distributor.progress
        over = self._running and distributor.settled
        now = time.monotonic()
        if over or now - self._told_at >= _TELL_SECONDS:
            self._told_at = now
            if self._running:
                (self.ended if over else self.progressed).emit(progress)
            self.moved.emit()
        self._running = self._running and not over

    def _tell_problem(self, error: LicenseDeskError | None) -> None:
        """Once, until it is another one."""
        problem = "" if error is None else str(error)
        if problem != self._problem:
            self._problem = problem
            self.away.emit(error)

    def _drain(self, error: LicenseDeskError) -> None:
        """Orders that came while it cannot distribute are refused, not kept for a surprise later."""
        while True:
            try:
                self._orders.get_nowait()
            except Empty:
                return
            self.refused.emit(error)


def _now() -> datetime:
    return datetime.now(UTC)
