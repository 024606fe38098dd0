"""Drags with the real mouse of an X server; run by test_dragging.py, on a screen of 1280 x 800.

    python -m tests.ui.dragging SITE SETTINGS DROPPED STORY

Prints one JSON value: what was seen. All moves and presses are the X server's own (xdotool).
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, QRect, QSettings
from PySide6.QtWidgets import QApplication, QWidget

from licensedesk.ui import commands
from licensedesk.ui.application import Desktop, Start
from licensedesk.ui.dialogs.move_server import MoveServerDialog
from licensedesk.ui.dialogs.register_license import RegisterLicenseDialog
from licensedesk.ui.pages.map_of_ranges import MapOfRangesView
from licensedesk.ui.pages.servers import ServersView
from tests.story import Player, Story

PATIENCE = 20.0
STEP_MS = 80
STEPS = 6
"""Moves of the pointer on its way: a drag begins, and is felt by what it passes, only by moves."""
FROM_OUTSIDE = """
import sys
from PySide6.QtCore import QMimeData, Qt, QTimer, QUrl
from PySide6.QtGui import QDrag
from PySide6.QtWidgets import QApplication, QLabel

class Files(QLabel):
    def mouseMoveEvent(self, event):
        drag = QDrag(self)
        carried = QMimeData()
        carried.setUrls([QUrl.fromLocalFile(name) for name in sys.argv[1:]])
        drag.setMimeData(carried)
        done = drag.exec(Qt.DropAction.CopyAction)
        print("dropped" if done == Qt.DropAction.CopyAction else "not taken", flush=True)
        # What was dropped is fetched after that.
        QTimer.singleShot(2000, app.quit)

app = QApplication([])
files = Files("files")
files.setWindowFlags(Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowStaysOnTopHint)
files.setGeometry(0, 0, 60, 40)
files.show()
print("shown", flush=True)
app.exec()
"""
"""Another program with files to be dragged, in the upper left corner of the screen."""


def always() -> bool:
    return True


class Mouse:
    """Whose moves a story tells, by the name of one of its methods."""

    def __init__(self, desktop: Desktop, dropped: list[str], story: str) -> None:
        self._desktop = desktop
        self._dropped = dropped
        self.saw: dict[str, Any] = {}
        self._player = Player(
            getattr(self, story)(), self.saw, step_ms=STEP_MS, patience=PATIENCE, ended=self._end
        )

    def _end(self) -> None:
        self._desktop.window.close()
        QApplication.exit(0)

    # -- stories -------------------------------------------------------------------------------------
    def servers(self) -> Story:
        """A server is moved; what cannot be moved, or takes nothing, is left where it is."""
        view = yield from self._show("servers", ServersView)
        yield lambda: view.model.rowCount() == 8
        for dragged, onto in (("a", "c"), ("app-3", "app-1"), ("app-3", "app-3")):
            yield from self._drag(view.table_rect(dragged), view.table_rect(onto))
            yield from self._pause()
            self.saw.setdefault("refused", []).append(self._open(MoveServerDialog) is None)
        yield from self._drag(view.table_rect("app-3"), view.table_rect("c"))
        yield lambda: self._open(MoveServerDialog)
        dialog = self._open(MoveServerDialog)
        assert isinstance(dialog, MoveServerDialog)
        yield lambda: dialog.valid
        self.saw["offered"] = dialog.under.currentText()
        yield from self._click(dialog.main_button)
        yield lambda: self._open(MoveServerDialog) is None
        yield from self._pause()

    def columns(self) -> Story:
        """A column is taken elsewhere, and another is made wider."""
        view = yield from self._show("servers", ServersView)
        yield lambda: view.model.rowCount() == 8
        header = view.tree.horizontalHeader()
        self.saw["before"] = view.shown_columns()
        begin, end = header.sectionViewportPosition(1), header.sectionViewportPosition(3)
        height = header.height() // 2
        yield from self._drag_between(
            header.viewport(), QPoint(begin + 20, height), QPoint(end + header.sectionSize(3) - 8, height)
        )
        self.saw["after"] = view.shown_columns()
        edge = header.sectionViewportPosition(1) + header.sectionSize(1) - 1
        before = header.sectionSize(1)
        yield from self._drag_between(header.viewport(), QPoint(edge, height), QPoint(edge + 40, height))
        self.saw["wider"] = header.sectionSize(1) - before
        # They are written a moment later.
        yield from self._pause(10)

    def columns_again(self) -> Story:
        view = yield from self._show("servers", ServersView)
        yield lambda: view.model.rowCount() == 8
        self.saw["after"] = view.shown_columns()

    def map(self) -> Story:
        """It is drawn along, and comes nearer where the wheel turns; nothing is chosen by that."""
        view = yield from self._show("map", MapOfRangesView)
        yield lambda: view.map.drawn
        drawn = view.map.drawn
        assert drawn is not None
        yield from self._pause()
        shown, scale = view.map.selected, view.map.transform().m11()
        surface, node = view.map.viewport(), next(iter(drawn.areas.values())).center()
        where = view.map.mapFromScene(node)
        for _ in range(4):
            self._xdotool("click", "4", at=surface.mapToGlobal(where))
            yield always
        self.saw["nearer"] = view.map.transform().m11() / scale
        self.saw["under_the_pointer"] = (view.map.mapFromScene(node) - where).manhattanLength()
        empty = QPoint(30, surface.height() - 30)
        before = view.map.mapToScene(empty)
        yield from self._drag_between(surface, empty, empty + QPoint(200, -120))
        moved = view.map.mapFromScene(before) - empty
        self.saw["drawn_along"] = (moved.x(), moved.y())
        self.saw["chosen"] = view.map.selected != shown

    def files(self) -> Story:
        """License key files of another program, let fall on Register License."""
        yield lambda: self._desktop.session.is_open
        session, window = self._desktop.session, self._desktop.window
        commands.start("register-license", session, window)
        yield lambda: self._open(RegisterLicenseDialog)
        dialog = self._open(RegisterLicenseDialog)
        assert isinstance(dialog, RegisterLicenseDialog)
        yield lambda: dialog.server.server
        with subprocess.Popen(
            [sys.executable, "-c", FROM_OUTSIDE, *self._dropped], stdout=subprocess.PIPE, text=True
        ) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == "shown\n"
            yield from self._pause()
            middle = dialog.table.mapToGlobal(dialog.table.rect().center())
            yield from self._drag_on_screen(QPoint(30, 20), middle)
            yield lambda: dialog.model.rows and all(row.result for row in dialog.model.rows)
            self.saw["outside"] = other.stdout.readline().strip()
        self.saw["listed"] = [
            (row.path.name, row.result.error.code if row.result and row.result.error else "ok")
            for row in dialog.model.rows
        ]
        yield from self._click(dialog.main_button)
        yield lambda: dialog.notice.text
        self.saw["said"] = dialog.notice.text
        dialog.reject()

    # -- seeing and doing ----------------------------------------------------------------------------
    def _show(self, key: str, kind: type[Any]) -> Any:
        window = self._desktop.window
        yield lambda: self._desktop.session.is_open
        window.show_view(key)
        yield lambda: window.view is not None and window.view.isVisible()
        assert isinstance(window.view, kind)
        return _Seen(window.view)

    @staticmethod
    def _open(kind: type[QWidget]) -> QWidget | None:
        found = [one for one in QApplication.topLevelWidgets() if isinstance(one, kind) and one.isVisible()]
        return found[0] if found else None

    @staticmethod
    def _pause(steps: int = 4) -> Story:
        for _ in range(steps):
            yield always

    def _click(self, widget: QWidget) -> Story:
        self._xdotool("click", "1", at=widget.mapToGlobal(widget.rect().center()))
        yield always

    def _drag(self, begin: QRect, end: QRect) -> Story:
        """From the middle of one place on the screen to that of another."""
        yield from self._drag_on_screen(begin.center(), end.center())

    def _drag_between(self, widget: QWidget, begin: QPoint, end: QPoint) -> Story:
        yield from self._drag_on_screen(widget.mapToGlobal(begin), widget.mapToGlobal(end))

    def _drag_on_screen(self, begin: QPoint, end: QPoint) -> Story:
        self._xdotool("mousedown", "1", at=begin)
        yield always
        for step in range(1, STEPS + 1):
            self._xdotool(at=begin + (end - begin) * step / STEPS)
            yield always
        self._xdotool("mouseup", "1", at=end)
        yield from self._pause()

    @staticmethod
    def _xdotool(*what: str, at: QPoint) -> None:
        subprocess.run(["xdotool", "mousemove", str(at.x()), str(at.y()), *what], check=True)


class _Seen:
    """A view, and where on the screen what stands in it is."""

    def __init__(self, view: Any) -> None:
        self._view = view

    def __getattr__(self, name: str) -> Any:
        return getattr(self._view, name)

    def table_rect(self, name: str) -> QRect:
        """The row of a server, where its name stands."""
        tree, model = self._view.tree, self._view.model
        place = next(at for at, row in model.loaded_rows() if row.fact.host_name == f"{name}.example.com")
        room = tree.visualRect(model.index(place, 0))
        return QRect(tree.viewport().mapToGlobal(room.topLeft()), room.size())

    def shown_columns(self) -> list[str]:
        header, model = self._view.tree.horizontalHeader(), self._view.model
        order = [header.logicalIndex(at) for at in range(header.count())]
        return [model.columns[at].key for at in order if not header.isSectionHidden(at)]


def main() -> int:
    site, settings, story, *dropped = sys.argv[1:]
    kept = QSettings(settings, QSettings.Format.IniFormat)
    desktop = Desktop(Start(Path(site), settings=kept))
    mouse = Mouse(desktop, dropped, story)
    desktop.window.move(0, 0)
    code = desktop.run()
    sys.stdout.write(json.dumps(mouse.saw) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
