"""Importing found devices: new, found again, refused, managed; nothing where anything is wrong."""

from __future__ import annotations

from datetime import timedelta

from licensedesk.core.nodes.counts import recount
from tests.core.example import AT, PRODUCT, Example
from tests.core.nodes.devices import found, listed, take_in

LATER = AT + timedelta(days=1)


def states(example: Example) -> dict[str, str]:
    return {row.host_name: row.state for row in listed(example)}


def test_new_nodes_stay_discovered(example: Example) -> None:
    result = take_in(example, found(3), source="b")
    assert (result.read, result.new, result.updated, result.unchanged, result.managed) == (3, 3, 0, 0, 0)
    assert [(row.host_name, row.ip, row.source, row.state, row.product) for row in listed(example)] == [
        (f"pc-000{i}", f"10.0.0.{i + 1}", "b", "discovered", PRODUCT) for i in range(3)
    ]
    assert recount(example.store) == {}
    assert result.changes.nodes
    assert [row.waiting for row in example.rows()] == [3, 0, 0]


def test_manage_as_many_as_fit_in_the_files_order(example: Example) -> None:
    result = take_in(example, reversed(found(12)), source="d", manage=True)
    assert (result.new, result.managed) == (12, 10)
    assert [name for name, state in states(example).items() if state == "discovered"] == [
        "pc-0000",
        "pc-0001",
    ]
    assert recount(example.store) == {}
    [change] = result.changes.ranges
    assert change.host_name == "d"
    assert change.before is not None and change.after is not None
    assert (change.before.remaining, change.after.remaining) == (10, 0)
