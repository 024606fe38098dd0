from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication

from licensedesk.ui.theme import Theme
from licensedesk.ui.tokens import State
from licensedesk.ui.widgets.bars import BAR_WIDTH, Bar, bar_width, remaining_bar


@pytest.mark.parametrize(
    ("held", "used", "expected"),
    [
        (100, 84, Bar("16", 0.84, State.INFO)),
        (40, 38, Bar("2", 0.95, State.WARNING)),
        (10, 12, Bar("Shortage 2", 1.0, State.CRITICAL)),
        (10, 10, Bar("0", 1.0, State.WARNING)),
        (0, 0, Bar("0", 0.0, State.INFO)),
        (0, 3, Bar("Shortage 3", 1.0, State.CRITICAL)),
        (-5, 0, Bar("Shortage 5", 1.0, State.CRITICAL)),
        (2_000_000, 0, Bar("2,000,000", 0.0, State.INFO)),
    ],
)
def test_remaining(held: int, used: int, expected: Bar) -> None:
    assert remaining_bar(held, used) == expected


def test_bars_under_each_other_are_of_one_width(theme: Theme) -> None:
    font = QApplication.font()
    few, short = (bar_width(166, remaining_bar(10, used), font) for used in (3, 12))
    assert few == short
    assert bar_width(600, remaining_bar(10, 3), font) == BAR_WIDTH
    assert 0 < bar_width(166, remaining_bar(0, 12_345_678), font) < few
