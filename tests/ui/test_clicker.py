"""A random clicker over all views and dialogs, with faults switched on and off (tests/ui/clicker)."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from licensedesk.core.backup import back_up
from licensedesk.core.sample import FILES
from licensedesk.core.site import open_site
from licensedesk.core.types import Actor
from licensedesk.ui.main_window import VIEWS

EVENTS = 20_000
PARTS = 10
"""Each with a seed of its own and a fresh sample: none may come near pytest's faulthandler_timeout."""
REPOSITORY = Path(__file__).parents[2]
SCANNED = Path(__file__).parents[1] / "data"
ON_OWN_DISK = 'mount -t tmpfs -o size=48m none "$1" && cp -r "$2/." "$1" && shift 2 && exec "$@"'
FIRST = {"GettingStartedDialog"}
"""Opened only where there is no site yet."""
PRIMARYS = {
    *("AddServerDialog", "BackUpDialog", "ChangePassphraseDialog", "DistributeLicensesDialog"),
    *("EnrolAgentDialog", "HoldingOptionDialog", "IssuersDialog", "MoveServerDialog", "RemoveServerDialog"),
    *("RenameServerDialog", "RenumberDialog", "RestoreDialog", "SuspendServerDialog", "UnlockDialog"),
}
"""Not for the administrator of another local server."""
ANYBODYS = {
    *("AboutDialog", "FaultDialog", "ImportNodesDialog", "LicenseDetailsDialog", "NodeActionDialog"),
    *("NodeDetailsDialog", "ShortcutsDialog", "WholeRangeDialog"),
}
BY_OCCASION = {"stop", "show-waiting", "retry", "acknowledge", "show-cause"}
"""Actions that are there only while something runs, for nodes that wait, for a server that was sent to, and
for events."""
SAID = {
    *("database-locked", "damaged-database", "disk-full", "transport-unavailable"),
    *("wrong-passphrase", "unreadable-file"),
}
"""Codes that the window has to say for the faults that are switched on; by chance, nothing may be written
while one of them is.
"""
OF_QTEST = "event not accepted by receiving widget|Mouse event occurs outside"
"""Told by the one who clicks: nobody wanted the key, or what was clicked on has gone."""


def tracebacks(log: str) -> list[str]:
    """The last line of each: which exception it was."""
    found = []
    for part in log.split("Traceback (most recent call last):\n")[1:]:
        last = next(
            (line for line in part.splitlines() if re.match(r"[\w.]+(Error|Exception)\b", line)), part
        )
        found.append(last)
    return found


@pytest.fixture(scope="session")
def own_disk() -> list[str]:
    """How to start a program that may mount; empty where nobody may."""
    ways = (["unshare", "--mount"], ["unshare", "--map-root-user", "--mount"])
    for way in ways:
        tried = [*way, "mount", "-t", "tmpfs", "none", "/mnt"]
        if (
            shutil.which("unshare")
            and subprocess.run(tried, capture_output=True, check=False).returncode == 0
        ):
            return way
    return []


@pytest.fixture
def folder(tmp_path: Path, sample_folder: Path) -> Path:
    """With files to choose from: license keys, scanners' files, a backup, what is none of these."""
    shutil.copytree(sample_folder, tmp_path / "whole" / "site")
    shutil.copytree(sample_folder / FILES, tmp_path / "files")
    shutil.copytree(SCANNED, tmp_path / "files", dirs_exist_ok=True)
    site = open_site(tmp_path / "whole" / "site")
    backup = tmp_path / "files" / "good.backup"
    back_up(site, backup, with_key=True, by=Actor(name="admin"), at=datetime.now(UTC))
    site.close()
    (tmp_path / "disk").mkdir()
    (tmp_path / "none").mkdir()
    return tmp_path


def clicked(
    folder: Path, way: list[str], *arguments: str, seed: int, begin: str, environment: dict[str, str]
) -> dict[str, Any]:
    """Run a part; what it told, once its console and its log have been looked at."""
    command = [
        *(sys.executable, "-X", "faulthandler", "-m", "tests.ui.clicker"),
        *(str(folder), str(EVENTS // PARTS), str(seed), *arguments),
    ]
    if way:
        command = [*way, "sh", "-c", ON_OWN_DISK, "sh", str(folder / "disk"), str(folder / begin), *command]
    else:
        shutil.copytree(folder / begin, folder / "disk", dirs_exist_ok=True)
    run = subprocess.run(
        command,
        # Where a file without a folder is written to.
        cwd=folder / "none",
        env={
            **environment,
            "PYTHONPATH": str(REPOSITORY),
            "XDG_CONFIG_HOME": str(folder),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=220,
    )
    log = (folder / "faults.log").read_text(encoding="utf-8")
    assert (run.returncode, run.stderr) == (0, ""), log[-3000:]
    assert [line for line in tracebacks(log) if "InjectedError" not in line] == [], log[-6000:]
    said = re.findall(r"^\w+:qt:.*", log, re.MULTILINE)
    assert [line for line in said if not re.search(OF_QTEST, line)] == []
    told: dict[str, Any] = json.loads(run.stdout)
    return told


def assert_sound(told: dict[str, Any]) -> None:
    """Alive, nothing hung or fell out of its window, and the site is whole."""
    assert sum(told["done"].values()) == EVENTS // PARTS
    assert told["alive"]
    assert (told["hung"], told["stray"]) == ([], [])
    left = told["left"]
    assert (left["counts"], left["integrity"], left["foreign_keys"]) == (0, [["ok"]], [])
    assert left["audit_intact"]


def assert_reached(told: dict[str, Any], *, never: set[str]) -> None:
    """It came everywhere: a clicker that goes nowhere brings nothing down."""
    assert told["views"].keys() == VIEWS.keys()
    assert set(told["not_opened"]) == never
    assert set(told["not_done"]) <= BY_OCCASION
    assert len(SAID - told["codes"].keys()) <= 1


def figures(told: dict[str, Any]) -> str:
    own = "on a disk of its own" if told["own_disk"] else "without a disk of its own"
    return (
        f"{sum(told['done'].values()):,} of {EVENTS:,} events, {sum(told['faults'].values())} faults {own}, "
        f"{told['ended'].get('done', 0)} actions done, {sum(told['codes'].values())} refusals said, "
        f"{sum(told['windows'].values())} windows opened, {told['led']} steps led, "
        f"longest pause {told['longest_pause']:.2f} s"
    )


full = pytest.mark.full
KINDS = (
    pytest.param("whole", "", id="primary-0"),
    pytest.param("none", "", id="first-start-1", marks=full),
    pytest.param("whole", "c.example.com", id="local-server-2", marks=full),
    *(pytest.param("whole", "", id=f"primary-{seed}", marks=full) for seed in range(3, PARTS - 1)),
)


@pytest.mark.parametrize(("begin", "server"), KINDS)
def test_nothing_that_is_clicked_brings_it_down(
    folder: Path, own_disk: list[str], request: pytest.FixtureRequest, begin: str, server: str
) -> None:
    seed = int(request.node.callspec.id.rpartition("-")[2])
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    arguments = [server] if server else []
    told = clicked(folder, own_disk, *arguments, seed=seed, begin=begin, environment=environment)
    request.node.user_properties.append(("campaign", figures(told)))
    assert_sound(told)
    if server:
        assert told["views"].keys() == VIEWS.keys() - {"audit"}
        assert told["windows"].keys() >= ANYBODYS
        assert not PRIMARYS & told["windows"].keys()
        return
    assert_reached(told, never=FIRST if begin == "whole" else set())


@pytest.mark.full
@pytest.mark.xvfb
def test_nothing_brings_it_down_on_a_real_screen(
    folder: Path, own_disk: list[str], request: pytest.FixtureRequest, x_display: dict[str, str]
) -> None:
    """With a platform that has drags, grabs of popups, and a focus of its own."""
    told = clicked(folder, own_disk, seed=PARTS - 1, begin="whole", environment=x_display)
    request.node.user_properties.append(("campaign", figures(told)))
    assert_sound(told)
    assert_reached(told, never=FIRST)
