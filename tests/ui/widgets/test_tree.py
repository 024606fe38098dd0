from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, QSettings, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester, QTest
from pytestqt.qtbot import QtBot

from licensedesk.ui.item_models.rows import Column
from licensedesk.ui.item_models.tree import TreeModel
from licensedesk.ui.theme import Theme
from licensedesk.ui.widgets.tree import TreeView, arrow_left
from tests.ui import outlines


@dataclass(frozen=True)
class Server:
    name: str
    parent: str | None
    version: int = 1


SERVERS = (
    Server("a", None, 9),
    Server("b", "a", 3),
    Server("c", "a", 7),
    Server("d", "b", 2),
    Server("e", "c", 1),
)
COLUMNS: tuple[Column[Server], ...] = (
    Column(key="name", title="Server", text=lambda s: s.name, stretch=True),
    Column(
        key="version", title="Version", text=lambda s: str(s.version), sort=lambda s: s.version, number=True
    ),
)


@pytest.fixture
def model(qtbot: QtBot) -> TreeModel[Server]:
    made = TreeModel(
        COLUMNS, key=lambda s: s.name, parent_key=lambda s: s.parent, movable=lambda s: s.parent is not None
    )
    made.set_rows(SERVERS)
    return made


@pytest.fixture
def tree(qtbot: QtBot, theme: Theme, model: TreeModel[Server]) -> TreeView[Server]:
    made = TreeView(model, name="Servers")
    qtbot.addWidget(made)
    made.resize(500, 300)
    made.show()
    model.set_rows(SERVERS)
    return made


def outline(model: TreeModel[Server]) -> str:
    return outlines.outline(model, lambda server: server.name)


def index_of(model: TreeModel[Server], name: str) -> QModelIndex:
    place = model.place_of(name)
    assert place is not None
    return model.index(place, 0)


def server(name: str) -> Server:
    return next(one for one in SERVERS if one.name == name)


def test_the_model_keeps_qts_rules(model: TreeModel[Server]) -> None:
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.sort(1, Qt.SortOrder.DescendingOrder)
    model.set_open("b", wanted=False)
    model.set_open("b", wanted=True)
    model.close_all()
    model.reveal("d")
    model.set_rows(SERVERS[:3])
    assert tester.model() is model


def test_rows_stand_under_their_parents(model: TreeModel[Server]) -> None:
    assert outline(model) == "a (b (d) c (e))"
    model.set_rows(SERVERS[2:])
    assert outline(model) == "c (e) d"


def test_rows_are_sorted_among_their_siblings(model: TreeModel[Server]) -> None:
    model.sort(1, Qt.SortOrder.DescendingOrder)
    assert outline(model) == "a (c (e) b (d))"
    assert model.headerData(1, Qt.Orientation.Horizontal) == "Version ↓"


def test_what_is_found_is_shown_with_what_is_above_it(model: TreeModel[Server]) -> None:
    model.show_only({"e"})
    assert outline(model) == "a (c (e))"
    model.show_only(set())
    assert outline(model) == ""
    model.show_only(None)
    assert outline(model) == "a (b (d) c (e))"


def test_what_was_closed_stays_closed_and_the_current_row_stays(
    tree: TreeView[Server], model: TreeModel[Server]
) -> None:
    model.set_open("b", wanted=False)
    tree.select_key("e")
    model.set_rows((*SERVERS, Server("f", "b"), Server("0", "a")))
    assert outline(model) == "a (b c (e) 0)"
    assert tree.current_row() == SERVERS[4]


def test_a_row_below_closed_ones_can_be_selected(tree: TreeView[Server], model: TreeModel[Server]) -> None:
    model.close_all()
    assert tree.select_key("d")
    assert outline(model) == "a (b (d) c)"
    assert not tree.select_key("gone")


def test_copy_and_enter(tree: TreeView[Server], qtbot: QtBot) -> None:
    tree.select_key("d")
    QTest.keyClick(tree, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "d\t2\n"
    with qtbot.waitSignal(tree.activated_row) as told:
        QTest.keyClick(tree, Qt.Key.Key_Return)
    assert told.args == [SERVERS[3]]


def test_dropping_says_what_is_wanted_and_moves_nothing(model: TreeModel[Server], qtbot: QtBot) -> None:
    carried = model.mimeData([index_of(model, "d")])
    with qtbot.waitSignal(model.move_wanted) as told:
        done = model.dropMimeData(carried, Qt.DropAction.MoveAction, -1, -1, index_of(model, "c"))
    assert told.args == ["d", "c"]
    assert not done
    assert outline(model) == "a (b (d) c (e))"
    with qtbot.assertNotEmitted(model.move_wanted):
        model.dropMimeData(carried, Qt.DropAction.MoveAction, -1, -1, index_of(model, "d"))


def test_the_primary_cannot_be_dragged(model: TreeModel[Server]) -> None:
    assert not model.flags(index_of(model, "a")) & Qt.ItemFlag.ItemIsDragEnabled
    assert model.flags(index_of(model, "b")) & Qt.ItemFlag.ItemIsDragEnabled


def test_columns_are_remembered(tree: TreeView[Server], qtbot: QtBot, tmp_path: Path) -> None:
    settings = QSettings(str(tmp_path / "desk.ini"), QSettings.Format.IniFormat)
    tree.remember(settings, "servers")
    tree.horizontalHeader().sectionClicked.emit(1)
    tree.setColumnWidth(1, 177)
    qtbot.waitUntil(lambda: bool(settings.value("columns/servers")))
    other = TreeView(TreeModel(COLUMNS, key=lambda s: s.name, parent_key=lambda s: s.parent), name="Servers")
    qtbot.addWidget(other)
    other.remember(settings, "servers")
    assert other.columnWidth(1) == 177
    assert other.rows_model.sort_column == "version"


def test_an_empty_tree_says_what_to_do_first(tree: TreeView[Server], model: TreeModel[Server]) -> None:
    tree.say_when_empty("No servers yet.", "Add a Server…")
    model.set_rows(())
    assert tree.empty.isVisible()


def test_a_large_tree_is_opened_to_its_second_level(model: TreeModel[Server]) -> None:
    new: TreeModel[Server] = TreeModel(COLUMNS, key=lambda s: s.name, parent_key=lambda s: s.parent)
    new.set_rows([*SERVERS, Server("f", "d"), *(Server(f"leaf-{at}", "d") for at in range(300))])
    assert outline(new) == "a (b (d) c (e))"


def test_one_is_opened_and_closed_by_its_arrow(tree: TreeView[Server], model: TreeModel[Server]) -> None:
    tree.select_key("e")
    middle = tree.visualRect(index_of(model, "b")).center()
    middle.setX(arrow_left(1) + 8)
    QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    assert outline(model) == "a (b c (e))"
    QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    assert outline(model) == "a (b (d) c (e))"
    assert tree.current_row() == server("e")
    middle.setX(arrow_left(1) + 60)
    QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    assert outline(model) == "a (b (d) c (e))"
    assert tree.current_row() == server("b")


@pytest.mark.parametrize(
    ("begin", "keys", "end", "shown"),
    [
        ("d", [Qt.Key.Key_Left], "b", "a (b (d) c (e))"),
        ("d", [Qt.Key.Key_Left, Qt.Key.Key_Left], "b", "a (b c (e))"),
        ("d", [Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Left], "a", "a (b c (e))"),
        ("b", [Qt.Key.Key_Minus, Qt.Key.Key_Plus], "b", "a (b (d) c (e))"),
        ("b", [Qt.Key.Key_Minus, Qt.Key.Key_Right], "b", "a (b (d) c (e))"),
        ("b", [Qt.Key.Key_Right], "d", "a (b (d) c (e))"),
        ("a", [Qt.Key.Key_Left], "a", "a"),
        ("a", [Qt.Key.Key_Left, Qt.Key.Key_Left], "a", "a"),
        ("e", [Qt.Key.Key_Right, Qt.Key.Key_Plus], "e", "a (b (d) c (e))"),
    ],
)
def test_keys_open_and_close_and_walk(
    tree: TreeView[Server],
    begin: str,
    keys: list[Qt.Key],
    end: str,
    shown: str,
) -> None:
    tree.select_key(begin)
    for key in keys:
        QTest.keyClick(tree, key)
    assert tree.selected_rows() == [server(end)]
    assert outline(tree.rows_model) == shown


def test_the_asterisk_opens_all_below(tree: TreeView[Server], model: TreeModel[Server]) -> None:
    model.close_all()
    tree.select_key("a")
    QTest.keyClick(tree, Qt.Key.Key_Asterisk)
    assert outline(model) == "a (b (d) c (e))"


def test_what_is_closed_over_the_current_row_takes_its_place(
    tree: TreeView[Server], model: TreeModel[Server]
) -> None:
    tree.select_key("d")
    tree.set_open(0, wanted=False)
    assert tree.selected_rows() == [server("a")]
    tree.select_key("d")
    model.close_all()
    assert tree.selected_rows() == [server("a")]


def test_what_a_search_leaves_out_is_not_replaced(tree: TreeView[Server], model: TreeModel[Server]) -> None:
    tree.select_key("d")
    model.show_only({"e"})
    assert tree.selected_rows() == []
    model.set_open("c", wanted=False)
    model.show_only(None)
    assert outline(model) == "a (b (d) c (e))"


def test_level_and_state_are_read_aloud(model: TreeModel[Server]) -> None:
    def spoken(name: str) -> object:
        return index_of(model, name).data(Qt.ItemDataRole.AccessibleTextRole)

    assert spoken("d") == "Server: d, level 3"
    assert spoken("b") == "Server: b, level 2, open"
    model.set_open("b", wanted=False)
    assert spoken("b") == "Server: b, level 2, closed"


def test_thousands_are_selected_at_once(tree: TreeView[Server], model: TreeModel[Server]) -> None:
    """A tree of Qt's takes minutes for it: it selects under each parent apart."""
    model.set_rows(
        [Server("a", None), *(Server(f"{at}", "a" if at < 50 else f"{at % 50}") for at in range(3_000))]
    )
    model.open_all()
    tree.selectAll()
    assert tree.selected_count() == 3_001
