from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from licensedesk.ui.item_models.tree import TreeModel

RowT = TypeVar("RowT")


def outline(model: TreeModel[RowT], word: Callable[[RowT], str]) -> str:
    """What is shown of a tree, those under a row in brackets behind it: `a (b (d) c)`."""
    text, before = "", 0
    for place, row in model.loaded_rows():
        depth = model.depth_at(place)
        between = " (" if depth > before else ")" * (before - depth) + " "
        text += (between if text else "") + word(row)
        before = depth
    return text + ")" * before
