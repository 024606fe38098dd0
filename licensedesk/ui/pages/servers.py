"""Servers: the tree with roles, options, ranges and how each server's License.xml stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from licensedesk.core.types import Role, ServerId
from licensedesk.ui import commands
from licensedesk.ui.figures import number
from licensedesk.ui.icons import set_icon
from licensedesk.ui.item_models.tree import TreeModel
from licensedesk.ui.pages.base import View
from licensedesk.ui.pages.server_parts.actions import ServerActions
from licensedesk.ui.pages.server_parts.columns import server_columns
from licensedesk.ui.session import Session
from licensedesk.ui.tokens import State
from licensedesk.ui.vocabulary import counted, ledger_words
from licensedesk.ui.widgets.filter_bar import FilterBar
from licensedesk.ui.widgets.tree import TreeView

if TYPE_CHECKING:
    from collections.abc import Hashable, Sized

    from licensedesk.core.server_overview import ServerOverview
    from licensedesk.core.store.database import Store


class ServersView(View):
    """The selected server is the one that all views share, and that the menu's commands act on."""

    reads = frozenset({"servers", "licenses", "ledger"})

    def __init__(self, session: Session) -> None:
        super().__init__(session, "")
        self._alone = False
        """The notice says that only the primary stands here yet, and not what was refused."""
        self.set_title(self.tr("Servers"))
        self._rows: list[ServerOverview] = []
        self.model: TreeModel[ServerOverview] = TreeModel(
            server_columns(),
            key=lambda row: row.fact.id,
            parent_key=lambda row: row.fact.parent,
            movable=self._may_move,
            takes=lambda row: row.fact.role != Role.MANAGED,
        )
        self.tree = TreeView(self.model, name=self.tr("Servers"))
        self.actions_on = ServerActions(session, self, self.chosen)
        self._build_filters()
        self._build_actions()
        self._build_header()
        self._build_tree()
        self.body.addWidget(self.filters)
        self.body.addWidget(self.tree, 1)
        session.server_chosen.connect(self._on_server_chosen)
        self.enable()

    # -- building ----------------------------------------------------------------------------------
    def _build_actions(self) -> None:
        self.offers.adopt(self.actions_on)
        self.offers.add("open-all", self.model.open_all)
        self.offers.add("close-all", self.model.close_all)
        self.offers.add("show-on-map", lambda: self.session.show_view("map"))
        self.offer_clearing(self.filters)

    def _build_header(self) -> None:
        self.change_button = self.add_button(self.tr("Change"), lambda: None)
        menu = QMenu(self.change_button)
        menu.setToolTipsVisible(True)
        menu.addActions(self.actions_on.change)
        self.change_button.setMenu(menu)
        set_icon(self.change_button, "arrow-down-small")
        self.change_button.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self.enrol_button = self.add_action("enrol-agent")
        self.option_button = self.add_action("holding-option")
        self.relay_button = self.add_action("add-relay")
        self.add_server_button = self.add_action("add-managed", main=True)

    def _build_filters(self) -> None:
        self.filters = FilterBar()
        self.filters.add_several(
            "state", self.tr("License.&xml"), self.tr("All states"), list(ledger_words().items())
        )
        self.search = self.filters.add_search("text", self.tr("Search servers"))
        self.filters.changed.connect(self._show_matching)

    def _build_tree(self) -> None:
        self.tree.remember(self.session.settings, "servers")
        line = QAction(self)
        line.setSeparator(True)
        others = [self.offers[name] for name in ("show-on-map", "open-all", "close-all")]
        self.tree.set_context_actions([*self.actions_on.all, line, *others])
        self.tree.say_when_empty(self.tr("No server matches."), self.tr("Clear Filters"), self.filters.clear)
        self.tree.selected.connect(self._on_selected)
        self.tree.activated_row.connect(lambda _row: self.actions_on.start("license-details"))
        self.model.move_wanted.connect(self._on_dropped)

    # -- reading -----------------------------------------------------------------------------------
    def reload(self) -> None:
        actor, at, before = self.session.actor, self.session.now(), self._rows

        def read(store: Store) -> list[ServerOverview] | None:
            """None where nothing has changed; to compare 10,000 servers is not for the window's thread."""
            from licensedesk.core.server_overview import read_overview

            rows = read_overview(store, by=actor, at=at)
            return None if rows == before else rows

        self.session.read(read, owner=self, done=self._take, key="servers", failed=self.refuse)

    def _take(self, rows: list[ServerOverview] | None) -> None:
        if rows is None:
            return
        above = {row.fact.id: row.fact.parent for row in self._rows}
        self._rows = rows
        self.model.set_rows(rows)
        if self.filters.active:
            self._show_matching()
        else:
            self._show_count()
        if self.chosen() is None:
            self._select_nearest(above)
        self._say_first_steps()
        self.enable()

    def _select_nearest(self, above: dict[ServerId, ServerId | None]) -> None:
        """The shared server; where another console has removed it, the one that it stood under."""
        server: ServerId | None = ServerId(self.session.server)
        while server and not self.tree.select_key(server):
            server = above.get(server)
        if not server:
            self.tree.select_key(self._rows[0].fact.id)

    def _show_matching(self) -> None:
        """Those that match and the servers above them, opened so that they are seen."""
        matching = self._matching() if self.filters.active else None
        self.model.show_only(matching)
        self._show_count(matching)

    def _matching(self) -> list[Hashable]:
        states, text = self.filters.value("state"), str(self.filters.value("text")).casefold()
        return [
            row.fact.id
            for row in self._rows
            if text in row.fact.host_name
            and (not states or (row.status and row.status.state.value in states))
        ]

    def _show_count(self, matching: Sized | None = None) -> None:
        """Of the servers that match; of all where nothing is filtered."""
        if matching is not None:
            one, several = self.tr("{1} of {0} server matches"), self.tr("{1} of {0} servers match")
            words = counted(len(self._rows), number(len(matching)), one=one, several=several)
        else:
            words = ", ".join(self._counts())
        self.filters.set_count(words)

    def _counts(self) -> list[str]:
        ranges = len({row.source.id for row in self._rows})
        behind = sum(row.status is not None and row.status.state.value != "current" for row in self._rows)
        return [
            counted(len(self._rows), one=self.tr("{0} server"), several=self.tr("{0} servers")),
            counted(ranges, one=self.tr("{0} range"), several=self.tr("{0} ranges")),
            self.tr("{0} not current").format(number(behind)),
        ]

    def _say_first_steps(self) -> None:
        alone = len(self._rows) == 1 and self.session.at_primary
        if alone:
            self.notice.say(
                State.INFO,
                self.tr("Only the primary stands here yet."),
                self.tr("Add the relays and managed servers that stand below it."),
                button_text=self.tr("Add Relay Server…"),
                press=lambda: self.actions_on.start("add-relay"),
            )
        elif self._alone:
            self.notice.clear()
        self._alone = alone

    # -- the selected server -----------------------------------------------------------------------
    def chosen(self) -> ServerOverview | None:
        """The current server, where it is selected."""
        row = self.tree.current_row()
        return row if row is not None and row in self.tree.selected_rows() else None

    def _on_selected(self) -> None:
        row = self.chosen()
        if row is not None:
            self.session.choose_server(row.fact.id)
        self.enable()

    def _on_server_chosen(self, server: str) -> None:
        """Chosen in another view; where a filter hides it here, it is chosen here all the same."""
        row = self.chosen()
        if row is None or row.fact.id != server:
            self.tree.select_key(ServerId(server))

    def enable(self) -> None:
        self.actions_on.enable()
        none = "" if self.chosen() else self.tr("No server is selected.")
        self.offers.allow("show-on-map", none)
        for name in ("open-all", "close-all"):
            self.offers.allow(name, "" if self._rows else self.tr("There is no server yet."))
        some = any(action.isEnabled() for action in self.actions_on.change)
        self.change_button.setEnabled(some)
        self.change_button.setToolTip("" if some else self.actions_on["move-server"].statusTip())

    # -- dragging ----------------------------------------------------------------------------------
    def _may_move(self, row: ServerOverview) -> bool:
        return row.fact.role != Role.PRIMARY and self.session.at_primary

    def _on_dropped(self, server: ServerId, under: ServerId) -> None:
        """Opens the dialog once the drag has ended; nothing has been moved yet."""
        QTimer.singleShot(
            0, self, lambda: commands.start("move-server", self.session, self, server=server, under=under)
        )

    def start_search(self) -> None:
        self.search.setFocus()
        self.search.selectAll()
