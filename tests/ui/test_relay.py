"""The console of a relay: it shows what its administrator sees, and offers what that one may do."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QAbstractListModel, QModelIndex, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QComboBox,
    QDialog,
    QGraphicsView,
    QLabel,
    QPushButton,
    QTabWidget,
    QWidget,
)

from licensedesk.core import alert_rules, events
from licensedesk.core.issuers import trusted_issuers
from licensedesk.core.licenses import register_files
from licensedesk.core.options import set_option
from licensedesk.core.sample import FILES
from licensedesk.core.types import Actor, Option
from licensedesk.ui import commands
from licensedesk.ui.dialogs.import_nodes import ImportNodesDialog
from licensedesk.ui.dialogs.node_details import NodeDetailsDialog
from licensedesk.ui.dialogs.register_license import RegisterLicenseDialog
from licensedesk.ui.main_window import VIEWS
from licensedesk.ui.menus import MENUS
from licensedesk.ui.pages.event_list import EventListView
from licensedesk.ui.pages.license_details import LicenseDetailsView
from licensedesk.ui.pages.nodes import NodesView
from licensedesk.ui.pages.servers import ServersView
from licensedesk.ui.widgets.map_view import MapView
from licensedesk.ui.widgets.table import TableView
from licensedesk.ui.widgets.tree import TreeView
from tests.ui.keys import Keyboard
from tests.ui.office import Office, OfficeMaker

IN_MENUS = {name for names in MENUS.values() for name in names if name}
PRIMARY = {
    *("settings", "unlock", "back-up", "restore", "renumber"),
    *("distribute-licenses", "holding-option", "issuers", "distribute-now", "retry", "verify"),
    *("add-relay", "add-managed", "rename-server", "move-server", "suspend-server", "remove-server"),
    *("enrol-agent", "audit-entry", "verify-audit", "go-audit"),
}
"""The tree, the trust, the allocations, the distribution and the whole site: the primary's alone."""
REGISTERS = {"register-license", "deregister-license"}
"""Also where the local server has the option License registration."""
ADMIN = Actor(name="admin")
ONLY_PRIMARY = "Only the primary's administrator does this."
NOT_HERE = "This server does not have the option License registration."


@pytest.fixture
def relay(office_maker: OfficeMaker) -> Office:
    """At c, which has Distribution; e and app-2 are in its range."""
    made = office_maker(host_name="c.example.com")
    made.open()
    return made


@pytest.fixture
def registering(office_maker: OfficeMaker) -> Office:
    """At b, which has License registration and a license of its own; e is not in its range."""
    made = office_maker(host_name="b.example.com")
    store, now = made.site.store, made.session.now()
    set_option(
        store,
        server=made.id("b"),
        option=Option.REGISTRATION,
        quantities={},
        by=ADMIN,
        at=now,
        confirmed=True,
    )
    register_files(
        store,
        [made.session.folder / FILES / "DM-1003.lic"],
        server=made.id("b"),
        trusted=trusted_issuers(store),
        by=ADMIN,
        at=now,
    )
    made.open()
    return made


def settle(office: Office) -> None:
    for _ in range(2):
        office.until(lambda: not office.runner.busy)
        office.qtbot.wait(60)


def show(office: Office, key: str) -> QWidget:
    """The view with something selected in it, so that all that can be done there is offered."""
    office.window.show_view(key)
    settle(office)
    view = office.window.view
    assert view is not None
    for one in view.findChildren(QWidget):
        if isinstance(one, TableView) and one.rows_model.rowCount():
            one.selectRow(0)
        if isinstance(one, TreeView | MapView):
            office.session.choose_server(str(office.session.actor.server))
    settle(office)
    return view


def offered(office: Office) -> set[str]:
    """Over all views, by name."""
    found: set[str] = set()
    for key in VIEWS:
        show(office, key)
        found |= {name for name in IN_MENUS if office.window.menus.shown(name).isEnabled()}
    return found


# -- what may be done --------------------------------------------------------------------------------


def test_the_table_names_every_action_that_is_the_primarys() -> None:
    assert PRIMARY | REGISTERS <= IN_MENUS


def test_at_a_relay_with_distribution_nothing_of_the_primary_is_offered(relay: Office) -> None:
    found = offered(relay)
    assert found & (PRIMARY | REGISTERS) == set()
    # What needs something that c's range does not have: a waiting node of the first product, an event.
    lacking = {"show-waiting", "acknowledge", "show-cause", "clear-filters", "stop"}
    assert found == IN_MENUS - PRIMARY - REGISTERS - lacking


def test_at_a_relay_with_registration_licenses_are_registered(registering: Office) -> None:
    found = offered(registering)
    assert found & PRIMARY == set()
    assert found >= REGISTERS


@pytest.mark.parametrize("name", sorted(PRIMARY | REGISTERS))
def test_what_is_not_offered_says_why(relay: Office, name: str) -> None:
    action = relay.window.menus.shown(name)
    assert not action.isEnabled()
    reason = NOT_HERE if name in REGISTERS else ONLY_PRIMARY
    assert (action.toolTip(), action.statusTip()) == (reason, reason)


@pytest.mark.parametrize("key", VIEWS)
def test_no_button_of_a_view_offers_it(relay: Office, key: str) -> None:
    view = show(relay, key)
    shown = [one for one in view.findChildren(QPushButton) if one.isVisibleTo(view) and one.isEnabled()]
    can = {one.property("action") for one in shown}
    assert can & (PRIMARY | REGISTERS) == set()


@pytest.mark.parametrize("key", VIEWS)
def test_no_context_menu_offers_it(relay: Office, key: str) -> None:
    view = show(relay, key)
    for one in view.findChildren(QWidget):
        if isinstance(one, TableView | TreeView | QGraphicsView):
            menu = one.actions() if isinstance(one, QGraphicsView) else one.context_menu().actions()
            can = {action.objectName() for action in menu if action.isEnabled()}
            assert can & (PRIMARY | REGISTERS) == set()


@pytest.mark.parametrize("keys", ["Ctrl+R", "Ctrl+D", "Ctrl+H", "F2", "Del", "Ctrl+Return", "Ctrl+,"])
def test_no_key_does_it(relay: Office, keys: str) -> None:
    view = show(relay, "servers")
    assert isinstance(view, ServersView)
    board = Keyboard(relay.window, relay.until)
    view.tree.setFocus()
    board.press(keys)
    relay.qtbot.wait(30)
    assert QApplication.activeModalWidget() is None


def test_no_server_is_dragged(relay: Office) -> None:
    view = show(relay, "servers")
    assert isinstance(view, ServersView)
    place = view.model.place_of(relay.id("e"))
    assert place is not None
    flags = view.model.flags(view.model.index(place, 0))
    assert not flags & Qt.ItemFlag.ItemIsDragEnabled


def test_the_foot_does_not_distribute(relay: Office) -> None:
    button = relay.window.foot.bar.button
    assert not button.isEnabled()
    assert button.toolTip() == "Only the primary management server distributes License.xml."


def test_the_audit_log_cannot_be_gone_to(relay: Office) -> None:
    sidebar = relay.window.sidebar
    relay.window.show_view("events")
    sidebar.set_current("audit")
    assert sidebar.current == "events"
    relay.session.show_view("audit")
    assert sidebar.current == "overview"


def test_a_view_that_was_shown_last_and_may_not_be_seen_is_not(office_maker: OfficeMaker) -> None:
    office = office_maker(host_name="c.example.com")
    office.window.remember_view("audit")
    office.window.show_first_view()
    office.open()
    assert office.window.sidebar.current == "overview"
    assert not office.refused


def test_licenses_are_registered_on_the_local_server_alone(registering: Office) -> None:
    registering.window.menus.shown("register-license").trigger()
    dialog = registering.dialog(RegisterLicenseDialog)
    settle(registering)
    assert choices(dialog.server) == ["b.example.com"]


def test_an_option_that_is_set_elsewhere_is_followed(relay: Office) -> None:
    """The primary takes away what c holds, and lets it register."""
    told = {name: relay.window.menus.shown(name) for name in REGISTERS}
    set_option(
        relay.site.store,
        server=relay.id("c"),
        option=Option.REGISTRATION,
        quantities={},
        by=ADMIN,
        at=relay.session.now(),
        confirmed=True,
    )
    relay.until(told["register-license"].isEnabled)


def test_at_the_primary_by_its_name_everything_is_as_without_it(office_maker: OfficeMaker) -> None:
    office = office_maker(host_name="a.example.com")
    office.open()
    assert office.session.at_primary
    assert PRIMARY - offered(office) == set()


def test_before_it_is_known_which_server_it_is_nothing_of_the_primary_is_offered(
    office_maker: OfficeMaker,
) -> None:
    office = office_maker(host_name="c.example.com")
    enabled = {name for name in PRIMARY if office.window.menus.shown(name).isEnabled()}
    assert enabled == set()


# -- what is seen ------------------------------------------------------------------------------------

ELSEWHERE = ("d.example.com", "app-1.example.com", "app-3.example.com", "b.example.com", "a.example.com")


def choices(box: QComboBox) -> list[str]:
    return [box.itemText(at) for at in range(box.count())]


def texts(top: QWidget) -> Iterator[str]:
    """What labels and buttons say, what can be chosen, and every cell of every table."""
    for one in top.findChildren(QWidget):
        if isinstance(one, QLabel | QPushButton):
            yield one.text()
        if isinstance(one, QComboBox):
            yield from choices(one)
        if isinstance(one, QAbstractItemView):
            yield from cells(one)
        yield one.toolTip()


def cells(view: QAbstractItemView) -> Iterator[str]:
    model = view.model()
    waiting = [QModelIndex()]
    while waiting:
        parent = waiting.pop()
        for row in range(min(model.rowCount(parent), 200)):
            waiting.append(model.index(row, 0, parent))
            columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount(parent)
            for column in range(columns):
                yield str(model.index(row, column, parent).data() or "")


def of_others(top: QWidget) -> set[str]:
    said = "\n".join(texts(top))
    return {name for name in ELSEWHERE if name in said}


@pytest.mark.parametrize("key", VIEWS)
def test_no_view_shows_another_range(relay: Office, key: str) -> None:
    view = show(relay, key)
    for tabs in view.findChildren(QTabWidget):
        for at in range(tabs.count()):
            tabs.setCurrentIndex(at)
            settle(relay)
            assert of_others(view) == set()
    assert of_others(view) == set()
    assert not relay.refused


def open_details(office: Office) -> None:
    office.window.menus.shown("license-details").trigger()


def open_import(office: Office) -> None:
    office.window.menus.shown("import-nodes").trigger()


def open_node(office: Office) -> None:
    view = show(office, "discovered")
    assert isinstance(view, NodesView)
    office.window.menus.shown("node-details").trigger()


def open_why(office: Office) -> None:
    show(office, "discovered")
    office.window.menus.shown("why-waiting").trigger()


def open_range(office: Office) -> None:
    show(office, "discovered")
    office.window.menus.shown("use-range").trigger()


def open_manage(office: Office) -> None:
    show(office, "discovered")
    office.window.menus.shown("manage").trigger()


@pytest.mark.parametrize("start", [open_details, open_import, open_node, open_why, open_range, open_manage])
def test_no_dialog_shows_another_range(relay: Office, start: Callable[[Office], None]) -> None:
    start(relay)
    dialog = relay.dialog(QDialog)
    settle(relay)
    assert of_others(dialog) == set()
    assert not relay.refused


def test_nodes_are_imported_for_the_servers_of_its_range(relay: Office) -> None:
    open_import(relay)
    dialog = relay.dialog(ImportNodesDialog)
    settle(relay)
    assert choices(dialog.source) == ["c.example.com", "e.example.com"]


def test_the_same_device_in_another_range_is_not_shown(relay: Office) -> None:
    open_node(relay)
    dialog = relay.dialog(NodeDetailsDialog)
    settle(relay)
    assert {row.source for row in dialog.duplicates.rows} <= {"c.example.com", "e.example.com"}


def test_the_figures_are_those_of_its_range(relay: Office) -> None:
    relay.window.show_view("overview")
    settle(relay)
    said = list(texts(relay.window))
    assert any(text.startswith("3 servers · 1 range of shared licenses · ") for text in said)
    assert relay.foot.startswith("0 of 3 servers current")


def test_events_and_their_number_are_those_of_its_range(office_maker: OfficeMaker) -> None:
    office = office_maker(host_name="d.example.com")
    store, now = office.site.store, office.session.now()
    alert_rules.check(store, at=now)
    with store.writing():
        for code, figures in (("drift", {"server": "c.example.com"}), ("audit-broken", {"entry": 1})):
            events.fire(store, events.EventCode(code), subject="elsewhere", figures=figures, at=now)
    office.open()
    view = show(office, "events")
    assert isinstance(view, EventListView)
    assert {row.subject for _, row in view.model.loaded_rows()} == {"d.example.com Desktop Manager"}
    sidebar = office.window.sidebar
    assert "Event List, 1" in spoken(sidebar)
    office.window.menus.shown("acknowledge").trigger()
    office.until(lambda: "Event List" in spoken(sidebar))


def spoken(sidebar: QWidget) -> list[str]:
    """The entries of the menu area as they are read out."""
    found = sidebar.findChildren(QAbstractItemView)
    model = found[0].model()
    role = Qt.ItemDataRole.AccessibleTextRole
    return [str(model.index(row, 0).data(role)) for row in range(model.rowCount())]


def test_the_details_are_those_of_the_local_range(relay: Office) -> None:
    view = show(relay, "license-details")
    assert isinstance(view, LicenseDetailsView)
    assert [row.source.host_name for row in view.model.rows] == ["c.example.com"]
    assert commands.allowed("license-details", relay.session)
