"""The frame of every view: title at the upper left, its actions at the upper right, then the content."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from licensedesk.ui.icons import set_icon
from licensedesk.ui.mnemonics import plain
from licensedesk.ui.widgets.flow import FlowLayout

MARGIN = 16
GAP = 12
_HEADER = 30


def label(text: str, role: str = "") -> QLabel:
    """Plain text, never read as HTML: host names and other foreign text go through here."""
    shown = QLabel(text)
    shown.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        shown.setProperty("role", role)
    return shown


def button(
    text: str, press: Callable[[], object] | None = None, *, kind: str = "", icon: str = ""
) -> QPushButton:
    """`kind` is "" (outlined), "main" (filled), "danger" or "link"."""
    made = QPushButton(text)
    made.setAccessibleName(plain(text).rstrip(".…"))
    made.setAutoDefault(False)
    if kind:
        made.setProperty("kind", kind)
    if icon:
        set_icon(made, icon, role="on_accent" if kind == "main" else "secondary")
    if press is not None:
        made.clicked.connect(lambda _checked: press())
    return made


def hairline() -> QFrame:
    line = QFrame()
    line.setProperty("role", "hairline")
    return line


def panel() -> QFrame:
    """A surface with a hairline around it; give it a layout."""
    frame = QFrame()
    frame.setProperty("role", "panel")
    return frame


class Page(QWidget):
    """`body` takes the content, top to bottom; `header` the buttons, in several rows where it is narrow."""

    def __init__(self, title: str, subtitle: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(title)
        self._title = label(title, "title")
        # As high as a button, so that titles stand at one place in views with and without.
        self._title.setMinimumHeight(_HEADER)
        self._subtitle = label(subtitle, "secondary")
        self._subtitle.setVisible(bool(subtitle))
        self._subtitle.setWordWrap(True)
        self.header = FlowLayout(gap=GAP, right=True)
        head = QHBoxLayout()
        head.setSpacing(GAP)
        head.addWidget(self._title, alignment=Qt.AlignmentFlag.AlignTop)
        head.addLayout(self.header, 1)
        self.body = QVBoxLayout()
        self.body.setSpacing(GAP)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN + 4, MARGIN, MARGIN + 4, MARGIN)
        layout.setSpacing(GAP)
        layout.addLayout(head)
        layout.addWidget(self._subtitle)
        layout.addLayout(self.body, 1)

    @property
    def title(self) -> str:
        return self._title.text()

    def set_title(self, title: str, subtitle: str = "") -> None:
        self._title.setText(title)
        self.setAccessibleName(title)
        self._subtitle.setText(subtitle)
        self._subtitle.setVisible(bool(subtitle))

    def add_button(
        self,
        text: str,
        press: Callable[[], object],
        *,
        main: bool = False,
        shortcut: str = "",
        icon: str = "",
    ) -> QPushButton:
        """Left to right; the one main action comes last. Its shortcut is shown in the tool tip."""
        made = button(text, press, kind="main" if main else "", icon=icon)
        if shortcut:
            shown = QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText)
            made.setToolTip(f"{text.rstrip('.…')} ({shown})")
        self.header.addWidget(made)
        return made

    def add_to_header(self, widget: QWidget) -> None:
        self.header.addWidget(widget)
