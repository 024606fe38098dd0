"""The view of nodes beside Debian's sqlitebrowser on the same database, both driven alike on the same screen.

    python -m benchmarks.sqlitebrowser [ROUNDS]

Of a site with 10,000 servers and 1,000,000 nodes sqlitebrowser shows the table `node`, the desk Managed
Nodes: 600,000 of them, with the names of their sources and products. In every round each program is started
anew; then, by mouse and keyboard of an Xvfb: open the table (in a process that runs, has the site open,
shows something else and is at rest: the start of neither counts, nor what the desk reads ahead in its first
seconds), jump to its end, filter by four letters of the host name.
A time is that from the key or click, which of a word is its last letter, to the last change among the host
names on the screen; how long each program waits for more letters (sqlitebrowser 200 ms) is part of it.

sqlitebrowser is installed from Debian on first use, as root or with passwordless sudo; it opens the site
read-only. Reach (5-quality.md): <= 0.2, 0.4, 0.25 x.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSettings, QSocketNotifier, QTimer
from PySide6.QtWidgets import QListView, QTableView, QWidget

from benchmarks.common import Figure
from benchmarks.large_site import large_site
from benchmarks.screen import Area, Screen, running, screen
from licensedesk.ui.application import Desktop, Start
from licensedesk.ui.pages.nodes import NodesView

OPEN, END, FILTER = "open the nodes", "jump to the end", "filter by four letters"
REACHES = {OPEN: 0.2, END: 0.4, FILTER: 0.25}
WORDS = ("abcd", "qzjx", "noth", "zzyx")
"""A few of the host names hold each; with its last letter others than before are shown."""
PROGRAM = "sqlitebrowser"
_MOST_TRIES = 3
Times = dict[str, list[float]]


def install() -> None:
    """Debian's package, where it is missing."""
    if shutil.which(PROGRAM):
        return
    root = [] if os.getuid() == 0 else ["sudo", "-n"]
    environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
    print(f"installing {PROGRAM} from Debian", file=sys.stderr, flush=True)
    for words in (["update"], ["install", "--no-install-recommends", "-y", PROGRAM]):
        subprocess.run([*root, *environment, "apt-get", "-qq", *words], stdout=subprocess.DEVNULL, check=True)


def timed(on: Screen, times: Times, name: str, area: Area, command: str) -> None:
    seconds = on.seconds_to_paint(area, command)
    if seconds is None:
        raise TimeoutError(name)
    times.setdefault(name, []).append(seconds)


def filtered(on: Screen, times: Times, area: Area) -> None:
    """The field has the keyboard."""
    for word in WORDS:
        on.do(f"type {word[:3]}")
        on.wait_still(area)
        timed(on, times, FILTER, area, f"key {word[3]}")
        on.do("key ctrl+a")
        on.do("key BackSpace")
        on.wait_still(area)


# -- sqlitebrowser -----------------------------------------------------------------------------------
_TABLE, _CELL, _TO_END = (130, 116), (540, 174), (214, 749)
"""The choice of the table, the filter above the host names, the button |>: of 3.12 as large as the screen."""
_POPUP = (150, 0, 60, 430)
_NAMES = (450, 195, 220, 500)


def drive_theirs(on: Screen, database: Path) -> Times:
    times: Times = {}
    # The table `site`, of one row, so that the one of the nodes is opened by a choice.
    command = [PROGRAM, "--read-only", "--table", "site", str(database)]
    with running(command, on.environment):
        on.show_whole("DB Browser")
        on.wait_still(_NAMES, still=2)
        on.do(f"mousemove {_TABLE[0]} {_TABLE[1]} click 1")
        on.wait_still(_POPUP)
        on.do("key n")
        on.wait_still(_POPUP)
        timed(on, times, OPEN, _NAMES, "key Return")
        timed(on, times, END, _NAMES, f"mousemove {_TO_END[0]} {_TO_END[1]} click 1")
        on.do(f"mousemove {_CELL[0]} {_CELL[1]} click 1")
        filtered(on, times, _NAMES)
    return times


# -- the desk ----------------------------------------------------------------------------------------
def drive_ours(on: Screen, folder: Path) -> Times:
    times: Times = {}
    command = [sys.executable, "-m", "benchmarks.sqlitebrowser", "--desk", str(folder)]
    with running(command, on.environment) as desk:

        def asked() -> dict[str, Area]:
            """Where things stand on the screen: the desk answers each line with it."""
            assert desk.stdin is not None
            assert desk.stdout is not None
            desk.stdin.write("\n")
            desk.stdin.flush()
            found: dict[str, Area] = json.loads(desk.stdout.readline())
            return found

        on.show_whole("LicenseDesk")
        found = asked()
        left, top, width, height = found["entry"]
        on.wait_still(found["lower half"], still=4)
        click = f"mousemove {left + width // 2} {top + height // 2} click 1"
        timed(on, times, OPEN, found["lower half"], click)
        shown = asked()["names"]
        on.do(f"mousemove {shown[0] + 40} {shown[1] + 40} click 1")
        on.wait_still(shown)
        timed(on, times, END, shown, "key End")
        on.do("key ctrl+f")
        filtered(on, times, shown)
    return times


def be_the_desk(folder: Path) -> None:
    """The other process: the desktop, which tells where things stand when it is asked."""
    settings = QSettings(str(Path.home() / "desk.ini"), QSettings.Format.IniFormat)
    settings.setValue("window/view", "events")
    desktop = Desktop(Start(folder, settings=settings))

    def tell() -> None:
        sys.stdin.readline()
        answer()

    def answer() -> None:
        window = desktop.window
        if not hasattr(window, "sidebar") or window.view is None or desktop.runner.busy:
            QTimer.singleShot(50, answer)
            return
        left, top, width, height = place(window.stack)
        lower_half = left, top + height // 2, width // 4, height // 2 - 40
        found = {"lower half": lower_half, "entry": entry(window.sidebar)}
        if isinstance(window.view, NodesView):
            found["names"] = names(window.view.table)
        print(json.dumps(found), flush=True)

    asked = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read)
    asked.activated.connect(tell)
    desktop.run()


def place(widget: QWidget) -> Area:
    corner = widget.mapToGlobal(widget.rect().topLeft())
    return corner.x(), corner.y(), widget.width(), widget.height()


def names(table: QTableView) -> Area:
    """The host names on the screen, without what a scroll bar moves when the count has come."""
    left, top, _, height = place(table.viewport())
    return left, top, table.columnWidth(0) // 2, height


def entry(sidebar: QWidget) -> Area:
    """Where Managed Nodes stands in the menu area."""
    listed = sidebar.findChild(QListView)
    assert isinstance(listed, QListView)
    model = listed.model()
    indexes = (model.index(row, 0) for row in range(model.rowCount()))
    index = next(one for one in indexes if one.data() == "Managed Nodes")
    there = listed.visualRect(index)
    corner = listed.viewport().mapToGlobal(there.topLeft())
    return corner.x(), corner.y(), there.width(), there.height()


# -- both --------------------------------------------------------------------------------------------
def tried(drive: Callable[[], Times]) -> Times:
    """Once more where a click found a window that was not ready: sqlitebrowser then asks whether to give up
    what it reads.
    """
    for _ in range(_MOST_TRIES - 1):
        try:
            return drive()
        except TimeoutError as error:
            print(f"  {error}: nothing was painted; this round once more", file=sys.stderr, flush=True)
    return drive()


def main(rounds: int = 3) -> int:
    install()
    folder = large_site()
    ours, theirs = Times(), Times()
    with screen() as on:
        for _ in range(rounds):
            for times, drive in (
                (theirs, lambda: drive_theirs(on, folder / "site.db")),
                (ours, lambda: drive_ours(on, folder)),
            ):
                for name, seconds in tried(drive).items():
                    times.setdefault(name, []).extend(seconds)
    figures = [
        Figure(
            f"{name}, beside {PROGRAM}",
            statistics.median(ours[name]),
            reference=statistics.median(theirs[name]),
            most_ratio=reach,
        )
        for name, reach in REACHES.items()
    ]
    for figure in figures:
        print(figure)
    return int(any(figure.reached is False for figure in figures))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--desk"]:
        be_the_desk(Path(sys.argv[2]))
        sys.exit()
    sys.exit(main(*(int(argument) for argument in sys.argv[1:2])))
