from __future__ import annotations

import pytest
from lxml import etree
from PySide6.QtGui import QAction, QIcon
from pytestqt.qtbot import QtBot

from licensedesk.ui import icons
from licensedesk.ui.resources import resource_dir
from licensedesk.ui.theme import Appearance, Theme, tokens

NAMES = sorted(path.stem for path in (resource_dir() / "icons").glob("*.svg"))


@pytest.mark.parametrize("name", NAMES)
def test_every_icon_draws_something_on_the_grid_of_16(name: str, qtbot: QtBot, theme: Theme) -> None:
    root = etree.parse(resource_dir() / "icons" / f"{name}.svg").getroot()
    assert root.get("viewBox") == "0 0 16 16"
    image = icons.pixmap(name, "#112233", 16, 1.0).toImage()
    drawn = [(x, y) for x in range(16) for y in range(16) if image.pixelColor(x, y).alpha() > 60]
    assert drawn
    edge = [at for at in drawn if 0 in at or 15 in at]
    assert not edge, "touches the edge of the grid and would look cut"


@pytest.fixture
def action(qtbot: QtBot) -> QAction:
    return QAction("Reload")


def test_an_icon_follows_the_palette(action: QAction, theme: Theme) -> None:
    icons.set_icon(action, "dot")
    light = _middle(action.icon())
    theme.set_appearance(Appearance.DARK)
    assert _middle(action.icon()) != light
    assert _middle(action.icon()) == tokens().secondary.lower()


def _middle(icon: QIcon) -> str:
    return icon.pixmap(16, 16).toImage().pixelColor(8, 8).name()
