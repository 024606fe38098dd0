"""A random clicker over all views and dialogs, with faults switched on and off (tests/ui/clicker.py)."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from licensedesk.core.nodes.counts import recount
from licensedesk.core.site import open_site

EVENTS = 20_000
RUNS = 4
"""Each with a seed of its own, from a fresh sample."""
REPOSITORY = Path(__file__).parents[2]


def tracebacks(log: str) -> list[str]:
    """The last line of each: which exception it was."""
    found = []
    for part in log.split("Traceback (most recent call last):\n")[1:]:
        last = next(
            (line for line in part.splitlines() if re.match(r"[\w.]+(Error|Exception)\b", line)), part
        )
        found.append(last)
    return found


@pytest.mark.parametrize("seed", range(RUNS))
def test_nothing_that_is_clicked_brings_it_down(
    tmp_path: Path, sample_folder: Path, campaign: Callable[[int], int], seed: int
) -> None:
    events = campaign(EVENTS // RUNS)
    site = tmp_path / "site"
    shutil.copytree(sample_folder, site)
    run = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-m", "tests.ui.clicker", str(site), str(events), str(seed)],
        cwd=REPOSITORY,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "XDG_CONFIG_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60 + events // 5,
    )
    log = (tmp_path / "faults.log").read_text(encoding="utf-8")
    assert (run.returncode, run.stderr) == (0, ""), log[-3000:]
    told = json.loads(run.stdout)
    assert sum(told["done"].values()) == events
    assert told["alive"]
    assert told["hung"] == []
    assert [line for line in tracebacks(log) if "InjectedError" not in line] == [], log[-6000:]
    left = open_site(site)
    try:
        assert recount(left.store) == {}
        assert left.store.rows("PRAGMA integrity_check") == [("ok",)]
        assert left.store.rows("PRAGMA foreign_key_check") == []
    finally:
        left.close()
    verified = subprocess.run(
        [sys.executable, "-m", "licensedesk", "--site", str(site), "--json", "audit", "verify"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(verified.stdout)["intact"]
