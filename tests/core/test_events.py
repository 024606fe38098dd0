"""Events: once per crossing, ended when the reason is gone, seen by whom and when."""

from __future__ import annotations

from datetime import timedelta

import pytest

from licensedesk.core import events
from licensedesk.core.events import SEVERITIES, EventCode, Severity
from licensedesk.core.sentences import SENTENCES
from licensedesk.core.site import Site
from licensedesk.core.store.database import Store
from licensedesk.core.types import stamp
from tests.core.example import AT, BY, refused

LATER = AT + timedelta(hours=1)


def fire(store: Store, subject: str = "d", *, code: EventCode = EventCode.RANGE_SHORT) -> bool:
    with store.writing():
        return events.fire(store, code, subject=subject, figures={"source": subject, "shortage": 2}, at=AT)


def end(store: Store, subject: str = "d") -> bool:
    with store.writing():
        return events.end(store, EventCode.RANGE_SHORT, subject=subject, at=LATER)


def test_an_event_has_its_figures(store: Store) -> None:
    assert fire(store)
    (event,) = events.list_events(store, limit=10)
    assert (event.at, event.severity, event.code, event.subject) == (
        stamp(AT),
        Severity.CRITICAL,
        "range-short",
        "d",
    )
    assert event.figures == {"source": "d", "shortage": 2}
    assert (event.ended_at, event.acknowledged_at, event.acknowledged_by) == (None, None, None)


def test_it_fires_once_until_it_has_ended(store: Store) -> None:
    assert fire(store)
    assert not fire(store)
    assert end(store)
    assert not end(store)
    assert fire(store)
    newest, oldest = events.list_events(store, limit=10)
    assert (newest.ended_at, oldest.ended_at) == (None, stamp(LATER))


def test_subjects_and_codes_are_apart(store: Store) -> None:
    assert fire(store, "d")
    assert fire(store, "c")
    assert fire(store, "d", code=EventCode.DRIFT)
    assert events.open_subjects(store, EventCode.RANGE_SHORT) == {"c", "d"}
    assert end(store, "c")
    assert events.open_subjects(store, EventCode.RANGE_SHORT) == {"d"}
    assert events.open_subjects(store, EventCode.DRIFT) == {"d"}


def test_what_is_over_at_once_is_told_each_time(store: Store) -> None:
    for _ in range(2):
        with store.writing():
            events.happened(store, EventCode.DRIFT, subject="d", figures={}, at=AT)
    assert [event.ended_at for event in events.list_events(store, limit=10)] == [stamp(AT)] * 2


def test_the_list_goes_on_page_by_page(store: Store) -> None:
    for number in range(5):
        fire(store, str(number))
    first = events.list_events(store, limit=2)
    second = events.list_events(store, limit=10, before=first[-1].id)
    assert [event.subject for event in (*first, *second)] == ["4", "3", "2", "1", "0"]


def test_acknowledged_once_by_one(store: Store) -> None:
    fire(store)
    fire(store, "c")
    assert events.count_unacknowledged(store) == 2
    event = events.list_events(store, limit=1)[0]
    for at in (AT, LATER):
        events.acknowledge(store, event=event.id, by=BY, at=at)
    seen = events.list_events(store, limit=1)[0]
    assert (seen.acknowledged_at, seen.acknowledged_by) == (stamp(AT), BY.name)
    assert events.count_unacknowledged(store) == 1


def test_an_event_that_is_not_there(site: Site) -> None:
    with refused(site, "unknown-event", event=7):
        events.acknowledge(site.store, event=7, by=BY, at=AT)


@pytest.mark.parametrize("code", EventCode)
def test_every_event_has_its_severity_and_sentence(code: EventCode) -> None:
    assert SEVERITIES[code] in Severity
    assert code.value in SENTENCES
