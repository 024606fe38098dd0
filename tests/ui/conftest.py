"""One application and its theme for all tests of the window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from licensedesk.ui import icons
from licensedesk.ui.theme import Appearance, Theme

if TYPE_CHECKING:
    from PySide6.QtCore import QCoreApplication
    from PySide6.QtWidgets import QApplication


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The platform without a screen says so of every window that is resized; nothing of ours is meant."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.qt_log_ignore("This plugin does not support"))


@pytest.fixture(scope="session")
def session_theme(qapp: QCoreApplication) -> Theme:
    made = Theme(cast("QApplication", qapp))
    made.changed.connect(icons.refresh)
    return made


@pytest.fixture
def theme(session_theme: Theme) -> Iterator[Theme]:
    """In light, and light again after the test."""
    session_theme.set_appearance(Appearance.LIGHT)
    yield session_theme
    session_theme.set_appearance(Appearance.LIGHT)
