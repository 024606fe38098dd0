"""The tree in memory: order, ranges by one pass, and reading it from the database."""

from __future__ import annotations

import random

import pytest

from licensedesk.core.errors import RefusedError
from licensedesk.core.store.facts import read_tree
from licensedesk.core.tree import ServerFact, Tree, is_management, may_register, sharing_sources
from licensedesk.core.types import ServerId
from tests.core.example import Example


def fact(name: str, parent: str | None, role: str = "relay", option: str = "none") -> ServerFact:
    above = None if parent is None else ServerId(parent.upper())
    return ServerFact(ServerId(name.upper()), name, role, above, option)


A = fact("a", None, role="primary")
B = fact("b", "a")
C = fact("c", "a", option="distribution")
D = fact("d", "b", option="registration")
E = fact("e", "c")
M = fact("m", "e", role="managed")
ROWS = [A, B, C, D, E, M]


@pytest.fixture
def tree() -> Tree:
    return Tree.of(ROWS)


@pytest.mark.parametrize("seed", range(10))
def test_rows_in_any_order_give_parents_before_children(seed: int) -> None:
    rows = random.Random(seed).sample(ROWS, len(ROWS))  # noqa: S311 - an order, no secret
    tree = Tree.of(rows)
    assert sorted(tree.servers) == sorted(ROWS)
    assert tree.primary == A
    for position, parent in enumerate(tree.parents):
        assert parent < position or position == 0


def test_the_nearest_higher_holder_is_the_sharing_source(tree: Tree) -> None:
    found = {server.host_name: tree.source_of(server.id).host_name for server in ROWS}
    assert found == {"a": "a", "b": "a", "c": "c", "d": "d", "e": "c", "m": "c"}
    assert {source: [one.host_name for one in servers] for source, servers in tree.members.items()} == {
        "A": ["a", "b"],
        "C": ["c", "e", "m"],
        "D": ["d"],
    }


def test_sharing_sources_of_parents_alone() -> None:
    assert sharing_sources([0, 0, 1, 2, 0], [True, False, True, False, False]) == [0, 0, 2, 2, 0]


def test_walking_up_and_down(tree: Tree) -> None:
    assert [above.host_name for above in tree.ancestors(M.id)] == ["e", "c", "a"]
    assert list(tree.ancestors(A.id)) == []
    assert [below.host_name for below in tree.subtree(C.id)] == ["c", "e", "m"]
    assert {parent: [one.host_name for one in below] for parent, below in tree.children.items()} == {
        "A": ["b", "c"],
        "B": ["d"],
        "C": ["e"],
        "E": ["m"],
    }


def test_one_server_more_other_or_less(tree: Tree) -> None:
    with_f = tree.with_server(fact("f", "d"))
    assert with_f.source_of(ServerId("F")) == D
    moved = tree.with_servers([E._replace(parent=B.id), D._replace(option="none")])
    assert {server.host_name: moved.source_of(server.id).host_name for server in ROWS} == {
        "a": "a",
        "b": "a",
        "c": "c",
        "d": "a",
        "e": "a",
        "m": "a",
    }
    assert M not in tree.without(M.id).servers
    assert len(tree.servers) == 6, "a tree is not changed, another is made"


def test_what_a_server_may_be_used_for() -> None:
    assert [is_management(server) for server in ROWS] == [True, True, True, True, True, False]
    assert [may_register(server) for server in ROWS] == [True, False, False, True, False, False]


def test_a_host_name_finds_its_server_in_any_case(tree: Tree) -> None:
    assert tree.named("D") == D


@pytest.mark.parametrize("name", ["x", "", "A.", "\u0430", "a\x00", "a" * 10_000])
def test_no_such_server(tree: Tree, name: str) -> None:
    for look in (tree.named, lambda name: tree.get(ServerId(name))):
        with pytest.raises(RefusedError) as refusal:
            look(name)
        assert (refusal.value.code, refusal.value.figures) == ("unknown-server", {"server": name})


def test_reading_gives_back_what_was_added(example: Example) -> None:
    tree = read_tree(example.store)
    assert tree.primary.host_name == "a"
    assert sorted((one.host_name, one.role, one.option) for one in tree.servers) == [
        ("a", "primary", "none"),
        ("b", "relay", "none"),
        ("c", "relay", "distribution"),
        ("d", "relay", "distribution"),
        ("e", "relay", "none"),
    ]
    assert {one.host_name: tree.get(one.parent).host_name for one in tree.servers if one.parent} == {
        "b": "a",
        "c": "a",
        "d": "b",
        "e": "c",
    }


def test_servers_of_one_parent_stand_together_and_managed_ones_last() -> None:
    chance = random.Random(3)  # noqa: S311 - a shape, no secret
    rows = [A]
    for number in range(300):
        above = chance.choice([one for one in rows if is_management(one)])
        role = chance.choice(["relay", "managed", "managed"])
        given = "none" if role == "managed" else chance.choice(["none", "none", "distribution"])
        rows.append(fact(f"s{number}", above.host_name, role=role, option=given))
    chance.shuffle(rows)
    tree = Tree.of(rows)
    assert tree.parents == [0 if one.parent is None else tree.index[one.parent] for one in tree.servers]
    assert tree.sources == sharing_sources(tree.parents, tree.holders)
    roles = [one.role for one in tree.servers]
    assert roles == sorted(roles, key=["primary", "relay", "managed"].index)
    for source, servers in tree.members.items():
        assert servers[0].id == source
        assert set(servers) == {one for one in tree.servers if tree.source_of(one.id).id == source}
