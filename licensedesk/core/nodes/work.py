"""Long work on nodes: how it tells where it is, and how it is ended early."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

CHUNK = 10_000
"""Rows between two reports of progress: some 50 ms of work."""


class CancelledError(Exception):
    """The work was ended by whoever started it; everything it had changed is undone."""


@dataclass(frozen=True, slots=True)
class Watch:
    """`progress` is told the rows done so far, `cancelled` is asked whether to stop; once a chunk."""

    progress: Callable[[int], None] | None = None
    cancelled: Callable[[], bool] | None = None

    def at(self, done: int) -> None:
        """Raises CancelledError."""
        if self.progress is not None:
            self.progress(done)
        if self.cancelled is not None and self.cancelled():
            raise CancelledError
