"""One application and its theme for all tests of the window."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from licensedesk.core.site import NewSite, create_site
from licensedesk.core.types import Actor
from licensedesk.ui import icons
from licensedesk.ui.theme import Appearance, Theme
from tests.ui.desk import Desk
from tests.ui.office import Office, OfficeMaker

if TYPE_CHECKING:
    from PySide6.QtCore import QCoreApplication
    from PySide6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot


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


# -- a desk on a site --------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def sample_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample site, closed; copied for each test that writes or reads it."""
    from licensedesk.core.sample import build_sample

    folder = tmp_path_factory.mktemp("sample") / "site"
    build_sample(folder, by=Actor(name="admin"), at=datetime.now(UTC)).close()
    return folder


@pytest.fixture(scope="session")
def empty_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed site with nothing but its primary, hq."""
    folder = tmp_path_factory.mktemp("empty") / "site"
    new = NewSite("New Corp", "hq.example.com")
    create_site(folder, new, passphrase=b"sample", by=Actor(name="admin"), at=datetime.now(UTC)).close()
    return folder


@pytest.fixture
def desk(qtbot: QtBot, theme: Theme, tmp_path: Path, sample_folder: Path) -> Iterator[Desk]:
    """A session on a copy of the sample site, opened at the primary."""
    shutil.copytree(sample_folder, tmp_path / "site")
    yield from Desk.opened(qtbot, tmp_path)


@pytest.fixture
def empty_desk(qtbot: QtBot, theme: Theme, tmp_path: Path, empty_folder: Path) -> Iterator[Desk]:
    shutil.copytree(empty_folder, tmp_path / "site")
    yield from Desk.opened(qtbot, tmp_path)


@pytest.fixture
def relay_desk(qtbot: QtBot, theme: Theme, tmp_path: Path, sample_folder: Path) -> Iterator[Desk]:
    """A session on a copy of the sample site, opened at the holder c."""
    shutil.copytree(sample_folder, tmp_path / "site")
    yield from Desk.opened(qtbot, tmp_path, host_name="c.example.com")


@pytest.fixture
def office_maker(qtbot: QtBot, theme: Theme, tmp_path: Path, sample_folder: Path) -> Iterator[OfficeMaker]:
    """Makes the window on a copy of the sample site, not opened yet; closed after the test."""
    shutil.copytree(sample_folder, tmp_path / "site")
    made: list[Office] = []

    def make(**given: Any) -> Office:
        made.append(Office(qtbot, tmp_path, **given))
        return made[-1]

    yield make
    for office in made:
        office.close()


@pytest.fixture
def office(office_maker: OfficeMaker) -> Office:
    """The window on a copy of the sample site, opened at the primary."""
    made = office_maker()
    made.open()
    return made
