"""The map of ranges: drag to move, wheel or keys to zoom, arrows to walk, Enter to open."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QEvent, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QContextMenuEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QGraphicsScene, QGraphicsView, QToolTip, QWidget

from licensedesk.core.names import visible
from licensedesk.ui.actions import make_action
from licensedesk.ui.widgets.empty import EmptyState
from licensedesk.ui.widgets.map_cards import MapNode
from licensedesk.ui.widgets.map_scene import MapItem

_STEP = 1.2
_LEAST, _MOST = 0.005, 2.5
_CLICK = 5
_LIFE_SIZE = 1.2
_TURNED = {
    Qt.Key.Key_Left: Qt.Key.Key_Up,
    Qt.Key.Key_Right: Qt.Key.Key_Down,
    Qt.Key.Key_Up: Qt.Key.Key_Left,
    Qt.Key.Key_Down: Qt.Key.Key_Right,
}
"""A tree drawn sideways: what a key means there."""


class MapView(QGraphicsView):
    """Selecting a server here and elsewhere is the same: `server_selected`, and `select` for the others."""

    server_selected = Signal(str)
    server_activated = Signal(str)
    menu_wanted = Signal(QPoint)
    """Where on the screen; the server under the pointer is selected, or by the keyboard stays selected."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._item: MapItem | None = None
        self._fitted = True
        self._pressed: QPoint | None = None
        self.more: Callable[[str], str] = lambda _server: ""
        """What the tool tip of a server says below its card; asked for when it is shown."""
        self.empty = EmptyState(self.viewport())
        self.setScene(QGraphicsScene(self))
        self.setAccessibleName(self.tr("Map of ranges"))
        self.setDragMode(QGraphicsView.DragMode.ScrollHandDrag)
        # Qt's own anchor is where the mouse was moved last: the first turn of the wheel made the map leap.
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.AnchorViewCenter)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontSavePainterState)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setCursor(Qt.CursorShape.ArrowCursor)
        does: dict[str, Callable[[], object]] = {
            "fit": self.fit,
            "zoom-in": partial(self.zoom, _STEP),
            "zoom-out": partial(self.zoom, 1 / _STEP),
        }
        self.zooming = tuple(make_action(name, self, do) for name, do in does.items())
        """Also in the menus of the page; their keys are the map's."""
        self.addActions(self.zooming)

    # -- what pages say ----------------------------------------------------------------------------
    def set_nodes(self, nodes: Sequence[MapNode]) -> None:
        """New figures are painted in place; another tree is laid out anew, the view staying where it was."""
        if self._item is not None and self._item.fits(nodes):
            self._item.put(nodes)
        else:
            self.show_drawing(MapItem(nodes, self.font()))

    def show_drawing(self, drawing: MapItem) -> None:
        """What was laid out, for a large site on the reader's thread: 10,000 servers take 150 ms."""
        self.empty.setVisible(not drawing.nodes and bool(self.empty.sentence))
        before = self._item
        self.scene().clear()
        self._item = drawing
        if before is not None:
            self._item.selected = before.selected if before.selected in self._item.nodes else None
            self._item.found = before.found
        self.scene().addItem(self._item)
        around = self._item.boundingRect()
        self.scene().setSceneRect(
            around.adjusted(-around.width(), -around.height(), around.width(), around.height())
        )
        if self._fitted or before is None:
            self.fit()

    def select(self, name: str | None) -> None:
        """Mark a server and bring it into view; tells nobody."""
        if self._item is None or name == self._item.selected:
            return
        self._item.selected = name if name in self._item.nodes else None
        self._item.update()
        if self._item.selected is not None:
            self._bring(self._item.selected)
            self._say(self._item.spoken(self._item.selected))

    @property
    def selected(self) -> str | None:
        return self._item.selected if self._item is not None else None

    def find_text(self, text: str) -> int:
        """Ring the servers whose host name has the text in it; the number of them. Empty: none."""
        if self._item is None:
            return 0
        wanted = text.strip().casefold()
        nodes = self._item.nodes.values()
        found = [node.id for node in nodes if wanted and wanted in node.label.casefold()]
        self._item.found = frozenset(found)
        self._item.update()
        if found:
            self._bring(found[0])
        return len(found)

    def next_found(self) -> None:
        """Select the next of what was found, in the order of the tree."""
        if self._item is None or not self._item.found:
            return
        found = [name for name in self._item.nodes if name in self._item.found]
        at = found.index(self.selected) + 1 if self.selected in found else 0
        self._choose(found[at % len(found)])

    # -- zoom --------------------------------------------------------------------------------------
    def fit(self) -> None:
        """The whole tree; small ones not larger than life."""
        if self._item is None:
            return
        self.fitInView(self._item.boundingRect(), Qt.AspectRatioMode.KeepAspectRatio)
        if self.transform().m11() > _LIFE_SIZE:
            self.resetTransform()
            self.scale(_LIFE_SIZE, _LIFE_SIZE)
            self.centerOn(self._item.boundingRect().center())
        self._fitted = True

    def zoom(self, factor: float, around: QPoint | None = None) -> None:
        """Around a place in the viewport, which stays where it is; without one around the middle."""
        place = around or self.viewport().rect().center()
        there = self.mapToScene(place)
        scale = self.transform().m11()
        wanted = min(_MOST, max(_LEAST, scale * factor))
        self.scale(wanted / scale, wanted / scale)
        moved = self.mapFromScene(there) - place
        for bar, distance in (
            (self.horizontalScrollBar(), moved.x()),
            (self.verticalScrollBar(), moved.y()),
        ):
            bar.setValue(bar.value() + distance)
        self._fitted = False

    @property
    def drawn(self) -> MapItem | None:
        """What is shown, for `map_pictures`; None until there are servers."""
        return self._item

    # -- choosing ----------------------------------------------------------------------------------
    def _choose(self, name: str) -> None:
        if name != self.selected:
            self.select(name)
            self.server_selected.emit(name)

    def _bring(self, name: str) -> None:
        if self._item is not None:
            room = self._item.areas[name]
            seen = self.mapToScene(self.viewport().rect()).boundingRect()
            if not seen.contains(room):
                self.centerOn(room.center())
                self._fitted = False

    def _say(self, words: str) -> None:
        """To the screen reader."""
        self.setAccessibleDescription(words)
        event = QAccessibleEvent(self, QAccessible.Event.DescriptionChanged)
        QAccessible.updateAccessibility(event)

    def _neighbour(self, key: Qt.Key) -> str | None:
        """Up: the parent. Down: the first below. Left and right: the next on the same level.

        Where the tree is drawn sideways the keys are turned with it.
        """
        item = self._item
        if item is None or not item.nodes:
            return None
        if item.selected is None or key == Qt.Key.Key_Home:
            return next(iter(item.nodes))
        here = item.nodes[item.selected]
        key = _TURNED.get(key, key) if item.sideways else key
        if key == Qt.Key.Key_Up:
            return here.parent if here.parent in item.nodes else None
        if key == Qt.Key.Key_Down:
            return next((node.id for node in item.nodes.values() if node.parent == here.id), None)
        return self._beside(item, item.areas[here.id], 1 if key == Qt.Key.Key_Right else -1)

    @staticmethod
    def _beside(item: MapItem, room: QRectF, side: int) -> str | None:
        if item.sideways:
            level = [
                (side * (area.center().y() - room.center().y()), name)
                for name, area in item.areas.items()
                if abs(area.left() - room.left()) < 1
            ]
        else:
            level = [
                (side * (area.center().x() - room.center().x()), name)
                for name, area in item.areas.items()
                if abs(area.top() - room.top()) < 1
            ]
        return min(((away, name) for away, name in level if away > 0), default=(0.0, None))[1]

    # -- events ------------------------------------------------------------------------------------
    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - the name is Qt's
        key = Qt.Key(event.key())
        arrows = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home)
        if key in arrows:
            name = self._neighbour(key)
            if name is not None:
                self._choose(name)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.selected is not None:
            self.server_activated.emit(self.selected)
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - the name is Qt's
        turns = event.angleDelta().y() / 120
        if turns:
            self.zoom(_STEP**turns, event.position().toPoint())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - the name is Qt's
        self._pressed = event.position().toPoint()
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - the name is Qt's
        super().mouseReleaseEvent(event)
        self.viewport().setCursor(Qt.CursorShape.ArrowCursor)
        event.accept()
        here = event.position().toPoint()
        moved = self._pressed is None or (here - self._pressed).manhattanLength() > _CLICK
        self._pressed = None
        if moved:
            self._fitted = False
            return
        node = self.node_under(here)
        if node is not None:
            self._choose(node.id)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - the name is Qt's
        node = self.node_under(event.position().toPoint())
        if node is not None:
            self._choose(node.id)
            self.server_activated.emit(node.id)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802 - the name is Qt's
        at = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            at = self.viewport().mapToGlobal(self._middle_of_selected())
        else:
            node = self.node_under(event.pos())
            if node is not None:
                self._choose(node.id)
        self.menu_wanted.emit(at)

    def _middle_of_selected(self) -> QPoint:
        if self._item is None or self._item.selected is None:
            return self.viewport().rect().center()
        return self.mapFromScene(self._item.areas[self._item.selected].center())

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: N802 - the name is Qt's
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            node = self.node_under(event.pos())
            if node is None or self._item is None:
                QToolTip.hideText()
            else:
                more = self.more(node.id)
                words = self._item.spoken(node.id) + (f"\n{visible(more)}" if more else "")
                QToolTip.showText(event.globalPos(), html.escape(words).replace("\n", "<br>"), self)
            return True
        return super().viewportEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - the name is Qt's
        super().resizeEvent(event)
        self.empty.setGeometry(self.viewport().rect())
        if self._fitted:
            self.fit()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - the name is Qt's
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._item is not None:
            self._item.update()

    def node_under(self, where: QPoint) -> MapNode | None:
        """`where` is in the viewport."""
        return self._item.node_at(self.mapToScene(where)) if self._item is not None else None
