"""Which columns a table shows: the menu of its header, and the settings that remember it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

from PySide6.QtCore import QObject, QSettings, Qt, QTimer
from PySide6.QtWidgets import QMenu

if TYPE_CHECKING:
    from licensedesk.ui.widgets.table import TableView
    from licensedesk.ui.widgets.tree import TreeView

    AnyView: TypeAlias = TableView[Any] | TreeView[Any]

_WRITE_AFTER_MS = 400
LEAST_STRETCH = 0.7
"""Of its width a stretching column keeps when others need room; only then the table scrolls sideways."""


def header_menu(table: AnyView) -> QMenu:
    """Over the header; belongs to the caller."""
    menu = QMenu(table)
    fill_with_columns(menu, table)
    menu.aboutToHide.connect(menu.deleteLater)
    return menu


def fill_with_columns(menu: QMenu, table: AnyView) -> None:
    """One checkable entry a column; the last one shown cannot be hidden."""
    shown = [at for at in range(len(table.rows_model.columns)) if not table.isColumnHidden(at)]
    for place, column in enumerate(table.rows_model.columns):
        entry = menu.addAction(column.title)
        entry.setCheckable(True)
        entry.setChecked(place in shown)
        entry.setEnabled(shown != [place])
        entry.toggled.connect(lambda on, at=place: table.setColumnHidden(at, not on))


class ColumnMemory(QObject):
    """Keeps order, widths, hidden columns and sort order by the columns' keys.

    Written a moment after the last change, since dragging a header's edge is hundreds of changes.
    """

    def __init__(self, table: AnyView, settings: QSettings, place: str) -> None:
        super().__init__(table)
        self._table = table
        self._settings = settings
        self._place = f"columns/{place}"
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_WRITE_AFTER_MS)
        self._timer.timeout.connect(self.write)
        header = table.horizontalHeader()
        header.sectionMoved.connect(self._timer.start)
        header.sectionResized.connect(self._timer.start)
        table.rows_model.sorted_by.connect(self._timer.start)

    def write(self) -> None:
        header = self._table.horizontalHeader()
        model = self._table.rows_model
        columns = [model.columns[header.logicalIndex(at)] for at in range(header.count())]
        state = {
            "order": [one.key for one in columns],
            "hidden": [one.key for at, one in enumerate(model.columns) if header.isSectionHidden(at)],
            "widths": {
                one.key: header.sectionSize(at)
                for at, one in enumerate(model.columns)
                if not header.isSectionHidden(at)
            },
            "sort": [model.sort_column, model.descending],
        }
        self._settings.setValue(self._place, json.dumps(state))

    def restore(self) -> None:
        """Columns that are new since are left where they are; unreadable settings are ignored."""
        state = self._read()
        if not state:
            return
        header = self._table.horizontalHeader()
        places = {one.key: at for at, one in enumerate(self._table.rows_model.columns)}
        for target, key in enumerate(one for one in state.get("order", []) if one in places):
            header.moveSection(header.visualIndex(places[key]), target)
        for key, width in state.get("widths", {}).items():
            if key in places and isinstance(width, int):
                self._table.setColumnWidth(places[key], width)
        for key, place in places.items():
            self._table.setColumnHidden(place, key in state.get("hidden", []))
        key, descending = state.get("sort", [None, False])
        if key in places:
            order = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
            self._table.rows_model.sort(places[key], order)

    def _read(self) -> dict[str, Any]:
        try:
            state = json.loads(str(self._settings.value(self._place, "{}")))
        except ValueError:
            return {}
        return state if isinstance(state, dict) else {}
