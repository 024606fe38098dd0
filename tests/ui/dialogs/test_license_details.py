from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from licensedesk.core.removal import remove_server
from licensedesk.core.types import Actor
from licensedesk.ui.dialogs.license_details import LicenseDetailsDialog, open_license_details
from licensedesk.ui.session import EVERYTHING
from tests.ui.desk import Desk


@pytest.fixture
def dialog(desk: Desk) -> LicenseDetailsDialog:
    """Of the short range d, read whole."""
    open_license_details(desk.session, desk.show(QWidget()), source=desk.id("d"), product="Desktop Manager")
    made = desk.dialog(LicenseDetailsDialog)
    desk.until(lambda: made.tabs.counted.figures.text().strip())
    return made


def test_it_shows_every_product_of_the_range(dialog: LicenseDetailsDialog) -> None:
    assert dialog.windowTitle() == "License Details of d.example.com"
    assert dialog.about.text().startswith("Holding option: Distribution · Servers in range: 2 · as of ")
    figures = {row.product: (row.held, row.used, row.remaining, row.shortage) for row in dialog.model.rows}
    assert figures == {"Desktop Manager": (10, 12, -2, 2), "Asset Monitor": (0, 0, 0, 0)}


def test_its_tabs_follow_the_chosen_product(dialog: LicenseDetailsDialog, desk: Desk) -> None:
    assert dialog.tabs.counted.figures.text().startswith("Held\t10\t")
    dialog.table.select_key("Asset Monitor")
    desk.until(lambda: dialog.tabs.counted.figures.text().startswith("Held\t0\tnothing was distributed"))
    assert [row.host_name for row in dialog.tabs.servers.model.rows] == ["d.example.com", "app-3.example.com"]


def test_of_any_server_it_is_that_of_its_range(desk: Desk) -> None:
    open_license_details(desk.session, desk.show(QWidget()), source=desk.id("e"))
    dialog = desk.dialog(LicenseDetailsDialog)
    desk.until(lambda: dialog.windowTitle() == "License Details of c.example.com")


def test_without_a_server_it_is_that_of_the_chosen_one(desk: Desk) -> None:
    desk.session.choose_server(desk.id("c"))
    open_license_details(desk.session, desk.show(QWidget()))
    dialog = desk.dialog(LicenseDetailsDialog)
    desk.until(lambda: dialog.windowTitle() == "License Details of c.example.com")


def test_a_relays_administrator_gets_its_own_and_no_other(relay_desk: Desk) -> None:
    open_license_details(relay_desk.session, relay_desk.show(QWidget()), source=relay_desk.id("d"))
    dialog = relay_desk.dialog(LicenseDetailsDialog)
    relay_desk.until(lambda: "d.example.com" in dialog.notice.text)
    assert list(dialog.model.rows) == []


def test_a_server_removed_by_another_console_is_said_and_the_figures_stay(
    dialog: LicenseDetailsDialog, desk: Desk
) -> None:
    desk.session.choose_server(desk.id("d"))
    remove_server(
        desk.site.store,
        server=desk.id("d"),
        children_to=desk.id("b"),
        nodes_to=desk.id("b"),
        by=Actor(name="other"),
        at=desk.session.now(),
        confirmed=True,
    )
    desk.session.changed.emit(EVERYTHING)
    desk.until(lambda: dialog.notice.text)
    assert sorted(row.held for row in dialog.model.rows) == [0, 10]


def test_showing_nodes_closes_it(dialog: LicenseDetailsDialog, desk: Desk) -> None:
    dialog.tabs.counted.waiting_button.click()
    assert [key for key, _ in desk.wanted] == ["discovered"]
    assert not dialog.isVisible()


def test_escape_closes_it(dialog: LicenseDetailsDialog, desk: Desk) -> None:
    desk.press(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
