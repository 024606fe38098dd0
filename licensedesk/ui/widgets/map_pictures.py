"""The whole map as a picture: PNG, SVG, or on paper.

All of them take seconds at 10,000 servers: they are made off the window's thread, from what is drawn, and
tell `step` how many servers of all are painted; what it raises ends the painting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PySide6.QtCore import QBuffer, QByteArray, QPointF, QRectF, QSizeF
from PySide6.QtGui import QColor, QImage, QImageWriter, QPaintDevice, QPainter

from licensedesk.ui.theme import tokens
from licensedesk.ui.widgets.map_scene import MapItem

Step = Callable[[int, int], object]
_LARGEST_SIDE = 8_000
"""Pixels; a picture of a large site is drawn smaller rather than at gigabytes."""


def png_of(item: MapItem, step: Step | None = None) -> bytes:
    """At twice life size where that is not too large."""
    area = item.boundingRect()
    scale = min(2.0, _LARGEST_SIDE / max(area.width(), area.height(), 1.0))
    image = QImage((area.size() * scale).toSize(), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(QColor(tokens().surface))
    with painting_on(image) as painter:
        paint_whole(item, painter, QRectF(image.rect()), scale=scale, step=step)
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(image)
    return bytes(content.data())


def svg_of(item: MapItem, step: Step | None = None) -> bytes:
    """With all cards, whatever its size."""
    from PySide6.QtSvg import QSvgGenerator

    size = item.boundingRect().size()
    whole = QRectF(QPointF(0, 0), size)
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(size.toSize())
    generator.setViewBox(whole)
    with painting_on(generator) as painter:
        painter.fillRect(whole, QColor(tokens().surface))
        paint_whole(item, painter, whole, scale=1.0, step=step)
    return bytes(content.data())


@contextmanager
def painting_on(device: QPaintDevice) -> Iterator[QPainter]:
    """Ended whatever happens: a painter that outlives its device ends the process."""
    painter = QPainter(device)
    try:
        yield painter
    finally:
        painter.end()


def paint_whole(
    item: MapItem, painter: QPainter, target: QRectF, *, scale: float, step: Step | None = None
) -> None:
    """All of the map into the middle of `target`; `scale` decides the detail."""
    area = item.boundingRect()
    fits = min(target.width() / area.width(), target.height() / area.height())
    size = QSizeF(area.width() * fits, area.height() * fits)
    painter.save()
    painter.translate(target.center().x() - size.width() / 2, target.center().y() - size.height() / 2)
    painter.scale(fits, fits)
    painter.translate(-area.topLeft())
    item.paint_part(painter, area, scale, step)
    painter.restore()
