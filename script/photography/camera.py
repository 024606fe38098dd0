"""Goes through scenes one after the other, and takes a picture of each when nothing is read any more."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from licensedesk.ui.application import Desktop
from licensedesk.ui.theme import Appearance

WidgetT = TypeVar("WidgetT", bound=QWidget)

Steps = Iterator[QWidget | None]
"""Each `yield` waits until what was begun is done; a widget that is given is then photographed. What
follows puts things back."""
Scenes = Iterable[tuple[str, Callable[[], Steps]]]
"""The name of each picture, without its ending, and how to come to what it shows."""

SETTLE_MS = 250
"""After the last read has come back: what is painted a moment later is painted."""
LONGEST_MS = 20_000
_COLOURS = 256
_FREQUENT = 96


class Photographer:
    """`take` leaves the pictures in the folder; `failed` names those that could not be taken."""

    def __init__(self, desktop: Desktop, folder: Path) -> None:
        self.failed: list[str] = []
        self._desktop = desktop
        self._folder = folder
        self._loop = QEventLoop()
        self._timer = QTimer()
        self._timer.setInterval(SETTLE_MS)
        self._timer.timeout.connect(self._look)
        self._scenes: Iterator[tuple[str, Callable[[], Steps]]] = iter(())
        self._name = ""
        self._steps: Steps = iter(())
        self._subject: QWidget | None = None
        self._waited = 0

    def take(self, scenes: Scenes) -> None:
        """All of them in light, then all of them in dark."""
        for appearance, suffix in ((Appearance.LIGHT, ""), (Appearance.DARK, "-dark")):
            self._desktop.theme.set_appearance(appearance)
            self._scenes = iter([(f"{name}{suffix}", scene) for name, scene in scenes])
            QTimer.singleShot(0, self._next)
            self._loop.exec()

    def _next(self) -> None:
        scene = next(self._scenes, None)
        if scene is None:
            self._loop.quit()
            return
        self._name, begin = scene
        self._steps = begin()
        self._go_on()

    def _go_on(self) -> None:
        """To the next step of the scene, or to the next scene."""
        try:
            self._photograph()
            self._subject = next(self._steps)
        except StopIteration:
            self._end()
        except Exception as error:  # noqa: BLE001 - the other pictures are wanted all the same
            print(f"screenshots: {self._name}: {error!r}", file=sys.stderr)
            self.failed.append(self._name)
            self._end()
        else:
            self._waited = 0
            self._timer.start()

    def _look(self) -> None:
        """Once nothing is read any more; a scene that never settles is a fault of the view."""
        self._waited += SETTLE_MS
        if self._desktop.runner.busy and self._waited < LONGEST_MS:
            return
        self._timer.stop()
        self._go_on()

    def _photograph(self) -> None:
        subject, self._subject = self._subject, None
        if subject is not None and not save(subject.grab().toImage(), self._folder / f"{self._name}.png"):
            self.failed.append(self._name)

    def _end(self) -> None:
        for widget in QApplication.topLevelWidgets():
            if isinstance(widget, QDialog):
                widget.close()
        QTimer.singleShot(0, self._next)


def shown(kind: type[WidgetT]) -> WidgetT:
    """The open window of that class."""
    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, kind) and widget.isVisible():
            return widget
    raise LookupError(f"no {kind.__name__} is open")


def save(image: QImage, path: Path) -> bool:
    """As small as PNG allows: with a palette, since nearly all that is painted is of few colours."""
    flat = image.convertToFormat(QImage.Format.Format_RGB32)
    conversion = Qt.ImageConversionFlag
    indexed = flat.convertToFormat(
        QImage.Format.Format_Indexed8,
        _palette(Counter(memoryview(flat.constBits()).cast("I"))),
        conversion.ThresholdDither | conversion.AvoidDither,
    )
    # Qt's quality of a PNG is how little it is compressed.
    return bool(indexed.save(str(path), quality=0))


def _palette(counted: Counter[int]) -> list[int]:
    """The most frequent colours, and of the others those that are least like any that is in it already:
    the red of one small icon counts for more than the two hundredth grey at the edge of a letter.
    """
    table = [colour for colour, _ in counted.most_common(_FREQUENT)]
    distances = {
        colour: min(_distance(colour, other) for other in table) for colour in counted.keys() - set(table)
    }
    while distances and len(table) < _COLOURS:
        furthest = max(distances, key=distances.__getitem__)
        table.append(furthest)
        del distances[furthest]
        for colour, distance in distances.items():
            distances[colour] = min(distance, _distance(colour, furthest))
    return table


def _distance(one: int, other: int) -> int:
    return sum((((one >> shift) & 255) - ((other >> shift) & 255)) ** 2 for shift in (0, 8, 16))
