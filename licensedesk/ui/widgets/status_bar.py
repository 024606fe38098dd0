"""The foot of the window: where one is, how the distribution stands, and the button that starts it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QSizePolicy, QWidget

from licensedesk.core.names import visible
from licensedesk.ui.widgets.cut import cut_label
from licensedesk.ui.widgets.page import button, label

_DOT = "  ·  "
_MESSAGE_MS = 8_000


class StatusBar(QFrame):
    """Parts are joined by dots; a message stands in place of the left parts for eight seconds."""

    distribute = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "statusbar")
        self._place_text = ""
        self._said = ""
        self._left = cut_label("", "secondary")
        self._left.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._right = label("", "secondary")
        self._progress: QProgressBar | None = None
        self.button = button(self.tr("Distribute License.xml Now"), self.distribute.emit)
        self.button.setProperty("action", "distribute-now")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._show_place)
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(13, 8, 10, 8)
        row.setSpacing(18)
        row.addWidget(self._left, 1)
        row.addWidget(self._right)
        row.addWidget(self.button)

    def set_place(self, parts: Sequence[str]) -> None:
        """Site and local server."""
        self._place_text = _DOT.join(visible(part) for part in parts)
        if not self._timer.isActive():
            self._show_place()

    def set_distribution(self, parts: Sequence[str], *, tooltip: str = "") -> None:
        """How many servers are current, the version, the last distribution."""
        self._right.setText(_DOT.join(visible(part) for part in parts))
        self._right.setToolTip(tooltip)

    @property
    def distribution(self) -> str:
        """The words at the right."""
        return self._right.text()

    def set_progress(self, done: int, total: int) -> None:
        """Shown while 0 < total; a total of 0 ends it. Made when it is first needed."""
        if self._progress is None and total <= 0:
            return
        if self._progress is None:
            self._progress = QProgressBar()
            self._progress.setTextVisible(False)
            self._progress.setFixedWidth(120)
            self._progress.setAccessibleName(self.tr("Progress of the distribution"))
            self._row.insertWidget(1, self._progress)
        self._progress.setVisible(total > 0)
        self._progress.setRange(0, max(1, total))
        self._progress.setValue(done)

    def say(self, message: str) -> None:
        """What has just been done, after the last thing that could fail."""
        self._said = visible(message)
        self._left.setText(self._said)
        self._left.setProperty("role", "strong")
        self._left.style().polish(self._left)
        self._timer.start(_MESSAGE_MS)

    def hint(self, words: str) -> None:
        """Of what is pointed at in a menu; empty when it is left."""
        if words:
            self._left.setText(visible(words))
        elif self._timer.isActive():
            self._left.setText(self._said)
        else:
            self._show_place()

    @property
    def message(self) -> str:
        return self._left.text()

    def _show_place(self) -> None:
        self._left.setText(self._place_text)
        self._left.setProperty("role", "secondary")
        self._left.style().polish(self._left)
