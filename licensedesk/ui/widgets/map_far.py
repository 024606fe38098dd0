"""The map from afar: all of it in a few calls, since 10,000 servers are too many for one call each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from licensedesk.core.names import visible
from licensedesk.ui.theme import tokens
from licensedesk.ui.widgets.map_cards import MapNode

_MOST_LABELS = 60
_LABEL_GAP = 2.0


def line_pen(range_index: int | None) -> QPen:
    """Solid in the range's colour within one range; dashed from one range to another."""
    colours = tokens()
    if range_index is None:
        pen = QPen(QColor(colours.mark_border), 1.2, Qt.PenStyle.DashLine)
    else:
        pen = QPen(QColor(colours.ranges[range_index % len(colours.ranges)]), 2)
    pen.setCosmetic(True)
    return pen


class FarPicture:
    """Dots, lines and blocks in lists, one for each colour: Qt leaves out what is not seen."""

    def __init__(
        self,
        dots: Mapping[int, Sequence[QRectF]],
        lines: Mapping[int | None, Sequence[QLineF]],
        blocks: Sequence[QRectF],
        font: QFont,
    ) -> None:
        """`dots` and `lines` by the index of the range's colour; lines from range to range by None."""
        self._dots = _by_colour(dots)
        self._lines = {index: list(found) for index, found in lines.items()}
        self._blocks = list(blocks)
        self._font = font

    def paint(self, painter: QPainter) -> None:
        colours = tokens()
        painter.setBrush(QColor(colours.window))
        painter.setPen(QPen(QColor(colours.border), 0))
        painter.drawRects(self._blocks)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for index, lines in self._lines.items():
            painter.setPen(line_pen(index))
            painter.drawLines(lines)
        painter.setPen(Qt.PenStyle.NoPen)
        for place, dots in self._dots.items():
            painter.setBrush(QColor(colours.ranges[place]))
            painter.drawRects(dots)

    def label(self, painter: QPainter, sources: Sequence[tuple[MapNode, QRectF]]) -> None:
        """The name of each range below its source, as far as there is room for it."""
        to_screen = painter.worldTransform()
        ratio = painter.device().devicePixelRatio()
        painter.save()
        painter.resetTransform()
        painter.scale(ratio, ratio)
        painter.setFont(self._font)
        metrics = QFontMetricsF(self._font, painter.device())
        taken: list[QRectF] = []
        for node, area in sources:
            corner = to_screen.map(area.bottomLeft()) / ratio
            words = visible(node.label)
            wide, high = metrics.horizontalAdvance(words) + 8, metrics.height() + 2
            room = QRectF(corner.x(), corner.y() + _LABEL_GAP, wide, high)
            if any(room.intersects(other) for other in taken):
                continue
            taken.append(room)
            painter.fillRect(room, QColor(tokens().surface))
            painter.setPen(QColor(tokens().critical_text if node.short else tokens().text))
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, words)
            if len(taken) == _MOST_LABELS:
                break
        painter.restore()


def _by_colour(dots: Mapping[int, Sequence[QRectF]]) -> dict[int, list[QRectF]]:
    """Several ranges have the same colour where there are more of them than colours."""
    many = len(tokens().ranges)
    found: dict[int, list[QRectF]] = defaultdict(list)
    for index, areas in dots.items():
        found[index % many].extend(areas)
    return dict(found)
