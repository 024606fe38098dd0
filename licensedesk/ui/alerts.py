"""Looks for events while the window is open: at its start, after changes, and every minute."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from licensedesk.core.changes import Changes
from licensedesk.ui import operations
from licensedesk.ui.session import Session

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
            operations.check_alerts(self._session, verify_audit=True, owner=self)

    def _on_changed(self, changes: Changes) -> None:
        """One look for many changes: a distribution reports ten times a second."""
        concerned = changes.licenses or changes.servers or changes.nodes or changes.ledger
        if concerned and self._session.at_primary and not self._soon.isActive():
            self._soon.start()

    def _check(self) -> None:
        operations.check_alerts(self._session, verify_audit=False, owner=self)
