"""What the benchmarks share: runs in turn, and figures beside their reference from the same run."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


def seconds(work: Callable[[], object], *, clock: Callable[[], float] = time.perf_counter) -> float:
    start = clock()
    work()
    return clock() - start


def in_turn(
    works: Mapping[str, Callable[[], object]],
    *,
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:
    """The median seconds of each, all of them done once a round: what else the machine does falls on all.

    With `time.process_time` as clock, only this process's own work counts: for work that waits for nothing.
    """
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            taken[name].append(seconds(work, clock=clock))
    return {name: statistics.median(times) for name, times in taken.items()}


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure; `reference` and `most` are None where it has no peer or no limit."""

    name: str
    measured: float
    reference: float | None = None
    most_ratio: float | None = None
    most_seconds: float | None = None

    @property
    def reached(self) -> bool | None:
        if self.most_ratio is not None and self.reference is not None:
            return self.measured <= self.most_ratio * self.reference
        return None if self.most_seconds is None else self.measured <= self.most_seconds

    def __str__(self) -> str:
        line = f"{self.name:58} {_shown(self.measured)}"
        if self.reference is not None:
            line += f"  reference {_shown(self.reference)}  ratio {self.measured / self.reference:6.2f}"
        if self.most_ratio is not None:
            line += f"  reach <= {self.most_ratio:g} x"
        if self.most_seconds is not None:
            line += f"  reach <= {_shown(self.most_seconds).strip()}"
        return line + {True: "  yes", False: "  NO", None: ""}[self.reached]


def _shown(duration: float) -> str:
    return f"{duration:8.2f} s " if duration >= 1 else f"{duration * 1000:8.1f} ms"


def without_a_screen() -> None:
    """Let Qt draw into memory where nothing else is asked for; before the application is made."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
