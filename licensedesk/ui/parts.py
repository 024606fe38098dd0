"""The parts of the window, which F6 goes around: menu area, what is said above the view, view, foot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QAbstractItemView, QApplication, QGraphicsView, QWidget

from licensedesk.ui.widgets.focus import tab_stops

if TYPE_CHECKING:
    from licensedesk.ui.main_window import MainWindow


class Parts(QObject):
    """A part that is entered again has the focus where it was left."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._left: dict[QWidget, QWidget] = {}

    def go(self, step: int) -> None:
        """To the next part, or with -1 to the one before, that can take the focus."""
        parts = self._parts()
        focus = QApplication.focusWidget()
        here = next((at for at, part in enumerate(parts) if focus and part.isAncestorOf(focus)), -1)
        if here >= 0 and focus is not None:
            self._left[parts[here]] = focus
        count = len(parts)
        start = here if here >= 0 else (-1 if step > 0 else 0)
        for away in range(1, count + 1):
            target = self._target(parts[(start + step * away) % count])
            if target is not None:
                target.setFocus(Qt.FocusReason.ShortcutFocusReason)
                return

    def enter(self, part: QWidget) -> None:
        """Where the keyboard goes on in a part that has just come on the screen."""
        target = self._target(part)
        if target is not None:
            target.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _parts(self) -> list[QWidget]:
        window = self._window
        return [window.sidebar, window.notice, window.stack, window.foot.bar]

    def _target(self, part: QWidget) -> QWidget | None:
        inside = self._window.stack.currentWidget() if part is self._window.stack else part
        if inside is None:
            return None
        left = self._left.get(part)
        able = [one for one in tab_stops(inside) if one.isEnabled()]
        if left is not None and left in able:
            return left
        content = (one for one in able if isinstance(one, QAbstractItemView | QGraphicsView))
        return next(content, able[0] if able else None)
