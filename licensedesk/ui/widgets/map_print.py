"""The map on paper. Imported when something is printed: QtPrintSupport costs time to load."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPageLayout
from PySide6.QtPrintSupport import QPrinter

from licensedesk.ui.widgets.map_pictures import Step, paint_whole, painting_on
from licensedesk.ui.widgets.map_scene import MapItem

_SCREEN_DPI = 192
"""Twice a screen's: paper is read from nearer by, and printed finer."""


def print_map(item: MapItem, printer: QPrinter, step: Step | None = None) -> None:
    """On one landscape page, in the detail that can be read there: a large site becomes its ranges."""
    printer.setPageOrientation(QPageLayout.Orientation.Landscape)
    page = QRectF(printer.pageLayout().paintRectPixels(printer.resolution()))
    with painting_on(printer) as painter:
        paint_whole(item, painter, page, enlarged=_SCREEN_DPI / printer.resolution(), step=step)
