"""Export of what a table shows: ask for the file, write it on the writer's thread, say how much."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QStandardPaths
from PySide6.QtWidgets import QFileDialog, QWidget

from licensedesk.core.errors import LicenseDeskError
from licensedesk.ui.item_models.rows import Column, RowsModel
from licensedesk.ui.session import Session
from licensedesk.ui.task_runner import Task
from licensedesk.ui.vocabulary import counted

FOLDER = "export/folder"


def _tr(text: str) -> str:
    return QCoreApplication.translate("Export", text)


def ask_for_file(session: Session, parent: QWidget, *, name: str) -> Path | None:
    """The file to write, in the folder of the last export; None where it was given up."""
    home = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    folder = Path(str(session.settings.value(FOLDER, home)))
    chosen, _ = QFileDialog.getSaveFileName(
        parent.window(), _tr("Export"), str(folder / name), _tr("Comma-separated values (*.csv)")
    )
    if not chosen:
        return None
    path = Path(chosen)
    session.settings.setValue(FOLDER, str(path.parent))
    return path if path.suffix else path.with_suffix(".csv")


def export_rows(
    session: Session,
    parent: QWidget,
    model: RowsModel[Any],
    *,
    name: str,
    failed: Callable[[LicenseDeskError], object],
) -> None:
    """All columns of all rows of the model, in the order shown; figures and days plain, for programs."""
    path = ask_for_file(session, parent, name=name)
    if path is None:
        return
    headings = [column.title for column in model.columns]
    rows = [[_plain(column, row) for column in model.columns] for row in model.rows]

    def write(_task: Task[int]) -> int:
        from licensedesk.core.exchange.export_table import export_table

        return export_table(path, headings, rows)

    def say(count: int) -> None:
        one, several = _tr("{0} row was written to {1}."), _tr("{0} rows were written to {1}.")
        session.said.emit(counted(count, str(path), one=one, several=several))

    session.act(write, owner=parent, done=say, failed=failed)


def _plain(column: Column[Any], row: object) -> str | int:
    value = column.sort(row) if column.sort is not None else column.text(row)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str | int):
        return value
    return "" if value is None else column.text(row)
