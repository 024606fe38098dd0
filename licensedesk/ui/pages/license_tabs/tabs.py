"""The tabs under the License Information of a range, in the view and in the dialog."""

from __future__ import annotations

from typing import TYPE_CHECKING

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

    def show_detail(self, detail: RangeDetail) -> None:
        self.setEnabled(True)
        for tab in (self.licenses, self.servers, self.counted):
            tab.show_detail(detail)

    def show_tab(self, name: str) -> None:
        if name in self.NAMES:
            self.setCurrentIndex(self.NAMES.index(name))

    def offer_in(self, offers: Actions) -> None:
        """Their actions, for the menus of the window."""
        for tab in (self.licenses, self.servers, self.counted):
            offers.adopt(tab.offers)
