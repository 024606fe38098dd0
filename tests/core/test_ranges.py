"""The example of 1-domain.md, and every single change of it, with figures worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from licensedesk.core.allocations import allocate
from licensedesk.core.changes import Changes
from licensedesk.core.errors import RefusedError
from licensedesk.core.licenses import deregister, register
from licensedesk.core.options import set_option
from licensedesk.core.ranges import compare, option_label, range_rows
from licensedesk.core.removal import remove_server
from licensedesk.core.servers import add_server, move_server, rename_server, suspend_server
from licensedesk.core.store.facts import read_holdings
from licensedesk.core.types import Option, Role
from tests.core.example import AT, BY, ON, OTHER, PRODUCT, Example, dump, files, members, refused

EXAMPLE = {"ab": 100, "d": 10, "ce": 40}

Act = Callable[[Example, bool], Changes]
"""Does one thing to the example, or previews it."""


def option(server: str, to: Option, quantity: int | None = None) -> Act:
    def act(example: Example, preview: bool) -> Changes:
        return set_option(
            example.store,
            server=example.id(server),
            option=to,
            quantities={} if quantity is None else {PRODUCT: quantity},
            by=BY,
            at=AT,
            preview=preview,
        )

    return act


def move(server: str, under: str) -> Act:
    def act(example: Example, preview: bool) -> Changes:
        return move_server(
            example.store,
            server=example.id(server),
            under=example.id(under),
            by=BY,
            at=AT,
            preview=preview,
        )

    return act


def remove(server: str, children_to: str | None = None) -> Act:
    def act(example: Example, preview: bool) -> Changes:
        return remove_server(
            example.store,
            server=example.id(server),
            children_to=example.id(children_to) if children_to else None,
            nodes_to=None,
            by=BY,
            at=AT,
            preview=preview,
        )

    return act


def add(under: str, role: Role) -> Act:
    def act(example: Example, preview: bool) -> Changes:
        return add_server(
            example.store, host_name="f", under=example.id(under), role=role, by=BY, at=AT, preview=preview
        ).changes

    return act


def apportion(product: str = PRODUCT, **quantities: int) -> Act:
    def act(example: Example, preview: bool) -> Changes:
        given = {example.id(server): quantity for server, quantity in quantities.items()}
        return allocate(example.store, product=product, quantities=given, by=BY, at=AT, preview=preview)

    return act


def enter(quantity: int, *, first: date = date(2026, 1, 1), last: date | None = None) -> Act:
    def act(example: Example, preview: bool) -> Changes:
        key = example.issuer.key("S", quantity, first=first, last=last)
        return register(example.store, key, server=example.id("a"), by=BY, at=AT, preview=preview)

    return act


def rename(server: str, to: str) -> Act:
    def act(example: Example, preview: bool) -> Changes:
        return rename_server(
            example.store, server=example.id(server), host_name=to, by=BY, at=AT, preview=preview
        )

    return act


NONE, DISTRIBUTION, REGISTRATION = Option.NONE, Option.DISTRIBUTION, Option.REGISTRATION
CHANGES: dict[str, tuple[Act, dict[str, int]]] = {
    # Each option on each relay. What a relay leaves behind returns to a; its members go one holder up.
    "b keeps none": (option("b", NONE), EXAMPLE),
    "b distribution": (option("b", DISTRIBUTION), {"a": 100, "b": 0, "d": 10, "ce": 40}),
    "b distribution with 30": (option("b", DISTRIBUTION, 30), {"a": 70, "b": 30, "d": 10, "ce": 40}),
    "b distribution with all 100": (option("b", DISTRIBUTION, 100), {"a": 0, "b": 100, "d": 10, "ce": 40}),
    "b distribution with 0": (option("b", DISTRIBUTION, 0), {"a": 100, "b": 0, "d": 10, "ce": 40}),
    "b registration": (option("b", REGISTRATION), {"a": 100, "b": 0, "d": 10, "ce": 40}),
    "c none": (option("c", NONE), {"abce": 140, "d": 10}),
    "c keeps distribution": (option("c", DISTRIBUTION), EXAMPLE),
    "c keeps distribution with 41": (option("c", DISTRIBUTION, 41), {"ab": 99, "d": 10, "ce": 41}),
    "c registration": (option("c", REGISTRATION), {"ab": 140, "d": 10, "ce": 0}),
    "d none": (option("d", NONE), {"abd": 110, "ce": 40}),
    "d keeps distribution": (option("d", DISTRIBUTION), EXAMPLE),
    "d registration": (option("d", REGISTRATION), {"ab": 110, "d": 0, "ce": 40}),
    "e keeps none": (option("e", NONE), EXAMPLE),
    "e distribution": (option("e", DISTRIBUTION), {"ab": 100, "d": 10, "c": 40, "e": 0}),
    "e distribution with 20": (option("e", DISTRIBUTION, 20), {"ab": 80, "d": 10, "c": 40, "e": 20}),
    "e registration": (option("e", REGISTRATION), {"ab": 100, "d": 10, "c": 40, "e": 0}),
    # Each move that is no cycle. A holder takes its range along; others join where they go.
    "b stays under a": (move("b", "a"), EXAMPLE),
    "b under c": (move("b", "c"), {"a": 100, "d": 10, "cbe": 40}),
    "b under e": (move("b", "e"), {"a": 100, "d": 10, "cbe": 40}),
    "c stays under a": (move("c", "a"), EXAMPLE),
    "c under b": (move("c", "b"), EXAMPLE),
    "c under d": (move("c", "d"), EXAMPLE),
    "d under a": (move("d", "a"), EXAMPLE),
    "d stays under b": (move("d", "b"), EXAMPLE),
    "d under c": (move("d", "c"), EXAMPLE),
    "d under e": (move("d", "e"), EXAMPLE),
    "e under a": (move("e", "a"), {"abe": 100, "d": 10, "c": 40}),
    "e under b": (move("e", "b"), {"abe": 100, "d": 10, "c": 40}),
    "e stays under c": (move("e", "c"), EXAMPLE),
    "e under d": (move("e", "d"), {"ab": 100, "de": 10, "c": 40}),
    # Each removal, to each place for what it leaves.
    "b goes, d to a": (remove("b", "a"), {"a": 100, "d": 10, "ce": 40}),
    "b goes, d to c": (remove("b", "c"), {"a": 100, "d": 10, "ce": 40}),
    "b goes, d to e": (remove("b", "e"), {"a": 100, "d": 10, "ce": 40}),
    "c goes, e to a": (remove("c", "a"), {"abe": 140, "d": 10}),
    "c goes, e to b": (remove("c", "b"), {"abe": 140, "d": 10}),
    "c goes, e to d": (remove("c", "d"), {"ab": 140, "de": 10}),
    "d goes": (remove("d"), {"ab": 110, "ce": 40}),
    "d goes, no children to c": (remove("d", "c"), {"ab": 110, "ce": 40}),
    "e goes": (remove("e"), {"ab": 100, "d": 10, "c": 40}),
    # A server more, in each range.
    "relay under a": (add("a", Role.RELAY), {"abf": 100, "d": 10, "ce": 40}),
    "relay under b": (add("b", Role.RELAY), {"abf": 100, "d": 10, "ce": 40}),
    "relay under c": (add("c", Role.RELAY), {"ab": 100, "d": 10, "cef": 40}),
    "relay under d": (add("d", Role.RELAY), {"ab": 100, "df": 10, "ce": 40}),
    "relay under e": (add("e", Role.RELAY), {"ab": 100, "d": 10, "cef": 40}),
    "managed under a": (add("a", Role.MANAGED), {"abf": 100, "d": 10, "ce": 40}),
    "managed under b": (add("b", Role.MANAGED), {"abf": 100, "d": 10, "ce": 40}),
    "managed under c": (add("c", Role.MANAGED), {"ab": 100, "d": 10, "cef": 40}),
    "managed under d": (add("d", Role.MANAGED), {"ab": 100, "df": 10, "ce": 40}),
    "managed under e": (add("e", Role.MANAGED), {"ab": 100, "d": 10, "cef": 40}),
    # Allocations down, up, to the last one, and several as one batch.
    "d down to 0": (apportion(d=0), {"ab": 110, "d": 0, "ce": 40}),
    "d down to 9": (apportion(d=9), {"ab": 101, "d": 9, "ce": 40}),
    "d stays at 10": (apportion(d=10), EXAMPLE),
    "d up to 11": (apportion(d=11), {"ab": 99, "d": 11, "ce": 40}),
    "d up to all": (apportion(d=110), {"ab": 0, "d": 110, "ce": 40}),
    "c down to 0": (apportion(c=0), {"ab": 140, "d": 10, "ce": 0}),
    "c up to 41": (apportion(c=41), {"ab": 99, "d": 10, "ce": 41}),
    "c up to all": (apportion(c=140), {"ab": 0, "d": 10, "ce": 140}),
    "c and d swap": (apportion(c=10, d=40), {"ab": 100, "d": 40, "ce": 10}),
    "c and d take all": (apportion(c=75, d=75), {"ab": 0, "d": 75, "ce": 75}),
    "d takes all of c as well": (apportion(d=150, c=0), {"ab": 0, "d": 150, "ce": 0}),
    # Registrations on the primary; a day is inclusive.
    "20 more": (enter(20), {"ab": 120, "d": 10, "ce": 40}),
    "20 whose last day is today": (enter(20, last=ON), {"ab": 120, "d": 10, "ce": 40}),
    "20 whose first day is today": (enter(20, first=ON), {"ab": 120, "d": 10, "ce": 40}),
    "20 from tomorrow": (enter(20, first=ON + timedelta(1)), EXAMPLE),
    # A name is a label only.
    "d renamed": (rename("d", "x"), {"ab": 100, "x": 10, "ce": 40}),
    "b renamed": (rename("b", "x"), {"ax": 100, "d": 10, "ce": 40}),
}


def test_the_example(example: Example) -> None:
    assert example.held() == EXAMPLE
    assert sum(example.held().values()) == 150
    assert example.held(product=OTHER) == {"ab": 0, "d": 0, "ce": 0}


@pytest.mark.parametrize(("act", "expected"), CHANGES.values(), ids=CHANGES.keys())
def test_every_single_change(example: Example, act: Act, expected: dict[str, int]) -> None:
    before, kept = dump(example.store), files(example.site.folder)
    preview = act(example, True)
    assert dump(example.store) == before
    assert files(example.site.folder) == kept
    was = {row.source.id: row for row in example.rows()}

    done = act(example, False)

    assert example.held() == expected
    assert done.ranges == preview.ranges
    assert done.warnings == preview.warnings
    # What the action says it changed is what reading again shows, range by range, and nothing else.
    changed = {change.source: change for change in done.ranges if change.product == PRODUCT}
    becomes = {row.source.id: row for row in example.rows()}
    for server in {**was, **becomes}:
        old, new = was.get(server), becomes.get(server)
        figures = [(len(row.servers), row.held, row.used) if row else None for row in (old, new)]
        if figures[0] == figures[1]:
            assert server not in changed
        else:
            sides = (changed[server].before, changed[server].after)
            assert [(one.servers, one.held, one.used) if one else None for one in sides] == figures


CYCLES = [("b", "b"), ("b", "d"), ("c", "c"), ("c", "e"), ("d", "d"), ("e", "e")]


@pytest.mark.parametrize(("server", "under"), CYCLES)
def test_no_move_below_itself(example: Example, server: str, under: str) -> None:
    with refused(example.site, "cycle", server=server, parent=under):
        move(server, under)(example, False)


@pytest.mark.parametrize(
    ("act", "figures"),
    [
        (apportion(d=111), {"requested": 111, "maximum": 110, "total": 150}),
        (apportion(c=141), {"requested": 141, "maximum": 140, "total": 150}),
        (apportion(c=75, d=76), {"requested": 151, "maximum": 150, "total": 150}),
        (option("b", DISTRIBUTION, 101), {"requested": 101, "maximum": 100, "total": 150}),
        (option("e", DISTRIBUTION, 999_999_999), {"requested": 999_999_999, "maximum": 100, "total": 150}),
        (option("c", DISTRIBUTION, 141), {"requested": 141, "maximum": 140, "total": 150}),
    ],
    ids=["d 111", "c 141", "c 75 and d 76", "b 101", "e most", "c 141 with its option"],
)
def test_more_than_is_there_is_never_distributed(example: Example, act: Act, figures: dict[str, int]) -> None:
    for preview in (True, False):
        with refused(example.site, "exceeds-undistributed", product=PRODUCT, **figures):
            act(example, preview)


def test_expiry_leaves_the_allocations_and_shows_the_primary_over_distributed(example: Example) -> None:
    last = ON + timedelta(10)
    deregister(example.store, issuer="Acme", serial="A-150", by=BY, at=AT, confirmed=True)
    example.register("T-150", 150, last=last)
    assert example.held(on=last) == EXAMPLE
    assert example.held(on=last + timedelta(1)) == {"ab": -50, "d": 10, "ce": 40}
    row = example.rows(on=last + timedelta(1))[0]
    assert (row.remaining, row.shortage, row.earliest_expiry) == (-50, 50, None)
    assert example.rows(on=last)[0].earliest_expiry == last


def test_part_of_the_licenses_expires(example: Example) -> None:
    example.register("T-1", 20, last=ON + timedelta(5))
    example.register("T-2", 30, last=ON + timedelta(2))
    example.register("T-3", 7, first=ON + timedelta(3), last=ON + timedelta(9))
    held = {days: example.held(on=ON + timedelta(days))["ab"] for days in (0, 2, 3, 5, 6, 9, 10)}
    assert held == {0: 150, 2: 150, 3: 127, 5: 127, 6: 107, 9: 107, 10: 100}
    assert example.rows(on=ON)[0].earliest_expiry == ON + timedelta(2)


def test_deregistration_leaves_the_primary_over_distributed(example: Example) -> None:
    done = deregister(example.store, issuer="Acme", serial="A-150", by=BY, at=AT, confirmed=True)
    assert example.held() == {"ab": -50, "d": 10, "ce": 40}
    assert [(notice.code, notice.figures) for notice in done.warnings] == [
        ("range-short", {"source": "a", "product": PRODUCT, "shortage": 50}),
        ("over-distributed", {"product": PRODUCT, "count": 50}),
    ]


@pytest.mark.parametrize("relay", ["b", "e"])
def test_a_relay_with_license_registration_holds_what_is_registered_on_it(
    example: Example, relay: str
) -> None:
    option(relay, REGISTRATION)(example, False)
    example.register("R-25", 25, on=relay)
    assert example.held()[relay] == 25
    # Its own licenses are no part of what the primary can distribute.
    with refused(
        example.site, "exceeds-undistributed", product=PRODUCT, requested=111, maximum=110, total=150
    ):
        apportion(d=111)(example, False)


def test_used_and_waiting_count_for_the_range_as_a_whole(example: Example) -> None:
    for source, managed, discovered in (("a", 5, 1), ("b", 7, 2), ("c", 30, 20), ("e", 11, 4), ("d", 10, 3)):
        example.add_nodes(source, managed=managed, discovered=discovered, excluded=2)
    found = {members(row): (row.used, row.remaining, row.shortage, row.waiting) for row in example.rows()}
    assert found == {"ab": (12, 88, 0, 3), "d": (10, 0, 0, 3), "ce": (41, -1, 1, 24)}
    assert {members(row): row.to_buy for row in example.rows()} == {"ab": 0, "d": 3, "ce": 25}


def test_products_are_counted_apart(example: Example) -> None:
    example.register("P-9", 9, product=OTHER)
    apportion(product=OTHER, d=4)(example, False)
    example.add_nodes("d", managed=3, product=OTHER)
    assert example.held() == EXAMPLE
    assert example.held(product=OTHER) == {"ab": 5, "d": 4, "ce": 0}
    assert example.remaining(product=OTHER) == {"ab": 5, "d": 1, "ce": 0}
    rows = range_rows(read_holdings(example.store), on=ON)
    assert [(members(row), row.product) for row in rows] == [
        (range_, product) for range_ in ("ab", "ce", "d") for product in (PRODUCT, OTHER)
    ]


def test_rows_of_one_sharing_source(example: Example) -> None:
    holdings = read_holdings(example.store)
    rows = range_rows(holdings, on=ON, source=example.id("c"))
    assert [(members(row), row.product, row.held) for row in rows] == [("ce", PRODUCT, 40), ("ce", OTHER, 0)]
    assert [option_label(source) for source in holdings.sources] == [
        "primary",
        "distribution",
        "distribution",
    ]


def test_an_unknown_product_has_no_ranges(example: Example) -> None:
    with pytest.raises(RefusedError) as refusal:
        example.rows(product="Nothing")
    assert (refusal.value.code, refusal.value.figures) == ("unknown-product", {"product": "Nothing"})


def test_nothing_changed_compares_as_nothing(example: Example) -> None:
    holdings = read_holdings(example.store)
    assert compare(holdings, holdings, on=ON) == ()


def test_suspension_changes_no_figures(example: Example) -> None:
    example.add_nodes("e", managed=3)
    before = example.remaining()
    done = suspend_server(example.store, server=example.id("e"), suspended=True, by=BY, at=AT)
    assert done.ranges == ()
    assert example.remaining() == before
