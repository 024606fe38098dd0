"""Two consoles that want the last ten licenses at the same time: ten go, never more, never fewer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from licensedesk.core.allocations import allocate
from licensedesk.core.audit import verify
from licensedesk.core.nodes.counts import recount
from licensedesk.core.nodes.filters import NodeFilter
from licensedesk.core.nodes.judging import Act
from licensedesk.core.nodes.states import change_nodes
from tests.core.example import AT, BY, PRODUCT, Example
from tests.core.nodes.devices import found, listed, take_in
from tests.core.nodes.racers import allocate_one, manage_one, racers

ROUNDS = 300
LAST = 10


def test_the_last_ten_licenses_are_managed_once(example: Example, campaign: Callable[[int], int]) -> None:
    take_in(example, found(2 * LAST), source="d")
    nodes = [row.id for row in listed(example)]
    attempts = [partial(manage_one, nodes[:LAST]), partial(manage_one, nodes[LAST:])]
    with racers(example.site.folder, attempts, tries=LAST) as race:
        for _ in range(campaign(ROUNDS)):
            assert sum(race()) == LAST
            assert example.remaining()["d"] == 0
            assert recount(example.store) == {}
            change_nodes(example.store, NodeFilter(), act=Act.DISCOVER, by=BY, at=AT)
    assert verify(example.store).intact


def test_the_last_ten_licenses_are_distributed_once(example: Example, campaign: Callable[[int], int]) -> None:
    relays = {example.id("c"): 90, example.id("d"): 50}
    attempts = [partial(allocate_one, relay) for relay in relays]
    with racers(example.site.folder, attempts, tries=LAST) as race:
        for _ in range(campaign(ROUNDS)):
            allocate(example.store, product=PRODUCT, quantities=relays, by=BY, at=AT)
            assert example.held()["ab"] == LAST
            assert sum(race()) == LAST
            assert example.held()["ab"] == 0
    assert verify(example.store).intact
