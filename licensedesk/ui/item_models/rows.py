"""Columns as declarations, and the small model: all rows in memory, sorted by a column."""

from __future__ import annotations

import html
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal

from licensedesk.core.names import visible
from licensedesk.ui.guard import guarded
from licensedesk.ui.widgets.bars import Bar
from licensedesk.ui.widgets.chips import Chip

RowT = TypeVar("RowT")
AnyIndex = QModelIndex | QPersistentModelIndex
SortRole = Qt.ItemDataRole.UserRole + 1
NO_INDEX = QModelIndex()
# Put together once: each cell that is painted asks for one.
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Generic[RowT]):
    """One column. `key` names it in remembered settings and in what a provider is asked to sort by.

    `text` is what is shown, copied and read aloud; `chip` or `bar` only change how it is painted.
    """

    key: str
    title: str
    text: Callable[[RowT], str]
    sort: Callable[[RowT], Any] | None = None
    sortable: bool = True
    number: bool = False
    muted: bool = False
    chip: Callable[[RowT], Chip | None] | None = None
    bar: Callable[[RowT], Bar] | None = None
    tooltip: Callable[[RowT], str] | None = None
    width: int = 120
    stretch: bool = False
    hidden: bool = False

    @property
    def alignment(self) -> Qt.AlignmentFlag:
        return RIGHT if self.number or self.bar else LEFT


@dataclass(frozen=True, slots=True)
class Cell:
    """What the delegate paints; `loading` while the row has not been read."""

    text: str
    alignment: Qt.AlignmentFlag
    muted: bool = False
    chip: Chip | None = None
    bar: Bar | None = None
    loading: bool = False


class ColumnsModel(QAbstractTableModel, Generic[RowT]):
    """What the in-memory and the paged model share: cells of rows by declared columns."""

    sorted_by = Signal(str, bool)
    """Key of the column and whether descending, after a sort was asked for."""

    def __init__(self, columns: Sequence[Column[RowT]], *, key: Callable[[RowT], Hashable]) -> None:
        super().__init__()
        self.columns = tuple(columns)
        self.key = key
        self.sort_column: str | None = None
        self.descending = False

    @property
    def loaded(self) -> bool:
        """False until rows were given the first time: nothing is known, which is not the same as empty."""
        raise NotImplementedError

    def row_at(self, row: int) -> RowT | None:
        """The row, or None while it is not loaded."""
        raise NotImplementedError

    def loaded_rows(self) -> Iterator[tuple[int, RowT]]:
        """Row number and row of everything in memory."""
        raise NotImplementedError

    def in_order(self, rows: Sequence[RowT]) -> list[RowT]:
        """Stable, so that equal values keep the order given; None sorts before everything else."""
        column = next((one for one in self.columns if one.key == self.sort_column), None)
        if column is None:
            return list(rows)

        def place(row: RowT) -> tuple[bool, Any]:
            value = sort_value(column, row)
            return (value is not None, value)

        return sorted(rows, key=place, reverse=self.descending)

    def columnCount(self, parent: AnyIndex = NO_INDEX) -> int:  # noqa: N802 - the name is Qt's
        return 0 if parent.isValid() else len(self.columns)

    def cell_at(self, index: AnyIndex) -> Cell:
        """For the delegate."""
        return self.cell(index.row(), index.column())

    def cell(self, row: int, column: int) -> Cell:
        shown = self.columns[column]
        value = self.row_at(row)
        return Cell("", shown.alignment, loading=True) if value is None else cell_of(shown, value)

    @guarded(None)
    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        return data_of(self.columns[index.column()], self.row_at(index.row()), role)

    @guarded(None)
    def headerData(  # noqa: N802 - the name is Qt's
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        column = self.columns[section]
        down = self.descending if column.key == self.sort_column else None
        return heading_of(column, role, descending=down)


def cell_of(column: Column[RowT], row: RowT) -> Cell:
    return Cell(
        visible(column.text(row)),
        column.alignment,
        muted=column.muted,
        chip=column.chip(row) if column.chip else None,
        bar=column.bar(row) if column.bar else None,
    )


def data_of(column: Column[RowT], row: RowT | None, role: int) -> Any:
    """What Qt asks of a cell; the row is None while it is not loaded."""
    if role == Qt.ItemDataRole.TextAlignmentRole:
        return column.alignment
    read = _READ.get(role)
    return None if row is None or read is None else read(column, row)


def heading_of(column: Column[RowT], role: int, *, descending: bool | None) -> Any:
    """`descending` is None where the rows are not sorted by this column."""
    if role == Qt.ItemDataRole.AccessibleTextRole:
        return column.title
    if role == Qt.ItemDataRole.TextAlignmentRole:
        return column.alignment
    if role != Qt.ItemDataRole.DisplayRole:
        return None
    # Beside the word, where the style's own arrow would stand at the far edge of a wide column.
    arrow = "" if descending is None else (" ↓" if descending else " ↑")
    return column.title + arrow


def _tooltip(column: Column[RowT], row: RowT) -> str | None:
    """Escaped: Qt would read foreign text that looks like HTML as HTML."""
    return html.escape(visible(column.tooltip(row))) or None if column.tooltip else None


def sort_value(column: Column[RowT], row: RowT) -> Any:
    return column.sort(row) if column.sort else column.text(row).casefold()


_READ: dict[int, Callable[[Column[Any], Any], Any]] = {
    Qt.ItemDataRole.DisplayRole: lambda column, row: visible(column.text(row)),
    Qt.ItemDataRole.AccessibleTextRole: lambda column, row: f"{column.title}: {visible(column.text(row))}",
    Qt.ItemDataRole.ToolTipRole: _tooltip,
    SortRole: sort_value,
}


class RowsModel(ColumnsModel[RowT]):
    """All rows in memory: for ranges, relays, keys, terms - up to some ten thousand."""

    def __init__(self, columns: Sequence[Column[RowT]], *, key: Callable[[RowT], Hashable]) -> None:
        super().__init__(columns, key=key)
        self._rows: list[RowT] = []
        self._loaded = False

    @property
    def loaded(self) -> bool:
        return self._loaded

    @property
    def rows(self) -> Sequence[RowT]:
        """In the order shown."""
        return tuple(self._rows)

    def set_rows(self, rows: Sequence[RowT]) -> None:
        """Replace all; the view keeps selection and place by key."""
        self.beginResetModel()
        self._rows = self.in_order(rows)
        self._loaded = True
        self.endResetModel()

    def row_at(self, row: int) -> RowT | None:
        return self._rows[row]

    def loaded_rows(self) -> Iterator[tuple[int, RowT]]:
        return enumerate(self._rows)

    def rowCount(self, parent: AnyIndex = NO_INDEX) -> int:  # noqa: N802 - the name is Qt's
        return 0 if parent.isValid() else len(self._rows)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if not 0 <= column < len(self.columns) or not self.columns[column].sortable:
            return
        self.sort_column = self.columns[column].key
        self.descending = order == Qt.SortOrder.DescendingOrder
        self.beginResetModel()
        self._rows = self.in_order(self._rows)
        self.endResetModel()
        self.sorted_by.emit(self.sort_column, self.descending)
