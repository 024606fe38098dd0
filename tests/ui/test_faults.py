from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMessageLogContext, QtMsgType
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from licensedesk.ui.faults import Faults, on_qt_message, report_text, versions
from licensedesk.ui.theme import Theme
from licensedesk.ui.widgets.fault_dialog import FaultDialog

PROGRAM = """
import sys, threading
from pathlib import Path
from licensedesk.ui.faults import Faults
faults = Faults()
faults.install(Path(sys.argv[1]))
from PySide6.QtCore import QAbstractListModel, QEvent, QSortFilterProxyModel, QTimer
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
app = QApplication([])
seen = []

def show(text, more):
    seen.append(text)
    if len(seen) == 5:
        app.quit()

faults.show_dialogs(show)
class Painted(QWidget):
    def event(self, event):
        if event.type() == QEvent.Type.User:
            raise KeyError("from an event handler")
        return super().event(event)


class Rows(QAbstractListModel):
    def rowCount(self, parent=None):
        return 1

    def data(self, index, role=0):
        raise KeyError("from a model")


painted, rows = Painted(), Rows()
button = QPushButton()
button.clicked.connect(lambda: {}["from a slot"])
QTimer.singleShot(0, button.click)
QTimer.singleShot(0, lambda: threading.Thread(target=lambda: {}["from a thread"]).start())
QTimer.singleShot(0, lambda: {}["from a timer"])
QTimer.singleShot(0, lambda: QApplication.sendEvent(painted, QEvent(QEvent.Type.User)))
through = QSortFilterProxyModel()
through.setSourceModel(rows)
QTimer.singleShot(0, lambda: through.index(0, 0).data())
app.exec()
where = ("a slot", "a thread", "a timer", "an event handler", "a model")
print(sorted(word for text in seen for word in where if f"from {word}" in text))
print(all(text.startswith("LicenseDesk ") and "Traceback" in text for text in seen))
"""


@pytest.fixture
def faults(qtbot: QtBot) -> Iterator[Faults]:
    made = Faults()
    yield made
    made.deleteLater()


def test_no_exception_is_silent(tmp_path: Path) -> None:
    """A real process with the hooks: in a slot, a timer, a thread, and in what Qt calls by itself."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "crash" / "crash.log")],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    places = "['a model', 'a slot', 'a thread', 'a timer', 'an event handler']"
    assert done.stdout.splitlines() == [places, "True"]
    assert (tmp_path / "crash" / "crash.log").exists()


def test_a_crash_leaves_the_stacks_behind(tmp_path: Path) -> None:
    crash = tmp_path / "crash.log"
    program = (
        "import faulthandler, os, signal, sys; from pathlib import Path\n"
        "from licensedesk.ui.faults import Faults\n"
        "faults = Faults(); faults.install(Path(sys.argv[1]))\n"
        "os.kill(os.getpid(), signal.SIGSEGV)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(crash)], timeout=60, check=False)
    assert done.returncode < 0
    assert "Segmentation fault" in crash.read_text()


def raised(number: int) -> KeyError:
    """From one place, with another figure each time."""
    nothing: dict[int, int] = {}
    try:
        nothing[number]
    except KeyError as error:
        return error
    raise AssertionError


def test_others_wait_while_one_is_shown(faults: Faults, qtbot: QtBot, expected_log: object) -> None:
    assert callable(expected_log)
    expected_log("licensedesk.ui", logging.ERROR, "a fault")
    shown: list[tuple[str, int]] = []

    def show(text: str, more: int) -> None:
        shown.append((text, more))
        if len(shown) == 1:
            for other in (ValueError("second"), TypeError("third")):
                faults.report(other)
            QApplication.processEvents()

    faults.show_dialogs(show)
    faults.report(raised(1))
    qtbot.waitUntil(lambda: len(shown) == 3)
    assert [more for _, more in shown] == [0, 1, 0]
    assert ["KeyError" in shown[0][0], "second" in shown[1][0], "third" in shown[2][0]] == [True] * 3


def test_one_that_comes_again_and_again_opens_one_dialog(
    faults: Faults, qtbot: QtBot, expected_log: object, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault in painting comes with every picture: it is told of ever less often."""
    assert callable(expected_log)
    expected_log("licensedesk.ui", logging.ERROR, "a fault")
    shown: list[str] = []
    again: list[int] = []
    faults.show_dialogs(lambda text, _more: shown.append(text))
    faults.repeated.connect(lambda _text, times: again.append(times))
    for number in range(100):
        faults.report(raised(number))
        QApplication.processEvents()
    qtbot.waitUntil(lambda: again == [2, 4, 8, 16, 32, 64])
    assert len(shown) == 1
    assert len(caplog.records) == 7


def test_after_a_quiet_while_it_is_shown_again(
    faults: Faults, qtbot: QtBot, expected_log: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert callable(expected_log)
    expected_log("licensedesk.ui", logging.ERROR, "a fault")
    shown: list[str] = []
    faults.show_dialogs(lambda text, _more: shown.append(text))
    now = 1_000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    faults.report(raised(1))
    now += 61
    faults.report(raised(2))
    qtbot.waitUntil(lambda: len(shown) == 2)


def test_a_fault_in_a_thread_is_shown_on_the_windows_thread(
    faults: Faults, qtbot: QtBot, expected_log: object
) -> None:
    assert callable(expected_log)
    expected_log("licensedesk.ui", logging.ERROR, "a fault")
    shown: list[threading.Thread] = []
    faults.show_dialogs(lambda _text, _more: shown.append(threading.current_thread()))
    thread = threading.Thread(target=lambda: faults.report(KeyError("x")))
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: bool(shown))
    assert shown == [threading.main_thread()]


def test_the_report_has_versions_and_no_values() -> None:
    passphrase = "correct horse"
    lengths: dict[int, int] = {}
    try:
        lengths[len(passphrase)]
    except KeyError as error:
        text = report_text(error)
    assert text.startswith(versions())
    assert "KeyError: 13" in text
    assert "correct horse" not in text


def test_the_dialog_can_be_copied_and_closed(qtbot: QtBot, theme: Theme) -> None:
    dialog = FaultDialog("LicenseDesk 1\n\nTraceback", 2)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.copy()
    assert QApplication.clipboard().text() == "LicenseDesk 1\n\nTraceback"
    assert dialog.behind.text() == "2 more reports wait behind this one."
    with qtbot.waitSignal(dialog.accepted):
        dialog.main_button.click()


@pytest.mark.parametrize(("more", "said"), [(0, ""), (1, "1 more report waits behind this one.")])
def test_the_dialog_says_how_many_wait(qtbot: QtBot, theme: Theme, more: int, said: str) -> None:
    dialog = FaultDialog("a report", more)
    qtbot.addWidget(dialog)
    assert dialog.behind.text() == said


@pytest.mark.qt_log_ignore("about the screen")
def test_a_message_of_qt_becomes_a_log_record(expected_log: object, caplog: pytest.LogCaptureFixture) -> None:
    assert callable(expected_log)
    expected_log("qt", logging.WARNING, "about the screen")
    on_qt_message(QtMsgType.QtWarningMsg, QMessageLogContext(), "something about the screen")
    on_qt_message(QtMsgType.QtWarningMsg, QMessageLogContext(), "This plugin does not support raise()")
    assert [record.getMessage() for record in caplog.records] == ["default: something about the screen"]
