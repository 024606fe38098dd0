"""Clicks and types at random in the whole desktop while faults come and go; run by test_clicker.py.

    python -m tests.ui.clicker SITE EVENTS SEED

Prints one JSON value: what was done, and what was left of it. Its console shows nothing but that.
"""

from __future__ import annotations

import json
import logging
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn
from unittest import mock

import shiboken6
from PySide6.QtCore import QPoint, QSettings, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtPrintSupport import QPrintDialog
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QFileDialog,
    QGraphicsView,
    QLineEdit,
    QMenu,
    QTabBar,
    QWidget,
)

from licensedesk.core.store.facts import read_tree
from licensedesk.ui import commands
from licensedesk.ui.application import Desktop, Start
from licensedesk.ui.main_window import VIEWS
from tests.ui.office import HOLD_DATABASE

KEYS = (
    *(Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Escape),
    *(Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End),
    *(Qt.Key.Key_PageDown, Qt.Key.Key_Delete, Qt.Key.Key_F2, Qt.Key.Key_F5),
)
COMBINED = (Qt.Key.Key_F, Qt.Key.Key_A, Qt.Key.Key_C, Qt.Key.Key_L, Qt.Key.Key_Return, Qt.Key.Key_6)
TEXTS = ("d", "e.example.com", "7", "25", "-1", "wrong", "sample", "2026-11-30", "\u202ex", "x" * 300, "%_'")
CLICKABLE = (
    *(QAbstractButton, QAbstractItemView, QAbstractSpinBox, QComboBox, QGraphicsView, QLineEdit, QTabBar),
)
FAULT_EVERY = 25
"""Events between switching a fault on or off."""
LONGEST_SECONDS = 6.0
"""For one event: past it the window hung."""


class InjectedError(Exception):
    """Raised by an operation that is broken on purpose."""


class Faults:
    """Switched on one at a time, and off again."""

    def __init__(self, site: Path, chance: random.Random) -> None:
        self._site = site
        self._chance = chance
        self._off: Callable[[], object] | None = None
        self.seen: Counter[str] = Counter()

    def switch(self) -> None:
        """Off what is on; else one of them on."""
        if self._off is not None:
            self._off()
            self._off = None
            return
        kind = self._chance.choice(
            (self.lock, self.move_transport, self.break_reading, self.break_acting, self.remove)
        )
        self.seen[kind.__name__] += 1
        self._off = kind()

    def end(self) -> None:
        if self._off is not None:
            self._off()
            self._off = None

    def lock(self) -> Callable[[], object]:
        """Another process holds the database."""
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD_DATABASE, str(self._site / "site.db")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdin is not None
        assert process.stdout is not None

        def release() -> None:
            process.communicate("", timeout=20)

        process.stdout.readline()
        return release

    def move_transport(self) -> Callable[[], object]:
        folder = self._site / "exchange"
        away = folder.with_name("exchange-away")
        if not folder.exists():
            return lambda: None
        folder.rename(away)

        def back() -> None:
            if folder.exists():
                # Made anew meanwhile, by whoever found none.
                shutil.rmtree(folder)
            away.rename(folder)

        return back

    def _broken(self, *names: str) -> Callable[[], object]:
        def broken(*_given: Any, **_more: Any) -> NoReturn:
            raise InjectedError

        patches = [mock.patch(name, broken) for name in names]
        for patch in patches:
            patch.start()

        def mend() -> None:
            for patch in patches:
                patch.stop()

        return mend

    def break_reading(self) -> Callable[[], object]:
        return self._broken(
            "licensedesk.core.nodes.queries.count_nodes", "licensedesk.core.overview.read_overview"
        )

    def break_acting(self) -> Callable[[], object]:
        return self._broken(
            "licensedesk.core.allocations.write_allocations",
            "licensedesk.core.nodes.states.change_nodes",
            "licensedesk.core.servers.add_server",
        )

    def remove(self) -> Callable[[], object]:
        """The command line removes a server meanwhile, or adds one where few are left."""
        from licensedesk.core.site import open_site

        site = open_site(self._site)
        tree = read_tree(site.store)
        site.close()
        primary = tree.primary.host_name
        others = [server.host_name for server in tree.servers if server.host_name != primary]
        if len(others) > 3:
            words = [
                "remove",
                self._chance.choice(others),
                "--yes",
                "--children-to",
                primary,
                "--nodes-to",
                primary,
            ]
        else:
            words = ["add", f"new-{self._chance.randrange(10**6)}", "--under", primary, "--role", "relay"]
        process = subprocess.Popen(
            [sys.executable, "-m", "licensedesk", "--site", str(self._site), "--json", "server", *words],
            stdout=subprocess.DEVNULL,
        )
        return process.wait


class Clicker:
    def __init__(self, site: Path, events: int, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - the same clicks every time
        self._site = site
        self._left = events
        self._files = site / "files"
        self.faults = Faults(site, self._chance)
        self.done: Counter[str] = Counter()
        self._patience = 60
        """Half seconds for what was begun last to come to its end."""
        self.hung: list[str] = []
        settings = QSettings(str(site.parent / "clicker.ini"), QSettings.Format.IniFormat)
        self.desktop = Desktop(Start(site, settings=settings))
        self._begun = False

    def run(self) -> None:
        self.desktop.session.opened.connect(self._begin)
        self.desktop.show()
        QApplication.setQuitOnLastWindowClosed(False)
        self.desktop.app.exec()

    def _begin(self) -> None:
        """Also told when the site is opened again."""
        if not self._begun:
            self._begun = True
            self._step()

    # -- one event -----------------------------------------------------------------------------------
    def _step(self) -> None:
        if self._left <= 0:
            self._end()
            return
        self._left -= 1
        # Before the event: a menu or dialog that it opens may run a loop of its own until it is clicked away.
        QTimer.singleShot(2, self._step)
        if self._left % FAULT_EVERY == 0:
            self.faults.switch()
        act = self._chance.choices(
            (self._click, self._press, self._write, self._show_view, self._start, self._double, self._menu),
            weights=(40, 18, 12, 8, 8, 8, 6),
        )[0]
        self.done[act.__name__.lstrip("_")] += 1
        began = time.monotonic()
        act()
        # Modal dialogs run their own loop inside an event: only what did not wait for anybody is counted.
        taken = time.monotonic() - began
        if taken > LONGEST_SECONDS and QApplication.activeModalWidget() is None:
            self.hung.append(f"{act.__name__} {taken:.1f} s")

    @property
    def _top(self) -> QWidget:
        return QApplication.activePopupWidget() or QApplication.activeModalWidget() or self.desktop.window

    def _target(self) -> QWidget | None:
        top = self._top
        found = [
            one
            for one in top.findChildren(QWidget)
            if isinstance(one, CLICKABLE) and one.isVisible() and one.isEnabled() and one.window() is top
        ]
        return self._chance.choice(found) if found else None

    def _click(self) -> None:
        target = self._target()
        if target is None or not shiboken6.isValid(target):
            self._escape()
            return
        shown = target.viewport() if isinstance(target, (QAbstractItemView, QGraphicsView)) else target
        QTest.mouseClick(shown, Qt.MouseButton.LeftButton, pos=self._somewhere(shown))

    def _double(self) -> None:
        target = self._target()
        if isinstance(target, QAbstractItemView):
            QTest.mouseDClick(
                target.viewport(), Qt.MouseButton.LeftButton, pos=self._somewhere(target.viewport())
            )

    def _somewhere(self, widget: QWidget) -> QPoint:
        return QPoint(
            self._chance.randrange(max(1, widget.width())), self._chance.randrange(max(1, widget.height()))
        )

    def _press(self) -> None:
        focus = QApplication.focusWidget() or self._top
        if self._chance.random() < 0.2:
            QTest.keyClick(focus, self._chance.choice(COMBINED), Qt.KeyboardModifier.ControlModifier)
        else:
            QTest.keyClick(focus, self._chance.choice(KEYS))

    def _write(self) -> None:
        target = self._target()
        if isinstance(target, (QLineEdit, QAbstractSpinBox)):
            target.setFocus()
            text = self._chance.choice(TEXTS)
            if text.isascii():
                QTest.keyClicks(target, text)
            elif isinstance(target, QLineEdit):
                # Comes from the clipboard: no key has it.
                target.insert(text)

    def _escape(self) -> None:
        top = self._top
        if isinstance(top, (QDialog, QMenu)) or QApplication.activePopupWidget() is not None:
            QTest.keyClick(top, Qt.Key.Key_Escape)

    def _show_view(self) -> None:
        if QApplication.activeModalWidget() is None:
            self.desktop.window.show_view(self._chance.choice(list(VIEWS)))
        else:
            self._escape()

    def _start(self) -> None:
        session, window = self.desktop.session, self.desktop.window
        name = self._chance.choice([one for one in commands.COMMANDS if one != "deregister-license"])
        if QApplication.activeModalWidget() is None and commands.allowed(name, session):
            commands.start(name, session, window)

    def _menu(self) -> None:
        """An action of the menu bar or of a context menu; all but the one that quits."""
        if QApplication.activeModalWidget() is not None:
            return
        window = self.desktop.window
        actions = [
            one
            for one in window.findChildren(QAction)
            if one.isEnabled() and one.isVisible() and one.menu() is None and "Quit" not in one.text()
        ]
        self._chance.choice(actions).trigger()

    def _waits_for(self) -> list[str]:
        """What has not come to an end."""
        modal = QApplication.activeModalWidget()
        found = [] if modal is None else [f"{type(modal).__name__} {modal.windowTitle()} stays open"]
        return [*found, "work goes on"] if self.desktop.runner.busy else found

    # -- the end -------------------------------------------------------------------------------------
    def _end(self) -> None:
        self.faults.end()
        for _ in range(20):
            top = QApplication.activePopupWidget() or QApplication.activeModalWidget()
            if top is not None:
                top.close()
        QTimer.singleShot(500, self._settled)

    def _settled(self) -> None:
        waits = self._waits_for()
        if waits and self._patience:
            self._patience -= 1
            self._end()
            return
        sys.stdout.write(
            json.dumps(
                {
                    "done": self.done,
                    "faults": self.faults.seen,
                    "hung": self.hung + waits,
                    "alive": self.desktop.window.isVisible(),
                    "title": self.desktop.window.windowTitle(),
                }
            )
        )
        self.desktop.close()
        self.desktop.app.exit(0)


def answers(clicker: Clicker, chance: random.Random) -> list[Any]:
    """What the system's own dialogs are answered with: nothing, a file, one that is gone by now."""
    out = clicker._site.parent / "out"
    out.mkdir(exist_ok=True)

    def some() -> str:
        files = sorted(clicker._files.glob("*"))
        gone = clicker._files / "gone.lic"
        shutil.copy(files[0], gone)
        QTimer.singleShot(chance.randrange(60), lambda: gone.unlink(missing_ok=True))
        return str(chance.choice([*files, gone]))

    def to_open(*_given: Any, **_more: Any) -> tuple[str, str]:
        return (some() if chance.random() < 0.8 else "", "")

    def several(*_given: Any, **_more: Any) -> tuple[list[str], str]:
        return ([some() for _ in range(chance.randrange(4))], "")

    def to_save(*_given: Any, **_more: Any) -> tuple[str, str]:
        names = ("", "a.csv", "b.png", "c.svg", "no-such-folder/x.csv")
        name = chance.choice(names)
        return (str(out / name) if name else "", "")

    return [
        mock.patch.object(QFileDialog, "getOpenFileName", to_open),
        mock.patch.object(QFileDialog, "getOpenFileNames", several),
        mock.patch.object(QFileDialog, "getSaveFileName", to_save),
        mock.patch.object(QPrintDialog, "exec", return_value=0),
    ]


def main() -> None:
    site, events, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    logging.basicConfig(filename=site.parent / "faults.log", level=logging.WARNING)
    clicker = Clicker(site, events, seed)
    for patch in answers(clicker, random.Random(~seed)):  # noqa: S311 - as above
        patch.start()
    clicker.run()


if __name__ == "__main__":
    main()
