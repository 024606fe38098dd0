from __future__ import annotations

import pytest

from licensedesk.core.distribution.ledger import State
from licensedesk.core.errors import RefusedError
from licensedesk.core.range_map import read_range_map
from licensedesk.core.server_overview import read_overview
from licensedesk.core.servers import suspend_server
from licensedesk.core.types import Actor, ServerId
from tests.core.example import AT, BY, OTHER, PRODUCT, Example


def test_every_server_has_its_range_and_all_but_the_primary_a_state(example: Example) -> None:
    suspend_server(example.store, server=example.id("b"), suspended=True, by=BY, at=AT)
    rows = read_overview(example.store, by=BY, at=AT)
    shown = [
        (row.fact.host_name, row.source.host_name, row.status.state if row.status else None) for row in rows
    ]
    assert shown == [
        ("a", "a", None),
        ("b", "a", State.SUSPENDED),
        ("c", "c", State.NOT_ENROLLED),
        ("d", "d", State.NOT_ENROLLED),
        ("e", "c", State.NOT_ENROLLED),
    ]


def test_a_holders_administrator_sees_its_range(example: Example) -> None:
    carol = Actor(name="carol", server=example.id("c"))
    assert [row.fact.host_name for row in read_overview(example.store, by=carol, at=AT)] == ["c", "e"]


def test_the_map_is_of_the_product_asked_for(example: Example) -> None:
    found = read_range_map(example.store, product=OTHER, by=BY, at=AT)
    assert found.facts.product == OTHER
    assert len(found.servers) == 5
    assert read_range_map(example.store, product="none such", by=BY, at=AT).facts.product in {OTHER, PRODUCT}


def test_a_local_server_that_is_gone_is_refused(example: Example) -> None:
    with pytest.raises(RefusedError) as refused:
        read_range_map(example.store, product=PRODUCT, by=Actor(name="x", server=ServerId("0" * 16)), at=AT)
    assert refused.value.code == "unknown-server"
