"""Before and after of the ranges that an action touches, and its warnings: shown, and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from licensedesk.cli.output import (
    Cell,
    Column,
    Marked,
    held_cell,
    print_table,
    remaining_cell,
    say,
    text_of,
    warn,
)
from licensedesk.core.changes import Changes, Notice
from licensedesk.core.sentences import advice_for, sentence_for

_COLUMNS = (
    Column("Range (sharing source)"),
    Column("Product"),
    Column("Servers", figure=True),
    Column("Held", figure=True),
    Column("Used", figure=True),
    Column("Remaining", figure=True),
)
_IN_WORDS = {"held": held_cell, "remaining": remaining_cell}


def changes_json(changes: Changes) -> dict[str, Any]:
    return {
        "ranges": [change.as_json() for change in changes.ranges],
        "warnings": [notice_json(notice) for notice in changes.warnings],
    }


def notice_json(notice: Notice) -> dict[str, Any]:
    return {
        "code": notice.code,
        "message": sentence_for(notice.code, notice.figures),
        **notice.figures,
    }


def show(changes: Changes, done: str, *, preview: bool) -> None:
    """What was done, or would be, and what it changed."""
    say("Preview, nothing is changed:" if preview else done)
    show_changes([change.as_json() for change in changes.ranges])
    show_warnings(changes.warnings)


def show_warnings(warnings: Iterable[Notice]) -> None:
    for notice in warnings:
        warn(sentence_for(notice.code, notice.figures), advice_for(notice.code, notice.figures))


def show_changes(changes: list[Mapping[str, Any]]) -> None:
    if changes:
        print_table(_COLUMNS, [_row(change) for change in changes], empty="")


def _row(change: Mapping[str, Any]) -> list[Cell]:
    before, after = change["before"], change["after"]
    return [
        change["source"],
        change["product"],
        *(_pair(before, after, name) for name in ("servers", "held", "used", "remaining")),
    ]


def _pair(before: Mapping[str, int] | None, after: Mapping[str, int] | None, name: str) -> Cell:
    """`100 -> 90`, or the one figure where nothing changes; `-` where there is no range."""
    old, new = _cell(before, name), _cell(after, name)
    if text_of(old) == text_of(new):
        return new
    text = f"{text_of(old)} -> {text_of(new)}"
    return Marked(text) if isinstance(new, Marked) else text


def _cell(standing: Mapping[str, int] | None, name: str) -> Cell:
    if standing is None:
        return None
    in_words = _IN_WORDS.get(name)
    return in_words(standing[name]) if in_words else standing[name]
