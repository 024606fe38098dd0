"""What goes wrong around the window: each is a sentence in it, and nothing is lost."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog

from licensedesk.core import files
from licensedesk.core.backup import back_up
from licensedesk.core.changes import Changes
from licensedesk.core.sample import FILES
from licensedesk.core.site_key import unlock
from licensedesk.core.trust import Signer
from licensedesk.core.types import Actor
from licensedesk.ui import commands, operations
from licensedesk.ui.dialogs.back_up import BackUpDialog, RestoreDialog
from licensedesk.ui.dialogs.getting_started import GettingStartedDialog, open_getting_started
from licensedesk.ui.dialogs.register_license import RegisterLicenseDialog, open_register_license
from licensedesk.ui.dialogs.unlock import UnlockDialog
from licensedesk.ui.pages.audit_log import AuditLogView
from licensedesk.ui.session import LOOK_EVERY_MS
from licensedesk.ui.task_runner import Task
from tests.ui.office import HOLD_DATABASE, Office, OfficeMaker, command, elsewhere, release

NEW_KEY = "DM-1003.lic"


def registered(office: Office) -> int:
    count: int = office.site.store.value("SELECT count(*) FROM license WHERE deregistered_at IS NULL")
    return count


def chosen(office: Office, *names: str) -> RegisterLicenseDialog:
    """The dialog with these files of the sample in it, verified."""
    folder = office.session.folder / FILES
    open_register_license(office.session, office.window, files=[folder / name for name in names])
    dialog = office.dialog(RegisterLicenseDialog)
    office.until(lambda: dialog.model.rows and all(row.result for row in dialog.model.rows))
    return dialog


def restore_dialog(office: Office, file: Path) -> RestoreDialog:
    commands.start("restore", office.session, office.window)
    dialog = office.dialog(RestoreDialog)
    dialog.file.setText(str(file))
    return dialog


# -- database ----------------------------------------------------------------------------------------


def test_a_locked_database_is_said_and_nothing_is_lost(office: Office) -> None:
    dialog = chosen(office, NEW_KEY)
    before = registered(office)
    with elsewhere(HOLD_DATABASE, str(office.site.store.path)) as other:
        office.click(dialog.main_button)
        office.until(lambda: dialog.notice.text)
        assert dialog.notice.text.startswith("Another program holds the database for longer than 5 seconds.")
        assert dialog.isVisible()
        assert [row.path.name for row in dialog.model.rows] == [NEW_KEY]
        assert registered(office) == before
        release(other)
    office.click(dialog.main_button)
    office.until(lambda: dialog.notice.text == "1 license registered.")
    assert registered(office) == before + 1


def test_a_database_that_goes_and_comes_back(office: Office, tmp_path: Path) -> None:
    path = office.site.store.path
    before = registered(office)
    dialog = chosen(office, NEW_KEY)
    path.rename(tmp_path / "away.db")
    office.until(lambda: "it was deleted or replaced while it was open" in office.notice)
    assert "licensedesk restore" not in office.notice
    # It is looked for every second; that nothing is there is no news, and nobody is to make a new site.
    office.qtbot.wait(2 * LOOK_EVERY_MS)
    assert "it was deleted or replaced while it was open" in office.notice
    assert office.window.notice.buttons[0].text() == "Restore Site…"
    office.click(dialog.main_button)
    # What is written into a deleted file is lost without a word: it is refused.
    office.until(lambda: "it was deleted or replaced" in dialog.notice.text)
    assert dialog.isVisible()
    (tmp_path / "away.db").rename(path)
    office.until(lambda: not office.notice)
    office.click(dialog.main_button)
    office.until(lambda: registered(office) == before + 1)


def test_a_database_that_is_replaced_is_opened_anew(office: Office, tmp_path: Path) -> None:
    path = office.site.store.path
    copy = tmp_path / "copy"
    shutil.copytree(office.session.folder, copy)
    command(copy, "site", "set", "name", "Replaced Corp")
    for name in ("site.db-wal", "site.db-shm"):
        (path.parent / name).rename(tmp_path / name)
    os.replace(copy / path.name, path)
    office.until(lambda: "Replaced Corp" in office.window.windowTitle())
    assert not office.notice
    told: list[Changes] = []
    operations.set_setting(office.session, key="name", value="Written", owner=office.window, done=told.append)
    office.until(lambda: told)
    office.site.close()
    assert office.site.store.value("SELECT name FROM site") == "Written"


def test_a_damaged_site_at_the_start_can_be_restored_from_the_window(
    office_maker: OfficeMaker, tmp_path: Path
) -> None:
    office = office_maker()
    saved, _ = back_up(
        office.site, tmp_path / "good.backup", with_key=True, by=Actor(name="admin"), at=office.session.now()
    )
    before = registered(office)
    office.site.close()
    path = office.session.folder / "site.db"
    path.write_bytes(b"not a database" * 100)
    for name in ("site.db-wal", "site.db-shm"):
        (path.parent / name).unlink(missing_ok=True)
    office.window.show()
    office.session.open(failed=office.window.say_closed)
    office.until(lambda: office.notice)
    assert "damaged or is no LicenseDesk database" in office.notice
    (press, _close) = office.window.notice.buttons
    assert press.text() == "Restore Site…"
    office.click(press)
    dialog = office.dialog(RestoreDialog)
    dialog.file.setText(str(saved))
    with office.qtbot.waitSignal(office.session.opened, timeout=10_000):
        office.click(dialog.main_button)
    office.until(lambda: not office.notice)
    assert registered(office) == before


def test_a_site_that_cannot_be_opened_is_tried_again(office_maker: OfficeMaker) -> None:
    office = office_maker()
    toml = office.session.folder / "site.toml"
    toml.rename(toml.with_suffix(".away"))
    office.window.show()
    office.session.open(failed=office.window.say_closed)
    office.until(lambda: office.notice)
    toml.with_suffix(".away").rename(toml)
    with office.qtbot.waitSignal(office.session.opened, timeout=10_000):
        office.click(office.window.notice.buttons[0])
    assert not office.notice


# -- restore -----------------------------------------------------------------------------------------


def test_restore_while_everything_has_connections(office: Office, tmp_path: Path) -> None:
    saved, _ = back_up(
        office.site, tmp_path / "then.backup", with_key=True, by=Actor(name="admin"), at=office.session.now()
    )
    then = registered(office)
    office.session.unlock(signer := signer_of(office))
    dialog = chosen(office, NEW_KEY)
    office.click(dialog.main_button)
    office.until(lambda: registered(office) == then + 1)
    office.click(dialog.main_button)
    courier = office.session.courier
    assert courier is not None
    office.window.show_view("license-details")
    replacing = restore_dialog(office, saved)
    assert replacing.main_button.text() == "Replace Example Corp"
    with office.qtbot.waitSignal(office.session.opened, timeout=10_000):
        office.click(replacing.main_button)
    assert registered(office) == then
    assert not courier.alive
    assert office.session.courier not in {None, courier}
    # Its passphrase may be another one.
    assert office.session.signer is None is not signer
    office.until(lambda: "License.xml version 1,000," in office.foot)
    office.until(lambda: "The site was restored" in office.window.foot.bar.message)
    # The new courier has the lock, and the window writes into what was restored.
    office.session.unlock(signer)
    office.session.courier.distribute(reason="demand")
    office.until(lambda: "nothing was sent" in office.window.foot.bar.message)
    again = chosen(office, NEW_KEY)
    office.click(again.main_button)
    office.until(lambda: registered(office) == then + 1)
    office.until(lambda: not office.refused)


def signer_of(office: Office) -> Signer:
    return unlock(office.site, b"sample")


def test_a_backup_of_something_else_changes_nothing(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "no.backup"
    file.write_bytes(b"no archive")
    courier = office.session.courier
    dialog = restore_dialog(office, file)
    office.click(dialog.main_button)
    office.until(lambda: dialog.notice.text)
    assert "is not a whole LicenseDesk backup" in dialog.notice.text
    assert dialog.isVisible()
    office.until(lambda: office.session.courier not in {None, courier})
    assert office.session.courier.alive  # type: ignore[union-attr]


def test_a_damaged_database_is_restored_while_it_is_open(office: Office, tmp_path: Path) -> None:
    saved, _ = back_up(
        office.site, tmp_path / "good.backup", with_key=True, by=Actor(name="admin"), at=office.session.now()
    )
    before = registered(office)
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(b"not a database" * 100)
    os.replace(damaged, office.site.store.path)
    office.until(lambda: office.notice)
    office.click(office.window.notice.buttons[0])
    dialog = office.dialog(RestoreDialog)
    dialog.file.setText(str(saved))
    with office.qtbot.waitSignal(office.session.opened, timeout=10_000):
        office.click(dialog.main_button)
    office.site.close()
    assert registered(office) == before
    office.until(lambda: not office.notice)


# -- disk --------------------------------------------------------------------------------------------


def full_disk(name: str) -> None:
    """As `write_atomic` meets it at its first crash point."""
    if name.startswith("write:"):
        raise OSError(28, "No space left on device")


@pytest.fixture
def disk_full() -> object:
    files.on_crash_point(full_disk)
    yield
    files.on_crash_point(None)


def test_an_export_to_a_full_disk(office: Office, tmp_path: Path, disk_full: object) -> None:
    office.window.show_view("audit")
    view = office.window.view
    assert isinstance(view, AuditLogView)
    target = tmp_path / "audit.csv"
    target.write_text("what was there")
    view.export_to(target)
    office.until(lambda: view.notice.text)
    assert view.notice.text.startswith("There is no room to write")
    assert view.progress.isHidden()
    assert target.read_text() == "what was there"


def test_a_backup_into_a_folder_that_is_not_there_or_over_a_file(office: Office, tmp_path: Path) -> None:
    commands.start("back-up", office.session, office.window)
    dialog = office.dialog(BackUpDialog)
    blocked = tmp_path / "file"
    blocked.write_text("")
    dialog.file.setText(str(blocked / "x.backup"))
    office.click(dialog.main_button)
    office.until(lambda: dialog.notice.text)
    assert "cannot be read or written" in dialog.notice.text
    existing = tmp_path / "old.backup"
    existing.write_text("older")
    dialog.file.setText(str(existing))
    office.click(dialog.main_button)
    office.until(lambda: "exists already" in dialog.notice.text)
    assert existing.read_text() == "older"
    dialog.file.setText(str(tmp_path / "new.backup"))
    office.click(dialog.main_button)
    office.until(lambda: not isinstance(QApplication.activeModalWidget(), BackUpDialog))
    assert (tmp_path / "new.backup").exists()


# -- files and keys ----------------------------------------------------------------------------------


def test_a_file_that_vanishes_between_choice_and_registration(office: Office) -> None:
    dialog = chosen(office, NEW_KEY)
    before = registered(office)
    (office.session.folder / FILES / NEW_KEY).unlink()
    office.click(dialog.main_button)
    office.until(lambda: "of" in dialog.notice.text)
    first = dialog.model.rows[0].result
    assert first is not None
    assert first.error is not None
    assert first.error.code == "unreadable-file"
    assert dialog.main_button.text() == "Close"
    assert registered(office) == before + len(dialog.model.rows) - 1


def test_the_site_key_is_missing(office: Office) -> None:
    office.site.key_file.rename(office.site.key_file.with_suffix(".away"))
    office.click(office.window.foot.bar.button)
    dialog = office.dialog(UnlockDialog)
    QTest.keyClicks(dialog.passphrase, "sample")
    QTest.keyClick(dialog.passphrase, Qt.Key.Key_Return)
    office.until(lambda: dialog.notice.text)
    assert "signing key" in dialog.notice.text
    assert "is not there" in dialog.notice.text
    office.site.key_file.with_suffix(".away").rename(office.site.key_file)
    QTest.keyClick(dialog.passphrase, Qt.Key.Key_Return)
    office.until(lambda: office.session.signer)


# -- closing while work runs -------------------------------------------------------------------------


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Registering waits until the function that is returned is called."""
    from licensedesk.core import licenses

    gate = threading.Event()
    real = licenses.register_files

    def waiting(*given: object, **named: object) -> object:
        if not named.get("only_check"):
            assert gate.wait(10)
        return real(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(licenses, "register_files", waiting)
    return gate.set


def test_a_dialog_cannot_be_closed_while_its_job_runs(office: Office, slow: Callable[[], None]) -> None:
    dialog = chosen(office, NEW_KEY)
    before = registered(office)
    office.click(dialog.main_button)
    dialog.close()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.isVisible()
    slow()
    office.until(lambda: registered(office) == before + 1)
    office.until(lambda: dialog.notice.text == "1 license registered.")


def test_the_window_closes_when_the_job_has_ended(office: Office, slow: Callable[[], None]) -> None:
    dialog = chosen(office, NEW_KEY)
    before = registered(office)
    office.click(dialog.main_button)
    office.window.close()
    assert office.window.isVisible()
    assert office.notice == "The window closes when the work that runs now has ended."
    slow()
    office.until(lambda: not office.window.isVisible())
    assert registered(office) == before + 1


def test_who_closes_twice_does_not_wait_and_loses_nothing(office: Office, slow: Callable[[], None]) -> None:
    dialog = chosen(office, NEW_KEY)
    before = registered(office)
    office.click(dialog.main_button)
    office.window.close()
    office.window.close()
    assert not office.window.isVisible()
    slow()
    office.session.close()
    office.runner.close()
    assert registered(office) == before + 1


def test_a_dialog_that_is_gone_when_its_job_ends(office: Office, slow: Callable[[], None]) -> None:
    dialog = chosen(office, NEW_KEY)
    before = registered(office)
    office.click(dialog.main_button)
    dialog.done(QDialog.DialogCode.Rejected)
    office.qtbot.wait(50)
    slow()
    office.until(lambda: registered(office) == before + 1)
    # The views are told all the same.
    office.until(lambda: not office.runner.busy)


# -- our own bugs ------------------------------------------------------------------------------------


def test_a_bug_of_an_action_is_undone(office: Office) -> None:
    def breaking(_task: Task[None]) -> None:
        with office.session.site.store.writing():
            office.session.site.store.run("UPDATE site SET name = 'Half Done'")
            raise ZeroDivisionError

    office.session.act(breaking, owner=office.window, done=lambda _nothing: None)
    office.until(lambda: office.faults)
    assert isinstance(office.faults.pop()[0], ZeroDivisionError)
    assert office.site.store.value("SELECT name FROM site") == "Example Corp"


def test_a_bug_in_the_courier_is_shown_once(
    office_maker: OfficeMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    from licensedesk.core.distribution.distributor import Distributor
    from licensedesk.ui import courier

    def breaking(_self: Distributor, *, timeout: float) -> bool:
        raise ZeroDivisionError(timeout)

    monkeypatch.setattr(courier, "RETRY_SECONDS", 0.05)
    monkeypatch.setattr(Distributor, "step", breaking)
    office = office_maker()
    office.open()
    office.until(lambda: office.faults)
    office.qtbot.wait(300)
    assert len(office.faults) == 1
    office.faults.clear()


# -- getting started ---------------------------------------------------------------------------------


def test_no_site_and_a_folder_that_cannot_be_written(office_maker: OfficeMaker, tmp_path: Path) -> None:
    office = office_maker()
    blocked = tmp_path / "file"
    blocked.write_text("")
    office.session.folder = blocked / "site"
    office.window.show()
    open_getting_started(office.session, office.window, lambda: None)
    dialog = office.dialog(GettingStartedDialog)
    for field, text in ((dialog.name, "Corp"), (dialog.passphrase, "one"), (dialog.again, "one")):
        QTest.keyClicks(field, text)
    dialog.primary.setText("hq.example.com")
    office.click(dialog.main_button)
    office.until(lambda: dialog.notice.text)
    assert "cannot be read or written" in dialog.notice.text
    assert dialog.name.text() == "Corp"
    assert dialog.isVisible()
