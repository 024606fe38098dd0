"""A real window on a real X server: what script/setup installs is enough for the desktop."""

from __future__ import annotations

import subprocess
import sys

import pytest

WINDOW = """
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QApplication, QPushButton
app = QApplication([])
button = QPushButton("Press")
button.setWindowTitle("a window of the tests")
button.resize(400, 300)
button.clicked.connect(lambda: (print(app.platformName(), "Inter" in QFontDatabase.families()), app.quit()))
button.show()
app.exec()
"""


@pytest.mark.xvfb
def test_a_window_opens_and_is_clicked(x_display: dict[str, str]) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WINDOW], env=x_display, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            found = ["xdotool", "search", "--sync", "--name", "a window of the tests"]
            window = subprocess.run(
                found, env=x_display, capture_output=True, text=True, check=True, timeout=30
            )
            at = ["--window", window.stdout.split()[0], "200", "150"]
            subprocess.run(["xdotool", "mousemove", *at, "click", "1"], env=x_display, check=True, timeout=30)
            output, _ = process.communicate(timeout=30)
        finally:
            process.kill()
    assert output.split() == ["xcb", "True"]
