"""The frame of every dialog: title, body, a notice for refusals, and the buttons."""

from __future__ import annotations

import time
from itertools import pairwise

import shiboken6
from PySide6.QtCore import QEvent, QMetaMethod, QSettings, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from licensedesk.core.errors import LicenseDeskError
from licensedesk.ui.mnemonics import literal
from licensedesk.ui.theme import enlarged
from licensedesk.ui.widgets.cut import cut_label, shortened
from licensedesk.ui.widgets.focus import tab_stops
from licensedesk.ui.widgets.notice import Notice
from licensedesk.ui.widgets.page import GAP, button
from licensedesk.ui.widgets.progress import ProgressStrip

_LARGEST = QSize(1240, 760)
"""Fits a screen of 1280 x 800 with the window manager's frame."""


_OPENING_S = 0.5
"""Until a dialog has read what it shows, and its height is what it stays."""


class Dialog(QDialog):
    """Its main button can be pressed only while `set_valid(True)`; pressing it emits `submitted`.

    Who opened it runs the action and calls `accept`, or `refuse` with the error: until the action has
    succeeded the dialog stays open with what was filled in. `danger` is for what destroys: the main button
    is red, names what is lost, and is never what Enter presses.
    """

    submitted = Signal()
    cancel_requested = Signal()
    """Cancel or Escape while busy: the work is to be given up; the dialog stays until it has ended."""

    def __init__(self, title: str, *, main: str, danger: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._busy = False
        self._valid = False
        self._memory: tuple[QSettings, str] | None = None
        self._natural = False
        self._follows = False
        self._needed = 0
        self._shown_at = 0.0
        self._focus_fell = False
        self._left: QWidget | None = None
        self._set_aside: list[QWidget] = []
        self.header = QHBoxLayout()
        self.header.setSpacing(GAP)
        self._title = cut_label(title, "title")
        self.header.addWidget(self._title)
        self.header.addStretch()
        self._content = QWidget()
        self.body = QVBoxLayout(self._content)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(GAP)
        self.notice = Notice()
        self.progress = ProgressStrip()
        self.progress.cancelled.connect(self.cancel_requested)
        self.cancel_button = button(self.tr("Cancel"), self.reject)
        self.main_button = button(main, self._submit, kind="danger" if danger else "main")
        self.extra = QHBoxLayout()
        """Further buttons, at the left of the row."""
        self._danger = danger
        self._lay_out()
        self.set_valid(True)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addLayout(self.extra)
        row.addWidget(self.progress, 1)
        row.addStretch()
        row.addWidget(self.cancel_button)
        row.addWidget(self.main_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(GAP)
        layout.addLayout(self.header)
        layout.addWidget(self._content, 1)
        layout.addWidget(self.notice)
        layout.addSpacing(4)
        layout.addLayout(row)
        (self.cancel_button if self._danger else self.main_button).setDefault(True)

    def set_width(self, width: int) -> None:
        """As wide as this, and as high as its content: for a dialog without a table that takes the room."""
        self._natural = True
        self.set_size(width, 0)

    def set_size(self, width: int, height: int) -> None:
        """In pixels at the usual size of text; larger text takes more."""
        self.resize(enlarged(width, self.font()), enlarged(height, self.font()))

    def set_title(self, title: str) -> None:
        self._title.setText(title)
        self.setWindowTitle(title)
        if self.isVisible():
            self._widen()

    def set_main(self, text: str) -> None:
        """What pressing it will do, with the figures of the moment: "Distribute 7 Licenses"."""
        self.main_button.setText(literal(shortened(text)))
        self.main_button.setAccessibleName(text)

    def set_valid(self, valid: bool, why_not: str = "") -> None:
        """Without a reason the fields themselves show what is missing."""
        self._valid = valid
        self.main_button.setEnabled(valid and not self._busy)
        self.main_button.setToolTip("" if valid else why_not)
        if self.main_button.isEnabled() and self._focus_fell:
            # It could not be given the focus when the dialog was opened.
            self._focus_fell = False
            if self.focusWidget() in {None, self.cancel_button}:
                self.main_button.setFocus()

    @property
    def valid(self) -> bool:
        return self._valid

    def set_busy(self, words: str = "") -> None:
        """With words: the action runs, nothing can be changed. Without: it has ended."""
        self._busy = bool(words)
        if self._busy:
            self._left = self.focusWidget()
            self._set_aside = [one for one in (self._content, *self._beside()) if one.isEnabled()]
        for one in self._set_aside:
            one.setEnabled(not self._busy)
        self.main_button.setEnabled(self._valid and not self._busy)
        self.cancel_button.setVisible(not self._busy)
        if self._busy:
            self.notice.clear()
            self.progress.start(words)
            self.progress.offer_cancel(self._can_cancel())
        else:
            self._set_aside = []
            self.progress.finish()
            self._focus_again()

    def _focus_again(self) -> None:
        """Where it was when the action began: what is disabled loses it."""
        left, self._left = self._left, None
        if left is not None and shiboken6.isValid(left) and left.isEnabled() and left.isVisible():
            left.setFocus()

    def _beside(self) -> list[QWidget]:
        """The further buttons at the left."""
        items = (self.extra.itemAt(at) for at in range(self.extra.count()))
        found = (item.widget() for item in items if item is not None)
        return [one for one in found if one is not None]

    def connectNotify(self, signal: QMetaMethod) -> None:  # noqa: N802 - the name is Qt's
        super().connectNotify(signal)
        if signal.name() == b"cancel_requested":
            self.progress.offer_cancel(True)

    def _can_cancel(self) -> bool:
        """Somebody gives the work up when it is asked for."""
        return self.isSignalConnected(QMetaMethod.fromSignal(self.cancel_requested))

    @property
    def busy(self) -> bool:
        return self._busy

    def stopped_working(self) -> None:
        """The action was given up, or ended by a fault that is shown by itself; it can be tried again."""
        self.set_busy()

    def refuse(self, error: LicenseDeskError) -> None:
        """The action was refused; nothing was changed, and what was filled in stands."""
        self.set_busy()
        self.notice.refuse(error)

    def remember(self, settings: QSettings, place: str) -> None:
        """Its size, from one time to the next."""
        self._memory = (settings, f"dialogs/{place}")

    def _submit(self) -> None:
        if self._valid and not self._busy:
            self.submitted.emit()

    def reject(self) -> None:
        if self._busy:
            self.cancel_requested.emit()
        else:
            super().reject()

    def done(self, result: int) -> None:
        if self._memory is not None:
            settings, place = self._memory
            settings.setValue(place, self.size())
        super().done(result)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - the name is Qt's
        if self._busy:
            event.ignore()
            self.cancel_requested.emit()
        else:
            super().closeEvent(event)

    def event(self, event: QEvent) -> bool:
        """What is said in it later does not squeeze what is there: it grows, and never jumps back."""
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest and self.isVisible():
            self._grow()
        return done

    def _widen(self) -> None:
        """For a title with a long name, as far as a screen goes; what is longer still is cut."""
        layout = self.layout()
        if layout is not None:
            sides = layout.contentsMargins()
            needed = self.header.sizeHint().width() + sides.left() + sides.right()
            self.resize(min(max(self.width(), needed), _LARGEST.width()), self.height())

    def _grow(self) -> None:
        layout = self.layout()
        if layout is None:
            return
        if layout.hasHeightForWidth():
            needed = layout.totalHeightForWidth(self.width())
        else:
            size = layout.totalSizeHint() if self._natural else layout.totalMinimumSize()
            needed = size.height()
        if self._follows and time.monotonic() - self._shown_at < _OPENING_S:
            # What is read at first comes and goes; nobody has looked yet.
            self._needed = min(needed, _LARGEST.height())
            self.resize(self.width(), self._needed)
        elif needed > self._needed:
            # Only for what is new: who has made it smaller wants it so.
            self._needed = min(needed, _LARGEST.height())
            self.resize(self.width(), max(self.height(), self._needed))
            self._rise()

    def _rise(self) -> None:
        """Its buttons stay on the screen when it has grown."""
        room = self.screen().availableGeometry()
        below = self.frameGeometry().bottom() - room.bottom()
        if below > 0:
            self.move(self.x(), max(room.top(), self.y() - below))

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - the name is Qt's
        super().showEvent(event)
        self._shown_at = time.monotonic()
        kept = self._memory[0].value(self._memory[1]) if self._memory is not None else None
        size = kept if isinstance(kept, QSize) else self.size()
        self._follows = self._natural and kept is None
        self.resize(size.boundedTo(_LARGEST))
        self._widen()
        self._grow()
        focused = self.focusWidget()
        if focused is None or not self._content.isAncestorOf(focused):
            otherwise = self.cancel_button if self._danger else self.main_button
            start = self._first_input() or otherwise
            start.setFocus()
            self._focus_fell = start is self.main_button and not start.isEnabled()

    def focusNextPrevChild(self, following: bool) -> bool:  # noqa: N802 - the name is Qt's
        """As it is read: Qt's own order is that of the making, and inputs may come while it is open."""
        for before, after in pairwise(tab_stops(self)):
            QWidget.setTabOrder(before, after)
        return super().focusNextPrevChild(following)

    def _first_input(self) -> QWidget | None:
        """What is filled in first: the first field from the top that a person can write or choose in."""
        for one in tab_stops(self._content):
            fits = isinstance(one, QLineEdit | QComboBox | QAbstractSpinBox | QAbstractItemView)
            if fits and one.isEnabled():
                return one
        return None
