from __future__ import annotations

from dataclasses import dataclass

import pytest
from PySide6.QtCore import QModelIndex, Qt
from pytestqt.qtbot import QtBot

from licensedesk.ui.item_models.rows import Column, RowsModel, SortRole


@dataclass(frozen=True)
class Relay:
    name: str
    held: int | None


RELAYS = (Relay("c", 40), Relay("d", 10), Relay("f", None), Relay("B", 40))
COLUMNS: tuple[Column[Relay], ...] = (
    Column(key="name", title="Relay", text=lambda r: r.name, tooltip=lambda r: f"<b>{r.name}</b>"),
    Column(key="held", title="Held", text=lambda r: str(r.held), sort=lambda r: r.held, number=True),
    Column(key="note", title="Note", text=lambda _: "", sortable=False),
)


@pytest.fixture
def model(qtbot: QtBot) -> RowsModel[Relay]:
    made = RowsModel(COLUMNS, key=lambda r: r.name)
    made.set_rows(RELAYS)
    return made


def names(model: RowsModel[Relay]) -> str:
    return "".join(row.name for row in model.rows)


def test_it_is_not_loaded_until_rows_were_given(qtbot: QtBot) -> None:
    model = RowsModel(COLUMNS, key=lambda r: r.name)
    assert not model.loaded
    assert model.rowCount() == 0
    model.set_rows(())
    assert model.loaded


@pytest.mark.parametrize(
    ("column", "order", "expected"),
    [
        (0, Qt.SortOrder.AscendingOrder, "Bcdf"),
        (0, Qt.SortOrder.DescendingOrder, "fdcB"),
        (1, Qt.SortOrder.AscendingOrder, "fdcB"),
        (1, Qt.SortOrder.DescendingOrder, "cBdf"),
        (2, Qt.SortOrder.AscendingOrder, "cdfB"),
        (-1, Qt.SortOrder.AscendingOrder, "cdfB"),
    ],
    ids=["text", "text down", "number, none first", "number down, stable", "not sortable", "no column"],
)
def test_sorting(model: RowsModel[Relay], column: int, order: Qt.SortOrder, expected: str) -> None:
    model.sort(column, order)
    assert names(model) == expected


def test_new_rows_come_in_the_order_that_was_chosen(model: RowsModel[Relay]) -> None:
    model.sort(1)
    model.set_rows((Relay("x", 5), Relay("y", 1)))
    assert names(model) == "yx"


def test_the_heading_of_the_sorted_column_has_an_arrow(model: RowsModel[Relay]) -> None:
    model.sort(1, Qt.SortOrder.DescendingOrder)
    assert model.headerData(1, Qt.Orientation.Horizontal) == "Held ↓"
    assert model.headerData(0, Qt.Orientation.Horizontal) == "Relay"
    assert model.headerData(1, Qt.Orientation.Horizontal, Qt.ItemDataRole.AccessibleTextRole) == "Held"
    assert model.headerData(0, Qt.Orientation.Vertical) is None


def test_roles_of_a_cell(model: RowsModel[Relay]) -> None:
    index = model.index(0, 1)
    assert index.data() == "40"
    assert index.data(SortRole) == 40
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "Held: 40"
    assert Qt.AlignmentFlag(index.data(Qt.ItemDataRole.TextAlignmentRole)) & Qt.AlignmentFlag.AlignRight
    assert index.data(Qt.ItemDataRole.DecorationRole) is None
    assert model.data(QModelIndex()) is None
    assert model.rowCount(index) == model.columnCount(index) == 0


def test_foreign_text_is_shown_plain_and_with_its_invisible_characters(model: RowsModel[Relay]) -> None:
    model.set_rows((Relay("a\u202egnp", 1),))
    assert model.index(0, 0).data() == "a\\u202egnp"
    assert model.cell(0, 0).text == "a\\u202egnp"
    assert model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole) == "&lt;b&gt;a\\u202egnp&lt;/b&gt;"
