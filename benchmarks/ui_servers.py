"""Servers and License Distribution with 10,000 servers: how long each thing one does there blocks the window.

    QT_QPA_PLATFORM=offscreen python -m benchmarks.ui_servers [ROUNDS]

Opening, sorting by each column, searching, filtering, opening and closing all, choosing one, a report that
arrives, an allocation that changes. Reach (issue of the desk): nothing over 100 ms.
"""

from __future__ import annotations

import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from benchmarks.common import without_a_screen
from benchmarks.desk import Desk
from benchmarks.large_site import allocate_another, copy_of_site, report_another
from licensedesk.ui.item_models.rows import ColumnsModel
from licensedesk.ui.pages.license_distribution import LicenseDistributionView
from licensedesk.ui.pages.servers import ServersView


def opened(desk: Desk, key: str) -> ServersView | LicenseDistributionView:
    window = desk.desktop.window
    desk.step(f"{key}: first time", lambda: window.show_view(key))
    desk.step(f"{key}: to another view", lambda: window.show_view("events"))
    desk.step(f"{key}: again", lambda: window.show_view(key))
    view = window.view
    assert isinstance(view, (ServersView, LicenseDistributionView))
    return view


def use(desk: Desk, view: ServersView | LicenseDistributionView, key: str, rounds: int) -> None:
    for _ in range(rounds):
        model: ColumnsModel[Any] = view.model
        for place, column in enumerate(model.columns):
            if column.sortable:
                desk.step(f"{key}: sort by {column.key}", partial(model.sort, place))
                back = Qt.SortOrder.DescendingOrder
                desk.step(f"{key}: sort by {column.key}, descending", partial(model.sort, place, back))
        search(desk, view, key)
        filtered = partial(view.filters.choose, {"state": ["current"]})
        desk.step(f"{key}: filter by state", filtered)
        desk.step(f"{key}: no filter", view.filters.clear)
    session = desk.desktop.session
    for number in range(rounds):
        desk.step_changed(f"{key}: a report", partial(report_another, session.site, number))
        desk.step_changed(f"{key}: an allocation", partial(allocate_another, session.site, number))


def search(desk: Desk, view: ServersView | LicenseDistributionView, key: str) -> None:
    desk.step(f"{key}: search, most found", partial(QTest.keyClicks, view.search, "h"))
    desk.step(f"{key}: search, all letters", partial(QTest.keyClicks, view.search, "ost-04"))
    desk.step(f"{key}: search cleared", partial(QTest.keyClick, view.search, Qt.Key.Key_Escape))


def servers(desk: Desk, rounds: int) -> None:
    view = opened(desk, "servers")
    assert isinstance(view, ServersView)
    use(desk, view, "servers", rounds)
    tree = view.tree
    for _ in range(rounds):
        desk.step("servers: open all", view.offers["open-all"].trigger)
        desk.step("servers: all open, sort", partial(view.model.sort, 3))
        desk.step("servers: all open, to the end", partial(QTest.keyClick, tree, Qt.Key.Key_End))
        desk.step("servers: all open, next", partial(QTest.keyClick, tree, Qt.Key.Key_Up))
        search(desk, view, "servers: all open")
        number = rounds + _
        desk.step_changed(
            "servers: all open, a report", partial(report_another, desk.desktop.session.site, number)
        )
        desk.step("servers: all open, select all", tree.selectAll)
        desk.step("servers: close all", view.offers["close-all"].trigger)
    for row in list(view.model.loaded_rows())[7::1200]:
        desk.step("servers: chosen elsewhere", partial(desk.desktop.session.choose_server, row[1].fact.id))


def ledger(desk: Desk, rounds: int) -> None:
    view = opened(desk, "license-distribution")
    assert isinstance(view, LicenseDistributionView)
    use(desk, view, "ledger", rounds)
    desk.step("ledger: to the end", partial(QTest.keyClick, view.table, Qt.Key.Key_End))
    desk.step("ledger: next", partial(QTest.keyClick, view.table, Qt.Key.Key_Up))
    desk.step("ledger: select all", view.table.selectAll)


def main(rounds: int = 3) -> int:
    without_a_screen()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        desk = Desk(copy_of_site(folder), folder)
        servers(desk, rounds)
        ledger(desk, rounds)
        found = desk.figures()
        desk.close()
    for figure in found:
        print(figure)
    return int(any(figure.reached is False for figure in found))


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:2])))
