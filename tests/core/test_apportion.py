from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensedesk.core.apportion import (
    Share,
    apportion,
    cover_shortages,
    split_by_use,
    split_equally,
    unlocked_total,
)

C = Share("c", 40, 38)
D = Share("d", 10, 12)
F = Share("f", 0, 0)

figures = st.integers(0, 10**9)
shares = st.lists(st.tuples(figures, figures, st.booleans()), max_size=12).map(
    lambda rows: [Share(at, quantity, used, locked) for at, (quantity, used, locked) in enumerate(rows)]
)


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (0, [], []),
        (7, [], []),
        (0, [1, 2], [0, 0]),
        (10, [1, 1, 1], [4, 3, 3]),
        (10, [0, 0, 0], [4, 3, 3]),
        # Remainders 0.5, 0.5, 0: the earlier of the equal ones.
        (3, [1, 1, 2], [1, 1, 1]),
        (1, [1, 1], [1, 0]),
        # Quotas 7.6, 2.4: rounding down leaves one, which goes to the larger remainder.
        (10, [38, 12], [8, 2]),
        # The same where the larger remainder stands last.
        (10, [12, 38], [2, 8]),
        (5, [0, 3], [0, 5]),
    ],
)
def test_apportioning_by_largest_remainder(total: int, weights: list[int], parts: list[int]) -> None:
    assert apportion(total, weights) == parts


@pytest.mark.parametrize(("total", "weights"), [(-1, [1]), (1, [1, -1])])
def test_nothing_negative_is_apportioned(total: int, weights: list[int]) -> None:
    with pytest.raises(ValueError, match="negative"):
        apportion(total, weights)


def test_equally_leaves_what_cannot_be_divided_to_the_first() -> None:
    assert split_equally([C, D, F], 50) == {"c": 17, "d": 17, "f": 16}


def test_equally_around_a_locked_relay() -> None:
    assert split_equally([Share("c", 40, 38, locked=True), D, F], 11) == {"c": 40, "d": 6, "f": 5}


def test_by_use_is_in_proportion_to_what_is_used() -> None:
    assert split_by_use([C, D, F], 100) == {"c": 76, "d": 24, "f": 0}


def test_by_use_where_nothing_is_used_is_equal() -> None:
    assert split_by_use([F, Share("g", 3, 0)], 4) == {"f": 2, "g": 2}


@pytest.mark.parametrize(
    ("spare", "becomes"),
    [
        # The primary has enough to spare: only the short relay changes.
        (16, {"c": 40, "d": 12, "f": 0}),
        # One from the primary, one from c, which has two remaining.
        (1, {"c": 39, "d": 12, "f": 0}),
        (0, {"c": 38, "d": 12, "f": 0}),
        # A primary that is short itself gives nothing, and is not paid back.
        (-5, {"c": 38, "d": 12, "f": 0}),
    ],
)
def test_covering_shortages_changes_as_little_as_it_can(spare: int, becomes: dict[str, int]) -> None:
    assert cover_shortages([C, D, F], spare) == becomes


def test_covering_takes_nothing_from_a_locked_relay() -> None:
    locked = Share("c", 40, 38, locked=True)
    assert cover_shortages([locked, D, F], 0) == {"c": 40, "d": 10, "f": 0}


def test_covering_divides_what_is_there_by_shortage() -> None:
    short = [Share("d", 0, 20), Share("g", 0, 10)]
    assert cover_shortages(short, 15) == {"d": 10, "g": 5}


@given(rows=shares, total=figures)
def test_a_split_conserves_the_total_and_the_locked(rows: list[Share[int]], total: int) -> None:
    for split in (split_equally, split_by_use):
        becomes = split(rows, total)
        _assert_fair(rows, becomes)
        unlocked = [row for row in rows if not row.locked]
        assert sum(becomes[row.key] for row in unlocked) == (total if unlocked else 0)


@given(rows=shares, spare=st.integers(-(10**9), 10**9))
def test_covering_conserves_too_and_makes_nobody_short(rows: list[Share[int]], spare: int) -> None:
    becomes = cover_shortages(rows, spare)
    _assert_fair(rows, becomes)
    unlocked = [row for row in rows if not row.locked]
    missing = sum(row.shortage for row in unlocked)
    given_out = sum(becomes[row.key] for row in unlocked)
    assert given_out == unlocked_total(rows) + min(missing, max(0, spare))
    for row in unlocked:
        assert max(0, row.used - becomes[row.key]) <= row.shortage


def _assert_fair(rows: list[Share[int]], becomes: dict[int, int]) -> None:
    assert list(becomes) == [row.key for row in rows]
    assert all(quantity >= 0 for quantity in becomes.values())
    assert all(becomes[row.key] == row.quantity for row in rows if row.locked)
