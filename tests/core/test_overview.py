from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from licensedesk.core.distribution.ledger import State
from licensedesk.core.events import EventCode, fire
from licensedesk.core.licenses import deregister
from licensedesk.core.overview import Badges, Begun, read_badges, read_overview
from licensedesk.core.settings import set_setting
from licensedesk.core.site import Site
from licensedesk.core.types import Actor
from tests.core.example import AT, BY, OTHER, PRODUCT, Example


def test_totals_keep_the_shortage_of_one_range_apart(example: Example) -> None:
    example.add_nodes("a", managed=84)
    example.add_nodes("d", managed=12)
    example.add_nodes("d", discovered=5)
    overview = read_overview(example.store, by=BY, at=AT)
    desk, patch = overview.totals
    assert (desk.product, desk.held, desk.used, desk.remaining, desk.waiting) == (PRODUCT, 150, 96, 54, 5)
    assert (desk.ranges, desk.short, desk.shortage) == (3, 1, 2)
    assert (patch.product, patch.held, patch.used) == (OTHER, 0, 0)
    assert [(row.source.host_name, row.shortage) for row in overview.short] == [("d", 2)]
    assert overview.begun == Begun(products=2, licenses=1, servers=5, holders=3, nodes=101, enrolled=0)


def test_what_is_distributed_beyond_the_valid_licenses(example: Example) -> None:
    assert read_overview(example.store, by=BY, at=AT).over_distributed == {}
    deregister(example.store, issuer="Acme", serial="A-150", by=BY, at=AT, confirmed=True)
    assert read_overview(example.store, by=BY, at=AT).over_distributed == {PRODUCT: 50}
    holder = Actor(name="holder", server=example.id("c"))
    assert read_overview(example.store, by=holder, at=AT).over_distributed == {}


@pytest.mark.parametrize(
    ("days", "at", "expiring"),
    [
        (60, AT, ["A-LATER"]),
        (39, AT, []),
        (40, AT, ["A-LATER"]),
        # Its last day is one of validity; the day after it is no key that expires.
        (0, AT + timedelta(days=40), ["A-LATER"]),
        (60, AT + timedelta(days=41), []),
    ],
)
def test_keys_that_expire_within_the_days_set(
    example: Example, days: int, at: datetime, expiring: list[str]
) -> None:
    last: date = AT.date() + timedelta(days=40)
    example.register("A-LATER", 5, last=last)
    set_setting(example.store, key="expiry_days", value=str(days), by=BY, at=AT)
    overview = read_overview(example.store, by=BY, at=at)
    assert [one.term.serial for one in overview.expiring] == expiring


def test_servers_are_counted_by_state_and_events_by_acknowledgement(example: Example) -> None:
    with example.store.writing():
        fire(example.store, EventCode.RANGE_SHORT, subject="d", figures={}, at=AT)
    overview = read_overview(example.store, by=BY, at=AT)
    assert overview.states == {State.NOT_ENROLLED: 4}
    assert overview.unacknowledged == 1
    holder = Actor(name="holder", server=example.id("c"))
    assert read_overview(example.store, by=holder, at=AT).states == {State.NOT_ENROLLED: 2}


def test_a_holder_is_told_the_size_of_its_range_alone(example: Example) -> None:
    example.add_nodes("a", managed=84)
    example.add_nodes("e", managed=3)
    example.add_nodes("c", discovered=2)
    holder = Actor(name="holder", server=example.id("c"))
    begun = read_overview(example.store, by=holder, at=AT).begun
    assert begun == Begun(products=2, licenses=0, servers=2, holders=1, nodes=5, enrolled=0)


def test_badges_count_what_waits_in_the_ranges_that_are_seen(example: Example) -> None:
    example.add_nodes("d", discovered=5)
    example.add_nodes("e", discovered=3)
    assert read_badges(example.store, by=BY) == Badges(waiting=8, events=0)
    holder = Actor(name="holder", server=example.id("c"))
    assert read_badges(example.store, by=holder).waiting == 3


def test_a_new_site_has_begun_nothing(site: Site) -> None:
    overview = read_overview(site.store, by=BY, at=AT)
    assert overview.begun == Begun(products=0, licenses=0, servers=1, holders=1, nodes=0, enrolled=0)
    assert (overview.totals, overview.short, overview.expiring) == ((), (), ())
