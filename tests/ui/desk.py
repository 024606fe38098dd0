"""A session on a real site without the program around it: what views and dialogs are tested on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
import shiboken6
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QMainWindow, QWidget
from pytestqt.qtbot import QtBot

from licensedesk.core.errors import LicenseDeskError
from licensedesk.core.ranges import RangeRow, range_rows
from licensedesk.core.site import Site, open_site
from licensedesk.core.store.facts import read_holdings
from licensedesk.core.types import ServerId
from licensedesk.ui.session import Session
from licensedesk.ui.task_runner import Lane, LaneHooks, TaskRunner

WidgetT = TypeVar("WidgetT", bound=QWidget)
WAIT_MS = 10_000


class Desk:
    """The session, another console's look at the same site, and what went wrong.

    `refused` collects what no dialog was there to show; a fault (a bug) fails the test at its end.
    """

    def __init__(self, qtbot: QtBot, folder: Path, host_name: str | None) -> None:
        self.qtbot = qtbot
        self.faults: list[Any] = []
        self.refused: list[LicenseDeskError] = []
        self.said: list[str] = []
        self.wanted: list[tuple[str, object]] = []
        self._shown: list[QWidget] = []
        settings = QSettings(str(folder / "desk.ini"), QSettings.Format.IniFormat)
        hooks = LaneHooks(end=self._close_connection)
        self.runner = TaskRunner(
            refused=self.refused.append, fault=self._note_fault, hooks={Lane.READ: hooks, Lane.WRITE: hooks}
        )
        self.session = Session(folder / "site", host_name=host_name, runner=self.runner, settings=settings)
        self.session.refused.connect(self.refused.append)
        self.session.said.connect(self.said.append)
        self.session.view_wanted.connect(lambda key, wanted: self.wanted.append((key, wanted)))
        self.site: Site = open_site(folder / "site")

    @classmethod
    def opened(cls, qtbot: QtBot, folder: Path, *, host_name: str | None = None) -> Iterator[Desk]:
        """For a fixture: open, and closed after the test."""
        desk = cls(qtbot, folder, host_name)
        with qtbot.waitSignal(desk.session.opened, timeout=WAIT_MS):
            desk.session.open(failed=desk.refused.append)
        yield desk
        stray = desk.stray_windows()
        for widget in QApplication.topLevelWidgets():
            if isinstance(widget, QDialog):
                widget.done(0)
        desk.session.close()
        desk.runner.close()
        desk.site.close()
        if desk.faults:
            pytest.fail(f"a task ended with a bug: {desk.faults}")
        if stray:
            pytest.fail(f"shown as windows of their own: {stray}")

    def _note_fault(self, *what: Any) -> None:
        self.faults.append(what)

    def _close_connection(self) -> None:
        if self.session.is_open:
            self.session.site.close()

    def stray_windows(self) -> list[str]:
        """What is neither a dialog nor shown by the test: a widget that nothing holds becomes a window."""
        brief = (Qt.WindowType.Popup, Qt.WindowType.ToolTip)
        return [
            type(one).__name__
            for one in QApplication.topLevelWidgets()
            if one.isVisible()
            and not isinstance(one, QDialog | QMainWindow)
            and one not in self._shown
            and one.windowType() not in brief
        ]

    def show(self, widget: WidgetT) -> WidgetT:
        """Shown at the size of the window; closed with the test."""
        # Held here: a dialog's parent that nothing refers to is gone, and the dialog with it.
        self._shown.append(widget)
        self.qtbot.addWidget(widget)
        widget.resize(1040, 720)
        widget.show()
        return widget

    def until(self, holds: Callable[[], object]) -> None:
        """Wait for the reader's or the writer's answer."""
        self.qtbot.waitUntil(lambda: bool(holds()), timeout=WAIT_MS)

    def dialog(self, kind: type[WidgetT]) -> WidgetT:
        """The open dialog of that class."""

        def found() -> list[WidgetT]:
            return [
                one for one in QApplication.topLevelWidgets() if isinstance(one, kind) and one.isVisible()
            ]

        self.until(found)
        return found()[0]

    @staticmethod
    def closed(dialog: QDialog) -> bool:
        """A dialog deletes itself when it is closed."""
        return not shiboken6.isValid(dialog) or not dialog.isVisible()

    def press(self, widget: QWidget, *keys: Qt.Key) -> None:
        for key in keys:
            QTest.keyClick(widget, key)

    def click(self, widget: QWidget) -> None:
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton)

    def write(self, widget: QWidget, text: str) -> None:
        QTest.keyClicks(widget, text)

    # -- what stands in the database ----------------------------------------------------------------
    def id(self, name: str) -> ServerId:
        """By the first part of the host name."""
        return read_holdings(self.site.store).tree.named(f"{name}.example.com").id

    def row(self, name: str, product: str = "Desktop Manager") -> RangeRow:
        """The range of a holder as it is today."""
        (row,) = range_rows(
            read_holdings(self.site.store), on=self.session.today(), product=product, source=self.id(name)
        )
        return row
