"""License Distribution: the two time stamps, the ledger by server, and the history of distributions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from licensedesk.core.names import visible
from licensedesk.core.types import ServerId
from licensedesk.ui import commands
from licensedesk.ui.figures import number
from licensedesk.ui.item_models.rows import RowsModel
from licensedesk.ui.pages.base import View
from licensedesk.ui.pages.distribution_parts.columns import history_columns, ledger_columns, reason
from licensedesk.ui.pages.distribution_parts.stamps import StampsPanel
from licensedesk.ui.session import Session
from licensedesk.ui.task_runner import Progress as TaskProgress
from licensedesk.ui.vocabulary import counted, ledger_words
from licensedesk.ui.wanted import LedgerWanted
from licensedesk.ui.widgets.filter_bar import FilterBar
from licensedesk.ui.widgets.page import label
from licensedesk.ui.widgets.progress import ProgressStrip
from licensedesk.ui.widgets.table import TableView
from licensedesk.ui.wording import advice

if TYPE_CHECKING:
    from licensedesk.core.distribution.history import Run
    from licensedesk.core.distribution.run import Progress
    from licensedesk.core.distribution.status import ServerStatus, Status
    from licensedesk.core.store.database import Store

_RUNS = 200
"""Runs of the history that are shown."""


class LicenseDistributionView(View):
    """Moves while one looks: reports that arrive change rows, stamps and progress."""

    reads = frozenset({"servers", "licenses", "ledger"})

    def __init__(self, session: Session) -> None:
        super().__init__(session, "")
        self.set_title(self.tr("License Distribution"))
        self._status: Status | None = None
        self._began = session.now()
        self.filters = FilterBar()
        self.progress = ProgressStrip()
        self._build_actions()
        self._build_header()
        self.stamps = StampsPanel()
        self.progress.cancelled.connect(self._cancel)
        self.model: RowsModel[ServerStatus] = RowsModel(ledger_columns(), key=lambda row: row.line.server)
        self.table = TableView(self.model, name=self.tr("Ledger"))
        self.history: RowsModel[Run] = RowsModel(history_columns(), key=lambda row: row.id)
        self.history_table = TableView(self.history, name=self.tr("History of distributions"))
        self._build_tables()
        self.body.addWidget(self.stamps)
        self.body.addWidget(self.progress)
        self.tabs = self._build_tabs()
        self.body.addWidget(self.tabs, 1)
        session.opened.connect(self._listen)
        session.server_chosen.connect(self._on_server_chosen)
        if session.is_open:
            self._listen()
        self.enable()

    # -- building ----------------------------------------------------------------------------------
    def _build_actions(self) -> None:
        self.offers.add("verify", self.verify)
        self.offers.add("retry", self.retry)
        self.offers.add("distribute-now", self.distribute)
        self.offers.add("show-in-servers", self._show_server)
        self.offers.add("enrol-agent", self._enrol)
        self.offer_clearing(self.filters)
        self.offer_stopping(self.progress)

    def _build_header(self) -> None:
        self.verify_button = self.add_action("verify")
        self.retry_button = self.add_action("retry")
        self.now_button = self.add_action("distribute-now", main=True)

    def _build_tables(self) -> None:
        self.table.remember(self.session.settings, "ledger")
        self.table.selected.connect(self._on_selected)
        self.table.activated_row.connect(self.open_row)
        names = ("show-in-servers", "retry", "verify", "enrol-agent")
        self.table.set_context_actions([self.offers[name] for name in names])
        self.history_table.remember(self.session.settings, "distributions")
        self.history_table.say_when_empty(self.tr("Nothing was distributed yet."))
        self.filters.add_several(
            "state", self.tr("St&ate"), self.tr("All states"), list(ledger_words().items())
        )
        self.search = self.filters.add_search("text", self.tr("Search servers"))
        self.filters.changed.connect(self._show_rows)

    def _build_tabs(self) -> QTabWidget:
        ledger = QWidget()
        layout = QVBoxLayout(ledger)
        layout.setContentsMargins(0, 12, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self.filters)
        layout.addWidget(self.table, 1)
        self.detail = label("", "secondary")
        self.detail.setWordWrap(True)
        self.detail.hide()
        layout.addWidget(self.detail)
        past = QWidget()
        past_layout = QVBoxLayout(past)
        past_layout.setContentsMargins(0, 12, 0, 0)
        past_layout.addWidget(self.history_table)
        tabs = QTabWidget()
        # The tables have frames of their own.
        tabs.setProperty("role", "plain")
        tabs.setAccessibleName(self.tr("Ledger and history"))
        tabs.addTab(ledger, self.tr("Le&dger"))
        self._history_tab = tabs.addTab(past, self.tr("Histo&ry of distributions"))
        return tabs

    # -- reading -----------------------------------------------------------------------------------
    def reload(self) -> None:
        actor, at = self.session.actor, self.session.now()

        def read(store: Store) -> tuple[Status, list[Run]]:
            from licensedesk.core.distribution.history import list_runs
            from licensedesk.core.distribution.status import read_status

            # Runs are of the whole site.
            runs = list_runs(store, limit=_RUNS) if actor.server is None else []
            return read_status(store, by=actor, at=at), runs

        self.session.read(read, owner=self, done=self._take, key="ledger", failed=self.refuse)

    def _take(self, found: tuple[Status, list[Run]]) -> None:
        self._status, runs = found
        waiting = sum(server.line.counts and not server.line.acknowledged for server in self._status.servers)
        self.stamps.show_stamps(self._status.stamps, waiting=waiting)
        self.history.set_rows(runs)
        self._show_rows()
        self.enable()

    def _say_when_empty(self) -> None:
        if self.filters.active:
            clear = self.tr("Clear Filters")
            self.table.say_when_empty(self.tr("No server matches."), clear, self.filters.clear)
        else:
            self.table.say_when_empty(
                self.tr("There is no server to distribute to yet."),
                self.tr("Add Managed Server…") if commands.allowed("add-managed", self.session) else "",
                lambda: commands.start("add-managed", self.session, self),
            )

    def _show_rows(self) -> None:
        if self._status is None:
            return
        self._say_when_empty()
        states, text = self.filters.value("state"), str(self.filters.value("text")).casefold()
        rows = [
            row
            for row in self._status.servers
            if (not states or row.state.value in states) and text in row.line.host_name
        ]
        self.model.set_rows(rows)
        self._show_detail()
        one, several = self.tr("{1} of {0} server"), self.tr("{1} of {0} servers")
        every = len(self._status.servers)
        self.filters.set_count(counted(every, number(len(rows)), one=one, several=several))

    def _show_detail(self) -> None:
        """The reason of the selected server in full, with what to do about it."""
        row = self.table.current_row() if len(self.table.selected_rows()) == 1 else None
        words = f"{reason(row)} {advice(row.code, row.figures)}".strip() if row and row.code else ""
        self.detail.setText(visible(words))
        self.detail.setVisible(bool(words))

    def present(self, wanted: object) -> None:
        if isinstance(wanted, LedgerWanted):
            self.filters.set_values({"state": wanted.states, "text": ""})
            self._show_rows()

    def start_search(self) -> None:
        self.search.setFocus()

    # -- acting ------------------------------------------------------------------------------------
    def _chosen(self) -> list[ServerId]:
        return [row.line.server for row in self.table.selected_rows()]

    def distribute(self) -> None:
        self._with_key(lambda: self._order("demand"))

    def retry(self) -> None:
        """Send to the selected servers, also where a rejection waits for a person."""
        chosen = self._chosen()
        if chosen:
            self._with_key(lambda: self._order("retry", chosen))

    def verify(self) -> None:
        """The selected servers, or all where none is selected."""
        chosen = self._chosen()
        self._with_key(lambda: self._order("verify", chosen or None, force=True))

    def _order(self, reason: str, only: list[ServerId] | None = None, *, force: bool = False) -> None:
        self._began = self.session.now()
        if self.session.courier is not None:
            self.session.courier.distribute(reason=reason, only=only, force=force)

    def _with_key(self, then: Callable[[], object]) -> None:
        if self.session.signer is None:
            commands.start("unlock", self.session, self, then=then)
        else:
            then()

    def open_row(self, row: ServerStatus) -> None:
        """Enter: what mends it, or else the server itself."""
        if row.state.value == "not enrolled" and commands.allowed("enrol-agent", self.session):
            self._enrol()
        else:
            self._show_server()

    def _show_server(self) -> None:
        row = self.table.current_row()
        if row is not None:
            self.session.choose_server(row.line.server)
            self.session.show_view("servers")

    def _cancel(self) -> None:
        if self.session.courier is not None:
            self.session.courier.cancel()

    def _enrol(self) -> None:
        row = self.table.current_row()
        commands.start("enrol-agent", self.session, self, server=row.line.server if row else "")

    # -- live --------------------------------------------------------------------------------------
    def _listen(self) -> None:
        courier = self.session.courier
        if courier is not None:
            courier.progressed.connect(self._on_progress)
            courier.ended.connect(self._on_ended)
            courier.cancelled.connect(self._on_ended)

    def _on_progress(self, progress: Progress) -> None:
        elapsed = (self.session.now() - self._began).total_seconds()
        self.progress.show_progress(
            TaskProgress(progress.current, progress.servers, self.tr("servers current"), elapsed)
        )

    def _on_ended(self, _progress: Progress) -> None:
        self.progress.finish()

    def enable(self) -> None:
        self.tabs.setTabVisible(self._history_tab, self.session.at_primary or not self.session.is_open)
        some = bool(self.table.selected_rows())
        none = "" if some else self.tr("No server is selected.")
        self.offers["verify"].setText(self.tr("&Verify Selected") if some else self.tr("&Verify All"))
        for name in ("verify", "distribute-now", "enrol-agent"):
            self.offers.allow(name)
        for name in ("retry", "show-in-servers"):
            self.offers.allow(name, none)

    def _on_selected(self) -> None:
        self.enable()
        self._show_detail()
        row = self.table.current_row()
        if row is not None and len(self.table.selected_rows()) == 1:
            self.session.choose_server(row.line.server)

    def _on_server_chosen(self, server: str) -> None:
        chosen = self._chosen()
        if chosen != [server] and not self.isVisible():
            self.table.select_key(ServerId(server))
