"""The start: what is painted first, what is not loaded before it, and what takes its place."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, QSettings
from pytestqt.qtbot import QtBot

from licensedesk.cli.desktop import options_alone
from licensedesk.ui.main_window import MainWindow
from licensedesk.ui.theme import Appearance, Theme
from licensedesk.ui.widgets.menu_area import WIDTH
from tests.ui.desk import Desk

FIRST_PICTURE = """
import sys
from PySide6.QtWidgets import QApplication
run = QApplication.exec
def until_painted(app):
    (window,) = [one for one in QApplication.topLevelWidgets() if hasattr(one, "painted")]
    window.painted.disconnect()
    window.painted.connect(lambda: print(*sys.modules))
    window.painted.connect(app.quit)
    return run()
QApplication.exec = until_painted
from licensedesk.__main__ import main
sys.exit(main(["--site", sys.argv[1]]))
"""
ALL_VIEWS = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
run = QApplication.exec
def until_loaded(app):
    from licensedesk.ui.main_window import VIEWS
    wanted = {"licensedesk.ui.pages." + place.partition(":")[0] for place in VIEWS.values()}
    assert not wanted <= set(sys.modules)
    timer = QTimer()
    timer.timeout.connect(lambda: app.quit() if wanted <= set(sys.modules) else None)
    timer.start(50)
    return run()
QApplication.exec = until_loaded
from licensedesk.__main__ import main
sys.exit(main(["--site", sys.argv[1]]))
"""
LATER = (
    "typer",
    "rich",
    "peewee",
    "lxml",
    "cryptography",
    "licensedesk.ui.session",
    "licensedesk.ui.operations",
)


@pytest.fixture
def folder(tmp_path: Path, sample_folder: Path) -> Path:
    """A site of its own: the whole program looks for events, and notes what it finds."""
    return shutil.copytree(sample_folder, tmp_path / "site")


def test_what_the_first_picture_does_not_need_is_loaded_after_it(folder: Path, tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", FIRST_PICTURE, str(folder)],
        env={**os.environ, "XDG_CONFIG_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    loaded = run.stdout.split()
    assert "licensedesk.ui.frame" in loaded
    assert [name for name in LATER if name in loaded] == []


def test_the_views_are_loaded_when_the_window_has_settled(folder: Path, tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-c", ALL_VIEWS, str(folder)],
        env={**os.environ, "XDG_CONFIG_HOME": str(tmp_path)},
        check=True,
        timeout=60,
    )


@pytest.mark.parametrize("appearance", [Appearance.LIGHT, Appearance.DARK])
def test_the_menu_area_looks_as_in_the_first_picture(
    desk: Desk, theme: Theme, appearance: Appearance, qtbot: QtBot
) -> None:
    theme.set_appearance(appearance)
    desk.session.settings.setValue("window/view", "map")
    window = desk.show(MainWindow(desk.session.settings))
    with qtbot.waitSignal(window.painted):
        window.resize(1280, 800)
    # Without its right end, where badges come once the site is read.
    area = QRect(0, 0, WIDTH - 60, window.height())
    first = window.grab(area).toImage()
    window.furnish(desk.session)
    qtbot.waitUntil(window.sidebar.isVisible)
    assert window.sidebar.current == "map"
    assert window.grab(area).toImage() == first


def test_the_window_comes_back_as_it_was_left(desk: Desk) -> None:
    settings = desk.session.settings
    window = desk.show(MainWindow(settings))
    window.furnish(desk.session)
    window.resize(900, 640)
    window.show_view("servers")
    window.close()
    again = MainWindow(settings)
    again.furnish(desk.session)
    assert (again.width(), again.height()) == (900, 640)
    assert again.sidebar.current == "servers"


def test_a_window_closed_before_it_was_furnished_is_closed(
    qtbot: QtBot, theme: Theme, tmp_path: Path
) -> None:
    window = MainWindow(QSettings(str(tmp_path / "desk.ini"), QSettings.Format.IniFormat))
    qtbot.addWidget(window)
    window.show()
    assert window.close()
    assert window.isHidden()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], {}),
        (["--site", "desk"], {"--site": "desk"}),
        (
            ["--site=desk", "--server=c", "--passphrase-file", "key"],
            {"--site": "desk", "--server": "c", "--passphrase-file": "key"},
        ),
        (["--site", "desk", "ranges"], None),
        (["--site"], None),
        (["--site="], None),
        (["--json"], None),
        (["--version"], None),
        (["status"], None),
    ],
)
def test_only_the_options_of_the_desktop_open_it(words: list[str], expected: dict[str, str] | None) -> None:
    assert options_alone(words) == expected
