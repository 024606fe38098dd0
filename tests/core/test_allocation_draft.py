from __future__ import annotations

import pytest

from licensedesk.core.allocation_draft import Draft, Overtaken, carry_over
from licensedesk.core.allocations import allocate
from licensedesk.core.errors import RefusedError
from licensedesk.core.holdings import Holdings
from licensedesk.core.options import set_option
from licensedesk.core.placement import place
from licensedesk.core.ranges import compare, range_rows
from licensedesk.core.store.facts import read_holdings
from licensedesk.core.types import Option
from tests.core.example import AT, BY, ON, OTHER, PRODUCT, Example


@pytest.fixture
def holdings(example: Example) -> Holdings:
    found = read_holdings(example.store)
    used = {(example.id(name), PRODUCT): n for name, n in (("a", 80), ("b", 4), ("d", 12), ("e", 38))}
    return Holdings(
        tree=found.tree,
        products=found.products,
        licenses=found.licenses,
        allocations=found.allocations,
        managed=used,
        waiting={(example.id("d"), PRODUCT): 5},
    )


@pytest.fixture
def draft(holdings: Holdings) -> Draft:
    return Draft.of(holdings, product=PRODUCT, on=ON)


def test_the_facts_of_one_product_give_the_same_figures(holdings: Holdings) -> None:
    slim = holdings.of_product(PRODUCT)
    assert range_rows(slim, on=ON) == range_rows(holdings, on=ON, product=PRODUCT)


def test_a_draft_begins_with_what_relays_have(draft: Draft) -> None:
    assert [(one.relay.host_name, one.now, one.new, one.used) for one in draft.relays] == [
        ("c", 40, 40, 38),
        ("d", 10, 10, 12),
    ]
    assert (draft.changed, draft.ranges, draft.refusal) == ({}, (), None)
    assert (draft.undistributed, draft.total, draft.spare) == (100, 150, 16)


def test_a_relay_shows_what_it_lacks_now_and_would_lack(draft: Draft, example: Example) -> None:
    figures = {
        new: (d.remaining, d.shortage, d.shortage_now)
        for new in (0, 11, 12, 17)
        for d in [draft.with_quantities({example.id("d"): new}).relays[1]]
    }
    assert figures == {0: (-12, 12, 2), 11: (-1, 1, 2), 12: (0, 0, 2), 17: (5, 0, 2)}
    assert draft.relays[0].shortage_now == 0


def test_relays_are_listed_by_name_and_begin_with_nothing(holdings: Holdings, example: Example) -> None:
    # Below d, c comes after it in the tree.
    tree = place(holdings.tree, holdings.tree.named("c"), under=example.id("d"))
    draft = Draft.of(holdings.with_tree(tree), product=OTHER, on=ON)
    assert [(one.relay.host_name, one.now, one.new, one.used, one.waiting) for one in draft.relays] == [
        ("c", 0, 0, 0, 0),
        ("d", 0, 0, 0, 0),
    ]
    assert (draft.changed, draft.total, draft.undistributed) == ({}, 0, 0)


def test_a_draft_shows_what_the_action_would_change(draft: Draft, example: Example) -> None:
    changed = draft.with_quantities({example.id("d"): 17})
    assert (changed.more, changed.undistributed, changed.spare) == (7, 93, 9)
    assert (changed.changed, changed.seen) == ({example.id("d"): 17}, {example.id("d"): 10})
    assert changed.ranges == compare(changed.before, changed.after, on=ON)
    assert [
        (one.host_name, one.before.held, one.after.held, one.after.remaining)
        for one in changed.ranges
        if one.before and one.after
    ] == [("a", 100, 93, 9), ("d", 10, 17, 5)]


def test_licenses_moved_between_relays_leave_the_primary_alone(draft: Draft, example: Example) -> None:
    changed = draft.with_quantities({example.id("d"): 12, example.id("c"): 38})
    assert (changed.more, changed.moved) == (0, 2)
    assert [one.host_name for one in changed.ranges] == ["c", "d"]


def test_a_draft_is_refused_as_the_action_is(draft: Draft, example: Example) -> None:
    much = draft.with_quantities({example.id("d"): 111})
    assert much.refusal is not None
    with pytest.raises(RefusedError) as refused:
        allocate(example.store, product=PRODUCT, quantities=much.changed, by=BY, at=AT)
    assert (much.refusal.code, much.refusal.figures) == (refused.value.code, refused.value.figures)
    assert much.undistributed == -1


def test_shares_carry_the_locks(draft: Draft, example: Example) -> None:
    shares = draft.shares(frozenset([example.id("c")]))
    assert [(one.quantity, one.used, one.locked) for one in shares] == [(40, 38, True), (10, 12, False)]


def test_what_was_filled_in_is_kept_over_newer_facts(draft: Draft, example: Example) -> None:
    filled = draft.with_quantities({example.id("d"): 17})
    allocate(
        example.store, product=PRODUCT, quantities={example.id("c"): 30, example.id("d"): 14}, by=BY, at=AT
    )
    carried, overtaken = carry_over(filled, read_holdings(example.store))
    assert dict(carried.quantities) == {example.id("c"): 30, example.id("d"): 17}
    assert carried.changed == {example.id("d"): 17}
    assert overtaken == [Overtaken("d", 10, 14, 17)]


def test_only_what_another_console_changed_is_named(draft: Draft, example: Example) -> None:
    filled = draft.with_quantities({example.id("c"): 39, example.id("d"): 17})
    allocate(example.store, product=PRODUCT, quantities={example.id("d"): 14}, by=BY, at=AT)
    carried, overtaken = carry_over(filled, read_holdings(example.store))
    assert carried.changed == {example.id("c"): 39, example.id("d"): 17}
    assert overtaken == [Overtaken("d", 10, 14, 17)]


def test_a_relay_that_lost_the_option_meanwhile_is_left_out_and_named(draft: Draft, example: Example) -> None:
    filled = draft.with_quantities({example.id("d"): 17})
    set_option(
        example.store, server=example.id("d"), option=Option.NONE, quantities={}, by=BY, at=AT, confirmed=True
    )
    carried, overtaken = carry_over(filled, read_holdings(example.store))
    assert carried.changed == {}
    assert overtaken == [Overtaken("d", 10, None, 17)]
