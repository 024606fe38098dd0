from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

from licensedesk.core.removal import remove_server
from licensedesk.core.servers import add_server
from licensedesk.core.store.facts import read_tree
from licensedesk.core.types import Actor, Role
from licensedesk.ui.dialogs.add_server import AddServerDialog, open_add_managed, open_add_relay
from licensedesk.ui.session import EVERYTHING
from tests.ui.desk import Desk

OTHER = Actor(name="other")


@pytest.fixture
def dialog(desk: Desk) -> AddServerDialog:
    """A relay to be added below b."""
    open_add_relay(desk.session, desk.show(QWidget()), under=desk.id("b"))
    made = desk.dialog(AddServerDialog)
    desk.until(lambda: made.holdings is not None)
    return made


def names(desk: Desk) -> list[str]:
    return [server.host_name for server in read_tree(desk.site.store).servers]


def test_a_relay_is_added_from_the_keyboard_alone(dialog: AddServerDialog, desk: Desk) -> None:
    dialog.activateWindow()
    assert dialog.under.currentText() == "b.example.com"
    assert not dialog.main_button.isEnabled()
    desk.write(dialog.host_name, "New.Example.com")
    desk.press(dialog.host_name, Qt.Key.Key_Return)
    desk.until(lambda: "new.example.com" in names(desk))
    desk.until(lambda: desk.said == ["New.Example.com was added."])
    added = read_tree(desk.site.store).named("new.example.com")
    assert (added.role, added.parent) == (Role.RELAY, desk.id("b"))
    desk.until(lambda: desk.closed(dialog))


def test_the_focus_begins_in_the_host_name(dialog: AddServerDialog, desk: Desk) -> None:
    dialog.activateWindow()
    desk.until(lambda: QApplication.focusWidget() is dialog.host_name)
    assert dialog.host_name.accessibleName() == "Host name"


def test_a_managed_server_chosen_before_offers_its_management_server(desk: Desk) -> None:
    desk.session.choose_server(desk.id("app-3"))
    open_add_managed(desk.session, desk.show(QWidget()))
    dialog = desk.dialog(AddServerDialog)
    desk.until(lambda: dialog.under.currentText() == "d.example.com")
    desk.write(dialog.host_name, "app-9.example.com")
    desk.click(dialog.main_button)
    desk.until(lambda: "app-9.example.com" in names(desk))
    assert read_tree(desk.site.store).named("app-9.example.com").role == Role.MANAGED


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("C.example.com", "c.example.com is taken"),
        ("two words", "cannot be used as a name"),
        ("x" * 250, "cannot be used as a name"),
    ],
)
def test_what_the_core_refuses_cannot_be_pressed(
    dialog: AddServerDialog, desk: Desk, typed: str, says: str
) -> None:
    before = names(desk)
    desk.write(dialog.host_name, typed)
    assert says in dialog.notice.text
    assert not dialog.main_button.isEnabled()
    assert says in dialog.main_button.toolTip()
    desk.press(dialog.host_name, Qt.Key.Key_Return)
    assert dialog.isVisible()
    assert names(desk) == before


def test_a_name_that_no_server_has_is_no_choice(dialog: AddServerDialog, desk: Desk) -> None:
    desk.write(dialog.host_name, "new.example.com")
    assert dialog.main_button.isEnabled()
    line = dialog.under.lineEdit()
    assert line is not None
    line.selectAll()
    desk.write(line, "zzz")
    assert not dialog.main_button.isEnabled()
    assert dialog.under.server is None


def test_a_name_taken_meanwhile_is_refused_by_the_action(dialog: AddServerDialog, desk: Desk) -> None:
    desk.write(dialog.host_name, "new.example.com")
    add_server(
        desk.site.store,
        host_name="new.example.com",
        under=desk.id("a"),
        role=Role.MANAGED,
        by=OTHER,
        at=desk.session.now(),
    )
    desk.click(dialog.main_button)
    desk.until(lambda: "new.example.com is taken" in dialog.notice.text)
    assert dialog.isVisible()
    assert dialog.host_name.text() == "new.example.com"
    assert read_tree(desk.site.store).named("new.example.com").role == Role.MANAGED


def test_a_parent_that_is_gone_is_named(dialog: AddServerDialog, desk: Desk) -> None:
    desk.write(dialog.host_name, "new.example.com")
    remove_server(
        desk.site.store,
        server=desk.id("b"),
        children_to=desk.id("a"),
        nodes_to=desk.id("a"),
        by=OTHER,
        at=desk.session.now(),
    )
    desk.session.changed.emit(EVERYTHING)
    desk.until(lambda: "b.example.com is no longer there" in dialog.notice.text)
    assert dialog.host_name.text() == "new.example.com"
    assert dialog.under.currentText() == "a.example.com"
    assert dialog.valid


def test_escape_adds_nothing(dialog: AddServerDialog, desk: Desk) -> None:
    before = names(desk)
    desk.write(dialog.host_name, "new.example.com")
    desk.press(dialog, Qt.Key.Key_Escape)
    assert not desk.runner.busy
    assert names(desk) == before
