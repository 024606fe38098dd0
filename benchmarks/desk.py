"""A desktop on a large site, driven step by step by a benchmark, with a watchdog on the window's thread."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEventLoop, QObject, QSettings, Qt, QTimer

from benchmarks.common import Figure
from licensedesk.ui.application import Desktop, Start
from licensedesk.ui.task_runner import Lane

BLOCK = 0.1
"""Seconds for which the window's thread may be blocked, anywhere."""
_BEAT_MS = 2
_LOOK = 0.02
"""Seconds; what the session looks at every second takes less."""
REST = 0.5
"""Seconds in which nothing is read: what follows a first read, the count for example, is over."""


class Watchdog(QObject):
    """The longest time between two beats of the window's thread since it was asked the last time."""

    def __init__(self) -> None:
        super().__init__()
        self._last = time.perf_counter()
        self._longest = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start(_BEAT_MS)

    def _beat(self) -> None:
        now = time.perf_counter()
        self._longest = max(self._longest, now - self._last - _BEAT_MS / 1_000)
        self._last = now

    def take(self) -> float:
        self._beat()
        longest, self._longest = self._longest, 0.0
        return longest


class Desk:
    """One desktop. `blocks` has, of every step by name, the longest block of each time it was done."""

    def __init__(self, folder: Path, settings_folder: Path, *, first_view: str = "events") -> None:
        settings = QSettings(str(settings_folder / "desk.ini"), QSettings.Format.IniFormat)
        settings.setValue("window/view", first_view)
        self.desktop = Desktop(Start(folder, settings=settings))
        self.watchdog = Watchdog()
        self.blocks: dict[str, list[float]] = {}
        # What comes before the first paint is measured by benchmarks/ui_start.py.
        self.desktop.window.painted.connect(self.watchdog.take)
        self.desktop.show()
        self.until(lambda: hasattr(self.desktop.window, "sidebar") and self.desktop.session.is_open)
        # Longer than it takes until the other views are made, too.
        self.rest(4)
        self.blocks["the start"] = [self.watchdog.take()]

    @staticmethod
    def until(holds: Callable[[], object]) -> None:
        """Let the window live until then."""
        loop, timer = QEventLoop(), QTimer()
        timer.timeout.connect(lambda: loop.quit() if holds() else None)
        timer.start(_BEAT_MS)
        loop.exec()

    def rest(self, seconds: float = REST) -> None:
        """Until nothing has been read or written for a while, but for the looks at what others change."""
        worked = began = time.perf_counter()

        def quiet() -> bool:
            nonlocal worked, began
            now = time.perf_counter()
            if not self.desktop.runner.busy:
                began = now
            elif now - began > _LOOK:
                worked = now
            return now - worked > seconds

        self.until(quiet)

    def step(self, name: str, act: Callable[[], object], until: Callable[[], object] | None = None) -> None:
        """Do it, wait until this holds and all that follows is over, and note the longest block."""
        self.rest()
        self.watchdog.take()
        act()
        if until is not None:
            self.until(until)
        self.rest()
        self.blocks.setdefault(name, []).append(self.watchdog.take())

    def step_changed(self, name: str, work: Callable[[], object]) -> None:
        """As `step`, of what others change: done off the window's thread, and found out about by looking."""
        told: list[object] = []
        session = self.desktop.session
        session.changed.connect(told.append)
        self.step(name, lambda: self._do_elsewhere(work), until=lambda: told)
        session.changed.disconnect(told.append)

    def _do_elsewhere(self, work: Callable[[], object]) -> None:
        runner = self.desktop.runner
        runner.run(Lane.WRITE, lambda _task: work(), owner=self.desktop.window, done=lambda _result: None)

    def figures(self) -> list[Figure]:
        """The median of each step: what other processes take of a core falls on one time or another."""
        return [
            Figure(f"longest block: {name}", statistics.median(blocks), most_seconds=BLOCK)
            for name, blocks in self.blocks.items()
        ]

    def close(self) -> None:
        self.desktop.window.close()
        self.desktop.close()
