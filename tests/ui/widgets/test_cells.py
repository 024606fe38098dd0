from __future__ import annotations

import sys

import pytest
from PySide6.QtCore import QModelIndex, QPersistentModelIndex
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyleOptionViewItem
from pytestqt.qtbot import QtBot

from licensedesk.ui.guard import guarded
from licensedesk.ui.item_models.rows import Column, RowsModel
from licensedesk.ui.theme import Theme
from licensedesk.ui.widgets.cells import CellDelegate
from licensedesk.ui.widgets.table import TableView


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """What reached the hook in which every fault ends."""
    found: list[BaseException] = []
    monkeypatch.setattr(sys, "excepthook", lambda _kind, error, _trace: found.append(error))
    return found


def shown(qtbot: QtBot) -> TableView[int]:
    """Eight rows, of which one cannot be painted: it divides by zero."""
    columns: tuple[Column[int], ...] = (
        Column(key="row", title="Row", text=str),
        Column(key="part", title="Part", text=lambda row: str(12 // row)),
    )
    model = RowsModel[int](columns, key=lambda row: row)
    table = TableView(model, name="Parts")
    qtbot.addWidget(table)
    table.resize(400, 300)
    model.set_rows([4, 3, 0, 1, 2])
    return table


def test_a_cell_that_cannot_be_painted_is_told_and_the_others_are_painted(
    qtbot: QtBot, theme: Theme, told: list[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    painted: list[str] = []
    paint_text = CellDelegate._paint_text

    def note(self: CellDelegate, *given: object) -> None:
        paint_text(self, *given)  # type: ignore[arg-type]
        painted.append(given[2].text)  # type: ignore[attr-defined]

    monkeypatch.setattr(CellDelegate, "_paint_text", note)
    shown(qtbot).grab()
    assert painted == ["4", "3", "3", "4", "0", "1", "12", "2", "6"]
    assert [type(error) for error in told] == [ZeroDivisionError]


def test_what_a_cell_cannot_tell_is_told_as_a_fault(
    qtbot: QtBot, theme: Theme, told: list[BaseException]
) -> None:
    model = shown(qtbot).rows_model
    assert [model.index(row, 1).data() for row in range(5)] == ["3", "4", None, "12", "6"]
    assert [type(error) for error in told] == [ZeroDivisionError]


def test_a_fault_of_a_delegate_does_not_reach_what_qt_asks_next(
    qtbot: QtBot, theme: Theme, told: list[BaseException]
) -> None:
    """PySide would have kept it, and answered the count of rows with it."""

    class Broken(CellDelegate):
        @guarded(None)
        def paint(
            self,
            _painter: QPainter,
            _option: QStyleOptionViewItem,
            index: QModelIndex | QPersistentModelIndex,
        ) -> None:
            raise KeyError(index.row())

    table = shown(qtbot)
    table.setItemDelegate(Broken(table))
    table.grab()
    assert [str(error) for error in told] == [str(row) for row in range(5) for _ in range(2)]
