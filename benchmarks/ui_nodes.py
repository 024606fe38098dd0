"""The view of nodes on a site with 10,000 servers and 1,000,000 nodes, as a person meets it.

    QT_QPA_PLATFORM=offscreen python benchmarks/ui_nodes.py [ROUNDS]

From the key or click to painted rows, with the longest time for which the window's thread was blocked in each
step. Reach (5-quality.md): sort by any offered column <= 100 ms; no block over 100 ms. What it takes beside
Debian's sqlitebrowser is measured by benchmarks/sqlitebrowser.py.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtTest import QTest

from benchmarks.common import Figure, without_a_screen
from benchmarks.desk import Desk
from benchmarks.large_site import large_site
from licensedesk.ui.pages.nodes import NodesView

SORT = 0.1
WORDS = ("abcd", "qzjx", "exam", "noth", "zzyx")
"""Four letters each: few, some, all, and none of the host names hold them."""


class Painted(QObject):
    """When rows were first painted, with none of those on the screen missing, after something was awaited."""

    def __init__(self, view: NodesView) -> None:
        super().__init__()
        self._view = view
        self._holds: Callable[[], bool] | None = None
        self.at = 0.0
        self.restarts = 0
        view.table.viewport().installEventFilter(self)
        view.model.restarted.connect(self._count_restart)

    def expect(self, holds: Callable[[], bool]) -> None:
        self._holds, self.at = holds, 0.0

    def rows(self) -> tuple[int, int]:
        """The first and last row on the screen."""
        table = self._view.table
        bottom = table.rowAt(table.viewport().height() - 1)
        return max(0, table.rowAt(0)), bottom if bottom >= 0 else self._view.model.rowCount() - 1

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - the name is Qt's
        if event.type() == QEvent.Type.Paint and self._holds is not None:
            # The table paints after this filter has been asked.
            QTimer.singleShot(0, self, self._look)
        return False

    def _count_restart(self) -> None:
        self.restarts += 1

    def _look(self) -> None:
        model = self._view.model
        if self._holds is None or not model.loaded or not self._holds():
            return
        first, last = self.rows()
        if all(model.row_at(row) is not None for row in range(first, last + 1)):
            self.at, self._holds = time.perf_counter(), None


class Bench:
    """The steps, with how long each took."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.times: dict[str, list[float]] = {}

    def step(self, name: str, act: Callable[[], object], painted: Painted, holds: Callable[[], bool]) -> None:
        """Do it, and note how long it took until rows of which this holds were painted."""
        began = 0.0

        def timed() -> None:
            nonlocal began
            painted.expect(holds)
            began = time.perf_counter()
            act()

        self.desk.step(name, timed, until=lambda: painted.at)
        self.times.setdefault(name, []).append(painted.at - began)


def open_view(bench: Bench, key: str) -> tuple[NodesView, Painted]:
    """The first time: its widgets are made, too."""
    window = bench.desk.desktop.window
    made: list[Painted] = []
    began = 0.0

    def act() -> None:
        nonlocal began
        began = time.perf_counter()
        window.show_view(key)
        assert isinstance(window.view, NodesView)
        made.append(Painted(window.view))
        made[0].expect(lambda: True)

    bench.desk.step(f"open ({key})", act, until=lambda: made[0].at)
    bench.times[f"open ({key})"] = [made[0].at - began]
    view = window.view
    assert isinstance(view, NodesView)
    return view, made[0]


def jump(bench: Bench, view: NodesView, painted: Painted, rounds: int) -> None:
    total = view.model.total or 0
    press = partial(QTest.keyClick, view.table)
    for _ in range(rounds):
        bench.step("End", partial(press, Qt.Key.Key_End), painted, lambda: painted.rows()[1] == total - 1)
        bench.step("Home", partial(press, Qt.Key.Key_Home), painted, lambda: painted.rows()[0] == 0)


def search(bench: Bench, view: NodesView, painted: Painted, rounds: int) -> None:
    field = view.filters.text
    for word in WORDS[:rounds]:
        QTest.keyClicks(field, word[:3])
        bench.desk.rest()
        before = painted.restarts
        press = partial(QTest.keyClicks, field, word[3])
        bench.step(f"filter by {word}", press, painted, partial(restarted, painted, before))
        QTest.keyClick(field, Qt.Key.Key_Escape)
        bench.desk.rest()


def restarted(painted: Painted, before: int) -> bool:
    return painted.restarts > before


def sort(bench: Bench, view: NodesView, painted: Painted) -> None:
    for at, column in enumerate(view.model.columns):
        if not column.sortable:
            continue
        for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
            way = "descending" if order == Qt.SortOrder.DescendingOrder else "ascending"
            act = partial(view.model.sort, at, order)
            before = painted.restarts
            bench.step(f"sort by {column.key} {way}", act, painted, partial(restarted, painted, before))


def figures(bench: Bench) -> list[Figure]:
    found = [
        Figure(name, statistics.median(times), most_seconds=SORT if name.startswith("sort") else None)
        for name, times in bench.times.items()
    ]
    return [*found, *bench.desk.figures()]


def main(rounds: int = 5) -> int:
    without_a_screen()
    folder = large_site()
    with tempfile.TemporaryDirectory() as temporary:
        bench = Bench(Desk(folder, Path(temporary)))
        view, painted = open_view(bench, "managed")
        open_view(bench, "discovered")
        bench.desk.desktop.window.show_view("managed")
        jump(bench, view, painted, rounds)
        search(bench, view, painted, rounds)
        sort(bench, view, painted)
        found = figures(bench)
        bench.desk.close()
    for figure in found:
        print(figure)
    return int(any(figure.reached is False for figure in found))


if __name__ == "__main__":
    sys.exit(main(*(int(number) for number in sys.argv[1:2])))
