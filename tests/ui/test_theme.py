from __future__ import annotations

from typing import cast

import pytest
from PySide6.QtGui import QFontMetricsF, QPalette
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from licensedesk.ui.theme import Appearance, Theme, enlarged, palette_for, tokens
from licensedesk.ui.tokens import DARK, LIGHT, Tokens


def test_the_appearance_changes_while_it_runs(theme: Theme, qtbot: QtBot) -> None:
    with qtbot.waitSignal(theme.changed):
        theme.set_appearance(Appearance.DARK)
    assert tokens() is DARK
    assert theme.appearance is Appearance.DARK
    assert QApplication.palette().color(QPalette.ColorRole.Window).name().upper() == DARK.window
    theme.set_appearance(Appearance.LIGHT)
    assert tokens() is LIGHT


def test_system_is_light_where_the_system_tells_nothing(theme: Theme) -> None:
    theme.set_appearance(Appearance.DARK)
    theme.set_appearance(Appearance.SYSTEM)
    assert tokens() is LIGHT


def test_digits_have_one_width(theme: Theme, qtbot: QtBot) -> None:
    label = QLabel("1")
    qtbot.addWidget(label)
    label.setProperty("role", "title")
    label.ensurePolished()
    metrics = QFontMetricsF(label.font())
    widths = [metrics.horizontalAdvance(digit * 8) for digit in "0123456789"]
    assert max(widths) - min(widths) <= 0.5


def test_the_title_is_larger_than_the_body_by_the_designs_ratio(theme: Theme, qtbot: QtBot) -> None:
    title = QLabel("License Details")
    qtbot.addWidget(title)
    title.setProperty("role", "title")
    title.ensurePolished()
    body = cast("QApplication", QApplication.instance()).font().pointSizeF()
    assert title.font().pointSizeF() == pytest.approx(body * 1.6, abs=0.1)


@pytest.mark.parametrize("wanted", [LIGHT, DARK], ids=["light", "dark"])
def test_disabled_text_stays_readable(wanted: Tokens) -> None:
    disabled = palette_for(wanted).color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
    assert disabled.name().upper() == wanted.disabled


def test_widths_grow_with_the_text_and_never_shrink(session_theme: Theme) -> None:
    font = QApplication.font()
    assert enlarged(200, font) == 200
    font.setPointSizeF(1.5 * font.pointSizeF())
    assert 280 <= enlarged(200, font) <= 320
    font.setPointSizeF(6)
    assert enlarged(200, font) == 200
