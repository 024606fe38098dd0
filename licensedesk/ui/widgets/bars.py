"""A figure and beside it a bar, six pixels high; a shortage is a word with its sign, not a colour."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter

from licensedesk.ui.figures import number
from licensedesk.ui.icons import pixmap
from licensedesk.ui.theme import semibold, tokens
from licensedesk.ui.tokens import State

BAR_HEIGHT = 6
BAR_WIDTH = 110
_GAP = 10
_USUAL = "Shortage 000"
"""Figures up to this long leave the bars of a column their one width."""
_BAR_LEAST = 24.0
_ICON = 14
_NEARLY_USED = 0.9


@dataclass(frozen=True, slots=True)
class Bar:
    """`fraction` is the filled part, 0 to 1; None draws no bar, only the figure."""

    figure: str
    fraction: float | None
    state: State = State.INFO


def remaining_bar(held: int, used: int) -> Bar:
    """Remaining of held, filled by what is used: a warning from nine tenths on, critical when short."""
    remaining = held - used
    if remaining < 0:
        text = QCoreApplication.translate("Bar", "Shortage {0}").format(number(-remaining))
        return Bar(text, 1.0, State.CRITICAL)
    if held == 0:
        return Bar(number(0), 0.0)
    fraction = used / held
    return Bar(number(remaining), fraction, State.WARNING if fraction >= _NEARLY_USED else State.INFO)


def paint_track(painter: QPainter, track: QRectF, fraction: float, state: State) -> None:
    """The bar alone; what is not zero is at least a dot."""
    colours = tokens()
    radius = track.height() / 2
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colours.track))
    painter.drawRoundedRect(track, radius, radius)
    if fraction > 0:
        filled = max(track.height(), track.width() * min(1.0, fraction))
        painter.setBrush(QColor(colours.fill(state)))
        painter.drawRoundedRect(QRectF(track.left(), track.top(), filled, track.height()), radius, radius)
    painter.restore()


def paint_bar(painter: QPainter, room: QRectF, bar: Bar, font: QFont) -> None:
    """The figure right-aligned before the bar, which stands at the right of the room."""
    words = QRectF(room)
    if bar.fraction is not None:
        width = bar_width(room.width(), bar, font)
        top = round(room.center().y() - BAR_HEIGHT / 2)
        paint_track(painter, QRectF(room.right() - width, top, width, BAR_HEIGHT), bar.fraction, bar.state)
        words.setRight(room.right() - width - _GAP)
    _paint_figure(painter, words, bar, font)


def bar_width(room: float, bar: Bar, font: QFont) -> int:
    """Bars under each other are compared, so they are of one width; only a long figure takes of it."""
    short = bar.state is State.CRITICAL
    words = max(_figure_width(_USUAL, font, short=True), _figure_width(bar.figure, font, short=short))
    return round(min(BAR_WIDTH, max(_BAR_LEAST, room - words - _GAP)))


def _figure_width(figure: str, font: QFont, *, short: bool) -> float:
    # A copy: the font of a style option is part of it, and gone with it.
    return _measured(figure, QFont(font), short=short)


@lru_cache(10_000)
def _measured(figure: str, font: QFont, *, short: bool) -> float:
    """Kept: to measure takes as long as all else of a bar, and the same figures are painted often."""
    if short:
        return QFontMetrics(semibold(font)).horizontalAdvance(figure) + _ICON + 4.0
    return float(QFontMetrics(font).horizontalAdvance(figure))


def _paint_figure(painter: QPainter, room: QRectF, bar: Bar, font: QFont) -> None:
    colours = tokens()
    short = bar.state is State.CRITICAL
    shown_font = semibold(font) if short else font
    painter.setFont(shown_font)
    painter.setPen(QColor(colours.critical_text if short else colours.text))
    painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, bar.figure)
    if short:
        left = room.right() - _figure_width(bar.figure, font, short=True)
        picture = pixmap("warning", colours.critical_text, _ICON, painter.device().devicePixelRatio())
        painter.drawPixmap(QPointF(left, round(room.center().y() - _ICON / 2)), picture)
