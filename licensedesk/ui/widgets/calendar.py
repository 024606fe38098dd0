"""The calendar that opens below a day: named for those who hear it."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QDateEdit, QSpinBox, QTableView


def offer_calendar(day: QDateEdit) -> None:
    """Qt gives its parts no names."""
    day.setCalendarPopup(True)
    calendar = day.calendarWidget()
    calendar.setAccessibleName(QCoreApplication.translate("Calendar", "Calendar"))
    for days in calendar.findChildren(QTableView):
        days.setAccessibleName(QCoreApplication.translate("Calendar", "Days"))
    for year in calendar.findChildren(QSpinBox):
        year.setAccessibleName(QCoreApplication.translate("Calendar", "Year"))
