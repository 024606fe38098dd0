"""The database is damaged, or can no longer be written, under the open window."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from licensedesk.ui import commands
from licensedesk.ui.dialogs.back_up import RestoreDialog
from licensedesk.ui.dialogs.settings import SettingsDialog
from licensedesk.ui.main_window import VIEWS
from licensedesk.ui.task_runner import Lane
from licensedesk.ui.theme import Theme
from tests.core.example import dump
from tests.ui.office import Office, elsewhere, release

DAMAGE = """
import os, sys
import peewee
connection = peewee.sqlite3.connect(sys.argv[1], isolation_level=None)
# Others forget what they have read before, and find all pages in the file itself.
connection.execute("UPDATE site SET revision = revision + 1")
connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
connection.execute("BEGIN IMMEDIATE")
size = connection.execute("PRAGMA page_size").fetchone()[0]
file = os.open(sys.argv[1], os.O_RDWR)
places = range(2 * size, os.fstat(file).st_size, size)
were = {place: os.pread(file, 200, place) for place in places}
for place in places:
    os.pwrite(file, bytes(200), place)
print("ready", flush=True)
sys.stdin.read()
for place, content in were.items():
    os.pwrite(file, content, place)
connection.execute("UPDATE site SET revision = revision + 1")
connection.execute("COMMIT")
"""
"""While the database is held nobody writes: what is put back is what was there."""


def settings(office: Office) -> SettingsDialog:
    """The dialog with another name of the site filled in."""
    commands.start("settings", office.session, office.window)
    dialog = office.dialog(SettingsDialog)
    office.until(dialog.name.text)
    dialog.name.selectAll()
    QTest.keyClicks(dialog.name, "Another Corp")
    return dialog


def name(office: Office) -> str:
    return str(office.site.store.value("SELECT name FROM site"))


def test_pages_in_the_middle_that_are_overwritten(office: Office) -> None:
    """Said once, with the way out; what can still be read is shown; healed, the window goes on by itself."""
    dialog = settings(office)
    with elsewhere(DAMAGE, str(office.site.store.path)) as other:
        office.until(lambda: "is damaged" in office.notice)
        assert [one.text() for one in office.window.notice.buttons] == ["Restore Site…", ""]
        office.click(dialog.main_button)
        office.until(lambda: dialog.notice.text)
        assert dialog.isVisible()
        assert dialog.name.text() == "Another Corp"
        release(other)
    office.until(lambda: not office.notice)
    assert name(office) == "Example Corp"
    office.click(dialog.main_button)
    office.until(lambda: name(office) == "Another Corp")
    assert not office.faults


@pytest.mark.parametrize("key", VIEWS)
def test_every_view_of_a_damaged_database(office: Office, key: str) -> None:
    """A sentence, and no fault, wherever one goes; and all of it again once it is healed."""
    office.until(lambda: not office.runner.busy)
    with elsewhere(DAMAGE, str(office.site.store.path)) as other:
        office.until(lambda: office.notice)
        office.window.show_view(key)
        office.window.reload()
        office.until(lambda: "is damaged" in office.notice)
        release(other)
    office.until(lambda: not office.notice)
    view = office.window.view
    assert view is not None
    office.until(lambda: not view.notice.text)


def test_a_damaged_database_offers_the_restore_and_is_left_alone_without_it(office: Office) -> None:
    before = dump(office.site.store)
    with elsewhere(DAMAGE, str(office.site.store.path)) as other:
        office.until(lambda: office.notice)
        office.click(office.window.notice.buttons[0])
        dialog = office.dialog(RestoreDialog)
        dialog.reject()
        release(other)
    office.until(lambda: not office.notice)
    after = dump(office.site.store)
    # Its revision has told of the damage and of the healing.
    assert {key: rows for key, rows in after.items() if key not in {"site", "event"}} == {
        key: rows for key, rows in before.items() if key not in {"site", "event"}
    }


@pytest.fixture
def query_only(office: Office) -> Iterator[Callable[[bool], None]]:
    """Has every change refused as on a medium that cannot be written."""

    def switch(on: bool) -> None:
        store = office.session.site.store
        told: list[object] = []
        office.runner.run(
            Lane.WRITE,
            lambda _task: store.value(f"PRAGMA query_only = {int(on)}"),
            owner=office.session,
            done=told.append,
        )
        office.until(lambda: told)

    yield switch
    switch(False)


def test_a_database_that_has_become_read_only(office: Office, query_only: Callable[[bool], None]) -> None:
    dialog = settings(office)
    query_only(True)
    office.click(dialog.main_button)
    office.until(lambda: dialog.notice.text)
    assert "site.db cannot be read or written" in dialog.notice.text
    assert "readonly" in dialog.notice.text
    assert (dialog.name.text(), name(office)) == ("Another Corp", "Example Corp")
    # To look at it goes on.
    office.window.show_view("servers")
    office.until(lambda: not office.runner.busy)
    query_only(False)
    office.click(dialog.main_button)
    office.until(lambda: name(office) == "Another Corp")


@pytest.fixture
def read_only(tmp_path: Path, sample_folder: Path) -> Iterator[Callable[[], None]]:
    """The site lies on a file system that is read-only, until the function is called."""
    folder = tmp_path / "site"
    shutil.copytree(sample_folder, folder)
    place = str(folder)
    seal = (["mount", "--bind", place, place], ["mount", "-o", "remount,bind,ro", place])
    for command in seal:
        if (
            shutil.which("mount") is None
            or subprocess.run(command, capture_output=True, check=False).returncode
        ):
            pytest.skip("only root may mount")
    mounted = [True]

    def unseal() -> None:
        if mounted:
            subprocess.run(["umount", "--lazy", place], check=True)
            mounted.clear()

    yield unseal
    unseal()


def test_a_site_on_a_file_system_that_is_read_only(
    qtbot: QtBot, theme: Theme, tmp_path: Path, sample_folder: Path, read_only: Callable[[], None]
) -> None:
    (tmp_path / "other").mkdir()
    shutil.copytree(sample_folder, tmp_path / "other" / "site")
    office = Office(qtbot, tmp_path / "other")
    try:
        office.session.folder = tmp_path / "site"
        office.window.show()
        office.session.open(failed=office.window.say_closed)
        office.until(lambda: office.notice)
        assert "site.db cannot be read or written" in office.notice
        read_only()
        with qtbot.waitSignal(office.session.opened, timeout=10_000):
            office.click(office.window.notice.buttons[0])
        assert not office.notice
    finally:
        office.close()
