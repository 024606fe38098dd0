"""How long the command line takes to start, beside a Python that does nothing, in turn in one run.

    python benchmarks/start.py [ROUNDS]

Reach (issue of the ground floor): `licensedesk --help` <= 0.25 s as a whole process.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from benchmarks.common import Figure, in_turn
from licensedesk.core.sample import build_sample
from licensedesk.core.types import Actor, parse_stamp

AT = parse_stamp("2026-11-21T09:14:00Z")
REFERENCE = "python -c pass"
HELP = "licensedesk --help"
DESK = (sys.executable, "-m", "licensedesk")


def run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def main(rounds: int = 15) -> None:
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder, "sample")
        build_sample(site, by=Actor(name="benchmark"), at=AT).close()
        on_site = (*DESK, "--site", str(site))
        commands = {
            REFERENCE: (sys.executable, "-c", "pass"),
            HELP: (*DESK, "--help"),
            "licensedesk node --help": (*DESK, "node", "--help"),
            "licensedesk ranges (sample site)": (*on_site, "ranges"),
            "licensedesk --json node list (sample site)": (*on_site, "--json", "node", "list"),
        }
        taken = in_turn({name: partial(run, *words) for name, words in commands.items()}, rounds=rounds)
    for name, seconds in taken.items():
        limit = 0.25 if name == HELP else None
        print(Figure(name, seconds, reference=taken[REFERENCE], most_seconds=limit))


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
