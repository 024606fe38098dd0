"""The whole walk of an administrator, with the command as it is installed, in processes of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PRODUCT = "Desktop Manager"
DATA = Path(__file__).resolve().parents[1] / "data"


@pytest.fixture(scope="module")
def installed() -> Path:
    program = Path(sys.executable).with_name("licensedesk")
    if not program.exists() and "CI" not in os.environ:
        pytest.skip("the project is not installed here: script/setup does it")
    return program


def test_the_walk(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "passphrase").write_text("correct horse battery staple\n")
    environment = {
        **os.environ,
        "LICENSEDESK_SITE": str(tmp_path / "desk"),
        "LICENSEDESK_PASSPHRASE_FILE": str(tmp_path / "passphrase"),
    }

    def run(*argv: str) -> Any:
        done = subprocess.run(
            [installed, "--json", *argv],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
            cwd=tmp_path,
        )
        assert (done.returncode, done.stderr) == (0, ""), done
        return json.loads(done.stdout)

    run("init", "--name", "Example Corp", "--primary", "a.example.com")
    for host, under, role in (
        ("b.example.com", "a.example.com", "relay"),
        ("c.example.com", "a.example.com", "relay"),
        ("d.example.com", "b.example.com", "relay"),
        ("e.example.com", "c.example.com", "managed"),
    ):
        assert run("server", "add", host, "--under", under, "--role", role)["server"]["host_name"] == host
    run("issue", "key", "--out", "issuer")
    run(
        *("issue", "license", "--key", "issuer/issuer.key", "--issuer", "Example Software"),
        *("--serial", "DM-1", "--product", PRODUCT, "--quantity", "150", "--out", "DM-1.lic"),
    )
    run("issuer", "add", "Example Software", "issuer/issuer.pub", "--product", PRODUCT)
    (registered,) = run("license", "register", "DM-1.lic")
    assert registered["status"] == "registered"
    run("server", "option", "c.example.com", "distribution")
    run("server", "option", "d.example.com", "distribution", "--quantity", f"{PRODUCT}=10")
    run("license", "allocate", "c.example.com=40", "--product", PRODUCT)
    imported = run("node", "import", str(DATA / "nmap-network.xml"), "--from", "b.example.com")
    assert imported["new"] == 4
    assert run("node", "manage", "--all")["changed"] == 4
    figures = [(row["source"], row["held"], row["used"], row["remaining"]) for row in run("ranges")]
    assert figures == [
        ("a.example.com", 100, 4, 96),
        ("c.example.com", 40, 0, 40),
        ("d.example.com", 10, 0, 10),
    ]
    verdict = run("audit", "verify")
    assert (verdict["entries"], verdict["intact"], verdict["first_bad"]) == (12, True, None)


def test_the_sample_site_is_made_by_a_command(installed: Path, tmp_path: Path) -> None:
    subprocess.run([installed, "sample", "--dir", tmp_path / "sample"], check=True, capture_output=True)
    shown = subprocess.run(
        [installed, "--site", tmp_path / "sample", "ranges"], capture_output=True, text=True, check=True
    )
    assert "Shortage 2" in shown.stdout
