from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractItemView, QLabel, QLineEdit, QPushButton

from licensedesk.core.distribution.ledger_store import write_presence
from licensedesk.core.errors import SurroundingsError
from licensedesk.core.removal import remove_server
from licensedesk.core.servers import add_server, rename_server
from licensedesk.core.store.facts import read_tree
from licensedesk.core.types import Actor, Role
from licensedesk.ui.dialogs.add_server import AddServerDialog
from licensedesk.ui.dialogs.enrol_agent import EnrolAgentDialog
from licensedesk.ui.dialogs.holding_option import HoldingOptionDialog
from licensedesk.ui.dialogs.license_details import LicenseDetailsDialog
from licensedesk.ui.dialogs.move_server import MoveServerDialog
from licensedesk.ui.dialogs.remove_server import RemoveServerDialog
from licensedesk.ui.dialogs.rename_server import RenameServerDialog
from licensedesk.ui.dialogs.suspend_server import SuspendServerDialog
from licensedesk.ui.pages.servers import ServersView
from licensedesk.ui.session import EVERYTHING
from tests.ui import outlines
from tests.ui.desk import Desk

if TYPE_CHECKING:
    from licensedesk.ui.widgets.dialog import Dialog

OTHER = Actor(name="other")


def opened(desk: Desk) -> ServersView:
    made = desk.show(ServersView(desk.session))
    desk.until(lambda: made.model.loaded and not desk.runner.busy)
    return made


@pytest.fixture
def view(desk: Desk) -> ServersView:
    return opened(desk)


def outline(view: ServersView) -> str:
    """By the first parts of the host names."""
    return outlines.outline(view.model, lambda row: row.fact.host_name.partition(".")[0])


def index_of(view: ServersView, server: str) -> QModelIndex:
    place = view.model.place_of(server)
    assert place is not None
    return view.model.index(place, 0)


def is_open(view: ServersView, desk: Desk, name: str) -> bool:
    return next(
        view.model.is_open(row) for _, row in view.model.loaded_rows() if row.fact.id == desk.id(name)
    )


def cells(view: ServersView, desk: Desk, name: str) -> list[str]:
    row = view.model.row_at(index_of(view, desk.id(name)).row())
    assert row is not None
    return [column.text(row) for column in view.model.columns]


def choose(view: ServersView, desk: Desk, name: str) -> None:
    assert view.tree.select_key(desk.id(name))


def filled(view: ServersView) -> list[tuple[str, bool]]:
    """Each button of the header, and whether it can be pressed."""
    buttons = (
        view.change_button,
        view.enrol_button,
        view.option_button,
        view.relay_button,
        view.add_server_button,
    )
    return [(button.text(), button.isEnabled()) for button in buttons]


def test_the_tree_with_role_option_range_and_state(view: ServersView, desk: Desk) -> None:
    assert outline(view) == "a (b (d (app-3)) c (e app-2) app-1)"
    dash = cells(view, desk, "a")[-1]
    assert cells(view, desk, "a") == [
        "a.example.com",
        "Primary",
        "Primary",
        "a.example.com",
        *[dash] * 4,
    ]
    assert cells(view, desk, "d")[:4] == ["d.example.com", "Relay", "Distribution", "d.example.com"]
    assert cells(view, desk, "app-2") == [
        "app-2.example.com",
        "Managed",
        dash,
        "c.example.com",
        dash,
        "Not enrolled",
        dash,
        dash,
    ]
    assert view.filters._count.text() == "8 servers, 3 ranges, 7 not current"


@pytest.mark.parametrize(
    ("online", "words"), [(True, "Connected, as the broker said at"), (False, "Not connected, as the broker")]
)
def test_whether_an_agent_is_connected_is_told_beside_it(desk: Desk, online: bool, words: str) -> None:
    with desk.site.store.writing():
        write_presence(desk.site.store, {desk.id("app-2"): online}, at=desk.session.now())
    view = opened(desk)
    column = [one.key for one in view.model.columns].index("agent")
    told = {
        name: index_of(view, desk.id(name)).siblingAtColumn(column).data(Qt.ItemDataRole.ToolTipRole)
        for name in ("app-2", "app-1", "a")
    }
    assert told["app-2"].startswith(words)
    assert not told["app-1"]
    assert not told["a"]


def test_the_selected_server_is_shared(view: ServersView, desk: Desk) -> None:
    assert desk.session.server == desk.id("a")
    choose(view, desk, "d")
    assert desk.session.server == desk.id("d")
    desk.session.choose_server(desk.id("e"))
    chosen = view.chosen()
    assert chosen is not None
    assert chosen.fact.id == desk.id("e")


def test_the_search_keeps_the_way_to_what_it_finds(view: ServersView, desk: Desk) -> None:
    view.model.close_all()
    view.start_search()
    desk.write(view.search, "app-3")
    desk.until(lambda: outline(view) == "a (b (d (app-3)))")
    assert is_open(view, desk, "d")
    assert view.filters._count.text() == "1 of 8 servers match"
    desk.press(view.search, Qt.Key.Key_Escape)
    desk.until(lambda: outline(view) == "a")
    view.model.set_open(desk.id("a"), wanted=True)
    view.model.set_open(desk.id("b"), wanted=True)
    assert not is_open(view, desk, "d")


def test_a_search_without_a_hit_says_so(view: ServersView, desk: Desk) -> None:
    desk.write(view.search, "zzz")
    desk.until(view.tree.empty.isVisible)
    assert "No server matches" in view.tree.empty.sentence
    view.filters.clear()
    desk.until(lambda: not view.tree.empty.isVisible())


def test_the_states_are_a_filter_too(view: ServersView, desk: Desk) -> None:
    view.filters.set_values({"state": ("current",)})
    view.filters.changed.emit()
    assert outline(view) == ""
    view.filters.set_values({"state": ("not enrolled",)})
    view.filters.changed.emit()
    assert view.filters._count.text() == "7 of 8 servers match"


def test_what_another_console_changes_comes_and_the_selection_stays(view: ServersView, desk: Desk) -> None:
    choose(view, desk, "e")
    view.model.set_open(desk.id("b"), wanted=False)
    rename_server(
        desk.site.store, server=desk.id("app-1"), host_name="web.example.com", by=OTHER, at=desk.session.now()
    )
    add_server(
        desk.site.store,
        host_name="new.example.com",
        under=desk.id("c"),
        role=Role.RELAY,
        by=OTHER,
        at=desk.session.now(),
    )
    desk.session.changed.emit(EVERYTHING)
    desk.until(lambda: outline(view) == "a (b c (e new app-2) web)")
    chosen = view.chosen()
    assert chosen is not None
    assert chosen.fact.id == desk.id("e")
    assert not is_open(view, desk, "b")


def test_a_selected_server_that_another_console_removes(view: ServersView, desk: Desk) -> None:
    choose(view, desk, "app-1")
    remove_server(
        desk.site.store,
        server=desk.id("app-1"),
        children_to=None,
        nodes_to=None,
        by=OTHER,
        at=desk.session.now(),
    )
    desk.session.changed.emit(EVERYTHING)
    desk.until(lambda: "app-1" not in outline(view))
    assert desk.session.server == desk.id("a")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("rename-server", RenameServerDialog),
        ("move-server", MoveServerDialog),
        ("suspend-server", SuspendServerDialog),
        ("remove-server", RemoveServerDialog),
        ("holding-option", HoldingOptionDialog),
        ("enrol-agent", EnrolAgentDialog),
        ("license-details", LicenseDetailsDialog),
    ],
)
def test_every_command_is_about_the_selected_server(
    view: ServersView, desk: Desk, name: str, kind: type[Dialog]
) -> None:
    choose(view, desk, "d")
    action = view.actions_on[name]
    assert action.isEnabled()
    action.trigger()
    dialog = desk.dialog(kind)
    desk.until(lambda: not desk.runner.busy)
    texts = [dialog.windowTitle(), *(field.text() for field in dialog.findChildren(QLineEdit))]
    texts += [shown.text() for shown in dialog.findChildren(QLabel)]
    assert any("d.example.com" in text for text in texts)


@pytest.mark.parametrize("button", ["relay_button", "add_server_button"])
def test_a_server_is_added_below_the_selected_one(view: ServersView, desk: Desk, button: str) -> None:
    choose(view, desk, "e")
    made: QPushButton = getattr(view, button)
    desk.click(made)
    dialog = desk.dialog(AddServerDialog)
    desk.until(lambda: dialog.under.currentText() == "e.example.com")
    desk.write(dialog.host_name, "new.example.com")
    desk.click(dialog.main_button)
    desk.until(lambda: "e (new)" in outline(view))


def test_from_the_keyboard_alone(view: ServersView, desk: Desk) -> None:
    view.window().activateWindow()
    view.tree.setFocus()
    desk.press(view.tree, Qt.Key.Key_End)
    chosen = view.chosen()
    assert chosen is not None
    assert chosen.fact.host_name == "app-1.example.com"
    desk.press(view.tree, Qt.Key.Key_Return)
    details = desk.dialog(LicenseDetailsDialog)
    desk.press(details, Qt.Key.Key_Escape)
    desk.press(view.tree, Qt.Key.Key_Delete)
    dialog = desk.dialog(RemoveServerDialog)
    desk.until(lambda: dialog.main_button.text() == "Remove app-1.example.com" and dialog.valid)
    desk.press(dialog.main_button, Qt.Key.Key_Space)
    desk.until(lambda: "app-1" not in outline(view))
    QTest.keyClick(view.tree, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text().startswith("a.example.com\tPrimary")


def test_a_row_dropped_on_another_opens_the_move_dialog(view: ServersView, desk: Desk) -> None:
    assert view.tree.dragDropMode() == QAbstractItemView.DragDropMode.InternalMove
    carried = view.model.mimeData([index_of(view, desk.id("e"))])
    target = index_of(view, desk.id("b"))
    view.model.dropMimeData(carried, Qt.DropAction.MoveAction, -1, -1, target)
    dialog = desk.dialog(MoveServerDialog)
    desk.until(lambda: dialog.under.currentText() == "b.example.com" and dialog.valid)
    assert read_tree(desk.site.store).get(desk.id("e")).parent == desk.id("c")
    desk.click(dialog.main_button)
    desk.until(lambda: read_tree(desk.site.store).get(desk.id("e")).parent == desk.id("b"))


def test_only_management_servers_take_what_is_dropped(view: ServersView, desk: Desk) -> None:
    def flags(name: str) -> Qt.ItemFlag:
        return view.model.flags(index_of(view, desk.id(name)))

    assert flags("c") & Qt.ItemFlag.ItemIsDropEnabled
    assert not flags("app-2") & Qt.ItemFlag.ItemIsDropEnabled
    assert not flags("a") & Qt.ItemFlag.ItemIsDragEnabled


def test_the_primary_is_renamed_but_not_moved(view: ServersView, desk: Desk) -> None:
    choose(view, desk, "a")
    names = ("rename-server", "move-server", "remove-server", "enrol-agent")
    assert {name for name in names if view.actions_on[name].isEnabled()} == {"rename-server"}
    assert "The primary" in view.actions_on["remove-server"].toolTip()
    assert "The primary" in view.enrol_button.toolTip()


def test_what_was_refused_stays_while_reports_arrive(view: ServersView, desk: Desk) -> None:
    view.refuse(SurroundingsError("disk-full", path="map.png"))
    at = desk.session.now()
    rename_server(desk.site.store, server=desk.id("d"), host_name="new.example.com", by=OTHER, at=at)
    desk.session.changed.emit(EVERYTHING)
    desk.until(lambda: "new" in outline(view))
    assert view.notice.text.startswith("There is no room to write map.png.")


def test_a_site_of_a_primary_alone_is_told_the_first_step(empty_desk: Desk) -> None:
    view = opened(empty_desk)
    assert "Only the primary stands here yet" in view.notice.text
    assert view.filters._count.text() == "1 server, 1 range, 0 not current"
    view.notice._button.click()
    empty_desk.dialog(AddServerDialog)


def test_a_relays_administrator_sees_its_range_and_changes_nothing(relay_desk: Desk) -> None:
    view = opened(relay_desk)
    assert outline(view) == "c (e app-2)"
    assert not any(enabled for _, enabled in filled(view))
    assert view.relay_button.toolTip() == "Only the primary's administrator does this."
    assert view.actions_on["license-details"].isEnabled()
    index = index_of(view, relay_desk.id("e"))
    assert not view.model.flags(index) & Qt.ItemFlag.ItemIsDragEnabled


def test_widths_and_order_are_remembered(view: ServersView, desk: Desk) -> None:
    view.tree.horizontalHeader().sectionClicked.emit(0)
    view.tree.horizontalHeader().sectionClicked.emit(0)
    assert outline(view) == "a (c (e app-2) b (d (app-3)) app-1)"
    desk.until(lambda: '["server", true]' in str(desk.session.settings.value("columns/servers")))
    assert outline(opened(desk)) == "a (c (e app-2) b (d (app-3)) app-1)"
