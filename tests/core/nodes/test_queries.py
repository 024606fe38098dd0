"""Lists of nodes against a plain Python list: every sorting, filter and page, whichever way they are read."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from licensedesk.core.nodes import plans
from licensedesk.core.nodes.filters import NodeFilter
from licensedesk.core.nodes.judging import Act
from licensedesk.core.nodes.queries import Column, NodeRow, Sort, count_nodes, list_nodes
from licensedesk.core.nodes.states import change_nodes
from licensedesk.core.site import open_site
from licensedesk.core.types import Actor, NodeId, NodeState
from tests.core.example import AT, BY, OTHER, Example, SampleIssuer, refused
from tests.core.nodes.devices import device, found, listed, take_in

SORTS = [Sort(column, descending) for column in Column for descending in (False, True)]
KEYS: dict[Column, Callable[[NodeRow], Any]] = {
    Column.HOST_NAME: lambda row: row.host_name,
    Column.IP: lambda row: tuple(int(part) for part in row.ip.split(".") if part),
    Column.OS: lambda row: row.os,
    Column.SOURCE: lambda row: row.source,
    Column.STATE: lambda row: row.state,
    Column.PRODUCT: lambda row: row.product,
    Column.FIRST_SEEN: lambda row: row.first_seen,
    Column.LAST_SEEN: lambda row: row.last_seen,
}


@pytest.fixture(scope="module")
def full(
    tmp_path_factory: pytest.TempPathFactory, example_folder: Path, issuer: SampleIssuer
) -> Iterator[Example]:
    """Nodes of all states, products and sources, in no order. Read only."""
    folder = tmp_path_factory.mktemp("queries") / "site"
    shutil.copytree(example_folder, folder)
    site = open_site(folder)
    yield filled(Example(site, issuer))
    site.close()


def filled(example: Example) -> Example:
    take_in(example, reversed(found(12)), source="d", manage=True)
    rows = [
        device("alpha", "10.0.0.9", "00:1a:2b:aa:bb:cc", os="Debian GNU/Linux 12", os_family="linux"),
        device("beta", "10.0.0.10", os="Windows 11", os_family="windows"),
        device("gamma", "", os="50% off_linux!"),
        device("delta", "fe00::abcd"),
        device("100%", "192.168.7.1"),
    ]
    take_in(example, rows, source="b", product=OTHER, at=AT + timedelta(days=1))
    take_in(example, found(4, prefix="e"), source="e", at=AT + timedelta(days=2))
    change_nodes(example.store, NodeFilter(text="e-000"), act=Act.EXCLUDE, by=BY, at=AT)
    return example


@pytest.fixture(params=[plans.FEW, 3, 0], ids=["few", "some", "walked"])
def ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every way of reading: what counts as few decides which."""
    monkeypatch.setattr(plans, "FEW", request.param)


def never(_: NodeRow) -> bool:
    return False


FILTERS: list[tuple[dict[str, Any], Callable[[NodeRow], bool]]] = [
    ({}, bool),
    ({"states": (NodeState.MANAGED,)}, lambda row: row.state == "managed"),
    ({"states": (NodeState.MANAGED, NodeState.EXCLUDED)}, lambda row: row.state != "discovered"),
    ({"product": OTHER}, lambda row: row.product == OTHER),
    ({"text": "PC-001"}, lambda row: row.host_name.startswith("pc-001")),
    ({"text": "pc 10.0.0.1"}, lambda row: row.host_name.startswith("pc") and "10.0.0.1" in row.ip),
    ({"text": "00:1A:2B:AA:BB"}, lambda row: row.host_name == "alpha"),
    ({"text": "00-1A-2B-AA-BB-CC"}, lambda row: row.host_name == "alpha"),
    ({"text": "abcd"}, lambda row: row.host_name == "delta"),
    ({"text": "%"}, lambda row: row.host_name == "100%"),
    ({"text": "_"}, never),
    ({"text": "'; drop"}, never),
    ({"os": "debian"}, lambda row: row.host_name == "alpha"),
    ({"os": "% off_"}, lambda row: row.host_name == "gamma"),
    ({"os": "x!"}, lambda row: row.host_name == "gamma"),
    ({"seen_before": date(2026, 11, 22)}, lambda row: row.source == "d"),
    ({"seen_before": date(2026, 11, 21)}, never),
    (
        {"text": "a", "states": (NodeState.DISCOVERED,), "product": OTHER},
        lambda row: "a" in row.host_name or row.host_name == "delta",
    ),
]


@pytest.mark.usefixtures("ways")
@pytest.mark.parametrize("sort", SORTS, ids=str)
@pytest.mark.parametrize(("given", "matches"), FILTERS, ids=[str(given) for given, _ in FILTERS])
def test_filter_and_sort(
    full: Example, given: dict[str, Any], matches: Callable[[NodeRow], bool], sort: Sort
) -> None:
    everything = listed(full)
    expected = {row for row in everything if matches(row)}
    rows = listed(full, sort=sort, **given)
    assert set(rows) == expected
    assert len(rows) == len(expected) == count_nodes(full.store, NodeFilter(**given), by=BY)
    key = KEYS[sort.column]
    order = [key(row) for row in rows if sort.column is not Column.IP or "." in row.ip]
    assert order == sorted(order, reverse=sort.descending)


@pytest.mark.usefixtures("ways")
@pytest.mark.parametrize("sort", SORTS, ids=str)
@pytest.mark.parametrize(
    ("given", "size"),
    [({}, 4), ({"text": "e"}, 4), ({"states": (NodeState.MANAGED,)}, 4), ({"text": "pc-001"}, 1)],
    ids=str,
)
def test_pages_follow_each_other(full: Example, given: dict[str, Any], size: int, sort: Sort) -> None:
    rows = listed(full, sort=sort, **given)
    by_offset = [
        row
        for offset in range(0, len(rows) + size, size)
        for row in listed(full, sort=sort, limit=size, offset=offset, **given)
    ]
    assert by_offset == rows
    by_keys: list[NodeRow] = listed(full, sort=sort, limit=size, **given)
    while page := listed(full, sort=sort, limit=size, after=by_keys[-1].id, **given):
        by_keys += page
    assert by_keys == rows


@pytest.mark.parametrize(
    ("given", "sources"),
    [
        ({"sources": ("d", "e")}, {"d", "e"}),
        ({"range": "c"}, {"e"}),
        ({"range": "a"}, {"b"}),
        ({"range": "a", "sources": ("b", "d")}, {"b"}),
        ({"sources": ("c",)}, set()),
    ],
)
def test_sources_and_ranges(full: Example, given: dict[str, Any], sources: set[str]) -> None:
    wanted: dict[str, Any] = {
        name: full.id(value) if isinstance(value, str) else tuple(full.id(one) for one in value)
        for name, value in given.items()
    }
    assert {row.source for row in listed(full, **wanted)} == sources
    assert count_nodes(full.store, NodeFilter(**wanted), by=BY) == len(listed(full, **wanted))


def test_addresses_sort_as_numbers(full: Example) -> None:
    rows = listed(full, sort=Sort(Column.IP), product=OTHER)
    assert [row.ip for row in rows] == ["", "10.0.0.9", "10.0.0.10", "192.168.7.1", "fe00::abcd"]


def test_another_holders_console_lists_its_own_range(full: Example) -> None:
    local = Actor(name="c", server=full.id("c"))
    assert {row.source for row in listed(full, by=local)} == {"e"}
    assert count_nodes(full.store, NodeFilter(), by=local) == 4
    for wanted in (
        {"sources": (full.id("d"),)},
        {"sources": (full.id("e"), full.id("d"))},
        {"range": full.id("d")},
    ):
        with refused(full.site, "out-of-scope", local="c", subject="d"):
            listed(full, by=local, **wanted)


def test_the_primarys_console_lists_all(full: Example) -> None:
    assert listed(full, by=Actor(name="a", server=full.id("a"))) == listed(full)


def test_what_is_not_there(full: Example) -> None:
    with refused(full.site, "unknown-product", product="Nothing"):
        listed(full, product="Nothing")
    with refused(full.site, "unknown-server", server="nowhere"):
        listed(full, range="nowhere")
    for sort in (Sort(), Sort(Column.SOURCE)):
        with refused(full.site, "unknown-node", node=999):
            list_nodes(full.store, NodeFilter(), by=BY, sort=sort, limit=1, after=NodeId(999))


def test_a_row_has_everything(full: Example) -> None:
    [row] = listed(full, text="alpha")
    assert row._asdict() == {
        "id": row.id,
        "host_name": "alpha",
        "ip": "10.0.0.9",
        "macs": "00:1a:2b:aa:bb:cc",
        "os": "Debian GNU/Linux 12",
        "source": "b",
        "state": "discovered",
        "product": OTHER,
        "first_seen": "2026-11-22T09:14:00.000000Z",
        "last_seen": "2026-11-22T09:14:00.000000Z",
    }
