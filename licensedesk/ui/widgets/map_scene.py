"""The drawn tree: one item that paints what is seen, in the detail that can be seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from licensedesk.ui.guard import guarded
from licensedesk.ui.theme import tokens
from licensedesk.ui.widgets.map_cards import Fonts, MapNode, paint_card, paint_name, spoken
from licensedesk.ui.widgets.map_far import FarPicture, line_pen
from licensedesk.ui.widgets.map_layout import Block, Box, arrange

CARDS_FROM = 0.5
"""From this scale on cards are drawn; below it names, and below `NAMES_FROM` dots."""
NAMES_FROM = 0.3
_BUCKET = 1_200.0
_MARGIN = 40.0
_STEP = 100
"""Servers between two reports of progress."""


@dataclass(frozen=True, slots=True)
class _Edge:
    """From a parent to a child or a block of them; solid and coloured within one range."""

    lines: tuple[QLineF, QLineF]
    curve: QPainterPath
    area: QRectF
    range_index: int | None


class MapItem(QGraphicsItem):
    """Everything at once: an item a server would cost a call from Qt a server in every frame."""

    def __init__(self, nodes: Sequence[MapNode], font: QFont) -> None:
        super().__init__()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self.nodes = {node.id: node for node in nodes}
        self.fonts = Fonts(font)
        self.selected: str | None = None
        self.found: frozenset[str] = frozenset()
        self._sources = _sources(nodes)
        sizes = {node.id: self.fonts.size(node) for node in nodes}
        boxes = [Box(node.id, node.parent, sizes[node.id].width(), sizes[node.id].height()) for node in nodes]
        layout = arrange(boxes)
        self.sideways = layout.sideways
        self.areas = {name: QRectF(QPointF(*place), sizes[name]) for name, place in layout.places.items()}
        self._bounds = QRectF(0, 0, layout.width, layout.height).adjusted(
            -_MARGIN, -_MARGIN, _MARGIN, _MARGIN
        )
        self._blocks = [QRectF(*block.area) for block in layout.blocks]
        self._edges = list(self._lines(nodes, layout.blocks))
        self._largest = self.fonts.largest()
        self._buckets = _in_buckets(layout.places)
        self._far = self._from_afar()

    # -- what stands where -------------------------------------------------------------------------
    def boundingRect(self) -> QRectF:  # noqa: N802 - the name is Qt's
        return self._bounds

    def node_at(self, where: QPointF) -> MapNode | None:
        at = self.within(QRectF(where, QSizeF(1, 1)))
        return self.nodes[at[0]] if at else None

    def within(self, area: QRectF) -> list[str]:
        """The servers of which at least a part is in the area."""
        left, top = _bucket(area.left() - self._largest.width(), area.top() - self._largest.height())
        right, bottom = _bucket(area.right(), area.bottom())
        buckets = (
            self._buckets.get((x, y), ()) for x in range(left, right + 1) for y in range(top, bottom + 1)
        )
        return [name for bucket in buckets for name in bucket if self.areas[name].intersects(area)]

    def spoken(self, name: str) -> str:
        node = self.nodes[name]
        return spoken(node, self._source_of(node))

    def fits(self, nodes: Sequence[MapNode]) -> bool:
        """Whether these are new figures in the same places: the same tree, ranges, and sizes of cards.

        Only reads: for a large site it is asked on the reader's thread.
        """
        if [(node.id, node.parent) for node in nodes] != [
            (one.id, one.parent) for one in self.nodes.values()
        ]:
            return False
        size = self.fonts.size
        if any(size(node) is not size(self.nodes[node.id]) for node in nodes):
            return False
        return all(node.range_index == self.nodes[node.id].range_index for node in nodes)

    def put(self, nodes: Sequence[MapNode]) -> None:
        """New figures, that fit."""
        self.nodes = {node.id: node for node in nodes}
        self._sources = _sources(nodes)
        self.update()

    def _source_of(self, node: MapNode) -> str:
        if node.is_source:
            return ""
        source = self._sources.get(node.range_label)
        return source.label if source is not None else ""

    # -- painting ----------------------------------------------------------------------------------
    @guarded(None)
    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, _widget: QWidget | None = None
    ) -> None:
        scale = option.levelOfDetailFromTransform(painter.worldTransform())
        scale /= painter.device().devicePixelRatio()
        self.paint_part(painter, option.exposedRect, scale)
        self._paint_marks(painter, option.exposedRect, scale)

    def paint_part(
        self, painter: QPainter, area: QRectF, scale: float, step: Callable[[int, int], object] | None = None
    ) -> None:
        """`scale` is screen pixels to a unit of the scene; it decides the detail. Also off the window's
        thread, for pictures: it only reads, and tells `step` how many servers of all are painted.
        """
        self.paint_ground(painter, area, scale)
        if scale >= NAMES_FROM:
            names = self.within(area)
            for at in range(0, len(names), _STEP):
                if step is not None:
                    step(at, len(names))
                self.paint_servers(painter, names[at : at + _STEP], scale)

    def paint_ground(self, painter: QPainter, area: QRectF, scale: float) -> None:
        """Lines and blocks; from afar all of it."""
        near = scale >= NAMES_FROM
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, near)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, near)
        if near:
            self._paint_blocks(painter, area, scale)
            self._paint_edges(painter, area)
        else:
            self._far.paint(painter)
            seen = ((node, self.areas[node.id]) for node in self._sources.values())
            self._far.label(painter, [(node, room) for node, room in seen if room.intersects(area)])

    def paint_servers(self, painter: QPainter, names: Iterable[str], scale: float) -> None:
        """Their cards, or only their names."""
        for name in names:
            node = self.nodes[name]
            if scale >= CARDS_FROM:
                paint_card(painter, self.areas[name], node, self._source_of(node), self.fonts)
            else:
                paint_name(painter, self.areas[name], node, self.fonts)

    def _paint_blocks(self, painter: QPainter, area: QRectF, scale: float) -> None:
        painter.setBrush(QColor(tokens().window))
        painter.setPen(QPen(QColor(tokens().border), 1 / max(scale, 0.01)))
        for room in self._blocks:
            if room.intersects(area):
                painter.drawRoundedRect(room, 10, 10)

    def _paint_edges(self, painter: QPainter, area: QRectF) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for edge in self._edges:
            if edge.area.intersects(area):
                painter.setPen(line_pen(edge.range_index))
                painter.drawPath(edge.curve)

    def _paint_marks(self, painter: QPainter, area: QRectF, scale: float) -> None:
        """What was searched for, and what is selected: rings that are as thick from afar as near by."""
        seen = self.within(area) if scale >= NAMES_FROM else self.areas
        found = [name for name in seen if name in self.found]
        self._paint_rings(painter, found, scale, colour=tokens().warning, thick=2.5)
        if self.selected is not None and self.areas[self.selected].intersects(area):
            self._paint_rings(painter, [self.selected], scale, colour=tokens().accent, thick=3.0)

    def _paint_rings(
        self, painter: QPainter, names: Iterable[str], scale: float, *, colour: str, thick: float
    ) -> None:
        wide = 4 / max(scale, 0.01)
        rooms = [self.areas[name].adjusted(-wide, -wide, wide, wide) for name in names]
        pen = QPen(QColor(colour), thick)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if scale < NAMES_FROM:
            # Too small for round corners to be seen, and too many for a call each.
            painter.drawRects(rooms)
            return
        for room in rooms:
            painter.drawRoundedRect(room, 10, 10)

    # -- made once ---------------------------------------------------------------------------------
    def _lines(self, nodes: Sequence[MapNode], blocks: Sequence[Block]) -> Iterable[_Edge]:
        packed = {name for block in blocks for name in block.members}
        for node in nodes:
            if node.parent in self.areas and node.parent is not None and node.id not in packed:
                same = self.nodes[node.parent].range_index == node.range_index
                begin, end = self._ends(self.areas[node.parent], self.areas[node.id])
                turn = end.x() if self.sideways else end.y()
                yield _edge(begin, end, node.range_index if same else None, turn=turn, sideways=self.sideways)
        for block in blocks:
            parent = self.nodes[block.parent]
            same = all(self.nodes[name].range_index == parent.range_index for name in block.members)
            begin, end = self._ends(self.areas[parent.id], QRectF(*block.area))
            yield _edge(
                begin, end, parent.range_index if same else None, turn=block.turn, sideways=self.sideways
            )

    def _ends(self, parent: QRectF, child: QRectF) -> tuple[QPointF, QPointF]:
        if self.sideways:
            return QPointF(parent.right(), parent.center().y()), QPointF(child.left(), child.center().y())
        return QPointF(parent.center().x(), parent.bottom()), QPointF(child.center().x(), child.top())

    def _from_afar(self) -> FarPicture:
        dots: dict[int, list[QRectF]] = defaultdict(list)
        for name, area in self.areas.items():
            dots[self.nodes[name].range_index].append(area)
        lines: dict[int | None, list[QLineF]] = defaultdict(list)
        for edge in self._edges:
            lines[edge.range_index].extend(edge.lines)
        return FarPicture(dots, lines, self._blocks, self.fonts.strong)


def _sources(nodes: Sequence[MapNode]) -> dict[str, MapNode]:
    """The sharing sources by the label of their range."""
    return {node.range_label: node for node in nodes if node.is_source}


def _bucket(x: float, y: float) -> tuple[int, int]:
    return int(x // _BUCKET), int(y // _BUCKET)


def _in_buckets(places: Mapping[str, tuple[float, float]]) -> dict[tuple[int, int], list[str]]:
    """By the upper left corner, so that each server is in one bucket."""
    buckets: dict[tuple[int, int], list[str]] = defaultdict(list)
    for name, (x, y) in places.items():
        buckets[int(x // _BUCKET), int(y // _BUCKET)].append(name)
    return dict(buckets)


def _edge(begin: QPointF, end: QPointF, range_index: int | None, *, turn: float, sideways: bool) -> _Edge:
    """A curve from the parent to `turn`, where the child's level begins; straight on from there."""
    if sideways:
        middle, corner = (begin.x() + turn) / 2, QPointF(turn, end.y())
        bends = QPointF(middle, begin.y()), QPointF(middle, end.y())
    else:
        middle, corner = (begin.y() + turn) / 2, QPointF(end.x(), turn)
        bends = QPointF(begin.x(), middle), QPointF(end.x(), middle)
    curve = QPainterPath(begin)
    curve.cubicTo(bends[0], bends[1], corner)
    curve.lineTo(end)
    area = QRectF(begin, end).normalized().adjusted(-2, -2, 2, 2)
    return _Edge((QLineF(begin, corner), QLineF(corner, end)), curve, area, range_index)
