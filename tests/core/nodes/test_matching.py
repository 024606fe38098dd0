"""Which known node a found device is, as a table of cases; and that the matcher forgets as it is told."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensedesk.core.exchange.devices import OS_FAMILIES
from licensedesk.core.nodes import matching
from licensedesk.core.nodes.matching import Identity, Matcher
from licensedesk.core.types import NodeId

A, B, C = (f"00:1a:2b:00:00:0{i}" for i in range(3))


def known(host: str = "pc", ip: str = "10.0.0.1", *macs: str, os: str = "", inventory: str = "") -> Identity:
    return Identity(host, ip, macs, os, inventory)


def matcher(*nodes: Identity) -> Matcher:
    made = Matcher()
    for number, node in enumerate(nodes, start=1):
        made.add(NodeId(number), node)
    return made


class Case(NamedTuple):
    name: str
    nodes: list[Identity]
    device: Identity
    found: int | None


CASES = [
    Case("nothing known", [], known(), None),
    Case("same inventory id, all else other", [known(inventory="i")], known("x", "y", inventory="i"), 1),
    Case(
        "inventory id before MAC",
        [known("a", "1", A), known("b", "2", inventory="i")],
        known("c", "3", A, inventory="i"),
        2,
    ),
    Case(
        "inventory id before OS family",
        [known(os="linux", inventory="i")],
        known("x", os="windows", inventory="i"),
        1,
    ),
    Case(
        "another inventory id, a shared MAC",
        [known("a", "1", A, inventory="i")],
        known("b", "2", A, inventory="j"),
        1,
    ),
    Case("one of several MACs", [known("a", "1", A, B)], known("b", "2", B, C), 1),
    Case("no MAC in common, other name", [known("a", "1", A)], known("b", "2", B), None),
    Case("MAC before name and IP", [known("a", "1", A), known("b", "2")], known("b", "2", A), 1),
    Case("MAC, same family", [known("a", "1", A, os="linux")], known("b", "2", A, os="linux"), 1),
    Case("MAC, family unknown at the node", [known("a", "1", A)], known("b", "2", A, os="linux"), 1),
    Case("MAC, family unknown at the device", [known("a", "1", A, os="linux")], known("b", "2", A), 1),
    Case(
        "MAC, families differ: multi-boot",
        [known("a", "1", A, os="linux")],
        known("b", "2", A, os="windows"),
        None,
    ),
    Case(
        "multi-boot under one name and IP",
        [known("a", "1", A, os="linux")],
        known("a", "1", A, os="windows"),
        None,
    ),
    Case(
        "multi-boot, both systems known",
        [known("a", "1", A, os="linux"), known("a", "1", A, os="windows")],
        known("a", "1", A, os="windows"),
        2,
    ),
    Case(
        "one MAC at two nodes: the same family before an unknown one",
        [known("a", "1", A), known("b", "2", A, os="linux")],
        known("c", "3", A, os="linux"),
        2,
    ),
    Case(
        "one MAC at two nodes of one family: the first",
        [known("a", "1", A, os="linux"), known("b", "2", A, os="linux")],
        known("c", "3", A, os="linux"),
        1,
    ),
    Case("same name and IP", [known()], known(), 1),
    Case("same name and IP, families differ", [known(os="linux")], known(os="windows"), 1),
    Case("same name and IP, other MAC", [known("a", "1", A)], known("a", "1", B), 1),
    Case("same name, other IP", [known("a", "1")], known("a", "2"), None),
    Case("same IP, other name", [known("a", "1")], known("b", "1"), None),
    Case("same name, no IP at both", [known("a", "")], known("a", ""), 1),
    Case("no inventory id is no inventory id", [known("a", "1")], known("b", "2"), None),
    Case("of two with the same name and IP the first", [known(), known()], known(), 1),
    Case(
        "of two the one known as little",
        [known("a", "1", inventory="i"), known("a", "1")],
        known("a", "1"),
        2,
    ),
    Case("of two the one known as much", [known("a", "1"), known("a", "1", A)], known("a", "1", B), 2),
]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_match(case: Case) -> None:
    assert matcher(*case.nodes).find(case.device) == case.found


@pytest.mark.parametrize("device", OS_FAMILIES)
@pytest.mark.parametrize("node", OS_FAMILIES)
def test_a_shared_mac_unless_both_families_are_known_and_differ(node: str, device: str) -> None:
    for inventory in ("", "i"):
        made = matcher(known("a", "1", A, os=node, inventory=inventory))
        expected = None if node and device and node != device else 1
        assert made.find(known("b", "2", A, os=device)) == expected


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_what_is_forgotten_is_found_no_more(case: Case) -> None:
    made = matcher(*case.nodes)
    for number, node in enumerate(case.nodes, start=1):
        made.forget(NodeId(number), node)
    assert made.find(case.device) is None


def test_others_are_still_found_when_one_is_forgotten() -> None:
    made = matcher(known("a", "1", A, os="linux"), known("a", "1", A, os="windows"), known("a", "1"))
    made.forget(NodeId(1), known("a", "1", A, os="linux"))
    assert made.find(known("b", "2", A)) == 2
    assert made.find(known("a", "1")) == 3


@pytest.mark.parametrize(
    ("mac", "family", "elsewhere"),
    [
        (A, None, True),
        (A, "", False),
        (A, "linux", True),
        (A, "windows", False),
        (B, "linux", False),
        (C, "", False),
    ],
)
def test_a_mac_leads_to_one_node_of_an_operating_system(
    mac: str, family: str | None, elsewhere: bool
) -> None:
    made = matcher(known("a", "1", A, os="linux"), known("b", "2", B))
    assert made.leads_elsewhere(mac, NodeId(2), family) is elsewhere
    assert not made.leads_elsewhere(A, NodeId(1), family)


def test_what_a_row_says_leads_to_its_node_unless_it_leads_elsewhere() -> None:
    made = matcher(known("a", "1", A, inventory="i"), known("b", "2", B, inventory="j"))
    made.add_listed(NodeId(2), known("a", "1", A, C, inventory="k"))
    assert made.find(known("x", "9", C)) == 2
    assert made.find(known("x", "9", inventory="k")) == 2
    assert made.find(known("x", "9", A)) == 1
    assert made.find(known("a", "1")) == 1
    assert not made.leads_elsewhere(A, NodeId(1)), "nor is its MAC node 2's beside"
    made.add_listed(NodeId(2), known("c", "3"))
    assert made.find(known("c", "3")) == 2


KEYS = st.sampled_from(["", "1", "11", "a", "a1", "1a", "a\n", "\na", "ä", "a\n1", "日"])
STEPS = st.lists(
    st.tuples(st.sampled_from(["put", "put_first", "drop"]), KEYS, st.integers(0, 12)), max_size=40
)


@given(steps=STEPS, buckets=st.sampled_from([1, 2, 1 << 17]))
def test_marks_by_key_are_as_those_of_a_dict_of_sets(steps: list[tuple[str, str, int]], buckets: int) -> None:
    """Whichever keys share a bucket."""
    model: dict[str, set[int]] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matching, "_BUCKETS", buckets)
        index = matching._Index()
        for step, key, mark in steps:
            getattr(index, step)(key, mark)
            marks = model.setdefault(key, set())
            if step == "drop":
                marks.discard(mark)
            elif step == "put" or not marks:
                marks.add(mark)
            assert {one: index.all(one) for one in model} == {
                one: tuple(sorted(marks)) for one, marks in model.items()
            }
