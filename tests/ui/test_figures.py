from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from PySide6.QtCore import QLocale

from licensedesk.core.names import visible
from licensedesk.ui import figures


@pytest.mark.parametrize(
    ("value", "shown"), [(None, figures.NONE), (0, "0"), (-2, "-2"), (1_234_567, "1,234,567")]
)
def test_numbers_are_grouped(value: int | None, shown: str) -> None:
    assert figures.number(value) == shown


def test_none_is_a_dash() -> None:
    assert figures.day(None) == figures.moment(None) == figures.NONE


def test_days_and_moments_without_a_locale_are_iso() -> None:
    assert figures.day(date(2027, 3, 31)) == "2027-03-31"
    assert figures.moment(datetime(2027, 3, 31, 12, 0, tzinfo=UTC)).startswith("2027-03-31 ")


def test_lately_is_the_minute_of_today_or_a_day() -> None:
    now = datetime.now(UTC)
    assert figures.lately(now) == figures.moment(now).rpartition(" ")[2]
    before = now - timedelta(days=3)
    assert figures.lately(before) == figures.moment(before).partition(" ")[0]
    assert figures.lately(None) == figures.NONE


@pytest.mark.parametrize("name", ["fr_FR", "ja_JP", "de_DE", "en_US", "de_CH"])
def test_no_locale_groups_with_a_space_that_shows_as_a_number(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(QLocale, "system", lambda: QLocale(name))
    kept = (figures.locale, figures.day_format, figures.number)
    for function in kept:
        function.cache_clear()
    try:
        shown = (
            figures.number(1_234_567)
            + figures.day(date(2027, 3, 31))
            + figures.moment(datetime(2027, 3, 31, 15, 4, tzinfo=UTC))
        )
        assert visible(shown) == shown
        assert "2027" in shown
    finally:
        for function in kept:
            function.cache_clear()
