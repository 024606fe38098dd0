"""What Tab can go to, and in which order."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QWidget

_LINE = 28
"""Of a tall widget its first line counts; widgets whose lines are nearer than half of it are in one row."""


def tab_stops(inside: QWidget) -> list[QWidget]:
    """What is shown in it, enabled or not, from left to right and from top to bottom.

    Not by `nextInFocusChain`: PySide takes what that gives for a child of what it was asked of, and for
    deleted when that is deleted.
    """
    found = (one for one in inside.findChildren(QWidget) if _is_stop(one, inside))
    rows: list[list[tuple[int, int, QWidget]]] = []
    for across, down, one in sorted((_place(one, inside) for one in found), key=lambda place: place[1]):
        if not rows or down - rows[-1][0][1] > _LINE // 2:
            rows.append([])
        rows[-1].append((across, down, one))
    return [one for row in rows for _, _, one in sorted(row, key=lambda place: place[0])]


def _is_stop(one: QWidget, inside: QWidget) -> bool:
    """The part of a spin box or a choice that is written in goes with it."""
    tabs = bool(one.focusPolicy() & Qt.FocusPolicy.TabFocus) and one.focusProxy() is None
    return tabs and one.isVisible() and one.window() is inside.window()


def _place(one: QWidget, inside: QWidget) -> tuple[int, int, QWidget]:
    at = one.mapTo(inside, QPoint(0, 0))
    return at.x(), at.y() + min(one.height(), _LINE) // 2, one
