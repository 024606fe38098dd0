"""One agent in an install directory of its own, and the console that it belongs to."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from licensedesk.agent.places import Places
from licensedesk.agent.state import enrol, read_identity
from licensedesk.agent.updater import Updater
from licensedesk.core.documents.messages import Report
from tests.fakes.console import START, ConsoleTwin


@dataclass
class Agent:
    """An enrolled agent without a loop: `start` is a new process, as far as memory goes."""

    places: Places
    console: ConsoleTwin
    applied: list[bytes] = field(default_factory=list)
    failure: str | None = None
    """Why the apply command fails; None: it succeeds."""
    updater: Updater = field(init=False)

    def start(self, *, at: datetime = START) -> Report:
        identity = read_identity(self.places)
        self.updater = Updater(self.places, identity=identity, apply=self._apply)
        self.updater.clean()
        return self.console.read(self.updater.say(now=at))

    def _apply(self) -> str | None:
        self.applied.append(self.places.license.read_bytes())
        return self.failure

    def take(self, raw: bytes, *, at: datetime = START) -> Report:
        return self.console.read(self.updater.take(raw, now=at))

    def check(self, *, at: datetime = START) -> Report | None:
        raw = self.updater.check(now=at)
        return None if raw is None else self.console.read(raw)

    @property
    def license(self) -> bytes:
        return self.places.license.read_bytes()

    def files(self) -> dict[str, bytes]:
        """What is held; reports move only the state, which is left out."""
        install = self.places.install
        found = {path for path in install.rglob("*") if path.is_file()} - {self.places.state}
        return {str(path.relative_to(install)): path.read_bytes() for path in sorted(found)}


@pytest.fixture
def console() -> ConsoleTwin:
    return ConsoleTwin()


@pytest.fixture
def agent(tmp_path: Path, console: ConsoleTwin) -> Agent:
    places = Places(tmp_path / "install")
    enrol(places, console.enrolment(), file="d.enrol")
    agent = Agent(places, console)
    agent.start()
    return agent


@contextlib.contextmanager
def no_room(limit: int = 100) -> Iterator[None]:
    """As a full disk does: no file of this process grows beyond `limit` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Mounts a file system of some kilobytes for the test, where the tests may do that."""
    folder = tmp_path / "disk"

    def mount(*options: str, kilobytes: int = 64) -> Path:
        folder.mkdir(exist_ok=True)
        how = ",".join((f"size={kilobytes}k", *options))
        command = ["mount", "-t", "tmpfs", "-o", how, "tmpfs", str(folder)]
        if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("a file system can only be mounted as root")
        return folder

    yield mount
    while os.path.ismount(folder):
        subprocess.run(["umount", str(folder)], check=True)
