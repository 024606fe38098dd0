"""From process start to the first paint of the desktop, beside a bare PySide6 window, in turn in one run.

    python -m benchmarks.ui_start [ROUNDS]

On a site of 10,000 servers and 1,000,000 nodes, by the installed command's own way in; without a screen, and
on an Xvfb. Both processes end when the event in which their window was first painted is over.
Reach (issue of the desk): <= 1.5 x.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.common import Figure
from benchmarks.large_site import large_site
from benchmarks.screen import screen

MOST_RATIO = 1.5
ROUNDS = 12
REPORT = """
import os, sys, time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow
def report():
    sys.stdout.write(f"{time.monotonic()} {time.process_time()}\\n")
    sys.stdout.flush()
    os._exit(0)
"""
BARE = """
class Bare(QMainWindow):
    def paintEvent(self, event):
        super().paintEvent(event)
        QTimer.singleShot(0, report)
app = QApplication(sys.argv)
window = Bare()
window.resize(1280, 800)
window.show()
app.exec()
"""
DESK = """
run = QApplication.exec
def watched(app):
    window = next(one for one in QApplication.topLevelWidgets() if hasattr(one, "painted"))
    window.painted.disconnect()
    window.painted.connect(report)
    return run()
QApplication.exec = watched
from licensedesk.__main__ import main
sys.argv[0] = "licensedesk"
main(["--site", sys.argv[1]])
"""


def first_paint(code: str, *arguments: str, environment: dict[str, str]) -> float:
    """Seconds from the process's start to its first paint."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", REPORT + code, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
        timeout=60,
    )
    return float(done.stdout.split()[0]) - began


def measured(name: str, site: Path, rounds: int, environment: dict[str, str]) -> Figure:
    taken: dict[str, list[float]] = {BARE: [], DESK: []}
    for _ in range(rounds):
        for code, times in taken.items():
            times.append(first_paint(code, str(site), environment=environment))
    return Figure(
        f"first paint of the desktop, {name}",
        statistics.median(taken[DESK]),
        reference=statistics.median(taken[BARE]),
        most_ratio=MOST_RATIO,
    )


def main(rounds: int = ROUNDS) -> int:
    site = large_site()
    with tempfile.TemporaryDirectory() as home, screen() as shown:
        # The settings of who runs this are neither read nor changed.
        mine = {**os.environ, "XDG_CONFIG_HOME": home, "PYTHONPATH": str(Path(__file__).parents[1])}
        figures = [
            measured("without a screen", site, rounds, {**mine, "QT_QPA_PLATFORM": "offscreen"}),
            measured("under Xvfb", site, rounds, {**mine, "QT_QPA_PLATFORM": "xcb", "DISPLAY": shown.name}),
        ]
    for figure in figures:
        print(figure)
    return int(any(figure.reached is False for figure in figures))


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:2])))
