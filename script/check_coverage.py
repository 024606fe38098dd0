#!/usr/bin/env python3
"""Fails when a layer is covered less than it must be: statements and branches of the last test run.

Reads the report of `coverage json` (the argument). A layer that has no code yet is passed over.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

REACH = {"core": 95.0, "agent": 95.0, "ui": 80.0}


def main(report: Path) -> int:
    asked: Counter[str] = Counter()
    met: Counter[str] = Counter()
    for name, file in json.loads(report.read_text(encoding="utf-8"))["files"].items():
        layer = Path(name).parts[1]
        asked[layer] += file["summary"]["num_statements"] + file["summary"]["num_branches"]
        met[layer] += file["summary"]["covered_lines"] + file["summary"]["covered_branches"]
    below = 0
    for layer, reach in REACH.items():
        if not asked[layer]:
            print(f"coverage: {layer} has no code yet")
            continue
        share = 100 * met[layer] / asked[layer]
        below += share < reach
        verdict = "BELOW" if share < reach else "of at least"
        print(f"coverage: {layer} {share:.1f} %, {verdict} {reach:.0f} % (statements and branches)")
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
