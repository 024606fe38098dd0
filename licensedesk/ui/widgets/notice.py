"""A sentence inside the view it concerns: what is wrong or to be known, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from licensedesk.core.errors import LicenseDeskError
from licensedesk.core.names import visible
from licensedesk.ui.icons import pixmap, set_icon
from licensedesk.ui.theme import tokens
from licensedesk.ui.tokens import State
from licensedesk.ui.widgets.chips import STATE_ICONS
from licensedesk.ui.widgets.page import button, label
from licensedesk.ui.wording import told

_ICON = 16


class StateIcon(QWidget):
    """The icon of a state, drawn in the palette of the moment."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state = State.NEUTRAL
        self.setFixedSize(QSize(_ICON, _ICON + 2))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - the name is Qt's
        painter = QPainter(self)
        picture = pixmap(STATE_ICONS[self.state], tokens().word(self.state), _ICON, self.devicePixelRatio())
        painter.drawPixmap(QPointF(0, 1), picture)
        painter.end()


class Notice(QFrame):
    """Hidden while it has nothing to say. Can be closed only if `closable`."""

    closed = Signal()
    shown = Signal(bool)
    """Whether it has something to say now: what gives it room follows."""

    def __init__(self, *, closable: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "notice")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._icon = StateIcon()
        self._sentence = _wrapped()
        self._advice = _wrapped("secondary")
        self._button = button("", self._pressed)
        self._button.hide()
        self._press: Callable[[], object] | None = None
        self._close = QToolButton()
        set_icon(self._close, "close")
        self._close.setAccessibleName(self.tr("Close this message"))
        self._close.clicked.connect(self._on_close)
        self._close.setVisible(closable)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._sentence)
        words.addWidget(self._advice)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.setSpacing(10)
        row.addWidget(self._icon, alignment=Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        row.addWidget(self._button, alignment=Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._close, alignment=Qt.AlignmentFlag.AlignTop)
        self.hide()

    def say(
        self,
        state: State,
        sentence: str,
        advice: str = "",
        *,
        button_text: str = "",
        press: Callable[[], object] | None = None,
    ) -> None:
        self._icon.state = state
        self._sentence.setText(visible(sentence))
        self._advice.setText(visible(advice))
        self._advice.setVisible(bool(advice))
        self._button.setText(button_text)
        self._button.setAccessibleName(button_text)
        self._button.setVisible(bool(button_text))
        self._press = press
        self.setAccessibleName(f"{visible(sentence)} {visible(advice)}".strip())
        self.setProperty("notice", state.value)
        self.style().polish(self)
        self.show()
        self.shown.emit(True)

    def refuse(self, error: LicenseDeskError) -> None:
        """The sentence and advice of a refusal."""
        self.say(State.CRITICAL, *told(error))

    def clear(self) -> None:
        self.hide()
        self.shown.emit(False)
        self.setAccessibleName("")

    @property
    def text(self) -> str:
        """What it says now; empty while it is hidden."""
        return self.accessibleName()

    @property
    def buttons(self) -> list[QAbstractButton]:
        """What can be pressed in it now."""
        return [one for one in (self._button, self._close) if not one.isHidden()]

    def _pressed(self) -> None:
        if self._press is not None:
            self._press()

    def _on_close(self) -> None:
        self.clear()
        self.closed.emit()


def _wrapped(role: str = "") -> QLabel:
    shown = label("", role)
    shown.setWordWrap(True)
    shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return shown
