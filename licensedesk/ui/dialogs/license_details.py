"""License Details of one range: held, used, remaining and shortage of every product, and what makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from licensedesk.core.changes import Changes
from licensedesk.core.errors import LicenseDeskError
from licensedesk.core.names import visible
from licensedesk.core.types import ServerId
from licensedesk.ui.figures import day, number
from licensedesk.ui.item_models.rows import RowsModel
from licensedesk.ui.pages.license_tabs.tabs import RangeTabs
from licensedesk.ui.session import Session
from licensedesk.ui.tokens import State
from licensedesk.ui.vocabulary import holder_word
from licensedesk.ui.widgets.dialog import Dialog
from licensedesk.ui.widgets.page import button, label
from licensedesk.ui.widgets.range_columns import product_columns
from licensedesk.ui.widgets.sections import SectionTitle
from licensedesk.ui.widgets.table import TableView
from licensedesk.ui.wording import told

if TYPE_CHECKING:
    from datetime import date

    from licensedesk.core.details import Facts, RangeDetail
    from licensedesk.core.ranges import RangeRow
    from licensedesk.core.store.database import Store

_PRODUCTS_SHOWN = 5


def open_license_details(
    session: Session, parent: QWidget, source: str = "", product: str = "", on: date | None = None
) -> None:
    """Of the range of any server; without one, of the server chosen in the views, else of the local one."""
    LicenseDetailsDialog(session, parent, source=source, product=product, on=on).start()


class LicenseDetailsDialog(Dialog):
    """Shows and changes nothing itself; what another window changes is read again."""

    def __init__(
        self, session: Session, parent: QWidget, *, source: str, product: str, on: date | None
    ) -> None:
        super().__init__("", main="", parent=parent)
        self.set_title(self.tr("License Details"))
        self.set_main(self.tr("Close"))
        self.cancel_button.hide()
        self.session = session
        self._server = ServerId(source or session.server or session.actor.server or "")
        self._product = product
        self._on = on or session.today()
        self._facts: Facts | None = None
        self.about = label("", "secondary")
        self.model: RowsModel[RangeRow] = RowsModel(product_columns(), key=lambda row: row.product)
        self.table = TableView(self.model, name=self.tr("License Information"))
        self.table.setSelectionMode(TableView.SelectionMode.SingleSelection)
        self.table.remember(session.settings, "license-details-dialog")
        self.table.fit_height(_PRODUCTS_SHOWN)
        self.table.say_when_empty(self.tr("No product is known yet."))
        self.table.selected.connect(self._read_detail)
        self.table.activated_row.connect(self._go_to_tabs)
        self.tabs = RangeTabs(session, place="license-details-dialog")
        self.tabs.servers.chosen.connect(session.choose_server)
        self.extra.addWidget(button(self.tr("Export…"), self.export))
        self.body.addWidget(self.about)
        self.body.addWidget(SectionTitle(self.tr("License Information")))
        self.body.addWidget(self.table)
        self.body.addWidget(self.tabs, 1)
        self.submitted.connect(self.accept)
        session.changed.connect(self._on_changed)
        # What is started from here belongs to a view, which this dialog would stand in front of.
        session.view_wanted.connect(self._step_aside)
        self.set_size(1000, 680)
        self.remember(session.settings, "license-details")

    def start(self) -> None:
        self.open()
        self._read()

    def _step_aside(self, _key: str, _wanted: object) -> None:
        self.accept()

    def _go_to_tabs(self, _row: RangeRow) -> None:
        self.tabs.setFocus()

    # -- reading -----------------------------------------------------------------------------------
    def _on_changed(self, changes: Changes) -> None:
        if changes.servers or changes.licenses or changes.nodes:
            self._read()

    def _read(self) -> None:
        actor, server, on = self.session.actor, self._server, self._on

        def read(store: Store) -> tuple[Facts, list[RangeRow]]:
            from licensedesk.core.details import read_facts, source_seen
            from licensedesk.core.ranges import range_rows

            facts = read_facts(store, by=actor)
            source = source_seen(facts, server, by=actor)
            return facts, range_rows(facts.holdings, on=on, source=source.id)

        self.session.read(read, owner=self, done=self._take, key=(self, "range"), failed=self._cannot_read)

    def _take(self, read: tuple[Facts, list[RangeRow]]) -> None:
        self._facts, rows = read
        self.notice.clear()
        order = {product: at for at, product in enumerate(self._facts.products)}
        rows.sort(key=lambda row: order[row.product])
        self._show_about(rows)
        self.model.set_rows(rows)
        if self.table.selected_rows():
            self._read_detail()
        elif rows:
            if not self.table.select_key(self._product):
                self.table.choose_row(0)
            self.table.setFocus()

    def _show_about(self, rows: list[RangeRow]) -> None:
        if not rows:
            return
        source = rows[0].source
        self.set_title(self.tr("License Details of {0}").format(visible(source.host_name)))
        parts = (
            self.tr("Holding option: {0}").format(holder_word(source.option, primary=source.parent is None)),
            self.tr("Servers in range: {0}").format(number(len(rows[0].servers))),
            self.tr("as of {0}").format(day(self._on)),
        )
        self.about.setText(" · ".join(parts))

    def _read_detail(self) -> None:
        facts, chosen = self._facts, self.table.selected_rows()
        if facts is None or not chosen:
            return
        actor, on, row = self.session.actor, self._on, chosen[0]
        self._product = row.product

        def read(store: Store) -> RangeDetail:
            from licensedesk.core.details import read_range

            return read_range(store, facts, source=row.source.id, product=row.product, on=on, by=actor)

        self.session.read(
            read, owner=self, done=self.tabs.show_detail, key=(self, "detail"), failed=self._cannot_read
        )

    def _cannot_read(self, error: LicenseDeskError) -> None:
        """The server is gone, or the database is: what was shown stays, and says since when it is old."""
        self.notice.say(State.CRITICAL, *told(error))

    def export(self) -> None:
        """The License Information of the range, as CSV."""
        from licensedesk.ui.export import export_rows

        export_rows(self.session, self, self.model, name="license-information.csv", failed=self._cannot_read)
