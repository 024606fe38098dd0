from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

from licensedesk.core.removal import remove_server
from licensedesk.core.servers import move_server
from licensedesk.core.store.facts import read_tree
from licensedesk.core.types import Actor
from licensedesk.ui.dialogs.move_server import MoveServerDialog, open_move_server
from licensedesk.ui.session import EVERYTHING
from tests.ui.desk import Desk

if TYPE_CHECKING:
    from licensedesk.core.types import ServerId

OTHER = Actor(name="other")


def opened(desk: Desk, name: str, *, under: str = "") -> MoveServerDialog:
    desk.session.choose_server(desk.id(name))
    open_move_server(desk.session, desk.show(QWidget()), under=desk.id(under) if under else "")
    dialog = desk.dialog(MoveServerDialog)
    desk.until(lambda: dialog.holdings is not None)
    return dialog


def parent_of(desk: Desk, name: str) -> ServerId | None:
    return read_tree(desk.site.store).get(desk.id(name)).parent


def test_moving_from_the_keyboard_alone(desk: Desk) -> None:
    dialog = opened(desk, "e")
    dialog.activateWindow()
    desk.until(lambda: QApplication.focusWidget() is dialog.under)
    assert dialog.place.text() == "a.example.com / c.example.com"
    assert not dialog.main_button.isEnabled()
    assert not dialog.before_after.isVisible()
    line, completer = dialog.under.lineEdit(), dialog.under.completer()
    assert line is not None
    assert completer is not None
    # Any part of the name finds it; Enter takes it, and does not press the button.
    desk.write(line, "a.ex")
    popup = completer.popup()
    assert popup is not None
    desk.press(popup, Qt.Key.Key_Down, Qt.Key.Key_Return)
    assert dialog.under.currentText() == "a.example.com"
    assert dialog.isVisible()
    assert dialog.main_button.isEnabled()
    assert dialog.before_after.isVisible()
    dialog.main_button.setFocus()
    desk.press(dialog.main_button, Qt.Key.Key_Space)
    desk.until(lambda: desk.said == ["e.example.com was moved."])
    assert parent_of(desk, "e") == desk.id("a")


def test_before_and_after_of_the_ranges_and_a_shortage_said(desk: Desk) -> None:
    dialog = opened(desk, "b", under="c")
    changes = {
        (row.host_name, row.product): (row.before and row.before.remaining, row.after and row.after.remaining)
        for row in dialog.before_after.model.rows
    }
    assert changes["a.example.com", "Desktop Manager"] == (16, 48)
    assert changes["c.example.com", "Desktop Manager"] == (2, -30)
    assert "Short of licenses after this: c.example.com" in dialog.notice.text
    assert dialog.main_button.isEnabled()
    desk.click(dialog.main_button)
    desk.until(lambda: parent_of(desk, "b") == desk.id("c"))
    assert desk.row("c").shortage == 30


def test_neither_itself_nor_what_is_below_it_is_offered(desk: Desk) -> None:
    dialog = opened(desk, "b")
    offered = [dialog.under.itemText(at) for at in range(dialog.under.count())]
    assert offered == ["a.example.com", "c.example.com", "e.example.com"]


def test_where_it_stands_already_there_is_nothing_to_do(desk: Desk) -> None:
    dialog = opened(desk, "d", under="b")
    assert not dialog.valid
    assert not dialog.notice.text


def test_the_primary_stays(desk: Desk) -> None:
    dialog = opened(desk, "a")
    assert dialog.under.count() == 0
    assert not dialog.valid


def test_a_move_by_another_console_is_told(desk: Desk) -> None:
    dialog = opened(desk, "e", under="b")
    assert dialog.valid
    move_server(
        desk.site.store,
        server=desk.id("e"),
        under=desk.id("a"),
        by=OTHER,
        at=desk.session.now(),
        confirmed=True,
    )
    desk.session.changed.emit(EVERYTHING)
    desk.until(lambda: "Another console has moved it meanwhile" in dialog.notice.text)
    assert dialog.place.text() == "a.example.com"
    assert dialog.under.currentText() == "b.example.com"
    assert parent_of(desk, "e") == desk.id("a")


@pytest.mark.parametrize("gone", ["e", "b"])
def test_server_or_target_removed_meanwhile(desk: Desk, gone: str) -> None:
    dialog = opened(desk, "e", under="b")
    remove_server(
        desk.site.store,
        server=desk.id(gone),
        children_to=desk.id("a"),
        nodes_to=desk.id("a"),
        by=OTHER,
        at=desk.session.now(),
        confirmed=True,
    )
    desk.session.changed.emit(EVERYTHING)
    words = {"e": "e.example.com is no longer there", "b": "no longer be moved under b.example.com"}
    desk.until(lambda: words[gone] in dialog.notice.text)
    assert not dialog.main_button.isEnabled()


def test_a_refusal_by_the_action_leaves_it_open(desk: Desk) -> None:
    dialog = opened(desk, "e", under="b")
    remove_server(
        desk.site.store,
        server=desk.id("b"),
        children_to=desk.id("a"),
        nodes_to=desk.id("a"),
        by=OTHER,
        at=desk.session.now(),
        confirmed=True,
    )
    desk.click(dialog.main_button)
    desk.until(lambda: dialog.notice.text)
    assert dialog.isVisible()
    assert parent_of(desk, "e") == desk.id("c")


def test_a_managed_server_that_changes_its_range_is_told_so(desk: Desk) -> None:
    dialog = opened(desk, "app-3", under="c")
    desk.until(lambda: dialog.valid)
    assert dialog.new_range.text() == (
        "It leaves the range of d.example.com and shares the licenses of c.example.com."
    )
    assert dialog.new_range.isVisible()
    dialog.under.choose(desk.id("d"))
    assert not dialog.new_range.isVisible()


def test_a_server_that_stays_in_its_range_is_told_nothing_of_it(desk: Desk) -> None:
    dialog = opened(desk, "app-2", under="e")
    desk.until(lambda: dialog.valid)
    assert not dialog.new_range.isVisible()
