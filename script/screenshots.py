"""Renders every view and dialog of the desktop, light and dark: views at 1280 x 800, dialogs at their size.

    script/screenshots.py FOLDER [--only PATTERN] [--site SITE [--set SET] [--server HOST]]

Without a site it makes them all: the sample site, a new one, and what is seen at a relay. A site that is
named is read and never changed: dialogs are opened, filled in, looked at and closed.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication

from licensedesk.core.site import SITE_FILE
from licensedesk.ui.application import Desktop, Start
from script.photography.camera import Photographer, Scenes
from script.photography.scenes import SIZE, SampleScenes, every_view, first_start
from script.photography.sites import new_site, sample_site

_LEAST_MS = 500
"""Until a window that finds no site has said so."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--site", type=Path)
    parser.add_argument("--set", choices=_SETS, default="sample")
    parser.add_argument("--server")
    parser.add_argument("--only", default="*", help="names of pictures, such as 'dialog-*'")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    if given.site is not None:
        if given.set != "first" and not (given.site / SITE_FILE).exists():
            parser.error(f"there is no site in {given.site}")
        return photograph(given.folder, given.site, given.set, given.server, given.only)
    # A place of a fixed name: the pictures say nothing of the machine on which they were made.
    place = Path(tempfile.gettempdir(), "example-corp")
    shutil.rmtree(place, ignore_errors=True)
    try:
        return everything(given.folder, place, given.only)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def everything(folder: Path, place: Path, only: str) -> int:
    """Each set in a process of its own: a program has one desktop."""
    sample = str(sample_site(place / "site"))
    runs = (
        ("--site", sample, "--set", "sample"),
        ("--site", sample, "--set", "relay", "--server", "c.example.com"),
        ("--site", str(new_site(place / "new")), "--set", "new"),
        ("--site", str(place / "desk"), "--set", "first"),
    )
    codes = [
        subprocess.run([sys.executable, __file__, str(folder), "--only", only, *run], check=False).returncode
        for run in runs
    ]
    return max(codes)


def photograph(folder: Path, site: Path, wanted: str, server: str | None, only: str) -> int:
    """The pictures of one set on a site."""
    with tempfile.TemporaryDirectory() as scratch:
        settings = QSettings(str(Path(scratch, "desk.ini")), QSettings.Format.IniFormat)
        settings.setValue("folders/enrolment", "/media/stick")
        platform.platform = lambda *_: "Linux"
        desktop = Desktop(Start(site, host_name=server, settings=settings))
        QApplication.setQuitOnLastWindowClosed(False)
        photographer = Photographer(desktop, folder)

        def begin() -> None:
            scenes = _SETS[wanted](desktop, Path(scratch))
            photographer.take([(name, scene) for name, scene in scenes if fnmatch(name, only)])
            # Not quit: that asks the window first, which waits for an action that runs.
            desktop.app.exit()

        if wanted == "first":
            QTimer.singleShot(_LEAST_MS, begin)
        else:
            desktop.session.opened.connect(lambda: QTimer.singleShot(0, begin))
        desktop.window.resize(*SIZE)
        desktop.show()
        desktop.app.exec()
        desktop.close()
    for name in photographer.failed:
        print(f"screenshots: {name} was not taken", file=sys.stderr)
    return 1 if photographer.failed else 0


_SETS: dict[str, Callable[[Desktop, Path], Scenes]] = {
    "sample": lambda desktop, scratch: SampleScenes(desktop, scratch).all(),
    "relay": lambda desktop, _: list(every_view(desktop, suffix="-relay")),
    "new": lambda desktop, _: list(every_view(desktop, suffix="-empty")),
    "first": lambda desktop, _: first_start(desktop),
}


if __name__ == "__main__":
    sys.exit(main())
