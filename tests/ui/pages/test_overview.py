from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton

from licensedesk.core.allocations import allocate
from licensedesk.core.distribution.ledger import State
from licensedesk.core.settings import set_setting
from licensedesk.core.types import Actor
from licensedesk.ui.badges import SidebarBadges
from licensedesk.ui.pages.overview import OverviewView
from licensedesk.ui.pages.overview_parts.attention import attention_lines
from licensedesk.ui.session import EVERYTHING
from licensedesk.ui.wanted import RangeWanted
from licensedesk.ui.widgets.menu_area import settings_groups
from licensedesk.ui.widgets.sidebar import Sidebar
from tests.ui.desk import Desk


@pytest.fixture
def view(desk: Desk) -> OverviewView:
    made = desk.show(OverviewView(desk.session))
    desk.until(lambda: made.shown is not None)
    return made


def texts(view: OverviewView) -> list[str]:
    content = view.area.widget()
    assert content is not None
    return [one.text() for one in content.findChildren(QLabel)]


def names(view: OverviewView) -> dict[str, QPushButton]:
    content = view.area.widget()
    assert content is not None
    return {one.accessibleName(): one for one in content.findChildren(QPushButton)}


def test_the_figures_of_each_product(view: OverviewView) -> None:
    shown = texts(view)
    at = shown.index("Desktop Manager")
    figures = [one for one in shown[at : at + 10] if one]
    assert figures == [
        "Desktop Manager",
        "150",
        "Held",
        "134",
        "Used",
        "16",
        "Remaining",
        "2",
        "Shortage",
        "89 % used, in 3 ranges",
    ]
    assert "1 range is short" in shown


def test_a_short_range_leads_to_how_it_is_counted(view: OverviewView, desk: Desk) -> None:
    line = "Show Range: The range of d.example.com is short of 2 licenses of Desktop Manager."
    names(view)[line].click()
    wanted = RangeWanted(product="Desktop Manager", source=desk.id("d"), tab="counted")
    assert desk.wanted == [("license-details", wanted)]


def test_a_product_leads_to_its_ranges_from_the_keyboard(view: OverviewView, desk: Desk) -> None:
    link = names(view)["License Details of Asset Monitor"]
    link.setFocus()
    desk.press(link, Qt.Key.Key_Space)
    assert desk.wanted == [("license-details", RangeWanted(product="Asset Monitor"))]


def test_keys_that_expire_within_the_days_set(view: OverviewView, desk: Desk) -> None:
    assert not any("DM-1002" in text for text in texts(view))
    set_setting(
        desk.site.store, key="expiry_days", value="200", by=Actor(name="admin"), at=desk.session.now()
    )
    desk.session.changed.emit(EVERYTHING)
    desk.until(lambda: any("License DM-1002 of Example Software" in text for text in texts(view)))
    line = next(one for name, one in names(view).items() if name.startswith("Show License"))
    line.click()
    wanted = RangeWanted(product="Desktop Manager", source=desk.id("a"), tab="licenses")
    assert desk.wanted == [("license-details", wanted)]


def test_the_worst_comes_first(view: OverviewView, desk: Desk) -> None:
    overview = view.shown
    assert overview is not None
    set_setting(
        desk.site.store, key="expiry_days", value="365", by=Actor(name="other"), at=desk.session.now()
    )
    states = {State.SENT: 1, State.NOT_ENROLLED: 2, State.REJECTED: 1}
    desk.session.changed.emit(EVERYTHING)
    desk.until(lambda: any("ends on" in text for text in texts(view)))
    assert view.shown is not None
    lines = attention_lines(replace(view.shown, states=states))
    assert [line.state.value for line in lines] == ["critical", "critical", "warning", "info", "neutral"]


def test_servers_without_an_agent_lead_to_the_servers(view: OverviewView, desk: Desk) -> None:
    text = "7 servers have no enrolled agent, so that License.xml cannot reach them."
    names(view)[f"Show Servers: {text}"].click()
    assert desk.wanted == [("servers", None)]


def test_a_shortage_that_is_mended_is_gone_and_the_focus_stays(view: OverviewView, desk: Desk) -> None:
    view.activateWindow()
    link = names(view)["License Details of Asset Monitor"]
    link.setFocus()
    allocate(
        desk.site.store,
        product="Desktop Manager",
        quantities={desk.id("d"): 17},
        by=Actor(name="other"),
        at=desk.session.now(),
    )
    desk.session.changed.emit(EVERYTHING)
    desk.until(lambda: not any("is short of" in text for text in texts(view)))
    focused = view.focusWidget()
    assert focused is not None
    assert focused.accessibleName() == "License Details of Asset Monitor"


def test_nothing_is_built_anew_where_nothing_changed(view: OverviewView, desk: Desk) -> None:
    before = view.area.widget()
    view.refresh()
    desk.until(lambda: not desk.runner.busy)
    assert view.area.widget() is before


def test_a_new_site_is_told_the_first_steps(empty_desk: Desk) -> None:
    view = empty_desk.show(OverviewView(empty_desk.session))
    empty_desk.until(lambda: view.shown is not None)
    shown = names(view)
    assert list(shown) == [
        "Issuers",
        "Register License",
        "Add Relay Server",
        "License Holding Option",
        "Import Nodes",
        "Servers",
    ]
    assert [name for name, one in shown.items() if one.property("kind") == "main"] == ["Issuers"]
    shown["Servers"].click()
    assert empty_desk.wanted == [("servers", None)]


def test_a_relays_administrator_sees_the_figures_of_its_range(relay_desk: Desk) -> None:
    view = relay_desk.show(OverviewView(relay_desk.session))
    relay_desk.until(lambda: view.shown is not None)
    overview = view.shown
    assert overview is not None
    assert [(total.product, total.held, total.used) for total in overview.totals] == [
        ("Desktop Manager", 40, 38),
        ("Asset Monitor", 20, 20),
    ]
    assert not overview.short


def test_badges_number_the_menu_area(desk: Desk) -> None:
    sidebar = desk.show(Sidebar(settings_groups()))
    badges: list[tuple[str, int]] = []
    sidebar.set_badge = lambda key, count: badges.append((key, count))  # type: ignore[method-assign]
    SidebarBadges(desk.session, sidebar, sidebar)
    desk.session.changed.emit(EVERYTHING)
    desk.until(lambda: len(badges) == 2)
    assert badges == [("discovered", 21), ("events", 0)]


def test_badges_of_a_relay_count_its_range(relay_desk: Desk) -> None:
    sidebar = relay_desk.show(Sidebar(settings_groups()))
    badges: dict[str, int] = {}
    sidebar.set_badge = lambda key, count: badges.update({key: count})  # type: ignore[method-assign]
    SidebarBadges(relay_desk.session, sidebar, sidebar)
    relay_desk.session.changed.emit(EVERYTHING)
    relay_desk.until(lambda: len(badges) == 2)
    assert badges["discovered"] == 4
