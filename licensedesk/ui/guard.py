"""For code of ours that Qt calls in the midst of its own work, such as a paint or a model's data."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def guarded(default: R) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """An exception is reported like any other fault, and Qt is given `default`.

    Left to PySide, it is kept until Qt comes back to our code; until then each further call of ours fails
    too, a model's count of rows among them, and Qt paints rows that are not there: the process may crash.
    """

    def guard(call: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(call)
        def guarded_call(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return call(*args, **kwargs)
            except Exception as error:  # noqa: BLE001 - told by the hook that all faults end in
                sys.excepthook(type(error), error, error.__traceback__)
                return default

        return guarded_call

    return guard
