"""The states of an item as delegates ask for them, loaded when the first item is painted."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtWidgets import QStyle


@cache
def state_flags() -> tuple[QStyle.StateFlag, QStyle.StateFlag, QStyle.StateFlag]:
    """Selected, under the pointer, with the focus. QStyle with its
    enumerations takes 6 ms to load, which the first picture of a window need not wait for.
    """
    from PySide6.QtWidgets import QStyle

    flag = QStyle.StateFlag
    return flag.State_Selected, flag.State_MouseOver, flag.State_HasFocus
