"""License Details and every other view on a site with 10,000 servers, 20 products and 1,000,000 nodes.

    QT_QPA_PLATFORM=offscreen python -m benchmarks.ui_details [ROUNDS]

Every view, opened for the first time and again, with the longest time in which the window was blocked;
License Details, from the click to painted rows; then the memory of the process. Reach (5-quality.md): License
Details filled <= 100 ms after the click with the window's thread <= 16 ms; no block over 100 ms anywhere;
<= 300 MB. The reference is the plain Python pass over the parents of benchmarks/ranges.py, a product.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psutil
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget

from benchmarks.common import Figure, seconds, without_a_screen
from benchmarks.desk import Desk
from benchmarks.large_site import PRODUCTS, large_site
from benchmarks.ranges import plain_pass
from licensedesk.core.site import open_site
from licensedesk.core.store.facts import read_tree
from licensedesk.ui.main_window import VIEWS
from licensedesk.ui.pages.license_details import LicenseDetailsView

FILLED, THREAD, MEGABYTES = 0.1, 0.016, 300


class Painted(QObject):
    """When a widget was last painted."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__()
        self.at = 0.0
        widget.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - the name is Qt's
        if event.type() == QEvent.Type.Paint:
            self.at = time.perf_counter()
        return False


def timed(
    desk: Desk, act: Callable[[], object], painted: Painted, filled: Callable[[], object]
) -> tuple[float, float]:
    """Seconds from the act to the paint with what it asked for, and the longest block in them."""
    desk.rest()
    desk.watchdog.take()
    began = time.perf_counter()
    act()
    desk.until(filled)
    shown = time.perf_counter()
    painted.at = 0.0
    desk.until(lambda: painted.at or time.perf_counter() - shown > 1)
    return (painted.at or shown) - began, desk.watchdog.take()


def details(desk: Desk, rounds: int) -> list[Figure]:
    window = desk.desktop.window
    window.show_view("license-details")
    view = window.view
    assert isinstance(view, LicenseDetailsView)
    painted = Painted(view.table.viewport())
    opened, changed, blocks = [], [], []
    for number in range(rounds):
        window.show_view("events")
        desk.rest()
        view.model.set_rows([])
        view.refresh()
        taken, block = timed(
            desk, lambda: window.show_view("license-details"), painted, lambda: view.model.rowCount() > 0
        )
        opened.append(taken)
        blocks.append(block)
        product = PRODUCTS[(number + 1) % len(PRODUCTS)]
        before = view.model.rows

        def choose(product: str = product) -> None:
            view.product.setCurrentText(product)
            view.product.activated.emit(view.product.currentIndex())

        taken, block = timed(desk, choose, painted, lambda before=before: view.model.rows is not before)  # type: ignore[misc]
        changed.append(taken)
        blocks.append(block)
    return [
        Figure(
            "License Details, from the click to painted rows", statistics.median(opened), most_seconds=FILLED
        ),
        Figure("another product, to painted rows", statistics.median(changed), most_seconds=FILLED),
        Figure("the window's thread in these, longest", max(blocks), most_seconds=THREAD),
        Figure("the window's thread in these, median", statistics.median(blocks), most_seconds=THREAD),
    ]


def views(desk: Desk) -> None:
    for how in ("first time", "again"):
        for key in VIEWS:
            desk.step(f"{key}, {how}", partial(desk.desktop.window.show_view, key))


def reference(folder: Path) -> float:
    site = open_site(folder)
    tree = read_tree(site.store)
    site.close()
    return statistics.median(seconds(lambda: plain_pass(tree.parents, tree.holders)) for _ in range(9))


def main(rounds: int = 7) -> int:
    without_a_screen()
    folder = large_site()
    with tempfile.TemporaryDirectory() as temporary:
        desk = Desk(folder, Path(temporary))
        views(desk)
        found = [*desk.figures(), *details(desk, rounds)]
        found.append(Figure("plain pass over the parents, a product", reference(folder)))
        megabytes = psutil.Process().memory_info().rss / 1e6
        desk.close()
    for figure in found:
        print(figure)
    reached = megabytes <= MEGABYTES
    said = "yes" if reached else "NO"
    print(f"{'memory of the console':58} {megabytes:8.0f} MB  reach <= {MEGABYTES} MB  {said}")
    return int(not reached or any(figure.reached is False for figure in found))


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:2])))
