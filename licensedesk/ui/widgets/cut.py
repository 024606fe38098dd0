"""Words that give way: cut with an ellipsis where there is no room, whole in the tool tip."""

from __future__ import annotations

import html

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QLabel, QStyle, QStyleOptionComboBox, QStylePainter, QToolTip

_LEAST = "mmmm…"
_LONGEST = 64


def cut_label(text: str, role: str = "") -> CutLabel:
    """As `page.label`, for one line that must not widen its window."""
    shown = CutLabel(text)
    shown.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        shown.setProperty("role", role)
    return shown


def shortened(text: str) -> str:
    """For a button: a name of 255 signs is told in its tool tip and read aloud."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


class CutLabel(QLabel):
    """As wide as its words where there is room; `text` is always the whole."""

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - the name is Qt's
        whole = super().minimumSizeHint()
        return QSize(min(whole.width(), self.fontMetrics().horizontalAdvance(_LEAST)), whole.height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - the name is Qt's
        if not self.is_cut:
            super().paintEvent(event)
            return
        painter = QPainter(self)
        painter.setPen(self.palette().windowText().color())
        room = self.contentsRect()
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, self.alignment() | Qt.TextFlag.TextSingleLine, shown)
        painter.end()

    @property
    def is_cut(self) -> bool:
        return self.fontMetrics().horizontalAdvance(self.text()) > self.contentsRect().width()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and not self.toolTip():
            # Escaped: Qt would read a name that looks like HTML as HTML.
            QToolTip.showText(event.globalPos(), html.escape(self.text()) if self.is_cut else "", self)
            return True
        return super().event(event)


class Choice(QComboBox):
    """As wide as what can be chosen, up to a bound; what is longer is cut, and whole in its list."""

    def __init__(self, *, least: int = 0, most: int = 280) -> None:
        super().__init__()
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.setMinimumWidth(least)
        self.setMaximumWidth(most)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - the name is Qt's
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        room = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        option.currentText = self.fontMetrics().elidedText(
            option.currentText, Qt.TextElideMode.ElideRight, room.width() - 2
        )
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()
