"""Rows of which one column is edited in place; what is typed goes to the page, never into the model."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from PySide6.QtCore import Qt

from licensedesk.ui.item_models.rows import AnyIndex, Column, RowsModel, RowT


class EditableRowsModel(RowsModel[RowT]):
    """`edited` is the key of the column that has an editor."""

    def __init__(
        self, columns: Sequence[Column[RowT]], *, key: Callable[[RowT], Hashable], edited: str
    ) -> None:
        super().__init__(columns, key=key)
        self.edited = next(at for at, column in enumerate(columns) if column.key == edited)

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        flags = super().flags(index)
        editable = index.isValid() and index.column() == self.edited
        return flags | Qt.ItemFlag.ItemIsEditable if editable else flags

    def update_rows(self, rows: Sequence[RowT]) -> None:
        """New values of the same rows: order, selection and an open editor stay as they are."""
        values = {self.key(row): row for row in rows}
        self._rows = [values[self.key(row)] for row in self._rows]
        if self._rows:
            last = self.index(len(self._rows) - 1, len(self.columns) - 1)
            self.dataChanged.emit(self.index(0, 0), last)
