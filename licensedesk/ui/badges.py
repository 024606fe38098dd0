"""The numbers in the menu area: nodes that wait for a license, events nobody has acknowledged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from licensedesk.core.changes import Changes
from licensedesk.ui.session import Session
from licensedesk.ui.widgets.sidebar import Sidebar

if TYPE_CHECKING:
    from licensedesk.core.overview import Badges
    from licensedesk.core.store.database import Store

_AFTER_CHANGE_MS = 100


class SidebarBadges(QObject):
    """Reads them when the site opens and after what changes them; many changes are one look."""

    def __init__(self, session: Session, sidebar: Sidebar, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._sidebar = sidebar
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_AFTER_CHANGE_MS)
        self._soon.timeout.connect(self._read)
        session.opened.connect(self._read)
        session.changed.connect(self._on_changed)

    def _on_changed(self, changes: Changes) -> None:
        if (changes.nodes or changes.events or changes.servers) and not self._soon.isActive():
            self._soon.start()

    def _read(self) -> None:
        actor = self._session.actor

        def read(store: Store) -> Badges:
            from licensedesk.core.overview import read_badges

            return read_badges(store, by=actor)

        self._session.read(read, owner=self, done=self._show, key="badges")

    def _show(self, badges: Badges) -> None:
        self._sidebar.set_badge("discovered", badges.waiting)
        self._sidebar.set_badge("events", badges.events)
