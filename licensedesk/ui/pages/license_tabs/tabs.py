"""The tabs under the License Information of a range, in the view and in the dialog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QTabWidget

from licensedesk.ui.pages.license_tabs.counted import CountedTab
from licensedesk.ui.pages.license_tabs.keys import LicensesTab
from licensedesk.ui.pages.license_tabs.members import MembersTab
from licensedesk.ui.session import Session
from licensedesk.ui.view_actions import Actions

if TYPE_CHECKING:
    from licensedesk.core.details import RangeDetail


class RangeTabs(QTabWidget):
    """`place` keeps the columns of the view and of the dialog apart."""

    NAMES = ("licenses", "servers", "counted")

    def __init__(self, session: Session, *, place: str) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Details of the range"))
        self._setting = f"{place}/tab"
        self._settings = session.settings
        self.licenses = LicensesTab(session, place=place)
        self.servers = MembersTab(session, place=place)
        self.counted = CountedTab(session)
        self.addTab(self.licenses, self.tr("Product li&censes"))
        self.addTab(self.servers, self.tr("Serve&rs in range"))
        self.addTab(self.counted, self.tr("How this is counte&d"))
        self.show_tab(str(self._settings.value(self._setting, "counted")))
        self.currentChanged.connect(lambda at: self._settings.setValue(self._setting, self.NAMES[at]))
        self.setEnabled(False)
        self._detail: RangeDetail | None = None
        self._to_fill: list[LicensesTab | MembersTab | CountedTab] = []
        self._fills = QTimer(self)
        self._fills.setSingleShot(True)
        self._fills.timeout.connect(self._fill_next)
        self.currentChanged.connect(lambda _at: self._fill_current())

    def show_detail(self, detail: RangeDetail) -> None:
        """The tab that is seen at once; the others each on its own, so that the window answers in between."""
        self.setEnabled(True)
        self._detail = detail
        tabs = (self.licenses, self.servers, self.counted)
        self._to_fill = sorted(tabs, key=lambda tab: tab is self.currentWidget())
        self._fill_next()

    def _fill_current(self) -> None:
        """Who is quick sees no old one."""
        for tab in self._to_fill:
            if tab is self.currentWidget() and self._detail is not None:
                self._to_fill.remove(tab)
                tab.show_detail(self._detail)
                return

    def _fill_next(self) -> None:
        if self._detail is not None and self._to_fill:
            self._to_fill.pop().show_detail(self._detail)
            self._fills.start()

    def show_tab(self, name: str) -> None:
        if name in self.NAMES:
            self.setCurrentIndex(self.NAMES.index(name))

    def offer_in(self, offers: Actions) -> None:
        """Their actions, for the menus of the window."""
        for tab in (self.licenses, self.servers, self.counted):
            offers.adopt(tab.offers)
