"""How far long work is, on a terminal."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

from licensedesk.core.nodes.work import Watch


@contextlib.contextmanager
def watching(title: str, *, quiet: bool) -> Iterator[Watch]:
    """What a long action is told to report to: a bar on standard error where that is a terminal."""
    if quiet or not sys.stderr.isatty():
        yield Watch()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[rows]}"))
    # How many rows a file has is known at its end: the bar moves, the figure counts.
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=None, rows="")
        yield Watch(progress=lambda done: progress.update(task, rows=f"{done:,} rows"))
