"""The audit log as shown and exported: filtered, by pages, whole, and the primary's alone."""

from __future__ import annotations

import csv
import errno
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from licensedesk.core import audit, audit_list, files
from licensedesk.core.audit import entries
from licensedesk.core.audit_list import (
    HEADER,
    AuditFilter,
    count_entries,
    export_entries,
    known_actions,
    read_entries,
    require_seen,
)
from licensedesk.core.errors import SurroundingsError
from licensedesk.core.settings import set_setting
from licensedesk.core.store.database import Store
from licensedesk.core.types import Actor
from tests.core.example import AT, BY, Example, refused


@pytest.fixture
def chain(store: Store) -> Store:
    """Entry 1 is the site's creation; then nine settings, a day apart, by two people."""
    for number in range(2, 11):
        by = Actor(name="ann" if number % 2 else "bob")
        set_setting(store, key="name", value=f"Name_{number}", by=by, at=AT + timedelta(days=number))
    return store


def seqs(store: Store, **given: Any) -> list[int]:
    chosen = AuditFilter(**given)
    found = [one.seq for one in read_entries(store, chosen, first=0, count=100)]
    assert count_entries(store, chosen) == len(found)
    return found


def day(number: int) -> str:
    return (AT + timedelta(days=number)).date().isoformat()


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]),
        ({"actions": ("init",)}, [1]),
        ({"actions": ("init", "setting"), "text": "ann"}, [9, 7, 5, 3]),
        ({"text": "name_4"}, [5, 4]),
        ({"text": "_"}, [10, 9, 8, 7, 6, 5, 4, 3, 2]),
        ({"text": "%"}, []),
        ({"text": "bob name_10"}, [10]),
        ({"since": day(8)}, [10, 9, 8]),
        ({"before": day(3)}, [2, 1]),
        ({"since": day(3), "before": day(5)}, [4, 3]),
    ],
)
def test_filters(chain: Store, given: dict[str, Any], found: list[int]) -> None:
    assert seqs(chain, **given) == found


def test_pages_in_both_directions(chain: Store) -> None:
    page = read_entries(chain, AuditFilter(), first=2, count=3)
    assert [one.seq for one in page] == [8, 7, 6]
    page = read_entries(chain, AuditFilter(), first=2, count=3, descending=False)
    assert [one.seq for one in page] == [3, 4, 5]
    assert page == entries(chain, limit=8)[::-1][:3]


def test_the_actions_that_occur(chain: Store) -> None:
    assert known_actions(chain) == ("init", "setting")


def test_an_export_has_every_entry_once_whatever_the_page(
    chain: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_list, "_PAGE", 3)
    told: list[int] = []
    target = tmp_path / "audit.csv"
    assert export_entries(chain, AuditFilter(text="name_"), target, progress=told.append) == 9
    assert told == [3, 6, 9]
    with target.open(newline="", encoding="utf-8") as file:
        header, *rows = list(csv.reader(file))
    assert tuple(header) == HEADER
    assert [int(row[0]) for row in rows] == list(range(2, 11))
    assert json.loads(rows[0][6]) == {"value": "Name_2"}
    assert target.stat().st_mode & 0o777 == 0o600


def test_a_long_export_is_not_gathered_in_memory(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_list, "_PAGE", 500)
    with store.writing():
        for number in range(2_000):
            audit.append(store, by=BY, at=AT, action="x", subject=str(number), before={}, after={})
    on_disk: list[int] = []

    def look(_done: int) -> None:
        on_disk.append(sum(path.stat().st_size for path in tmp_path.glob(".audit.csv.*.tmp")))

    assert export_entries(store, AuditFilter(), tmp_path / "audit.csv", progress=look) == 2_001
    # The last page is of one entry alone.
    assert on_disk[:4] == sorted(set(on_disk[:4])), "it grows with every page"
    assert on_disk[0] > 0
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["audit.csv"]


@pytest.fixture
def full_disk() -> Iterator[None]:
    def fail(name: str) -> None:
        raise OSError(errno.ENOSPC, name)

    files.on_crash_point(fail)
    yield
    files.on_crash_point(None)


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_leaves_what_was_there(chain: Store, tmp_path: Path) -> None:
    target = tmp_path / "audit.csv"
    target.write_text("older")
    with pytest.raises(SurroundingsError) as refusal:
        export_entries(chain, AuditFilter(), target, progress=lambda _: None)
    assert refusal.value.code == "disk-full"
    assert target.read_text() == "older"


def test_an_entry_that_cannot_be_read_is_a_sentence(chain: Store) -> None:
    chain.run("UPDATE audit SET \"after\" = '{' WHERE seq = 4")
    with pytest.raises(SurroundingsError) as refusal:
        read_entries(chain, AuditFilter(), first=0, count=100)
    assert (refusal.value.code, refusal.value.figures["reason"]) == (
        "damaged-database",
        "entry 4 of the audit log cannot be read",
    )


def test_the_log_is_of_the_whole_site(example: Example) -> None:
    require_seen(example.store, by=BY)
    require_seen(example.store, by=Actor(name="a's", server=example.id("a")))
    with refused(example.site, "out-of-scope", local="c", subject="audit log"):
        require_seen(example.store, by=Actor(name="c's", server=example.id("c")))
