"""A state as icon and word on a tinted ground; never by colour alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from licensedesk.ui.icons import pixmap
from licensedesk.ui.theme import small_font, tokens
from licensedesk.ui.tokens import State

if TYPE_CHECKING:
    from PySide6.QtGui import QFont

STATE_ICONS = {
    State.NEUTRAL: "dot",
    State.INFO: "info",
    State.OK: "ok",
    State.WARNING: "warning",
    State.CRITICAL: "critical",
}
_ICON = 12
_SIDE = 8
_GAP = 5


@dataclass(frozen=True, slots=True)
class Chip:
    """`icon` is a name of resources/icons; without it the state's own is shown."""

    text: str
    state: State = State.NEUTRAL
    icon: str = ""


def chip_size(chip: Chip, font: QFont) -> QSize:
    metrics = QFontMetrics(small_font(font))
    return QSize(
        _SIDE + _ICON + _GAP + metrics.horizontalAdvance(chip.text) + _SIDE + 1, metrics.height() + 6
    )


def paint_chip(painter: QPainter, room: QRectF, chip: Chip, font: QFont, *, plain: bool = False) -> None:
    """At the left of the room, centred in its height; the word is cut where the room is narrow.

    `plain` puts it on the surface's colour, where a selected row has the tint of the chip itself.
    """
    colours = tokens()
    size = chip_size(chip, font)
    width = min(size.width(), int(room.width()))
    top = round(room.center().y() - size.height() / 2)
    pill = QRectF(round(room.left()), top, width, size.height())
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colours.surface if plain else colours.chip(chip.state)))
    painter.drawRoundedRect(pill, size.height() / 2, size.height() / 2)
    picture = pixmap(
        chip.icon or STATE_ICONS[chip.state],
        colours.word(chip.state),
        _ICON,
        painter.device().devicePixelRatio(),
    )
    painter.drawPixmap(QPointF(pill.left() + _SIDE, round(pill.center().y() - _ICON / 2)), picture)
    small = small_font(font)
    painter.setFont(small)
    painter.setPen(QColor(colours.word(chip.state)))
    words = pill.adjusted(_SIDE + _ICON + _GAP, 0, -_SIDE + 1, 0)
    shown = QFontMetrics(small).elidedText(chip.text, Qt.TextElideMode.ElideRight, int(words.width()))
    painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, shown)
    painter.restore()


class ChipLabel(QWidget):
    """A chip on its own."""

    def __init__(self, chip: Chip, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._chip = chip
        self.set_chip(chip)

    def set_chip(self, chip: Chip) -> None:
        self._chip = chip
        self.setAccessibleName(chip.text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - the name is Qt's
        return chip_size(self._chip, self.font())

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - the name is Qt's
        return QSize(_SIDE + _ICON + _SIDE, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - the name is Qt's
        painter = QPainter(self)
        paint_chip(painter, QRectF(self.rect()), self._chip, self.font())
        painter.end()
