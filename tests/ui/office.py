"""The whole window on a site, and what stands around it: local agents, a second process."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from licensedesk.core.distribution.enrolment import invite
from licensedesk.core.local_agents import LocalAgent
from licensedesk.core.sample import PASSPHRASE
from licensedesk.core.site import open_site
from licensedesk.core.site_key import unlock
from licensedesk.core.store.facts import read_tree
from licensedesk.core.types import Actor
from licensedesk.ui.main_window import MainWindow
from tests.ui.desk import WAIT_MS, Desk

AGENT_SETTINGS = "[agent]\ncheck_seconds = 5\npoll_seconds = 0.1\n"
SERVERS = ("app-1", "app-2", "app-3")


class Office(Desk):
    """A desk with the main window in front of it. `closed` when the window was closed by itself."""

    def __init__(
        self,
        qtbot: QtBot,
        folder: Path,
        host_name: str | None = None,
        *,
        passphrase_file: Path | None = None,
    ) -> None:
        super().__init__(qtbot, folder, host_name)
        self.session.passphrase_file = passphrase_file
        self.session.broke.connect(self.faults.append)
        self.window = MainWindow(self.session.settings)
        self.window.furnish(self.session)
        qtbot.addWidget(self.window)

    def open(self) -> None:
        self.window.resize(1280, 800)
        self.window.show()
        with self.qtbot.waitSignal(self.session.opened, timeout=WAIT_MS):
            self.session.open(failed=self.window.say_closed)

    def close(self) -> None:
        stray = self.stray_windows()
        for widget in QApplication.topLevelWidgets():
            if isinstance(widget, QDialog):
                widget.done(0)
        self.session.close()
        self.runner.close()
        self.site.close()
        if self.faults:
            pytest.fail(f"something ended with a bug: {self.faults}")
        if stray:
            pytest.fail(f"shown as windows of their own: {stray}")

    @property
    def notice(self) -> str:
        """What the window says above the view."""
        return self.window.notice.text

    @property
    def foot(self) -> str:
        """The state of distribution at the foot."""
        return self.window.foot.bar.distribution


@contextlib.contextmanager
def running_agents(folder: Path, installs: Path) -> Iterator[dict[str, LocalAgent]]:
    """Three servers of the sample site with agents of their own, each a process."""
    agents = {name: LocalAgent(installs / name) for name in SERVERS}
    site = open_site(folder)
    try:
        for name, agent in agents.items():
            content = invite(
                site,
                server=read_tree(site.store).named(f"{name}.example.com").id,
                signer=unlock(site, PASSPHRASE),
                by=Actor(name="admin"),
                at=datetime.now(UTC),
                confirmed=True,
            )
            agent.enrol(content, settings=AGENT_SETTINGS)
    finally:
        site.close()
    try:
        for agent in agents.values():
            agent.start()
        yield agents
    finally:
        for agent in agents.values():
            agent.stop()


def command(folder: Path, *arguments: str) -> str:
    """Run `licensedesk` on the site in another process, to its end; what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "licensedesk", "--site", str(folder), "--json", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LICENSEDESK_PASSPHRASE_FILE": ""},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextlib.contextmanager
def elsewhere(program: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A Python program in a process of its own; says `ready` when it has begun, and ends with its input."""
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        if process.stdin is not None and not process.stdin.closed:
            process.stdin.close()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()


HOLD_DATABASE = """
import sys
import peewee
connection = peewee.sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE site SET revision = revision")
print("ready", flush=True)
sys.stdin.read()
connection.execute("ROLLBACK")
"""
HOLD_DISTRIBUTOR = """
import sys
from pathlib import Path
from licensedesk.core.distribution.distributor import LOCK_FILE
from licensedesk.core.files import exclusive_lock
with exclusive_lock(Path(sys.argv[1]) / LOCK_FILE, holder="other@elsewhere, process 1"):
    print("ready", flush=True)
    sys.stdin.read()
"""


def release(process: subprocess.Popen[str]) -> None:
    """Let what `elsewhere` holds go now."""
    assert process.stdin is not None
    process.stdin.close()
    process.wait(10)


OfficeMaker = Callable[..., Office]
