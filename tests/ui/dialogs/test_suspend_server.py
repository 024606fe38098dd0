from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

from licensedesk.core.removal import remove_server
from licensedesk.core.servers import is_suspended, rename_server, suspend_server
from licensedesk.core.types import Actor
from licensedesk.ui.dialogs.suspend_server import SuspendServerDialog, open_suspend_server
from licensedesk.ui.session import EVERYTHING
from tests.ui.desk import Desk

OTHER = Actor(name="other")


def opened(desk: Desk, name: str) -> SuspendServerDialog:
    desk.session.choose_server(desk.id(name))
    open_suspend_server(desk.session, desk.show(QWidget()))
    dialog = desk.dialog(SuspendServerDialog)
    desk.until(lambda: not desk.runner.busy)
    return dialog


@pytest.fixture
def dialog(desk: Desk) -> SuspendServerDialog:
    return opened(desk, "c")


def suspend(desk: Desk, *, suspended: bool) -> None:
    """By another console."""
    suspend_server(desk.site.store, server=desk.id("c"), suspended=suspended, by=OTHER, at=desk.session.now())


def test_suspending_and_resuming_from_the_keyboard_alone(dialog: SuspendServerDialog, desk: Desk) -> None:
    dialog.activateWindow()
    assert dialog.windowTitle() == "Suspend c.example.com"
    desk.until(lambda: QApplication.focusWidget() is dialog.main_button)
    desk.press(dialog.main_button, Qt.Key.Key_Return)
    desk.until(lambda: desk.said == ["c.example.com is suspended."])
    assert is_suspended(desk.site.store, desk.id("c"))
    again = opened(desk, "c")
    assert again.main_button.text() == "Resume"
    desk.press(again.main_button, Qt.Key.Key_Space)
    desk.until(lambda: desk.said[1:] == ["c.example.com is resumed."])
    assert not is_suspended(desk.site.store, desk.id("c"))


def test_another_console_was_faster(dialog: SuspendServerDialog, desk: Desk) -> None:
    suspend(desk, suspended=True)
    desk.click(dialog.main_button)
    desk.until(lambda: "c.example.com is suspended already" in dialog.notice.text)
    assert dialog.isVisible()


def test_it_follows_what_another_console_did(dialog: SuspendServerDialog, desk: Desk) -> None:
    suspend(desk, suspended=True)
    desk.session.changed.emit(EVERYTHING)
    desk.until(lambda: dialog.main_button.text() == "Resume")
    assert "Another console has suspended it" in dialog.notice.text
    suspend(desk, suspended=False)
    desk.session.changed.emit(EVERYTHING)
    desk.until(lambda: "Another console has resumed it" in dialog.notice.text)
    assert dialog.main_button.text() == "Suspend"


def test_another_name_is_shown_beside_the_one_it_had(dialog: SuspendServerDialog, desk: Desk) -> None:
    rename_server(
        desk.site.store,
        server=desk.id("c"),
        host_name="z.example.com",
        by=OTHER,
        at=desk.session.now(),
    )
    desk.session.changed.emit(EVERYTHING)
    desk.until(lambda: "renamed c.example.com to z.example.com" in dialog.notice.text)
    assert dialog.windowTitle() == "Suspend z.example.com"


def test_the_primary_is_refused(desk: Desk) -> None:
    dialog = opened(desk, "a")
    desk.click(dialog.main_button)
    desk.until(lambda: dialog.notice.text)
    assert not is_suspended(desk.site.store, desk.id("a"))


def test_a_server_removed_meanwhile_is_named(desk: Desk) -> None:
    dialog = opened(desk, "app-1")
    remove_server(
        desk.site.store,
        server=desk.id("app-1"),
        children_to=None,
        nodes_to=None,
        by=OTHER,
        at=desk.session.now(),
    )
    desk.session.changed.emit(EVERYTHING)
    desk.until(lambda: "app-1.example.com is no longer there" in dialog.notice.text)
    assert not dialog.main_button.isEnabled()
