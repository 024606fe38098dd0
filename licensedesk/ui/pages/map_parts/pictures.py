"""Save Picture and Print: what is asked for, and how far it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QStandardPaths
from PySide6.QtWidgets import QFileDialog

from licensedesk.core.errors import LicenseDeskError
from licensedesk.ui import operations
from licensedesk.ui.pages.base import View
from licensedesk.ui.session import Session
from licensedesk.ui.task_runner import Task
from licensedesk.ui.widgets.map_view import MapView
from licensedesk.ui.widgets.progress import ProgressStrip

if TYPE_CHECKING:
    from PySide6.QtPrintSupport import QPrinter

_FOLDER = "folders/pictures"


class Pictures(QObject):
    """One at a time; `progress` is shown while one is made, and cancels it."""

    def __init__(self, session: Session, view: View, shown: MapView) -> None:
        super().__init__(view)
        self._session = session
        self._view = view
        self._map = shown
        self._task: Task[Any] | None = None
        self.progress = ProgressStrip()
        self.progress.cancelled.connect(self._cancel)

    def save(self) -> None:
        home = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
        folder = Path(str(self._session.settings.value(_FOLDER, home)))
        chosen, kind = QFileDialog.getSaveFileName(
            self._view.window(),
            self.tr("Save Picture"),
            str(folder / self.tr("map-of-ranges.png")),
            self.tr("Pictures (*.png);;Vector graphics (*.svg)"),
        )
        if chosen:
            path = Path(chosen)
            named = path.suffix.lower() in {".png", ".svg"}
            file = path if named else path.with_name(path.name + (".svg" if "svg" in kind else ".png"))
            self._session.settings.setValue(_FOLDER, str(file.parent))
            self.save_as(file)

    def save_as(self, file: Path) -> None:
        drawing = self._map.drawn
        if drawing is None or self._task is not None:
            return
        self.progress.start(self.tr("Drawing…"))
        self._task = operations.save_picture(
            self._session, drawing=drawing, file=file, owner=self, failed=self._failed, **self._ends()
        )

    def print(self) -> None:
        """The system's own dialog asks for the printer."""
        if self._map.drawn is None or self._task is not None:
            return
        from PySide6.QtPrintSupport import QPrintDialog, QPrinter

        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        if QPrintDialog(printer, self._view.window()).exec():
            self.print_on(printer)

    def print_on(self, printer: QPrinter) -> None:
        """On one page of a printer that was chosen."""
        drawing = self._map.drawn
        if drawing is None or self._task is not None:
            return
        self.progress.start(self.tr("Printing…"))
        self._task = operations.print_map(
            self._session, drawing=drawing, printer=printer, owner=self, failed=self._failed, **self._ends()
        )

    def _ends(self) -> dict[str, Callable[..., object]]:
        return {"done": self._ended, "stopped": self._ended, "progress": self.progress.show_progress}

    def _ended(self) -> None:
        self._task = None
        self.progress.finish()

    def _failed(self, error: LicenseDeskError) -> None:
        self._ended()
        self._view.refuse(error)

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
