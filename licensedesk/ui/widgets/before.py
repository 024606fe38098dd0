"""Before a day, or any time: usual spans first, and any day from a calendar."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from PySide6.QtCore import QDate, Signal
from PySide6.QtWidgets import QComboBox, QDateEdit, QHBoxLayout, QWidget

from licensedesk.ui.figures import day_format
from licensedesk.ui.mnemonics import plain
from licensedesk.ui.widgets.calendar import offer_calendar

_A_DAY = "day"
_SPANS = (7, 30, 90, 365)


class BeforeField(QWidget):
    """`chosen` for what a person did. `kept` is what is remembered: a span counts from the day it is read."""

    chosen = Signal()

    def __init__(self, name: str, today: Callable[[], date], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._today = today
        self._by_program = False
        self.span = QComboBox()
        self.span.setAccessibleName(plain(name))
        self.span.addItem(self.tr("Any time"), "")
        for days in _SPANS:
            self.span.addItem(self.tr("Over {0} days ago").format(days), str(days))
        self.span.addItem(self.tr("Before a day…"), _A_DAY)
        self.span.activated.connect(lambda _at: self._on_span())
        self.day_edit = QDateEdit()
        self.day_edit.setAccessibleName(self.tr("Day"))
        offer_calendar(self.day_edit)
        self.day_edit.setDisplayFormat(day_format())
        self.day_edit.setMinimumWidth(120)
        self.day_edit.dateChanged.connect(lambda _day: self._on_day())
        self.day_edit.hide()
        self._show_day(today() - timedelta(days=30))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.span)
        row.addWidget(self.day_edit)
        self.setFocusProxy(self.span)

    @property
    def day(self) -> date | None:
        """Before which day (UTC); None for any time."""
        chosen = str(self.span.currentData())
        if chosen == _A_DAY:
            shown = self.day_edit.date()
            return date(shown.year(), shown.month(), shown.day())
        return self._today() - timedelta(days=int(chosen)) if chosen else None

    @property
    def kept(self) -> str:
        """Days of a span, a day in ISO form, or nothing."""
        chosen = str(self.span.currentData())
        day = self.day
        return day.isoformat() if chosen == _A_DAY and day is not None else chosen

    def set_kept(self, kept: str) -> None:
        """By program; tells nobody. What cannot be read is any time."""
        at = self.span.findData(kept)
        if at < 0:
            try:
                self._show_day(date.fromisoformat(kept))
                at = self.span.findData(_A_DAY)
            except ValueError:
                at = 0
        self.span.setCurrentIndex(at)
        self.day_edit.setVisible(self.span.currentData() == _A_DAY)
        self.updateGeometry()

    def _show_day(self, day: date) -> None:
        self._by_program = True
        self.day_edit.setDate(QDate(day.year, day.month, day.day))
        self._by_program = False

    def _on_span(self) -> None:
        a_day = self.span.currentData() == _A_DAY
        self.day_edit.setVisible(a_day)
        if a_day:
            self.day_edit.setFocus()
        self.updateGeometry()
        self.chosen.emit()

    def _on_day(self) -> None:
        if not self._by_program and self.span.currentData() == _A_DAY:
            self.chosen.emit()
