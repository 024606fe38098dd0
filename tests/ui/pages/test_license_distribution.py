"""What the view shows and leads to; distributing itself is tested with real agents in test_distribution."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from licensedesk.ui.dialogs.enrol_agent import EnrolAgentDialog
from licensedesk.ui.pages.license_distribution import LicenseDistributionView
from licensedesk.ui.wanted import LedgerWanted
from tests.ui.desk import Desk


@pytest.fixture
def view(desk: Desk) -> LicenseDistributionView:
    made = desk.show(LicenseDistributionView(desk.session))
    desk.until(lambda: made.model.rows)
    return made


def names(view: LicenseDistributionView) -> list[str]:
    return [row.line.host_name.partition(".")[0] for row in view.model.rows]


def test_stamps_side_by_side_with_the_verdict(view: LicenseDistributionView) -> None:
    assert view.stamps.uploaded.shown.text() != "Never"
    assert view.stamps.distributed.shown.text() == "Never"
    words = {one.text() for one in view.stamps.distributed.findChildren(QLabel)}
    assert "Last distribution to every enrolled server" in words
    assert view.stamps.verdict.accessibleName() == "Distribution is due"
    assert "never distributed" in view.stamps.words.text()
    assert view.history_table.empty.sentence == "Nothing was distributed yet."


def test_the_reason_of_the_selected_server_in_full(view: LicenseDistributionView, desk: Desk) -> None:
    assert view.detail.isHidden()
    view.table.select_key(desk.id("d"))
    assert view.detail.text().startswith("d.example.com has no enrolled agent.")
    assert "licensedesk" not in view.detail.text()
    assert desk.session.server == desk.id("d")
    reason = next(one for one in view.model.columns if one.key == "reason")
    assert reason.text(view.model.rows[0]) == "Has no enrolled agent."


def test_servers_with_the_same_reason_stand_together(view: LicenseDistributionView) -> None:
    codes = ["never-sent", "", "not-enrolled", "", "never-sent", "said-by-an-agent-of-next-year", ""]
    rows = [replace(row, code=code) for row, code in zip(view.model.rows, codes, strict=True)]
    view.model.set_rows(rows)
    view.model.sort([one.key for one in view.model.columns].index("reason"))
    assert [row.code for row in view.model.rows] == [
        *[""] * 3,
        "not-enrolled",
        "said-by-an-agent-of-next-year",
        *["never-sent"] * 2,
    ]


def test_states_wanted_by_another_view_and_search(view: LicenseDistributionView) -> None:
    assert len(names(view)) == 7
    view.present(LedgerWanted(states=("rejected", "unreachable")))
    assert names(view) == []
    assert view.filters.value("state") == ("rejected", "unreachable")
    view.present(LedgerWanted(states=("not enrolled",)))
    assert len(names(view)) == 7
    view.start_search()
    QTest.keyClicks(view.search, "app-")
    QTest.keyClick(view.search, Qt.Key.Key_Return)
    assert names(view) == ["app-1", "app-2", "app-3"]


def test_enter_on_a_server_without_an_agent_enrols_one(view: LicenseDistributionView, desk: Desk) -> None:
    view.table.select_key(desk.id("app-1"))
    QTest.keyClick(view.table, Qt.Key.Key_Return)
    assert desk.dialog(EnrolAgentDialog).isVisible()


def test_buttons_follow_the_selection(view: LicenseDistributionView, desk: Desk) -> None:
    assert (view.verify_button.text(), view.retry_button.isEnabled()) == ("Verify All", False)
    view.table.select_key(desk.id("app-1"))
    assert (view.verify_button.text(), view.retry_button.isEnabled()) == ("Verify Selected", True)


def test_a_site_without_servers_says_what_to_do_first(empty_desk: Desk) -> None:
    view = empty_desk.show(LicenseDistributionView(empty_desk.session))
    empty_desk.until(view.table.empty.isVisible)
    assert view.table.empty.sentence == "There is no server to distribute to yet."


def test_a_search_without_a_hit_can_be_cleared(relay_desk: Desk) -> None:
    """It is no site without servers, and who may not add any is not offered to."""
    view = relay_desk.show(LicenseDistributionView(relay_desk.session))
    relay_desk.until(lambda: view.model.rows)
    relay_desk.write(view.search, "zzz")
    relay_desk.until(view.table.empty.isVisible)
    assert view.table.empty.sentence == "No server matches."
    view.table.empty.press()
    relay_desk.until(lambda: view.model.rows)


def test_a_holder_looks_and_does_nothing(relay_desk: Desk) -> None:
    view = relay_desk.show(LicenseDistributionView(relay_desk.session))
    relay_desk.until(lambda: view.model.rows)
    assert sorted(names(view)) == ["app-2", "c", "e"]
    view.table.selectAll()
    for one in (view.now_button, view.verify_button, view.retry_button):
        assert not one.isEnabled()
    enabled = [action.text() for action in view.table.actions() if action.isEnabled()]
    assert not {"Retry", "Verify", "Enrol Agent…"} & set(enabled)
