"""The table's sibling for rows that stand under each other: indented, opened and closed by an arrow."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, TypeVar, cast

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QStyleOptionViewItem, QWidget

from licensedesk.ui.icons import pixmap
from licensedesk.ui.theme import tokens
from licensedesk.ui.widgets.cells import PADDING, CellDelegate
from licensedesk.ui.widgets.table import TableView

if TYPE_CHECKING:
    from licensedesk.ui.item_models.tree import TreeModel

RowT = TypeVar("RowT")
_INDENT = 20
_ARROW = 16


class TreeView(TableView[RowT]):
    """Left and Right, + and - close and open a row, * all below it; a click on its arrow does the same."""

    rows_model: TreeModel[RowT]

    def __init__(self, model: TreeModel[RowT], *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(model, name=name, parent=parent)
        self.setItemDelegate(_TreeDelegate(self))
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)

    # -- what pages ask ----------------------------------------------------------------------------
    def select_key(self, key: Hashable) -> bool:
        """Open the way to it, select and show it."""
        model = self.rows_model
        if model.place_of(key) is None and not model.reveal(key):
            return False
        place = model.place_of(key)
        assert place is not None  # noqa: S101 - what is revealed is shown
        self.choose_row(place)
        return True

    def set_open(self, place: int, *, wanted: bool) -> None:
        """Where the current row stands below one that closes, this one becomes the current."""
        model = self.rows_model
        row = model.row_at(place)
        if row is None or not model.has_below(row):
            return
        key, here = model.key(row), self.currentIndex().row()
        if not wanted and here > place and self._parent_of(here, at_most=model.depth_at(place)) == place:
            self.choose_row(place)
        model.set_open(key, wanted=wanted)

    def _restore(self) -> None:
        """Where the current row was closed away, the one above it that is shown is the current."""
        super()._restore()
        _keys, current, _place = self._kept
        model = self.rows_model
        if current is not None and model.place_of(current) is None:
            near = next((key for key in model.above(current) if model.place_of(key) is not None), None)
            if near is not None:
                self.select_key(near)

    def _parent_of(self, place: int, *, at_most: int) -> int | None:
        """The row above it of at most that depth."""
        model = self.rows_model
        above = range(place - 1, -1, -1)
        return next((at for at in above if model.depth_at(at) <= at_most), None)

    # -- keys and mouse ----------------------------------------------------------------------------
    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - the name is Qt's
        place = self.currentIndex().row()
        if place < 0 or not self._press(Qt.Key(event.key()), place):
            super().keyPressEvent(event)

    def _press(self, key: Qt.Key, place: int) -> bool:
        """As in every tree; False for a key that means nothing here."""
        model = self.rows_model
        row = model.row_at(place)
        is_open = row is not None and model.is_open(row)
        if key == Qt.Key.Key_Left and not is_open:
            above = self._parent_of(place, at_most=model.depth_at(place) - 1)
            self.choose_row(place if above is None else above)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Minus):
            self.set_open(place, wanted=False)
        elif key == Qt.Key.Key_Right and is_open:
            self.choose_row(place + 1)
        elif key in (Qt.Key.Key_Right, Qt.Key.Key_Plus):
            self.set_open(place, wanted=True)
        elif key == Qt.Key.Key_Asterisk and row is not None:
            model.open_below(model.key(row))
        else:
            return False
        return True

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - the name is Qt's
        if event.button() == Qt.MouseButton.LeftButton and self._toggle_at(event.position().toPoint()):
            event.accept()
        else:
            super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - the name is Qt's
        """The second of two quick clicks on an arrow is one on the arrow."""
        if not self._toggle_at(event.position().toPoint()):
            super().mouseDoubleClickEvent(event)

    def _toggle_at(self, where: QPoint) -> bool:
        """Whether an arrow stands there, which then opens or closes its row."""
        index = self.indexAt(where)
        if not index.isValid() or index.column() != 0:
            return False
        model, place = self.rows_model, index.row()
        row = model.row_at(place)
        left = self.visualRect(index).left() + arrow_left(model.depth_at(place))
        if row is None or not model.has_below(row) or not left <= where.x() < left + _INDENT:
            return False
        self.set_open(place, wanted=not model.is_open(row))
        return True


def arrow_left(depth: int) -> int:
    """From the left of the cell."""
    return PADDING // 2 + depth * _INDENT


class _TreeDelegate(CellDelegate):
    def content_room(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QRectF:
        room = super().content_room(painter, option, index)
        if index.column() != 0:
            return room
        model = cast("TreeModel[object]", index.model())
        left = arrow_left(model.depth_at(index.row()))
        row = model.row_at(index.row())
        if model.has_below(row):
            name = "arrow-down-small" if model.is_open(row) else "arrow-right"
            picture = pixmap(name, tokens().secondary, _ARROW, painter.device().devicePixelRatio())
            top = room.center().y() - _ARROW / 2
            painter.drawPixmap(
                QRectF(option.rect.left() + left, round(top), _ARROW, _ARROW),
                picture,
                QRectF(picture.rect()),
            )
        room.setLeft(option.rect.left() + left + _INDENT)
        return room
