"""The map of ranges with 10,000 servers: how long each thing that one does there blocks the window.

    QT_QPA_PLATFORM=offscreen python -m benchmarks.ui_map [ROUNDS]

Opening, zooming, moving, searching, choosing a server, a report that arrives, an allocation that changes,
pictures, paper, dark and light. Reach (issue of the desk): nothing over 100 ms.
"""

from __future__ import annotations

import sys
import tempfile
from functools import partial
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtPrintSupport import QPrinter
from PySide6.QtTest import QTest

from benchmarks.common import without_a_screen
from benchmarks.desk import Desk
from benchmarks.large_site import allocate_another, copy_of_site, report_another
from licensedesk.ui.pages.map_of_ranges import MapOfRangesView
from licensedesk.ui.theme import Appearance

_ZOOMS, _MOVES = 12, 8


def opened(desk: Desk) -> MapOfRangesView:
    window = desk.desktop.window
    desk.step("the map, first time", lambda: window.show_view("map"))
    desk.step("another view", lambda: window.show_view("events"))
    desk.step("the map, again", lambda: window.show_view("map"))
    view = window.view
    assert isinstance(view, MapOfRangesView)
    return view


def look_around(desk: Desk, view: MapOfRangesView) -> None:
    shown = view.map
    for _ in range(_ZOOMS):
        desk.step("zoom in", partial(QTest.keyClick, shown, Qt.Key.Key_Plus))
        desk.step("move", partial(drag, view))
    for _ in range(_ZOOMS):
        desk.step("zoom out", partial(QTest.keyClick, shown, Qt.Key.Key_Minus))
    desk.step("fit", shown.fit)
    desk.step("search, a few found", partial(view.search.setText, "04"))
    desk.step("search, first letter", partial(QTest.keyClicks, view.search, "h"))
    desk.step("search, all found", partial(QTest.keyClicks, view.search, "ost"))
    desk.step("next found", partial(QTest.keyClick, view.search, Qt.Key.Key_Return))
    desk.step("no search", view.search.clear)
    assert shown.drawn is not None
    for name in list(shown.drawn.nodes)[10::1500]:
        desk.step("choose a server", partial(desk.desktop.session.choose_server, name))
        desk.step("walk to the next", partial(QTest.keyClick, shown, Qt.Key.Key_Right))
        desk.step("walk to the parent", partial(QTest.keyClick, shown, Qt.Key.Key_Up))


def drag(view: MapOfRangesView) -> None:
    area = view.map.viewport()
    middle = area.rect().center()
    QTest.mousePress(area, Qt.MouseButton.LeftButton, pos=middle)
    for at in range(_MOVES):
        QTest.mouseMove(area, middle + QPoint(10 * at, 6 * at))
    QTest.mouseRelease(area, Qt.MouseButton.LeftButton, pos=middle + QPoint(80, 48))


def live(desk: Desk, view: MapOfRangesView, rounds: int) -> None:
    """As it comes from the distributor, and from another console."""
    site = desk.desktop.session.site
    for near in (False, True):
        view.map.zoom(20) if near else view.map.fit()
        for number in range(rounds):
            name = f"from {'near by' if near else 'afar'}"
            desk.step_changed(f"a report, {name}", partial(report_another, site, number))
            desk.step_changed(f"an allocation, {name}", partial(allocate_another, site, number))
    view.map.fit()


def pictures(desk: Desk, view: MapOfRangesView, folder: Path) -> None:
    for kind in ("png", "svg"):
        desk.step(f"save as {kind}", partial(view.pictures.save_as, folder / f"map.{kind}"))
        assert (folder / f"map.{kind}").stat().st_size
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(folder / "map.pdf"))
    desk.step("print", partial(view.pictures.print_on, printer))


def colours(desk: Desk, rounds: int) -> None:
    for _ in range(rounds):
        desk.step("dark", partial(desk.desktop.theme.set_appearance, Appearance.DARK))
        desk.step("light", partial(desk.desktop.theme.set_appearance, Appearance.LIGHT))


def main(rounds: int = 3) -> int:
    without_a_screen()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        desk = Desk(copy_of_site(folder), folder)
        view = opened(desk)
        look_around(desk, view)
        live(desk, view, rounds)
        pictures(desk, view, folder)
        colours(desk, rounds)
        found = desk.figures()
        desk.close()
    for figure in found:
        print(figure)
    return int(any(figure.reached is False for figure in found))


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:2])))
