from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from licensedesk.core.sample import PASSPHRASE
from licensedesk.ui.dialogs.unlock import UnlockDialog, open_unlock

if TYPE_CHECKING:
    from tests.ui.desk import Desk


@pytest.fixture
def after() -> list[str]:
    """What ran once the key was open."""
    return []


@pytest.fixture
def dialog(desk: Desk, after: list[str]) -> UnlockDialog:
    open_unlock(desk.session, desk.show(QWidget()), then=lambda: after.append("then"))
    return desk.dialog(UnlockDialog)


def test_the_key_is_open_for_the_session(dialog: UnlockDialog, desk: Desk, after: list[str]) -> None:
    dialog.activateWindow()
    desk.until(lambda: QApplication.focusWidget() is dialog.passphrase)
    assert not dialog.main_button.isEnabled()
    assert dialog.main_button.toolTip() == "Enter the passphrase."
    desk.write(dialog.passphrase, PASSPHRASE.decode())
    desk.press(dialog.passphrase, Qt.Key.Key_Return)
    desk.until(lambda: after == ["then"])
    assert desk.session.signer is not None
    assert desk.closed(dialog)


def test_a_wrong_passphrase_can_be_tried_again(dialog: UnlockDialog, desk: Desk, after: list[str]) -> None:
    desk.write(dialog.passphrase, "wrong")
    desk.press(dialog.passphrase, Qt.Key.Key_Return)
    desk.until(dialog.passphrase.hasSelectedText)
    assert dialog.isVisible()
    assert desk.session.signer is None
    assert dialog.passphrase.hasSelectedText()
    desk.write(dialog.passphrase, PASSPHRASE.decode())
    desk.press(dialog.passphrase, Qt.Key.Key_Return)
    desk.until(lambda: after == ["then"])


def test_without_a_key_store_it_is_said_that_it_was_not_kept(
    dialog: UnlockDialog, desk: Desk, after: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("licensedesk.core.site_key.keep_passphrase", lambda *_: False)
    desk.write(dialog.passphrase, PASSPHRASE.decode())
    desk.press(dialog.keep, Qt.Key.Key_Space)
    desk.click(dialog.main_button)
    desk.until(lambda: after == ["then"])
    assert any("no key store" in sentence for sentence in desk.said)


def test_the_passphrase_is_hidden_and_labelled(dialog: UnlockDialog) -> None:
    assert dialog.passphrase.echoMode() == dialog.passphrase.EchoMode.Password
    assert dialog.passphrase.accessibleName() == "Passphrase"
    assert any(label.buddy() is dialog.passphrase for label in dialog.findChildren(QLabel))


def test_the_passphrase_of_a_sample_site_is_told(dialog: UnlockDialog, desk: Desk) -> None:
    desk.until(lambda: dialog.notice.text)
    assert dialog.notice.text == "This is a sample site; its passphrase is: sample"


def test_the_passphrase_of_no_other_site_is_told(empty_desk: Desk) -> None:
    open_unlock(empty_desk.session, empty_desk.show(QWidget()))
    dialog = empty_desk.dialog(UnlockDialog)
    empty_desk.until(lambda: not empty_desk.runner.busy)
    assert not dialog.notice.text
