from __future__ import annotations

import pytest

from licensedesk.core.details import (
    ranges_shown,
    read_facts,
    read_product_facts,
    read_range,
    source_seen,
)
from licensedesk.core.errors import RefusedError
from licensedesk.core.ranges import range_rows
from licensedesk.core.settings import set_setting
from licensedesk.core.types import Actor, ServerId
from tests.core.example import AT, BY, ON, OTHER, PRODUCT, Example


def local(example: Example, name: str) -> Actor:
    return Actor(name="holder", server=example.id(name))


def test_the_default_product_comes_first(example: Example) -> None:
    assert read_facts(example.store, by=BY).products == (PRODUCT, OTHER)
    set_setting(example.store, key="default_product", value=OTHER, by=BY, at=AT)
    facts = read_product_facts(example.store, product="", by=BY)
    assert facts.products == (OTHER, PRODUCT)
    assert facts.product == OTHER


@pytest.mark.parametrize("product", [PRODUCT, OTHER])
def test_the_facts_of_one_product_give_its_figures(example: Example, product: str) -> None:
    whole = read_facts(example.store, by=BY).holdings
    facts = read_product_facts(example.store, product=product, by=BY)
    assert facts.product == product
    assert ranges_shown(facts, on=ON) == range_rows(whole, on=ON, product=product)


def test_an_unknown_product_gives_the_first(example: Example) -> None:
    assert read_product_facts(example.store, product="Nothing", by=BY).product == PRODUCT


@pytest.mark.parametrize(
    ("text", "sources"),
    [("", ["a", "c", "d"]), ("E", ["c"]), (" b ", ["a"]), ("zzz", [])],
)
def test_a_search_finds_the_ranges_of_servers(example: Example, text: str, sources: list[str]) -> None:
    facts = read_product_facts(example.store, product=PRODUCT, by=BY)
    shown = ranges_shown(facts, on=ON, text=text)
    assert sorted(row.source.host_name for row in shown) == sources


def test_a_holder_sees_its_own_range_alone(example: Example) -> None:
    by = local(example, "c")
    facts = read_product_facts(example.store, product=PRODUCT, by=by)
    assert [row.source.host_name for row in ranges_shown(facts, on=ON)] == ["c"]
    detail = read_range(example.store, facts, source=example.id("e"), product=PRODUCT, on=ON, by=by)
    assert [(row.host_name, row.under) for row in detail.servers] == [("c", ""), ("e", "c")]
    # What the primary has remaining is not its to see.
    assert detail.spare is None
    with pytest.raises(RefusedError) as refused:
        read_range(example.store, facts, source=example.id("d"), product=PRODUCT, on=ON, by=by)
    assert refused.value.code == "out-of-scope"


def test_a_relay_knows_who_allocated_and_what_the_primary_could_add(example: Example) -> None:
    facts = read_product_facts(example.store, product=PRODUCT, by=BY)
    detail = read_range(example.store, facts, source=example.id("d"), product=PRODUCT, on=ON, by=BY)
    assert detail.mark is not None
    assert (detail.mark.at, detail.mark.by) == (AT, BY.name)
    assert detail.spare == 100
    assert detail.licenses == ()


def test_the_primary_has_its_licenses_and_nobody_to_ask_for_more(example: Example) -> None:
    facts = read_product_facts(example.store, product=PRODUCT, by=BY)
    detail = read_range(example.store, facts, source=example.id("b"), product=PRODUCT, on=ON, by=BY)
    assert detail.row.source.host_name == "a"
    assert [row.serial for row in detail.licenses] == ["A-150"]
    assert (detail.mark, detail.spare) == (None, None)


def test_without_an_id_it_is_the_range_of_the_local_server(example: Example) -> None:
    facts = read_facts(example.store, by=BY)
    assert source_seen(facts, ServerId(""), by=BY).host_name == "a"
    assert source_seen(facts, ServerId(""), by=local(example, "c")).host_name == "c"
