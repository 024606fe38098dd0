"""How far long work is: bar, figures, remaining time, and Cancel."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from licensedesk.ui.figures import number
from licensedesk.ui.task_runner import Progress
from licensedesk.ui.widgets.page import button, label

_STEPS = 1_000
_KNOWN_AFTER = 2.0
"""Seconds before a remaining time is guessed at: earlier it jumps about."""


def figures(progress: Progress) -> str:
    """`12,000 of 100,000 nodes - about 20 s left`."""
    translate = QCoreApplication.translate
    if progress.total is None:
        shown = number(progress.done)
    else:
        pattern = translate("Progress", "{done} of {total}")
        shown = pattern.format(done=number(progress.done), total=number(progress.total))
    if progress.text:
        shown = f"{shown} {progress.text}"
    left = remaining(progress)
    return f"{shown}  ·  {left}" if left else shown


def remaining(progress: Progress) -> str:
    """Empty while it cannot be told."""
    if not progress.total or not progress.done or progress.elapsed < _KNOWN_AFTER:
        return ""
    seconds = progress.elapsed * (progress.total - progress.done) / progress.done
    translate = QCoreApplication.translate
    if seconds < 1:
        return ""
    if seconds < 90:
        return translate("Progress", "about {0} s left").format(number(round(seconds)))
    return translate("Progress", "about {0} min left").format(number(round(seconds / 60)))


class ProgressStrip(QWidget):
    """Hidden until the first `show_progress` or `start`; the work's owner hides it with `finish`."""

    cancelled = Signal()
    toggled = Signal()
    """It has begun, or ended; see `running`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(self.tr("Progress"))
        self._words = label("", "secondary")
        self._running = False
        self._cancel = button(self.tr("Cancel"), self.cancel)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self._bar, 1)
        row.addWidget(self._words)
        row.addWidget(self._cancel)
        self.hide()

    def start(self, words: str) -> None:
        """Before the first figures: a bar that only moves."""
        self._bar.setRange(0, 0)
        self._words.setText(words)
        self._run(running=True)

    def offer_cancel(self, can: bool) -> None:
        """Not where pressing it would do nothing."""
        self._cancel.setVisible(can)

    def show_progress(self, progress: Progress) -> None:
        if progress.total:
            self._bar.setRange(0, _STEPS)
            self._bar.setValue(min(_STEPS, _STEPS * progress.done // progress.total))
        else:
            self._bar.setRange(0, 0)
        self._words.setText(figures(progress))
        self._run(running=True)

    def finish(self) -> None:
        self._run(running=False)

    @property
    def running(self) -> bool:
        return self._running

    def _run(self, *, running: bool) -> None:
        before, self._running = self._running, running
        self.setVisible(running)
        if before != running:
            # What is given up now is not what was given up before.
            self._cancel.setEnabled(True)
            self.toggled.emit()

    @property
    def text(self) -> str:
        return self._words.text()

    def cancel(self) -> None:
        """Once: the work ends at its next check, and says so itself."""
        self._cancel.setEnabled(False)
        self._words.setText(self.tr("Stopping…"))
        self.cancelled.emit()
