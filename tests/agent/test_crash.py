"""kill -9 at every named point: License.xml is whole, the old or the new one, and nothing is forgotten."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from licensedesk.core.documents.messages import Holding
from licensedesk.core.files import sha256
from tests.agent.conftest import Agent
from tests.fakes.console import license_xml

POINTS = [
    *(f"write:license.message:{step}" for step in ("created", "written", "replaced")),
    "envelope-stored",
    *(f"write:License.xml:{step}" for step in ("created", "written", "replaced")),
    "license-stored",
    "before-apply",
    "applied",
    *(f"write:state.json:{step}" for step in ("created", "written", "replaced")),
    "state-stored",
]
PROGRAM = """
import os, signal, sys
from licensedesk.agent.command import main
from licensedesk.core.files import on_crash_point

def end_here(name):
    if name == sys.argv[1]:
        os.kill(os.getpid(), signal.SIGKILL)

on_crash_point(end_here)
sys.exit(main(sys.argv[2:]))
"""


def test_kill_at_every_named_point(agent: Agent, tmp_path: Path, campaign: Callable[[int], int]) -> None:
    dice = random.Random(20261121)  # noqa: S311 - the same campaign each time
    points = list(POINTS)
    held, version = license_xml(0), 1
    agent.take(agent.console.message(version, held))
    for _ in range(max(campaign(250), len(POINTS))):
        if not points:
            points = dice.sample(POINTS, len(POINTS))
        point = points.pop()
        version += 1
        content = license_xml(version, version=version)
        message = agent.console.message(version, content)
        _killed(agent, tmp_path / "license.message", message, point=point)

        assert agent.license in {held, content}, point
        report = agent.start()
        assert (report.state, report.code) == (Holding.APPLIED, ""), point
        assert (report.version, report.sha256) in {
            (version - 1, sha256(held)),
            (version, sha256(content)),
        }, point
        # As soon as the envelope is whole, the new one is what is held.
        stored = POINTS.index(point) >= POINTS.index("write:license.message:replaced")
        assert (agent.license == content) is stored, point
        assert not list(agent.places.install.rglob("*.tmp"))

        report = agent.take(message)
        assert (report.state, report.code, agent.license) == (Holding.APPLIED, "", content), point
        held = content


def _killed(agent: Agent, file: Path, message: bytes, *, point: str) -> None:
    file.write_bytes(message)
    command = [sys.executable, "-c", PROGRAM, point, "--install-dir", str(agent.places.install)]
    done = subprocess.run([*command, "apply", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, (point, done.stdout, done.stderr)
