"""The window: menu area at the left, the view at the right, the state of distribution at the foot."""

from __future__ import annotations

import linecache
from importlib import import_module
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSettings, QTimer
from PySide6.QtGui import QStatusTipEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from licensedesk.ui.frame import FIRST_VIEW, Frame

if TYPE_CHECKING:
    from PySide6.QtGui import QCloseEvent

    from licensedesk.core.errors import LicenseDeskError
    from licensedesk.ui.foot import Foot
    from licensedesk.ui.menus import Menus
    from licensedesk.ui.pages.base import View
    from licensedesk.ui.session import Session
    from licensedesk.ui.widgets.notice import Notice
    from licensedesk.ui.widgets.sidebar import Sidebar

_AHEAD_MS = 100
_DAMAGED = ("damaged-database", "newer-database")
VIEWS = {
    "overview": "overview:OverviewView",
    "license-details": "license_details:LicenseDetailsView",
    "license-distribution": "license_distribution:LicenseDistributionView",
    "servers": "servers:ServersView",
    "map": "map_of_ranges:MapOfRangesView",
    "discovered": "nodes:DiscoveredNodesView",
    "managed": "nodes:ManagedNodesView",
    "excluded": "nodes:ExcludedNodesView",
    "events": "event_list:EventListView",
    "audit": "audit_log:AuditLogView",
}
"""Module and class below `licensedesk.ui.pages`; a view is loaded and made when it is first shown."""


def load_views() -> None:
    """The modules of all of them; widgets are made only where they are shown."""
    for place in VIEWS.values():
        import_module(f"licensedesk.ui.pages.{place.partition(':')[0]}")
    # PySide looks into the source of every module for its own name, and Python keeps what was read: 8 MB.
    linecache.clearcache()


class MainWindow(Frame):
    """The frame is painted at once; `furnish` brings all that works in it, and views come when shown."""

    session: Session
    sidebar: Sidebar
    stack: QStackedWidget
    notice: Notice
    foot: Foot
    menus: Menus

    def __init__(self, settings: QSettings) -> None:
        super().__init__(settings)
        self._views: dict[str, View] = {}
        self._key = ""
        self._furnished = False
        self._closing = False

    def furnish(self, session: Session) -> None:
        """Once, after the first paint. What is loaded here would keep the first picture waiting."""
        from licensedesk.ui.alerts import Alerts
        from licensedesk.ui.badges import SidebarBadges
        from licensedesk.ui.foot import Foot
        from licensedesk.ui.menus import Menus
        from licensedesk.ui.parts import Parts
        from licensedesk.ui.widgets.menu_area import settings_groups
        from licensedesk.ui.widgets.notice import Notice
        from licensedesk.ui.widgets.sidebar import Sidebar

        self.session = session
        self.sidebar = Sidebar(settings_groups())
        self.sidebar.set_current(self.remembered_view())
        self.stack = QStackedWidget()
        self.notice = Notice(closable=True)
        self.foot = Foot(session, self)
        self.menus = Menus(session, self, self.menus_by_name)
        self.alerts = Alerts(session, self)
        self.badges = SidebarBadges(session, self.sidebar, self)
        self.parts = Parts(self)
        self._furnished = True
        self.setCentralWidget(self._framed())
        self._show_title()
        self.sidebar.chosen.connect(self.show_view)
        session.view_wanted.connect(self.show_view)
        session.refused.connect(self.refuse)
        session.opened.connect(self._on_opened)
        session.named.connect(self._show_title)
        session.lost.connect(self.say_closed)
        from PySide6.QtCore import Qt

        session.runner.idle.connect(self._close_when_done, Qt.ConnectionType.QueuedConnection)
        self.foot.locked.connect(self._say_locked)
        self.menus.distribute.connect(self.foot.distribute)
        self.menus.view_wanted.connect(self._go_to)
        self.menus.reload.connect(self.reload)
        self.menus.search.connect(self.start_search)
        self.menus.part_wanted.connect(self.parts.go)

    def _framed(self) -> QWidget:
        right = QVBoxLayout()
        right.setSpacing(0)
        room = QWidget()
        above = QVBoxLayout(room)
        above.setContentsMargins(20, 16, 20, 0)
        above.addWidget(self.notice)
        room.hide()
        self.notice.shown.connect(room.setVisible)
        right.addWidget(room)
        right.addWidget(self.stack, 1)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.sidebar)
        middle.addLayout(right, 1)
        frame = QWidget()
        whole = QVBoxLayout(frame)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(middle, 1)
        whole.addWidget(self.foot.bar)
        return frame

    # -- views -------------------------------------------------------------------------------------
    @property
    def view(self) -> View | None:
        """The view that is shown; None before the first."""
        return self._views.get(self._key)

    def show_first_view(self) -> None:
        """The one that was shown last."""
        self.show_view(self.remembered_view())

    def show_view(self, key: str, wanted: object = None) -> None:
        """Show a view, with what another view wants to be shown in it; one that may not be seen is not."""
        from licensedesk.ui.view_actions import refused

        if refused(f"go-{key}", self.session):
            key, wanted = FIRST_VIEW, None
        view = self._views.get(key) or self._make(key)
        if wanted is not None:
            view.present(wanted)
        self._key = key
        if self.sidebar.current != key:
            self.sidebar.set_current(key)
        self.stack.setCurrentWidget(view)
        self.menus.offer(dict(view.offers.items()))
        self.remember_view(key)

    def _go_to(self, key: str) -> None:
        """From a menu or by its key: the keyboard goes on in the view."""
        self.show_view(key)
        self.parts.enter(self.stack)

    def _make(self, key: str) -> View:
        module, name = VIEWS[key].split(":")
        view: View = getattr(import_module(f"licensedesk.ui.pages.{module}"), name)(self.session)
        self._views[key] = view
        self.stack.addWidget(view)
        return view

    def make_ahead(self) -> None:
        """One after another, while nothing is read, so that each opens at once: to make one takes 30 ms, and
        to read the first nodes of a large site as much again.
        """
        from licensedesk.ui.view_actions import refused

        allowed = (key for key in VIEWS if not refused(f"go-{key}", self.session))
        missing = next((key for key in allowed if key not in self._views), None)
        if missing is not None and self.session.is_open and self.isVisible():
            if not self.session.runner.busy:
                self._make(missing).read_ahead()
            QTimer.singleShot(_AHEAD_MS, self, self.make_ahead)

    def reload(self) -> None:
        """F5; a site that could not be opened is tried again."""
        if not self.session.is_open:
            self._open_again()
        elif self.view is not None:
            self.view.refresh()

    def start_search(self) -> None:
        """Ctrl+F."""
        if self.view is not None:
            self.view.start_search()

    # -- the session -------------------------------------------------------------------------------
    def refuse(self, error: LicenseDeskError) -> None:
        """A refusal, or a fault of the surroundings, that no view or dialog was there to show."""
        if error.code in _DAMAGED:
            self.say_closed(error)
        else:
            self.notice.refuse(error)

    def say_closed(self, error: LicenseDeskError) -> None:
        """The site cannot be opened, or no longer be read; a damaged one can be restored from here."""
        from licensedesk.ui import commands
        from licensedesk.ui.tokens import State
        from licensedesk.ui.wording import told

        damaged = error.code in _DAMAGED and commands.allowed("restore", self.session)
        sentence, advice = told(error)
        self.notice.say(
            State.CRITICAL,
            sentence,
            advice,
            button_text=self.tr("Restore Site…") if damaged else self.tr("Try Again"),
            press=self._restore_site if damaged else self._open_again,
        )

    def say_fault_again(self, text: str, times: int) -> None:
        """A fault that was shown in its dialog has come again."""
        from licensedesk.ui.figures import number
        from licensedesk.ui.tokens import State
        from licensedesk.ui.widgets.fault_dialog import FaultDialog

        self.notice.say(
            State.CRITICAL,
            self.tr("A fault that was shown before has come again; count: {0}.").format(number(times)),
            self.tr("What is shown may be old. F5 reads it again."),
            button_text=self.tr("Show Report"),
            press=lambda: FaultDialog(text, parent=self).open(),
        )

    def _restore_site(self) -> None:
        from licensedesk.ui import commands

        commands.start("restore", self.session, self)

    def _open_again(self) -> None:
        self.session.open(failed=self.say_closed)

    def _say_locked(self) -> None:
        from licensedesk.ui.tokens import State

        self.notice.say(
            State.INFO,
            self.tr("License.xml has changed and is to be distributed."),
            self.tr("The key of the site is needed for it."),
            button_text=self.tr("Unlock and Distribute"),
            press=self._unlock_and_distribute,
        )

    def _unlock_and_distribute(self) -> None:
        self.notice.clear()
        self.foot.distribute()

    def _on_opened(self) -> None:
        from licensedesk.ui.view_actions import refused

        self.notice.clear()
        self._show_title()
        for key in VIEWS:
            self.sidebar.set_against(key, refused(f"go-{key}", self.session))
        if self._key:
            self.show_view(self._key)

    def _show_title(self) -> None:
        # After the platform's own way: what is open, then the program.
        parts = [self.session.site_name, self.session.local_host_name]
        self.setWindowTitle(" · ".join(part for part in [*parts, "LicenseDesk"] if part))

    # -- window ------------------------------------------------------------------------------------
    def event(self, event: QEvent) -> bool:
        """What the entry of a menu means, or why it is disabled, stands in the foot while it is looked at."""
        if isinstance(event, QStatusTipEvent) and self._furnished:
            self.foot.bar.hint(event.tip())
            return True
        return super().event(event)

    def _close_when_done(self) -> None:
        if self._closing and not self.session.runner.writing:
            self.close()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - the name is Qt's
        """Waits for an action that runs; who closes a second time does not want to see it end."""
        if self._furnished and self.session.runner.writing and not self._closing:
            from licensedesk.ui.tokens import State

            self._closing = True
            self.notice.say(
                State.INFO,
                self.tr("The window closes when the work that runs now has ended."),
                button_text=self.tr("Close Now"),
                press=self.close,
            )
            event.ignore()
            return
        self._closing = False
        self.remember_geometry()
        super().closeEvent(event)
