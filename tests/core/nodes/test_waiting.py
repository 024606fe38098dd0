"""Why a node waits, and where the same device was found by another server."""

from __future__ import annotations

import pytest

from licensedesk.core.exchange.devices import FoundDevice
from licensedesk.core.nodes.filters import NodeFilter
from licensedesk.core.nodes.judging import Act
from licensedesk.core.nodes.states import change_nodes
from licensedesk.core.nodes.waiting import probable_duplicates, why_waiting
from licensedesk.core.sentences import sentence_for
from licensedesk.core.types import Actor, NodeId
from tests.core.example import AT, BY, ON, PRODUCT, Example, refused
from tests.core.nodes.devices import device, found, listed, take_in

MAC = "00:1a:2b:00:00:01"


def node(example: Example, text: str) -> NodeId:
    [row] = listed(example, text=text)
    return row.id


@pytest.mark.parametrize(
    ("number", "code", "remaining"), [(3, "waiting-unasked", 10), (13, "waiting-no-license", 0)]
)
def test_why(example: Example, number: int, code: str, remaining: int) -> None:
    take_in(example, found(number), source="d", manage=number > 10)
    found_why = why_waiting(example.store, node(example, f"pc-{number - 1:04}"), by=BY, on=ON)
    assert found_why.code == code
    assert found_why.figures == {
        "host": f"pc-{number - 1:04}",
        "source": "d",
        "product": PRODUCT,
        "held": 10,
        "used": 10 - remaining,
        "remaining": remaining,
        "waiting": 3,
    }
    assert "?" not in sentence_for(found_why.code, found_why.figures)


def test_a_node_that_does_not_wait(example: Example) -> None:
    take_in(example, found(1))
    change_nodes(example.store, NodeFilter(), act=Act.EXCLUDE, by=BY, at=AT)
    told = why_waiting(example.store, node(example, "pc"), by=BY, on=ON)
    assert (told.code, told.figures) == ("not-waiting", {"host": "pc-0000", "state": "excluded"})


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        (device("a", "10.0.0.1", MAC), device("b", "10.0.0.2", MAC), True),
        (
            device("a", "10.0.0.1", MAC, os_family="linux"),
            device("b", "10.0.0.2", MAC, os_family="windows"),
            False,
        ),
        (device("a", "10.0.0.1", MAC, os_family="linux"), device("b", "10.0.0.2", MAC), True),
        (device("a", "10.0.0.1"), device("a", "10.0.0.1"), True),
        (device("a", "10.0.0.1"), device("a", "10.0.0.2"), False),
        (device("a", inventory_id="i"), device("b", inventory_id="i"), True),
        (device("a", inventory_id="i"), device("b", inventory_id="j"), False),
        (device("a"), device("b"), False),
    ],
)
def test_probable_duplicates(example: Example, ours: FoundDevice, theirs: FoundDevice, same: bool) -> None:
    take_in(example, [ours], source="a")
    take_in(example, [theirs], source="d")
    [mine] = listed(example, sources=(example.id("a"),))
    others = probable_duplicates(example.store, mine.id, by=BY)
    assert [row.source for row in others] == (["d"] if same else [])


def test_another_holders_console_sees_only_its_own(example: Example) -> None:
    for source in ("c", "e", "d"):
        take_in(example, found(1), source=source)
    local = Actor(name="c", server=example.id("c"))
    by_source = {row.source: row.id for row in listed(example)}
    assert [row.source for row in probable_duplicates(example.store, by_source["c"], by=local)] == ["e"]
    for ask in (
        lambda: probable_duplicates(example.store, by_source["d"], by=local),
        lambda: why_waiting(example.store, by_source["d"], by=local, on=ON),
    ):
        with refused(example.site, "out-of-scope", local="c", subject="d"):
            ask()


def test_unknown_nodes(example: Example) -> None:
    with refused(example.site, "unknown-node", node=9):
        probable_duplicates(example.store, NodeId(9), by=BY)
    with refused(example.site, "unknown-node", node=9):
        why_waiting(example.store, NodeId(9), by=BY, on=ON)
