"""Looks for events while the window is open: at its start, after changes, and every minute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from licensedesk.core.changes import Changes
from licensedesk.ui import operations
from licensedesk.ui.session import Session

if TYPE_CHECKING:
    from licensedesk.core.audit import Verdict, Walk

_EVERY_MS = 60_000
_AFTER_CHANGE_MS = 500


class Alerts(QObject):
    """Only at the primary: a range's administrator sees its events, but does not judge the site."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._every = QTimer(self)
        self._every.setInterval(_EVERY_MS)
        self._every.timeout.connect(self._check)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_AFTER_CHANGE_MS)
        self._soon.timeout.connect(self._check)
        session.opened.connect(self._on_opened)
        session.changed.connect(self._on_changed)

    def _on_opened(self) -> None:
        if self._session.at_primary:
            self._every.start()
            self._check()
            self._walk_audit()

    def _walk_audit(self) -> None:
        """The whole chain, once: in parts on the reader thread, between which others read and write."""
        from licensedesk.core.audit import Walk

        self._go_on(Walk())

    def _go_on(self, walk: Walk) -> None:
        def done(verdict: Verdict | None) -> None:
            if verdict is None:
                self._go_on(walk)
            else:
                operations.check_alerts(self._session, audited=verdict, owner=self)

        if self._session.is_open:
            self._session.read(walk.go_on, owner=self, done=done, key="audit-walk")

    def _on_changed(self, changes: Changes) -> None:
        """One look for many changes: a distribution reports ten times a second."""
        concerned = changes.licenses or changes.servers or changes.nodes or changes.ledger
        if concerned and self._session.at_primary and not self._soon.isActive():
            self._soon.start()

    def _check(self) -> None:
        operations.check_alerts(self._session, owner=self)
