"""Importing found devices: new, found again, refused, managed; nothing where anything is wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from licensedesk.core import audit
from licensedesk.core.errors import LicenseFileError
from licensedesk.core.exchange.detect import read_devices
from licensedesk.core.exchange.devices import FoundDevice, RefusedRow
from licensedesk.core.nodes.counts import recount
from licensedesk.core.nodes.filters import NodeFilter
from licensedesk.core.nodes.intake import REFUSED_KEPT
from licensedesk.core.nodes.judging import Act
from licensedesk.core.nodes.states import change_nodes
from licensedesk.core.nodes.work import CHUNK, CancelledError, Watch
from licensedesk.core.servers import add_server
from licensedesk.core.settings import set_setting
from licensedesk.core.types import Actor, Role, stamp
from tests.core.example import AT, BY, OTHER, PRODUCT, Example, dump, refused
from tests.core.nodes.devices import device, found, listed, take_in

LATER = AT + timedelta(days=1)
CUT = LicenseFileError("truncated-file", file="scan.xml", reason="no end")


def states(example: Example) -> dict[str, str]:
    return {row.host_name: row.state for row in listed(example)}


def exclude(example: Example, text: str) -> None:
    change_nodes(example.store, NodeFilter(text=text), act=Act.EXCLUDE, by=BY, at=AT)


def test_new_nodes_stay_discovered(example: Example) -> None:
    result = take_in(example, found(3), source="b")
    assert result.figures() == {
        "read": 3,
        "new": 3,
        "updated": 0,
        "unchanged": 0,
        "repeated": 0,
        "managed": 0,
        "refused": 0,
    }
    assert [(row.host_name, row.ip, row.source, row.state, row.product) for row in listed(example)] == [
        (f"pc-000{i}", f"10.0.0.{i + 1}", "b", "discovered", PRODUCT) for i in range(3)
    ]
    assert recount(example.store) == {}
    assert result.changes.nodes
    assert [row.waiting for row in example.rows()] == [3, 0, 0]


def test_manage_as_many_as_fit_in_the_files_order(example: Example) -> None:
    result = take_in(example, reversed(found(12)), source="d", manage=True)
    assert (result.new, result.managed) == (12, 10)
    waiting = [name for name, state in states(example).items() if state == "discovered"]
    assert waiting == ["pc-0000", "pc-0001"]
    assert recount(example.store) == {}
    [change] = result.changes.ranges
    assert change.host_name == "d"
    assert change.before is not None
    assert change.after is not None
    assert (change.before.remaining, change.after.remaining) == (10, 0)


def test_manage_takes_nodes_that_were_found_before(example: Example) -> None:
    take_in(example, found(3), source="d")
    result = take_in(example, found(2), source="d", manage=True)
    assert (result.new, result.unchanged, result.managed) == (0, 2, 2)
    assert states(example) == {"pc-0000": "managed", "pc-0001": "managed", "pc-0002": "discovered"}


def test_found_again_changes_data_and_last_seen_only(example: Example) -> None:
    take_in(example, [device("old", "10.0.0.1", "00:1a:2b:00:00:01", os="Debian", os_family="linux")])
    result = take_in(
        example, [device("new", "10.0.0.2", "00:1a:2b:00:00:01")], product=OTHER, at=LATER, manage=False
    )
    assert (result.new, result.updated, result.unchanged) == (0, 1, 0)
    [row] = listed(example)
    assert row[1:] == (
        "new",
        "10.0.0.2",
        "00:1a:2b:00:00:01",
        "Debian",
        "a",
        "discovered",
        PRODUCT,
        stamp(AT),
        stamp(LATER),
    )


def test_a_clock_set_back_leaves_last_seen(example: Example) -> None:
    take_in(example, found(1), at=LATER)
    take_in(example, found(1), at=AT)
    assert [row.last_seen for row in listed(example)] == [stamp(LATER)]


def test_a_name_is_kept_where_a_scan_finds_only_the_address(example: Example) -> None:
    take_in(example, [device("pc", "10.0.0.1", "00:1a:2b:00:00:01")])
    take_in(example, [device("10.0.0.9", "10.0.0.9", "00:1a:2b:00:00:01")])
    assert [(row.host_name, row.ip) for row in listed(example)] == [("pc", "10.0.0.9")]


@pytest.mark.parametrize("given", [{"manage": True}, {"as_reported": True}])
def test_excluded_stays_excluded(example: Example, given: dict[str, Any]) -> None:
    rows = [device("pc", "10.0.0.1", reported_managed=True)]
    take_in(example, rows)
    exclude(example, "pc")
    result = take_in(example, rows, at=LATER, **given)
    assert (result.unchanged, result.managed) == (1, 0)
    assert states(example) == {"pc": "excluded"}
    assert recount(example.store) == {}


def test_as_reported_manages_without_a_license(example: Example) -> None:
    rows = [one._replace(reported_managed=i != 3) for i, one in enumerate(found(13))]
    result = take_in(example, rows, source="d", as_reported=True)
    assert result.managed == 12
    assert states(example)["pc-0003"] == "discovered"
    assert example.remaining()["d"] == -2
    assert [(one.code, one.figures) for one in result.changes.warnings] == [
        ("range-short", {"source": "d", "product": PRODUCT, "shortage": 2})
    ]


def test_what_a_file_reports_does_nothing_unasked(example: Example) -> None:
    take_in(example, [device("pc", "10.0.0.1", reported_managed=True)], manage=False)
    assert states(example) == {"pc": "discovered"}


def test_a_host_listed_twice_is_one_node(example: Example) -> None:
    rows = [
        device("pc", "10.0.0.1", "00:1a:2b:00:00:01", row=1),
        device("pc", "10.0.0.1", "00:1a:2b:00:00:02", row=2, os="Debian", os_family="linux"),
        device("other", "10.0.0.3", "00:1a:2b:00:00:02", row=3, os="Ubuntu"),
    ]
    result = take_in(example, rows, manage=True)
    assert (result.read, result.new, result.repeated, result.managed) == (3, 1, 2, 1)
    [row] = listed(example)
    assert (row.host_name, row.ip, row.macs, row.os) == (
        "pc",
        "10.0.0.1",
        "00:1a:2b:00:00:01 00:1a:2b:00:00:02",
        "Debian",
    )


def test_twins_in_different_chunks_are_one_node(example: Example) -> None:
    twin = device("pc-0000", "10.0.0.1", os="Debian")
    result = take_in(example, [*found(CHUNK), twin])
    assert (result.new, result.repeated) == (CHUNK, 1)
    assert [row.os for row in listed(example, text="pc-0000")] == ["Debian"]


def test_the_same_device_at_two_sources_is_two_nodes(example: Example) -> None:
    take_in(example, found(1), source="a")
    assert take_in(example, found(1), source="b").new == 1
    assert sorted(row.source for row in listed(example)) == ["a", "b"]


def test_a_million_macs_of_one_host_are_not_kept(example: Example) -> None:
    macs = [f"00:1a:2b:00:{i >> 8:02x}:{i & 255:02x}" for i in range(300)]
    rows = [device("pc", "10.0.0.1", *macs[i : i + 30]) for i in range(0, 300, 30)]
    take_in(example, [device("pc", "10.0.0.1", *macs)])
    take_in(example, rows)
    [row] = listed(example)
    assert len(row.macs.split()) == 64


# -- products --------------------------------------------------------------------------------------


def test_the_files_product_counts_before_the_given_one(example: Example) -> None:
    result = take_in(
        example, [device("x", product=OTHER), device("y"), device("z", row=7, product="Nothing")]
    )
    assert {row.host_name: row.product for row in listed(example)} == {"x": OTHER, "y": PRODUCT}
    assert result.refused == [RefusedRow(7, "unknown-product", {"product": "Nothing"})]


def test_the_default_product_is_that_of_the_site(example: Example) -> None:
    set_setting(example.store, key="default_product", value=OTHER, by=BY, at=AT)
    take_in(example, found(1), product=None)
    assert [row.product for row in listed(example)] == [OTHER]


@pytest.mark.parametrize(("product", "named"), [(None, "-"), ("Nothing", "Nothing")])
def test_no_product_to_count_by(example: Example, product: str | None, named: str) -> None:
    example.store.run("DELETE FROM setting WHERE key = 'default_product'")
    with refused(example.site, "unknown-product", product=named):
        take_in(example, found(1), product=product)


# -- refused and undone ----------------------------------------------------------------------------


def test_refused_rows_are_told_and_the_others_taken(example: Example) -> None:
    bad = [RefusedRow(row, "invalid-address", {"address": "?"}) for row in range(REFUSED_KEPT + 5)]
    result = take_in(example, [*bad, *found(2)])
    assert (result.read, result.new, result.refused_count) == (REFUSED_KEPT + 7, 2, REFUSED_KEPT + 5)
    assert result.refused == bad[:REFUSED_KEPT]


def cut_off(number: int) -> Iterator[FoundDevice]:
    yield from found(number)
    raise CUT


@pytest.mark.parametrize("number", [0, 5, CHUNK + 5])
def test_a_file_refused_at_its_end_changes_nothing(example: Example, number: int) -> None:
    with refused(example.site, "truncated-file", **CUT.figures):
        take_in(example, cut_off(number), manage=True)


def test_a_dry_run_tells_all_and_changes_nothing(example: Example) -> None:
    take_in(example, found(2), source="d")
    before = dump(example.store)
    result = take_in(example, found(13), source="d", manage=True, dry_run=True)
    assert (result.new, result.unchanged, result.managed) == (11, 2, 10)
    assert [change.host_name for change in result.changes.ranges] == ["d"]
    assert dump(example.store) == before


def test_a_cancelled_import_changes_nothing(example: Example) -> None:
    told: list[int] = []
    before = dump(example.store)
    with pytest.raises(CancelledError):
        take_in(example, found(2 * CHUNK), watch=Watch(told.append, lambda: len(told) == 2))
    assert told == [CHUNK, 2 * CHUNK]
    assert dump(example.store) == before


def test_a_managed_server_finds_nothing(example: Example) -> None:
    add_server(example.store, host_name="m", under=example.id("b"), role=Role.MANAGED, by=BY, at=AT)
    with refused(example.site, "not-a-management-server", server="m"):
        take_in(example, found(1), source="m")


def test_another_holders_console_imports_into_its_own_range_only(example: Example) -> None:
    local = Actor(name="c", server=example.id("c"))
    assert take_in(example, found(1), source="e", by=local).new == 1
    with refused(example.site, "out-of-scope", local="c", subject="b"):
        take_in(example, found(1), source="b", by=local)


def test_an_import_is_audited_with_what_was_asked_its_figures_and_a_digest_of_the_nodes(
    example: Example,
) -> None:
    take_in(example, found(2), source="b")
    result = take_in(example, found(3), source="b", manage=True)
    [entry] = audit.entries(example.store, limit=1)
    assert (entry.action, entry.subject) == ("node-import", "b")
    assert entry.before == {"product": PRODUCT, "manage": True, "as_reported": False}
    nodes = sorted(row.id for row in listed(example))
    digest = hashlib.sha256("".join(f"{node}\n" for node in nodes).encode()).hexdigest()
    assert entry.after == {**result.figures(), "ids": digest}
    assert result.figures()["new"] == 1
    assert result.changes.version is None


CSV = "host_name,ip,macs,os,inventory_id,product,state\n"


@pytest.fixture
def csv_file(tmp_path: Path) -> Callable[[str], Path]:
    def write(lines: str) -> Path:
        path = tmp_path / "nodes.csv"
        path.write_text(CSV + lines, encoding="utf-8")
        return path

    return write


def test_a_csv_file_is_imported_twice_as_once(example: Example, csv_file: Callable[[str], Path]) -> None:
    path = csv_file("pc-1,10.0.0.1,00:1A:2B:00:00:01,Debian,id-1,,managed\npc-2,nonsense,,,,,\n")
    first = take_in(example, read_devices(path), as_reported=True)
    assert (first.read, first.new, first.managed, [one.code for one in first.refused]) == (
        2,
        1,
        1,
        ["invalid-address"],
    )
    again = take_in(example, read_devices(path), as_reported=True, at=LATER)
    assert (again.new, again.updated, again.unchanged, again.managed) == (0, 0, 1, 0)
    assert not again.changes.nodes
