"""A read of several queries is one transaction: what another console does meanwhile is in all or none."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from licensedesk.core import audit, overview, server_overview
from licensedesk.core.alert_rules import check
from licensedesk.core.allocations import allocate
from licensedesk.core.details import read_facts, read_product_facts
from licensedesk.core.distribution.board import Board
from licensedesk.core.distribution.ledger_store import read_lines
from licensedesk.core.distribution.status import read_status
from licensedesk.core.event_list import count_unacknowledged
from licensedesk.core.issuers import list_issuers, trusted_issuers
from licensedesk.core.license_list import list_licenses
from licensedesk.core.nodes.choices import read_choices
from licensedesk.core.nodes.counts import recount
from licensedesk.core.nodes.details import nodes_at, read_node, read_page
from licensedesk.core.nodes.exporting import export_matching
from licensedesk.core.nodes.filters import NodeFilter
from licensedesk.core.nodes.judging import Act
from licensedesk.core.nodes.plans import Column, Sort
from licensedesk.core.nodes.queries import count_nodes, list_nodes
from licensedesk.core.nodes.states import preview_nodes
from licensedesk.core.nodes.summary import read_needs
from licensedesk.core.nodes.waiting import probable_duplicates, why_waiting
from licensedesk.core.range_map import read_range_map
from licensedesk.core.server_list import list_servers
from licensedesk.core.store.facts import read_holdings, read_tree
from licensedesk.core.types import Actor, NodeId
from tests.core.example import AT, BY, ON, PRODUCT, Example, states_read

ALL = NodeFilter()
TEXT = NodeFilter(text="x")
NODE = NodeId(1)
BY_PRODUCT = Sort(Column.PRODUCT)


READS: dict[str, Callable[[Example, Actor], object]] = {
    "tree": lambda e, _: read_tree(e.store),
    "holdings": lambda e, _: read_holdings(e.store),
    "facts": lambda e, by: read_facts(e.store, by=by),
    "product facts": lambda e, by: read_product_facts(e.store, product=PRODUCT, by=by),
    "range map": lambda e, by: read_range_map(e.store, product=PRODUCT, by=by, at=AT),
    "overview": lambda e, by: overview.read_overview(e.store, by=by, at=AT),
    "badges": lambda e, by: overview.read_badges(e.store, by=by),
    "unacknowledged": lambda e, by: count_unacknowledged(e.store, by=by),
    "servers": lambda e, by: list_servers(e.store, by=by),
    "server overview": lambda e, by: server_overview.read_overview(e.store, by=by, at=AT),
    "licenses": lambda e, by: list_licenses(e.store, on=ON, by=by),
    "issuers": lambda e, _: list_issuers(e.store),
    "trusted issuers": lambda e, _: trusted_issuers(e.store),
    "ledger": lambda e, _: read_lines(e.store),
    "status": lambda e, by: read_status(e.store, by=by, at=AT),
    "board": lambda e, _: Board(e.site),
    "alert rules": lambda e, _: check(e.store, at=AT),
    "preview": lambda e, _: allocate(e.store, product=PRODUCT, quantities={}, by=BY, at=AT, preview=True),
    "node choices": lambda e, by: read_choices(e.store, by=by),
    "nodes": lambda e, by: list_nodes(e.store, ALL, by=by, limit=10),
    "nodes by product": lambda e, by: list_nodes(e.store, ALL, by=by, sort=BY_PRODUCT, limit=10),
    "nodes with a text": lambda e, by: list_nodes(e.store, TEXT, by=by, limit=10),
    "node page": lambda e, by: read_page(e.store, ALL, by=by, sort=Sort(), limit=10, offset=1, after=NODE),
    "nodes at": lambda e, by: nodes_at(e.store, ALL, [(0, 0), (1, 1)], by=by, sort=Sort()),
    "export": lambda e, by: export_matching(
        e.store, e.site.folder / "nodes.csv", ALL, by=by, sort=BY_PRODUCT
    ),
    "node count": lambda e, by: count_nodes(e.store, TEXT, by=by),
    "node": lambda e, by: read_node(e.store, NODE, by=by),
    "node preview": lambda e, by: preview_nodes(e.store, ALL, act=Act.EXCLUDE, by=by, at=AT),
    "needs": lambda e, by: read_needs(e.store, ALL, by=by, on=ON),
    "why waiting": lambda e, by: why_waiting(e.store, NODE, by=by, on=ON),
    "duplicates": lambda e, by: probable_duplicates(e.store, NODE, by=by),
    "recount": lambda e, _: recount(e.store),
    "audit chain": lambda e, _: audit.verify(e.store),
    "audit walk": lambda e, _: audit.Walk().go_on(e.store),
}


@pytest.mark.parametrize("local", ["a", "c"])
@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_what_is_read_is_of_one_state(
    example: Example, read: Callable[[Example, Actor], object], local: str
) -> None:
    example.add_nodes("c", discovered=1)
    by = Actor(name="x", server=None if local == "a" else example.id(local))
    with states_read(example.store) as taken:
        read(example, by)
    assert len(taken) == 1
