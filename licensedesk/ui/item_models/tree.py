"""Rows that stand under each other: the tree of servers, by the same columns as the tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from typing import Any

from PySide6.QtCore import QCoreApplication, QMimeData, QModelIndex, Qt, Signal

from licensedesk.ui.guard import guarded
from licensedesk.ui.item_models.rows import NO_INDEX, AnyIndex, Column, ColumnsModel, RowT

_MIME = "application/x-licensedesk-rows"
_OPEN_AT_FIRST = 300
"""A tree with more rows is opened down to its second level only."""


class TreeModel(ColumnsModel[RowT]):
    """A table of the rows that can be seen: those under a closed row are left out of it.

    A tree of Qt's own asks for every row of all branches, in Python, whenever they change: of 10,000 servers
    that takes it a quarter of a second, and minutes when all are selected.

    `parent_key` gives the key of the row above, or None; rows whose parent is not given stand at the top.
    """

    move_wanted = Signal(object, object)
    """Key of the row that was dragged, and of the row it was dropped on; nothing has been moved yet."""

    def __init__(
        self,
        columns: Sequence[Column[RowT]],
        *,
        key: Callable[[RowT], Hashable],
        parent_key: Callable[[RowT], Hashable | None],
        movable: Callable[[RowT], bool] | None = None,
        takes: Callable[[RowT], bool] | None = None,
    ) -> None:
        """`movable` rows can be dragged, onto those that `takes` allows (without it, onto any)."""
        super().__init__(columns, key=key)
        self._parent_key = parent_key
        self._movable = movable
        self._takes = takes
        self._dragged: Hashable = None
        self._all: tuple[RowT, ...] = ()
        self._only: frozenset[Hashable] | None = None
        self._closed: set[Hashable] = set()
        self._closed_before: set[Hashable] | None = None
        self._below: dict[Hashable | None, list[RowT]] = {}
        self._parents: dict[Hashable, Hashable | None] = {}
        self._shown: list[tuple[RowT, int]] = []
        self._places: dict[Hashable, int] = {}
        self._loaded = False

    # -- rows --------------------------------------------------------------------------------------
    @property
    def loaded(self) -> bool:
        return self._loaded

    def set_rows(self, rows: Sequence[RowT]) -> None:
        """Replace all; what was closed stays so, what is new is open."""
        self.beginResetModel()
        self._all = tuple(rows)
        self._build()
        if not self._loaded and len(rows) > _OPEN_AT_FIRST:
            self._closed = {self.key(row) for row, depth in self._shown if depth > 1 and self.has_below(row)}
            self._lay_out()
        self._loaded = True
        self.endResetModel()

    def show_only(self, keys: Collection[Hashable] | None) -> None:
        """These rows and the ones above them, all open; None shows all, as open as they were before."""
        self.beginResetModel()
        if self._only is None:
            self._closed_before = self._closed
        self._closed = set() if keys is not None else self._closed_before or set()
        self._only = None if keys is None else frozenset(keys)
        self._build()
        self.endResetModel()

    def row_at(self, row: int) -> RowT | None:
        return self._shown[row][0]

    def loaded_rows(self) -> Iterator[tuple[int, RowT]]:
        """All that are shown."""
        return ((at, row) for at, (row, _depth) in enumerate(self._shown))

    def place_of(self, key: Hashable) -> int | None:
        """Where the row stands among those shown."""
        return self._places.get(key)

    def depth_at(self, place: int) -> int:
        """0 at the top."""
        return self._shown[place][1]

    def has_below(self, row: RowT) -> bool:
        return self.key(row) in self._below

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Among the rows of the same parent."""
        if not 0 <= column < len(self.columns) or not self.columns[column].sortable:
            return
        self.sort_column = self.columns[column].key
        self.descending = order == Qt.SortOrder.DescendingOrder
        self.beginResetModel()
        self._build()
        self.endResetModel()
        self.sorted_by.emit(self.sort_column, self.descending)

    def _build(self) -> None:
        rows = self.in_order(self._wanted())
        given = {self.key(row): self._parent_key(row) for row in rows}
        self._parents = {key: above if above in given else None for key, above in given.items()}
        below: dict[Hashable | None, list[RowT]] = defaultdict(list)
        for row, above in zip(rows, self._parents.values(), strict=True):
            below[above].append(row)
        self._below = dict(below)
        self._lay_out()

    def _wanted(self) -> Sequence[RowT]:
        if self._only is None:
            return self._all
        parents = {self.key(row): self._parent_key(row) for row in self._all}
        shown: set[Hashable] = set()
        for key in self._only:
            above: Hashable | None = key
            while above is not None and above in parents and above not in shown:
                shown.add(above)
                above = parents[above]
        return [row for row in self._all if self.key(row) in shown]

    def _lay_out(self) -> None:
        self._shown = self._under(None, 0)
        self._number()

    def _number(self) -> None:
        self._places = {self.key(row): at for at, (row, _depth) in enumerate(self._shown)}

    def _under(self, key: Hashable | None, depth: int) -> list[tuple[RowT, int]]:
        """The rows under one, as far as they are open, each with its depth."""
        found: list[tuple[RowT, int]] = []
        waiting = [(row, depth) for row in reversed(self._below.get(key, ()))]
        while waiting:
            row, level = waiting.pop()
            found.append((row, level))
            name = self.key(row)
            if name in self._below and name not in self._closed:
                waiting += [(one, level + 1) for one in reversed(self._below[name])]
        return found

    # -- opening -----------------------------------------------------------------------------------
    def is_open(self, row: RowT) -> bool:
        return self.has_below(row) and self.key(row) not in self._closed

    def set_open(self, key: Hashable, *, wanted: bool) -> None:
        """Show or hide what stands under a row that is shown."""
        at = self._places.get(key)
        if at is None or key not in self._below or wanted == (key not in self._closed):
            return
        (self._closed.discard if wanted else self._closed.add)(key)
        depth = self._shown[at][1]
        if wanted:
            new = self._under(key, depth + 1)
            self.beginInsertRows(NO_INDEX, at + 1, at + len(new))
            self._shown[at + 1 : at + 1] = new
            self._number()
            self.endInsertRows()
        else:
            end = at + 1
            while end < len(self._shown) and self._shown[end][1] > depth:
                end += 1
            self.beginRemoveRows(NO_INDEX, at + 1, end - 1)
            del self._shown[at + 1 : end]
            self._number()
            self.endRemoveRows()
        self.dataChanged.emit(self.index(at, 0), self.index(at, 0))

    def open_all(self) -> None:
        self._set_closed(set())

    def close_all(self) -> None:
        self._set_closed({key for key in self._below if key is not None})

    def _set_closed(self, closed: set[Hashable]) -> None:
        self.beginResetModel()
        self._closed = closed
        self._lay_out()
        self.endResetModel()

    def open_below(self, key: Hashable) -> None:
        """A row, and all that stand under it."""
        closed = set(self._closed)
        waiting = [key]
        while waiting:
            name = waiting.pop()
            closed.discard(name)
            waiting += [self.key(row) for row in self._below.get(name, ())]
        self._set_closed(closed)

    def reveal(self, key: Hashable) -> bool:
        """Open all that stand above the row; False where it is not among those to be shown."""
        if key not in self._parents:
            return False
        for above in reversed(self.above(key)):
            self.set_open(above, wanted=True)
        return True

    def above(self, key: Hashable) -> list[Hashable]:
        """The keys of the rows above it, the nearest first; none where it is not among those to be shown."""
        way: list[Hashable] = []
        above = self._parents.get(key)
        while above is not None:
            way.append(above)
            above = self._parents[above]
        return way

    # -- Qt ----------------------------------------------------------------------------------------
    def rowCount(self, parent: AnyIndex = NO_INDEX) -> int:  # noqa: N802 - the name is Qt's
        return 0 if parent.isValid() else len(self._shown)

    @guarded(None)
    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        found = super().data(index, role)
        if role == Qt.ItemDataRole.AccessibleTextRole and index.isValid() and index.column() == 0:
            return f"{found}, {self._spoken(index.row())}"
        return found

    def _spoken(self, place: int) -> str:
        """What the indentation and the arrow say."""
        translate = QCoreApplication.translate
        row, depth = self._shown[place]
        words = translate("Tree", "level {0}").format(depth + 1)
        if not self.has_below(row):
            return words
        return f"{words}, {translate('Tree', 'open') if self.is_open(row) else translate('Tree', 'closed')}"

    # -- dragging ----------------------------------------------------------------------------------
    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        row = self._shown[index.row()][0]
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if self._movable is not None and self._movable(row):
            flags |= Qt.ItemFlag.ItemIsDragEnabled
        if self._movable is not None and (self._takes is None or self._takes(row)):
            flags |= Qt.ItemFlag.ItemIsDropEnabled
        return flags

    def supportedDropActions(self) -> Qt.DropAction:  # noqa: N802 - the name is Qt's
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:  # noqa: N802 - the name is Qt's
        return [_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:  # noqa: N802 - the name is Qt's
        """Which row it is stays here: while it is dragged, others may come and go."""
        self._dragged = self.key(self._shown[indexes[0].row()][0]) if indexes else None
        carried = QMimeData()
        carried.setData(_MIME, b"row")
        return carried

    def dropMimeData(  # noqa: N802 - Qt's
        self, data: QMimeData, _action: Qt.DropAction, _row: int, _column: int, parent: AnyIndex
    ) -> bool:
        """Tells what was wanted; the rows come back by `set_rows` once it was done."""
        if data.hasFormat(_MIME) and self._dragged is not None and parent.isValid():
            target = self.key(self._shown[parent.row()][0])
            if target != self._dragged:
                self.move_wanted.emit(self._dragged, target)
        return False
