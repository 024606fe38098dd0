from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QWidget

from licensedesk.core.sample import FILES
from licensedesk.ui.dialogs.issuers import IssuersDialog
from licensedesk.ui.dialogs.register_license import RegisterLicenseDialog, open_register_license
from tests.ui.desk import Desk

NEW, TWICE, EXPIRED = "DM-1003.lic", "DM-1001.lic", "AM-2002-expired.lic"


def opened(desk: Desk, *names: str) -> RegisterLicenseDialog:
    over = desk.show(QWidget())
    files = [desk.session.folder / FILES / name for name in names]
    open_register_license(desk.session, over, files=files)
    dialog = desk.dialog(RegisterLicenseDialog)
    desk.until(lambda: dialog.server.count() or dialog.notice.text)
    desk.until(lambda: all(row.result or not row.verifying for row in dialog.model.rows))
    return dialog


def states(dialog: RegisterLicenseDialog) -> list[tuple[str, str]]:
    column = next(one for one in dialog.model.columns if one.key == "state")
    return [(row.path.name, column.text(row)) for row in dialog.model.rows]


def text_of(dialog: RegisterLicenseDialog, row: int, key: str) -> str:
    column = next(one for one in dialog.model.columns if one.key == key)
    return column.text(dialog.model.rows[row])


def dropped(dialog: RegisterLicenseDialog, *files: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file)) for file in files])
    copying, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    dialog.dropEvent(QDropEvent(QPointF(5, 5), copying, data, left, Qt.KeyboardModifier.NoModifier))


def test_empty_it_says_what_to_do_first(desk: Desk) -> None:
    dialog = opened(desk)
    assert not dialog.main_button.isEnabled()
    assert dialog.main_button.toolTip() == "Choose license key files that can be registered."
    assert dialog.focusWidget() is dialog.choose_button
    assert [dialog.server.itemText(at) for at in range(dialog.server.count())] == ["a.example.com"]


def test_each_file_is_verified_at_once_and_the_good_ones_registered(desk: Desk) -> None:
    dialog = opened(desk, NEW, TWICE, EXPIRED)
    assert states(dialog) == [(NEW, "OK"), (TWICE, "Refused"), (EXPIRED, "Refused")]
    assert text_of(dialog, 0, "product") == "Desktop Manager"
    assert text_of(dialog, 0, "quantity") == "25"
    assert text_of(dialog, 0, "validity") == "Permanent"
    assert text_of(dialog, 0, "issuer") == "Example Software"
    assert text_of(dialog, 1, "remark").startswith("Is registered already: on a.example.com")
    # The first refusal is shown in full, with its advice.
    assert dialog.detail.text().endswith("deregister it there to register it elsewhere.")
    assert dialog.main_button.text() == "Register 1 License"
    held = desk.row("a").held
    desk.click(dialog.main_button)
    desk.until(lambda: dialog.notice.text)
    assert dialog.notice.text == "1 of 3 files registered. The others say why not."
    assert states(dialog) == [(NEW, "Registered"), (TWICE, "Refused"), (EXPIRED, "Refused")]
    assert desk.row("a").held == held + 25
    assert desk.said == ["Registered: 1 of 1 file."]
    assert dialog.main_button.text() == "Close"
    desk.click(dialog.main_button)
    assert not dialog.isVisible()


def test_from_the_keyboard_alone(desk: Desk) -> None:
    dialog = opened(desk, NEW, TWICE)
    dialog.table.setFocus()
    dialog.table.select_key(desk.session.folder / FILES / TWICE)
    desk.press(dialog.table, Qt.Key.Key_Delete)
    desk.until(lambda: states(dialog) == [(NEW, "OK")])
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    desk.until(lambda: dialog.notice.text == "1 license registered.")
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert not dialog.isVisible()


def test_dropping_files_and_the_same_again(desk: Desk) -> None:
    dialog = opened(desk)
    folder = desk.session.folder / FILES
    dropped(dialog, folder / NEW, folder / NEW)
    dropped(dialog, folder / NEW, folder / "passphrase")
    desk.until(lambda: [state for _, state in states(dialog)] == ["OK", "Refused"])
    assert "is not a license key file" in text_of(dialog, 1, "remark")


def test_what_was_registered_cannot_be_dropped_upon(desk: Desk) -> None:
    dialog = opened(desk, NEW)
    desk.click(dialog.main_button)
    desk.until(lambda: dialog.notice.text)
    before = states(dialog)
    desk.press(dialog.table, Qt.Key.Key_Delete)
    assert states(dialog) == before == [(NEW, "Registered")]


def test_an_issuer_that_is_not_trusted_leads_to_the_issuers(desk: Desk, tmp_path: Path) -> None:
    stranger = tmp_path / "stranger.lic"
    whole = (desk.session.folder / FILES / NEW).read_bytes()
    stranger.write_bytes(whole)
    with desk.site.store.writing():
        desk.site.store.run("UPDATE issuer SET name = 'Somebody Else'")
    dialog = opened(desk, NEW)
    assert "which is not trusted here" in text_of(dialog, 0, "remark")
    assert "under License, Issuers" in dialog.detail.text()
    assert not dialog.main_button.isEnabled()


def test_a_holder_with_distribution_registers_nothing(relay_desk: Desk) -> None:
    dialog = opened(relay_desk, NEW)
    relay_desk.until(lambda: dialog.notice.text)
    assert dialog.notice.text.startswith("No license can be registered on this local server.")
    assert states(dialog) == [(NEW, "Not verified")]
    assert not dialog.main_button.isEnabled()


def test_while_files_are_verified_nothing_can_be_registered(desk: Desk) -> None:
    dialog = opened(desk, NEW)
    dialog.add_files([desk.session.folder / FILES / TWICE])
    assert not dialog.main_button.isEnabled()
    desk.until(dialog.main_button.isEnabled)
    assert states(dialog) == [(NEW, "OK"), (TWICE, "Refused")]


@pytest.mark.parametrize("kind", ["gone", "folder"])
def test_a_file_that_cannot_be_read(desk: Desk, tmp_path: Path, kind: str) -> None:
    dialog = opened(desk)
    dialog.add_files([tmp_path if kind == "folder" else tmp_path / "gone.lic"])
    desk.until(lambda: dialog.model.rows and dialog.model.rows[0].result)
    assert "cannot be read" in text_of(dialog, 0, "remark")


def test_the_issuers_are_opened_from_the_result(desk: Desk) -> None:
    dialog = opened(desk, NEW, TWICE)
    with desk.site.store.writing():
        desk.site.store.run("UPDATE issuer SET name = 'Somebody Else'")
    desk.click(dialog.main_button)
    desk.until(lambda: dialog.notice.text)
    (press,) = dialog.notice.buttons
    assert press.text() == "Issuers…"
    desk.click(press)
    assert desk.dialog(IssuersDialog).isVisible()


@pytest.mark.parametrize("sample", [True, False])
def test_the_files_of_the_sample_are_where_they_are_looked_for_first(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sample: bool
) -> None:
    asked: list[str] = []
    chosen = str(desk.session.folder / FILES / NEW)

    def choose(_parent: object, _title: str, folder: str, _kinds: str) -> tuple[list[str], str]:
        asked.append(folder)
        return [chosen], ""

    if not sample:
        (desk.session.folder / FILES).rename(tmp_path / "kept")
        chosen = str(tmp_path / "kept" / NEW)
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", choose)
    dialog = opened(desk)
    dialog.choose()
    dialog.choose()
    assert asked == [str(desk.session.folder / FILES if sample else Path.home()), str(Path(chosen).parent)]
