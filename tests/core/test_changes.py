"""Figures of a range before and after, and their form for programs."""

from __future__ import annotations

import pytest

from licensedesk.core.changes import Changes, RangeChange, Standing
from licensedesk.core.types import ServerId


@pytest.mark.parametrize(
    ("held", "used", "remaining", "shortage"),
    [(10, 3, 7, 0), (10, 10, 0, 0), (10, 11, -1, 1), (0, 0, 0, 0), (-50, 0, -50, 50), (-50, 7, -57, 57)],
)
def test_what_remains_and_what_is_short(held: int, used: int, remaining: int, shortage: int) -> None:
    standing = Standing(2, held, used)
    assert standing.as_json() == {
        "servers": 2,
        "held": held,
        "used": used,
        "remaining": remaining,
        "shortage": shortage,
    }


def change(before: Standing | None, after: Standing | None) -> RangeChange:
    return RangeChange(source=ServerId("0" * 16), host_name="a", product="P", before=before, after=after)


@pytest.mark.parametrize(
    ("before", "after", "grows"),
    [
        (Standing(1, 5, 5), Standing(1, 4, 5), True),
        (Standing(1, 4, 5), Standing(1, 3, 5), True),
        (Standing(1, 4, 5), Standing(1, 4, 5), False),
        (Standing(1, 3, 5), Standing(1, 4, 5), False),
        (Standing(1, 9, 5), Standing(1, 5, 5), False),
        (None, Standing(1, 0, 1), True),
        (None, Standing(1, 0, 0), False),
        (Standing(1, 0, 9), None, False),
        # Over-distributed is short, though nothing is used.
        (Standing(1, 0, 0), Standing(1, -1, 0), True),
    ],
)
def test_shorter_than_before(before: Standing | None, after: Standing | None, grows: bool) -> None:
    assert change(before, after).grows_short is grows


def test_the_form_for_programs() -> None:
    standing = Standing(1, 4, 5)
    assert change(None, standing).as_json() == {
        "source": "a",
        "product": "P",
        "before": None,
        "after": standing.as_json(),
    }
    assert change(standing, None).as_json()["after"] is None


def test_nothing_is_stale_after_nothing() -> None:
    nothing = Changes()
    flags = ("servers", "licenses", "nodes", "trust", "settings", "ledger", "events")
    assert not any(getattr(nothing, flag) for flag in flags)
    assert (nothing.ranges, nothing.warnings, nothing.version) == ((), (), None)
