from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from licensedesk.core import audit
from licensedesk.ui.dialogs.audit_entry import AuditEntryDialog
from licensedesk.ui.figures import NONE
from licensedesk.ui.mnemonics import plain
from licensedesk.ui.pages.audit_log import AuditLogView
from tests.ui.desk import Desk


@pytest.fixture
def view(desk: Desk) -> AuditLogView:
    made = desk.show(AuditLogView(desk.session))
    desk.until(lambda: made.model.total)
    return made


def texts(view: AuditLogView, key: str) -> list[str]:
    column = next(one for one in view.model.columns if one.key == key)
    return [column.text(row) for _, row in sorted(view.model.loaded_rows(), key=lambda one: one[0])]


def test_every_action_in_words_with_before_and_after(view: AuditLogView) -> None:
    what, after = texts(view, "action"), texts(view, "after")
    at = what.index("Holding option set")
    assert (texts(view, "before")[at], after[at]) == ("option: none", "option: distribution")
    assert what[-1] == "Site created"
    assert not any("{" in text for text in (*after, *texts(view, "before")))


@pytest.mark.parametrize("part", [1, 5_000])
def test_verifying_says_whole_or_where_it_breaks(
    view: AuditLogView, desk: Desk, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "_PART", part)
    desk.click(view.verify_button)
    desk.until(lambda: "is whole" in view.notice.text)
    count = desk.site.store.value("SELECT count(*) FROM audit")
    seal = desk.site.store.value("SELECT audit_hash FROM site")
    assert view.notice.text == (
        f"The audit log is whole: {count} entries, each as it was sealed."
        f" Seal of the last entry, to be noted elsewhere and compared: {seal}"
    )
    desk.site.store.run("UPDATE audit SET subject = 'forged' WHERE seq = 5")
    view.verify_button.setFocus()
    desk.press(view.verify_button, Qt.Key.Key_Space)
    desk.until(lambda: "broken" in view.notice.text)
    assert view.notice.text.startswith("The audit log is broken at entry 5.")
    assert view.verify_button.isEnabled()


def test_the_filter_by_day_is_not_named_as_the_column_before(view: AuditLogView) -> None:
    titles = [column.title for column in view.model.columns]
    assert "Before" in titles
    labels = [plain(one.text()) for one in view.filters.findChildren(QLabel)]
    assert "Older than" in labels
    assert not set(labels) & set(titles) - {"Action"}


def test_what_is_filtered_is_exported(view: AuditLogView, desk: Desk, tmp_path: Path) -> None:
    QTest.keyClicks(view.search, "distribution")
    desk.until(lambda: view.model.total == 2)
    view.export_to(tmp_path / "audit.csv")
    desk.until(lambda: desk.said)
    assert desk.said == ["2 entries were exported to audit.csv."]
    assert len((tmp_path / "audit.csv").read_text(encoding="utf-8").splitlines()) == 3
    assert view.progress.isHidden()


def test_filtered_by_action_until_nothing_matches(view: AuditLogView, desk: Desk) -> None:
    view.filters.set_values({"actions": ("init",)})
    view.feed.restart()
    desk.until(lambda: view.model.total == 1)
    QTest.keyClicks(view.search, "nobody")
    desk.until(lambda: view.model.total == 0)
    assert view.table.empty.sentence == "No entry matches these filters."


def test_an_action_of_the_moment_appears(view: AuditLogView, desk: Desk) -> None:
    from licensedesk.ui import operations

    operations.set_setting(desk.session, key="name", value="New Name", owner=view)
    desk.until(lambda: texts(view, "action")[0] == "Setting changed")
    assert texts(view, "after")[0] == "New Name"


def test_damage_is_a_sentence(view: AuditLogView, desk: Desk) -> None:
    desk.site.store.run("UPDATE audit SET \"after\" = '{' WHERE seq = 3")
    view.refresh()
    desk.until(lambda: view.notice.text)
    assert "entry 3 of the audit log cannot be read" in view.notice.text


def entry_of(view: AuditLogView, desk: Desk, action: str) -> AuditEntryDialog:
    """Opened with Enter on the row of that action."""
    at = texts(view, "action").index(action)
    view.table.selectRow(at)
    view.table.setFocus()
    desk.press(view.table, Qt.Key.Key_Return)
    dialog = desk.dialog(AuditEntryDialog)
    desk.until(lambda: not desk.runner.busy)
    return dialog


def test_an_entry_in_full_with_its_seal_and_the_one_before(view: AuditLogView, desk: Desk) -> None:
    assert not view.offers["audit-entry"].isEnabled()
    dialog = entry_of(view, desk, "Holding option set")
    assert view.offers["audit-entry"].isEnabled()
    row = view.table.current_row()
    assert row is not None
    assert dialog.windowTitle() == f"Entry {row.seq} of the Audit Log"
    assert "option: none" in dialog.before.toPlainText().splitlines()
    assert "option: distribution" in dialog.after.toPlainText().splitlines()
    previous = desk.site.store.value("SELECT hash FROM audit WHERE seq = ?", (row.seq - 1,))
    desk.until(lambda: previous in dialog.seals.text())
    desk.click(dialog.copy_button)
    copied = QGuiApplication.clipboard().text()
    for part in (row.hash, previous, row.at, row.by, row.subject, "Holding option set", "option: none"):
        assert part in copied
    desk.press(dialog.main_button, Qt.Key.Key_Return)
    assert desk.closed(dialog)


def test_before_the_first_entry_there_is_no_seal(view: AuditLogView, desk: Desk) -> None:
    dialog = entry_of(view, desk, "Site created")
    assert dialog.before.toPlainText() == NONE
    assert dialog.seals.text().splitlines()[1].endswith(f"\t{NONE}")
