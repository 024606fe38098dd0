"""Days, quantities and pairs as they are typed."""

from __future__ import annotations

from datetime import date

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from licensedesk.cli import values
from licensedesk.core.errors import RefusedError

TODAY = date(2026, 11, 21)


@given(st.dates())
def test_every_day_is_read_as_it_is_written(day: date) -> None:
    assert values.day(day.isoformat()) == day


@pytest.mark.parametrize(
    "text", ["", "today", "2026-1-1", "2026-13-01", "20261121", "2026-W01-1", "2026-01-0\u0661"]
)
def test_what_is_no_day_is_refused_by_its_text(text: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        values.day(text)
    assert (refusal.value.code, refusal.value.figures["date"]) == ("invalid-date", text)


@pytest.mark.parametrize(
    ("text", "day"), [(None, TODAY), ("2026-11-21", TODAY), ("2027-01-01", date(2027, 1, 1))]
)
def test_today_or_a_later_day(text: str | None, day: date) -> None:
    assert values.coming_day(text, today=TODAY) == day


def test_yesterday_is_no_day_to_count_for() -> None:
    with pytest.raises(RefusedError, match="invalid-date"):
        values.coming_day("2026-11-20", today=TODAY)


@given(st.integers(0, values.MOST))
def test_every_quantity_is_read(quantity: int) -> None:
    assert values.quantity(str(quantity)) == quantity


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", "1.0", "1e3", " 1", "1_000", "1000000000", "9" * 5000, "²", "\u0661"]
)
def test_what_is_no_quantity_is_refused_by_its_text(text: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        values.quantity(text)
    assert (refusal.value.code, refusal.value.figures) == ("invalid-quantity", {"quantity": text})


@given(st.dictionaries(st.text(min_size=1), st.integers(0, values.MOST)))
def test_pairs_are_divided_at_their_last_equals_sign(pairs: dict[str, int]) -> None:
    typed = [f"{name}={quantity}" for name, quantity in pairs.items()]
    assert values.quantities(typed, metavar="P=N") == pairs


@pytest.mark.parametrize("pairs", [["P"], ["=1"], ["P=1", "P=2"]])
def test_what_is_no_pair_is_wrong_usage(pairs: list[str]) -> None:
    with pytest.raises(typer.BadParameter):
        values.quantities(pairs, metavar="P=N")
