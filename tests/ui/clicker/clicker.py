"""The one who clicks: an event every few milliseconds, whatever is open, until all are done."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import shiboken6
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, QSettings, Qt, QTimer, QUrl
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
    QSpinBox,
    QTabBar,
    QWidget,
)

from licensedesk.core.types import Role
from licensedesk.ui import commands
from licensedesk.ui.application import Desktop, Start
from licensedesk.ui.pages.servers import ServersView
from licensedesk.ui.widgets.dialog import Dialog
from licensedesk.ui.widgets.map_view import MapView
from licensedesk.ui.widgets.tree import TreeView
from tests.ui.clicker.answers import Answers
from tests.ui.clicker.faults import Faults, SecondConsole
from tests.ui.clicker.seen import Seen
from tests.ui.clicker.visits import Visits

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
EDITING = ("rename-server", "move-server", "suspend-server", "remove-server", "holding-option", "enrol-agent")
FAULT_EVERY = 25
"""Events between switching a fault on or off."""
SAMPLE_AFTER = 120
"""Events after which a first start ends with the sample site, if it did not come so far by itself."""
BEAT_MS = 20
LONGEST_SECONDS = 3.0
"""Past it the window hung: nothing that waits for a disk, a lock or a broker may do so on its thread."""


class Clicker:
    """`settled` is called once all events are done, the faults are over, and nothing goes on any more."""

    def __init__(self, site: Path, files: Path, *, host_name: str | None, events: int, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - the same clicks every time
        self._left = events
        self._begun = False
        self._dragging = False
        self._patience = 60
        """Half seconds for what was begun last to come to its end."""
        self.done: Counter[str] = Counter()
        self.hung: list[str] = []
        self.hasty = 0
        """How often something was closed while it worked."""
        self.longest = 0.0
        settings = QSettings(str(files.parent / "clicker.ini"), QSettings.Format.IniFormat)
        self.seen = Seen()
        self.seen.begin()
        self.desktop = Desktop(Start(site, host_name=host_name, settings=settings))
        self.answers = Answers(files, site.parent / "out", random.Random(~seed))  # noqa: S311 - as above
        self.seen.watch(self.desktop.session)
        self.console = SecondConsole(site, seed, host_name or "")
        self.faults = Faults(self.desktop.session, self.console, self._chance)
        self.visits = Visits(self.desktop.session, self.desktop.window, self._chance)
        self.settled: Callable[[], object] = QApplication.quit
        self._events: dict[Callable[[], None], int] = {
            self._click: 30,
            self._press: 14,
            self._write: 10,
            self._visit: 14,
            self._work: 10,
            self._context: 6,
            self._drag: 5,
            self._double: 4,
            self._choose: 4,
            self._escape: 3,
            self._wheel: 2,
            self._hover: 2,
            self._drop: 2,
            self._close: 1,
            self._resize: 1,
        }
        self._next: list[Callable[[], None]] = []
        """Events that are next whatever chance says."""
        self._beat = QTimer()
        self._beat.setInterval(BEAT_MS)
        self._beat.timeout.connect(self._on_beat)
        self._beaten = 0.0
        self._last = ""

    def begin(self) -> None:
        """As soon as there is anything to click on."""
        QApplication.setQuitOnLastWindowClosed(False)
        self.desktop.show()
        QTimer.singleShot(500, self._begin)

    def _begin(self) -> None:
        self._rest()
        self._beat.start()
        self._step()

    # -- is it alive? --------------------------------------------------------------------------------
    def _on_beat(self) -> None:
        """Comes in every loop, that of a menu or dialog too; only what blocks the thread keeps it away."""
        pause = time.monotonic() - self._beaten
        self.longest = max(self.longest, pause)
        if pause > LONGEST_SECONDS:
            self.hung.append(f"{self._last} {pause:.1f} s")
        self._rest()

    def _rest(self) -> None:
        self._beaten = time.monotonic()

    # -- one event -----------------------------------------------------------------------------------
    def _step(self) -> None:
        if self._dragging:
            QTimer.singleShot(5, self._step)
            return
        if self._left <= 0:
            self.end()
            return
        self._left -= 1
        # Before the event: a menu or dialog that it opens may run a loop of its own until it is clicked away.
        QTimer.singleShot(self._chance.choice((2, 2, 2, 10, 40)), self._step)
        if self._left % FAULT_EVERY == 0 and self.desktop.session.is_open:
            self._switch_fault()
            self._rest()
        self._be_there()
        self.seen.look(self.desktop.window)
        act = self._next.pop(0) if self._next else self._any_event()
        self._last = act.__name__.lstrip("_")
        self.done[self._last] += 1
        act()

    def _switch_fault(self) -> None:
        if self.faults.on:
            self.faults.end()
            return
        kind = self.faults.draw()
        if kind == "removed":
            self._next = [self._escape, self._escape, self._begin_editing, self._remove_edited, self._work]
        else:
            self.faults.begin(kind)
            # Whatever the fault is, something is to be written while it is on.
            self._next = [self._escape, self._escape, self._begin_writing, self._submit]

    def _any_event(self) -> Callable[[], None]:
        (act,) = self._chance.choices(list(self._events), weights=list(self._events.values()))
        return act

    def _be_there(self) -> None:
        """A window that was closed is opened again, as by starting the program."""
        desktop = self.desktop
        if not desktop.window.isVisible():
            desktop.window.show()
            if not desktop.session.is_open:
                desktop._open_site()
        if not desktop.session.is_open and self._left % SAMPLE_AFTER == 0:
            for one in self._top.findChildren(QAbstractButton):
                if "Sample" in one.text():
                    one.click()

    @property
    def _top(self) -> QWidget:
        return QApplication.activePopupWidget() or QApplication.activeModalWidget() or self.desktop.window

    def _target(self, *kinds: type[QWidget]) -> Any:
        """Any of these in what is in front; None where there is none."""
        top = self._top
        found = [
            one
            for one in top.findChildren(QWidget)
            if isinstance(one, kinds) and one.isVisible() and one.isEnabled() and one.window() is top
        ]
        return self._chance.choice(found) if found else None

    @staticmethod
    def _surface(target: QWidget) -> QWidget:
        return target.viewport() if isinstance(target, QAbstractScrollArea) else target

    def _somewhere(self, target: QWidget) -> QPoint:
        """In a table mostly on a row, on the map mostly on a server, else anywhere."""
        surface = self._surface(target)
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
    def _click(self) -> None:
        top = self._top
        if isinstance(top, QMenu):
            self._click_in(top)
            return
        target = self._target(*CLICKABLE)
        if target is None:
            self._escape()
            return
        modifier = self._chance.choice((NONE, NONE, NONE, NONE, CTRL, SHIFT))
        QTest.mouseClick(self._surface(target), LEFT, modifier, self._somewhere(target))

    def _click_in(self, menu: QMenu) -> None:
        entries = [one for one in menu.actions() if one.isEnabled() and not one.isSeparator()]
        if entries and self._chance.random() < 0.8:
            place = menu.actionGeometry(self._chance.choice(entries)).center()
            QTest.mouseClick(menu, LEFT, pos=place)
        else:
            QTest.keyClick(menu, Qt.Key.Key_Escape)

    def _double(self) -> None:
        target = self._target(QAbstractItemView, QGraphicsView)
        if target is not None:
            QTest.mouseDClick(self._surface(target), LEFT, pos=self._somewhere(target))

    def _work(self) -> None:
        """What a dialog is there for: fill in what is empty, and press its main button."""
        top = self._top
        if not isinstance(top, Dialog):
            self._visit()
            return
        for field in top.findChildren(QLineEdit):
            if field.isVisible() and field.isEnabled() and (not field.text() or self._chance.random() < 0.3):
                field.setFocus()
                field.selectAll()
                QTest.keyClicks(field, self._fitting(field))
        for box in top.findChildren(QAbstractButton):
            if box.isCheckable() and box.isVisible() and box.isEnabled() and self._chance.random() < 0.3:
                QTest.mouseClick(box, LEFT, pos=QPoint(8, box.height() // 2))
        for spin in top.findChildren(QSpinBox):
            if spin.isVisible() and spin.isEnabled():
                QTest.keyClick(spin, self._chance.choice((Qt.Key.Key_Up, Qt.Key.Key_Down)))
        self._submit()
        if self._chance.random() < 0.1:
            # Closed while it works; the window too.
            self.hasty += self.desktop.runner.writing
            self._top.close()
            self.desktop.window.close()

    def _begin_writing(self) -> None:
        """Open a dialog that needs nothing but its press."""
        session, window = self.desktop.session, self.desktop.window
        if self._top is window and commands.allowed("renumber", session):
            commands.start("renumber", session, window)

    def _begin_editing(self) -> None:
        """Open a dialog about a server that can be removed."""
        session, window = self.desktop.session, self.desktop.window
        view = window._views.get("servers")
        rows = [row for _, row in view.model.loaded_rows()] if isinstance(view, ServersView) else []
        below = [row.fact.id for row in rows if row.fact.role != Role.PRIMARY]
        if below:
            session.choose_server(self._chance.choice(below))
        name = self._chance.choice(EDITING)
        if self._top is window and commands.allowed(name, session):
            commands.start(name, session, window)

    def _remove_edited(self) -> None:
        self.faults.begin("removed")

    def _submit(self) -> None:
        top = self._top
        if isinstance(top, Dialog):
            QTest.mouseClick(top.main_button, LEFT)

    def _fitting(self, field: QLineEdit) -> str:
        """What is asked for there, mostly."""
        if field.echoMode() == QLineEdit.EchoMode.Password:
            return self._chance.choice(("sample", "sample", "wrong"))
        name = field.accessibleName().casefold()
        if "host name" in name:
            return f"made-{self._chance.randrange(10**6)}.example.com"
        if "file" in name:
            return str(self.answers.some() if self._chance.random() < 0.5 else self.answers.new())
        return self._chance.choice(TEXTS[:-3])

    def _context(self) -> None:
        target = self._target(QAbstractItemView, QGraphicsView, QLineEdit)
        if target is None:
            return
        surface, where = self._surface(target), self._somewhere(target)
        if isinstance(target, QAbstractItemView):
            QTest.mouseClick(surface, LEFT, pos=where)
        if not shiboken6.isValid(surface):
            return
        reason = self._chance.choice((QContextMenuEvent.Reason.Mouse, QContextMenuEvent.Reason.Keyboard))
        QApplication.sendEvent(surface, QContextMenuEvent(reason, where, surface.mapToGlobal(where)))

    def _drag(self) -> None:
        """Rubber bands, columns, scroll bars, the map: press, move and release, a moment apart."""
        target = self._target(*DRAGGED)
        if target is None:
            return
        surface = self._surface(target)
        begin, end = self._somewhere(target), self._somewhere(target)
        self._dragging = True
        QTest.mousePress(surface, LEFT, pos=begin)

        def move(where: QPoint) -> None:
            if shiboken6.isValid(surface):
                QTest.mouseMove(surface, where)

        def release() -> None:
            self._dragging = False
            if shiboken6.isValid(surface):
                QTest.mouseRelease(surface, LEFT, pos=end)

        QTimer.singleShot(2, lambda: move((begin + end) / 2))
        QTimer.singleShot(4, lambda: move(end))
        QTimer.singleShot(6, release)

    def _wheel(self) -> None:
        target = self._target(QAbstractScrollArea, QAbstractSpinBox, QComboBox)
        if target is None:
            return
        surface = self._surface(target)
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

    def _hover(self) -> None:
        target = self._target(*CLICKABLE)
        if target is None:
            return
        surface, where = self._surface(target), self._somewhere(target)
        QTest.mouseMove(surface, where)
        QApplication.sendEvent(surface, QHelpEvent(QEvent.Type.ToolTip, where, surface.mapToGlobal(where)))

    def _drop(self) -> None:
        """Files from outside, and a server on another one."""
        tree = self._target(TreeView)
        if tree is not None and tree.model().rowCount():
            model = tree.model()
            dragged, target = (model.index(self._chance.randrange(model.rowCount()), 0) for _ in range(2))
            self._let_fall(tree.viewport(), model.mimeData([dragged]), tree.visualRect(target).center())
            return
        files = QMimeData()
        files.setUrls([QUrl.fromLocalFile(str(self.answers.some())) for _ in range(2)])
        takers = [one for one in (self._top, *self._top.findChildren(QWidget)) if one.acceptDrops()]
        takers = [one for one in takers if one.isVisible() and one.window() is self._top]
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
    def _press(self) -> None:
        focus = QApplication.focusWidget() or self._top
        among = self._chance.random()
        if among < 0.2:
            QTest.keyClicks(focus, self._chance.choice(COMBINED), CTRL)
        elif among < 0.3:
            QTest.keyClicks(focus, self._chance.choice(LETTERS), Qt.KeyboardModifier.AltModifier)
        elif among < 0.4:
            QTest.keyClick(focus, self._chance.choice(KEYS), SHIFT)
        else:
            QTest.keyClick(focus, self._chance.choice(KEYS))

    def _write(self) -> None:
        target = self._target(QLineEdit, QAbstractSpinBox)
        if target is None:
            return
        target.setFocus()
        if self._chance.random() < 0.5:
            target.selectAll()
        text = self._chance.choice(TEXTS)
        if text.isascii():
            QTest.keyClicks(target, text)
        elif isinstance(target, QLineEdit):
            # Comes from the clipboard: no key has it.
            target.insert(text)

    # -- windows -------------------------------------------------------------------------------------
    def _visit(self) -> None:
        if self._top is self.desktop.window:
            self.visits.go()
        elif self._chance.random() < 0.3:
            self._escape()
        else:
            self._click()

    def _choose(self) -> None:
        """An action of the menu bar, by its key or from its menu."""
        if QApplication.activeModalWidget() is not None:
            self._click()
            return
        window = self.desktop.window
        # Not by QAction.menu(): PySide takes what that gives for a child of the action.
        menus = [*window.menus_by_name.values(), *window.menus._below]
        entries = [entry for menu in menus for entry in menu.actions() if entry.text()]
        self._chance.choice([one for one in entries if one.isEnabled() and one.isVisible()]).trigger()

    def _escape(self) -> None:
        top = self._top
        if top is not self.desktop.window:
            QTest.keyClick(top, Qt.Key.Key_Escape)

    def _close(self) -> None:
        """As the window manager does it, whatever goes on inside."""
        self._top.close()

    def _resize(self) -> None:
        if isinstance(self._top, QDialog) or self._top is self.desktop.window:
            self._top.resize(self._chance.randrange(700, 1280), self._chance.randrange(400, 800))

    # -- the end -------------------------------------------------------------------------------------
    def end(self) -> None:
        """Close what is open, and wait for what goes on."""
        self.faults.end()
        self.seen.look(self.desktop.window)
        for _ in range(20):
            top = QApplication.activePopupWidget() or QApplication.activeModalWidget()
            if top is not None:
                top.close()
        QTimer.singleShot(500, self._judge_end)

    def _judge_end(self) -> None:
        waits = self._waits_for()
        if waits and self._patience:
            self._patience -= 1
            self.end()
            return
        self.hung += waits
        self._beat.stop()
        self.settled()

    def _waits_for(self) -> list[str]:
        """What has not come to an end."""
        modal = QApplication.activeModalWidget()
        found = [] if modal is None else [f"{type(modal).__name__} {modal.windowTitle()} stays open"]
        return [*found, "work goes on"] if self.desktop.runner.busy else found
