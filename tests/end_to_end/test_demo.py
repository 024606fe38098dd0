"""`licensedesk demo`, as installed: the whole story, in time, and nothing left behind."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.end_to_end.installed import Ended, program

STORY = [
    *("built", "registered", "apportioned", "enrolled", "holds", "holds", "holds"),
    *("switched-off", "registered", "allocated", "holds", "holds", "behind", "switched-on", "holds"),
    *("edited", "healed", "holds"),
]


def demo(folder: Path, *argv: str) -> Ended:
    """With a temporary folder of its own, so that what it leaves there is seen."""
    done = subprocess.run(
        [program("licensedesk"), *argv],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def agents_of(folder: Path) -> list[int]:
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if any(str(folder) in word for word in process.info["cmdline"] or ())
    ]


def test_the_story_is_told_to_its_end(tmp_path: Path) -> None:
    began = time.monotonic()
    ended = demo(tmp_path, "--json", "demo")
    assert time.monotonic() - began < 20
    assert (ended.code, ended.err) == (0, "")
    value: dict[str, Any] = ended.value
    assert [step["step"] for step in value["steps"]] == STORY
    assert all(step["message"] and "{" not in step["message"] for step in value["steps"])
    held = [
        (step["server"].split(".")[0], step["held"]) for step in value["steps"] if step["step"] == "holds"
    ]
    assert held == [
        *(("north", 40), ("app1", 60), ("app2", 40)),
        *(("north", 70), ("app1", 80)),
        ("app2", 70),
        ("app1", 80),
    ]
    assert {row["state"] for row in value["ledger"]} == {"current"}
    assert value["due"] is False
    assert list(tmp_path.iterdir()) == []
    assert agents_of(tmp_path) == []


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_folder_that_cannot_be_made(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("in the way")
    refused = demo(tmp_path, "--json", "demo", "--dir", str(tmp_path / place))
    assert refused.code == 3
    assert refused.value["error"]["code"] in {"site-exists", "unwritable"}
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
