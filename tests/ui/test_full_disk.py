"""A disk with no room left under the open window: it is said, nothing is half done, and the same press works
once there is room again. The disk is a real one, small and full to its last byte.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtPrintSupport import QPrinter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QSpinBox
from pytestqt.qtbot import QtBot

from licensedesk.core.backup import back_up
from licensedesk.core.distribution.enrolment import invite
from licensedesk.core.sample import FILES, PASSPHRASE
from licensedesk.core.site import open_site
from licensedesk.core.site_key import unlock
from licensedesk.core.store.facts import read_tree
from licensedesk.core.types import Actor, Option
from licensedesk.ui import commands
from licensedesk.ui.dialogs.back_up import BackUpDialog, RestoreDialog
from licensedesk.ui.dialogs.change_passphrase import ChangePassphraseDialog, open_change_passphrase
from licensedesk.ui.dialogs.distribute_licenses import DistributeLicensesDialog, open_distribute_licenses
from licensedesk.ui.dialogs.enrol_agent import EnrolAgentDialog
from licensedesk.ui.dialogs.getting_started import GettingStartedDialog, open_getting_started
from licensedesk.ui.dialogs.holding_option import HoldingOptionDialog
from licensedesk.ui.dialogs.import_nodes import ImportNodesDialog, open_import_nodes
from licensedesk.ui.dialogs.node_action import NodeActionDialog
from licensedesk.ui.dialogs.register_license import RegisterLicenseDialog, open_register_license
from licensedesk.ui.dialogs.settings import SettingsDialog
from licensedesk.ui.pages.audit_log import AuditLogView
from licensedesk.ui.pages.event_list import EventListView
from licensedesk.ui.pages.license_details import LicenseDetailsView
from licensedesk.ui.pages.map_of_ranges import MapOfRangesView
from licensedesk.ui.pages.nodes import DiscoveredNodesView
from licensedesk.ui.theme import Theme
from licensedesk.ui.widgets.dialog import Dialog
from tests.core.example import dump
from tests.ui.office import Office

NO_ROOM = "There is no room to write"
KEY = "DM-1003.lic"
NODES = "host_name,ip\nnew-1.example.com,10.9.0.1\nnew-2.example.com,10.9.0.2\n"
CHUNK = 1 << 16
Holds = Callable[[], object]


class Disk:
    """Of a few megabytes, which another program fills."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    @property
    def names(self) -> list[str]:
        """What lies on it, but for the settings of the window."""
        return sorted({path.name for path in self.folder.iterdir()} - {"desk.ini"})

    def fill(self) -> None:
        size = CHUNK
        with self._filler.open("wb", buffering=0) as file:
            while size:
                try:
                    file.write(bytes(size))
                except OSError:
                    size //= 2

    def free(self) -> None:
        self._filler.unlink()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m", "none", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a disk to be filled")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def office(qtbot: QtBot, theme: Theme, disk: Disk, sample_folder: Path) -> Iterator[Office]:
    """The window on a copy of the sample site on that disk."""
    shutil.copytree(sample_folder, disk.folder / "site")
    made = Office(qtbot, disk.folder)
    made.open()
    yield made
    made.close()


def state(office: Office) -> dict[str, Any]:
    """All that an action could have changed; what is noticed by itself, events, is not."""
    tables = dump(office.site.store)
    return {name: rows for name, rows in tables.items() if name not in {"site", "event"}} | {
        "site": [row[:1] for row in tables["site"]],
        "key": office.site.key_file.read_bytes(),
    }


def refused_then_done(
    office: Office, disk: Disk, *, press: Holds, says: Callable[[], str], done: Holds
) -> None:
    """Without room it is said and nothing has changed; with room the same press does it."""
    office.until(lambda: not office.runner.busy)
    before = state(office)
    disk.fill()
    press()
    office.until(lambda: says().startswith(NO_ROOM))
    assert state(office) == before
    assert not done()
    disk.free()
    press()
    office.until(done)


def in_dialog(office: Office, disk: Disk, dialog: Dialog, done: Holds) -> None:
    """The dialog stays, with what was filled in."""
    office.until(lambda: dialog.valid)

    def says() -> str:
        if dialog.notice.text:
            assert dialog.isVisible()
            assert dialog.main_button.isEnabled()
        return dialog.notice.text

    refused_then_done(office, disk, press=lambda: office.click(dialog.main_button), says=says, done=done)


# -- actions -----------------------------------------------------------------------------------------


def test_registering(office: Office, disk: Disk) -> None:
    open_register_license(office.session, office.window, files=[office.session.folder / FILES / KEY])
    dialog = office.dialog(RegisterLicenseDialog)
    in_dialog(office, disk, dialog, lambda: dialog.notice.text == "1 license registered.")
    assert office.row("a").held == 125


def test_apportioning(office: Office, disk: Disk) -> None:
    open_distribute_licenses(office.session, office.window, product="Desktop Manager", relay=office.id("d"))
    dialog = office.dialog(DistributeLicensesDialog)
    office.until(lambda: dialog.draft is not None)
    dialog.table.setFocus()
    QTest.keyClicks(dialog.table, "1")
    (field,) = dialog.table.viewport().findChildren(QSpinBox)
    QTest.keyClicks(field, "7")
    in_dialog(office, disk, dialog, lambda: office.row("d").held == 17)


def test_setting_an_option(office: Office, disk: Disk) -> None:
    commands.start("holding-option", office.session, office.window, server=office.id("e"))
    dialog = office.dialog(HoldingOptionDialog)
    office.until(lambda: dialog.holdings is not None)
    office.click(dialog.options[Option.DISTRIBUTION])
    in_dialog(
        office,
        disk,
        dialog,
        lambda: read_tree(office.site.store).get(office.id("e")).option == Option.DISTRIBUTION,
    )


def test_importing_nodes(office: Office, disk: Disk, tmp_path: Path) -> None:
    file = tmp_path / "nodes.csv"
    file.write_text(NODES, encoding="utf-8")
    open_import_nodes(office.session, office.window, source=office.id("b"), files=[file])
    dialog = office.dialog(ImportNodesDialog)
    office.until(lambda: dialog.valid)
    office.click(dialog.main_button)
    office.until(lambda: dialog.main_button.text() == "Import 2 Rows" and not office.runner.busy)
    in_dialog(
        office,
        disk,
        dialog,
        lambda: office.site.store.value("SELECT count(*) FROM node WHERE host_name LIKE 'new-%'") == 2,
    )


def test_managing_nodes(office: Office, disk: Disk) -> None:
    office.window.show_view("discovered")
    view = office.window.view
    assert isinstance(view, DiscoveredNodesView)
    office.until(lambda: view.model.total)
    view.table.selectRow(0)
    view.start("exclude")
    dialog = office.dialog(NodeActionDialog)
    before = office.site.store.value("SELECT count(*) FROM node WHERE state = 'excluded'")
    in_dialog(
        office,
        disk,
        dialog,
        lambda: office.site.store.value("SELECT count(*) FROM node WHERE state = 'excluded'") == before + 1,
    )


def test_saving_settings(office: Office, disk: Disk) -> None:
    commands.start("settings", office.session, office.window)
    dialog = office.dialog(SettingsDialog)
    office.until(dialog.name.text)
    dialog.name.setText("Roomy Corp")
    in_dialog(office, disk, dialog, lambda: office.site.store.value("SELECT name FROM site") == "Roomy Corp")


def test_changing_the_passphrase(office: Office, disk: Disk) -> None:
    """The key must not be lost with its old passphrase."""
    open_change_passphrase(office.session, office.window)
    dialog = office.dialog(ChangePassphraseDialog)
    for field, text in ((dialog.old, "sample"), (dialog.new, "other"), (dialog.again, "other")):
        QTest.keyClicks(field, text)
    before = office.site.key_file.read_bytes()
    in_dialog(office, disk, dialog, lambda: office.site.key_file.read_bytes() != before)
    assert unlock(office.site, b"other")


@pytest.mark.parametrize("elsewhere", [False, True])
def test_enrolling_an_agent(office: Office, disk: Disk, tmp_path: Path, *, elsewhere: bool) -> None:
    """Both invited and saved, or neither - also where the file goes to a disk that has room."""
    office.session.unlock(unlock(office.site, PASSPHRASE))
    folder = tmp_path if elsewhere else disk.folder
    office.session.settings.setValue("folders/enrolment", str(folder))
    commands.start("enrol-agent", office.session, office.window, server=office.id("b"))
    dialog = office.dialog(EnrolAgentDialog)
    office.until(lambda: dialog.valid)
    file = Path(dialog.file.text())
    in_dialog(office, disk, dialog, file.exists)
    office.until(lambda: dialog.notice.text.startswith("Saved"))
    assert office.site.store.value("SELECT count(*) FROM enrolment") == 1


def test_acknowledging(office: Office, disk: Disk) -> None:
    office.window.show_view("events")
    view = office.window.view
    assert isinstance(view, EventListView)
    office.until(lambda: view.model.total)
    view.table.selectRow(0)
    query = "SELECT count(*) FROM event WHERE acknowledged_at IS NOT NULL"
    refused_then_done(
        office,
        disk,
        press=view.acknowledge,
        says=lambda: view.notice.text,
        done=lambda: office.site.store.value(query),
    )


# -- files -------------------------------------------------------------------------------------------


def test_exporting_nodes(office: Office, disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    file = disk.folder / "nodes.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_given, **_more: (str(file), ""))
    office.window.show_view("discovered")
    view = office.window.view
    assert isinstance(view, DiscoveredNodesView)
    office.until(lambda: view.model.total)
    refused_then_done(
        office,
        disk,
        press=lambda: office.click(view.export_button),
        says=lambda: view.notice.text,
        done=lambda: file.exists() and len(file.read_bytes().splitlines()) == (view.model.total or 0) + 1,
    )


def test_exporting_what_a_table_shows(office: Office, disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    file = disk.folder / "ranges.csv"
    file.write_text("what was there")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_given, **_more: (str(file), ""))
    office.window.show_view("license-details")
    view = office.window.view
    assert isinstance(view, LicenseDetailsView)
    office.until(lambda: view.model.rows)
    refused_then_done(
        office,
        disk,
        press=lambda: office.click(view.export_button),
        says=lambda: view.notice.text,
        done=lambda: file.read_bytes() != b"what was there",
    )


def test_exporting_the_audit_log(office: Office, disk: Disk) -> None:
    office.window.show_view("audit")
    view = office.window.view
    assert isinstance(view, AuditLogView)
    file = disk.folder / "audit.csv"
    refused_then_done(
        office,
        disk,
        press=lambda: view.export_to(file),
        says=lambda: view.notice.text,
        done=file.exists,
    )


@pytest.mark.parametrize("name", ["map.png", "map.svg"])
def test_saving_a_picture(office: Office, disk: Disk, name: str) -> None:
    office.window.show_view("map")
    view = office.window.view
    assert isinstance(view, MapOfRangesView)
    office.until(lambda: view.map.drawn)
    refused_then_done(
        office,
        disk,
        press=lambda: view.pictures.save_as(disk.folder / name),
        says=lambda: view.notice.text,
        done=(disk.folder / name).exists,
    )
    assert disk.names == [name, "site"]


def test_printing_into_a_file(office: Office, disk: Disk) -> None:
    office.window.show_view("map")
    view = office.window.view
    assert isinstance(view, MapOfRangesView)
    office.until(lambda: view.map.drawn)
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(disk.folder / "map.pdf"))
    refused_then_done(
        office,
        disk,
        press=lambda: view.pictures.print_on(printer),
        says=lambda: view.notice.text,
        done=(disk.folder / "map.pdf").exists,
    )
    assert disk.names == ["map.pdf", "site"]
    assert (disk.folder / "map.pdf").read_bytes().rstrip().endswith(b"%%EOF")


def test_backing_up(office: Office, disk: Disk) -> None:
    commands.start("back-up", office.session, office.window)
    dialog = office.dialog(BackUpDialog)
    file = disk.folder / "site.backup"
    dialog.file.setText(str(file))
    in_dialog(office, disk, dialog, file.exists)
    office.until(lambda: office.closed(dialog))
    assert disk.names == ["site", "site.backup"]


# -- the site as a whole -----------------------------------------------------------------------------


def test_restoring(office: Office, disk: Disk, tmp_path: Path) -> None:
    """The site that is there stays, whole, and goes on working."""
    saved, _ = back_up(
        office.site, tmp_path / "x.backup", with_key=True, by=Actor(name="admin"), at=office.session.now()
    )
    commands.start("restore", office.session, office.window)
    dialog = office.dialog(RestoreDialog)
    dialog.file.setText(str(saved))
    before = state(office)
    disk.fill()
    office.click(dialog.main_button)
    office.until(lambda: dialog.notice.text.startswith(NO_ROOM))
    office.until(lambda: not office.runner.busy)
    assert state(office) == before
    assert dialog.file.text() == str(saved)
    disk.free()
    with office.qtbot.waitSignal(office.session.opened, timeout=10_000):
        office.click(dialog.main_button)
    entries = office.site.store.rows("SELECT action FROM audit ORDER BY seq DESC LIMIT 1")
    assert entries == [("restore",)]
    assert disk.names == ["site"]


def test_distributing_license_xml(office: Office, disk: Disk) -> None:
    """What cannot be noted in the ledger is not sent."""
    site, exchange = office.site, office.session.folder / "exchange"
    signer = unlock(site, PASSPHRASE)
    invite(site, server=office.id("b"), signer=signer, by=Actor(name="admin"), at=office.session.now())
    office.session.unlock(signer)
    office.until(lambda: not office.runner.busy)

    def sent() -> list[Path]:
        return [path for path in exchange.rglob("*") if path.is_file() and path.stat().st_size]

    # At the start it goes of itself.
    office.until(sent)
    invite(site, server=office.id("c"), signer=signer, by=Actor(name="admin"), at=office.session.now())
    refused_then_done(
        office,
        disk,
        press=lambda: office.click(office.window.foot.bar.button),
        says=lambda: office.notice,
        done=lambda: len(sent()) == 2,
    )


def test_opening_a_site(qtbot: QtBot, theme: Theme, disk: Disk, sample_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(sample_folder, disk.folder / "site")
    shutil.copytree(sample_folder, tmp_path / "site")
    office = Office(qtbot, tmp_path)
    try:
        office.session.folder = disk.folder / "site"
        office.window.show()
        disk.fill()
        office.session.open(failed=office.window.say_closed)
        office.until(lambda: office.notice.startswith(NO_ROOM))
        disk.free()
        with qtbot.waitSignal(office.session.opened, timeout=10_000):
            office.click(office.window.notice.buttons[0])
        assert not office.notice
    finally:
        office.close()


def test_getting_started(qtbot: QtBot, theme: Theme, disk: Disk, sample_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(sample_folder, tmp_path / "site")
    office = Office(qtbot, tmp_path)
    try:
        office.session.folder = disk.folder / "site"
        office.window.show()
        open_getting_started(office.session, office.window, lambda: None)
        dialog = office.dialog(GettingStartedDialog)
        for field, text in ((dialog.name, "Corp"), (dialog.passphrase, "one"), (dialog.again, "one")):
            QTest.keyClicks(field, text)
        dialog.primary.setText("hq.example.com")
        disk.fill()
        office.click(dialog.main_button)
        office.until(lambda: dialog.notice.text.startswith(NO_ROOM))
        assert disk.names == ["filler"]
        assert dialog.name.text() == "Corp"
        disk.free()
        office.click(dialog.main_button)
        office.until(lambda: office.closed(dialog))
        open_site(disk.folder / "site").close()
    finally:
        office.close()
