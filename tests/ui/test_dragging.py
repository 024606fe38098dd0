"""Drags with a real mouse: servers, columns, the map, and files of another program (tests/ui/dragging.py)."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from licensedesk.core.sample import FILES
from licensedesk.core.site import open_site
from licensedesk.core.store.facts import read_tree

REPOSITORY = Path(__file__).parents[2]
Dragged = Callable[..., dict[str, Any]]
pytestmark = pytest.mark.xvfb


@pytest.fixture
def dragged(tmp_path: Path, sample_folder: Path, x_display: dict[str, str]) -> Dragged:
    """Run a story on the same site and settings as the one before; what was seen."""
    shutil.copytree(sample_folder, tmp_path / "site")

    def run(story: str, *files: Path) -> dict[str, Any]:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "tests.ui.dragging"),
                *(str(tmp_path / "site"), str(tmp_path / "desk.ini"), story, *map(str, files)),
            ],
            cwd=REPOSITORY,
            env={**x_display, "XDG_CONFIG_HOME": str(tmp_path), "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
        saw: dict[str, Any] = json.loads(done.stdout)
        return saw

    return run


def test_a_server_is_moved_by_dragging_it_onto_another(dragged: Dragged, tmp_path: Path) -> None:
    saw = dragged("servers")
    assert saw["refused"] == [True, True, True]
    assert saw["offered"] == "c.example.com"
    site = open_site(tmp_path / "site")
    tree = read_tree(site.store)
    moved = tree.named("app-3.example.com")
    site.close()
    assert moved.parent == tree.named("c.example.com").id


def test_columns_that_are_dragged_stay_where_they_are(dragged: Dragged) -> None:
    saw = dragged("columns")
    first, second, third, fourth, *others = saw["before"]
    assert saw["after"] == [first, third, fourth, second, *others]
    assert 20 <= saw["wider"] <= 60
    assert dragged("columns_again")["after"] == saw["after"]


def test_the_map_is_drawn_along_and_comes_nearer(dragged: Dragged) -> None:
    saw = dragged("map")
    assert saw["nearer"] > 1.5
    assert saw["under_the_pointer"] <= 4
    assert [round(length, -1) for length in saw["drawn_along"]] == [200, -120]
    assert not saw["chosen"]


def test_license_key_files_are_dropped_from_outside(dragged: Dragged, tmp_path: Path) -> None:
    folder = tmp_path / "site" / FILES
    saw = dragged("files", folder / "DM-1003.lic", folder / "AM-2002-expired.lic")
    assert saw["outside"] == "dropped"
    assert saw["listed"] == [["DM-1003.lic", "ok"], ["AM-2002-expired.lic", "expired"]]
    assert saw["said"].startswith("1 of 2 files registered.")
