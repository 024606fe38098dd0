"""The live line of a distribution: how many are current, how fast, and how long it still takes."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from licensedesk.core.distribution.distributor import Distributor
    from licensedesk.core.distribution.run import Progress

EVERY_SECONDS = 0.2
_CLEAR = "\r\x1b[K"


class ProgressLine:
    """Redrawn on a terminal's standard error; nothing is written where that is a file or a pipe."""

    def __init__(self, *, shown: bool) -> None:
        self._shown = shown and sys.stderr.isatty()
        self._began = time.monotonic()
        self._drawn_at = 0.0

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._drawn_at:
            sys.stderr.write(_CLEAR)
            sys.stderr.flush()

    def show(self, distributor: Distributor) -> None:
        now = time.monotonic()
        progress = distributor.progress
        if self._shown and progress.servers and now - self._drawn_at >= EVERY_SECONDS:
            self._drawn_at = now
            sys.stderr.write(_CLEAR + progress_text(progress, seconds=now - self._began))
            sys.stderr.flush()


def progress_text(progress: Progress, *, seconds: float) -> str:
    """`1,200 of 10,000 servers current, 1,450 servers/s, 6 s left`; without a rate nothing is foretold."""
    text = f"{progress.current:,} of {progress.servers:,} servers current"
    rate = progress.current / seconds if seconds > 0 else 0.0
    left = progress.servers - progress.current
    if not left or rate <= 0:
        return text
    shown = f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"
    return f"{text}, {shown} servers/s, {_duration(left / rate)} left"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes / 60:.0f} h"
