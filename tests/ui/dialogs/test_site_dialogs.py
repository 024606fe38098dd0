"""Issuers, settings, passphrase, backup, about, shortcuts, and the first start."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from licensedesk.core.issue import make_issuer_key
from licensedesk.core.issuers import list_issuers
from licensedesk.core.settings import read_settings
from licensedesk.core.site import open_site, site_version
from licensedesk.core.site_key import unlock
from licensedesk.ui import commands
from licensedesk.ui.actions import menu_text
from licensedesk.ui.dialogs.about import AboutDialog
from licensedesk.ui.dialogs.back_up import BackUpDialog, RestoreDialog
from licensedesk.ui.dialogs.change_passphrase import ChangePassphraseDialog
from licensedesk.ui.dialogs.getting_started import GettingStartedDialog, open_getting_started
from licensedesk.ui.dialogs.issuers import IssuersDialog
from licensedesk.ui.dialogs.renumber import RenumberDialog
from licensedesk.ui.dialogs.settings import SettingsDialog
from licensedesk.ui.dialogs.shortcuts import ShortcutsDialog
from licensedesk.ui.dialogs.unlock import UnlockDialog
from licensedesk.ui.figures import NONE
from licensedesk.ui.menus import MENUS
from licensedesk.ui.mnemonics import plain
from licensedesk.ui.theme import Theme
from licensedesk.ui.widgets.dialog import Dialog
from tests.ui.desk import WAIT_MS, Desk

DialogT = TypeVar("DialogT", bound=Dialog)
SHORT = "Short passphrases can be guessed: use 12 characters or more, such as four words."


def opened(desk: Desk, name: str, kind: type[DialogT]) -> DialogT:
    over = desk.show(QWidget())
    commands.start(name, desk.session, over)
    return desk.dialog(kind)


def fill(field: QLineEdit, text: str) -> None:
    field.setFocus()
    field.selectAll()
    QTest.keyClick(field, Qt.Key.Key_Delete)
    QTest.keyClicks(field, text)


def gone(dialog: Dialog) -> bool:
    """Closed; a dialog is deleted then."""
    return not shiboken6.isValid(dialog) or not dialog.isVisible()


# -- issuers -----------------------------------------------------------------------------------------


@pytest.fixture
def public_key(tmp_path: Path) -> Path:
    return make_issuer_key(tmp_path / "vendor").public_file


def test_trusting_an_issuer_and_removing_it(desk: Desk, public_key: Path) -> None:
    dialog = opened(desk, "issuers", IssuersDialog)
    desk.until(lambda: [row.name for row in dialog.model.rows] == ["Example Software"])
    assert dialog.focusWidget() is dialog.name
    assert not dialog.main_button.isEnabled()
    assert not dialog.remove_button.isEnabled()
    fill(dialog.name, "Vendor")
    fill(dialog.key_file, str(public_key))
    fill(dialog.products, "Tool, Other Tool")
    QTest.keyClick(dialog.products, Qt.Key.Key_Return)
    desk.until(lambda: dialog.notice.text == "Vendor is trusted.")
    assert dialog.name.text() == "" == dialog.products.text()
    assert dialog.focusWidget() is dialog.name
    assert [row.products for row in list_issuers(desk.site.store)][1] == ("Other Tool", "Tool")
    desk.until(lambda: len(dialog.model.rows) == 2)
    dialog.table.select_key("Vendor")
    assert dialog.remove_button.text() == "Remove Vendor"
    desk.click(dialog.remove_button)
    desk.until(lambda: [row.name for row in dialog.model.rows] == ["Example Software"])
    assert desk.said[-1] == "Vendor is no longer trusted."


def test_an_issuer_of_registered_licenses_stays(desk: Desk) -> None:
    dialog = opened(desk, "issuers", IssuersDialog)
    desk.until(lambda: dialog.model.rows)
    dialog.table.select_key("Example Software")
    desk.press(dialog.table, Qt.Key.Key_Delete)
    desk.until(lambda: dialog.notice.text)
    assert "registered" in dialog.notice.text
    assert [row.name for row in list_issuers(desk.site.store)] == ["Example Software"]


def test_a_file_that_is_no_key(desk: Desk, tmp_path: Path) -> None:
    dialog = opened(desk, "issuers", IssuersDialog)
    (tmp_path / "no.pub").write_text("no key")
    fill(dialog.name, "Vendor")
    fill(dialog.key_file, str(tmp_path / "no.pub"))
    fill(dialog.products, "Tool")
    desk.click(dialog.main_button)
    desk.until(lambda: dialog.notice.text)
    assert "in PEM form" in dialog.notice.text
    assert "licensedesk issue" not in dialog.notice.text
    assert dialog.name.text() == "Vendor"


def test_nobody_is_trusted_yet(empty_desk: Desk) -> None:
    dialog = opened(empty_desk, "issuers", IssuersDialog)
    empty_desk.until(lambda: not empty_desk.runner.busy)
    assert dialog.table.empty.sentence.startswith("Nobody is trusted yet")


# -- settings and passphrase -------------------------------------------------------------------------


def test_only_what_was_changed_is_saved(desk: Desk) -> None:
    dialog = opened(desk, "settings", SettingsDialog)
    desk.until(lambda: dialog.name.text() == "Example Corp")
    assert not dialog.main_button.isEnabled()
    assert dialog.focusWidget() is dialog.name
    fill(dialog.name, "Other Corp")
    dialog.distribute_at_start.setFocus()
    desk.press(dialog.distribute_at_start, Qt.Key.Key_Space)
    dialog.expiry_days.setValue(30)
    before = desk.site.store.value("SELECT audit_seq FROM site")
    desk.click(dialog.main_button)
    desk.until(lambda: gone(dialog))
    saved = read_settings(desk.site.store)
    assert (saved["name"], saved["distribute_at_start"], saved["expiry_days"]) == ("Other Corp", False, 30)
    assert desk.site.store.value("SELECT audit_seq FROM site") == before + 3
    desk.until(lambda: desk.session.site_name == "Other Corp")


def test_a_setting_that_is_refused_keeps_the_dialog_open(desk: Desk) -> None:
    dialog = opened(desk, "settings", SettingsDialog)
    desk.until(dialog.name.text)
    fill(dialog.transport, "pigeon:1")
    desk.click(dialog.main_button)
    desk.until(lambda: dialog.notice.text)
    assert dialog.notice.text.startswith("transport cannot be set to pigeon:1")
    assert dialog.transport.text() == "pigeon:1"
    assert dialog.main_button.isEnabled()
    assert read_settings(desk.site.store)["transport"] == "folder:exchange"


def test_another_passphrase(desk: Desk) -> None:
    settings = opened(desk, "settings", SettingsDialog)
    desk.click(settings.passphrase_button)
    dialog = desk.dialog(ChangePassphraseDialog)
    assert dialog.focusWidget() is dialog.old
    fill(dialog.old, "wrong")
    assert dialog.advice.isHidden()
    fill(dialog.new, "eleven char")
    assert dialog.advice.text() == SHORT
    fill(dialog.new, "twelve chars")
    assert dialog.advice.isHidden()
    fill(dialog.new, "new")
    assert dialog.advice.isVisible()
    fill(dialog.again, "other")
    assert dialog.main_button.toolTip() == "The two new passphrases differ."
    fill(dialog.again, "new")
    before = desk.site.key_file.read_bytes()
    QTest.keyClick(dialog.again, Qt.Key.Key_Return)
    desk.until(lambda: dialog.notice.text)
    assert dialog.notice.text.startswith("The passphrase does not open the site's key.")
    assert desk.site.key_file.read_bytes() == before
    fill(dialog.old, "sample")
    QTest.keyClick(dialog.again, Qt.Key.Key_Return)
    desk.until(lambda: gone(dialog))
    assert unlock(desk.site, b"new")


def test_unlocking_goes_on_with_what_needed_it(desk: Desk) -> None:
    over = desk.show(QWidget())
    went_on: list[bool] = []
    commands.start("unlock", desk.session, over, then=lambda: went_on.append(True))
    dialog = desk.dialog(UnlockDialog)
    assert dialog.focusWidget() is dialog.passphrase
    assert not dialog.main_button.isEnabled()
    fill(dialog.passphrase, "sample")
    dialog.keep.setChecked(True)
    QTest.keyClick(dialog.passphrase, Qt.Key.Key_Return)
    desk.until(lambda: went_on)
    assert desk.session.signer is not None
    assert gone(dialog)
    # No real key store answers here: that is said, and the key is open all the same.
    assert desk.said == ["The key is open for this session; this system has no key store to keep it in."]


def test_giving_up_the_passphrase_does_nothing(desk: Desk) -> None:
    over = desk.show(QWidget())
    went_on: list[bool] = []
    commands.start("unlock", desk.session, over, then=lambda: went_on.append(True))
    dialog = desk.dialog(UnlockDialog)
    desk.press(dialog, Qt.Key.Key_Escape)
    assert gone(dialog)
    assert not went_on
    assert desk.session.signer is None


# -- backup, restore, renumber -----------------------------------------------------------------------


def test_backing_up_without_the_key_says_what_it_costs(desk: Desk, tmp_path: Path) -> None:
    dialog = opened(desk, "back-up", BackUpDialog)
    assert dialog.file.text().startswith(str(desk.session.folder / "backups" / "Example-Corp-"))
    dialog.key.setFocus()
    desk.press(dialog.key, Qt.Key.Key_Space)
    assert dialog.notice.text == "After a restore without the key every server has to be enrolled again."
    fill(dialog.file, str(tmp_path / "site.backup"))
    QTest.keyClick(dialog.file, Qt.Key.Key_Return)
    desk.until(lambda: gone(dialog))
    assert (tmp_path / "site.backup").exists()
    assert desk.said == ["The site was backed up to site.backup."]


def test_restoring_names_what_is_lost_and_is_never_the_default(desk: Desk) -> None:
    dialog = opened(desk, "restore", RestoreDialog)
    assert dialog.main_button.text() == "Replace Example Corp"
    assert not dialog.main_button.isDefault()
    assert not dialog.main_button.isEnabled()
    assert dialog.focusWidget() is dialog.file


def test_renumbering(desk: Desk) -> None:
    before = site_version(desk.site.store)
    dialog = opened(desk, "renumber", RenumberDialog)
    assert dialog.main_button.text() == "Renumber Example Corp"
    assert dialog.focusWidget() is dialog.cancel_button
    desk.click(dialog.main_button)
    desk.until(lambda: gone(dialog))
    assert site_version(desk.site.store) == before + 1_000_000


# -- help --------------------------------------------------------------------------------------------


def test_about_copies_the_versions(desk: Desk) -> None:
    dialog = opened(desk, "about", AboutDialog)
    dialog.copy()
    assert "Qt 6." in QGuiApplication.clipboard().text()
    desk.press(dialog, Qt.Key.Key_Return)
    assert gone(dialog)


def test_the_shortcuts_are_those_of_all_actions(desk: Desk) -> None:
    dialog = opened(desk, "shortcuts", ShortcutsDialog)
    rows = {(row.action, row.menu): row.keys for row in dialog.model.rows}
    assert rows["Register License", "License"] == "Ctrl+R"
    assert rows["Zoom In", "View"] == "+, ="
    assert rows["Back Up Site", "File"] == NONE
    assert rows["Empty a search field", ""] == "Esc"
    named = {plain(menu_text(name)).rstrip("…") for names in MENUS.values() for name in names if name}
    assert named <= {action for action, menu in rows if menu}


# -- getting started ---------------------------------------------------------------------------------


@pytest.fixture
def new_desk(qtbot: QtBot, theme: Theme, tmp_path: Path, sample_folder: Path) -> Desk:
    """A session on a folder where there is no site yet; the desk's own site is another one."""
    import shutil

    shutil.copytree(sample_folder, tmp_path / "site")
    desk = Desk(qtbot, tmp_path, None)
    desk.session.folder = tmp_path / "new"
    return desk


def started(desk: Desk) -> tuple[GettingStartedDialog, list[bool]]:
    over = desk.show(QWidget())
    made: list[bool] = []
    open_getting_started(desk.session, over, lambda: made.append(True))
    return desk.dialog(GettingStartedDialog), made


def ended(desk: Desk) -> None:
    desk.session.close()
    desk.runner.close()
    desk.site.close()
    assert not desk.faults


def test_a_first_site_from_the_keyboard(new_desk: Desk) -> None:
    dialog, made = started(new_desk)
    assert dialog.focusWidget() is dialog.name
    fill(dialog.name, "New Corp")
    fill(dialog.primary, "bad host!")
    assert "cannot be used as a name" in dialog.notice.text
    fill(dialog.primary, "hq.example.com")
    assert dialog.advice.isHidden()
    fill(dialog.passphrase, "one")
    assert dialog.advice.isVisible()
    assert dialog.advice.text() == SHORT
    fill(dialog.again, "two")
    assert dialog.notice.text == "The two passphrases differ."
    assert not dialog.main_button.isEnabled()
    fill(dialog.again, "one")
    QTest.keyClick(dialog.again, Qt.Key.Key_Return)
    new_desk.until(lambda: made)
    assert gone(dialog)
    site = open_site(new_desk.session.folder)
    assert read_settings(site.store)["name"] == "New Corp"
    assert unlock(site, b"one")
    site.close()
    ended(new_desk)


def test_a_broker_instead_of_a_folder(new_desk: Desk) -> None:
    dialog, made = started(new_desk)
    for field, text in ((dialog.name, "Corp"), (dialog.primary, "hq"), (dialog.passphrase, "one")):
        fill(field, text)
    fill(dialog.again, "one")
    new_desk.press(dialog.broker, Qt.Key.Key_Space)
    assert dialog.place.text() == ""
    assert not dialog.main_button.isEnabled()
    fill(dialog.place, "broker.example.com:99999")
    new_desk.click(dialog.main_button)
    new_desk.until(lambda: dialog.notice.text)
    assert dialog.notice.text.startswith("transport cannot be set to mqtt:broker.example.com:99999")
    assert not new_desk.session.folder.exists()
    fill(dialog.place, "broker.example.com:8883")
    new_desk.click(dialog.main_button)
    new_desk.until(lambda: made)
    ended(new_desk)


def test_the_sample_site(new_desk: Desk) -> None:
    dialog, made = started(new_desk)
    dialog.make_sample()
    assert dialog.busy
    new_desk.qtbot.waitUntil(lambda: bool(made), timeout=3 * WAIT_MS)
    ended(new_desk)


def test_who_gives_up_closes_the_window(new_desk: Desk) -> None:
    dialog, made = started(new_desk)
    over = dialog.parentWidget()
    new_desk.press(dialog, Qt.Key.Key_Escape)
    assert over is not None
    assert not over.isVisible()
    assert not made
    ended(new_desk)
