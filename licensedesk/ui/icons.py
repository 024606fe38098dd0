"""The own icons: single-colour SVG files on a grid of 16, tinted when drawn and kept as pictures."""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol
from weakref import WeakKeyDictionary

import shiboken6
from PySide6.QtCore import QByteArray, QRectF
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPixmap

from licensedesk.ui.resources import resource_path
from licensedesk.ui.theme import tokens


class HasIcon(Protocol):
    """A button or an action."""

    def setIcon(self, icon: QIcon, /) -> None: ...  # noqa: N802 - the name is Qt's


_shown: WeakKeyDictionary[HasIcon, tuple[str, str]] = WeakKeyDictionary()


@lru_cache(maxsize=1024)
def pixmap(name: str, colour: str, size: int, ratio: float) -> QPixmap:
    """The icon in one colour, `size` logical pixels square, at a device pixel ratio."""
    # Loaded on first use: a window without icons on its first page starts without QtSvg.
    from PySide6.QtSvg import QSvgRenderer

    source = resource_path("icons", f"{name}.svg").read_text(encoding="utf-8")
    renderer = QSvgRenderer(QByteArray(source.replace("currentColor", colour).encode()))
    side = round(size * ratio)
    picture = QPixmap(side, side)
    picture.fill(QColor(0, 0, 0, 0))
    painter = QPainter(picture)
    renderer.render(painter, QRectF(0, 0, side, side))
    painter.end()
    picture.setDevicePixelRatio(ratio)
    return picture


def icon(name: str, *, role: str = "secondary") -> QIcon:
    """The icon in a token's colour, greyed where disabled; for actions and buttons."""
    colours = tokens()
    shown = QIcon()
    app = QGuiApplication.instance()
    ratio = app.devicePixelRatio() if isinstance(app, QGuiApplication) else 1.0
    for size in (16, 24):
        shown.addPixmap(pixmap(name, getattr(colours, role), size, ratio), QIcon.Mode.Normal)
        shown.addPixmap(pixmap(name, colours.mark_border, size, ratio), QIcon.Mode.Disabled)
    return shown


def set_icon(target: HasIcon, name: str, *, role: str = "secondary") -> None:
    """Give a button or action an icon that follows the palette (see `refresh`)."""
    target.setIcon(icon(name, role=role))
    _shown[target] = (name, role)


def refresh() -> None:
    """Draw every icon given by `set_icon` again, in the colours of the palette in use now."""
    for target, (name, role) in list(_shown.items()):
        # A button of a dialog that was closed may be known here longer than it lives.
        if shiboken6.isValid(target):
            target.setIcon(icon(name, role=role))
