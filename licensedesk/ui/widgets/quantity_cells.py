"""Quantities edited in the table: a field in each row, a spin box where one types, a lock beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QAbstractItemDelegate, QSpinBox, QStyle, QStyleOptionViewItem, QWidget

from licensedesk.ui.figures import locale
from licensedesk.ui.guard import guarded
from licensedesk.ui.icons import pixmap
from licensedesk.ui.theme import tokens
from licensedesk.ui.widgets.cells import PADDING, CellDelegate

if TYPE_CHECKING:
    AnyIndex = QModelIndex | QPersistentModelIndex

FIELD_WIDTH = 110
ROW_HEIGHT = 38
_ICON = 14
_ARROW = 10


class QuantityDelegate(CellDelegate):
    """Emits each value while it is typed; Enter goes on to the next row, Escape takes back what was typed."""

    typed = Signal(object, int)
    """The row, and what its spin box holds now."""

    def __init__(
        self,
        parent: QObject,
        *,
        edited: int,
        locks: int,
        most: int,
        value: Callable[[Any], int],
        locked: Callable[[Any], bool],
    ) -> None:
        super().__init__(parent)
        self._edited = edited
        self._locks = locks
        self._most = most
        self._value = value
        self._locked = locked
        self._before: dict[QWidget, tuple[object, int]] = {}

    # -- painting ----------------------------------------------------------------------------------
    @guarded(None)
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        if index.column() == self._edited:
            focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
            self._paint_ground(painter, option, index)
            room = field_room(QRectF(option.rect))
            self._paint_field(painter, room, self.cell(index).text, focused=focused)
        elif index.column() == self._locks:
            self._paint_ground(painter, option, index)
            self._paint_lock(painter, QRectF(option.rect), locked=self._locked(_row(index)))
        else:
            super().paint(painter, option, index)

    @staticmethod
    def _paint_field(painter: QPainter, room: QRectF, text: str, *, focused: bool) -> None:
        colours = tokens()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colours.accent if focused else colours.field_border), 1))
        painter.setBrush(QColor(colours.surface))
        painter.drawRoundedRect(room.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.setPen(QColor(colours.text))
        words = room.adjusted(9, 0, -26, 0)
        painter.drawText(words, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        # As the spin box that opens in its place.
        for name, middle in (("arrow-up", 0.25), ("arrow-down", 0.75)):
            arrow = pixmap(name, "", _ARROW, painter.device().devicePixelRatio())
            top = room.top() + middle * room.height() - _ARROW / 2
            painter.drawPixmap(QPointF(room.right() - 8 - _ARROW, round(top)), arrow)
        painter.restore()

    @staticmethod
    def _paint_lock(painter: QPainter, room: QRectF, *, locked: bool) -> None:
        colours = tokens()
        name, colour = ("lock", colours.text) if locked else ("unlock", colours.mark_border)
        picture = pixmap(name, colour, _ICON, painter.device().devicePixelRatio())
        painter.drawPixmap(round(room.left()) + PADDING, round(room.center().y() - _ICON / 2), picture)

    # -- editing -----------------------------------------------------------------------------------
    def createEditor(  # noqa: N802 - the name is Qt's
        self, parent: QWidget, _option: QStyleOptionViewItem, index: AnyIndex
    ) -> QWidget:
        row = _row(index)
        field = QSpinBox(parent)
        field.setRange(0, self._most)
        field.setGroupSeparatorShown(True)
        field.setLocale(locale())
        field.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        field.setAccessibleName(str(index.data(Qt.ItemDataRole.AccessibleTextRole) or ""))
        field.setValue(self._value(row))
        field.valueChanged.connect(lambda value: self.typed.emit(row, value))
        self._before[field] = (row, field.value())
        field.destroyed.connect(lambda: self._before.pop(field, None))
        return field

    def setEditorData(self, _editor: QWidget, _index: AnyIndex) -> None:  # noqa: N802 - the name is Qt's
        """Set once, when it was made: what is typed changes the model, not the other way round."""

    def setModelData(  # noqa: N802 - the name is Qt's
        self, _editor: QWidget, _model: QAbstractItemModel, _index: AnyIndex
    ) -> None:
        """Every value was told when it was typed."""

    def updateEditorGeometry(  # noqa: N802 - the name is Qt's
        self, editor: QWidget, option: QStyleOptionViewItem, _index: AnyIndex
    ) -> None:
        editor.setGeometry(field_room(QRectF(option.rect)).toRect())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - the name is Qt's
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and isinstance(watched, QSpinBox)
        ):
            hint = QAbstractItemDelegate.EndEditHint
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                watched.interpretText()
                self.closeEditor.emit(watched, hint.NoHint)
                self.went_on.emit()
                return True
            if event.key() == Qt.Key.Key_Escape:
                row, before = self._before[watched]
                self.typed.emit(row, before)
                self.closeEditor.emit(watched, hint.NoHint)
                return True
            if event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
                # Tab leaves the table, as from any other field; Qt would go to the next cell.
                watched.interpretText()
                self.closeEditor.emit(watched, hint.NoHint)
                self.left.emit(event.key() == Qt.Key.Key_Tab)
                return True
        return super().eventFilter(watched, event)

    went_on = Signal()
    """Enter: the next row is wanted."""
    left = Signal(bool)
    """Tab (True) or Shift+Tab: the next or the previous widget is wanted."""


def field_room(cell: QRectF) -> QRectF:
    """Where the field stands in its cell: at the right, of one width in all rows."""
    width = min(FIELD_WIDTH, cell.width() - PADDING)
    return QRectF(cell.right() - width - PADDING / 2, cell.top() + 4, width, cell.height() - 8)


def _row(index: AnyIndex) -> object:
    model = index.model()
    return model.row_at(index.row())  # type: ignore[attr-defined]  # a ColumnsModel
