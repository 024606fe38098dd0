"""Context menus that are open while what they belong to goes, as a dialog does when its action has ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import pytest
import shiboken6
from PySide6.QtCore import QPoint, QTimer
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from licensedesk.ui.item_models.rows import Column, RowsModel
from licensedesk.ui.item_models.tree import TreeModel
from licensedesk.ui.theme import Theme
from licensedesk.ui.widgets.table import TableView
from licensedesk.ui.widgets.tree import TreeView


@dataclass(frozen=True)
class Server:
    name: str


COLUMNS: tuple[Column[Server], ...] = (Column(key="name", title="Server", text=lambda one: one.name),)
Rows: TypeAlias = TableView[Server] | TreeView[Server]


def table() -> Rows:
    model: RowsModel[Server] = RowsModel(COLUMNS, key=lambda one: one.name)
    model.set_rows([Server("a")])
    return TableView(model, name="Servers")


def tree() -> Rows:
    model: TreeModel[Server] = TreeModel(COLUMNS, key=lambda one: one.name, parent_key=lambda _one: None)
    model.set_rows([Server("a")])
    return TreeView(model, name="Servers")


def rows_of(made: Rows) -> QWidget:
    return made.viewport()


def header_of(made: Rows) -> QWidget:
    return made.horizontalHeader().viewport()


def menus() -> list[QMenu]:
    return [one for one in QApplication.topLevelWidgets() if isinstance(one, QMenu) and one.isVisible()]


@pytest.mark.parametrize("make", [table, tree])
@pytest.mark.parametrize("surface_of", [rows_of, header_of])
def test_a_menu_goes_with_what_it_belongs_to(
    qtbot: QtBot, theme: Theme, make: Callable[[], Rows], surface_of: Callable[[Rows], QWidget]
) -> None:
    holder = QWidget()
    made = make()
    QVBoxLayout(holder).addWidget(made)
    holder.show()
    surface = surface_of(made)
    seen: list[int] = []

    def go() -> None:
        seen.append(len(menus()))
        shiboken6.delete(holder)

    QTimer.singleShot(0, go)
    at = QPoint(5, 5)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, surface.mapToGlobal(at))
    QApplication.sendEvent(surface, event)
    qtbot.waitUntil(lambda: not shiboken6.isValid(holder))
    assert seen == [1]
    assert menus() == []
