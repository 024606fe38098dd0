"""A newcomer, who has read nothing: real clicks in a real window, and three servers hold License.xml."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.newcomer import REPOSITORY

SERVERS = ("app-1", "app-2", "app-3")


def asked(site: Path, *words: str) -> Any:
    """What the command line says of the site."""
    run = subprocess.run(
        [sys.executable, "-m", "licensedesk", "--site", str(site), "--json", *words],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(run.stdout)


@pytest.mark.xvfb
def test_from_the_sample_key_to_license_xml_on_three_servers(
    tmp_path: Path, x_display: dict[str, str]
) -> None:
    site = tmp_path / "sample"
    run = subprocess.run(
        [sys.executable, "-m", "tests.end_to_end.newcomer", str(site)],
        cwd=REPOSITORY,
        env={**x_display, "XDG_CONFIG_HOME": str(tmp_path / "config"), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    saw = json.loads(run.stdout.splitlines()[-1])
    assert saw["registered"].startswith("1 license registered.")
    # 150 and 25 more registered; 40 to c, 10 and 10 more to d.
    assert saw["map"] == {"a.example.com": 115, "c.example.com": 40, "d.example.com": 20}
    assert "3 of 7 servers current" in saw["foot"]
    ranges = {row["source"]: row for row in asked(site, "ranges", "--product", "Desktop Manager")}
    assert {name: row["held"] for name, row in ranges.items()} == saw["map"]
    assert ranges["d.example.com"]["shortage"] == 0
    status = asked(site, "status")
    assert (status["due"], status["servers"]["current"]) == (False, 3)
    texts = [
        (tmp_path / "sample-agents" / name / "Software" / "Conf" / "Cache" / "License.xml").read_text("utf-8")
        for name in SERVERS
    ]
    # Each holds that of its own range: of the primary, of c, of d.
    assert "DM-1003" in texts[0]
    assert len(set(texts)) == 3
