"""Pictures of the map of ranges: made, and written or printed, off the window's thread."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from licensedesk.core.errors import SurroundingsError
from licensedesk.ui.operations.base import Failed, say
from licensedesk.ui.session import Session
from licensedesk.ui.task_runner import Progress, Task

if TYPE_CHECKING:
    from PySide6.QtPrintSupport import QPrinter

    from licensedesk.ui.widgets.map_scene import MapItem

Stopped = Callable[[], object]


def save_picture(
    session: Session,
    *,
    drawing: MapItem,
    file: Path,
    owner: QObject,
    done: Stopped,
    failed: Failed,
    progress: Callable[[Progress], object],
    stopped: Stopped,
) -> Task[None]:
    """Write the whole map, as SVG where the file's name ends so, else as PNG; whole or not at all."""

    def work(task: Task[None]) -> None:
        from licensedesk.core.files import write_atomic
        from licensedesk.ui.widgets.map_pictures import png_of, svg_of

        make = svg_of if file.suffix.lower() == ".svg" else png_of
        content = make(drawing, _telling(task))
        task.check()
        write_atomic(file, content, mode=0o644)

    def succeeded(_nothing: None) -> None:
        session.said.emit(say("The map was saved as {0}.").format(str(file)))
        done()

    return session.act(work, owner=owner, done=succeeded, failed=failed, progress=progress, stopped=stopped)


def print_map(
    session: Session,
    *,
    drawing: MapItem,
    printer: QPrinter,
    owner: QObject,
    done: Stopped,
    failed: Failed,
    progress: Callable[[Progress], object],
    stopped: Stopped,
) -> Task[None]:
    """The whole map on one page of a printer that was chosen, or of the file that it writes: whole or not at
    all, as Qt tells nobody that there was no room.
    """

    def work(task: Task[None]) -> None:
        from licensedesk.ui.widgets.map_print import print_map as paint

        file = printer.outputFileName()
        if file:
            _print_to(Path(file), printer, lambda: paint(drawing, printer, _telling(task)))
        else:
            paint(drawing, printer, _telling(task))

    def succeeded(_nothing: None) -> None:
        session.said.emit(say("The map was sent to the printer."))
        done()

    return session.act(work, owner=owner, done=succeeded, failed=failed, progress=progress, stopped=stopped)


def _print_to(file: Path, printer: QPrinter, paint: Callable[[], object]) -> None:
    from licensedesk.core.files import write_atomic

    with tempfile.TemporaryDirectory(prefix="licensedesk-") as folder:
        made = Path(folder, "map.pdf")
        printer.setOutputFileName(str(made))
        paint()
        printer.setOutputFileName(str(file))
        content = made.read_bytes() if made.exists() else b""
    if not content.rstrip().endswith(b"%%EOF"):
        raise SurroundingsError("disk-full", path=str(made))
    write_atomic(file, content, mode=0o644)


def _telling(task: Task[None]) -> Callable[[int, int], object]:
    words = say("servers")
    return lambda done, total: task.report(done, total, words)
