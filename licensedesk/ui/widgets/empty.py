"""What an empty view says: one sentence, and the button that fills it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from licensedesk.ui.mnemonics import plain


class EmptyState(QWidget):
    """Hidden until it is told something to say."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentence = QLabel()
        self._sentence.setProperty("role", "secondary")
        self._sentence.setWordWrap(True)
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._sentence.setTextFormat(Qt.TextFormat.PlainText)
        self._button = QPushButton()
        self._button.hide()
        self._press: Callable[[], object] | None = None
        self._button.clicked.connect(lambda _checked: self.press())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 24)
        layout.setSpacing(12)
        layout.addStretch()
        layout.addWidget(self._sentence)
        layout.addWidget(self._button, alignment=Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch()
        self.hide()

    def say(self, sentence: str, button: str = "", press: Callable[[], object] | None = None) -> None:
        """Without a button text there is only the sentence."""
        self._sentence.setText(sentence)
        self._button.setText(button)
        self._button.setAccessibleName(plain(button).rstrip("…"))
        self._button.setVisible(bool(button))
        self._press = press

    @property
    def sentence(self) -> str:
        return self._sentence.text()

    def press(self) -> None:
        """As a click on the button."""
        if self._press is not None:
            self._press()
