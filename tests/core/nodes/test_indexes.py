"""Indexes set aside while many nodes change: the same afterwards, after an early end too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from licensedesk.core.errors import LicenseFileError
from licensedesk.core.exchange.devices import FoundDevice
from licensedesk.core.nodes import indexes
from licensedesk.core.nodes.counts import recount
from licensedesk.core.nodes.filters import NodeFilter
from licensedesk.core.nodes.indexes import Indexes
from licensedesk.core.nodes.judging import Act
from licensedesk.core.nodes.states import change_nodes
from tests.core.example import AT, BY, Example
from tests.core.nodes.devices import found, listed, take_in


def schema(example: Example) -> set[tuple[str, str]]:
    return set(example.store.rows("SELECT name, sql FROM sqlite_master WHERE tbl_name = 'node'"))


@pytest.fixture
def aside(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Indexes are set aside from ten changed nodes on; how many there then are, each time."""
    told: list[int] = []
    set_aside = Indexes._set_aside

    def watched(self: Indexes) -> None:
        set_aside(self)
        told.append(len(self._aside))

    monkeypatch.setattr(indexes, "LEAST", 10)
    monkeypatch.setattr(Indexes, "_set_aside", watched)
    return told


def test_few_changes_leave_them(example: Example, aside: list[int]) -> None:
    take_in(example, found(9))
    take_in(example, found(1), source="b")
    assert aside == []


def test_many_changes_build_them_anew(example: Example, aside: list[int]) -> None:
    before = schema(example)
    take_in(example, found(30))
    take_in(example, found(30), manage=True)
    change_nodes(example.store, NodeFilter(text="pc"), act=Act.EXCLUDE, by=BY, at=AT)
    assert aside == [5, 5, 5]
    assert schema(example) == before
    assert len(listed(example, text="pc")) == 30
    assert recount(example.store) == {}
    assert example.store.value("PRAGMA integrity_check") == "ok"


def test_an_import_that_ends_early_has_them_as_before(example: Example, aside: list[int]) -> None:
    before = schema(example)

    def cut_off() -> Iterator[FoundDevice]:
        yield from found(indexes.LEAST + 10_000)
        raise LicenseFileError("truncated-file", file="scan.csv", reason="no end")

    with pytest.raises(LicenseFileError):
        take_in(example, cut_off())
    assert aside == [5]
    assert schema(example) == before
    assert listed(example) == []
