"""Every widget is drawn once, light and dark, with what the design asks of all of them."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from licensedesk.ui.theme import Appearance, Theme, tokens

from . import gallery


@pytest.mark.parametrize("name", gallery.PAGES)
def test_every_focusable_widget_has_an_accessible_name(name: str, qtbot: QtBot, theme: Theme) -> None:
    view, make = gallery.PAGES[name]
    window = gallery.window(view, make())
    qtbot.addWidget(window)
    nameless = [
        widget
        for widget in window.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and widget.isVisibleTo(window)
        and not widget.focusProxy()
        and not (widget.accessibleName() or getattr(widget, "text", str)() or _inside_spin_box(widget))
    ]
    assert nameless == []


def _inside_spin_box(widget: QWidget) -> bool:
    return widget.objectName().startswith("qt_")


@pytest.mark.parametrize("appearance", [Appearance.LIGHT, Appearance.DARK])
def test_a_page_is_drawn_in_the_palette_of_the_moment(
    appearance: Appearance, qtbot: QtBot, theme: Theme, tmp_path: Path
) -> None:
    theme.set_appearance(appearance)
    app = cast("QApplication", QApplication.instance())
    written = gallery.draw(app, theme, tmp_path, "license-details")
    assert len(written) == 2
    image = QImage(str(tmp_path / f"license-details-{appearance}.png"))
    theme.set_appearance(appearance)
    assert (image.width(), image.height()) == (1280, 800)
    assert image.pixelColor(640, 20).name().upper() == tokens().window
    assert image.pixelColor(100, 700).name().upper() == tokens().surface
