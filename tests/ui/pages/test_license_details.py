from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QDate, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog

from licensedesk.core.allocations import allocate
from licensedesk.core.types import Actor
from licensedesk.ui.dialogs.deregister_license import DeregisterLicenseDialog
from licensedesk.ui.dialogs.distribute_licenses import DistributeLicensesDialog
from licensedesk.ui.dialogs.license_details import LicenseDetailsDialog
from licensedesk.ui.pages.license_details import LicenseDetailsView
from licensedesk.ui.session import EVERYTHING
from licensedesk.ui.wanted import NodesWanted, RangeWanted
from tests.ui.desk import Desk

OTHER = Actor(name="other")


@pytest.fixture
def view(desk: Desk) -> LicenseDetailsView:
    """Shown, with the short range d chosen and its details read."""
    made = desk.show(LicenseDetailsView(desk.session))
    desk.until(lambda: made.tabs.counted.figures.text().strip())
    return made


def shown(view: LicenseDetailsView) -> list[tuple[str, ...]]:
    """What the table says, row by row."""
    columns = view.model.columns
    return [tuple(column.text(row) for column in columns) for row in view.model.rows]


def test_the_table_has_a_row_a_range_with_its_figures(view: LicenseDetailsView, desk: Desk) -> None:
    expiry = desk.row("a").earliest_expiry
    assert expiry is not None
    choose_product(view, desk, "Desktop Manager")
    assert shown(view) == [
        ("a.example.com", "Primary", "3", "100", "84", "16", "3", "0", expiry.isoformat()),
        ("c.example.com", "Distribution", "3", "40", "38", "2", "0", "0", "–"),  # noqa: RUF001 - as shown
        ("d.example.com", "Distribution", "2", "10", "12", "Shortage 2", "5", "7", "–"),  # noqa: RUF001
    ]


def choose_product(view: LicenseDetailsView, desk: Desk, name: str) -> None:
    view.product.setCurrentText(name)
    view.product.activated.emit(view.product.currentIndex())
    desk.until(lambda: {row.product for row in view.model.rows} == {name})


def choose_range(view: LicenseDetailsView, desk: Desk, name: str) -> None:
    view.table.select_key(desk.id(name))
    desk.until(lambda: f"{name}.example.com" in view.tabs.counted.title._title.text())


def test_another_product_has_other_figures(view: LicenseDetailsView, desk: Desk) -> None:
    choose_product(view, desk, "Asset Monitor")
    held = {row.source.host_name: (row.held, row.used) for row in view.model.rows}
    assert held == {"a.example.com": (40, 31), "c.example.com": (20, 20), "d.example.com": (0, 0)}


def test_a_later_day_is_computed_without_reading_again(view: LicenseDetailsView, desk: Desk) -> None:
    choose_product(view, desk, "Desktop Manager")
    expiry = desk.row("a").earliest_expiry
    assert expiry is not None
    after = expiry + timedelta(days=1)
    view.day.setDate(QDate(after.year, after.month, after.day))
    desk.until(lambda: view.model.rows[0].held == 50)
    assert view.model.rows[0].shortage == 34
    assert view.on == after


def test_no_day_before_today_can_be_chosen(view: LicenseDetailsView, desk: Desk) -> None:
    view.day.setDate(QDate(2020, 1, 1))
    assert view.on == desk.session.today()


def test_the_search_leaves_ranges_and_servers_of_that_name(view: LicenseDetailsView, desk: Desk) -> None:
    desk.write(view.search, "app-2")
    desk.until(lambda: [row.source.host_name for row in view.model.rows] == ["c.example.com"])
    desk.until(lambda: [row.host_name for row in view.tabs.servers.model.rows] == ["app-2.example.com"])
    desk.press(view.search, Qt.Key.Key_Escape)
    desk.until(lambda: len(view.model.rows) == 3)


def test_a_search_that_finds_nothing_says_so(view: LicenseDetailsView, desk: Desk) -> None:
    desk.write(view.search, "zzz")
    desk.until(lambda: not view.model.rows)
    assert view.table.empty.isVisible()
    assert view.table.empty.sizeHint().height() <= view.table.viewport().height()
    assert view.tabs.isHidden()


def test_how_a_relay_with_an_allocation_is_counted(view: LicenseDetailsView, desk: Desk) -> None:
    choose_product(view, desk, "Desktop Manager")
    choose_range(view, desk, "d")
    figures = [line.split("\t") for line in view.tabs.counted.figures.text().splitlines()]
    assert [line[:2] for line in figures] == [
        ["Held", "10"],
        ["Used", "12"],
        ["Remaining", "-2"],
        ["Waiting", "5"],
        ["Licenses to buy", "7"],
    ]
    assert figures[0][2].startswith("allocation by the primary, ")
    assert figures[0][2].endswith(" by admin")
    assert figures[2][2] == "10 held - 12 used: 2 more are managed than the range holds"
    assert figures[4][2] == ("5 waiting - (-2) remaining; or distribute 7 more: the primary has 16 remaining")


def test_how_the_primary_is_counted_lists_keys_relays_and_servers(
    view: LicenseDetailsView, desk: Desk
) -> None:
    choose_product(view, desk, "Desktop Manager")
    choose_range(view, desk, "a")
    desk.click(view.tabs.counted.copy_button)
    lines = [line.split("\t")[:2] for line in QGuiApplication.clipboard().text().splitlines()]
    assert lines[:5] == [
        ["Held", "100"],
        ["Example Software DM-1001", "100"],
        ["Example Software DM-1002", "50"],
        ["c.example.com", "-40"],
        ["d.example.com", "-10"],
    ]
    used = next(at for at, line in enumerate(lines) if line[0] == "Used")
    assert lines[used : used + 3] == [["Used", "84"], ["a.example.com", "52"], ["b.example.com", "32"]]


def test_the_buttons_lead_to_the_nodes_that_are_counted(view: LicenseDetailsView, desk: Desk) -> None:
    choose_product(view, desk, "Desktop Manager")
    choose_range(view, desk, "d")
    counted = view.tabs.counted
    assert counted.used_button.text() == "Show the 12 Nodes"
    assert counted.waiting_button.text() == "Show the 5 Waiting"
    counted.used_button.click()
    counted.waiting_button.click()
    wanted = NodesWanted(range_source=desk.id("d"), product="Desktop Manager")
    assert desk.wanted == [("managed", wanted), ("discovered", wanted)]


def test_distribute_seven_more_begins_with_seven_more(view: LicenseDetailsView, desk: Desk) -> None:
    choose_product(view, desk, "Desktop Manager")
    choose_range(view, desk, "d")
    assert view.tabs.counted.remedy_button.text() == "Distribute 7 More…"
    view.tabs.counted.remedy_button.click()
    dialog = desk.dialog(DistributeLicensesDialog)
    desk.until(lambda: dialog.draft is not None)
    assert dialog.main_button.text() == "Distribute 7 Licenses"


def test_the_licenses_of_the_source_and_deregistering_one(view: LicenseDetailsView, desk: Desk) -> None:
    choose_product(view, desk, "Desktop Manager")
    choose_range(view, desk, "a")
    tab = view.tabs.licenses
    view.tabs.show_tab("licenses")
    assert [(row.serial, row.quantity, row.state) for row in tab.model.rows] == [
        ("DM-1001", 100, "valid"),
        ("DM-1002", 50, "valid"),
    ]
    assert not tab.deregister_button.isEnabled()
    tab.table.selectRow(1)
    desk.click(tab.deregister_button)
    dialog = desk.dialog(DeregisterLicenseDialog)
    desk.until(lambda: dialog.valid)
    assert dialog.main_button.text() == "Deregister DM-1002"
    assert not dialog.main_button.isDefault()
    (change,) = dialog.before_after.model.rows
    assert change.after is not None
    assert change.after.remaining == -34
    dialog.main_button.click()
    desk.until(lambda: desk.row("a").held == 50)
    desk.until(lambda: [row.state for row in tab.model.rows] == ["valid", "deregistered"])
    tab.table.selectRow(1)
    assert not tab.deregister_button.isEnabled()


def test_a_license_deregistered_meanwhile_is_refused_in_the_dialog(
    view: LicenseDetailsView, desk: Desk
) -> None:
    from licensedesk.core.licenses import deregister
    from licensedesk.ui.dialogs.deregister_license import open_deregister_license

    open_deregister_license(desk.session, view, "Example Software", "DM-1002")
    dialog = desk.dialog(DeregisterLicenseDialog)
    desk.until(lambda: dialog.valid)
    deregister(
        desk.site.store,
        issuer="Example Software",
        serial="DM-1002",
        by=OTHER,
        at=desk.session.now(),
        confirmed=True,
    )
    dialog.main_button.click()
    desk.until(lambda: "DM-1002" in dialog.notice.text)
    assert dialog.isVisible()
    desk.until(lambda: not dialog.main_button.isEnabled())


def test_a_holder_by_distribution_has_no_licenses_and_says_why(view: LicenseDetailsView, desk: Desk) -> None:
    choose_product(view, desk, "Desktop Manager")
    choose_range(view, desk, "c")
    tab = view.tabs.licenses
    view.tabs.show_tab("licenses")
    assert list(tab.model.rows) == []
    assert "what the primary distributes" in tab.table.empty.sentence
    assert tab.register_button.isHidden()


@pytest.mark.parametrize("name", ["licenses", "servers", "counted"])
def test_the_tab_that_is_seen_is_filled_first_and_the_others_follow(
    view: LicenseDetailsView, desk: Desk, name: str
) -> None:
    choose_product(view, desk, "Desktop Manager")
    view.tabs.show_tab(name)
    choose_range(view, desk, "d")
    view.table.select_key(desk.id("c"))
    tabs = view.tabs

    def filled() -> tuple[bool, bool, bool]:
        return (
            tabs.licenses.table.empty.sentence.startswith("c.example.com holds"),
            "app-2.example.com" in [row.host_name for row in tabs.servers.model.rows],
            "c.example.com" in tabs.counted.title._title.text(),
        )

    desk.until(lambda: any(filled()))
    assert filled()[tabs.NAMES.index(name)]
    desk.until(lambda: all(filled()))


def test_choosing_a_range_chooses_its_source_everywhere(view: LicenseDetailsView, desk: Desk) -> None:
    choose_range(view, desk, "c")
    assert desk.session.server == desk.id("c")


def test_a_server_chosen_elsewhere_chooses_its_range(view: LicenseDetailsView, desk: Desk) -> None:
    desk.session.choose_server(desk.id("e"))
    chosen = view.chosen()
    assert chosen is not None
    assert chosen.source.host_name == "c.example.com"
    desk.until(
        lambda: [row.host_name for row in view.tabs.servers.table.selected_rows()] == ["e.example.com"]
    )


def test_another_view_asks_for_a_product_a_range_and_a_tab(view: LicenseDetailsView, desk: Desk) -> None:
    view.present(RangeWanted(product="Asset Monitor", source=desk.id("c"), tab="licenses"))
    desk.until(
        lambda: view.chosen() is not None and {row.product for row in view.model.rows} == {"Asset Monitor"}
    )
    chosen = view.chosen()
    assert chosen is not None
    assert chosen.source.id == desk.id("c")
    assert view.tabs.currentWidget() is view.tabs.licenses


def test_what_another_console_changes_is_read_again_and_the_choice_stays(
    view: LicenseDetailsView, desk: Desk
) -> None:
    choose_product(view, desk, "Desktop Manager")
    choose_range(view, desk, "d")
    allocate(
        desk.site.store,
        product="Desktop Manager",
        quantities={desk.id("d"): 17},
        by=OTHER,
        at=desk.session.now(),
    )
    desk.session.changed.emit(EVERYTHING)
    desk.until(lambda: view.model.rows[2].held == 17)
    chosen = view.chosen()
    assert chosen is not None
    assert chosen.source.id == desk.id("d")
    desk.until(lambda: "by other" in view.tabs.counted.figures.text())
    assert view.product.currentText() == "Desktop Manager"


def test_enter_opens_the_range_in_full(view: LicenseDetailsView, desk: Desk) -> None:
    choose_range(view, desk, "d")
    view.table.setFocus()
    desk.press(view.table, Qt.Key.Key_Return)
    dialog = desk.dialog(LicenseDetailsDialog)
    desk.until(lambda: "d.example.com" in dialog.windowTitle())


def test_export_writes_what_is_shown(
    view: LicenseDetailsView, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose_product(view, desk, "Desktop Manager")
    target = tmp_path / "ranges"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    desk.click(view.export_button)
    desk.until(lambda: desk.said)
    written = target.with_suffix(".csv").read_text(encoding="utf-8-sig")
    rows = list(csv.reader(written.splitlines()))
    assert rows[0][:5] == ["Range (sharing source)", "Holding option", "Servers", "Held", "Used"]
    assert rows[3][:6] == ["d.example.com", "Distribution", "2", "10", "12", "-2"]
    assert date.fromisoformat(rows[1][8]) == desk.row("a").earliest_expiry


def test_an_export_into_a_folder_that_is_gone_is_refused_in_the_view(
    view: LicenseDetailsView, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "gone" / "ranges.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    view.export_button.click()
    desk.until(lambda: view.notice.text)
    assert str(target) in view.notice.text
    assert not target.exists()


def test_an_export_that_was_given_up_writes_nothing(
    view: LicenseDetailsView, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    view.export_button.click()
    assert not desk.runner.busy


def test_a_new_site_says_what_to_do_first(empty_desk: Desk) -> None:
    view = empty_desk.show(LicenseDetailsView(empty_desk.session))
    empty_desk.until(view.table.empty.isVisible)
    assert "issuer" in view.table.empty.sentence
    assert not view.tabs.isEnabled()


def test_a_relays_administrator_sees_its_range_and_distributes_nothing(relay_desk: Desk) -> None:
    view = relay_desk.show(LicenseDetailsView(relay_desk.session))
    relay_desk.until(lambda: view.model.rows)
    assert [row.source.host_name for row in view.model.rows] == ["c.example.com"]
    assert not view.distribute_button.isEnabled()
    assert "primary" in view.distribute_button.toolTip()
    # c holds what the primary distributes to it: nothing is registered there.
    assert not view.register_button.isEnabled()
    assert "License registration" in view.register_button.toolTip()
    relay_desk.until(view.tabs.isEnabled)
    assert view.tabs.counted.remedy_button.isHidden()


def test_every_input_is_named(view: LicenseDetailsView) -> None:
    for widget in (view.product, view.day, view.search, view.table, view.tabs):
        assert widget.accessibleName()
