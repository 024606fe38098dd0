"""One run of the program: its first start, a start that needs no passphrase, and a slot that raises."""

from __future__ import annotations

import contextlib
import logging
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest
from PySide6.QtCore import QSettings, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from licensedesk.ui import commands
from licensedesk.ui.application import Desktop, Start
from licensedesk.ui.dialogs.getting_started import GettingStartedDialog
from licensedesk.ui.main_window import VIEWS
from licensedesk.ui.pages.nodes import ManagedNodesView
from licensedesk.ui.widgets.fault_dialog import FaultDialog
from tests.conftest import LogGuard
from tests.ui.desk import WAIT_MS

if TYPE_CHECKING:
    from licensedesk.ui.pages.base import View


@contextlib.contextmanager
def running(qtbot: QtBot, folder: Path, passphrase_file: Path | None = None) -> Iterator[Desktop]:
    """The desktop as `main` makes it, without its event loop."""
    settings = QSettings(str(folder.parent / "desk.ini"), QSettings.Format.IniFormat)
    desktop = Desktop(Start(folder, settings=settings, passphrase_file=passphrase_file))
    qtbot.addWidget(desktop.window)
    desktop.show()
    try:
        yield desktop
    finally:
        desktop.window.close()
        desktop.close()


@pytest.fixture
def folder(tmp_path: Path, sample_folder: Path) -> Path:
    return Path(shutil.copytree(sample_folder, tmp_path / "site"))


def until(qtbot: QtBot, holds: Callable[[], object]) -> None:
    qtbot.waitUntil(lambda: bool(holds()), timeout=WAIT_MS)


def view_of(qtbot: QtBot, desktop: Desktop) -> View:
    until(qtbot, lambda: desktop.window.view is not None and desktop.session.is_open)
    until(qtbot, lambda: not desktop.runner.busy)
    assert desktop.window.view is not None
    return desktop.window.view


def test_the_other_views_are_made_while_nothing_is_asked_for(qtbot: QtBot, folder: Path) -> None:
    with running(qtbot, folder) as desktop:
        shown = view_of(qtbot, desktop)
        assert desktop.window.stack.count() == 1
        until(qtbot, lambda: desktop.window.stack.count() == len(VIEWS))
        assert desktop.window.view is shown
        nodes = desktop.window.stack.widget(list(VIEWS).index("managed"))
        assert isinstance(nodes, ManagedNodesView)
        until(qtbot, lambda: nodes.model.total)
        assert not nodes.isVisible()


def test_a_passphrase_file_opens_the_key_without_asking(qtbot: QtBot, folder: Path) -> None:
    (folder.parent / "p").write_bytes(b"sample\n")
    with running(qtbot, folder, passphrase_file=folder.parent / "p") as desktop:
        until(qtbot, lambda: desktop.session.is_open and desktop.session.signer)
        assert QApplication.activeModalWidget() is None


def test_the_first_start_asks_for_a_site_and_opens_it(qtbot: QtBot, tmp_path: Path) -> None:
    with running(qtbot, tmp_path / "new") as desktop:
        until(qtbot, lambda: isinstance(QApplication.activeModalWidget(), GettingStartedDialog))
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, GettingStartedDialog)
        for field, text in ((dialog.name, "First Corp"), (dialog.passphrase, "one"), (dialog.again, "one")):
            QTest.keyClicks(field, text)
        dialog.primary.setText("hq.example.com")
        dialog.main_button.click()
        until(qtbot, lambda: desktop.session.is_open)
        until(qtbot, lambda: "First Corp" in desktop.window.windowTitle())


def test_a_view_and_a_size_are_found_again(qtbot: QtBot, folder: Path) -> None:
    with running(qtbot, folder) as desktop:
        view_of(qtbot, desktop)
        desktop.window.show_view("audit")
    with running(qtbot, folder) as desktop:
        assert view_of(qtbot, desktop).title == "Audit Log"


def test_a_slot_that_raises_is_shown_and_the_view_read_again(
    qtbot: QtBot, folder: Path, expected_log: LogGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected_log("licensedesk.ui", logging.ERROR, "a fault of LicenseDesk")
    shown: list[str] = []

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, FaultDialog):
            shown.append(dialog.report.toPlainText())
            dialog.accept()

    looks = QTimer(interval=50)
    looks.timeout.connect(look)
    looks.start()
    with running(qtbot, folder) as desktop:
        view = view_of(qtbot, desktop)
        # pytest-qt takes exceptions of slots for itself.
        monkeypatch.setattr(sys, "excepthook", desktop.faults._on_exception)
        read: list[bool] = []
        monkeypatch.setattr(type(view), "reload", lambda _self: read.append(True))
        try:
            raise ZeroDivisionError("in a slot")
        except ZeroDivisionError as error:
            sys.excepthook(type(error), error, error.__traceback__)
        until(qtbot, lambda: shown and read)
        assert "ZeroDivisionError: in a slot" in shown[0]
        assert "LicenseDesk " in shown[0]
        assert desktop.window.isVisible()
    looks.stop()


def test_every_action_that_raises_ends_in_one_dialog_and_a_message(
    qtbot: QtBot, folder: Path, expected_log: LogGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All commands of the menus, broken in one place: the first opens the dialog, the others are counted."""
    expected_log("licensedesk.ui", logging.ERROR, "a fault of LicenseDesk")
    shown: list[str] = []
    looks = QTimer(interval=20)

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, FaultDialog):
            dialog.copy()
            shown.append(QApplication.clipboard().text())
            QTest.keyClick(dialog, Qt.Key.Key_Escape)

    def broken(*_given: object, **_more: object) -> NoReturn:
        raise ZeroDivisionError

    looks.timeout.connect(look)
    with running(qtbot, folder) as desktop:
        view = view_of(qtbot, desktop)
        monkeypatch.setattr(sys, "excepthook", desktop.faults._on_exception)
        monkeypatch.setattr(commands, "import_module", broken)
        read: list[bool] = []
        monkeypatch.setattr(type(view), "reload", lambda _self: read.append(True))
        looks.start()
        enabled = [name for name in commands.COMMANDS if desktop.window.menus.shown(name).isEnabled()]
        for name in enabled:
            desktop.window.menus.shown(name).trigger()
        until(qtbot, lambda: shown and read and desktop.window.notice.text)
        qtbot.wait(100)
        looks.stop()
        assert len(enabled) > 10
        assert len(shown) == 1
        assert "ZeroDivisionError" in shown[0]
        assert desktop.window.notice.text.startswith("A fault that was shown before has come again; count: ")
        desktop.window.notice.buttons[0].click()
        again = QApplication.activeModalWidget()
        assert isinstance(again, FaultDialog)
        again.accept()
