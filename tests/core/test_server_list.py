"""Servers as listed."""

from __future__ import annotations

from licensedesk.core.server_list import list_servers
from licensedesk.core.servers import suspend_server
from licensedesk.core.types import Actor
from tests.core.example import AT, BY, Example


def test_every_server_is_listed_with_its_place_and_range(example: Example) -> None:
    suspend_server(example.store, server=example.id("b"), suspended=True, by=BY, at=AT)
    rows = list_servers(example.store, by=BY)
    assert [(row.host_name, row.parent, row.option, row.range, row.suspended) for row in rows] == [
        ("a", None, "none", "a", False),
        ("b", "a", "none", "a", True),
        ("c", "a", "distribution", "c", False),
        ("d", "b", "distribution", "d", False),
        ("e", "c", "none", "c", False),
    ]
    assert [row.id for row in rows] == [example.id(row.host_name) for row in rows]


def test_a_holders_administrator_is_shown_its_range(example: Example) -> None:
    rows = list_servers(example.store, by=Actor(name="carol", server=example.id("c")))
    assert [row.host_name for row in rows] == ["c", "e"]
