"""What a person does with mouse and keyboard, anywhere in what is in front."""

from __future__ import annotations

import random
from typing import Any

import shiboken6
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QContextMenuEvent, QDragEnterEvent, QDropEvent, QHelpEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QGraphicsView,
    QHeaderView,
    QLineEdit,
    QMenu,
    QScrollBar,
    QTabBar,
    QWidget,
)

from licensedesk.ui.application import Desktop
from licensedesk.ui.widgets.map_view import MapView
from licensedesk.ui.widgets.tree import TreeView
from tests.ui.clicker.answers import Answers

KEYS = (
    *(Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Escape),
    *(Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End),
    *(Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Delete, Qt.Key.Key_F1, Qt.Key.Key_F2),
    *(Qt.Key.Key_F5, Qt.Key.Key_Menu, Qt.Key.Key_Plus, Qt.Key.Key_Minus, Qt.Key.Key_0, Qt.Key.Key_A),
)
COMBINED = "fazcrdil1234567890"
"""With Ctrl: what the menus offer, and what fields understand."""
LETTERS = "flsnvhaepoyb"
"""With Alt: menus, and the inputs of views and dialogs."""
TEXTS = ("d", "e.example.com", "7", "25", "-1", "wrong", "sample", "2026-11-30", "\u202ex", "x" * 300, "%_'")
LONG = 100
CLICKABLE = (
    *(QAbstractButton, QAbstractItemView, QAbstractSpinBox, QComboBox, QGraphicsView, QLineEdit, QTabBar),
)
DRAGGED = (QHeaderView, QAbstractItemView, QGraphicsView, QLineEdit, QScrollBar, QTabBar)
NONE, CTRL, SHIFT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
)
LEFT = Qt.MouseButton.LeftButton


class Hands:
    """Each of its events is one thing a person does; while `dragging` the mouse button is held down."""

    def __init__(self, desktop: Desktop, answers: Answers, chance: random.Random) -> None:
        self._desktop = desktop
        self._answers = answers
        self._chance = chance
        self.dragging = False

    @property
    def top(self) -> QWidget:
        return QApplication.activePopupWidget() or QApplication.activeModalWidget() or self._desktop.window

    def target(self, *kinds: type[QWidget]) -> Any:
        """Any of these in what is in front; None where there is none."""
        top = self.top
        found = [
            one
            for one in top.findChildren(QWidget)
            if isinstance(one, kinds) and one.isVisible() and one.isEnabled() and one.window() is top
        ]
        return self._chance.choice(found) if found else None

    @staticmethod
    def surface(target: QWidget) -> QWidget:
        return target.viewport() if isinstance(target, QAbstractScrollArea) else target

    def _somewhere(self, target: QWidget) -> QPoint:
        """In a table mostly on a row, on the map mostly on a server, else anywhere."""
        surface = self.surface(target)
        if isinstance(target, QAbstractItemView) and target.model() and self._chance.random() < 0.7:
            rows = target.model().rowCount()
            if rows:
                index = target.model().index(self._chance.randrange(min(rows, 12)), 0)
                return target.visualRect(index).center()
        if isinstance(target, MapView) and target.drawn and self._chance.random() < 0.7:
            areas = list(target.drawn.areas.values())
            if areas:
                return target.mapFromScene(self._chance.choice(areas).center())
        return QPoint(
            self._chance.randrange(max(1, surface.width())), self._chance.randrange(max(1, surface.height()))
        )

    # -- mouse ---------------------------------------------------------------------------------------
    def click(self) -> None:
        top = self.top
        if isinstance(top, QMenu):
            self._click_in(top)
            return
        target = self.target(*CLICKABLE)
        if target is None:
            self.escape()
            return
        modifier = self._chance.choice((NONE, NONE, NONE, NONE, CTRL, SHIFT))
        QTest.mouseClick(self.surface(target), LEFT, modifier, self._somewhere(target))

    def _click_in(self, menu: QMenu) -> None:
        entries = [one for one in menu.actions() if one.isEnabled() and not one.isSeparator()]
        if entries and self._chance.random() < 0.8:
            place = menu.actionGeometry(self._chance.choice(entries)).center()
            QTest.mouseClick(menu, LEFT, pos=place)
        else:
            QTest.keyClick(menu, Qt.Key.Key_Escape)

    def double(self) -> None:
        target = self.target(QAbstractItemView, QGraphicsView)
        if target is not None:
            QTest.mouseDClick(self.surface(target), LEFT, pos=self._somewhere(target))

    def context(self) -> None:
        target = self.target(QAbstractItemView, QGraphicsView, QLineEdit)
        if target is None:
            return
        surface, where = self.surface(target), self._somewhere(target)
        if isinstance(target, QAbstractItemView):
            QTest.mouseClick(surface, LEFT, pos=where)
        if not shiboken6.isValid(surface):
            return
        reason = self._chance.choice((QContextMenuEvent.Reason.Mouse, QContextMenuEvent.Reason.Keyboard))
        QApplication.sendEvent(surface, QContextMenuEvent(reason, where, surface.mapToGlobal(where)))

    def drag(self) -> None:
        """Rubber bands, columns, scroll bars, the map: press, move and release, a moment apart."""
        target = self.target(*DRAGGED)
        if target is None:
            return
        surface = self.surface(target)
        begin, end = self._somewhere(target), self._somewhere(target)
        self.dragging = True
        QTest.mousePress(surface, LEFT, pos=begin)

        def move(where: QPoint) -> None:
            if shiboken6.isValid(surface):
                QTest.mouseMove(surface, where)

        def release() -> None:
            self.dragging = False
            if shiboken6.isValid(surface):
                QTest.mouseRelease(surface, LEFT, pos=end)

        QTimer.singleShot(2, lambda: move((begin + end) / 2))
        QTimer.singleShot(4, lambda: move(end))
        QTimer.singleShot(6, release)

    def wheel(self) -> None:
        target = self.target(QAbstractScrollArea, QAbstractSpinBox, QComboBox)
        if target is None:
            return
        surface = self.surface(target)
        where = QPointF(self._somewhere(target))
        turn = QPoint(0, self._chance.choice((-240, -120, 120, 240)))
        event = QWheelEvent(
            where,
            QPointF(surface.mapToGlobal(where)),
            QPoint(),
            turn,
            Qt.MouseButton.NoButton,
            NONE,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(surface, event)

    def hover(self) -> None:
        target = self.target(*CLICKABLE)
        if target is None:
            return
        surface, where = self.surface(target), self._somewhere(target)
        QTest.mouseMove(surface, where)
        # To move the mouse lets others have their turn, who may close what is under it.
        if not shiboken6.isValid(surface):
            return
        QApplication.sendEvent(surface, QHelpEvent(QEvent.Type.ToolTip, where, surface.mapToGlobal(where)))

    def drop(self) -> None:
        """Files from outside, and a server on another one."""
        tree = self.target(TreeView)
        if tree is not None and tree.model().rowCount():
            model = tree.model()
            dragged, target = (model.index(self._chance.randrange(model.rowCount()), 0) for _ in range(2))
            self._let_fall(tree.viewport(), model.mimeData([dragged]), tree.visualRect(target).center())
            return
        files = QMimeData()
        files.setUrls([QUrl.fromLocalFile(str(self._answers.some())) for _ in range(2)])
        takers = [one for one in (self.top, *self.top.findChildren(QWidget)) if one.acceptDrops()]
        takers = [one for one in takers if one.isVisible() and one.window() is self.top]
        if takers:
            self._let_fall(self._chance.choice(takers), files, QPoint(5, 5))

    @staticmethod
    def _let_fall(taker: QWidget, carried: QMimeData, where: QPoint) -> None:
        actions = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction
        entering = QDragEnterEvent(where, actions, carried, LEFT, NONE)
        QApplication.sendEvent(taker, entering)
        if entering.isAccepted() and shiboken6.isValid(taker):
            QApplication.sendEvent(taker, QDropEvent(QPointF(where), actions, carried, LEFT, NONE))

    # -- keyboard ------------------------------------------------------------------------------------
    def press(self) -> None:
        focus = QApplication.focusWidget() or self.top
        among = self._chance.random()
        if among < 0.2:
            QTest.keyClicks(focus, self._chance.choice(COMBINED), CTRL)
        elif among < 0.3:
            QTest.keyClicks(focus, self._chance.choice(LETTERS), Qt.KeyboardModifier.AltModifier)
        elif among < 0.4:
            QTest.keyClick(focus, self._chance.choice(KEYS), SHIFT)
        else:
            QTest.keyClick(focus, self._chance.choice(KEYS))

    def write(self) -> None:
        target = self.target(QLineEdit, QAbstractSpinBox)
        if target is None:
            return
        target.setFocus()
        if self._chance.random() < 0.5:
            target.selectAll()
        text = self._chance.choice(TEXTS)
        if text.isascii() and len(text) < LONG:
            QTest.keyClicks(target, text)
        elif isinstance(target, QLineEdit):
            # Comes from the clipboard: no key has it, or nobody types so much.
            target.insert(text)

    # -- windows -------------------------------------------------------------------------------------
    def choose(self) -> None:
        """An action of the menu bar, by its key or from its menu."""
        if QApplication.activeModalWidget() is not None:
            self.click()
            return
        window = self._desktop.window
        # Not by QAction.menu(): PySide takes what that gives for a child of the action.
        menus = [*window.menus_by_name.values(), *window.menus._below]
        entries = [entry for menu in menus for entry in menu.actions() if entry.text()]
        self._chance.choice([one for one in entries if one.isEnabled() and one.isVisible()]).trigger()

    def escape(self) -> None:
        top = self.top
        if top is not self._desktop.window:
            QTest.keyClick(top, Qt.Key.Key_Escape)

    def close(self) -> None:
        """As the window manager does it, whatever goes on inside."""
        self.top.close()

    def resize(self) -> None:
        if isinstance(self.top, QDialog) or self.top is self._desktop.window:
            self.top.resize(self._chance.randrange(700, 1280), self._chance.randrange(400, 800))
