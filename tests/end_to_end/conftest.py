"""A console in a folder of its own; whatever it started is ended after the test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.installed import Console

SERVERS = ("north", "south", "hq1", "north1", "south1")


@pytest.fixture(autouse=True)
def no_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LICENSEDESK_SITE", "LICENSEDESK_PASSPHRASE_FILE", "LICENSEDESK_DEBUG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with its licenses and servers, none of them invited yet."""
    console = Console(tmp_path_factory.mktemp("end-to-end"))
    console.make()
    return console.folder


@pytest.fixture
def quiet_console(tmp_path: Path, template: Path) -> Iterator[Console]:
    """A copy of it."""
    folder = tmp_path / "console"
    shutil.copytree(template, folder)
    console = Console(folder)
    yield console
    console.end()


@pytest.fixture
def console(quiet_console: Console) -> Console:
    """A site over the folder transport, its five agents running, nothing distributed yet."""
    quiet_console.enrol(*SERVERS)
    quiet_console.all_on()
    return quiet_console
