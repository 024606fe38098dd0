"""The ring around the current row, where the keyboard walks: rows are chosen whole, so it is no cell's."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QColor, QFocusEvent, QPainter, QPen
from PySide6.QtWidgets import QAbstractItemView

from licensedesk.ui.theme import tokens

_BY_KEY = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)


class RowRing(QObject):
    """The view calls `paint` after its rows, and `show(False)` where the mouse is pressed: who comes by the
    mouse sees what was clicked anyway.
    """

    def __init__(self, view: QAbstractItemView) -> None:
        super().__init__(view)
        self._view = view
        self.shown = False
        view.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - the name is Qt's
        kind = event.type()
        if kind == QEvent.Type.FocusIn and isinstance(event, QFocusEvent):
            self.show(event.reason() in _BY_KEY)
        elif kind == QEvent.Type.KeyPress:
            self.show(True)
        return super().eventFilter(watched, event)

    def show(self, shown: bool) -> None:
        if shown != self.shown:
            self.shown = shown
            self._view.viewport().update()

    def paint(self) -> None:
        view = self._view
        index = view.currentIndex()
        if not (self.shown and index.isValid() and view.hasFocus()):
            return
        row = view.visualRect(index)
        room = QRectF(0, row.top(), view.viewport().width(), row.height())
        painter = QPainter(view.viewport())
        painter.setPen(QPen(QColor(tokens().accent), 1))
        painter.drawRect(room.adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()
