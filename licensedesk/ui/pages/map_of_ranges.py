"""Map of Ranges: the tree drawn, a colour per range, held, used and remaining at each holder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QHBoxLayout, QMenu

from licensedesk.ui.pages.base import View
from licensedesk.ui.pages.map_parts.colours import RangeColours
from licensedesk.ui.pages.map_parts.key import MapKey, states_of
from licensedesk.ui.pages.map_parts.pictures import Pictures
from licensedesk.ui.pages.server_parts.actions import ServerActions
from licensedesk.ui.pages.server_parts.columns import reason
from licensedesk.ui.session import Session
from licensedesk.ui.tokens import State
from licensedesk.ui.vocabulary import counted
from licensedesk.ui.wanted import RangeWanted
from licensedesk.ui.widgets.cut import Choice
from licensedesk.ui.widgets.filter_bar import SearchField
from licensedesk.ui.widgets.map_scene import MapItem
from licensedesk.ui.widgets.map_view import MapView
from licensedesk.ui.widgets.page import label
from licensedesk.ui.widgets.sections import labelled

if TYPE_CHECKING:
    from licensedesk.core.range_map import RangeMap
    from licensedesk.core.server_overview import ServerOverview
    from licensedesk.core.store.database import Store
    from licensedesk.ui.widgets.chips import Chip
    from licensedesk.ui.widgets.map_cards import MapNode


_OF_THE_MAP = ("fit", "zoom-in", "zoom-out")


@dataclass(frozen=True, slots=True)
class _Read:
    """`drawing` is None where the nodes are new figures of what is drawn already."""

    found: RangeMap
    nodes: list[MapNode]
    drawing: MapItem | None
    states: tuple[Chip, ...]


class MapOfRangesView(View):
    """New figures are painted in place: zoom, place and selection stay while reports arrive."""

    reads = frozenset({"servers", "licenses", "nodes", "settings", "ledger"})

    def __init__(self, session: Session) -> None:
        super().__init__(session, "")
        self._alone = False
        """The notice says that only the primary stands here yet, and not what was refused."""
        self.set_title(self.tr("Map of Ranges"))
        self._servers: dict[str, ServerOverview] = {}
        self._colours = RangeColours()
        self.map = MapView()
        self.key = MapKey()
        self.actions_on = ServerActions(session, self, self.chosen)
        self.pictures = Pictures(session, self, self.map)
        self._build_actions()
        self._build_header()
        self._build_map()
        self.body.addLayout(self._inputs())
        self.body.addWidget(self.map, 1)
        self.body.addWidget(self.key)
        self.body.addWidget(self.pictures.progress)
        session.server_chosen.connect(self._on_server_chosen)
        self.enable()

    # -- building ----------------------------------------------------------------------------------
    def _build_actions(self) -> None:
        self.offers.adopt(self.actions_on)
        self.offers.put(*self.map.zooming)
        self.offers.add("save-picture", self.pictures.save)
        self.offers.add("print", self.pictures.print)
        self.offers.add("show-in-servers", lambda: self.session.show_view("servers"))
        self.offer_stopping(self.pictures.progress)

    def _build_header(self) -> None:
        self.search = SearchField(self.tr("Find a server"))
        self.search.searched.connect(self._find)
        self.search.returnPressed.connect(self.map.next_found)
        self.add_to_header(self.search)
        self.fit_button = self.add_action("fit")
        self.save_button = self.add_action("save-picture")
        self.print_button = self.add_action("print")
        self.option_button = self.add_action("holding-option", main=True)

    def _inputs(self) -> QHBoxLayout:
        self.product = Choice(least=170)
        self.product.activated.connect(lambda _at: self.reload())
        self.found = label("", "secondary")
        legend = label(
            self.tr("Each colour is one range of shared licenses; a thick frame marks its sharing source."),
            "secondary",
        )
        legend.setWordWrap(True)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(legend, 1)
        row.addWidget(self.found)
        row.addWidget(labelled(self.tr("&Product"), self.product))
        return row

    def _build_map(self) -> None:
        self.map.server_selected.connect(self.session.choose_server)
        self.map.server_activated.connect(self._open_details)
        self.map.addActions(self.actions_on.all)
        self.map.more = lambda server: reason(self._servers[server])
        self.map.menu_wanted.connect(self._open_menu)

    # -- reading -----------------------------------------------------------------------------------
    def reload(self) -> None:
        session, colours, before, font = self.session, self._colours, self.map.drawn, self.map.font()
        actor, at, on, product = session.actor, session.now(), session.today(), self.product.currentText()

        def read(store: Store) -> _Read:
            from licensedesk.core.range_map import read_range_map
            from licensedesk.ui.pages.map_parts.nodes import map_nodes

            found = read_range_map(store, product=product, by=actor, at=at)
            nodes = map_nodes(found, on=on, colours=colours.assign(found.servers))
            # Here, since to lay out 10,000 servers takes longer than a window may stand still.
            fits = before is not None and before.fits(nodes)
            return _Read(found, nodes, None if fits else MapItem(nodes, font), states_of(nodes))

        session.read(read, owner=self, done=self._take, key="map", failed=self.refuse)

    def _take(self, read: _Read) -> None:
        self._servers = {server.fact.id: server for server in read.found.servers}
        self._show_products(read.found)
        self._say_first_steps()
        self.key.show_states(read.states)
        if read.drawing is not None:
            self.map.show_drawing(read.drawing)
            self.map.select(self.session.server or None)
            if self.search.text():
                self._find(self.search.text())
        elif self.map.drawn is not None:
            self.map.drawn.put(read.nodes)
        self.enable()

    def _show_products(self, found: RangeMap) -> None:
        if found.facts.products != tuple(self.product.itemText(at) for at in range(self.product.count())):
            self.product.clear()
            self.product.addItems(found.facts.products)
        self.product.setCurrentText(found.facts.product or "")
        self.product.setEnabled(bool(found.facts.products))

    def _say_first_steps(self) -> None:
        alone = len(self._servers) == 1 and self.session.at_primary
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
        return self._servers.get(self.map.selected or "")

    def _on_server_chosen(self, server: str) -> None:
        self.map.select(server)
        self.enable()

    def _open_details(self, server: str) -> None:
        source = self._servers[server].source.id
        self.actions_on.start("license-details", source=source, product=self.product.currentText())

    def _open_menu(self, at: QPoint) -> None:
        """At a place on the screen, about the server that is selected now."""
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        if self.chosen() is not None:
            menu.addActions(self.actions_on.all)
            menu.addSeparator()
            menu.addAction(self.offers["show-in-servers"])
        menu.addActions(self.map.zooming)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)

    def _find(self, text: str) -> None:
        count = self.map.find_text(text)
        if not text.strip():
            self.found.clear()
        elif count:
            one, several = self.tr("{0} server found"), self.tr("{0} servers found")
            self.found.setText(counted(count, one=one, several=several))
        else:
            self.found.setText(self.tr("No server of that name"))

    def enable(self) -> None:
        self.actions_on.enable()
        nothing = "" if self.map.drawn is not None else self.tr("Nothing is drawn yet.")
        for name in (*_OF_THE_MAP, "save-picture", "print"):
            self.offers.allow(name, nothing)
        self.offers.allow("show-in-servers", "" if self.chosen() else self.tr("No server is selected."))

    def present(self, wanted: object) -> None:
        if isinstance(wanted, RangeWanted) and wanted.source is not None:
            self.session.choose_server(wanted.source)

    def start_search(self) -> None:
        self.search.setFocus()
        self.search.selectAll()
