from __future__ import annotations

import string

import pytest

from licensedesk.core.nodes import plans
from licensedesk.core.nodes.filters import NodeFilter
from licensedesk.core.nodes.judging import Act
from licensedesk.core.nodes.queries import Column, Sort, count_nodes, list_nodes
from licensedesk.core.nodes.states import change_nodes
from licensedesk.core.types import NodeState
from tests.core.example import AT, BY, Example
from tests.core.nodes.devices import device, take_in


@pytest.fixture
def searched(example: Example, monkeypatch: pytest.MonkeyPatch) -> Example:
    """260 nodes, of which ten are few already, so that what was found is searched again."""
    names = [f"{first}{second}x" for first in string.ascii_lowercase for second in "abcdefghij"]
    take_in(
        example,
        [device(name, f"10.0.{row // 250}.{row % 250}", row=row) for row, name in enumerate(names, start=1)],
    )
    monkeypatch.setattr(plans, "FEW", 50)
    return example


def found(site: Example, text: str, **how: object) -> list[str]:
    wanted = NodeFilter(text=text, **how)  # type: ignore[arg-type]
    return [row.host_name for row in list_nodes(site.store, wanted, by=BY, limit=1_000)]


def test_each_letter_finds_what_a_search_of_its_own_finds(searched: Example) -> None:
    every = found(searched, "")
    for text in ("m", "ma", "max", "ma", "m", "q", "qb", "b", "bx", "a b", "ax"):
        wanted = [name for name in every if all(word in name for word in text.split())]
        assert found(searched, text) == wanted
        assert count_nodes(searched.store, NodeFilter(text=text), by=BY) == len(wanted)


def test_each_figure_of_an_address_finds_what_a_search_of_its_own_finds(searched: Example) -> None:
    every = list_nodes(searched.store, NodeFilter(), by=BY, limit=1_000)
    for text in ("10.0.0.7", "10.0.0.71", "10.0.0.7", "0.1.1", "10.0.1"):
        wanted = [row.host_name for row in every if text in row.ip]
        assert wanted
        assert found(searched, text) == wanted


def test_what_changed_meanwhile_is_found(searched: Example) -> None:
    assert found(searched, "ma") == ["max"]
    rows = list_nodes(searched.store, NodeFilter(text="max"), by=BY, limit=1)
    change_nodes(searched.store, [rows[0].id], act=Act.DELETE, by=BY, at=AT)
    assert found(searched, "ma") == []
    assert found(searched, "max") == []


def test_other_filters_search_anew(searched: Example) -> None:
    assert found(searched, "ma") == ["max"]
    assert found(searched, "max", states=(NodeState.MANAGED,)) == []
    assert found(searched, "max", states=(NodeState.DISCOVERED,)) == ["max"]


@pytest.mark.parametrize("column", list(Column))
def test_every_sorting_finds_the_same(searched: Example, column: Column) -> None:
    for text in ("m", "ma"):
        rows = list_nodes(searched.store, NodeFilter(text=text), by=BY, sort=Sort(column), limit=1_000)
        assert sorted(row.host_name for row in rows) == found(searched, text)
