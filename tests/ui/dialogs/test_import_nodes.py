from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from licensedesk.core.issuers import add_issuer
from licensedesk.core.nodes.filters import NodeFilter
from licensedesk.core.nodes.judging import Act
from licensedesk.core.nodes.queries import NodeRow, list_nodes
from licensedesk.core.nodes.states import change_nodes
from licensedesk.core.trust import new_signer
from licensedesk.core.types import Actor, NodeState
from licensedesk.ui import task_runner
from licensedesk.ui.dialogs.import_nodes import ImportNodesDialog, open_import_nodes
from licensedesk.ui.operations import nodes
from licensedesk.ui.session import EVERYTHING
from licensedesk.ui.task_runner import Progress
from licensedesk.ui.widgets.page import Page
from licensedesk.ui.widgets.progress import figures
from tests.ui.desk import Desk

OTHER = Actor(name="other")
HEADER = "host_name,ip,macs,os,product,state\n"
GOOD = HEADER + "new-1,10.9.0.1,,,Desktop Manager,managed\nnew-2,10.9.0.2,,,Desktop Manager,discovered\n"
MIXED = GOOD + "new-3,999.0.0.1,,,,discovered\nnew-4,10.9.0.4,,,Unheard Of,discovered\n"


def opened(desk: Desk, *files: Path, source: str = "") -> ImportNodesDialog:
    window = desk.show(Page("Window"))
    open_import_nodes(desk.session, window, source=desk.id(source) if source else "", files=files)
    dialog = desk.dialog(ImportNodesDialog)
    desk.until(lambda: not desk.runner.busy)
    return dialog


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def new_nodes(desk: Desk) -> list[NodeRow]:
    return list_nodes(desk.site.store, NodeFilter(text="new-"), by=OTHER, limit=100)


def step(desk: Desk, dialog: ImportNodesDialog) -> None:
    """Press the main button, and wait for what it started."""
    assert dialog.main_button.isEnabled()
    dialog.main_button.click()
    desk.until(lambda: not dialog.busy and not desk.runner.busy)


def refused(dialog: ImportNodesDialog) -> list[tuple[str, int, str]]:
    return [(line.file, line.row, line.reason) for line in dialog.figures.model.rows]


def test_it_is_tried_first_and_imported_then(desk: Desk, tmp_path: Path) -> None:
    dialog = opened(desk, written(tmp_path / "scan.csv", MIXED), source="b")
    assert dialog.main_button.text() == "Check Files"
    step(desk, dialog)
    assert new_nodes(desk) == []
    shown = {key: dialog.figures.figure(key) for key in ("read", "new", "updated", "managed", "refused")}
    assert shown == {"read": "4", "new": "2", "updated": "0", "managed": "0", "refused": "2"}
    assert refused(dialog) == [
        ("scan.csv", 4, "999.0.0.1 is no IP or MAC address."),
        ("scan.csv", 5, "There is no product Unheard Of."),
    ]
    assert dialog.main_button.text() == "Import 2 Rows"
    step(desk, dialog)
    assert {(row.host_name, row.source, row.state) for row in new_nodes(desk)} == {
        ("new-1", "b.example.com", "discovered"),
        ("new-2", "b.example.com", "discovered"),
    }
    assert desk.said == ["Imported: 2 new, 0 updated, 0 unchanged, 0 managed, 2 refused."]
    assert dialog.main_button.text() == "Close"
    step(desk, dialog)
    assert not dialog.isVisible()


@pytest.mark.parametrize(("manage", "reported", "managed"), [(True, False, 2), (False, True, 1)])
def test_what_is_managed_is_shown_before(
    desk: Desk, tmp_path: Path, *, manage: bool, reported: bool, managed: int
) -> None:
    dialog = opened(desk, written(tmp_path / "scan.csv", GOOD), source="a")
    for wanted, box in ((manage, dialog.manage), (reported, dialog.as_reported)):
        if wanted:
            box.click()
    step(desk, dialog)
    assert dialog.figures.figure("managed") == str(managed)
    (change,) = dialog.figures.before_after.model.rows
    assert change.before is not None
    assert change.after is not None
    assert change.before.remaining - change.after.remaining == managed
    step(desk, dialog)
    assert sum(row.state == NodeState.MANAGED for row in new_nodes(desk)) == managed


def many(start: int, count: int) -> str:
    return HEADER + "".join(f"new-{at:06}.example.com,,,,,\n" for at in range(start, start + count))


def test_trying_tells_how_far_it_is_before_the_rows_are_counted(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_runner, "_REPORT_EVERY", 0.0)
    monkeypatch.setattr(nodes, "_MB", 1_000)
    files = [written(tmp_path / f"{at}.csv", many(at * 12_000, 12_000)) for at in range(2)]
    dialog = opened(desk, *files, source="b")
    seen: list[Progress] = []
    monkeypatch.setattr(dialog.progress, "show_progress", seen.append)
    step(desk, dialog)
    size = math.ceil(sum(file.stat().st_size for file in files) / 1_000)
    assert {one.total for one in seen} == {size}
    # Once through the files for those that cannot be read, and once to try them all.
    half = next(at for at in range(1, len(seen)) if seen[at].done < seen[at - 1].done)
    for part in (seen[:half], seen[half:]):
        assert [one.done for one in part] == sorted(one.done for one in part)
        assert part[-1].done == size
        assert part[-1].text == "MB, 24,000 rows"
    assert figures(replace(seen[half], elapsed=9.0)).endswith(" s left")


def test_any_other_input_asks_for_another_try(desk: Desk, tmp_path: Path) -> None:
    dialog = opened(desk, written(tmp_path / "scan.csv", GOOD), source="a")
    step(desk, dialog)
    assert dialog.main_button.text() == "Import 2 Rows"
    dialog.manage.click()
    assert dialog.main_button.text() == "Check Files"
    assert not dialog.figures.isVisible()


def test_what_another_console_changes_meanwhile_asks_for_another_try(desk: Desk, tmp_path: Path) -> None:
    dialog = opened(desk, written(tmp_path / "scan.csv", GOOD), source="a")
    step(desk, dialog)
    change_nodes(
        desk.site.store, NodeFilter(text="pc-ber-033"), act=Act.DELETE, by=OTHER, at=desk.session.now()
    )
    desk.session.changed.emit(EVERYTHING)
    assert dialog.main_button.text() == "Check Files"
    assert "changed meanwhile" in dialog.notice.text


def test_a_foreign_file_is_refused_in_its_row_and_the_others_are_imported(desk: Desk, tmp_path: Path) -> None:
    files = [
        written(tmp_path / "page.html", "<html></html>"),
        written(tmp_path / "cut.csv", HEADER + 'new-9,"10.9'),
        written(tmp_path / "a.csv", HEADER + "new-1,10.9.0.1,,,,discovered\n"),
        written(tmp_path / "b.csv", HEADER + "new-2,x,,,,discovered\nnew-3,10.9.0.3,,,,discovered\n"),
    ]
    dialog = opened(desk, *files, source="a")
    codes = {one.path.name: one.error and one.error.code for one in dialog.model.rows}
    assert codes == {"page.html": "unknown-format", "cut.csv": None, "a.csv": None, "b.csv": None}
    step(desk, dialog)
    codes = {one.path.name: one.error and one.error.code for one in dialog.model.rows}
    assert codes["cut.csv"] == "truncated-file"
    assert refused(dialog) == [("b.csv", 2, "x is no IP or MAC address.")]
    step(desk, dialog)
    assert {row.host_name for row in new_nodes(desk)} == {"new-1", "new-3"}


def test_a_csv_with_other_columns_is_told_which_it_needs(desk: Desk, tmp_path: Path) -> None:
    dialog = opened(desk, written(tmp_path / "nodes.csv", "Host;Address\npc-1;10.0.0.1\n"), source="a")
    assert "it begins with Host;Address" in dialog.notice.text
    assert "CSV whose first line names its columns: host_name, ip, macs" in dialog.notice.text
    assert not dialog.valid


def test_a_single_file_that_is_cut_changes_nothing(desk: Desk, tmp_path: Path) -> None:
    dialog = opened(
        desk, written(tmp_path / "cut.csv", HEADER + "new-1,10.9.0.1,,,,\n" + 'new-2,"10'), source="a"
    )
    step(desk, dialog)
    (file,) = dialog.model.rows
    assert file.error is not None
    assert file.error.code == "truncated-file"
    assert "cut.csv" in dialog.notice.text
    assert not dialog.valid
    assert new_nodes(desk) == []


def test_a_file_that_vanishes_after_the_try_is_told(desk: Desk, tmp_path: Path) -> None:
    path = written(tmp_path / "scan.csv", GOOD)
    dialog = opened(desk, path, source="a")
    step(desk, dialog)
    path.unlink()
    step(desk, dialog)
    assert "scan.csv" in dialog.notice.text
    assert dialog.isVisible()
    assert new_nodes(desk) == []


def test_cancelling_takes_everything_back(desk: Desk, tmp_path: Path) -> None:
    dialog = opened(desk, written(tmp_path / "scan.csv", GOOD), source="a")
    step(desk, dialog)
    with desk.site.store.writing():
        dialog.main_button.click()
        assert dialog.busy
        desk.press(dialog, Qt.Key.Key_Escape)
    desk.until(lambda: not dialog.busy)
    assert dialog.notice.text == "Stopped. Nothing was imported."
    assert new_nodes(desk) == []


def test_without_a_managing_source_nothing_can_be_checked(desk: Desk, tmp_path: Path) -> None:
    dialog = opened(desk, written(tmp_path / "scan.csv", GOOD))
    assert not dialog.main_button.isEnabled()
    dialog.source.choose(desk.id("e"))
    assert dialog.main_button.isEnabled()


def test_only_management_servers_of_the_own_range_are_offered(relay_desk: Desk) -> None:
    dialog = opened(relay_desk)
    offered = [dialog.source.itemText(at) for at in range(dialog.source.count())]
    assert offered == ["c.example.com", "e.example.com"]


def test_a_site_without_products_says_what_comes_first(empty_desk: Desk, tmp_path: Path) -> None:
    dialog = opened(empty_desk, written(tmp_path / "scan.csv", HEADER + "new-1,10.9.0.1,,,,\n"))
    assert "No product is known yet" in dialog.notice.text
    assert not dialog.main_button.isEnabled()
    add_issuer(
        empty_desk.site.store,
        name="Acme",
        key=new_signer().key,
        products=["Desk Agent"],
        by=OTHER,
        at=empty_desk.session.now(),
    )
    empty_desk.session.changed.emit(EVERYTHING)
    empty_desk.until(dialog.main_button.isEnabled)


def test_files_are_chosen_and_taken_off_from_the_keyboard(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [str(written(tmp_path / name, GOOD)) for name in ("one.csv", "two.csv")]
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: (paths, ""))
    dialog = opened(desk)
    desk.press(dialog.choose_button, Qt.Key.Key_Space)
    desk.until(lambda: [one.format for one in dialog.model.rows] == ["csv", "csv"])
    dialog.table.setFocus()
    dialog.table.selectRow(0)
    desk.press(dialog.table, Qt.Key.Key_Delete)
    assert [one.path.name for one in dialog.model.rows] == ["two.csv"]
