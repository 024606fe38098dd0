from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

from licensedesk.core.removal import remove_server
from licensedesk.core.servers import rename_server
from licensedesk.core.store.facts import read_tree
from licensedesk.core.types import Actor, ServerId
from licensedesk.ui.dialogs.rename_server import RenameServerDialog, open_rename_server
from licensedesk.ui.session import EVERYTHING
from tests.ui.desk import Desk

OTHER = Actor(name="other")


def opened(desk: Desk, name: str) -> RenameServerDialog:
    desk.session.choose_server(desk.id(name))
    open_rename_server(desk.session, desk.show(QWidget()))
    dialog = desk.dialog(RenameServerDialog)
    desk.until(lambda: dialog.holdings is not None)
    return dialog


@pytest.fixture
def dialog(desk: Desk) -> RenameServerDialog:
    return opened(desk, "d")


def name_of(desk: Desk, server: ServerId) -> str:
    return read_tree(desk.site.store).get(server).host_name


def rename(desk: Desk, server: ServerId, name: str) -> None:
    """By another console."""
    rename_server(desk.site.store, server=server, host_name=name, by=OTHER, at=desk.session.now())


def test_renaming_from_the_keyboard_alone(dialog: RenameServerDialog, desk: Desk) -> None:
    server = desk.id("d")
    dialog.activateWindow()
    desk.until(lambda: QApplication.focusWidget() is dialog.host_name)
    assert dialog.host_name.selectedText() == "d.example.com"
    assert not dialog.main_button.isEnabled()
    desk.write(dialog.host_name, "delta.example.com")
    desk.press(dialog.host_name, Qt.Key.Key_Return)
    desk.until(lambda: desk.said == ["The server is now called delta.example.com."])
    assert name_of(desk, server) == "delta.example.com"
    desk.until(lambda: desk.closed(dialog))


def test_the_primary_can_be_renamed(desk: Desk) -> None:
    dialog, primary = opened(desk, "a"), desk.id("a")
    dialog.host_name.clear()
    desk.write(dialog.host_name, "hq.example.com")
    desk.click(dialog.main_button)
    desk.until(lambda: name_of(desk, primary) == "hq.example.com")


def test_a_taken_name_is_refused_while_it_is_typed(dialog: RenameServerDialog, desk: Desk) -> None:
    desk.write(dialog.host_name, "c.example.com")
    assert "c.example.com is taken" in dialog.notice.text
    assert "c.example.com is taken" in dialog.main_button.toolTip()
    desk.press(dialog.host_name, Qt.Key.Key_Return)
    assert dialog.isVisible()
    assert desk.id("d")


def test_the_same_name_changes_nothing(dialog: RenameServerDialog, desk: Desk) -> None:
    desk.write(dialog.host_name, "D.EXAMPLE.COM")
    assert not dialog.valid
    assert not dialog.notice.text


def test_another_consoles_name_is_shown_beside_what_was_typed(dialog: RenameServerDialog, desk: Desk) -> None:
    server = desk.id("d")
    desk.write(dialog.host_name, "mine.example.com")
    rename(desk, server, "theirs.example.com")
    desk.session.changed.emit(EVERYTHING)
    desk.until(lambda: "from d.example.com to theirs.example.com" in dialog.notice.text)
    assert dialog.host_name.text() == "mine.example.com"
    assert name_of(desk, server) == "theirs.example.com"
    desk.click(dialog.main_button)
    desk.until(lambda: name_of(desk, server) == "mine.example.com")


def test_a_name_given_before_this_window_heard_of_it_is_not_overwritten(
    dialog: RenameServerDialog, desk: Desk
) -> None:
    server = desk.id("d")
    desk.write(dialog.host_name, "mine.example.com")
    rename(desk, server, "theirs.example.com")
    desk.click(dialog.main_button)
    desk.until(lambda: "d.example.com was renamed to theirs.example.com meanwhile" in dialog.notice.text)
    assert name_of(desk, server) == "theirs.example.com"
    assert dialog.isVisible()
    assert dialog.host_name.text() == "mine.example.com"


def test_a_server_removed_meanwhile_is_named(dialog: RenameServerDialog, desk: Desk) -> None:
    desk.write(dialog.host_name, "mine.example.com")
    remove_server(
        desk.site.store,
        server=desk.id("d"),
        children_to=desk.id("b"),
        nodes_to=desk.id("b"),
        by=OTHER,
        at=desk.session.now(),
        confirmed=True,
    )
    desk.session.changed.emit(EVERYTHING)
    desk.until(lambda: "d.example.com is no longer there" in dialog.notice.text)
    assert not dialog.main_button.isEnabled()
