"""Who sees and may do what, at which local server."""

from __future__ import annotations

import pytest

from licensedesk.core.errors import RefusedError
from licensedesk.core.options import set_option
from licensedesk.core.scope import (
    local_actor,
    local_server,
    require_primary,
    require_sees,
    sees,
    sees_all,
    visible_source,
)
from licensedesk.core.store.facts import read_tree
from licensedesk.core.types import Actor, Option, ServerId
from tests.core.example import AT, BY, Example, refused


def at(example: Example, host_name: str) -> Actor:
    return Actor(name="somebody", server=example.id(host_name))


@pytest.mark.parametrize(("local", "seen"), [(None, "abcde"), ("a", "abcde"), ("c", "ce"), ("d", "d")])
def test_a_console_sees_the_range_of_its_local_server(example: Example, local: str | None, seen: str) -> None:
    tree = read_tree(example.store)
    actor = local_actor(tree, name="somebody", host_name=local)
    assert "".join(server for server in "abcde" if sees(tree, actor, example.id(server))) == seen
    assert sees_all(tree, actor) == (seen == "abcde")
    source = visible_source(tree, actor)
    assert (source and tree.get(source).host_name) == (None if seen == "abcde" else local)
    assert local_server(tree, actor).host_name == (local or "a")


@pytest.mark.parametrize("host_name", ["C", "c"])
def test_a_local_server_in_any_case_of_letters(example: Example, host_name: str) -> None:
    tree = read_tree(example.store)
    assert local_actor(tree, name="carl", host_name=host_name) == Actor(name="carl", server=example.id("c"))


@pytest.mark.parametrize("host_name", ["b", "e"])
def test_a_relay_without_an_option_is_no_local_server(example: Example, host_name: str) -> None:
    figures = {"server": host_name, "option": "none", "needed": ["distribution", "registration"]}
    with refused(example.site, "option-conflict", **figures):
        local_actor(read_tree(example.store), name="x", host_name=host_name)


def test_a_local_server_that_is_not_there(example: Example) -> None:
    tree = read_tree(example.store)
    with refused(example.site, "unknown-server", server="x"):
        local_actor(tree, name="x", host_name="x")
    with refused(example.site, "unknown-server", server="0" * 16):
        local_server(tree, Actor(name="x", server=ServerId("0" * 16)))


def test_a_relay_that_lost_its_option_sees_nothing_of_the_range_it_joined(example: Example) -> None:
    carl = at(example, "c")
    set_option(example.store, server=example.id("c"), option=Option.NONE, quantities={}, by=BY, at=AT)
    tree = read_tree(example.store)
    for server in "abcde":
        with pytest.raises(RefusedError) as refusal:
            require_sees(tree, carl, example.id(server))
        assert refusal.value.code == "option-conflict"
    with refused(
        example.site, "option-conflict", server="c", option="none", needed=["distribution", "registration"]
    ):
        example_register(example, carl)


def example_register(example: Example, by: Actor) -> None:
    from licensedesk.core.licenses import register

    register(example.store, example.issuer.key("S", 1), server=example.id("a"), by=by, at=AT)


def test_what_belongs_to_the_primary_alone(example: Example) -> None:
    tree = read_tree(example.store)
    for actor in (BY, at(example, "a")):
        require_primary(tree, actor, subject="x")
    for host_name in "cd":
        with refused(example.site, "out-of-scope", local=host_name, subject="x"):
            require_primary(tree, at(example, host_name), subject="x")


def test_servers_of_other_ranges(example: Example) -> None:
    tree = read_tree(example.store)
    for server in "ce":
        require_sees(tree, at(example, "c"), example.id(server))
    for server in "abd":
        with refused(example.site, "out-of-scope", local="c", subject=server):
            require_sees(tree, at(example, "c"), example.id(server))
