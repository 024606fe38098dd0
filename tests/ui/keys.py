"""A person without a mouse: keys go to whatever has the focus, and nothing else is touched."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget

MOST_TABS = 60
Key = Qt.Key


class Keyboard:
    """Presses keys on `window` and on what opens over it."""

    def __init__(self, window: QWidget, until: Callable[[Callable[[], object]], None]) -> None:
        self._window = window
        self._until = until

    @property
    def focus(self) -> QWidget:
        """What the next key goes to: in an open list or menu, else in the window on top."""
        popup = QApplication.activePopupWidget()
        if popup is not None:
            return popup.focusWidget() or popup
        top = QApplication.activeModalWidget() or self._window
        if QApplication.activeWindow() is not top:
            # The platform without a screen has no window manager that gives it back when a popup closes.
            top.activateWindow()
            self._until(lambda: QApplication.activeWindow() is top)
        return QApplication.focusWidget() or self._window

    def press(self, *keys: Key | str) -> None:
        """Keys by their code, combinations by their text ("Ctrl+R")."""
        for key in keys:
            if isinstance(key, str):
                QTest.keySequence(self.focus, QKeySequence(key))
            else:
                QTest.keyClick(self.focus, key)

    def write(self, text: str) -> None:
        """Each letter where the one before has led: the first may have opened a field."""
        for letter in text:
            QTest.keyClicks(self.focus, letter)

    def tab_to(self, wanted: QWidget) -> None:
        """Tab by Tab; fails where it cannot be reached that way."""
        self._until(wanted.isEnabled)
        passed = []
        for _ in range(MOST_TABS):
            focus = self.focus
            passed.append(focus.accessibleName() or type(focus).__name__)
            if focus is wanted or focus.focusProxy() is wanted:
                return
            QTest.keyClick(focus, Key.Key_Tab)
        stops = " > ".join(dict.fromkeys(passed))
        raise AssertionError(f"{MOST_TABS} tabs do not reach {wanted.accessibleName() or wanted!r}: {stops}")

    def push(self, wanted: QWidget) -> None:
        """Go to a button, and press it by the space bar."""
        self.tab_to(wanted)
        self.press(Key.Key_Space)

    def menu(self, mnemonic: str, entry: str) -> None:
        """Open a menu of the window by Alt and its letter, go down to an entry, and take it."""
        QTest.keyClick(self.focus, getattr(Key, f"Key_{mnemonic.upper()}"), Qt.KeyboardModifier.AltModifier)
        self._until(lambda: isinstance(QApplication.activePopupWidget(), QMenu))
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        for _ in menu.actions():
            chosen = menu.activeAction()
            if chosen is not None and chosen.text().replace("&", "") == entry:
                QTest.keyClick(menu, Key.Key_Return)
                return
            QTest.keyClick(menu, Key.Key_Down)
        raise AssertionError(f"no {entry} in that menu")
