"""The map on paper. Imported when something is printed: QtPrintSupport costs time to load."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QRectF
from PySide6.QtGui import QGuiApplication, QPageLayout
from PySide6.QtPrintSupport import QPrinter

from licensedesk.core.errors import SurroundingsError
from licensedesk.ui.theme import on_paper
from licensedesk.ui.widgets.map_pictures import Step, paint_whole, painting_on
from licensedesk.ui.widgets.map_scene import MapItem

_SCREEN_DPI = 192
"""Twice a screen's: paper is read from nearer by, and printed finer."""


def print_map(item: MapItem, printer: QPrinter, step: Step | None = None) -> None:
    """On one landscape page, in the detail that can be read there: a large site becomes its ranges.

    Raises SurroundingsError `unwritable` where the printer does not take it.
    """
    # What is drawn is made for the screen: at another resolution text would not fit into its card. It is
    # printed finely all the same, as lines and letters, not as dots.
    printer.setResolution(round(QGuiApplication.primaryScreen().logicalDotsPerInch()))
    printer.setPageOrientation(QPageLayout.Orientation.Landscape)
    page = QRectF(printer.pageLayout().paintRectPixels(printer.resolution()))
    with on_paper(), painting_on(printer) as painter:
        if not painter.isActive():
            raise _refused(printer)
        paint_whole(item, painter, page, enlarged=_SCREEN_DPI / printer.resolution(), step=step)
    if printer.printerState() is QPrinter.PrinterState.Error:
        raise _refused(printer)


def _refused(printer: QPrinter) -> SurroundingsError:
    translate = QCoreApplication.translate
    name = printer.printerName() or translate("Print", "The printer")
    return SurroundingsError("unwritable", path=name, reason=translate("Print", "it takes nothing"))
