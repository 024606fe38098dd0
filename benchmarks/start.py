"""How long the command line takes to start, beside a Python that does nothing, in turn in one run.

    python benchmarks/start.py [ROUNDS]

Reach (5-quality.md): `licensedesk --help` at most 0.25 s as a whole process.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REACH_SECONDS = 0.25
PYTHON = sys.executable
DESK = (PYTHON, "-m", "licensedesk")


def seconds(*command: str) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main(rounds: int = 15) -> None:
    with tempfile.TemporaryDirectory() as folder:
        site = str(Path(folder, "site"))
        secret = Path(folder, "secret")
        secret.write_text("benchmark")
        init = ("init", "--name", "N", "--primary", "a")
        subprocess.run(
            [*DESK, "--site", site, "--passphrase-file", str(secret), *init], check=True, capture_output=True
        )
        commands = {
            "python -c pass": (PYTHON, "-c", "pass"),
            "licensedesk --help": (*DESK, "--help"),
            "licensedesk server --help": (*DESK, "server", "--help"),
            "licensedesk ranges (empty site)": (*DESK, "--site", site, "ranges"),
            "licensedesk --json ranges": (*DESK, "--site", site, "--json", "ranges"),
        }
        # In turn, so that what else the machine does falls on all of them alike.
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(rounds):
            for name, command in commands.items():
                taken[name].append(seconds(*command))
    reference = statistics.median(taken["python -c pass"])
    for name, times in taken.items():
        median = statistics.median(times)
        print(f"{name:34} {median * 1000:6.0f} ms   {median / reference:5.1f} x python -c pass")
    reached = statistics.median(taken["licensedesk --help"]) <= REACH_SECONDS
    print(f"licensedesk --help within {REACH_SECONDS} s: {'yes' if reached else 'no'}")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
