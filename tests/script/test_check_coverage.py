"""The gate at the end of script/test: below what is asked for is red, no code is passed over."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "script" / "check_coverage.py"


def _file(statements: int, lines: int, branches: int = 0, taken: int = 0) -> dict[str, dict[str, int]]:
    return {
        "summary": {
            "num_statements": statements,
            "covered_lines": lines,
            "num_branches": branches,
            "covered_branches": taken,
        }
    }


GOOD = {"licensedesk/__init__.py": _file(1, 0), "licensedesk/core/a.py": _file(60, 57, 40, 38)}


@pytest.mark.parametrize(
    ("files", "code", "said"),
    [
        ({}, 0, "core has no code yet"),
        (GOOD, 0, "core 95.0 %, of at least 95 %"),
        (GOOD | {"licensedesk/core/b.py": _file(1, 0)}, 1, "core 94.1 %, BELOW 95 %"),
        (GOOD | {"licensedesk/agent/a.py": _file(100, 100, 10, 2)}, 1, "agent 92.7 %, BELOW 95 %"),
        (GOOD | {"licensedesk/ui/a.py": _file(10, 8)}, 0, "ui 80.0 %, of at least 80 %"),
        (GOOD | {"licensedesk/cli/a.py": _file(10, 0)}, 0, "agent has no code yet"),
    ],
)
def test_the_share_of_each_layer(
    files: dict[str, dict[str, dict[str, int]]], code: int, said: str, tmp_path: Path
) -> None:
    report = tmp_path / "coverage.json"
    report.write_text(json.dumps({"files": files}), encoding="utf-8")
    result = subprocess.run([sys.executable, SCRIPT, report], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (code, "")
    assert said in result.stdout
