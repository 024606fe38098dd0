"""Values as they are typed: days, quantities, and pairs like HOST=10."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date

import typer

from licensedesk.core.errors import RefusedError
from licensedesk.core.types import Day

MOST = 999_999_999
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def day(text: str) -> Day:
    """An ISO 8601 day. Raises RefusedError `invalid-date`."""
    if not _DAY.fullmatch(text):
        raise RefusedError("invalid-date", date=text, reason="it is not written as year-month-day")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RefusedError("invalid-date", date=text, reason="no calendar has it") from None


def coming_day(text: str | None, *, today: Day) -> Day:
    """The day to count for: today, or a later one, under that day's validity (1-domain.md, Counting)."""
    if text is None:
        return today
    found = day(text)
    if found < today:
        reason = f"figures are of today, {today.isoformat()}, or a later day"
        raise RefusedError("invalid-date", date=text, reason=reason)
    return found


def quantity(text: str) -> int:
    """0 to 999,999,999. Raises RefusedError `invalid-quantity` with what was given."""
    if not (text.isascii() and text.isdigit()) or len(text) > 12 or int(text) > MOST:
        raise RefusedError("invalid-quantity", quantity=text)
    return int(text)


def quantities(pairs: Iterable[str], *, metavar: str) -> Mapping[str, int]:
    """`NAME=QUANTITY` by name: the last `=` divides, since product names may have one."""
    found: dict[str, int] = {}
    for pair in pairs:
        name, equals, figure = pair.rpartition("=")
        if not equals or not name:
            raise typer.BadParameter(f"{pair!r} is not of the form {metavar}")
        if name in found:
            raise typer.BadParameter(f"{name!r} is given twice")
        found[name] = quantity(figure)
    return found
