"""Distributing licenses: only from the primary, to relays with the option, and never more than there are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from licensedesk.core import audit
from licensedesk.core.allocations import allocate
from licensedesk.core.changes import Changes
from licensedesk.core.licenses import deregister
from licensedesk.core.options import set_option
from licensedesk.core.site import site_version
from licensedesk.core.types import Actor, Option, ServerId
from tests.core.example import AT, BY, OTHER, PRODUCT, Example, refused


def give(example: Example, quantities: Mapping[str, Any], product: str = PRODUCT, **given: Any) -> Changes:
    return allocate(
        example.store,
        product=product,
        quantities={example.id(name): quantity for name, quantity in quantities.items()},
        **{"by": BY, "at": AT, **given},
    )


@pytest.mark.parametrize(
    ("server", "option"), [("a", "none"), ("b", "none"), ("e", "none"), ("r", "registration")]
)
def test_only_relays_with_distribution_get_any(example: Example, server: str, option: str) -> None:
    if server == "r":
        server = "b"
        set_option(
            example.store,
            server=example.id("b"),
            option=Option.REGISTRATION,
            quantities={},
            by=BY,
            at=AT,
        )
    figures = {"server": server, "option": option, "needed": "distribution"}
    for quantity in (0, 5):
        with refused(example.site, "option-conflict", **figures):
            give(example, {server: quantity})
    # One wrong server refuses the batch.
    with refused(example.site, "option-conflict", **figures):
        give(example, {"d": 11, server: 5})


@pytest.mark.parametrize("quantity", [-1, 1_000_000_000, 10**30, 1.5, "7", True, None])
def test_quantities_that_are_none(example: Example, quantity: Any) -> None:
    for preview in (True, False):
        with refused(example.site, "invalid-quantity", quantity=quantity):
            give(example, {"c": 1, "d": quantity}, preview=preview)


def test_unknown_products_and_servers(example: Example) -> None:
    with refused(example.site, "unknown-product", product="desk agent"):
        give(example, {"d": 1}, product="desk agent")
    gone = ServerId("0" * 16)
    with refused(example.site, "unknown-server", server=gone):
        allocate(example.store, product=PRODUCT, quantities={gone: 1}, by=BY, at=AT)


def test_a_batch_is_judged_once_as_a_whole(example: Example) -> None:
    # One after the other, d's 100 would find 110 - 40 too few.
    give(example, {"d": 100, "c": 50})
    assert example.held() == {"ab": 0, "d": 100, "ce": 50}
    with refused(
        example.site, "exceeds-undistributed", product=PRODUCT, requested=151, maximum=150, total=150
    ):
        give(example, {"c": 51, "d": 100})
    give(example, {"c": 0, "d": 150})


def test_any_number_of_times(example: Example) -> None:
    version = site_version(example.store)
    for number in range(1, 21):
        assert give(example, {"d": number}).version == version + number
    assert give(example, {"d": 20}).version is None
    assert site_version(example.store) == version + 20
    assert example.held() == {"ab": 90, "d": 20, "ce": 40}


def test_the_most_that_can_be_distributed(example: Example) -> None:
    example.register("MAX", 999_999_999)
    give(example, {"d": 999_999_999})
    assert example.held() == {"ab": 999_999_999 + 150 - 40 - 999_999_999, "d": 999_999_999, "ce": 40}


def test_what_is_over_distributed_can_be_lowered_and_never_grow(example: Example) -> None:
    deregister(example.store, issuer="Acme", serial="A-150", by=BY, at=AT, confirmed=True)
    example.register("A-30", 30)
    assert example.held() == {"ab": -20, "d": 10, "ce": 40}
    # The sum is 50 of 30: one more is too much, though it would be fewer than some relay has.
    for quantities, maximum in (({"c": 41}, 40), ({"d": 11}, 10), ({"c": 50, "d": 1}, 50)):
        with refused(
            example.site,
            "exceeds-undistributed",
            product=PRODUCT,
            requested=sum(quantities.values()),
            maximum=maximum,
            total=30,
        ):
            give(example, quantities)
    # As many as before are no growth: shifting is allowed, and each step down.
    for quantities in ({"c": 35, "d": 15}, {"c": 34}, {"c": 34, "d": 10}, {"c": 20, "d": 10}):
        give(example, quantities)
    assert example.held() == {"ab": 0, "d": 10, "ce": 20}
    with refused(example.site, "exceeds-undistributed", product=PRODUCT, requested=11, maximum=10, total=30):
        give(example, {"d": 11})


def test_the_day_of_the_action_decides_what_is_valid(example: Example) -> None:
    last = AT.date() + timedelta(3)
    example.register("T-50", 50, last=last)
    give(example, {"d": 160}, at=AT + timedelta(3), preview=True)
    with refused(
        example.site, "exceeds-undistributed", product=PRODUCT, requested=160, maximum=110, total=150
    ):
        give(example, {"d": 160}, at=AT + timedelta(4))
    example.register("F-5", 5, first=AT.date() + timedelta(1))
    with refused(
        example.site, "exceeds-undistributed", product=PRODUCT, requested=161, maximum=160, total=200
    ):
        give(example, {"d": 161})
    give(example, {"d": 161}, at=AT + timedelta(1))


def test_lowering_under_what_is_used_needs_a_confirmation(example: Example) -> None:
    example.add_nodes("e", managed=38)
    preview = give(example, {"c": 37}, preview=True)
    changes = [change.as_json() for change in preview.ranges]
    assert [one["source"] for one in changes] == ["a", "c"]
    with refused(example.site, "needs-confirmation", count=1, ranges=["c"], changes=changes):
        give(example, {"c": 37})
    assert give(example, {"c": 38}).warnings == ()
    done = give(example, {"c": 37}, confirmed=True)
    assert [(one.code, one.figures) for one in done.warnings] == [
        ("range-short", {"source": "c", "product": PRODUCT, "shortage": 1})
    ]
    # It is short already: shorter still needs to be confirmed again, less short does not.
    again = [change.as_json() for change in give(example, {"c": 36}, preview=True).ranges]
    with refused(example.site, "needs-confirmation", count=1, ranges=["c"], changes=again):
        give(example, {"c": 36})
    assert example.store.value("SELECT count(*) FROM node WHERE state = 'managed'") == 38


def test_the_primary_can_distribute_what_its_own_range_uses_only_with_a_confirmation(
    example: Example,
) -> None:
    example.add_nodes("b", managed=95)
    preview = give(example, {"d": 16}, preview=True)
    assert [change.host_name for change in preview.ranges if change.grows_short] == ["a"]
    give(example, {"d": 15})
    changes = [change.as_json() for change in give(example, {"d": 16}, preview=True).ranges]
    with refused(example.site, "needs-confirmation", count=1, ranges=["a"], changes=changes):
        give(example, {"d": 16})


def test_the_audit_entry_holds_before_and_after(example: Example) -> None:
    give(example, {"d": 12, "c": 0})
    entry = audit.entries(example.store, limit=1)[0]
    assert (entry.action, entry.subject, entry.by) == ("allocate", PRODUCT, BY.name)
    assert (entry.before, entry.after) == ({"d": 10, "c": 40}, {"d": 12, "c": 0})
    give(example, {"c": 1})
    assert audit.entries(example.store, limit=1)[0].before == {"c": 0}


def test_nothing_to_a_relay_that_has_nothing_is_no_change(example: Example) -> None:
    version = site_version(example.store)
    assert give(example, {"d": 0}, product=OTHER).version is None
    assert site_version(example.store) == version


def test_products_have_totals_of_their_own(example: Example) -> None:
    example.register("P-3", 3, product=OTHER)
    give(example, {"d": 3}, product=OTHER)
    with refused(example.site, "exceeds-undistributed", product=OTHER, requested=1, maximum=0, total=3):
        give(example, {"c": 1}, product=OTHER)
    assert example.held() == {"ab": 100, "d": 10, "ce": 40}


def test_only_from_the_primary(example: Example) -> None:
    with refused(example.site, "out-of-scope", local="c", subject=PRODUCT):
        give(example, {"c": 1}, by=Actor(name="carl", server=example.id("c")))


def test_an_allocation_that_somebody_else_changed_meanwhile_is_refused(example: Example) -> None:
    quantities = {example.id("d"): 17}
    with refused(example.site, "changed-meanwhile", server="d", product=PRODUCT, was=9, now=10):
        allocate(
            example.store, product=PRODUCT, quantities=quantities, seen={example.id("d"): 9}, by=BY, at=AT
        )
    assert example.held()["d"] == 10
    allocate(example.store, product=PRODUCT, quantities=quantities, seen={example.id("d"): 10}, by=BY, at=AT)
    assert example.held()["d"] == 17
    # What has no allocation yet was seen with 0.
    set_option(example.store, server=example.id("b"), option=Option.DISTRIBUTION, quantities={}, by=BY, at=AT)
    given, seen = {example.id("b"): 5}, {example.id("b"): 0}
    allocate(example.store, product=PRODUCT, quantities=given, seen=seen, by=BY, at=AT)
    assert example.held()["b"] == 5
