"""The order in which Tab goes through what is in a window."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget


def focus_chain(inside: QWidget) -> list[QWidget]:
    """All that is in it, in that order."""
    found, one = [], inside.nextInFocusChain()
    while one is not inside and one is not None:
        if inside.isAncestorOf(one):
            found.append(one)
        one = one.nextInFocusChain()
    return found
