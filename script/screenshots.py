"""Renders every view and dialog of the desktop on a site, light and dark, at 1280 x 800.

    script/screenshots.py FOLDER --site SITE

The site is read and never changed: dialogs are opened, filled in, looked at and closed.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from licensedesk.core.allocations import allocate
from licensedesk.core.delivery import Order, deliver, open_distributor
from licensedesk.core.distribution.enrolment import invite
from licensedesk.core.local_agents import LocalAgent
from licensedesk.core.sample import PASSPHRASE, PRODUCT, build_sample, host
from licensedesk.core.settings import set_setting
from licensedesk.core.site import Site
from licensedesk.core.site_key import unlock
from licensedesk.core.store.database import Store
from licensedesk.core.store.facts import read_tree
from licensedesk.core.types import Actor
from licensedesk.ui import commands
from licensedesk.ui.application import Desktop, Start
from licensedesk.ui.main_window import VIEWS
from licensedesk.ui.theme import Appearance
from licensedesk.ui.widgets.dialog import Dialog

SIZE = (1280, 800)
SETTLE_MS = 250
"""After the last read has come back: what is painted a moment later is painted."""
LONGEST_MS = 20_000


class Photographer:
    """Goes through the scenes one after the other, each when nothing is being read any more."""

    def __init__(self, site: Path, folder: Path) -> None:
        self.folder = folder
        settings = QSettings(str(folder / "unused.ini"), QSettings.Format.IniFormat)
        settings.setValue("folders/enrolment", "/media/stick")
        platform.platform = lambda *_: "Linux"
        self.desktop = Desktop(Start(site, settings=settings))
        self.servers: dict[str, str] = {}
        self.failed: list[str] = []
        self._scenes: Iterator[tuple[str, Callable[[], QWidget | None]]] = iter(())
        self._taking = ""
        self._waited = 0
        self._timer = QTimer()
        self._timer.setInterval(SETTLE_MS)
        self._timer.timeout.connect(self._look)

    def run(self) -> int:
        self.desktop.session.opened.connect(self._begin)
        self.desktop.window.resize(*SIZE)
        self.desktop.show()
        code = self.desktop.app.exec()
        self.desktop.close()
        (self.folder / "unused.ini").unlink(missing_ok=True)
        for name in self.failed:
            print(f"screenshots: {name} was not taken", file=sys.stderr)
        return 1 if self.failed else code

    def _begin(self) -> None:
        def read(store: Store) -> dict[str, str]:
            return {server.host_name.partition(".")[0]: server.id for server in read_tree(store).servers}

        self.desktop.session.read(read, owner=self.desktop.window, done=self._start)

    def _start(self, servers: dict[str, str]) -> None:
        self.servers = servers
        self._scenes = self._all()
        self._next()

    def _all(self) -> Iterator[tuple[str, Callable[[], QWidget | None]]]:
        for appearance in (Appearance.LIGHT, Appearance.DARK):
            suffix = "" if appearance is Appearance.LIGHT else "-dark"
            self.desktop.theme.set_appearance(appearance)
            for key in VIEWS:
                yield f"{key}{suffix}", partial(self._view, key)
            for name, what in self._dialogs():
                yield f"dialog-{name}{suffix}", partial(self._dialog, name, what)

    def _dialogs(self) -> list[tuple[str, dict[str, object]]]:
        d, c = self.servers.get("d", ""), self.servers.get("c", "")
        given: dict[str, dict[str, object]] = {
            "holding-option": {"server": c},
            "license-details": {"source": d},
            "deregister-license": {"issuer": "Example Software", "serial": "DM-1001"},
            "distribute-licenses": {"relay": d},
            "register-license": {"files": sorted((self.desktop.session.folder / "files").glob("*.lic"))},
            "add-managed": {"under": c},
            "add-relay": {"under": c},
        }
        named = {"rename-server", "move-server", "suspend-server", "remove-server", "enrol-agent"}
        return [(name, given.get(name, {"server": c} if name in named else {})) for name in commands.COMMANDS]

    # -- scenes ------------------------------------------------------------------------------------
    def _view(self, key: str) -> QWidget:
        self.desktop.window.resize(*SIZE)
        self.desktop.window.show_view(key)
        return self.desktop.window

    def _dialog(self, name: str, what: dict[str, object]) -> QWidget | None:
        commands.start(name, self.desktop.session, self.desktop.window, **what)
        shown = (widget for widget in QApplication.topLevelWidgets() if isinstance(widget, QDialog))
        return next((dialog for dialog in shown if dialog.isVisible()), None)

    def _next(self) -> None:
        try:
            self._taking, scene = next(self._scenes)
        except StopIteration:
            self._timer.stop()
            self.desktop.app.quit()
            return
        try:
            self._subject = scene()
        except Exception as error:  # noqa: BLE001 - the other pictures are wanted all the same
            print(f"screenshots: {self._taking}: {error!r}", file=sys.stderr)
            self._subject = None
        self._waited = 0
        self._timer.start()

    def _look(self) -> None:
        """Once nothing is read any more; a scene that never settles is a fault of the view."""
        self._waited += SETTLE_MS
        if self.desktop.runner.busy and self._waited < LONGEST_MS:
            return
        self._timer.stop()
        subject = self._subject
        if subject is None or not subject.grab().save(str(self.folder / f"{self._taking}.png")):
            self.failed.append(self._taking)
        if isinstance(subject, Dialog):
            subject.close()
        QTimer.singleShot(0, self._next)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--site", type=Path)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    if given.site is not None:
        return Photographer(given.site, given.folder).run()
    # A place of a fixed name: the pictures say nothing of the machine on which they were made.
    place = Path(tempfile.gettempdir(), "example-corp")
    shutil.rmtree(place, ignore_errors=True)
    try:
        return Photographer(_sample(place / "site"), given.folder).run()
    finally:
        shutil.rmtree(place, ignore_errors=True)


ENROLLED = ("b", "c", "app-1", "app-2")
"""Servers of the sample with a real agent; the others show what is said of those without one."""
SWITCHED_OFF = "app-2"
PATIENCE = timedelta(seconds=20)


def _sample(folder: Path) -> Path:
    """The sample site with agents that have reported, one of which was off when something changed."""
    admin = Actor(name="admin")
    site = build_sample(folder, by=admin, at=_now())
    try:
        # The pictures show what was left, not a distribution that begins.
        set_setting(site.store, key="distribute_at_start", value="false", by=admin, at=_now())
        agents = {name: _agent(site, name, by=admin) for name in ENROLLED}
        try:
            _distribute(site, by=admin)
            agents[SWITCHED_OFF].stop()
            server = read_tree(site.store).named(host("c")).id
            allocate(site.store, product=PRODUCT, quantities={server: 42}, by=admin, at=_now())
            _distribute(site, by=admin, wait=timedelta(seconds=3))
        finally:
            for agent in agents.values():
                agent.stop()
    finally:
        site.close()
    return folder


def _agent(site: Site, name: str, *, by: Actor) -> LocalAgent:
    server = read_tree(site.store).named(host(name)).id
    enrolment = invite(site, server=server, signer=unlock(site, PASSPHRASE), by=by, at=_now())
    agent = LocalAgent(site.folder.with_name("agents") / name)
    agent.enrol(enrolment, settings="[agent]\npoll_seconds = 0.1\n")
    agent.start()
    return agent


def _distribute(site: Site, *, by: Actor, wait: timedelta = PATIENCE) -> None:
    order = Order(reason="demand", wait=wait)
    with open_distributor(site, signer=unlock(site, PASSPHRASE), by=by, clock=_now) as distributor:
        deliver(distributor, order, clock=_now, stopped=lambda: False, progressed=lambda _: None)


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    sys.exit(main())
