"""What commands print: tables and sentences for people, one JSON value for programs.

Rich is loaded only when a table is printed to a terminal; into a pipe goes plain text whose columns
depend on nothing but the rows.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from licensedesk.core.names import visible

Value = str | int | date | bool | None
GAP = "  "


@dataclass(frozen=True, slots=True)
class Column:
    """`figure` aligns to the right, as numbers are read."""

    title: str
    figure: bool = False


@dataclass(frozen=True, slots=True)
class Marked:
    """A cell that says in words what its colour says; `style` is one of Rich's."""

    text: str
    style: str = "bold red"


Cell = Value | Marked
Row = Sequence[Cell]


def text_of(cell: Cell) -> str:
    """`-` for none, thousands separators, foreign text made visible."""
    match cell:
        case Marked():
            return visible(cell.text)
        case None | "":
            return "-"
        case bool():
            return "yes" if cell else "no"
        case int():
            return f"{cell:,}"
        case _:
            return visible(str(cell))


def held_cell(held: int) -> Cell:
    """Held is negative where licenses expired under allocations (1-domain.md, Counting)."""
    return Marked(f"Over-distributed by {-held:,}") if held < 0 else held


def remaining_cell(remaining: int) -> Cell:
    """A negative figure is a shortage: said in words, and in red where there are colours."""
    return Marked(f"Shortage {-remaining:,}") if remaining < 0 else remaining


def print_json(value: Any) -> None:
    """One JSON value and nothing else; in ASCII, which every pipe carries, lone surrogates of paths too."""
    sys.stdout.write(json.dumps(value, separators=(",", ":"), allow_nan=False) + "\n")


def say(sentence: str) -> None:
    """One line, whatever foreign text is in it."""
    sys.stdout.write(visible(sentence) + "\n")


def warn(sentence: str, advice: str = "") -> None:
    """To standard error, so that a pipe carries the result alone."""
    sys.stderr.write(f"Warning: {visible(sentence)}\n" + (f"  {visible(advice)}\n" if advice else ""))


def print_table(columns: Sequence[Column], rows: Iterable[Row], *, empty: str) -> None:
    """The rows under their titles, or the sentence `empty` where there is none."""
    cells = [list(row) for row in rows]
    if not cells:
        say(empty)
    elif sys.stdout.isatty():
        _print_rich(columns, cells)
    else:
        _print_plain(columns, cells)


def _print_plain(columns: Sequence[Column], rows: list[list[Cell]]) -> None:
    texts = [[column.title for column in columns], *([text_of(cell) for cell in row] for row in rows)]
    widths = [max(len(row[place]) for row in texts) for place in range(len(columns))]
    for row in texts:
        aligned = [
            text.rjust(width) if column.figure else text.ljust(width)
            for text, width, column in zip(row, widths, columns, strict=True)
        ]
        say(GAP.join(aligned).rstrip())


def _print_rich(columns: Sequence[Column], rows: list[list[Cell]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
    for column in columns:
        table.add_column(column.title, justify="right" if column.figure else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(text_of(cell), style=_style(cell)) for cell in row))
    Console().print(table)


def _style(cell: Cell) -> str:
    return cell.style if isinstance(cell, Marked) else ""
