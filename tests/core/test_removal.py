"""Removing a server: what stands against it, and where its children and nodes go."""

from __future__ import annotations

from typing import Any

import pytest

from licensedesk.core import audit
from licensedesk.core.changes import Changes
from licensedesk.core.nodes.work import digest_of
from licensedesk.core.options import set_option
from licensedesk.core.placement import MOST_RELAYS
from licensedesk.core.removal import remove_server
from licensedesk.core.servers import add_server
from licensedesk.core.site import site_version
from licensedesk.core.store.facts import read_tree
from licensedesk.core.types import Actor, Option, Role, ServerId
from tests.core.example import AT, BY, PRODUCT, Example, add_nodes, refused


def remove(
    example: Example,
    server: str,
    *,
    children_to: str | None = None,
    nodes_to: str | None = None,
    **given: Any,
) -> Changes:
    return remove_server(
        example.store,
        server=example.id(server),
        children_to=example.id(children_to) if children_to else None,
        nodes_to=example.id(nodes_to) if nodes_to else None,
        **{"by": BY, "at": AT, **given},
    )


def counts(example: Example) -> dict[tuple[str, str], int]:
    """Nodes by managing source and state, from the nodes themselves; the counters must say the same."""
    query = (
        "SELECT s.host_name, n.state, {number} FROM {table} n JOIN server s ON s.id = n.source_id"
        " GROUP BY 1, 2 HAVING {number} > 0"
    )
    nodes = example.store.rows(query.format(number="count(*)", table="node"))
    counters = example.store.rows(query.format(number="sum(n.nodes)", table="node_count"))
    assert sorted(nodes) == sorted(counters)
    return {(source, state): number for source, state, number in nodes}


def managed_server(example: Example, name: str, under: str) -> ServerId:
    added = add_server(
        example.store, host_name=name, under=example.id(under), role=Role.MANAGED, by=BY, at=AT
    )
    return added.server


@pytest.mark.parametrize(("server", "children"), [("b", 1), ("c", 1)])
def test_a_server_with_children_stays(example: Example, server: str, children: int) -> None:
    with refused(example.site, "has-children", server=server, count=children):
        remove(example, server)


def test_managed_servers_are_children_too(example: Example) -> None:
    managed_server(example, "m", "e")
    managed_server(example, "n", "e")
    with refused(example.site, "has-children", server="e", count=2):
        remove(example, "e")
    remove(example, "e", children_to="d")
    assert read_tree(example.store).source_of(example.id("m")).host_name == "d"
    remove(example, "n")
    assert example.held() == {"ab": 100, "dm": 10, "c": 40}


def test_a_server_with_registered_licenses_stays(example: Example) -> None:
    set_option(example.store, server=example.id("e"), option=Option.REGISTRATION, quantities={}, by=BY, at=AT)
    example.register("R-1", 1, on="e")
    example.register("R-2", 1, on="e", last=AT.date())
    for to in (None, "a"):
        with refused(example.site, "has-licenses", server="e", count=2):
            remove(example, "e", children_to=to, nodes_to=to)


@pytest.mark.parametrize("state", ["managed", "discovered", "excluded"])
def test_a_server_with_nodes_in_any_state_stays(example: Example, state: str) -> None:
    add_nodes(example.store, example.id("e"), product=PRODUCT, **{state: 3})
    with refused(example.site, "has-nodes", server="e", count=3):
        remove(example, "e")


def test_nodes_go_along_with_their_counts(example: Example) -> None:
    example.add_nodes("e", managed=3, discovered=2, excluded=1)
    example.add_nodes("b", managed=4, discovered=5)
    example.add_nodes("d", managed=1, excluded=1)
    ids = [node for (node,) in example.store.rows("SELECT id FROM node ORDER BY id LIMIT 6")]
    done = remove(example, "e", nodes_to="b")
    assert counts(example) == {
        ("b", "managed"): 7,
        ("b", "discovered"): 7,
        ("b", "excluded"): 1,
        ("d", "managed"): 1,
        ("d", "excluded"): 1,
    }
    assert example.remaining() == {"ab": 93, "d": 9, "c": 40}
    assert {change.host_name for change in done.ranges} == {"a", "c"}
    assert done.nodes
    entry = audit.entries(example.store, limit=1)[0]
    assert (entry.action, entry.subject) == ("server-remove", "e")
    assert entry.before == {"id": entry.before["id"], "children": [], "nodes": 6}
    assert entry.after == {"children_to": None, "nodes_to": "b", "ids": digest_of(ids)}


def test_nodes_that_make_another_range_short_need_a_confirmation(example: Example) -> None:
    example.add_nodes("e", managed=11)
    preview = remove(example, "e", nodes_to="d", preview=True)
    changes = [change.as_json() for change in preview.ranges]
    with refused(example.site, "needs-confirmation", count=1, ranges=["d"], changes=changes):
        remove(example, "e", nodes_to="d")
    done = remove(example, "e", nodes_to="d", confirmed=True)
    assert done.ranges == preview.ranges
    assert example.remaining() == {"ab": 100, "d": -1, "c": 40}


def test_the_allocation_returns_to_the_primary_and_nodes_count_one_holder_up(example: Example) -> None:
    example.add_nodes("c", managed=25)
    example.add_nodes("e", managed=20)
    example.add_nodes("a", managed=90)
    assert example.remaining() == {"ab": 10, "d": 10, "ce": -5}
    # 100 + 40 are held, 90 + 45 used.
    remove(example, "c", children_to="a", nodes_to="a")
    entry = audit.entries(example.store, limit=1)[0]
    assert (entry.before["children"], entry.after["children_to"]) == (["e"], "a")
    assert example.remaining() == {"abe": 5, "d": 10}
    assert example.store.value("SELECT count(*) FROM allocation") == 1


@pytest.mark.parametrize(
    ("targets", "code", "figures"),
    [
        ({"children_to": "c"}, "cycle", {"server": "c", "parent": "c"}),
        ({"nodes_to": "c"}, "cycle", {"server": "c", "parent": "c"}),
        ({"children_to": "e"}, "cycle", {"server": "e", "parent": "e"}),
        ({"children_to": "m"}, "not-a-management-server", {"server": "m"}),
        ({"children_to": "a", "nodes_to": "m"}, "not-a-management-server", {"server": "m"}),
    ],
)
def test_what_is_left_behind_goes_to_another_management_server(
    example: Example, targets: dict[str, str], code: str, figures: dict[str, str]
) -> None:
    managed_server(example, "m", "d")
    with refused(example.site, code, **figures):
        remove(example, "c", **targets)


def test_a_place_that_is_not_there(example: Example) -> None:
    gone = ServerId("0" * 16)
    for children_to, nodes_to in ((gone, None), (None, gone)):
        with refused(example.site, "unknown-server", server=gone):
            remove_server(
                example.store,
                server=example.id("d"),
                children_to=children_to,
                nodes_to=nodes_to,
                by=BY,
                at=AT,
            )


def test_the_primary_stays(example: Example) -> None:
    with refused(example.site, "is-primary", server="a"):
        remove(example, "a", children_to="b", nodes_to="b")


def test_the_limits_are_judged_as_the_tree_is_afterwards(example: Example) -> None:
    # a has its 100 relays: b, c and 98 more. Removing b makes room for its one child, not for two.
    for number in range(MOST_RELAYS - 2):
        add_server(
            example.store, host_name=f"r{number}", under=example.id("a"), role=Role.RELAY, by=BY, at=AT
        )
    added = add_server(
        example.store, host_name="f", under=example.id("b"), role=Role.RELAY, by=BY, at=AT
    ).server
    with refused(example.site, "too-many-relays", parent="a", count=99, limit=100):
        remove(example, "b", children_to="a")
    remove_server(example.store, server=added, children_to=None, nodes_to=None, by=BY, at=AT)
    remove(example, "b", children_to="a")
    assert len(read_tree(example.store).children[example.id("a")]) == MOST_RELAYS


def test_children_keep_within_levels_and_paths(example: Example) -> None:
    for name, under in zip("fghi", "dfgh", strict=True):
        add_server(example.store, host_name=name, under=example.id(under), role=Role.RELAY, by=BY, at=AT)
    # c with its child e: e would stand at level 8 below i.
    with refused(example.site, "too-deep", server="e", level=8, limit=7):
        remove(example, "c", children_to="i")


def test_a_thousand_children_move_in_one_step(example: Example) -> None:
    for number in range(20):
        managed_server(example, f"m{number}", "e")
    parent = example.id("e")
    with example.store.writing():
        example.store.run_many(
            'INSERT INTO server (id, host_name, role, parent_id, "option", suspended, added_at)'
            " VALUES (?, ?, 'managed', ?, 'none', 0, '')",
            [(f"{number:016x}", f"n{number}", parent) for number in range(1000)],
        )
    remove(example, "e", children_to="b")
    assert len(read_tree(example.store).children[example.id("b")]) == 1021


def test_a_removal_is_numbered_and_the_name_is_free_again(example: Example) -> None:
    version, old = site_version(example.store), example.id("d")
    assert remove(example, "d").version == version + 1
    assert audit.entries(example.store, limit=1)[0].after == {
        "children_to": None,
        "nodes_to": None,
        "ids": None,
    }
    added = add_server(example.store, host_name="d", under=example.id("b"), role=Role.RELAY, by=BY, at=AT)
    assert added.server != old
    assert example.held() == {"abd": 110, "ce": 40}


def test_a_deregistered_license_keeps_the_name_of_a_server_that_is_gone(example: Example) -> None:
    from licensedesk.core.license_list import list_licenses
    from licensedesk.core.licenses import deregister

    server = example.id("e")
    set_option(example.store, server=server, option=Option.REGISTRATION, quantities={}, by=BY, at=AT)
    example.register("R-1", 1, on="e")
    deregister(example.store, issuer="Acme", serial="R-1", by=BY, at=AT)
    remove(example, "e")
    rows = list_licenses(example.store, on=AT.date(), by=BY)
    assert [(row.serial, row.server, row.state) for row in rows] == [
        ("A-150", "a", "valid"),
        ("R-1", "e", "deregistered"),
    ]


def test_only_the_primarys_administrator_removes(example: Example) -> None:
    with refused(example.site, "out-of-scope", local="c", subject="e"):
        remove(example, "e", by=Actor(name="carl", server=example.id("c")))


def test_figures_of_other_products_are_kept(example: Example) -> None:
    example.add_nodes("e", managed=1, product="Patch Agent")
    preview = remove(example, "e", nodes_to="a", preview=True)
    short = [(change.host_name, change.product) for change in preview.ranges if change.grows_short]
    assert short == [("a", "Patch Agent")]
    assert example.held(product=PRODUCT) == {"ab": 100, "d": 10, "ce": 40}


def test_a_preview_judges_one_state_while_others_write(
    example: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nodes that another console adds between the facts and the judgement are in neither or in both."""
    from licensedesk.core import removal
    from licensedesk.core.site import open_site

    other = open_site(example.site.folder)
    count = removal.count_nodes

    def late(store: Any, server: ServerId) -> int:
        add_nodes(other.store, server, product=PRODUCT, managed=3)
        return count(store, server)

    monkeypatch.setattr(removal, "count_nodes", late)
    preview = remove(example, "d", preview=True)
    monkeypatch.undo()
    assert {change.host_name for change in preview.ranges} == {"a", "d"}
    with refused(example.site, "has-nodes", server="d", count=3):
        remove(example, "d", preview=True)
    other.close()
