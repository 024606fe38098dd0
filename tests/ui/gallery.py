"""Draws every widget with the design's sample figures, light and dark, to be looked at.

Run as `python -m tests.ui.gallery FOLDER`, with QT_QPA_PLATFORM=offscreen where there is no screen.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QMainWindow,
    QRadioButton,
    QSpinBox,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from licensedesk.core.errors import RefusedError
from licensedesk.ui import icons
from licensedesk.ui.figures import number
from licensedesk.ui.item_models.rows import Column, RowsModel
from licensedesk.ui.item_models.tree import TreeModel
from licensedesk.ui.task_runner import Progress
from licensedesk.ui.theme import Appearance, Theme
from licensedesk.ui.tokens import State
from licensedesk.ui.widgets.bars import remaining_bar
from licensedesk.ui.widgets.chips import Chip
from licensedesk.ui.widgets.dialog import Dialog
from licensedesk.ui.widgets.filter_bar import DayField, FilterBar
from licensedesk.ui.widgets.map_cards import MapNode
from licensedesk.ui.widgets.map_view import MapView
from licensedesk.ui.widgets.menu_area import settings_groups
from licensedesk.ui.widgets.notice import Notice
from licensedesk.ui.widgets.page import Page, button
from licensedesk.ui.widgets.sections import FigureList, SectionTitle, Term, labelled
from licensedesk.ui.widgets.sidebar import Sidebar
from licensedesk.ui.widgets.status_bar import StatusBar
from licensedesk.ui.widgets.table import TableView
from licensedesk.ui.widgets.tree import TreeView


@dataclass(frozen=True, slots=True)
class Range:
    source: str
    option: str
    servers: int
    held: int
    used: int
    waiting: int
    to_buy: int
    expiry: str


RANGES = (
    Range("a.example.com", "Primary", 2, 100, 84, 3, 0, "2027-03-31"),
    Range("c.example.com", "Distribution", 2, 40, 38, 0, 0, "–"),  # noqa: RUF001 - as shown
    Range("d.example.com", "Distribution", 1, 10, 12, 5, 7, "–"),  # noqa: RUF001 - as shown
)

RANGE_COLUMNS: tuple[Column[Range], ...] = (
    Column(key="source", title="Range (sharing source)", text=lambda r: r.source, width=170, stretch=True),
    Column(key="option", title="Holding option", text=lambda r: r.option, width=105),
    Column(
        key="servers",
        title="Servers",
        text=lambda r: number(r.servers),
        sort=lambda r: r.servers,
        number=True,
        width=60,
    ),
    Column(
        key="held", title="Held", text=lambda r: number(r.held), sort=lambda r: r.held, number=True, width=60
    ),
    Column(
        key="used", title="Used", text=lambda r: number(r.used), sort=lambda r: r.used, number=True, width=60
    ),
    Column(
        key="remaining",
        title="Remaining",
        text=lambda r: number(r.held - r.used),
        sort=lambda r: r.held - r.used,
        bar=lambda r: remaining_bar(r.held, r.used),
        width=228,
    ),
    Column(
        key="waiting",
        title="Waiting",
        text=lambda r: number(r.waiting),
        sort=lambda r: r.waiting,
        number=True,
        width=60,
    ),
    Column(
        key="to_buy",
        title="To buy",
        text=lambda r: number(r.to_buy),
        sort=lambda r: r.to_buy,
        number=True,
        width=60,
    ),
    Column(key="expiry", title="Earliest expiry", text=lambda r: r.expiry, width=100),
)


def license_details() -> Page:
    page = Page("License Details")
    page.add_button("Export…", lambda: None)
    page.add_button("Distribute Licenses…", lambda: None, shortcut="Ctrl+D")
    page.add_button("Register License…", lambda: None, main=True, shortcut="Ctrl+R")
    row = QHBoxLayout()
    row.setSpacing(20)
    product = QComboBox()
    product.addItems(["Desktop Manager"])
    product.setMinimumWidth(170)
    row.addWidget(labelled("Product", product))
    day = QLineEdit("2026-11-21")
    day.setFixedWidth(110)
    row.addWidget(labelled("As of", day))
    row.addStretch()
    search = QLineEdit()
    search.setPlaceholderText("Search servers")
    search.setAccessibleName("Search servers")
    search.setFixedWidth(220)
    row.addWidget(search)
    page.body.addLayout(row)
    page.body.addWidget(SectionTitle("License Information"))
    model = RowsModel(RANGE_COLUMNS, key=lambda r: r.source)
    table = TableView(model, name="License information")
    model.set_rows(RANGES)
    table.fit_height()
    table.select_key("d.example.com")
    page.body.addWidget(table)
    page.body.addWidget(_range_tabs(), 1)
    return page


def _range_tabs() -> QTabWidget:
    tabs = QTabWidget()
    counted = QWidget()
    layout = QVBoxLayout(counted)
    layout.setContentsMargins(16, 12, 16, 16)
    layout.setSpacing(12)
    layout.addWidget(SectionTitle("How the range of d.example.com is counted"))
    figures = FigureList()
    figures.set_terms(
        (
            Term("Held", "10", "allocation by the primary, 2026-11-20 09:12 by admin"),
            Term("Used", "12", "12 managed nodes found by d.example.com"),
            Term(
                "Remaining",
                "-2",
                "10 held - 12 used: the relay reported 2 nodes as managed beyond what it holds",
            ),
            Term("Waiting", "5", "discovered nodes found by d.example.com"),
            Term(
                "Licenses to buy",
                "7",
                "5 waiting - (-2) remaining; or move 7 from a.example.com, which has 16",
            ),
        )
    )
    layout.addWidget(figures)
    row = QHBoxLayout()
    row.setSpacing(8)
    for text in ("Show the 12 Nodes", "Show the 5 Waiting", "Distribute 7 More…"):
        row.addWidget(button(text))
    row.addStretch()
    row.addWidget(button("Copy", figures.copy))
    layout.addLayout(row)
    layout.addStretch()
    for title in ("Product licenses", "Servers in range"):
        tabs.addTab(QWidget(), title)
    tabs.addTab(counted, "How this is counted")
    tabs.addTab(QWidget(), "History")
    tabs.setCurrentIndex(2)
    return tabs


@dataclass(frozen=True, slots=True)
class Delivery:
    server: str
    range: str
    version: int
    state: Chip
    reason: str


DELIVERIES = (
    Delivery("a.example.com", "a.example.com", 31, Chip("current", State.OK), ""),
    Delivery("b.example.com", "a.example.com", 31, Chip("sent", State.INFO, "sent"), "no report yet"),
    Delivery(
        "c.example.com",
        "c.example.com",
        30,
        Chip("pending", State.NEUTRAL, "pending"),
        "waits for the passphrase",
    ),
    Delivery(
        "d.example.com",
        "d.example.com",
        28,
        Chip("unreachable", State.WARNING, "unreachable"),
        "no report for 2 days",
    ),
    Delivery(
        "e.example.com",
        "c.example.com",
        27,
        Chip("rejected", State.CRITICAL),
        "ROLLBACK: holds version 31 already",
    ),
    Delivery(
        "f.example.com",
        "a.example.com",
        0,
        Chip("not enrolled", State.NEUTRAL, "invited"),
        "make its enrolment file",
    ),
)

DELIVERY_COLUMNS: tuple[Column[Delivery], ...] = (
    Column(key="server", title="Server", text=lambda r: r.server, width=180),
    Column(key="range", title="Range", text=lambda r: r.range, width=160),
    Column(
        key="version", title="Version held", text=lambda r: number(r.version or None), number=True, width=110
    ),
    Column(key="state", title="State", text=lambda r: r.state.text, chip=lambda r: r.state, width=150),
    Column(key="reason", title="Reason", text=lambda r: r.reason, muted=True, width=200, stretch=True),
)


def distribution() -> Page:
    page = Page("License Distribution", "Which server holds which License.xml, and why one is not current.")
    page.add_button("Verify", lambda: None)
    page.add_button("Retry Selected", lambda: None).setEnabled(False)
    page.add_button("Distribute License.xml Now", lambda: None, main=True)
    model = RowsModel(DELIVERY_COLUMNS, key=lambda r: r.server)
    table = TableView(model, name="Ledger")
    model.set_rows(DELIVERIES)
    model.sort(0)
    table.select_key("b.example.com")
    page.body.addWidget(table)
    return page


def servers() -> Page:
    page = Page("Servers")
    page.add_button("Move…", lambda: None)
    page.add_button("Add Server…", lambda: None, main=True, icon="add")
    bar = FilterBar()
    bar.add_choice("role", "Role", (("", "All roles"), ("relay", "Management relay server")))
    bar.add_several("source", "Managing source", "All sources", (("a", "a.example.com"),))
    bar.add_search("text", "Search servers")
    bar.set_values({"text": "example"})
    bar.set_count("6 servers")
    page.body.addWidget(bar)
    note = Notice(closable=True)
    note.say(
        State.WARNING,
        "d.example.com is short of 2 licenses of Desktop Manager.",
        "Distribute 2 more, or move nodes to another range.",
        button_text="Distribute…",
    )
    page.body.addWidget(note)
    parents = {"b": "a", "c": "a", "d": "b", "e": "c", "f": "a"}
    model = TreeModel(
        DELIVERY_COLUMNS,
        key=lambda r: r.server[0],
        parent_key=lambda r: parents.get(r.server[0]),
    )
    tree = TreeView(model, name="Servers")
    model.set_rows(DELIVERIES)
    tree.select_key("c")
    page.body.addWidget(tree)
    return page


def _dialog(title: str, main: str, *, danger: bool = False) -> Dialog:
    dialog = Dialog(title, main=main, danger=danger)
    dialog.body.addWidget(labelled("Host name", QLineEdit("d.example.com")))
    dialog.body.addWidget(QCheckBox("Also the 3 servers below it"))
    some = QRadioButton("License registration")
    some.setChecked(True)
    dialog.body.addWidget(some)
    quantity = QSpinBox()
    quantity.setRange(0, 999_999_999)
    quantity.setValue(17)
    quantity.setAlignment(Qt.AlignmentFlag.AlignRight)
    dialog.body.addWidget(labelled("New quantity", quantity))
    dialog.body.addWidget(labelled("As of", DayField(date(2026, 11, 21))))
    return dialog


def dialog_page() -> Page:
    """Dialogs laid over a page: filled in, busy, refused."""
    page = Page("Dialogs")
    filled = _dialog("Distribute Licenses", "Distribute 7 Licenses")
    busy = _dialog("Distribute Licenses", "Distribute 7 Licenses")
    busy.set_busy("Distributing…")
    busy.progress.show_progress(Progress(4_000, 10_000, "servers", 9.0))
    refused = _dialog("Remove Server", "Remove d.example.com", danger=True)
    refused.refuse(RefusedError("has-children", server="d.example.com", count=3))
    for dialog, left, top, width in ((filled, 20, 60, 400), (busy, 440, 60, 600), (refused, 20, 390, 520)):
        dialog.setWindowFlags(Qt.WindowType.Widget)
        dialog.setParent(page)
        dialog.setAutoFillBackground(True)
        dialog.setStyleSheet("Dialog { background: palette(base); }")
        dialog.show()
        height = max(dialog.sizeHint().height(), dialog.heightForWidth(width))
        dialog.setGeometry(left, top, width, height)
    return page


def empty_table() -> Page:
    page = Page("Discovered Nodes")
    page.add_button("Import…", lambda: None, main=True)
    model = RowsModel(DELIVERY_COLUMNS, key=lambda r: r.server)
    table = TableView(model, name="Nodes")
    table.say_when_empty("No device was discovered yet.", "Import Nodes…", lambda: None)
    model.set_rows(())
    page.body.addWidget(table)
    return page


def _node(
    name: str, parent: str, index: int, option: str = "", figures: tuple[int, int] | None = None
) -> MapNode:
    held, used = figures or (None, None)
    return MapNode(
        id=name,
        parent=parent or None,
        label=f"{name}.example.com",
        role="" if name in "abcde" else "Managed server",
        option=option,
        range_label=f"Range {'ACD'[index]}",
        range_index=index,
        is_source=figures is not None,
        held=held,
        used=used,
        remaining=figures[0] - figures[1] if figures is not None else None,
        state=Chip("current", State.OK),
    )


MAP = (
    _node("a", "", 0, "Primary", (100, 84)),
    _node("b", "a", 0),
    _node("c", "a", 1, "Distribution", (40, 38)),
    _node("d", "b", 2, "Distribution", (10, 12)),
    _node("e", "c", 1),
)


def _map_page(nodes: Sequence[MapNode], selected: str = "", find: str = "") -> Page:
    page = Page(
        "Map of Ranges",
        "Each colour is one range of shared licenses; a thick frame marks its sharing source.",
    )
    search = QLineEdit()
    search.setPlaceholderText("Find a server")
    search.setAccessibleName("Find a server")
    search.setFixedWidth(200)
    page.add_to_header(search)
    page.add_button("Fit", lambda: None)
    page.add_button("Save Picture…", lambda: None)
    page.add_button("License Holding Option…", lambda: None, main=True)
    view = MapView()
    view.set_nodes(nodes)
    if selected:
        view.select(selected)
    if find:
        view.find_text(find)
    page.body.addWidget(view)
    return page


def ranges_map() -> Page:
    return _map_page(MAP, selected="c")


def large_site(servers: int = 10_000) -> list[MapNode]:
    """A primary, 8 relays that hold, 12 relays under each, and managed servers under all of these."""
    nodes = [replace(_node("a", "", 0, "Primary", (5_000, 4_100)), range_label="Range 0")]
    for holder in range(8):
        name = f"h{holder}"
        held = replace(_node(name, "a", 0, "Distribution", (1_000, 990 + 5 * holder)), range_index=holder + 1)
        nodes.append(replace(held, range_label=f"Range {holder + 1}"))
        for relay in range(12):
            below = _node(f"{name}r{relay}", name, 0)
            nodes.append(replace(below, range_index=holder + 1, range_label=f"Range {holder + 1}"))
    relays = nodes[1:]
    while len(nodes) < servers:
        parent = relays[len(nodes) % len(relays)]
        made = _node(f"m{len(nodes)}", parent.id, 0)
        nodes.append(replace(made, range_index=parent.range_index, range_label=parent.range_label))
    return nodes


def large_map() -> Page:
    return _map_page(large_site(), find="m777")


def middle_map() -> Page:
    return _map_page(large_site(160), selected="h3")


PAGES: dict[str, tuple[str, Callable[[], QWidget]]] = {
    "license-details": ("license-details", license_details),
    "distribution": ("license-distribution", distribution),
    "map": ("map", ranges_map),
    "map-160": ("map", middle_map),
    "map-10000": ("map", large_map),
    "servers": ("servers", servers),
    "dialogs": ("license-distribution", dialog_page),
    "empty": ("discovered", empty_table),
}


def window(view: str, page: QWidget) -> QMainWindow:
    shown = QMainWindow()
    for title in ("&File", "&License", "&Server", "&Node", "&View", "&Help"):
        shown.menuBar().addMenu(title)
    sidebar = Sidebar(settings_groups())
    sidebar.set_current(view)
    sidebar.set_badge("discovered", 8)
    sidebar.set_badge("events", 2)
    status = StatusBar()
    status.set_place(["Site Example Corp", "local server a.example.com (primary)"])
    status.set_distribution(["2 of 4 servers current", "License.xml version 31", "last distribution 09:14"])
    middle = QWidget()
    outer = QVBoxLayout(middle)
    outer.setContentsMargins(0, 0, 0, 0)
    outer.setSpacing(0)
    row = QHBoxLayout()
    row.setSpacing(0)
    row.addWidget(sidebar)
    row.addWidget(page, 1)
    outer.addLayout(row, 1)
    outer.addWidget(status)
    shown.setCentralWidget(middle)
    shown.resize(1280, 800)
    return shown


def draw(app: QApplication, theme: Theme, folder: Path, only: str = "") -> list[Path]:
    """One picture a page and palette; the paths of what was written."""
    written = []
    for appearance in (Appearance.LIGHT, Appearance.DARK):
        theme.set_appearance(appearance)
        icons.refresh()
        for name, (view, make) in PAGES.items():
            if only and only not in name:
                continue
            shown = window(view, make())
            shown.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            shown.show()
            app.processEvents()
            path = folder / f"{name}-{appearance.value}.png"
            shown.grab().save(str(path))
            written.append(path)
            shown.close()
    return written


def main() -> None:
    app = QApplication(sys.argv[:1])
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    draw(app, Theme(app), folder, sys.argv[2] if len(sys.argv) > 2 else "")


if __name__ == "__main__":
    main()
