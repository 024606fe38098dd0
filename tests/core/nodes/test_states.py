"""Managing, excluding, discovering, deleting: every transition, what fits, who may, and what is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from licensedesk.core import audit
from licensedesk.core.changes import Standing
from licensedesk.core.nodes.counts import recount
from licensedesk.core.nodes.filters import NodeFilter
from licensedesk.core.nodes.judging import Act
from licensedesk.core.nodes.queries import Column, Sort
from licensedesk.core.nodes.states import NodesChanged, change_nodes, preview_nodes
from licensedesk.core.nodes.work import CHUNK, CancelledError, Watch, digest_of
from licensedesk.core.types import Actor, NodeId, NodeState
from tests.core.example import AT, BY, OTHER, PRODUCT, Example, dump, refused
from tests.core.nodes.devices import device, found, listed, take_in

EVERYTHING = NodeFilter()
D, M, X = NodeState.DISCOVERED, NodeState.MANAGED, NodeState.EXCLUDED


def do(example: Example, act: Act, chosen: Any = EVERYTHING, **given: Any) -> NodesChanged:
    return change_nodes(example.store, chosen, act=act, **{"by": BY, "at": AT, **given})


def ids(example: Example, *names: str) -> list[NodeId]:
    return [row.id for name in names for row in listed(example, text=name)]


def states(example: Example) -> dict[str, str]:
    return {row.host_name: row.state for row in listed(example)}


@pytest.fixture
def three(example: Example) -> Example:
    """The example with pc-0000, pc-0001 and pc-0002 found by d, whose range holds 10."""
    take_in(example, found(3), source="d")
    return example


# -- transitions -----------------------------------------------------------------------------------


@pytest.mark.parametrize("act", [Act.MANAGE, Act.EXCLUDE, Act.DISCOVER, Act.DELETE])
@pytest.mark.parametrize("first", [Act.MANAGE, Act.EXCLUDE, Act.DISCOVER])
def test_every_transition(three: Example, first: Act, act: Act) -> None:
    do(three, first)
    result = do(three, act, ids(three, "pc-0001"))
    becomes = {Act.MANAGE: M, Act.EXCLUDE: X, Act.DISCOVER: D}
    expected = dict.fromkeys(["pc-0000", "pc-0001", "pc-0002"], becomes[first].value)
    if act is Act.DELETE:
        del expected["pc-0001"]
    else:
        expected["pc-0001"] = becomes[act].value
    assert states(three) == expected
    assert (result.matched, result.changed, result.left) == (1, int(first is not act), 0)
    assert recount(three.store) == {}
    managed = sum(state == M for state in expected.values())
    assert three.remaining()["d"] == 10 - managed


def test_leaving_managed_frees_the_license_at_once(example: Example) -> None:
    take_in(example, found(11), source="d", manage=True)
    do(example, Act.EXCLUDE, ids(example, "pc-0000"))
    do(example, Act.MANAGE, ids(example, "pc-0010"))
    assert example.remaining()["d"] == 0


def test_the_answer_has_the_range_before_and_after(three: Example) -> None:
    result = do(three, Act.MANAGE)
    [change] = result.changes.ranges
    assert (change.host_name, change.product) == ("d", PRODUCT)
    assert (change.before, change.after) == (Standing(1, 10, 0), Standing(1, 10, 3))
    assert result.changes.nodes
    assert result.changes.version is None


def test_nothing_changes_where_all_are_so_already(three: Example) -> None:
    result = do(three, Act.DISCOVER)
    assert (result.matched, result.changed, result.left) == (3, 0, 0)
    assert not result.changes.nodes


# -- what fits -------------------------------------------------------------------------------------


def test_in_bulk_all_fit_or_none_is_managed(example: Example) -> None:
    take_in(example, found(11), source="d")
    take_in(example, found(5), source="a")
    with refused(
        example.site, "no-license-remaining", requested=11, remaining=10, product=PRODUCT, source="d"
    ):
        do(example, Act.MANAGE)


@pytest.mark.parametrize(
    ("sort", "left"),
    [
        (Sort(), ["pc-0010", "pc-0011"]),
        (Sort(Column.HOST_NAME, descending=True), ["pc-0000", "pc-0001"]),
        (Sort(Column.FIRST_SEEN), ["pc-0000", "pc-0001"]),
    ],
)
def test_the_first_n_in_the_lists_order(example: Example, sort: Sort, left: list[str]) -> None:
    take_in(example, reversed(found(12)), source="d")
    result = do(example, Act.MANAGE, as_many_as_fit=True, sort=sort)
    assert (result.matched, result.changed, result.left) == (12, 10, 2)
    assert [name for name, state in states(example).items() if state == D] == left
    assert recount(example.store) == {}


def test_the_first_n_of_the_ids_given(example: Example) -> None:
    take_in(example, found(12), source="d")
    given = [row.id for row in listed(example)][::-1]
    do(example, Act.MANAGE, [*given, *given], as_many_as_fit=True)
    assert [name for name, state in states(example).items() if state == D] == ["pc-0000", "pc-0001"]


def test_as_many_as_fit_in_each_range_and_product(example: Example) -> None:
    example.register("other", 2, product=OTHER)
    for source in ("a", "b", "d", "e"):
        take_in(example, found(30, prefix=source), source=source)
    take_in(example, found(5, prefix="x"), source="b", product=OTHER)
    result = do(example, Act.MANAGE, as_many_as_fit=True)
    assert (result.changed, result.left) == (30 + 30 + 10 + 30 + 2, 20 + 3)
    assert example.remaining() == {"ab": 40, "d": 0, "ce": 10}
    assert example.remaining(product=OTHER) == {"ab": 0, "d": 0, "ce": 0}
    assert recount(example.store) == {}


def test_who_has_a_license_takes_no_other(example: Example) -> None:
    take_in(example, found(10), source="d", manage=True)
    assert example.remaining()["d"] == 0
    for as_many_as_fit in (False, True):
        result = do(example, Act.MANAGE, as_many_as_fit=as_many_as_fit)
        assert (result.matched, result.changed, result.left) == (10, 0, 0)


def test_more_than_one_chunk(example: Example) -> None:
    take_in(example, found(CHUNK + 10))
    told: list[int] = []
    result = do(example, Act.EXCLUDE, watch=Watch(told.append))
    assert (result.changed, told) == (CHUNK + 10, [CHUNK, CHUNK + 10])
    assert recount(example.store) == {}


def test_a_cancelled_action_changes_nothing(three: Example) -> None:
    before = dump(three.store)
    with pytest.raises(CancelledError):
        do(three, Act.DELETE, watch=Watch(cancelled=lambda: True))
    assert dump(three.store) == before


def test_a_short_range_manages_nothing(example: Example) -> None:
    reported = [one._replace(reported_managed=True) for one in found(12)]
    take_in(example, reported, source="d", as_reported=True)
    take_in(example, found(1, prefix="late"), source="d")
    with refused(example.site, "no-license-remaining", requested=1, remaining=0, product=PRODUCT, source="d"):
        do(example, Act.MANAGE, ids(example, "late"))
    assert do(example, Act.MANAGE, ids(example, "late"), as_many_as_fit=True).left == 1


# -- products --------------------------------------------------------------------------------------


def test_a_managed_node_changes_its_product_if_the_other_remains(three: Example) -> None:
    three.register("other", 2, product=OTHER)
    take_in(three, found(3, prefix="a"), source="a", manage=True)
    chosen = ids(three, "a-000")
    with refused(three.site, "no-license-remaining", requested=3, remaining=2, product=OTHER, source="a"):
        do(three, Act.SET_PRODUCT, chosen, product=OTHER)
    result = do(three, Act.SET_PRODUCT, chosen[:2], product=OTHER)
    assert result.changed == 2
    assert three.remaining()["ab"] == 99
    assert three.remaining(product=OTHER)["ab"] == 0
    assert recount(three.store) == {}


def test_what_a_discovered_node_is_meant_for_takes_no_license(three: Example) -> None:
    do(three, Act.SET_PRODUCT, product=OTHER)
    assert {row.product for row in listed(three)} == {OTHER}
    assert set(states(three).values()) == {"discovered"}


def test_managing_for_another_product(three: Example) -> None:
    with refused(three.site, "no-license-remaining", requested=3, remaining=0, product=OTHER, source="d"):
        do(three, Act.MANAGE, product=OTHER)
    with refused(three.site, "unknown-product", product="Nothing"):
        do(three, Act.MANAGE, product="Nothing")


# -- who and which ---------------------------------------------------------------------------------


@pytest.mark.parametrize("act", list(Act))
def test_unknown_nodes(three: Example, act: Act) -> None:
    with refused(three.site, "unknown-node", node=999):
        do(three, act, [*ids(three, "pc-0000"), 999], product=OTHER)


def test_another_holders_console_touches_its_own_range_only(three: Example) -> None:
    take_in(three, found(1, prefix="c"), source="c")
    local = Actor(name="c", server=three.id("c"))
    with refused(three.site, "out-of-scope", local="c", subject="d"):
        do(three, Act.EXCLUDE, ids(three, "pc-0000", "c-0000"), by=local)
    assert do(three, Act.EXCLUDE, by=local).matched == 1
    assert [name for name, state in states(three).items() if state == X] == ["c-0000"]


def test_all_that_match_a_filter(three: Example) -> None:
    take_in(three, [device("srv", "10.9.0.1")], source="d")
    assert do(three, Act.DELETE, NodeFilter(text="pc-", states=(D,))).changed == 3
    assert list(states(three)) == ["srv"]


# -- told beforehand and afterwards ----------------------------------------------------------------


@pytest.mark.parametrize("chosen", [EVERYTHING, NodeFilter(text="pc")])
@pytest.mark.parametrize("act", list(Act))
def test_the_preview_tells_what_then_happens(example: Example, act: Act, chosen: NodeFilter) -> None:
    take_in(example, found(12), source="d", manage=True)
    do(example, Act.EXCLUDE, ids(example, "pc-0003"))
    take_in(example, found(4, prefix="pca"), source="e")
    given: dict[str, Any] = {"act": act, "as_many_as_fit": True, "product": None, "by": BY, "at": AT}
    if act is Act.SET_PRODUCT:
        given["product"] = OTHER
    before = dump(example.store)
    expected = preview_nodes(example.store, chosen, **given)
    assert dump(example.store) == before
    assert change_nodes(example.store, chosen, **given) == expected


def test_a_preview_is_refused_as_the_action(example: Example) -> None:
    take_in(example, found(11), source="d")
    with refused(
        example.site, "no-license-remaining", requested=11, remaining=10, product=PRODUCT, source="d"
    ):
        preview_nodes(example.store, EVERYTHING, act=Act.MANAGE, by=BY, at=AT)


def test_a_bulk_action_is_audited_with_filter_counts_and_digest(three: Example) -> None:
    do(three, Act.MANAGE, NodeFilter(text="pc", sources=(three.id("d"),)))
    [entry] = audit.entries(three.store, limit=1)
    assert (entry.action, entry.subject) == ("node-manage", "nodes")
    assert entry.before == {
        "filter": {"sources": [three.id("d")], "text": "pc"},
        "matched": {"discovered": 3},
    }
    assert {name: entry.after[name] for name in ("changed", "left", "product")} == {
        "changed": 3,
        "left": 0,
        "product": None,
    }
    assert entry.after["ids"] == digest_of(ids(three, "pc-"))
    assert audit.verify(three.store).intact
    json.dumps(entry.after)


def test_the_digest_is_of_the_nodes_that_changed_and_in_their_order(three: Example) -> None:
    do(three, Act.EXCLUDE, ids(three, "pc-0001"))
    last, first, middle = ids(three, "pc-0002", "pc-0000", "pc-0001")
    do(three, Act.EXCLUDE, [last, middle, first])
    [entry] = audit.entries(three.store, limit=1)
    assert (entry.subject, entry.after["changed"]) == ("nodes", 2)
    assert entry.after["ids"] == digest_of([last, first])


def test_an_action_on_one_node_is_audited_by_its_name(three: Example) -> None:
    do(three, Act.DELETE, ids(three, "pc-0001"))
    [entry] = audit.entries(three.store, limit=1)
    assert (entry.action, entry.subject) == ("node-delete", "pc-0001")
