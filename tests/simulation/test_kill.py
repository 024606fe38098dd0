"""kill -9 of real processes at every named point, over the folder transport.

License.xml is the whole old or the whole new one, nothing that was acknowledged is lost, and BPCONFIG never
says success before every enrolled server has applied the current version.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from licensedesk.agent.places import Places
from licensedesk.core.allocations import allocate
from licensedesk.core.distribution.ledger_store import read_lines
from licensedesk.core.distribution.uploads import read_stamps
from licensedesk.core.site import Site, open_site
from licensedesk.core.store.facts import read_tree
from licensedesk.core.types import ServerId
from tests.core.example import PRODUCT
from tests.simulation.world import BY

ROOT = Path(__file__).parents[2]
CONSOLE = [
    "distribute:begun",
    "distribute:signed",
    "write:license.message:created",
    "write:license.message:written",
    "write:license.message:replaced",
    "distribute:published",
    "distribute:before-ledger",
    "distribute:in-ledger",
    "distribute:after-ledger",
    "distribute:before-success",
    "distribute:after-success",
]
AGENT = [
    *(f"write:license.message:{step}" for step in ("created", "written", "replaced")),
    "envelope-stored",
    *(f"write:License.xml:{step}" for step in ("created", "written", "replaced")),
    "license-stored",
    "before-apply",
    "applied",
    *(f"write:state.json:{step}" for step in ("created", "written", "replaced")),
    "state-stored",
    *(f"write:report.message:{step}" for step in ("created", "written", "replaced")),
]


@dataclass
class Processes:
    """The program that forks, spoken to line by line."""

    program: subprocess.Popen[str]
    agents: dict[str, int] = field(default_factory=dict)

    def _ask(self, **command: Any) -> int:
        assert self.program.stdin
        assert self.program.stdout
        self.program.stdin.write(json.dumps(command) + "\n")
        self.program.stdin.flush()
        return int(self.program.stdout.readline())

    def wait(self, pid: int) -> int:
        """The exit code, or minus the signal."""
        return self._ask(role="wait", pid=pid)

    def console(self, *, crash: str = "", after: int = 0, patience: float = 20.0) -> int:
        """`patience` is how many seconds it waits for servers that do not answer."""
        pid = self._ask(role="console", crash=crash, after=after, patience=patience)
        return self.wait(pid)

    def start_agent(self, name: str, *, crash: str = "") -> None:
        self.agents[name] = self._ask(role=name, crash=crash, after=0)

    def stop_agent(self, name: str) -> None:
        pid = self.agents.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        self.wait(pid)


@dataclass
class Watched:
    """The site as the test sees it from outside, with every License.xml that was ever issued."""

    site: Site
    folder: Path
    issued: dict[bytes, int] = field(default_factory=dict)
    believed: dict[str, tuple[int, str | None, int | None]] = field(default_factory=dict)

    def upload(self, quantity: int) -> None:
        store = self.site.store
        relay = read_tree(store).named("c").id
        allocate(
            store, product=PRODUCT, quantities={relay: quantity}, by=BY, at=datetime.now(UTC), confirmed=True
        )
        self.note_issued()

    def note_issued(self) -> None:
        for content, version in self.site.store.rows("SELECT content, version FROM document"):
            self.issued[bytes(content)] = version

    def licenses(self) -> dict[ServerId, bytes]:
        found = {}
        for line in read_lines(self.site.store):
            path = Places(self.folder / "agents" / line.host_name).license
            if path.exists():
                found[line.server] = path.read_bytes()
        return found

    def check(self) -> None:
        store = self.site.store
        licenses = self.licenses()
        for content in licenses.values():
            assert content in self.issued, "License.xml is neither an old nor a new one"
        counters = dict(store.rows("SELECT server_id, counter FROM enrolment"))
        documents = dict(store.rows("SELECT source_id, content FROM document"))
        with store.reading():
            lines, due = read_lines(store), read_stamps(store).due
        for line in lines:
            now = (counters[line.server], line.reported_digest, line.reported_version)
            before = self.believed.get(line.server, (0, None, None))
            assert now[0] >= before[0], "a report that was written down is gone"
            assert now[0] > before[0] or now == before
            self.believed[line.server] = now
            if line.held_version is not None:
                held = self.issued[licenses[line.server]]
                assert held >= line.held_version, "the server has lost what it acknowledged"
        if not due:
            for line in lines:
                assert line.acknowledged, "a success was written before all were current"
                assert licenses[line.server] == documents[line.range_source]

    def expect_current(self) -> None:
        self.check()
        assert all(line.acknowledged for line in read_lines(self.site.store))
        assert not read_stamps(self.site.store).due
        assert self.site.store.value("SELECT count(*) FROM distribution WHERE ended_at IS NULL") == 0


@pytest.fixture
def watched(template: tuple[Path, Any], tmp_path: Path) -> Iterator[Watched]:
    folder = tmp_path / "world"
    subprocess.run(["cp", "-r", str(template[0]), str(folder)], check=True)
    exchange = template[0] / "site" / "exchange"
    # The agents' enrolment names the exchange folder of the template: both sides use that one.
    exchange.mkdir(exist_ok=True)
    (folder / "site" / "exchange").symlink_to(exchange)
    site = open_site(folder / "site")
    watched = Watched(site, folder)
    watched.note_issued()
    yield watched
    site.close()


@pytest.fixture
def processes(watched: Watched) -> Iterator[Processes]:
    command = [sys.executable, str(Path(__file__).with_name("processes.py")), str(watched.folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as program:
        made = Processes(program)
        yield made
        for name in list(made.agents):
            made.stop_agent(name)
        program.communicate(timeout=30)


def test_kill_of_console_and_agents_at_every_point(
    watched: Watched, processes: Processes, campaign: Callable[[int], int]
) -> None:
    dice = random.Random(20261121)  # noqa: S311 - the same campaign each time
    names = ["c", "d", "m", "n"]
    for name in names:
        processes.start_agent(name)
    assert processes.console() == 0
    watched.expect_current()
    points: list[tuple[str, str]] = []
    for kill in range(campaign(500)):
        if not points:
            points = [("console", point) for point in CONSOLE] + [("c", point) for point in AGENT]
            dice.shuffle(points)
        victim, point = points.pop()
        # Another one each time, and never more than are registered.
        watched.upload(1 + kill % 100)
        if victim == "console":
            # One relay's allocation concerns the relay and the managed server below it.
            after = dice.choice([0, 1]) if point.startswith(("write:", "distribute:s", "distribute:p")) else 0
            assert processes.console(crash=point, after=after) == -signal.SIGKILL, point
            watched.check()
        else:
            processes.stop_agent(victim)
            processes.start_agent(victim, crash=point)
            processes.console(patience=0.1)
            assert _died(processes, victim), point
            watched.check()
            processes.start_agent(victim)
        assert processes.console() == 0
        watched.expect_current()


def _died(processes: Processes, name: str) -> bool:
    """The agent has met its crash point, sooner or later."""
    pid = processes.agents[name]
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with contextlib.suppress(FileNotFoundError):
            state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0]
            if state == "Z":
                return processes.wait(processes.agents.pop(name)) == -signal.SIGKILL
        time.sleep(0.01)
    return False
