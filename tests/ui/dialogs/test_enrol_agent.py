from __future__ import annotations

import stat
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from licensedesk.core.distribution.enrolment import invite
from licensedesk.core.sample import PASSPHRASE
from licensedesk.core.settings import set_setting
from licensedesk.core.site_key import unlock
from licensedesk.core.types import Actor
from licensedesk.ui.dialogs.enrol_agent import EnrolAgentDialog, open_enrol_agent
from licensedesk.ui.dialogs.unlock import UnlockDialog
from tests.ui.desk import Desk

OTHER = Actor(name="other")


@pytest.fixture
def dialog(desk: Desk, tmp_path: Path) -> EnrolAgentDialog:
    """Of b, to be saved in a folder of the test."""
    folder = tmp_path / "carried"
    folder.mkdir()
    desk.session.settings.setValue("folders/enrolment", str(folder))
    desk.session.choose_server(desk.id("b"))
    open_enrol_agent(desk.session, desk.show(QWidget()))
    made = desk.dialog(EnrolAgentDialog)
    desk.until(lambda: made.valid)
    return made


def unlocked(desk: Desk) -> None:
    desk.session.unlock(unlock(desk.site, PASSPHRASE))


def invited(desk: Desk, name: str) -> list[tuple[str, ...]]:
    return desk.site.store.rows("SELECT token FROM enrolment WHERE server_id = ?", (desk.id(name),))


def test_the_passphrase_is_asked_for_and_the_file_saved_from_the_keyboard_alone(
    dialog: EnrolAgentDialog, desk: Desk, tmp_path: Path
) -> None:
    file = tmp_path / "carried" / "b.example.com.enrol"
    dialog.activateWindow()
    desk.until(lambda: QApplication.focusWidget() is dialog.server)
    assert dialog.file.text() == str(file)
    assert "enrol b.example.com.enrol" in dialog.commands.text()
    dialog.main_button.setFocus()
    desk.press(dialog.main_button, Qt.Key.Key_Return)
    asked = desk.dialog(UnlockDialog)
    assert not asked.main_button.isEnabled()
    desk.write(asked.passphrase, "wrong")
    desk.press(asked.passphrase, Qt.Key.Key_Return)
    desk.until(lambda: "passphrase" in asked.notice.text)
    assert asked.passphrase.hasSelectedText()
    assert not invited(desk, "b")
    desk.write(asked.passphrase, PASSPHRASE.decode())
    desk.press(asked.passphrase, Qt.Key.Key_Return)
    desk.until(file.exists)
    desk.until(lambda: dialog.main_button.text() == "Close")
    assert desk.closed(asked)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(invited(desk, "b")) == 1
    assert desk.said == ["The enrolment file of b.example.com was saved."]
    assert str(file) in dialog.notice.text
    desk.press(dialog.main_button, Qt.Key.Key_Return)
    desk.until(lambda: desk.closed(dialog))


def test_giving_up_the_passphrase_leaves_what_was_filled_in(dialog: EnrolAgentDialog, desk: Desk) -> None:
    desk.click(dialog.main_button)
    desk.press(desk.dialog(UnlockDialog), Qt.Key.Key_Escape)
    assert dialog.isVisible()
    assert dialog.valid
    assert not invited(desk, "b")


def test_no_file_is_made_for_a_broker_that_the_agent_could_not_believe(desk: Desk) -> None:
    set_setting(
        desk.site.store,
        key="transport",
        value="mqtt:broker.example.com:8883",
        by=OTHER,
        at=desk.session.now(),
    )
    open_enrol_agent(desk.session, desk.show(QWidget()))
    dialog = desk.dialog(EnrolAgentDialog)
    desk.until(lambda: dialog.notice.text)
    assert "mqtt:broker.example.com:8883" in dialog.notice.text
    assert "broker-config" in dialog.notice.text
    assert not dialog.main_button.isEnabled()


def test_the_commands_are_copied(dialog: EnrolAgentDialog, desk: Desk) -> None:
    desk.click(dialog.copy_button)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0].endswith("enrol b.example.com.enrol")
    assert lines[1].endswith(" run")


@pytest.mark.parametrize("name", ["missing/b.enrol", ""])
def test_a_file_that_cannot_be_written_changes_nothing(
    dialog: EnrolAgentDialog, desk: Desk, tmp_path: Path, name: str
) -> None:
    unlocked(desk)
    # "" is the folder itself.
    dialog.file.setText(str(tmp_path / "carried" / name))
    desk.click(dialog.main_button)
    desk.until(lambda: dialog.notice.text)
    assert dialog.isVisible()
    assert not dialog.server.isHidden()
    assert dialog.main_button.text() == "Save Enrolment File"
    assert not invited(desk, "b")
    assert not desk.said
    assert not list((tmp_path / "carried").iterdir())


def test_a_disk_that_refuses_leaves_the_agents_key_valid(dialog: EnrolAgentDialog, desk: Desk) -> None:
    invite(
        desk.site, server=desk.id("b"), signer=unlock(desk.site, PASSPHRASE), by=OTHER, at=desk.session.now()
    )
    before = invited(desk, "b")
    unlocked(desk)
    dialog.server.choose(desk.id("b"))
    desk.click(dialog.main_button)
    # Invited meanwhile: nothing is voided before it was said.
    desk.until(lambda: dialog.notice.text)
    assert invited(desk, "b") == before
    dialog.file.setText("/dev/full/b.enrol")
    desk.click(dialog.main_button)
    desk.until(lambda: "/dev/full" in dialog.notice.text)
    assert invited(desk, "b") == before


def test_inviting_again_is_said_before_it_voids_the_key(
    dialog: EnrolAgentDialog, desk: Desk, tmp_path: Path
) -> None:
    unlocked(desk)
    desk.click(dialog.main_button)
    desk.until(lambda: dialog.main_button.text() == "Close")
    first = invited(desk, "b")
    desk.click(dialog.main_button)
    open_enrol_agent(desk.session, desk.show(QWidget()), server=desk.id("b"))
    again = desk.dialog(EnrolAgentDialog)
    desk.until(lambda: "voids its key and token" in again.notice.text)
    desk.click(again.main_button)
    desk.until(lambda: again.main_button.text() == "Close")
    assert invited(desk, "b") != first


def test_another_server_has_another_file(dialog: EnrolAgentDialog, desk: Desk) -> None:
    dialog.server.choose(desk.id("app-2"))
    assert Path(dialog.file.text()).name == "app-2.example.com.enrol"
    line = dialog.server.lineEdit()
    assert line is not None
    line.selectAll()
    desk.write(line, "zzz")
    assert not dialog.main_button.isEnabled()


def test_a_file_can_be_chosen(
    dialog: EnrolAgentDialog, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = tmp_path / "other.enrol"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(wanted), ""))
    desk.click(dialog.choose_button)
    assert dialog.file.text() == str(wanted)
    assert "enrol other.enrol" in dialog.commands.text()
