"""Numbers, days and moments as the system's locale writes them; `-` for none."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache, lru_cache

from PySide6.QtCore import QDate, QDateTime, QLocale

NONE = "–"  # noqa: RUF001 - the dash is what is shown for "none"
_ISO_DAY = "yyyy-MM-dd"
_ISO_MINUTE = "HH:mm"


@cache
def locale() -> QLocale:
    """The system's; where it tells none (the C locale), English with thousands separators."""
    system = QLocale.system()
    if system.language() == QLocale.Language.C:
        return QLocale(QLocale.Language.English, QLocale.Country.UnitedStates)
    return system


@cache
def day_format() -> str:
    """The locale's short form of a day, with four digits for the year; ISO where it tells none."""
    if QLocale.system().language() == QLocale.Language.C:
        return _ISO_DAY
    short = locale().dateFormat(QLocale.FormatType.ShortFormat)
    return short if "yyyy" in short else short.replace("yy", "yyyy").replace("y" * 8, "yyyy")


def _plain_spaces(text: str) -> str:
    """Locales group and join with spaces that foreign text must not hold and that would be shown marked."""
    return text.replace("\u202f", " ").replace("\u00a0", " ")


@lru_cache(20_000)
def number(value: int | None) -> str:
    return NONE if value is None else _plain_spaces(locale().toString(value))


def day(value: date | None) -> str:
    if value is None:
        return NONE
    return _plain_spaces(locale().toString(QDate(value.year, value.month, value.day), day_format()))


def lately(value: datetime | None) -> str:
    """What is looked at while it happens: the minute of today, else the day."""
    if value is None:
        return NONE
    local = QDateTime.fromSecsSinceEpoch(int(value.timestamp()))
    if local.date() != QDate.currentDate():
        return _plain_spaces(locale().toString(local.date(), day_format()))
    return _plain_spaces(locale().toString(local.time(), _clock()))


def _clock() -> str:
    if day_format() == _ISO_DAY:
        return _ISO_MINUTE
    return locale().timeFormat(QLocale.FormatType.ShortFormat)


def moment(value: datetime | None) -> str:
    """Day and minute in the local time zone; a naive datetime is a bug of ours."""
    if value is None:
        return NONE
    local = QDateTime.fromSecsSinceEpoch(int(value.timestamp()))
    return _plain_spaces(locale().toString(local, f"{day_format()} {_clock()}"))
