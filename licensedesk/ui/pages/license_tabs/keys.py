"""Product licenses of a range: what is or was registered at its sharing source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from licensedesk.core.types import Option, parse_stamp
from licensedesk.ui import commands
from licensedesk.ui.figures import day, moment, number
from licensedesk.ui.item_models.rows import Column, RowsModel
from licensedesk.ui.session import Session
from licensedesk.ui.view_actions import Actions
from licensedesk.ui.vocabulary import kind_word, license_chip
from licensedesk.ui.widgets.table import TableView

if TYPE_CHECKING:
    from licensedesk.core.details import RangeDetail
    from licensedesk.core.license_list import LicenseRow

DEREGISTERED = "deregistered"


class LicensesTab(QWidget):
    """Serial, issuer, quantity, validity; Deregister is offered for what is registered."""

    def __init__(self, session: Session, *, place: str) -> None:
        super().__init__()
        self._session = session
        self._option = ""
        self.model: RowsModel[LicenseRow] = RowsModel(
            self._columns(), key=lambda row: (row.issuer, row.serial, row.registered_at)
        )
        self.table = TableView(self.model, name=self.tr("Product licenses"))
        self.table.setSelectionMode(TableView.SelectionMode.SingleSelection)
        self.table.setProperty("role", "inner")
        self.table.remember(session.settings, f"{place}-licenses")
        self.offers = Actions(session, self)
        self.offers.add("register-license", self._register)
        self.offers.add("deregister-license", self.deregister)
        self.register_button = self.offers.button("register-license")
        self.deregister_button = self.offers.button("deregister-license")
        self.table.set_context_actions([self.offers["deregister-license"]])
        self.table.selected.connect(self._show_allowed)
        self._lay_out()
        self._show_allowed()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(8)
        row.addStretch()
        row.addWidget(self.register_button)
        row.addWidget(self.deregister_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 12)
        layout.setSpacing(8)
        layout.addWidget(self.table, 1)
        layout.addLayout(row)

    def _columns(self) -> tuple[Column[LicenseRow], ...]:
        return (
            Column(
                key="serial", title=self.tr("Serial"), text=lambda row: row.serial, width=140, stretch=True
            ),
            Column(key="issuer", title=self.tr("Issuer"), text=lambda row: row.issuer, width=150),
            Column(
                key="quantity",
                title=self.tr("Quantity"),
                text=lambda row: number(row.quantity),
                sort=lambda row: row.quantity,
                number=True,
                width=80,
            ),
            Column(key="kind", title=self.tr("Kind"), text=lambda row: kind_word(row.kind), width=90),
            Column(
                key="from",
                title=self.tr("Valid from"),
                text=lambda row: day(row.valid_from),
                sort=lambda row: row.valid_from,
                width=100,
            ),
            Column(
                key="until",
                title=self.tr("Valid until"),
                text=lambda row: day(row.valid_until),
                sort=lambda row: row.valid_until,
                width=100,
            ),
            Column(
                key="state",
                title=self.tr("State"),
                text=lambda row: license_chip(row.state).text,
                chip=lambda row: license_chip(row.state),
                width=120,
            ),
            Column(
                key="registered",
                title=self.tr("Registered"),
                text=lambda row: moment(parse_stamp(row.registered_at)),
                sort=lambda row: row.registered_at,
                width=150,
            ),
            Column(key="by", title=self.tr("By"), text=lambda row: row.registered_by, width=100),
        )

    def show_detail(self, detail: RangeDetail) -> None:
        source = detail.row.source
        self._option = source.option
        registers = source.parent is None or source.option == Option.REGISTRATION
        if registers:
            sentence = self.tr("No license of {0} is registered on {1}.")
            self.table.say_when_empty(
                sentence.format(detail.row.product, source.host_name),
                self.tr("Register License…"),
                self._register,
            )
        else:
            self.table.say_when_empty(
                self.tr(
                    "{0} holds what the primary distributes to it; no license is registered there."
                ).format(source.host_name)
            )
        self.register_button.setVisible(registers)
        self.deregister_button.setVisible(registers)
        self.model.set_rows(detail.licenses)
        self._show_allowed()

    def chosen(self) -> LicenseRow | None:
        """The selected license, if it can be deregistered."""
        rows = [row for row in self.table.selected_rows() if row.state != DEREGISTERED]
        return rows[0] if rows else None

    def deregister(self) -> None:
        """Open the dialog that shows what deregistering would change."""
        row = self.chosen()
        if row is not None:
            commands.start("deregister-license", self._session, self, issuer=row.issuer, serial=row.serial)

    def _register(self) -> None:
        commands.start("register-license", self._session, self)

    def _show_allowed(self) -> None:
        self.offers.allow("register-license")
        none = self.tr("Choose a license that is registered.")
        self.offers.allow("deregister-license", "" if self.chosen() else none)
