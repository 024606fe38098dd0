"""A story that is played in a running window: step by step, each once what it waits for is to be seen."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

Condition = Callable[[], object]
Story = Iterator[Condition]
"""Does a step, and yields what has to hold before the next one."""


class Player:
    """Plays by a timer, since a drag runs a loop of its own. What goes wrong ends the application with 1;
    `saw` is told where the story waited longer than `patience` seconds.
    """

    def __init__(
        self,
        story: Story,
        saw: dict[str, Any],
        *,
        step_ms: int,
        patience: float,
        ended: Callable[[], object] = lambda: None,
    ) -> None:
        self._story = story
        self._saw = saw
        self._patience = patience
        self._ended = ended
        self._waits_for: Condition = lambda: True
        self._since = time.monotonic()
        self._timer = QTimer()
        self._timer.timeout.connect(self._go_on)
        self._timer.start(step_ms)

    def _go_on(self) -> None:
        try:
            if not self._waits_for():
                if time.monotonic() - self._since > self._patience:
                    raise TimeoutError(self._saw)
                return
            self._since = time.monotonic()
            self._waits_for = next(self._story)
        except StopIteration:
            self._timer.stop()
            self._ended()
        except Exception:  # noqa: BLE001 - whatever it was, the run is over
            # The desktop would show it in a dialog, and wait for somebody who closes that.
            traceback.print_exc()
            self._timer.stop()
            QApplication.exit(1)
