"""Where a server may stand: 7 levels, 100 relays under one, 255 bytes of names, no cycle."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from licensedesk.core import placement
from licensedesk.core.errors import RefusedError
from licensedesk.core.placement import place, require_within_limits
from licensedesk.core.tree import ServerFact, Tree
from licensedesk.core.types import Role, ServerId

A = ServerFact(ServerId("a"), "a", "primary", None, "none")


def server(name: str, parent: str, role: str = "relay", option: str = "none") -> ServerFact:
    return ServerFact(ServerId(name), name, role, ServerId(parent), option)


def tree_of(*servers: ServerFact) -> Tree:
    return Tree.of([A, *servers])


def chain(names: Iterable[str]) -> list[ServerFact]:
    """Relays, each under the one before, the first under the primary."""
    found: list[ServerFact] = []
    for name in names:
        found.append(server(name, found[-1].id if found else "a"))
    return found


def refusal(tree: Tree, one: ServerFact, under: str) -> tuple[str, dict[str, object]]:
    with pytest.raises(RefusedError) as raised:
        place(tree, one, under=ServerId(under))
    assert "?" not in raised.value.message
    return raised.value.code, raised.value.figures


def test_seven_levels_and_not_eight() -> None:
    tree = tree_of(*chain("bcdef"))
    seventh = place(tree, server("g", ""), under=ServerId("f"))
    assert seventh.get(ServerId("g")).parent == "f"
    assert refusal(seventh, server("h", ""), "g") == ("too-deep", {"server": "h", "level": 8, "limit": 7})


def test_a_managed_server_may_stand_below_the_seventh_level() -> None:
    tree = place(tree_of(*chain("bcdefg")), server("m", "", role="managed"), under=ServerId("g"))
    assert tree.get(ServerId("m")).parent == "g"


def test_a_subtree_is_judged_to_its_deepest_relay() -> None:
    tree = tree_of(*chain("bcdef"), server("x", "a"), server("y", "x"), server("m", "y", role="managed"))
    assert place(tree, tree.get(ServerId("x")), under=ServerId("e")).get(ServerId("y")).parent == "x"
    below_f = ("too-deep", {"server": "y", "level": 8, "limit": 7})
    assert refusal(tree, tree.get(ServerId("x")), "f") == below_f


def test_a_hundred_relays_and_not_one_more() -> None:
    relays = [server(f"r{number}", "a") for number in range(99)]
    managed = [server(f"m{number}", "a", role="managed") for number in range(50)]
    full = place(tree_of(*relays, *managed), server("r99", ""), under=A.id)
    assert refusal(full, server("r100", ""), "a") == (
        "too-many-relays",
        {"parent": "a", "count": 100, "limit": 100},
    )
    # Neither a managed server nor a relay that stands there already is one more.
    place(full, server("m50", "", role="managed"), under=A.id)
    place(full, full.get(ServerId("r7")), under=A.id)
    # Other parents have room of their own.
    below = place(full, server("s", ""), under=ServerId("r0"))
    assert refusal(below, below.get(ServerId("s")), "a")[0] == "too-many-relays"


def test_a_whole_tree_is_judged_from_its_primary() -> None:
    """As when the primary is renamed: levels count from it."""
    require_within_limits(tree_of(*chain("bcdefg")), A.id)
    with pytest.raises(RefusedError) as deeper:
        require_within_limits(tree_of(*chain("bcdefgh")), A.id)
    assert (deeper.value.code, deeper.value.figures["level"]) == ("too-deep", 8)


def test_names_below_the_primary_take_255_bytes_with_their_slashes() -> None:
    names = ["b" * 63, "c" * 63, "d" * 63]
    tree = tree_of(*chain(names))
    # 3 x 63 + 3 slashes = 192; 63 are left.
    place(tree, server("e" * 63, ""), under=ServerId(names[-1]))
    assert refusal(tree, server("e" * 64, ""), names[-1]) == (
        "path-too-long",
        {"server": "e" * 64, "length": 256, "limit": 255},
    )
    managed = server("m" * 64, "", role="managed")
    assert refusal(tree, managed, names[-1])[0] == "path-too-long"


def test_a_subtree_is_judged_to_its_longest_path() -> None:
    long = server("x" * 127, "a")
    tree = tree_of(server("b" * 120, "a"), long, server("y" * 127, long.id))
    # 127 + 1 + 127 = 255 under the primary; one byte more of names above is too much.
    assert place(tree, long, under=A.id)
    code, figures = refusal(tree, long, "b" * 120)
    assert (code, figures["length"]) == ("path-too-long", 120 + 1 + 127 + 1 + 127)


def test_bytes_count_and_not_characters() -> None:
    # No host name has such letters today; the limit is in bytes whatever the names are made of.
    assert refusal(tree_of(), server("ü" * 128, ""), "a")[1]["length"] == 256


@pytest.mark.parametrize("name", ["a", "a" * 255])
def test_the_name_of_the_primary_is_no_part_of_the_paths(name: str) -> None:
    primary = A._replace(host_name=name)
    long = server("b" * 255, "a")
    require_within_limits(Tree.of([primary, long]), A.id)
    require_within_limits(Tree.of([primary, long]), long.id)


def test_every_way_to_a_cycle() -> None:
    tree = tree_of(*chain("bcd"))
    for moved in "bcd":
        for below in "bcd"["bcd".index(moved) :]:
            figures = {"server": moved, "parent": below}
            assert refusal(tree, tree.get(ServerId(moved)), below) == ("cycle", figures)


def test_the_primary_stays_where_it_is() -> None:
    tree = tree_of(*chain("b"))
    assert refusal(tree, A, "b") == ("is-primary", {"server": "a"})


def test_nothing_stands_below_a_managed_server() -> None:
    tree = tree_of(server("m", "a", role="managed"), server("b", "a"))
    for role in (Role.RELAY, Role.MANAGED):
        assert refusal(tree, server("x", "", role=role.value), "m") == (
            "not-a-management-server",
            {"server": "m"},
        )


def test_nothing_stands_below_a_server_that_is_not_there() -> None:
    assert refusal(tree_of(), server("b", ""), "gone") == ("unknown-server", {"server": "gone"})


def test_the_limits_are_those_of_the_design() -> None:
    assert (placement.MOST_LEVELS, placement.MOST_RELAYS, placement.MOST_PATH_BYTES) == (7, 100, 255)
