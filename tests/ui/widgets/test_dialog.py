from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from licensedesk.core.errors import RefusedError
from licensedesk.ui.task_runner import Progress
from licensedesk.ui.theme import Theme
from licensedesk.ui.tokens import State
from licensedesk.ui.widgets import dialog as dialog_module
from licensedesk.ui.widgets.dialog import Dialog
from licensedesk.ui.widgets.progress import figures, remaining


@pytest.fixture
def dialog(qtbot: QtBot, theme: Theme) -> Dialog:
    made = Dialog("Distribute Licenses", main="Distribute 7 Licenses")
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    made.field = QLineEdit()  # type: ignore[attr-defined]
    made.body.addWidget(made.field)  # type: ignore[attr-defined]
    qtbot.addWidget(made)
    made.show()
    return made


def test_it_can_be_submitted_only_while_it_is_valid(dialog: Dialog, qtbot: QtBot) -> None:
    dialog.set_valid(False, "Enter a quantity.")
    assert not dialog.main_button.isEnabled()
    assert dialog.main_button.toolTip() == "Enter a quantity."
    with qtbot.assertNotEmitted(dialog.submitted):
        QTest.keyClick(dialog, Qt.Key.Key_Return)
    dialog.set_valid(True)
    with qtbot.waitSignal(dialog.submitted):
        QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert dialog.isVisible()


def test_a_destructive_button_is_not_what_enter_presses(qtbot: QtBot, theme: Theme) -> None:
    dialog = Dialog("Remove Server", main="Remove d.example.com", danger=True)
    qtbot.addWidget(dialog)
    dialog.show()
    with qtbot.assertNotEmitted(dialog.submitted), qtbot.waitSignal(dialog.rejected):
        QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert not dialog.main_button.isDefault()


def test_a_refusal_stays_in_the_dialog_with_what_was_filled_in(dialog: Dialog) -> None:
    field = dialog.findChild(QLineEdit)
    assert isinstance(field, QLineEdit)
    field.setText("17")
    dialog.set_busy("Distributing…")
    assert not field.isEnabled()
    dialog.refuse(RefusedError("unknown-server", server="x"))
    assert dialog.isVisible()
    assert field.isEnabled()
    assert field.text() == "17"
    assert dialog.notice.text.startswith("There is no server x.")


@pytest.mark.parametrize("way", ["escape", "close", "button"])
def test_while_busy_it_asks_to_cancel_and_stays(dialog: Dialog, qtbot: QtBot, way: str) -> None:
    dialog.set_busy("Importing…")
    with qtbot.waitSignal(dialog.cancel_requested), qtbot.assertNotEmitted(dialog.rejected):
        if way == "escape":
            QTest.keyClick(dialog, Qt.Key.Key_Escape)
        elif way == "close":
            dialog.close()
        else:
            cancel = dialog.progress.findChild(QPushButton)
            assert isinstance(cancel, QPushButton)
            cancel.click()
    assert dialog.isVisible()
    dialog.set_busy()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_its_size_is_remembered(dialog: Dialog, qtbot: QtBot, tmp_path: Path) -> None:
    settings = QSettings(str(tmp_path / "desk.ini"), QSettings.Format.IniFormat)
    dialog.remember(settings, "distribute")
    dialog.resize(777, 444)
    dialog.accept()
    other = Dialog("Distribute Licenses", main="OK")
    qtbot.addWidget(other)
    other.remember(settings, "distribute")
    other.resize(900, 600)
    other.show()
    assert (other.width(), other.height()) == (777, 444)


@pytest.mark.parametrize(
    ("progress", "shown"),
    [
        (Progress(12_000, 100_000, "nodes", 3.0), "12,000 of 100,000 nodes  ·  about 22 s left"),
        (Progress(12_000, 100_000, "nodes", 1.0), "12,000 of 100,000 nodes"),
        (Progress(12_000, None, "nodes", 9.0), "12,000 nodes"),
        (Progress(1_000, 100_000, "", 10.0), "1,000 of 100,000  ·  about 16 min left"),
        (Progress(100, 100, "", 10.0), "100 of 100"),
    ],
)
def test_progress_in_words(progress: Progress, shown: str) -> None:
    assert figures(progress) == shown
    assert remaining(Progress(0, 10, "", 60.0)) == ""


def test_what_comes_and_goes_while_it_opens_leaves_no_gap(
    qtbot: QtBot, theme: Theme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialog_module, "_OPENING_S", 60.0)
    dialog = Dialog("Deregister License", main="Deregister")
    qtbot.addWidget(dialog)
    dialog.body.addWidget(QLineEdit())
    dialog.set_width(400)
    dialog.show()
    natural = dialog.height()
    dialog.notice.say(State.INFO, "Reading…")
    qtbot.waitUntil(lambda: dialog.height() > natural)
    dialog.notice.clear()
    qtbot.waitUntil(lambda: dialog.height() == natural)


def test_what_is_said_later_squeezes_nothing(
    qtbot: QtBot, theme: Theme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialog_module, "_OPENING_S", 0.0)
    dialog = Dialog("Unlock Site Key", main="Unlock")
    qtbot.addWidget(dialog)
    fields = [QLineEdit() for _ in range(3)]
    for field in fields:
        dialog.body.addWidget(field)
    dialog.set_width(400)
    dialog.show()
    natural, before = [field.height() for field in fields], dialog.height()
    assert min(natural) >= fields[0].minimumSizeHint().height()
    dialog.notice.say(State.CRITICAL, "The passphrase does not open the key. " * 6, "Try the right one.")
    qtbot.waitUntil(lambda: dialog.height() > before)
    assert [field.height() for field in fields] == natural
    grown = dialog.height()
    dialog.notice.clear()
    QApplication.processEvents()
    assert dialog.height() == grown


def test_tab_goes_from_the_first_input_to_the_main_button_last(dialog: Dialog) -> None:
    first, second = dialog.findChildren(QLineEdit)[0], QLineEdit()
    # One that comes while it is open is in its place, too.
    dialog.body.addWidget(second)
    second.show()
    dialog.activateWindow()
    first.setFocus()
    passed: list[QWidget | None] = [first]
    for _ in range(3):
        QTest.keyClick(dialog.focusWidget() or dialog, Qt.Key.Key_Tab)
        passed.append(dialog.focusWidget())
    assert passed == [first, second, dialog.cancel_button, dialog.main_button]


def test_after_an_action_the_focus_is_where_it_was(dialog: Dialog) -> None:
    field, beside = dialog.findChildren(QLineEdit)[0], QPushButton("Beside")
    beside.setEnabled(False)
    dialog.extra.addWidget(beside)
    dialog.activateWindow()
    field.setFocus()
    dialog.set_busy("Saving…")
    assert not field.isEnabled()
    dialog.set_busy()
    assert dialog.focusWidget() is field
    # What could not be pressed before still cannot.
    assert not beside.isEnabled()


def test_an_ampersand_in_a_name_is_shown(dialog: Dialog) -> None:
    dialog.set_main("Remove R&D")
    assert dialog.main_button.text() == "Remove R&&D"
    assert dialog.main_button.accessibleName() == "Remove R&D"


def test_the_focus_goes_to_what_could_not_have_it_yet(qtbot: QtBot, theme: Theme) -> None:
    dialog = Dialog("Exclude Nodes", main="Exclude 21 Nodes")
    qtbot.addWidget(dialog)
    dialog.set_valid(False)
    dialog.show()
    qtbot.waitUntil(dialog.isActiveWindow)
    dialog.set_valid(True)
    assert dialog.focusWidget() is dialog.main_button


def test_who_makes_it_smaller_has_it_so(dialog: Dialog, qtbot: QtBot) -> None:
    dialog.resize(400, 400)
    dialog.notice.say(State.INFO, "The site has changed meanwhile.")
    qtbot.wait(20)
    dialog.resize(400, 300)
    dialog.updateGeometry()
    QApplication.processEvents()
    assert dialog.height() == 300


def test_its_buttons_stay_on_the_screen_when_it_grows(dialog: Dialog, qtbot: QtBot) -> None:
    room = dialog.screen().availableGeometry()
    dialog.move(room.left(), room.bottom() - dialog.height())
    before = dialog.height()
    more = QWidget()
    more.setFixedHeight(200)
    dialog.body.addWidget(more)
    qtbot.waitUntil(lambda: dialog.height() >= before + 200)
    assert dialog.frameGeometry().bottom() <= room.bottom()
