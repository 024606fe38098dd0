"""The one delegate of all tables and trees: text, chip, or figure with bar, in one paint call."""

from __future__ import annotations

import html
from typing import Protocol, cast

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QStyledItemDelegate, QStyleOptionViewItem, QToolTip

from licensedesk.ui.guard import guarded
from licensedesk.ui.item_models.rows import LEFT, RIGHT, Cell
from licensedesk.ui.theme import tokens
from licensedesk.ui.widgets.bars import paint_bar
from licensedesk.ui.widgets.chips import chip_size, paint_chip
from licensedesk.ui.widgets.style_flags import state_flags

PADDING = 10
ROW_HEIGHT = 28
_LINE = 12
_MOST_CUTS = 5_000
_LEFT, _RIGHT = LEFT | Qt.TextFlag.TextSingleLine, RIGHT | Qt.TextFlag.TextSingleLine


class CellSource(Protocol):
    """A model whose cells this delegate paints."""

    def cell_at(self, index: QModelIndex | QPersistentModelIndex, /) -> Cell: ...


class HoveringView(Protocol):
    """A view that knows which row the pointer is on."""

    def is_hovered(self, index: QModelIndex | QPersistentModelIndex, /) -> bool: ...


def row_height(metrics: QFontMetrics) -> int:
    """28 px, and more where the system's text is larger."""
    return max(ROW_HEIGHT, metrics.height() + 11)


class CellDelegate(QStyledItemDelegate):
    """Paints everything itself: the style's own painting costs three times as much per cell."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._cuts: dict[tuple[str, float, int], str] = {}

    @guarded(None)
    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        cell = self.cell(index)
        selected = self._paint_ground(painter, option, index)
        inner = self.content_room(painter, option, index)
        painter.setFont(option.font)
        if cell.loading:
            self._paint_loading(painter, inner)
        elif cell.chip is not None:
            paint_chip(painter, inner, cell.chip, option.font, plain=selected)
        elif cell.bar is not None:
            paint_bar(painter, inner, cell.bar, option.font)
        else:
            self._paint_text(painter, inner, cell, option.fontMetrics)

    def content_room(
        self,
        _painter: QPainter,
        option: QStyleOptionViewItem,
        _index: QModelIndex | QPersistentModelIndex,
    ) -> QRectF:
        """Where the content goes; a tree paints there what stands before it."""
        return QRectF(option.rect).adjusted(PADDING, 0, -PADDING, 0)

    def helpEvent(  # noqa: N802 - the name is Qt's
        self,
        event: QHelpEvent,
        view: QAbstractItemView,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> bool:
        """What is cut is told whole, where the column has nothing else to tell."""
        if index.isValid() and not index.data(Qt.ItemDataRole.ToolTipRole):
            needed = self.sizeHint(option, index).width()
            text = html.escape(self.cell(index).text) if needed > option.rect.width() else ""
            QToolTip.showText(event.globalPos(), text, view)
            return True
        return super().helpEvent(event, view, option, index)

    def cell(self, index: QModelIndex | QPersistentModelIndex) -> Cell:
        return cast("CellSource", index.model()).cell_at(index)

    @guarded(QSize())
    def sizeHint(  # noqa: N802 - the name is Qt's
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        self.initStyleOption(option, index)
        cell = self.cell(index)
        width = option.fontMetrics.horizontalAdvance(cell.text)
        if cell.chip is not None:
            width = chip_size(cell.chip, option.font).width()
        elif cell.bar is not None:
            width += 140
        return QSize(width + 2 * PADDING, row_height(option.fontMetrics))

    @staticmethod
    def _paint_ground(
        painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> bool:
        """What lies below the content; whether the cell is selected."""
        selected = bool(option.state & state_flags()[0])
        if selected:
            painter.fillRect(option.rect, QColor(tokens().selection))
        elif cast("HoveringView", option.widget).is_hovered(index):
            painter.fillRect(option.rect, QColor(tokens().hover))
        return selected

    def _paint_text(self, painter: QPainter, room: QRectF, cell: Cell, metrics: QFontMetrics) -> None:
        colours = tokens()
        painter.setPen(QColor(colours.secondary if cell.muted else colours.text))
        flags = _RIGHT if cell.alignment is RIGHT else _LEFT
        painter.drawText(room, flags, self._cut(cell.text, room.width(), metrics))

    def _cut(self, text: str, width: float, metrics: QFontMetrics) -> str:
        """Kept, since measuring is a third of painting a cell and most cells are painted often."""
        place = (text, width, metrics.height())
        shown = self._cuts.get(place)
        if shown is None:
            if len(self._cuts) > _MOST_CUTS:
                self._cuts.clear()
            fits = metrics.horizontalAdvance(text) <= width
            shown = text if fits else metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(width))
            self._cuts[place] = shown
        return shown

    @staticmethod
    def _paint_loading(painter: QPainter, room: QRectF) -> None:
        width = min(room.width(), 80.0)
        line = QRectF(room.left(), round(room.center().y() - _LINE / 2), width, _LINE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens().track))
        painter.drawRoundedRect(line, 4, 4)
        painter.restore()
