"""The Event List as shown: newest first, filtered, counted exactly, and only what the local server sees."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from licensedesk.core import events
from licensedesk.core.event_list import (
    EventFilter,
    acknowledge_all,
    count_events,
    count_unacknowledged,
    read_events,
    visible_hosts,
)
from licensedesk.core.events import EventCode
from licensedesk.core.types import Actor, stamp
from tests.core.example import AT, BY, Example, refused

ALL: tuple[tuple[EventCode, str, dict[str, Any]], ...] = (
    (EventCode.RANGE_SHORT, "d Desktop", {"source": "d", "product": "Desktop", "shortage": 2}),
    (EventCode.DRIFT, "e", {"server": "e", "detail": "50% torn_up"}),
    (EventCode.AUDIT_BROKEN, "audit", {"entry": 7}),
    (EventCode.MESSAGE_REJECTED, "b", {"server": "b", "reason": "EXPIRED"}),
)


@pytest.fixture
def listed(example: Example) -> Example:
    """Four events, an hour apart; the drift is over, the broken chain acknowledged."""
    with example.store.writing():
        for hours, (code, subject, figures) in enumerate(ALL):
            events.fire(example.store, code, subject=subject, figures=figures, at=AT + timedelta(hours=hours))
        events.end(example.store, EventCode.DRIFT, subject="e", at=AT + timedelta(days=1))
    assert acknowledge_all(example.store, [3], by=BY, at=AT) == 1
    return example


def ids(example: Example, *, first: int = 0, count: int = 10, **given: Any) -> list[int]:
    chosen = EventFilter(**given)
    found = [one.id for one in read_events(example.store, chosen, first=first, count=count)]
    if count == 10:
        assert count_events(example.store, chosen) == len(found)
    return found


def test_the_newest_come_first_and_by_pages(listed: Example) -> None:
    assert ids(listed) == [4, 3, 2, 1]
    assert ids(listed, first=1, count=2) == [3, 2]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"severities": ("critical",)}, [4, 3, 1]),
        ({"severities": ("warning", "critical")}, [4, 3, 2, 1]),
        ({"severities": ("info",)}, []),
        ({"unacknowledged": True}, [4, 2, 1]),
        ({"open_only": True}, [4, 3, 1]),
        ({"text": "expired"}, [4]),
        ({"text": "desk short"}, []),
        ({"text": "desk d"}, [1]),
        ({"text": "50%"}, [2]),
        ({"text": "n_up"}, [2]),
        ({"text": "%"}, [2]),
        ({"text": "\\"}, []),
        ({"hosts": ("e", "c")}, [2]),
        ({"hosts": ()}, []),
        ({"hosts": ("d",), "severities": ("warning",)}, []),
    ],
)
def test_filters(listed: Example, given: dict[str, Any], found: list[int]) -> None:
    assert ids(listed, **given) == found


@pytest.mark.parametrize(
    ("sort", "ascending"),
    [("at", [1, 2, 3, 4]), ("subject", [3, 4, 1, 2]), ("severity", [2, 4, 3, 1])],
)
def test_sorting(listed: Example, sort: str, ascending: list[int]) -> None:
    def order(*, descending: bool) -> list[int]:
        found = read_events(listed.store, EventFilter(), first=0, count=10, sort=sort, descending=descending)
        return [one.id for one in found]

    assert order(descending=False) == ascending
    assert set(order(descending=True)) == {1, 2, 3, 4}
    assert order(descending=True)[0] in ascending[-3:]


def test_acknowledging_is_done_once_and_by_whom(listed: Example) -> None:
    other = Actor(name="other")
    assert acknowledge_all(listed.store, [1, 2, 3, 99], by=other, at=AT + timedelta(days=2)) == 2
    by_id = {one.id: one for one in read_events(listed.store, EventFilter(), first=0, count=10)}
    assert (by_id[1].acknowledged_by, by_id[3].acknowledged_by) == ("other", BY.name)
    assert by_id[1].acknowledged_at == stamp(AT + timedelta(days=2))


def test_a_holder_sees_and_acknowledges_its_own_range_alone(listed: Example) -> None:
    at_c = Actor(name="c's", server=listed.id("c"))
    assert visible_hosts(listed.store, by=BY) is None
    hosts = visible_hosts(listed.store, by=at_c)
    assert hosts is not None
    assert set(hosts) == {"c", "e"}
    assert count_unacknowledged(listed.store, by=BY) == 3
    assert count_unacknowledged(listed.store, by=at_c) == 1
    with refused(listed.site, "out-of-scope", local="c", subject="event"):
        acknowledge_all(listed.store, [2, 1], by=at_c, at=AT)
    assert acknowledge_all(listed.store, [2], by=at_c, at=AT) == 1
    assert count_unacknowledged(listed.store, by=at_c) == 0
