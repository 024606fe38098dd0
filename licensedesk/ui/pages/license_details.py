"""License Details: held, used and remaining of every range, and what makes them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from PySide6.QtCore import QDate
from PySide6.QtWidgets import QHBoxLayout

from licensedesk.core.types import ServerId
from licensedesk.ui import commands
from licensedesk.ui.item_models.rows import RowsModel
from licensedesk.ui.pages.base import View
from licensedesk.ui.pages.license_tabs.tabs import RangeTabs
from licensedesk.ui.session import Session
from licensedesk.ui.wanted import RangeWanted
from licensedesk.ui.widgets.cut import Choice
from licensedesk.ui.widgets.filter_bar import DayField, SearchField
from licensedesk.ui.widgets.range_columns import range_columns
from licensedesk.ui.widgets.sections import SectionTitle, labelled
from licensedesk.ui.widgets.table import TableView

if TYPE_CHECKING:
    from licensedesk.core.details import Facts, RangeDetail
    from licensedesk.core.ranges import RangeRow
    from licensedesk.core.store.database import Store

_RANGES_SHOWN = 8
"""Rows of the table before it scrolls, while few servers leave room for the tabs."""


class LicenseDetailsView(View):
    """One product at a day. The facts are read once; product, day and search are computed from them."""

    reads = frozenset({"servers", "licenses", "nodes", "settings"})

    def __init__(self, session: Session) -> None:
        super().__init__(session, "")
        self.set_title(self.tr("License Details"))
        self._facts: Facts | None = None
        self._wanted = RangeWanted()
        self.tabs = RangeTabs(session, place="license-details")
        self._build_actions()
        self._build_header()
        self._build_inputs()
        self.model: RowsModel[RangeRow] = RowsModel(range_columns(), key=lambda row: row.source.id)
        self.table = TableView(self.model, name=self.tr("License Information"))
        self.table.setSelectionMode(TableView.SelectionMode.SingleSelection)
        self.table.remember(session.settings, "license-details")
        self.table.fit_height(_RANGES_SHOWN)
        self.table.selected.connect(self._on_selected)
        self.table.activated_row.connect(lambda _row: self.open_details())
        self.table.set_context_actions([self.offers["license-details"], self.offers["distribute-licenses"]])
        self.tabs.servers.chosen.connect(session.choose_server)
        self.body.addWidget(SectionTitle(self.tr("License Information")))
        self.body.addWidget(self.table)
        self.body.addWidget(self.tabs, 1)
        # Takes the room while there is no range whose details could be shown.
        self.body.addStretch()
        self.tabs.hide()
        session.server_chosen.connect(self._on_server_chosen)
        self.enable()

    # -- building ----------------------------------------------------------------------------------
    def _build_actions(self) -> None:
        self.offers.add("export", self.export)
        self.offers.add("distribute-licenses", self.distribute)
        self.offers.add("register-license", lambda: commands.start("register-license", self.session, self))
        self.offers.add("license-details", self.open_details)
        self.tabs.offer_in(self.offers)

    def _build_header(self) -> None:
        self.export_button = self.add_action("export")
        self.distribute_button = self.add_action("distribute-licenses")
        self.register_button = self.add_action("register-license", main=True)

    def enable(self) -> None:
        nothing = "" if self.model.rows else self.tr("There is no row to export.")
        self.offers.allow("export", nothing)
        self.offers.allow("distribute-licenses")
        self.offers.allow("register-license")
        self.offers.allow("license-details", "" if self.chosen() else self.tr("No range is selected."))

    def _build_inputs(self) -> None:
        self.product = Choice(least=170)
        self.product.activated.connect(lambda _at: self.reload())
        self.day = DayField(self.session.today())
        self.day.setToolTip(self.tr("Today's licenses and nodes under the validity of that day."))
        self._reset_day()
        self.day.chosen.connect(self._compute)
        self.search = SearchField(self.tr("Search servers"))
        self.search.searched.connect(lambda _text: self._compute())
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(labelled(self.tr("&Product"), self.product))
        row.addWidget(labelled(self.tr("&As of"), self.day))
        row.addStretch()
        row.addWidget(self.search)
        self.body.addLayout(row)

    def _reset_day(self) -> None:
        today = self.session.today()
        first = QDate(today.year, today.month, today.day)
        self.day.setMinimumDate(first)

    # -- reading -----------------------------------------------------------------------------------
    def reload(self) -> None:
        self._reset_day()
        actor, on, text = self.session.actor, self.on, self.search.text()
        product = self._wanted.product or self.product.currentText()

        def read(store: Store) -> tuple[Facts, list[RangeRow]]:
            from licensedesk.core.details import ranges_shown, read_product_facts

            facts = read_product_facts(store, product=product, by=actor)
            return facts, ranges_shown(facts, on=on, text=text)

        self.session.read(read, owner=self, done=self._take, key="license-details-facts", failed=self.refuse)

    def _take(self, read: tuple[Facts, list[RangeRow]]) -> None:
        facts, rows = read
        self._facts = facts
        if facts.products != tuple(self.product.itemText(at) for at in range(self.product.count())):
            self.product.clear()
            self.product.addItems(facts.products)
        self.product.setCurrentText(facts.product or "")
        self.product.setEnabled(bool(facts.products))
        self._say_when_empty()
        self._show(rows)

    def _say_when_empty(self) -> None:
        if self.product.count():
            self.table.say_when_empty(self.tr("No range has a server of that name."))
        else:
            self.table.say_when_empty(
                self.tr("No product is known yet: add the issuer of your licenses first."),
                self.tr("Issuers…") if commands.allowed("issuers", self.session) else "",
                lambda: commands.start("issuers", self.session, self),
            )

    @property
    def on(self) -> date:
        """The day the figures are of, from today on."""
        return self.day.day

    def _compute(self) -> None:
        """The rows of day and search; from the facts, but on the reader's thread."""
        facts = self._facts
        if facts is None:
            return
        on, text = self.on, self.search.text()

        def compute(_store: Store) -> list[RangeRow]:
            from licensedesk.core.details import ranges_shown

            return ranges_shown(facts, on=on, text=text)

        self.session.read(
            compute, owner=self, done=self._show, key="license-details-rows", failed=self.refuse
        )

    def _show(self, rows: list[RangeRow]) -> None:
        kept = self.table.selected_rows()
        self.model.set_rows(rows)
        self.tabs.setVisible(bool(rows))
        self.enable()
        self.tabs.servers.show_matching(self.search.text())
        wanted = self._wanted
        self._wanted = RangeWanted()
        self.tabs.show_tab(wanted.tab)
        if wanted.source is not None and self.table.select_key(wanted.source):
            return
        if not self.table.selected_rows() and rows:
            self._select_first(rows)
        elif kept:
            self._read_detail()

    def _select_first(self, rows: list[RangeRow]) -> None:
        """The range of the server chosen elsewhere; else the first that is short, else the first."""
        source = self._range_of(self.session.server)
        chosen = [row for row in rows if row.source.id == source]
        short = [row for row in rows if row.shortage]
        self.table.select_key((chosen or short or rows)[0].source.id)

    # -- the selected range ------------------------------------------------------------------------
    def chosen(self) -> RangeRow | None:
        rows = self.table.selected_rows()
        return rows[0] if rows else None

    def _on_selected(self) -> None:
        row = self.chosen()
        if row is not None and row.source.id != self._range_of(self.session.server):
            self.session.choose_server(row.source.id)
        self.enable()
        self._read_detail()

    def _read_detail(self) -> None:
        facts, row = self._facts, self.chosen()
        if facts is None or row is None:
            self.tabs.setEnabled(False)
            return
        actor, on = self.session.actor, self.on

        def read(store: Store) -> RangeDetail:
            from licensedesk.core.details import read_range

            return read_range(store, facts, source=row.source.id, product=row.product, on=on, by=actor)

        self.session.read(
            read, owner=self, done=self.tabs.show_detail, key="license-details-range", failed=self.refuse
        )

    def _on_server_chosen(self, server: str) -> None:
        """A server chosen in another view: its range."""
        source = self._range_of(server)
        if source is not None and self.table.select_key(source):
            self.tabs.servers.select(server)

    def _range_of(self, server: str) -> ServerId | None:
        """The sharing source of a server, by what was read last."""
        if self._facts is None:
            return None
        tree = self._facts.holdings.tree
        return tree.source_of(ServerId(server)).id if server in tree.index else None

    # -- what it starts ----------------------------------------------------------------------------
    def open_details(self) -> None:
        row = self.chosen()
        if row is not None:
            commands.start("license-details", self.session, self, source=row.source.id, product=row.product)

    def distribute(self) -> None:
        row = self.chosen()
        relay = row.source.id if row is not None else ""
        commands.start(
            "distribute-licenses", self.session, self, product=self.product.currentText(), relay=relay
        )

    def export(self) -> None:
        """What is shown, as CSV."""
        from licensedesk.ui.export import export_rows

        name = f"license-details {self.product.currentText()} {self.on.isoformat()}.csv"
        export_rows(self.session, self, self.model, name=name, failed=self.refuse)

    def present(self, wanted: object) -> None:
        if not isinstance(wanted, RangeWanted):
            return
        self._wanted = wanted
        self.search.clear()
        self._stale = True
        self._read()

    def start_search(self) -> None:
        self.search.setFocus()
        self.search.selectAll()
