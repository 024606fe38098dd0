"""The foot of the window at work: how the distribution stands, live, and starting one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from licensedesk.core.changes import Changes
from licensedesk.core.errors import LicenseDeskError
from licensedesk.ui import commands, operations
from licensedesk.ui.figures import lately, number
from licensedesk.ui.session import Session
from licensedesk.ui.vocabulary import counted
from licensedesk.ui.widgets.status_bar import StatusBar
from licensedesk.ui.wording import told

if TYPE_CHECKING:
    from licensedesk.core.distribution.run import Progress
    from licensedesk.core.distribution.status import Status
    from licensedesk.core.store.database import Store


_AFTER_REPORTS_MS = 400
"""Reports come by the thousand: what they change is read again at most so often."""


class Foot(QObject):
    """Owns the status bar; asks for the passphrase when it is first needed."""

    locked = Signal()
    """A distribution is due since before the start, and waits for the passphrase."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._window = parent
        self._problem = ""
        self._started = False
        self._moved = QTimer(self)
        self._moved.setSingleShot(True)
        self._moved.setInterval(_AFTER_REPORTS_MS)
        self._moved.timeout.connect(lambda: session.changed.emit(Changes(ledger=True)))
        self.bar = StatusBar()
        self.bar.distribute.connect(self.distribute)
        self.bar.button.setEnabled(False)
        session.opened.connect(self._on_opened)
        session.named.connect(self._show_place)
        session.changed.connect(self._on_changed)
        session.said.connect(self.bar.say)

    def distribute(self) -> None:
        """Distribute License.xml Now: for the servers that need it."""
        self.with_key(lambda: self._begin("demand"))

    def with_key(self, then: Callable[[], object]) -> None:
        """Run `then` with the site's key unlocked, asking for the passphrase if need be."""
        if self._session.signer is not None:
            then()
        else:
            commands.start("unlock", self._session, self._window, then=then)

    def _begin(self, reason: str) -> None:
        if self._session.courier is not None:
            self._session.courier.distribute(reason=reason)

    def _on_opened(self) -> None:
        session = self._session
        self._problem = ""
        self._show_place()
        self.bar.set_progress(0, 0)
        self.bar.button.setEnabled(session.at_primary)
        if not session.at_primary:
            self.bar.button.setToolTip(self.tr("Only the primary management server distributes License.xml."))
        courier = session.courier
        if courier is not None:
            courier.moved.connect(self._on_moved)
            courier.progressed.connect(self._on_progress)
            courier.ended.connect(self._on_ended)
            courier.cancelled.connect(self._on_cancelled)
            courier.refused.connect(session.refused)
            courier.away.connect(self._on_away)
            courier.due_but_locked.connect(self._on_locked)
        if session.at_primary and (session.signer is None or not self._started):
            # Not again where the site was only away for a moment.
            self._started = True
            operations.unlock_silently(session, owner=self, done=self._at_start)
        self._read()

    def _show_place(self) -> None:
        server = self.tr("local server {0}").format(self._session.local_host_name)
        if self._session.at_primary:
            server = self.tr("local server {0} (primary)").format(self._session.local_host_name)
        self.bar.set_place([self.tr("Site {0}").format(self._session.site_name), server])

    def _at_start(self, _unlocked: bool) -> None:
        """The console runs the comparison on its start, where the setting (on by default) says so."""

        def read(store: Store) -> bool:
            from licensedesk.core.settings import read_settings

            return bool(read_settings(store)["distribute_at_start"])

        self._session.read(read, owner=self, done=self._distribute_at_start, key="at-start")

    def _distribute_at_start(self, wanted: bool) -> None:
        if wanted and self._session.courier is not None:
            self._session.courier.distribute_if_due()

    def _on_locked(self) -> None:
        self.locked.emit()

    def _on_moved(self) -> None:
        if not self._moved.isActive():
            self._moved.start()

    def _on_changed(self, changes: Changes) -> None:
        if changes.ledger or changes.servers or changes.licenses:
            self._read()

    def _read(self) -> None:
        actor, at = self._session.actor, self._session.now()

        def read(store: Store) -> Status:
            from licensedesk.core.distribution.status import read_status

            return read_status(store, by=actor, at=at)

        self._session.read(read, owner=self, done=self._show, key="foot")

    def _show(self, status: Status) -> None:
        from licensedesk.core.distribution.ledger import State

        current, servers = status.counts[State.CURRENT], len(status.servers)
        last = status.stamps.distributed_at
        parts = [
            counted(
                servers,
                number(current),
                one=self.tr("{1} of {0} server current"),
                several=self.tr("{1} of {0} servers current"),
            )
            if servers
            else self.tr("no servers yet"),
            self.tr("License.xml version {0}").format(number(status.version)),
            self.tr("last distribution {0}").format(lately(last)) if last else self.tr("never distributed"),
        ]
        self.bar.set_distribution([self._problem, *parts] if self._problem else parts)

    def _on_progress(self, progress: Progress) -> None:
        self.bar.set_progress(progress.current, progress.servers)

    def _on_ended(self, progress: Progress) -> None:
        self.bar.set_progress(0, 0)
        if progress.servers == 0:
            self.bar.say(self.tr("Every server that can be sent to is current; nothing was sent."))
        elif progress.current == progress.servers:
            one = self.tr("License.xml is current on {0} server.")
            several = self.tr("License.xml is current on {0} servers.")
            self.bar.say(counted(progress.current, one=one, several=several))
        else:
            one = self.tr("License.xml is not current on the server: it has not taken it yet.")
            several = self.tr(
                "License.xml is current on {1} of {0} servers; the others have not taken it yet."
            )
            self.bar.say(counted(progress.servers, number(progress.current), one=one, several=several))

    def _on_cancelled(self, progress: Progress) -> None:
        self.bar.set_progress(0, 0)
        one = self.tr("Stopped: License.xml is current on {1} of {0} server.")
        several = self.tr("Stopped: License.xml is current on {1} of {0} servers.")
        self.bar.say(counted(progress.servers, number(progress.current), one=one, several=several))

    def _on_away(self, error: LicenseDeskError | None) -> None:
        self._problem = "" if error is None else told(error)[0]
        if self._session.is_open:
            self._read()
