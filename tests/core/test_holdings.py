"""The facts after a change, worked out in memory: what a preview counts with, and a confirmation judges."""

from __future__ import annotations

from dataclasses import replace

import pytest

from licensedesk.core.holdings import Holdings
from licensedesk.core.store.facts import read_holdings
from tests.core.example import OTHER, PRODUCT, Example


@pytest.fixture
def holdings(example: Example) -> Holdings:
    """The example, with nodes of two products at three servers."""
    found = read_holdings(example.store)
    managed = {("d", PRODUCT): 3, ("e", PRODUCT): 5, ("e", OTHER): 7}
    waiting = {("d", PRODUCT): 2, ("e", PRODUCT): 1}
    return replace(
        found,
        managed={(example.id(name), product): n for (name, product), n in managed.items()},
        waiting={(example.id(name), product): n for (name, product), n in waiting.items()},
    )


def test_only_the_nodes_of_the_server_that_gives_them_away_move(holdings: Holdings, example: Example) -> None:
    b, d, e = map(example.id, "bde")
    after = holdings.with_nodes_moved(e, b)
    assert after.managed == {(d, PRODUCT): 3, (b, PRODUCT): 5, (b, OTHER): 7}
    assert after.waiting == {(d, PRODUCT): 2, (b, PRODUCT): 1}
    together = holdings.with_nodes_moved(e, d)
    assert together.managed == {(d, PRODUCT): 8, (d, OTHER): 7}
    assert together.waiting == {(d, PRODUCT): 3}


def test_the_facts_of_one_product_are_its_own_alone_and_by_range(
    holdings: Holdings, example: Example
) -> None:
    example.register("P-3", 3, product=OTHER)
    both = replace(holdings, licenses=read_holdings(example.store).licenses)
    slim = both.of_product(OTHER)
    assert slim.products == (OTHER,)
    assert [product for _, product in slim.licenses] == [OTHER]
    assert slim.allocations == {}
    # e belongs to the range of c.
    assert both.of_product(PRODUCT).managed == {(example.id("d"), PRODUCT): 3, (example.id("c"), PRODUCT): 5}
    assert slim.managed == {(example.id("c"), OTHER): 7}
    assert slim.waiting == {}


def test_what_is_gone_leaves_no_trace_in_the_facts(example: Example) -> None:
    """An allocation of 0 is none, and so is a product without licenses: neither is in any License.xml."""
    holdings = read_holdings(example.store)
    a, c, d = map(example.id, "acd")
    assert holdings.with_allocations(PRODUCT, {d: 0}).allocations == {(c, PRODUCT): 40}
    assert holdings.with_licenses((a, PRODUCT), ()).licenses == {}
