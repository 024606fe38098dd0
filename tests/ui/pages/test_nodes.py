from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QItemSelectionModel, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from licensedesk.core.errors import SurroundingsError
from licensedesk.core.nodes import choices
from licensedesk.core.nodes.filters import NodeFilter
from licensedesk.core.nodes.judging import Act
from licensedesk.core.nodes.queries import NodeRow, count_nodes, list_nodes
from licensedesk.core.nodes.states import change_nodes
from licensedesk.core.types import Actor, NodeState
from licensedesk.ui.dialogs.import_nodes import ImportNodesDialog
from licensedesk.ui.dialogs.node_action import NodeActionDialog
from licensedesk.ui.dialogs.node_details import NodeDetailsDialog
from licensedesk.ui.dialogs.whole_range import WholeRangeDialog
from licensedesk.ui.dialogs.why_waiting import WhyWaitingDialog
from licensedesk.ui.pages.nodes import (
    NEEDS_AFTER_MS,
    DiscoveredNodesView,
    ExcludedNodesView,
    ManagedNodesView,
    NodesView,
)
from licensedesk.ui.session import EVERYTHING
from licensedesk.ui.wanted import NodesWanted, RangeWanted
from tests.ui.desk import Desk

OTHER = Actor(name="other")
AT = datetime(2026, 11, 21, 12, tzinfo=UTC)


def shown(desk: Desk, kind: Callable[..., Any]) -> Any:
    """A view, when its rows and their count are there."""
    made = desk.show(kind(desk.session))
    desk.until(made.actions_row.scope.text)
    return made


@pytest.fixture
def view(desk: Desk) -> DiscoveredNodesView:
    made: DiscoveredNodesView = shown(desk, DiscoveredNodesView)
    return made


def hosts(view: NodesView) -> list[str]:
    return [row.host_name for _, row in view.model.loaded_rows()]


def stored(desk: Desk, state: NodeState, **wanted: Any) -> list[NodeRow]:
    return list_nodes(desk.site.store, NodeFilter(states=(state,), **wanted), by=OTHER, limit=1_000)


def number_of(desk: Desk, state: NodeState) -> int:
    return count_nodes(desk.site.store, NodeFilter(states=(state,)), by=OTHER)


def select(view: NodesView, *rows: int) -> None:
    view.table.clearSelection()
    flags = QItemSelectionModel.SelectionFlag
    for row in rows:
        view.table.selectionModel().select(view.model.index(row, 0), flags.Select | flags.Rows)


def choose(view: NodesView, desk: Desk, **values: Any) -> None:
    """Filters, as a person sets them."""
    view.filters.bar.choose(values)
    desk.until(lambda: not desk.runner.busy and view.model.total is not None)


# -- lists -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (DiscoveredNodesView, NodeState.DISCOVERED),
        (ManagedNodesView, NodeState.MANAGED),
        (ExcludedNodesView, NodeState.EXCLUDED),
    ],
)
def test_a_view_lists_the_nodes_of_its_state_and_counts_them(
    desk: Desk, kind: Callable[..., Any], state: NodeState
) -> None:
    view = shown(desk, kind)
    assert hosts(view) == [row.host_name for row in stored(desk, state)]
    assert view.actions_row.scope.text() == f"{number_of(desk, state)} nodes"


def test_a_view_that_read_ahead_opens_with_its_rows(desk: Desk) -> None:
    view = DiscoveredNodesView(desk.session)
    view.read_ahead()
    desk.until(view.actions_row.scope.text)
    desk.until(lambda: not desk.runner.busy)
    desk.qtbot.wait(2 * NEEDS_AFTER_MS)
    assert not view.actions_row.needs.text()
    desk.show(view)
    assert not desk.runner.busy
    assert hosts(view) == [row.host_name for row in stored(desk, NodeState.DISCOVERED)]
    desk.until(view.actions_row.needs.text)


def test_what_changes_after_reading_ahead_is_read_when_the_view_is_shown(desk: Desk) -> None:
    view = ExcludedNodesView(desk.session)
    view.read_ahead()
    desk.until(view.actions_row.scope.text)
    row = stored(desk, NodeState.DISCOVERED)[0]
    change_nodes(desk.site.store, [row.id], act=Act.EXCLUDE, by=OTHER, at=AT)
    desk.session.changed.emit(EVERYTHING)
    desk.show(view)
    desk.until(lambda: row.host_name in hosts(view))


def test_a_fault_of_reading_ahead_is_not_said_and_it_is_read_when_shown(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_given: Any, **_named: Any) -> None:
        raise SurroundingsError("database-locked", seconds=5)

    view = ManagedNodesView(desk.session)
    with monkeypatch.context() as patched:
        patched.setattr(choices, "read_choices", fail)
        view.read_ahead()
        desk.until(lambda: not desk.runner.busy)
    assert not view.notice.text
    desk.show(view)
    desk.until(view.actions_row.scope.text)
    assert hosts(view) == [row.host_name for row in stored(desk, NodeState.MANAGED)]


def test_licenses_to_buy_are_told_for_what_matches(view: DiscoveredNodesView, desk: Desk) -> None:
    needs = view.actions_row.needs
    desk.until(lambda: needs.text() == "Licenses to buy: 4 Asset Monitor, 7 Desktop Manager")
    choose(view, desk, sources=[desk.id("a")])
    desk.until(lambda: needs.text() == "Licenses remain for all of them")
    choose(view, desk, sources=[desk.id("d")], product="Desktop Manager")
    desk.until(lambda: needs.text() == "Licenses to buy: 7 Desktop Manager")


def test_filters_narrow_the_list_together(view: DiscoveredNodesView, desk: Desk) -> None:
    choose(view, desk, sources=[desk.id("b"), desk.id("d")], os="windows", text="pc-")
    expected = stored(
        desk, NodeState.DISCOVERED, sources=(desk.id("b"), desk.id("d")), os="windows", text="pc-"
    )
    assert hosts(view) == [row.host_name for row in expected]
    assert 0 < len(expected) < 21


def test_typing_a_text_filters_after_the_last_key(view: DiscoveredNodesView, desk: Desk) -> None:
    view.start_search()
    desk.write(view.filters.text, "muc-015")
    desk.until(lambda: hosts(view) == ["nb-muc-015.example.com"])
    desk.until(lambda: view.actions_row.scope.text() == "1 node")


def test_last_seen_before_a_span_or_a_day(desk: Desk) -> None:
    view = shown(desk, ManagedNodesView)
    total = view.model.total
    before = view.filters.seen
    before.span.setCurrentIndex(before.span.findData("7"))
    before.span.activated.emit(before.span.currentIndex())
    desk.until(lambda: view.model.total < total)
    assert view.model.total > 0
    limit = (desk.session.today() - timedelta(days=7)).isoformat()
    assert all(row.last_seen < limit for _, row in view.model.loaded_rows())
    assert before.kept == "7"
    before.set_kept("2020-01-01")
    assert before.kept == "2020-01-01"
    assert before.day_edit.isVisible()
    before.chosen.emit()
    desk.until(lambda: view.model.total == 0)
    assert view.table.empty.sentence == "No node matches these filters."
    view.table.empty.press()
    desk.until(lambda: view.model.total == total)
    assert before.day is None


def test_filters_are_remembered(view: DiscoveredNodesView, desk: Desk) -> None:
    choose(view, desk, sources=[desk.id("d")], product="Desktop Manager", text="pc")
    again = shown(desk, DiscoveredNodesView)
    assert again.filters.wanted == NodesWanted(sources=(desk.id("d"),), product="Desktop Manager", text="pc")
    assert hosts(again) == hosts(view)


def test_a_whole_range_fills_in_its_servers(view: DiscoveredNodesView, desk: Desk) -> None:
    view.choose_range()
    dialog = desk.dialog(WholeRangeDialog)
    dialog.source.choose(desk.id("c"))
    assert dialog.servers.text() == "c.example.com, e.example.com"
    assert dialog.main_button.text() == "Use 2 Servers"
    dialog.main_button.click()
    assert view.filters.wanted.sources == (desk.id("c"), desk.id("e"))
    desk.until(lambda: {row.source for _, row in view.model.loaded_rows()} == {"e.example.com"})


def test_another_view_may_ask_for_a_range_before_the_first_rows_and_later(desk: Desk) -> None:
    made = DiscoveredNodesView(desk.session)
    made.present(NodesWanted(range_source=desk.id("a"), product="Desktop Manager"))
    desk.show(made)
    desk.until(made.actions_row.scope.text)
    assert made.filters.wanted.sources == (desk.id("a"), desk.id("b"))
    assert made.model.total == 3
    made.present(NodesWanted(sources=(desk.id("d"),)))
    desk.until(lambda: made.model.total == 5)


@pytest.mark.parametrize("column", ["ip", "os", "managing_source", "product", "first_seen", "last_seen"])
def test_every_offered_column_sorts_both_ways(view: DiscoveredNodesView, desk: Desk, column: str) -> None:
    at = next(place for place, one in enumerate(view.model.columns) if one.key == column)
    orders = []
    for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
        with desk.qtbot.waitSignal(view.model.restarted):
            view.model.sort(at, order)
        orders.append(hosts(view))
    assert orders[0] == orders[1][::-1]


def test_an_empty_site_offers_to_import(empty_desk: Desk) -> None:
    view = shown(empty_desk, DiscoveredNodesView)
    assert view.table.empty.sentence == "No node is waiting. Import what a scanner has found."
    view.table.empty.press()
    assert empty_desk.dialog(ImportNodesDialog).isVisible()


def test_a_holder_sees_only_its_range(relay_desk: Desk) -> None:
    view = shown(relay_desk, DiscoveredNodesView)
    assert {row.source for _, row in view.model.loaded_rows()} == {"e.example.com"}
    assert [server.host_name for server in view.filters.choices.sources] == ["c.example.com", "e.example.com"]


# -- live --------------------------------------------------------------------------------------------


def test_what_another_console_deletes_goes_and_the_selection_stays(
    view: DiscoveredNodesView, desk: Desk
) -> None:
    select(view, 4)
    (kept,) = view.table.selected_rows()
    gone = view.model.row_at(0)
    assert gone is not None
    change_nodes(desk.site.store, [gone.id], act=Act.DELETE, by=OTHER, at=AT)
    desk.session.changed.emit(EVERYTHING)
    desk.until(lambda: view.model.total == 20)
    desk.until(lambda: view.table.selected_rows() == [kept])
    assert gone.host_name not in hosts(view)


# -- what can be done --------------------------------------------------------------------------------


def test_buttons_name_which_nodes_and_how_many(view: DiscoveredNodesView, desk: Desk) -> None:
    assert view.main_button is not None
    buttons = view.actions_row.buttons
    assert view.main_button.text() == "Manage All 21 Matching…"
    assert buttons["exclude"].text() == "Exclude All 21…"
    select(view, 0, 3)
    assert view.main_button.text() == "Manage 2 Nodes…"
    assert buttons["delete"].text() == "Delete 2…"
    assert view.actions_row.scope.text() == "2 of 21 nodes selected"
    choose(view, desk, text="nothing-like-it")
    assert not view.main_button.isEnabled()
    assert not buttons["delete"].isEnabled()


def test_managing_the_selected_from_button_to_database(view: DiscoveredNodesView, desk: Desk) -> None:
    before = number_of(desk, NodeState.MANAGED)
    select(view, 0, 1)
    chosen = {row.id for row in view.table.selected_rows()}
    assert view.main_button is not None
    view.main_button.click()
    dialog = desk.dialog(NodeActionDialog)
    desk.until(lambda: dialog.valid)
    assert dialog.which.text() == "The 2 nodes selected"
    assert dialog.main_button.text() == "Manage 2 Nodes"
    assert [change.host_name for change in dialog.before_after.model.rows] == ["a.example.com"]
    dialog.main_button.click()
    desk.until(lambda: desk.said == ["2 nodes managed."])
    assert number_of(desk, NodeState.MANAGED) == before + 2
    assert chosen <= {row.id for row in stored(desk, NodeState.MANAGED)}
    desk.until(lambda: view.model.total == 19)


def test_managing_all_refuses_until_as_many_as_fit_is_chosen(view: DiscoveredNodesView, desk: Desk) -> None:
    view.start("manage")
    dialog = desk.dialog(NodeActionDialog)
    desk.until(lambda: dialog.notice.text)
    assert "5 nodes cannot be managed" in dialog.notice.text
    assert not dialog.valid
    dialog.notice._button.click()
    desk.until(lambda: dialog.valid)
    assert dialog.main_button.text() == "Manage 12 Nodes"
    assert dialog.outcome.text() == "12 nodes will be managed. For 9 nodes no license remains."
    dialog.main_button.click()
    desk.until(lambda: desk.said)
    assert number_of(desk, NodeState.DISCOVERED) == 9


def test_the_first_in_the_lists_order_are_managed(view: DiscoveredNodesView, desk: Desk) -> None:
    at = next(place for place, one in enumerate(view.model.columns) if one.key == "ip")
    with desk.qtbot.waitSignal(view.model.restarted):
        view.model.sort(at, Qt.SortOrder.DescendingOrder)
    choose(view, desk, product="Desktop Manager", sources=[desk.id("a"), desk.id("b")])
    change_nodes(
        desk.site.store,
        [row.id for row in stored(desk, NodeState.DISCOVERED, range=desk.id("d"))][:1],
        act=Act.EXCLUDE,
        by=OTHER,
        at=AT,
    )
    view.start("manage")
    dialog = desk.dialog(NodeActionDialog)
    dialog.as_fit.click()
    desk.until(lambda: dialog.valid)
    assert dialog.as_fit.text().replace("&", "").endswith("(ip address, descending)")
    dialog.main_button.click()
    desk.until(lambda: desk.said == ["3 nodes managed."])


def test_the_delete_key_asks_and_cancel_is_the_default(view: DiscoveredNodesView, desk: Desk) -> None:
    view.table.setFocus()
    select(view, 2)
    desk.press(view.table, Qt.Key.Key_Delete)
    dialog = desk.dialog(NodeActionDialog)
    desk.until(lambda: dialog.valid)
    assert dialog.main_button.text() == "Delete 1 Node"
    assert not dialog.main_button.isDefault()
    assert "lost" in dialog.meaning.text()
    desk.press(dialog, Qt.Key.Key_Escape)
    assert number_of(desk, NodeState.DISCOVERED) == 21
    view.activateWindow()
    desk.until(view.isActiveWindow)
    view.table.setFocus()
    desk.press(view.table, Qt.Key.Key_Delete)
    again = desk.dialog(NodeActionDialog)
    desk.until(lambda: again.valid)
    again.main_button.click()
    desk.until(lambda: desk.said == ["1 node deleted."])
    assert number_of(desk, NodeState.DISCOVERED) == 20


def test_without_a_selection_the_delete_key_does_nothing(view: DiscoveredNodesView, desk: Desk) -> None:
    view.table.clearSelection()
    desk.press(view.table, Qt.Key.Key_Delete)
    QTest.qWait(50)
    assert not [one for one in view.findChildren(NodeActionDialog) if one.isVisible()]
    assert not view.offers["delete"].isEnabled()
    assert view.offers["delete"].toolTip() == "No node is selected."


@pytest.mark.parametrize(
    ("kind", "act", "state", "said"),
    [
        (DiscoveredNodesView, "exclude", NodeState.EXCLUDED, "1 node excluded."),
        (ManagedNodesView, "discover", NodeState.DISCOVERED, "1 node returned to discovered."),
        (ExcludedNodesView, "discover", NodeState.DISCOVERED, "1 node returned to discovered."),
        (ExcludedNodesView, "manage", NodeState.MANAGED, "1 node managed."),
    ],
)
def test_each_transition(desk: Desk, kind: Callable[..., Any], act: str, state: NodeState, said: str) -> None:
    view = shown(desk, kind)
    select(view, 0)
    (row,) = view.table.selected_rows()
    view.actions_row.buttons[act].click()
    dialog = desk.dialog(NodeActionDialog)
    desk.until(lambda: dialog.valid)
    dialog.main_button.click()
    desk.until(lambda: desk.said == [said])
    assert row.id in {one.id for one in stored(desk, state)}


def test_a_managed_node_changes_its_product_if_the_other_has_one_remaining(desk: Desk) -> None:
    view = shown(desk, ManagedNodesView)
    choose(view, desk, sources=[desk.id("d")])
    select(view, 0)
    view.actions_row.buttons["set-product"].click()
    dialog = desk.dialog(NodeActionDialog)
    dialog.product.setCurrentText("Asset Monitor")
    dialog.product.activated.emit(dialog.product.currentIndex())
    desk.until(lambda: "0 licenses of Asset Monitor" in dialog.notice.text)
    assert not dialog.valid


def test_nodes_deleted_while_the_dialog_is_open_are_told_and_the_others_go_on(
    view: DiscoveredNodesView, desk: Desk
) -> None:
    select(view, 0, 1, 2)
    gone, *others = (row.id for row in view.table.selected_rows())
    view.start("exclude")
    dialog = desk.dialog(NodeActionDialog)
    desk.until(lambda: dialog.valid)
    change_nodes(desk.site.store, [gone], act=Act.DELETE, by=OTHER, at=AT)
    desk.session.changed.emit(EVERYTHING)
    desk.until(lambda: "1 of 3 chosen were deleted meanwhile" in dialog.notice.text)
    assert not dialog.valid
    dialog.notice._button.click()
    desk.until(lambda: dialog.valid)
    dialog.main_button.click()
    desk.until(lambda: desk.said == ["2 nodes excluded."])
    assert set(others) <= {row.id for row in stored(desk, NodeState.EXCLUDED)}


def test_cancelling_changes_nothing(view: DiscoveredNodesView, desk: Desk) -> None:
    view.start("exclude")
    dialog = desk.dialog(NodeActionDialog)
    desk.until(lambda: dialog.valid)
    with desk.site.store.writing():
        # Another console writes: the action waits for it, and is given up meanwhile.
        dialog.main_button.click()
        assert dialog.busy
        desk.press(dialog, Qt.Key.Key_Escape)
    desk.until(lambda: not dialog.busy)
    assert dialog.notice.text == "Stopped. No node was changed."
    assert number_of(desk, NodeState.DISCOVERED) == 21


# -- one node ----------------------------------------------------------------------------------------


def test_enter_opens_all_that_is_known_of_a_node(view: DiscoveredNodesView, desk: Desk) -> None:
    view.table.setFocus()
    view.table.selectRow(1)
    row = view.table.current_row()
    assert row is not None
    desk.press(view.table, Qt.Key.Key_Return)
    dialog = desk.dialog(NodeDetailsDialog)
    desk.until(lambda: dialog._lines)
    values = dict(dialog._lines)
    assert values["Host name"] == row.host_name
    assert values["MAC addresses"] == row.macs
    assert values["Range (sharing source)"] == "a.example.com"
    assert dialog.why.isVisible()
    change_nodes(desk.site.store, [row.id], act=Act.DELETE, by=OTHER, at=AT)
    desk.session.changed.emit(EVERYTHING)
    desk.until(lambda: "deleted meanwhile" in dialog.notice.text)
    assert dict(dialog._lines)["Host name"] == row.host_name


def why(view: NodesView, desk: Desk, name: str) -> WhyWaitingDialog:
    at = next(place for place, row in view.model.loaded_rows() if row.host_name.startswith(name))
    view.table.selectRow(at)
    view.offers["why-waiting"].trigger()
    dialog = desk.dialog(WhyWaitingDialog)
    desk.until(dialog.reason.text)
    return dialog


def test_a_node_waits_since_none_remains_and_the_way_out_is_shown(
    view: DiscoveredNodesView, desk: Desk
) -> None:
    dialog = why(view, desk, "nb-muc-015")
    assert dialog.reason.text() == (
        "nb-muc-015.example.com waits because no license of Desktop Manager remains in the range of"
        " d.example.com: 10 held, 12 used, 5 nodes waiting."
    )
    assert dialog.license.text() == "Distribute Licenses…"
    assert dialog.license.isVisible()
    assert not dialog.manage.isVisible()
    dialog.others.click()
    assert desk.wanted == [("discovered", NodesWanted(range_source=desk.id("d"), product="Desktop Manager"))]


def test_a_node_that_nobody_managed_can_be_managed_from_there(view: DiscoveredNodesView, desk: Desk) -> None:
    dialog = why(view, desk, "db-hq-079")
    assert "nobody has managed it" in dialog.reason.text()
    dialog.manage.click()
    action = desk.dialog(NodeActionDialog)
    desk.until(lambda: action.valid)
    assert action.main_button.text() == "Manage 1 Node"


def test_the_answer_leads_to_the_range(view: DiscoveredNodesView, desk: Desk) -> None:
    why(view, desk, "db-hq-079").range.click()
    assert desk.wanted == [("license-details", RangeWanted(product="Asset Monitor", source=desk.id("a")))]


def test_the_answer_follows_the_site(view: DiscoveredNodesView, desk: Desk) -> None:
    dialog = why(view, desk, "db-hq-079")
    node = dialog._node
    change_nodes(desk.site.store, [node], act=Act.MANAGE, by=OTHER, at=AT)
    desk.session.changed.emit(EVERYTHING)
    desk.until(lambda: "does not wait" in dialog.reason.text())
    assert not dialog.manage.isVisible()
    change_nodes(desk.site.store, [node], act=Act.DELETE, by=OTHER, at=AT)
    desk.session.changed.emit(EVERYTHING)
    desk.until(lambda: "There is no node" in dialog.notice.text)


# -- files -------------------------------------------------------------------------------------------


def export_to(view: NodesView, desk: Desk, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    desk.said.clear()
    view.export_button.click()
    desk.until(view.export_button.isEnabled)


def test_export_writes_what_is_filtered_as_the_importer_reads_it(
    view: DiscoveredNodesView, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(view, desk, sources=[desk.id("d")])
    path = tmp_path / "nodes.csv"
    export_to(view, desk, path, monkeypatch)
    assert desk.said == [f"5 nodes written to {path}."]
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["host_name"] for row in rows] == hosts(view)
    assert {row["state"] for row in rows} == {"discovered"}


def test_an_export_that_cannot_be_written_is_refused_and_leaves_no_file(
    view: DiscoveredNodesView, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_to(view, desk, tmp_path / "missing" / "nodes.csv", monkeypatch)
    assert view.notice.text
    assert desk.said == []
    assert not (tmp_path / "missing").exists()


def test_files_dropped_on_the_view_are_offered_for_import(
    view: DiscoveredNodesView, desk: Desk, tmp_path: Path
) -> None:
    path = tmp_path / "scan.csv"
    path.write_text("host_name,ip\nnew-1,10.0.0.1\n")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    action, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    entering = QDragEnterEvent(QPoint(9, 9), action, data, left, none)
    view.dragEnterEvent(entering)
    assert entering.isAccepted()
    view.dropEvent(QDropEvent(QPointF(9, 9), action, data, left, none, QEvent.Type.Drop))
    dialog = desk.dialog(ImportNodesDialog)
    desk.until(lambda: [one.format for one in dialog.model.rows] == ["csv"])
