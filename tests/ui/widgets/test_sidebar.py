from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QListView
from pytestqt.qtbot import QtBot

from licensedesk.ui.theme import Theme
from licensedesk.ui.widgets.menu_area import settings_groups
from licensedesk.ui.widgets.sidebar import Sidebar

VIEWS = [
    "overview",
    "license-details",
    "license-distribution",
    "servers",
    "map",
    "discovered",
    "managed",
    "excluded",
    "events",
    "audit",
]


@pytest.fixture
def sidebar(qtbot: QtBot, theme: Theme) -> Sidebar:
    made = Sidebar(settings_groups())
    qtbot.addWidget(made)
    made.resize(216, 600)
    made.show()
    made.set_current("overview")
    return made


def entries(sidebar: Sidebar) -> QListView:
    found = sidebar.findChild(QListView)
    assert isinstance(found, QListView)
    return found


def test_the_arrow_keys_walk_all_views_and_skip_the_headings(sidebar: Sidebar, qtbot: QtBot) -> None:
    seen = [sidebar.current]
    sidebar.chosen.connect(seen.append)
    for _ in range(12):
        QTest.keyClick(entries(sidebar), Qt.Key.Key_Down)
    assert seen == VIEWS


def test_a_click_chooses_and_a_heading_does_not(sidebar: Sidebar, qtbot: QtBot) -> None:
    chosen: list[str] = []
    sidebar.chosen.connect(chosen.append)
    shown = entries(sidebar)
    for row in range(shown.model().rowCount()):
        at = shown.visualRect(shown.model().index(row, 0)).center()
        QTest.mouseClick(shown.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert chosen == VIEWS[1:]


def test_a_badge_is_spoken_too(sidebar: Sidebar) -> None:
    sidebar.set_badge("events", 1234)
    spoken = [
        entries(sidebar).model().index(row, 0).data(Qt.ItemDataRole.AccessibleTextRole)
        for row in range(entries(sidebar).model().rowCount())
    ]
    assert "Event List, 1,234" in spoken
    sidebar.set_badge("events", 0)
    assert entries(sidebar).model().index(12, 0).data(Qt.ItemDataRole.AccessibleTextRole) == "Event List"
