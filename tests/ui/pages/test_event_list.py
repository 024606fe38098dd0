from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from licensedesk.core import events
from licensedesk.core.events import EventCode
from licensedesk.ui.pages.event_list import EventListView
from licensedesk.ui.wanted import EventsWanted
from tests.ui.desk import Desk


@pytest.fixture
def view(desk: Desk) -> EventListView:
    """With three events of three severities' worth; the drift is over."""
    now = desk.session.now()
    with desk.site.store.writing():
        for code, subject, figures in (
            (EventCode.DRIFT, "app-1.example.com", {"server": "app-1.example.com", "detail": "edited"}),
            (EventCode.AUDIT_BROKEN, "audit", {"entry": 7}),
            (
                EventCode.RANGE_SHORT,
                "d.example.com Tool",
                {"source": "d.example.com", "product": "Tool", "shortage": 2},
            ),
        ):
            events.fire(desk.site.store, code, subject=subject, figures=figures, at=now)
        events.end(desk.site.store, EventCode.DRIFT, subject="app-1.example.com", at=now)
    made = desk.show(EventListView(desk.session))
    desk.until(lambda: made.model.total == 3)
    return made


def texts(view: EventListView, key: str) -> list[str]:
    column = next(one for one in view.model.columns if one.key == key)
    return [column.text(row) for _, row in sorted(view.model.loaded_rows(), key=lambda one: one[0])]


def test_the_newest_first_in_words(view: EventListView) -> None:
    assert texts(view, "severity") == ["Critical", "Critical", "Warning"]
    assert texts(view, "text")[0] == "The range of d.example.com is short of 2 licenses of Tool."
    assert texts(view, "ended")[:2] == ["Not yet", "Not yet"]
    assert texts(view, "ended")[2] != "Not yet"
    assert set(texts(view, "acknowledged")) == {"No"}
    assert not view.acknowledge_button.isEnabled()


def test_acknowledging_from_the_keyboard(view: EventListView, desk: Desk) -> None:
    view.table.setFocus()
    view.table.selectAll()
    desk.until(view.acknowledge_button.isEnabled)
    view.acknowledge_button.setFocus()
    desk.press(view.acknowledge_button, Qt.Key.Key_Space)
    desk.until(lambda: all(text != "No" for text in texts(view, "acknowledged")))
    assert desk.said == ["Acknowledged: 3."]
    assert desk.site.store.value("SELECT count(*) FROM event WHERE acknowledged_at IS NULL") == 0


@pytest.mark.parametrize(
    ("row", "shown"), [(0, "license-details"), (1, "audit"), (2, "license-distribution")]
)
def test_enter_leads_to_the_cause(view: EventListView, desk: Desk, row: int, shown: str) -> None:
    view.table.setFocus()
    view.table.selectRow(row)
    QTest.keyClick(view.table, Qt.Key.Key_Return)
    assert [key for key, _ in desk.wanted] == [shown]


def test_the_selected_event_is_shown_in_full(view: EventListView) -> None:
    assert view.detail.isHidden()
    view.table.selectRow(1)
    assert view.detail.text().startswith("The audit log is broken at entry 7. Keep a copy of the database")
    view.table.selectAll()
    assert view.detail.isHidden()


def test_filters_search_and_what_is_left(view: EventListView, desk: Desk) -> None:
    view.start_search()
    assert view.search.hasFocus()
    QTest.keyClicks(view.search, "app-1")
    desk.until(lambda: view.model.total == 1)
    assert view.filters.value("text") == "app-1"
    QTest.keyClick(view.search, Qt.Key.Key_Escape)
    desk.until(lambda: view.model.total == 3)
    view.filters.choose({"severity": ("info",)})
    desk.until(lambda: view.model.total == 0)
    assert view.table.empty.isVisible()
    assert view.table.empty.sentence == "No event matches these filters."


def test_another_view_wants_what_nobody_has_seen(view: EventListView, desk: Desk) -> None:
    with desk.site.store.writing():
        desk.site.store.run("UPDATE event SET acknowledged_at = at, acknowledged_by = 'x' WHERE id = 1")
    view.present(EventsWanted())
    desk.until(lambda: view.model.total == 2)
    assert view.filters.value("seen") == "unacknowledged"


def test_why_a_server_is_not_current_is_no_code(view: EventListView, desk: Desk) -> None:
    figures = {
        "server": "b.example.com",
        "reason": "no-report",
        "desired_version": 31,
        "sent_at": "2026-11-21T09:14:00.000000Z",
    }
    now = desk.session.now()
    with desk.site.store.writing():
        code = EventCode.SERVER_NOT_CURRENT
        events.fire(desk.site.store, code, subject="b.example.com", figures=figures, at=now)
    view.refresh()
    desk.until(lambda: view.model.total == 4)
    desk.until(lambda: any("b.example.com was sent version 31 at" in text for text in texts(view, "text")))
    row = next(row for _, row in view.model.loaded_rows() if row.code == code)
    whole = next(one for one in view.model.columns if one.key == "text").tooltip
    assert whole is not None
    assert whole(row).startswith(
        "b.example.com does not have the current License.xml (b.example.com was sent"
    )
    assert "Check that the server is on" in whole(row)
    assert not any("no-report" in text for text in (*texts(view, "text"), whole(row)))
