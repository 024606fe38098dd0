"""Servers in range: the sharing source and those that share its licenses, with the nodes each found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from licensedesk.core.types import ServerId
from licensedesk.ui.figures import NONE, number
from licensedesk.ui.item_models.rows import Column, RowsModel
from licensedesk.ui.session import Session
from licensedesk.ui.view_actions import Actions
from licensedesk.ui.vocabulary import role_word
from licensedesk.ui.widgets.table import TableView

if TYPE_CHECKING:
    from licensedesk.core.details import MemberRow, RangeDetail


class MembersTab(QWidget):
    """A search of the view narrows it; choosing a server chooses it everywhere."""

    chosen = Signal(str)

    def __init__(self, session: Session, *, place: str) -> None:
        super().__init__()
        self._session = session
        self._members: tuple[MemberRow, ...] = ()
        self._text = ""
        self.model: RowsModel[MemberRow] = RowsModel(self._columns(), key=lambda row: row.id)
        self.table = TableView(self.model, name=self.tr("Servers in range"))
        self.table.setSelectionMode(TableView.SelectionMode.SingleSelection)
        self.table.setProperty("role", "inner")
        self.table.remember(session.settings, f"{place}-servers")
        self.table.say_when_empty(self.tr("No server of this range has such a name."))
        self.table.selected.connect(self._choose)
        self.table.activated_row.connect(lambda row: self._show_in("servers", row.id))
        self.offers = Actions(session, self)
        self.offers.add("show-in-servers", lambda: self._show_chosen_in("servers"))
        self.offers.add("show-on-map", lambda: self._show_chosen_in("map"))
        self.table.selected.connect(self._enable)
        self.table.set_context_actions([self.offers["show-in-servers"], self.offers["show-on-map"]])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 4)
        layout.addWidget(self.table)
        self._enable()

    def _columns(self) -> tuple[Column[MemberRow], ...]:
        return (
            Column(
                key="server", title=self.tr("Server"), text=lambda row: row.host_name, width=180, stretch=True
            ),
            Column(key="role", title=self.tr("Role"), text=lambda row: role_word(row.role), width=140),
            Column(key="under", title=self.tr("Under"), text=lambda row: row.under or NONE, width=180),
            Column(
                key="used",
                title=self.tr("Managed nodes"),
                text=lambda row: number(row.used),
                sort=lambda row: row.used,
                number=True,
                width=130,
            ),
            Column(
                key="waiting",
                title=self.tr("Waiting nodes"),
                text=lambda row: number(row.waiting),
                sort=lambda row: row.waiting,
                number=True,
                width=130,
            ),
        )

    def show_detail(self, detail: RangeDetail) -> None:
        self._members = detail.servers
        self._fill()
        self.select(self._session.server)

    def show_matching(self, text: str) -> None:
        """Only the servers whose host name contains the text."""
        wanted = text.strip().lower()
        if wanted != self._text:
            self._text = wanted
            self._fill()

    def select(self, server: str) -> None:
        """Follow a choice made elsewhere."""
        self.table.select_key(server)

    def _fill(self) -> None:
        shown = [row for row in self._members if self._text in row.host_name] if self._text else self._members
        self.model.set_rows(shown)

    def _enable(self) -> None:
        none = "" if self.table.selected_rows() else self.tr("No server is selected.")
        for name in ("show-in-servers", "show-on-map"):
            self.offers.allow(name, none)

    def _choose(self) -> None:
        for row in self.table.selected_rows():
            self.chosen.emit(row.id)

    def _show_chosen_in(self, view: str) -> None:
        for row in self.table.selected_rows():
            self._show_in(view, row.id)

    def _show_in(self, view: str, server: ServerId) -> None:
        self._session.choose_server(server)
        self._session.show_view(view)
