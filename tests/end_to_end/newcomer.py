"""What a newcomer does with script/run, as real clicks on a real screen; run by test_newcomer.py.

    python -m tests.end_to_end.newcomer SAMPLE

Does what script/look_around.py does - sample site, three agents, the desktop by its command - but for one
thing: the desktop runs in this process, so that its widgets can be asked where they are. All clicks and keys
are the X server's own (xdotool). Prints one JSON value: what the newcomer saw.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar
from unittest import mock

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QLineEdit, QListView, QSpinBox, QWidget

from licensedesk.__main__ import main as licensedesk
from licensedesk.ui.dialogs.distribute_licenses import DistributeLicensesDialog
from licensedesk.ui.dialogs.register_license import RegisterLicenseDialog
from licensedesk.ui.main_window import MainWindow
from licensedesk.ui.pages.license_details import LicenseDetailsView
from licensedesk.ui.pages.map_of_ranges import MapOfRangesView
from tests.story import Player, Story

REPOSITORY = Path(__file__).parents[2]
PATIENCE = 40.0
STEP_MS = 100
_KEY = Qt.ItemDataRole.UserRole + 1
DialogT = TypeVar("DialogT", bound=QDialog)


class Newcomer:
    """Whose first day a story tells."""

    def __init__(self, window: MainWindow, key_file: Path) -> None:
        self._window = window
        self._key_file = key_file
        self.saw: dict[str, Any] = {}
        self._player = Player(self._day(), self.saw, step_ms=STEP_MS, patience=PATIENCE)

    # -- the day -------------------------------------------------------------------------------------
    def _day(self) -> Story:
        window = self._window
        yield lambda: hasattr(window, "sidebar") and window.session.is_open
        yield from self._show("license-details")
        yield from self._register()
        yield from self._distribute_licenses()
        yield from self._look_at_the_map()
        self._step("Distribute License.xml Now")
        self._click(window.foot.bar.button)
        yield lambda: "3 of 7 servers current" in window.foot.bar.distribution
        self.saw["foot"] = window.foot.bar.distribution
        self._type("key", "ctrl+q")

    def _register(self) -> Story:
        self._step("register")
        view = self._window.view
        assert isinstance(view, LicenseDetailsView)
        self._click(view.register_button)
        yield lambda: self._open(RegisterLicenseDialog)
        dialog = self._dialog(RegisterLicenseDialog)
        yield dialog.choose_button.isEnabled
        # The file dialog runs a loop of its own inside this click; the story goes on by the timer.
        self._click(dialog.choose_button)
        yield lambda: self._open(QFileDialog)
        files = self._dialog(QFileDialog)
        field = files.findChild(QLineEdit, "fileNameEdit")
        assert isinstance(field, QLineEdit)
        self._click(field)
        yield field.hasFocus
        self._type("type", str(self._key_file))
        yield lambda: field.text() == str(self._key_file)
        self._type("key", "Return")
        yield dialog.main_button.isEnabled
        self._click(dialog.main_button)
        yield lambda: dialog.notice.text
        self.saw["registered"] = dialog.notice.text
        self._click(dialog.main_button)
        yield lambda: not self._open(RegisterLicenseDialog)

    def _distribute_licenses(self) -> Story:
        self._step("distribute")
        view = self._window.view
        assert isinstance(view, LicenseDetailsView)
        self._click(view.distribute_button)
        yield lambda: self._open(DistributeLicensesDialog)
        dialog = self._dialog(DistributeLicensesDialog)
        yield lambda: dialog.draft is not None
        row = next(at for at, one in enumerate(dialog.model.rows) if one.relay.host_name == "d.example.com")
        cell = dialog.table.visualRect(dialog.model.index(row, dialog.model.edited))
        self._click(dialog.table.viewport(), cell)
        yield lambda: dialog.table.viewport().findChildren(QSpinBox)
        self._type("key", "ctrl+a")
        self._type("type", "20")
        yield lambda: dialog.main_button.text() == "Distribute 10 Licenses"
        self._click(dialog.main_button)
        yield lambda: not self._open(DistributeLicensesDialog)

    def _look_at_the_map(self) -> Story:
        yield from self._show("map")
        view = self._window.view
        assert isinstance(view, MapOfRangesView)

        def held() -> dict[str, int | None]:
            drawn = view.map.drawn
            return {node.label: node.held for node in drawn.nodes.values()} if drawn is not None else {}

        yield lambda: held().get("d.example.com") == 20
        self.saw["map"] = {name: count for name, count in held().items() if count is not None}

    def _show(self, key: str) -> Story:
        """A click on its name in the menu area."""
        self._step(f"show {key}")
        sidebar = self._window.sidebar
        entries = sidebar.findChild(QListView)
        assert isinstance(entries, QListView)
        row = next(
            at for at in range(entries.model().rowCount()) if entries.model().index(at, 0).data(_KEY) == key
        )
        self._click(entries.viewport(), entries.visualRect(entries.model().index(row, 0)))
        yield lambda: sidebar.current == key and self._window.view is not None

    # -- seeing and doing ----------------------------------------------------------------------------
    def _step(self, name: str) -> None:
        self.saw["step"] = name

    @staticmethod
    def _open(kind: type[QDialog]) -> list[QDialog]:
        return [one for one in QApplication.topLevelWidgets() if isinstance(one, kind) and one.isVisible()]

    def _dialog(self, kind: type[DialogT]) -> DialogT:
        found = self._open(kind)[0]
        assert isinstance(found, kind)
        return found

    @staticmethod
    def _click(widget: QWidget, area: QRect | None = None) -> None:
        """In the middle of a widget, or of a part of it."""
        middle: QPoint = (area or widget.rect()).center()
        at = widget.mapToGlobal(middle)
        subprocess.run(["xdotool", "mousemove", str(at.x()), str(at.y()), "click", "1"], check=True)

    @staticmethod
    def _type(how: str, what: str) -> None:
        subprocess.run(["xdotool", how, what], check=True)


def look_around() -> ModuleType:
    spec = importlib.util.spec_from_file_location("look_around", REPOSITORY / "script" / "look_around.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> int:
    sample = Path(sys.argv[1])
    run = QApplication.exec
    newcomers: list[Newcomer] = []

    def with_newcomer(_app: QApplication) -> int:
        window = next(one for one in QApplication.topLevelWidgets() if isinstance(one, MainWindow))
        newcomers.append(Newcomer(window, sample / "files" / "DM-1003.lic"))
        return run()

    def desktop(command: list[str], **_given: object) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess(command, licensedesk(command[3:]))

    script = look_around()
    with (
        mock.patch.object(QApplication, "exec", with_newcomer),
        # The desktop's command, and nothing else: xdotool is run by the newcomer.
        mock.patch.object(script, "subprocess", mock.Mock(run=desktop)),
    ):
        code: int = script.main()
    sys.stdout.write(json.dumps(newcomers[0].saw) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
