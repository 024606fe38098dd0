"""Radio buttons of which one is chosen; Tab goes to that one, and arrows from it to the others."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QAbstractButton, QButtonGroup


class Choices(QButtonGroup):
    """Qt sends Tab to the first of them, until one was chosen by hand."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.buttonToggled.connect(lambda _button, _on: self._let_tab_come())

    def addButton(self, button: QAbstractButton, number: int = -1) -> None:  # noqa: N802 - the name is Qt's
        super().addButton(button, number)
        self._let_tab_come()

    def _let_tab_come(self) -> None:
        chosen = self.checkedButton()
        for one in self.buttons():
            stop = chosen is None or one is chosen
            one.setFocusPolicy(Qt.FocusPolicy.StrongFocus if stop else Qt.FocusPolicy.ClickFocus)
