"""Templates of sentences: named figures put into words."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Mapping
from typing import Any

_STAMP = re.compile(r"(\d{4}-\d\d-\d\d)T((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)\.\d{6}Z")
"""As the core stores a moment."""


class _Number(int):
    """`{n:license/licenses}`: the number with its noun; `{n}`: with separators; `{n:#}`: without."""

    def __format__(self, spec: str) -> str:
        if spec == "#":
            return str(int(self))
        figure = f"{int(self):,}"
        if not spec:
            return figure
        one, _, many = spec.partition("/")
        return f"{figure} {one if self == 1 else many}"


class _Text(str):
    __slots__ = ()

    def __format__(self, spec: str) -> str:
        return f"{self} {spec.partition('/')[2]}" if "/" in spec else str(self)


def _shown(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return _Text("-" if value is None else str(value).lower())
    if isinstance(value, int):
        return _Number(value)
    if isinstance(value, str):
        return _Text(_STAMP.sub(r"\1 \2 UTC", value) if _STAMP.fullmatch(value) else value)
    if isinstance(value, Iterable) and not isinstance(value, Mapping):
        return _Text(", ".join(format(_shown(item)) for item in value))
    return _Text(value)


class _Figures(dict[str, Any]):
    """A figure that was not given shows as `?`: a sentence must never hide the refusal itself."""

    def __missing__(self, key: str) -> _Text:
        return _Text("?")


def filled(template: str, figures: Mapping[str, Any]) -> str:
    """Numbers with separators or, as `{count:server/servers}`, with their noun; `-` for none.

    A moment, as the core stores it, is told to the second.
    """
    shown = _Figures({name: _shown(value) for name, value in figures.items()})
    return string.Formatter().vformat(template, (), shown)
