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
from licensedesk.ui.widgets.tree import TreeView


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


def outline(model: TreeModel[Server], parent: QModelIndex | None = None) -> str:
    """`a(b(d)c(e))`."""
    above = parent if parent is not None else QModelIndex()
    text = ""
    for row in range(model.rowCount(above)):
        index = model.index(row, 0, above)
        below = outline(model, index)
        text += index.data() + (f"({below})" if below else "")
    return text


def test_the_model_keeps_qts_rules(model: TreeModel[Server]) -> None:
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.sort(1, Qt.SortOrder.DescendingOrder)
    model.set_rows(SERVERS[:3])
    assert tester.model() is model


def test_rows_stand_under_their_parents(model: TreeModel[Server]) -> None:
    assert outline(model) == "a(b(d)c(e))"
    model.set_rows(SERVERS[2:])
    assert outline(model) == "c(e)d"


def test_rows_are_sorted_among_their_siblings(model: TreeModel[Server]) -> None:
    model.sort(1, Qt.SortOrder.DescendingOrder)
    assert outline(model) == "a(c(e)b(d))"
    assert model.headerData(1, Qt.Orientation.Horizontal) == "Version ↓"


def test_what_is_found_is_shown_with_what_is_above_it(model: TreeModel[Server]) -> None:
    model.show_only({"e"})
    assert outline(model) == "a(c(e))"
    model.show_only(set())
    assert outline(model) == ""
    model.show_only(None)
    assert outline(model) == "a(b(d)c(e))"


def test_what_was_closed_stays_closed_and_the_current_row_stays(
    tree: TreeView[Server], model: TreeModel[Server]
) -> None:
    tree.collapse(model.index_of("b"))
    tree.select_key("e")
    model.set_rows((*SERVERS, Server("f", "b"), Server("0", "a")))
    assert not tree.isExpanded(model.index_of("b"))
    assert tree.isExpanded(model.index_of("a"))
    assert tree.current_row() == SERVERS[4]


def test_a_row_below_closed_ones_can_be_selected(tree: TreeView[Server], model: TreeModel[Server]) -> None:
    tree.collapseAll()
    assert tree.select_key("d")
    assert tree.isExpanded(model.index_of("b"))
    assert not tree.select_key("gone")


def test_copy_and_enter(tree: TreeView[Server], qtbot: QtBot) -> None:
    tree.select_key("d")
    QTest.keyClick(tree, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "d\t2\n"
    with qtbot.waitSignal(tree.activated_row) as told:
        QTest.keyClick(tree, Qt.Key.Key_Return)
    assert told.args == [SERVERS[3]]


def test_dropping_says_what_is_wanted_and_moves_nothing(model: TreeModel[Server], qtbot: QtBot) -> None:
    carried = model.mimeData([model.index_of("d")])
    with qtbot.waitSignal(model.move_wanted) as told:
        done = model.dropMimeData(carried, Qt.DropAction.MoveAction, -1, -1, model.index_of("c"))
    assert told.args == ["d", "c"]
    assert not done
    assert outline(model) == "a(b(d)c(e))"
    with qtbot.assertNotEmitted(model.move_wanted):
        model.dropMimeData(carried, Qt.DropAction.MoveAction, -1, -1, model.index_of("d"))


def test_the_primary_cannot_be_dragged(model: TreeModel[Server]) -> None:
    assert not model.flags(model.index_of("a")) & Qt.ItemFlag.ItemIsDragEnabled
    assert model.flags(model.index_of("b")) & Qt.ItemFlag.ItemIsDragEnabled


def test_columns_are_remembered(tree: TreeView[Server], qtbot: QtBot, tmp_path: Path) -> None:
    settings = QSettings(str(tmp_path / "desk.ini"), QSettings.Format.IniFormat)
    tree.remember(settings, "servers")
    tree.header().sectionClicked.emit(1)
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
