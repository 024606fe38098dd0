"""The whole map as a picture: PNG, SVG, or on paper.

All of them take seconds at 10,000 servers: they are made off the window's thread, from what is drawn, and
tell `step` how many servers of all are painted; what it raises ends the painting.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from PySide6.QtCore import QBuffer, QByteArray, QPointF, QRectF, QSizeF
from PySide6.QtGui import QColor, QImage, QImageWriter, QPaintDevice, QPainter

from licensedesk.ui.theme import tokens
from licensedesk.ui.widgets.map_scene import MapItem

Step = Callable[[int, int], object]
_SVG_PART = 10
"""Servers in one part of an SVG."""
_PAUSE = 0.001
"""Seconds after each part: a thread that paints lets go of the interpreter and takes it back too quickly for
the window's thread, which waits for it, to be woken in between."""
_HEAD_END, _END = b"</defs>", b"</svg>\n"
_LARGEST_SIDE = 8_000
"""Pixels; a picture of a large site is drawn smaller rather than at gigabytes."""


def png_of(item: MapItem, step: Step | None = None) -> bytes:
    """At twice life size where that is not too large."""
    area = item.boundingRect()
    scale = min(2.0, _LARGEST_SIDE / max(area.width(), area.height(), 1.0))
    image = QImage((area.size() * scale).toSize(), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(QColor(tokens().surface))
    with painting_on(image) as painter:
        paint_whole(item, painter, QRectF(image.rect()), step=step)
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(image)
    return bytes(content.data())


def svg_of(item: MapItem, step: Step | None = None) -> bytes:
    """With all cards, whatever its size.

    Put together from parts: a generator writes what it has in one go, and keeps every thread waiting for
    it, for as long as that is long.
    """
    area = item.boundingRect()
    names = item.within(area)

    def paint_ground(painter: QPainter) -> None:
        painter.fillRect(area, QColor(tokens().surface))
        item.paint_ground(painter, area, 1.0)

    parts = [_svg_part(area, paint_ground)]
    for at in range(0, len(names), _SVG_PART):
        if step is not None:
            step(at, len(names))
        some = names[at : at + _SVG_PART]
        parts.append(_svg_part(area, partial(item.paint_servers, names=some, scale=1.0)))
        time.sleep(_PAUSE)
    head = parts[0].partition(_HEAD_END)[0] + _HEAD_END
    drawn = [part.partition(_HEAD_END)[2].rpartition(_END)[0] for part in parts]
    return b"".join([head, *drawn, _END])


def _svg_part(area: QRectF, paint: Callable[[QPainter], object]) -> bytes:
    from PySide6.QtSvg import QSvgGenerator

    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(area.size().toSize())
    generator.setViewBox(QRectF(QPointF(0, 0), area.size()))
    with painting_on(generator) as painter:
        painter.translate(-area.topLeft())
        paint(painter)
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
    item: MapItem, painter: QPainter, target: QRectF, *, enlarged: float = 1.0, step: Step | None = None
) -> None:
    """All of the map into the middle of `target`, in the detail that can be seen there.

    `enlarged`: so much larger than on the screen a pixel of the device is seen.
    """
    area = item.boundingRect()
    fits = min(target.width() / area.width(), target.height() / area.height())
    size = QSizeF(area.width() * fits, area.height() * fits)
    painter.save()
    painter.translate(target.center().x() - size.width() / 2, target.center().y() - size.height() / 2)
    painter.scale(fits, fits)
    painter.translate(-area.topLeft())
    item.paint_part(painter, area, fits * enlarged, step)
    painter.restore()
