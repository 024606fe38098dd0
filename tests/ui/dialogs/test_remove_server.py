from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

from licensedesk.core.removal import remove_server
from licensedesk.core.servers import add_server
from licensedesk.core.store.facts import read_holdings, read_tree
from licensedesk.core.types import Actor, Role
from licensedesk.ui.dialogs.remove_server import RemoveServerDialog, open_remove_server
from licensedesk.ui.session import EVERYTHING
from tests.ui.desk import Desk

OTHER = Actor(name="other")


def opened(desk: Desk, name: str) -> RemoveServerDialog:
    desk.session.choose_server(desk.id(name))
    open_remove_server(desk.session, desk.show(QWidget()))
    dialog = desk.dialog(RemoveServerDialog)
    desk.until(lambda: dialog.holdings is not None and not desk.runner.busy)
    return dialog


def names(desk: Desk) -> set[str]:
    return {server.host_name.partition(".")[0] for server in read_tree(desk.site.store).servers}


def test_a_managed_server_with_nothing_below_it_asks_nothing(desk: Desk) -> None:
    dialog = opened(desk, "app-1")
    assert dialog.main_button.text() == "Remove app-1.example.com"
    assert not dialog.children_to.isVisible()
    assert not dialog.nodes_to.isVisible()
    desk.click(dialog.main_button)
    desk.until(lambda: desk.said == ["app-1.example.com was removed."])
    assert "app-1" not in names(desk)
    assert desk.session.server == desk.id("a")


def test_children_and_nodes_get_a_new_place_in_the_same_step(desk: Desk) -> None:
    dialog = opened(desk, "d")
    assert "Servers below it: 1. Nodes that it found: 17." in dialog.what.text()
    assert dialog.children_to.currentText() == dialog.nodes_to.currentText() == "b.example.com"
    after = {(one.host_name, one.product): one.after for one in dialog.before_after.model.rows}
    standing = after["a.example.com", "Desktop Manager"]
    assert standing is not None
    assert (standing.held, standing.used) == (110, 96)
    assert after["d.example.com", "Desktop Manager"] is None
    desk.click(dialog.main_button)
    desk.until(lambda: "d" not in names(desk))
    tree = read_tree(desk.site.store)
    assert tree.named("app-3.example.com").parent == desk.id("b")
    assert (desk.row("a").held, desk.row("a").used) == (110, 96)


def test_nothing_is_judged_before_its_nodes_are_counted(desk: Desk) -> None:
    """The facts come first; without the nodes of d a removal cannot be told, and none is offered."""
    desk.session.choose_server(desk.id("d"))
    open_remove_server(desk.session, desk.show(QWidget()))
    dialog = desk.dialog(RemoveServerDialog)
    dialog._take(read_holdings(desk.site.store))
    assert not dialog.main_button.isEnabled()
    desk.until(dialog.main_button.isEnabled)
    assert "Nodes that it found: 17." in dialog.what.text()


def test_nodes_that_are_deleted_while_they_are_counted(desk: Desk) -> None:
    dialog = opened(desk, "d")
    dialog._show_nodes(0)
    assert dialog.main_button.isEnabled()
    assert not dialog.nodes_to.isVisible()


def test_enter_is_cancel_and_the_focus_begins_there(desk: Desk) -> None:
    dialog = opened(desk, "app-1")
    dialog.activateWindow()
    desk.until(lambda: QApplication.focusWidget() is dialog.cancel_button)
    assert not dialog.main_button.isDefault()
    desk.press(dialog.cancel_button, Qt.Key.Key_Return)
    assert "app-1" in names(desk)


def test_removing_from_the_keyboard_alone(desk: Desk) -> None:
    dialog = opened(desk, "app-1")
    dialog.activateWindow()
    desk.press(dialog.cancel_button, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is dialog.main_button
    desk.press(dialog.main_button, Qt.Key.Key_Space)
    desk.until(lambda: "app-1" not in names(desk))


def test_without_a_place_for_the_nodes_it_is_refused(desk: Desk) -> None:
    dialog = opened(desk, "d")
    line = dialog.nodes_to.lineEdit()
    assert line is not None
    line.selectAll()
    desk.press(line, Qt.Key.Key_Delete)
    assert "17 nodes" in dialog.notice.text
    assert not dialog.main_button.isEnabled()
    assert "17 nodes" in dialog.main_button.toolTip()


def test_the_primary_cannot_be_removed(desk: Desk) -> None:
    dialog = opened(desk, "a")
    assert "a.example.com" in dialog.notice.text
    assert not dialog.main_button.isEnabled()


def test_a_shortage_after_it_is_said(desk: Desk) -> None:
    dialog = opened(desk, "b")
    line = dialog.nodes_to.lineEdit()
    assert line is not None
    line.selectAll()
    desk.write(line, "c.example.com")
    desk.until(lambda: "Short of licenses after this: c.example.com" in dialog.notice.text)
    assert dialog.main_button.isEnabled()


def test_removed_by_another_console_meanwhile(desk: Desk) -> None:
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


def test_a_child_that_came_meanwhile_is_asked_about(desk: Desk) -> None:
    dialog = opened(desk, "e")
    assert not dialog.children_to.isVisible()
    add_server(
        desk.site.store,
        host_name="new.example.com",
        under=desk.id("e"),
        role=Role.MANAGED,
        by=OTHER,
        at=desk.session.now(),
    )
    desk.click(dialog.main_button)
    desk.until(lambda: dialog.notice.text)
    assert "e" in names(desk)
    desk.session.changed.emit(EVERYTHING)
    desk.until(dialog.children_to.isVisible)
    desk.until(lambda: not desk.runner.busy)
    desk.click(dialog.main_button)
    desk.until(lambda: "e" not in names(desk))
    assert read_tree(desk.site.store).named("new.example.com").parent == desk.id("c")
