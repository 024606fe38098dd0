"""The calendar that opens below a day: named for those who hear it."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtWidgets import QDateEdit, QSpinBox, QTableView

_BEFORE_IT_OPENS = (QEvent.Type.FocusIn, QEvent.Type.MouseButtonPress)


def offer_calendar(day: QDateEdit) -> None:
    """Made when the day is first used: its thirty widgets would be restyled with each change of colours."""
    day.setCalendarPopup(True)
    day.installEventFilter(_Names(day))


class _Names(QObject):
    """Qt gives the parts of a calendar no names."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - the name is Qt's
        if event.type() in _BEFORE_IT_OPENS and isinstance(watched, QDateEdit):
            watched.removeEventFilter(self)
            _name_parts(watched)
        return False


def _name_parts(day: QDateEdit) -> None:
    calendar = day.calendarWidget()
    calendar.setAccessibleName(QCoreApplication.translate("Calendar", "Calendar"))
    for days in calendar.findChildren(QTableView):
        days.setAccessibleName(QCoreApplication.translate("Calendar", "Days"))
    for year in calendar.findChildren(QSpinBox):
        year.setAccessibleName(QCoreApplication.translate("Calendar", "Year"))
