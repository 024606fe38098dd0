"""Rows that stand under each other: the tree of servers, by the same columns as the tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic

from PySide6.QtCore import QAbstractItemModel, QMimeData, QModelIndex, QObject, Qt, Signal

from licensedesk.ui.item_models.rows import (
    NO_INDEX,
    AnyIndex,
    Cell,
    Column,
    RowT,
    cell_of,
    data_of,
    heading_of,
    sort_value,
)

_MIME = "application/x-licensedesk-rows"


_SHOWN = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
_FLAGS = {
    (branch, takes, moves): _SHOWN
    | (Qt.ItemFlag.NoItemFlags if branch else Qt.ItemFlag.ItemNeverHasChildren)
    | (Qt.ItemFlag.ItemIsDropEnabled if takes else Qt.ItemFlag.NoItemFlags)
    | (Qt.ItemFlag.ItemIsDragEnabled if moves else Qt.ItemFlag.NoItemFlags)
    for branch in (False, True)
    for takes in (False, True)
    for moves in (False, True)
}
"""Whether others stand below a row, whether it takes what is dropped, whether it can be dragged."""


@dataclass(slots=True)
class _Node(Generic[RowT]):
    row: RowT
    parent: int
    place: int = 0
    children: list[int] = field(default_factory=list)
    flags: Qt.ItemFlag | None = None


class TreeModel(QAbstractItemModel, Generic[RowT]):
    """`parent` gives the key of the row above, or None; rows whose parent is not given stand at the top."""

    sorted_by = Signal(str, bool)
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
        super().__init__()
        self.columns = tuple(columns)
        self.key = key
        self.sort_column: str | None = None
        self.descending = False
        self._parent_key = parent_key
        self._movable = movable
        self._takes = takes
        self._all: tuple[RowT, ...] = ()
        self._only: frozenset[Hashable] | None = None
        self._nodes: list[_Node[RowT]] = []
        self._top: list[int] = []
        self._places: dict[Hashable, int] = {}
        self._loaded = False

    # -- rows --------------------------------------------------------------------------------------
    @property
    def loaded(self) -> bool:
        return self._loaded

    def set_rows(self, rows: Sequence[RowT]) -> None:
        """Replace all; the view keeps what was open, selected and in view by key."""
        self._all = tuple(rows)
        self._loaded = True
        self._build()

    def show_only(self, keys: Collection[Hashable] | None) -> None:
        """These rows and the ones above them; None shows all."""
        self._only = None if keys is None else frozenset(keys)
        self._build()

    def branch_keys(self) -> list[Hashable]:
        """The rows shown that have others below them."""
        return [self.key(node.row) for node in self._nodes if node.children]

    def row_of(self, index: AnyIndex) -> RowT | None:
        return self._nodes[index.internalId()].row if index.isValid() else None

    def index_of(self, key: Hashable) -> QModelIndex:
        """Invalid where it is not shown."""
        at = self._places.get(key)
        return QModelIndex() if at is None else self.createIndex(self._nodes[at].place, 0, at)

    def loaded_rows(self) -> Iterator[tuple[int, RowT]]:
        """All that are shown."""
        return enumerate(node.row for node in self._nodes)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Among the rows of the same parent."""
        if not 0 <= column < len(self.columns) or not self.columns[column].sortable:
            return
        self.sort_column = self.columns[column].key
        self.descending = order == Qt.SortOrder.DescendingOrder
        self._build()
        self.sorted_by.emit(self.sort_column, self.descending)

    def _build(self) -> None:
        self.beginResetModel()
        rows = self._wanted()
        self._places = {self.key(row): at for at, row in enumerate(rows)}
        self._nodes = [_Node(row, self._places.get(self._parent_key(row), -1)) for row in rows]
        below: dict[int, list[int]] = defaultdict(list)
        for at, node in enumerate(self._nodes):
            below[node.parent].append(at)
        for parent, children in below.items():
            self._in_order(children)
            for place, at in enumerate(children):
                self._nodes[at].place = place
            if parent >= 0:
                self._nodes[parent].children = children
        self._top = below[-1]
        self.endResetModel()

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

    def _in_order(self, children: list[int]) -> None:
        column = next((one for one in self.columns if one.key == self.sort_column), None)
        if column is None:
            return

        def place(at: int) -> tuple[bool, Any]:
            value = sort_value(column, self._nodes[at].row)
            return (value is not None, value)

        children.sort(key=place, reverse=self.descending)

    # -- Qt ----------------------------------------------------------------------------------------
    def index(self, row: int, column: int, parent: AnyIndex = NO_INDEX) -> QModelIndex:
        children = self._children(parent)
        if 0 <= row < len(children) and 0 <= column < len(self.columns):
            return self.createIndex(row, column, children[row])
        return QModelIndex()

    def parent(self, child: AnyIndex | None = None) -> Any:
        """Qt names two things so: without an argument the QObject this one belongs to."""
        if child is None:
            return QObject.parent(self)
        if not child.isValid():
            return QModelIndex()
        at = self._nodes[child.internalId()].parent
        return QModelIndex() if at < 0 else self.createIndex(self._nodes[at].place, 0, at)

    def rowCount(self, parent: AnyIndex = NO_INDEX) -> int:  # noqa: N802 - the name is Qt's
        return 0 if parent.column() > 0 else len(self._children(parent))

    def columnCount(self, _parent: AnyIndex = NO_INDEX) -> int:  # noqa: N802 - the name is Qt's
        return len(self.columns)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        return data_of(self.columns[index.column()], self.row_of(index), role)

    def hasChildren(self, parent: AnyIndex = NO_INDEX) -> bool:  # noqa: N802 - the name is Qt's
        return bool(self._children(parent))

    def headerData(  # noqa: N802 - the name is Qt's
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        column = self.columns[section]
        down = self.descending if column.key == self.sort_column else None
        return heading_of(column, role, descending=down)

    def cell_at(self, index: AnyIndex) -> Cell:
        """For the delegate."""
        return cell_of(self.columns[index.column()], self._nodes[index.internalId()].row)

    def _children(self, parent: AnyIndex) -> list[int]:
        return self._nodes[parent.internalId()].children if parent.isValid() else self._top

    # -- dragging ----------------------------------------------------------------------------------
    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        """Asked twice for every row that is laid out, and so kept."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        node = self._nodes[index.internalId()]
        if node.flags is None:
            drags = self._movable is not None
            takes = drags and (self._takes is None or self._takes(node.row))
            moves = self._movable is not None and self._movable(node.row)
            node.flags = _FLAGS[bool(node.children), takes, moves]
        return node.flags

    def supportedDropActions(self) -> Qt.DropAction:  # noqa: N802 - the name is Qt's
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:  # noqa: N802 - the name is Qt's
        return [_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:  # noqa: N802 - the name is Qt's
        carried = QMimeData()
        carried.setData(_MIME, str(indexes[0].internalId()).encode() if indexes else b"")
        return carried

    def dropMimeData(  # noqa: N802 - Qt's
        self, data: QMimeData, _action: Qt.DropAction, _row: int, _column: int, parent: AnyIndex
    ) -> bool:
        """Tells what was wanted; the rows come back by `set_rows` once it was done."""
        carried = bytes(data.data(_MIME).data())
        target = self.row_of(parent)
        if carried and target is not None and int(carried) < len(self._nodes):
            dragged = self._nodes[int(carried)].row
            if self.key(dragged) != self.key(target):
                self.move_wanted.emit(self.key(dragged), self.key(target))
        return False
