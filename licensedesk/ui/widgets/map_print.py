"""The map on paper. Imported when something is printed: QtPrintSupport costs time to load."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPageLayout, QPainter
from PySide6.QtPrintSupport import QPrinter

from licensedesk.ui.widgets.map_pictures import paint_whole
from licensedesk.ui.widgets.map_scene import MapItem


def print_map(item: MapItem, printer: QPrinter) -> None:
    """On one landscape page."""
    printer.setPageOrientation(QPageLayout.Orientation.Landscape)
    painter = QPainter(printer)
    paint_whole(item, painter, QRectF(printer.pageLayout().paintRectPixels(printer.resolution())), scale=1.0)
    painter.end()
