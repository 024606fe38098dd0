"""What the system's own dialogs are answered with: nothing, a file, one that is gone by now."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from unittest import mock

from PySide6.QtCore import QTimer
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import QFileDialog

NAMES = ("a.csv", "b.png", "c.svg", "d.backup", "e.enrolment", "no-such-folder/x.csv")
VANISH_WITHIN_MS = 200


class Answers:
    """`files` are chosen from and dropped, `out` is written to."""

    def __init__(self, files: Path, out: Path, chance: random.Random) -> None:
        self._files = files
        self._out = out
        self._chance = chance
        self.vanished = 0
        self.key = files / "DM-1003.lic"
        self.vanishing = files / "vanishing.lic"

    def some(self) -> Path:
        """One of them; now and then a copy that will not be there for long."""
        around = [*sorted(self._files.iterdir()), *sorted(self._out.iterdir())]
        chosen = self._chance.choice(around)
        if self._chance.random() < 0.3:
            self.vanished += 1
            copy = self._files / f"gone-{self.vanished}{chosen.suffix}"
            shutil.copy(chosen, copy)
            QTimer.singleShot(self._chance.randrange(VANISH_WITHIN_MS), lambda: copy.unlink(missing_ok=True))
            return copy
        return chosen

    def new(self) -> Path:
        """Where something can be saved: mostly not over what stands there already."""
        name = self._chance.choice(NAMES)
        if self._chance.random() < 0.7:
            name = f"{self._chance.randrange(10**6)}-{Path(name).name}"
        return self._out / name

    def patches(self) -> Iterable[Any]:
        """The dialogs of the system, answered at once."""
        chance = self._chance

        def to_open(*_given: Any, **_more: Any) -> tuple[str, str]:
            return (str(self.some()) if chance.random() < 0.8 else "", "")

        def several(*_given: Any, **_more: Any) -> tuple[list[str], str]:
            return ([str(self.some()) for _ in range(chance.randrange(4))], "")

        def to_save(*_given: Any, **_more: Any) -> tuple[str, str]:
            return (str(self.new()) if chance.random() < 0.8 else "", "")

        yield mock.patch.object(QFileDialog, "getOpenFileName", to_open)
        yield mock.patch.object(QFileDialog, "getOpenFileNames", several)
        yield mock.patch.object(QFileDialog, "getSaveFileName", to_save)
        # Never given: another site is another program, which is not ours to click.
        yield mock.patch.object(QFileDialog, "getExistingDirectory", return_value="")
        yield mock.patch("PySide6.QtPrintSupport.QPrintDialog", self._print_dialog())

    def _print_dialog(self) -> type[QPrintDialog]:
        out, chance = self._out, self._chance

        class PrintsToFile(QPrintDialog):
            """Chooses a PDF file, or gives it up."""

            def __init__(self, printer: QPrinter, parent: Any) -> None:
                super().__init__(printer, parent)
                self._printer = printer

            def exec(self) -> int:
                self._printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
                self._printer.setOutputFileName(str(out / f"{chance.randrange(3)}.pdf"))
                return chance.randrange(4) > 0

        return PrintsToFile
