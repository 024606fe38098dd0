"""How far long work is, on a terminal."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

from licensedesk.core.exchange.source import Reading
from licensedesk.core.nodes.work import Watch


@contextlib.contextmanager
def watching(title: str, *, quiet: bool, reading: Reading | None = None) -> Iterator[Watch]:
    """What a long action is told to report to: a bar on standard error where that is a terminal.

    `reading` is of the files whose rows the action takes: with it the remaining time can be told.
    """
    if quiet or not sys.stderr.isatty():
        yield Watch()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = [TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[rows]}")]
    times = [TimeElapsedColumn()] if reading is None else [TimeRemainingColumn(), TextColumn("left")]
    with Progress(*columns, *times, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=reading.size if reading else None, rows="")

        def show(done: int) -> None:
            completed = reading.done if reading else None
            progress.update(task, rows=f"{done:,} rows", completed=completed)

        yield Watch(progress=show)
