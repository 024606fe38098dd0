"""How a server is drawn on the map: as a card near by, as its name further off, as a dot from afar."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen

from licensedesk.core.names import visible
from licensedesk.ui.figures import number
from licensedesk.ui.icons import pixmap
from licensedesk.ui.theme import enlarged, semibold, tokens
from licensedesk.ui.tokens import State
from licensedesk.ui.widgets.bars import BAR_HEIGHT, paint_track, remaining_bar
from licensedesk.ui.widgets.chips import STATE_ICONS, Chip

CARD_WIDTH = 256
_STRIP = 6.0
_RADIUS = 8.0
_SIDE = 16.0
_TOP = 11.0
_ICON = 14
_MOST_CUTS = 20_000
_DOT = " · "


@dataclass(frozen=True, slots=True)
class MapNode:
    """A server on the map. `range_index` chooses the colour and is the same for a whole range.

    `role` and `option` are words to show. `held`, `used`, `remaining` are None where the server is not the
    sharing source. `state` is how its License.xml stands, or None.
    """

    id: str
    parent: str | None
    label: str
    role: str
    option: str
    range_label: str
    range_index: int
    is_source: bool
    held: int | None = None
    used: int | None = None
    remaining: int | None = None
    state: Chip | None = None

    @property
    def short(self) -> bool:
        return self.remaining is not None and self.remaining < 0


class Fonts:
    """The fonts of the cards, and the sizes that follow from them."""

    def __init__(self, base: QFont) -> None:
        self.name = semibold(base)
        self.body = QFont(base)
        self.body.setPointSizeF(base.pointSizeF() * 0.92)
        self.strong = semibold(self.body)
        self.far = semibold(base)
        self.far.setPointSizeF(base.pointSizeF() * 2.2)
        self.name_line = QFontMetricsF(self.name).height()
        self.body_line = QFontMetricsF(self.body).height()

        words = _TOP + self.name_line + 3 + self.body_line + _TOP
        width = enlarged(CARD_WIDTH, base)
        self._plain = QSizeF(width, round(words))
        self._with_bar = QSizeF(width, round(words + 11 + BAR_HEIGHT + 6 + self.body_line))

    def size(self, node: MapNode) -> QSizeF:
        return self._plain if node.held is None else self._with_bar

    def largest(self) -> QSizeF:
        return self._with_bar


def colour_of(node: MapNode) -> QColor:
    colours = tokens().ranges
    return QColor(colours[node.range_index % len(colours)])


def spoken(node: MapNode, source: str) -> str:
    """The card in one line, for the screen reader and the tool tip."""
    parts = [visible(node.label), second_line(node, source)]
    if node.held is not None and node.used is not None:
        parts.append(used_of_held(node))
        parts.append(remaining_words(node))
    if node.state is not None:
        parts.append(node.state.text)
    return ", ".join(parts)


def second_line(node: MapNode, source: str) -> str:
    translate = QCoreApplication.translate
    if node.is_source:
        parts = [node.range_label, translate("Map", "sharing source"), node.option]
    else:
        shares = (
            translate("Map", "shares with {0}").format(source.split(".", maxsplit=1)[0]) if source else ""
        )
        parts = [node.range_label, node.role, shares]
    return _DOT.join(visible(part) for part in parts if part)


def used_of_held(node: MapNode) -> str:
    pattern = QCoreApplication.translate("Map", "{used} of {held} used")
    return pattern.format(used=number(node.used), held=number(node.held))


def remaining_words(node: MapNode) -> str:
    translate = QCoreApplication.translate
    if node.short and node.remaining is not None:
        return translate("Map", "Shortage {0}").format(number(-node.remaining))
    return translate("Map", "{0} remaining").format(number(node.remaining))


def paint_card(painter: QPainter, area: QRectF, node: MapNode, source: str, fonts: Fonts) -> None:
    """All that is known of a server, in its area of the scene."""
    _paint_frame(painter, area, node, tokens().surface)
    inner = area.adjusted(_SIDE, _TOP, -_SIDE, -_TOP)
    name = QRectF(inner.left(), inner.top(), inner.width(), fonts.name_line)
    if node.state is not None:
        _paint_state(painter, name, node.state)
        name.setRight(name.right() - _ICON - 6)
    _text(painter, name, visible(node.label), fonts.name, tokens().text)
    line = QRectF(inner.left(), name.bottom() + 3, inner.width(), fonts.body_line)
    _text(painter, line, second_line(node, source), fonts.body, tokens().secondary)
    if node.held is not None and node.used is not None:
        _paint_figures(painter, inner, line.bottom(), node, fonts)


def paint_name(painter: QPainter, area: QRectF, node: MapNode, fonts: Fonts) -> None:
    """From further off: the name as large as the card allows, and a sign where it is short."""
    _paint_frame(painter, area, node, tokens().surface)
    room = area.adjusted(_SIDE, 0, -_SIDE / 2, 0)
    if node.short:
        size = 28.0
        where = QPointF(area.right() - size - 10, area.center().y() - size / 2)
        picture = pixmap("warning", tokens().critical_text, 28, 2.0)
        painter.drawPixmap(QRectF(where, QSizeF(size, size)), picture, QRectF(picture.rect()))
        room.setRight(where.x() - 4)
    _text(painter, room, visible(node.label), fonts.far, tokens().text)


def _paint_frame(painter: QPainter, area: QRectF, node: MapNode, ground: str) -> None:
    """The range's colour as a strip and a frame, which is thick at the sharing source."""
    colour = colour_of(node)
    thick = 2.5 if node.is_source else 1.0
    shape, strip = _frame_paths(area.width(), area.height(), thick)
    painter.translate(area.topLeft())
    painter.setPen(QPen(colour, thick))
    painter.setBrush(QColor(ground))
    painter.drawPath(shape)
    painter.fillPath(strip, colour)
    painter.translate(-area.topLeft())


@cache
def _frame_paths(width: float, height: float, thick: float) -> tuple[QPainterPath, QPainterPath]:
    """Frame and strip of a card at the origin; there are only a few sizes of cards."""
    frame = QRectF(thick / 2, thick / 2, width - thick, height - thick)
    shape = QPainterPath()
    shape.addRoundedRect(frame, _RADIUS, _RADIUS)
    edge = QPainterPath()
    edge.addRect(QRectF(frame.left(), frame.top(), _STRIP, frame.height()))
    return shape, shape.intersected(edge)


def _paint_state(painter: QPainter, line: QRectF, state: Chip) -> None:
    name = state.icon or STATE_ICONS[state.state]
    colour = tokens().word(state.state)
    picture = pixmap(name, colour, _ICON, max(2.0, painter.device().devicePixelRatio()))
    top = line.center().y() - _ICON / 2
    painter.drawPixmap(QRectF(line.right() - _ICON, top, _ICON, _ICON), picture, QRectF(picture.rect()))


def _paint_figures(painter: QPainter, inner: QRectF, top: float, node: MapNode, fonts: Fonts) -> None:
    if node.held is None or node.used is None:
        return
    bar = remaining_bar(node.held, node.used)
    paint_track(
        painter, QRectF(inner.left(), top + 11, inner.width(), BAR_HEIGHT), bar.fraction or 0.0, bar.state
    )
    line = QRectF(inner.left(), top + 11 + BAR_HEIGHT + 6, inner.width(), fonts.body_line)
    words = remaining_words(node)
    before = line.adjusted(0, 0, -QFontMetricsF(fonts.strong).horizontalAdvance(words) - _STRIP, 0)
    said = used_of_held(node)
    if QFontMetricsF(fonts.body).horizontalAdvance(said) > before.width():
        # Millions of each: what is held is the sum of the two.
        said = QCoreApplication.translate("Map", "{used} used").format(used=number(node.used))
    _text(painter, before, said, fonts.body, tokens().secondary)
    colour = tokens().word(State.CRITICAL) if node.short else tokens().text
    _text(painter, line, words, fonts.strong, colour, right=True)
    if node.short:
        left = line.right() - QFontMetricsF(fonts.strong).horizontalAdvance(words) - _ICON - 4
        picture = pixmap("warning", colour, _ICON, max(2.0, painter.device().devicePixelRatio()))
        where = QRectF(left, line.center().y() - _ICON / 2, _ICON, _ICON)
        painter.drawPixmap(where, picture, QRectF(picture.rect()))


def _text(
    painter: QPainter, room: QRectF, text: str, font: QFont, colour: str, *, right: bool = False
) -> None:
    painter.setFont(font)
    painter.setPen(QColor(colour))
    side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
    shown = _cut(text, font.key(), room.width(), font)
    painter.drawText(room, side | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, shown)


_cuts: dict[tuple[str, str, float], str] = {}


def _cut(text: str, font_key: str, width: float, font: QFont) -> str:
    """Kept: while one pans, the same words are measured in every frame."""
    place = (text, font_key, width)
    shown = _cuts.get(place)
    if shown is None:
        if len(_cuts) > _MOST_CUTS:
            _cuts.clear()
        shown = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, width)
        _cuts[place] = shown
    return shown
