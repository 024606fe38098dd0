"""The exact counts: after whatever was done they are what counting gives; a difference is found."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from licensedesk.core.errors import RefusedError
from licensedesk.core.nodes import indexes
from licensedesk.core.nodes.counts import recount
from licensedesk.core.nodes.filters import NodeFilter
from licensedesk.core.nodes.indexes import LEAST
from licensedesk.core.nodes.judging import Act
from licensedesk.core.nodes.states import change_nodes
from licensedesk.core.site import open_site
from licensedesk.core.types import NodeState
from tests.core.example import AT, BY, OTHER, PRODUCT, Example, SampleIssuer
from tests.core.nodes.devices import device, listed, take_in

SERVERS = st.sampled_from("abcde")
STATES = st.sets(st.sampled_from(list(NodeState))).map(tuple)
NAMES = st.lists(st.integers(0, 12).map(lambda number: f"pc-{number:02}"), max_size=14)


@pytest.mark.parametrize("by", [1, -1])
def test_a_wrong_count_is_found(example: Example, by: int) -> None:
    take_in(example, [device("pc"), device("srv")], source="d")
    assert recount(example.store) == {}
    example.store.run("UPDATE node_count SET nodes = nodes + ?", (by,))
    [(group, numbers)] = recount(example.store).items()
    assert (group.source, group.state, numbers) == (example.id("d"), "discovered", (2, 2 + by))


def test_a_missing_count_is_found(example: Example) -> None:
    take_in(example, [device("pc")], source="d")
    example.store.run("DELETE FROM node_count")
    assert list(recount(example.store).values()) == [(1, 0)]


def test_a_count_of_nothing_is_found(example: Example) -> None:
    take_in(example, [device("pc"), device("srv")], source="d")
    example.store.run("DELETE FROM node")
    assert list(recount(example.store).values()) == [(0, 2)]
    # None of nothing is exact.
    example.store.run("UPDATE node_count SET nodes = 0")
    assert recount(example.store) == {}


class Nodes(RuleBasedStateMachine):
    """Random imports and actions; licenses of ranges {a, b} 5, {d} 3, {c, e} 2."""

    example: Example

    @initialize()
    def empty(self) -> None:
        self.example.store.run("DELETE FROM node")
        self.example.store.run("DELETE FROM node_count")
        self.reported: set[str] = set()

    @rule(source=SERVERS, names=NAMES, manage=st.booleans(), as_reported=st.booleans(), dry_run=st.booleans())
    def take_in(
        self, source: str, names: list[str], *, manage: bool, as_reported: bool, dry_run: bool
    ) -> None:
        if as_reported and not dry_run:
            self.reported.add(source)
        rows = [device(name, reported_managed=name > "pc-06") for name in names]
        take_in(self.example, rows, source=source, manage=manage, as_reported=as_reported, dry_run=dry_run)

    @rule(
        act=st.sampled_from(list(Act)),
        states=STATES,
        text=st.sampled_from(["", "pc-0", "1"]),
        product=st.sampled_from([None, None, PRODUCT, OTHER]),
        as_many_as_fit=st.booleans(),
    )
    def change(
        self, act: Act, states: tuple[NodeState, ...], text: str, product: str | None, *, as_many_as_fit: bool
    ) -> None:
        given: dict[str, Any] = {"act": act, "product": product, "as_many_as_fit": as_many_as_fit}
        self.attempt(
            lambda: change_nodes(
                self.example.store, NodeFilter(states=states, text=text), by=BY, at=AT, **given
            )
        )

    @rule(act=st.sampled_from(list(Act)), number=st.integers(0, 30))
    def change_one(self, act: Act, number: int) -> None:
        rows = listed(self.example)
        if rows:
            chosen = [rows[number % len(rows)].id]
            self.attempt(lambda: change_nodes(self.example.store, chosen, act=act, by=BY, at=AT))

    def attempt(self, action: Callable[[], object]) -> None:
        before = self.example.store.rows("SELECT * FROM node")
        refusal = None
        try:
            action()
        except RefusedError as error:
            refusal = error
        if refusal is not None:
            assert refusal.code == "no-license-remaining"
            assert self.example.store.rows("SELECT * FROM node") == before

    @invariant()
    def counts_are_exact(self) -> None:
        assert recount(self.example.store) == {}

    @invariant()
    def only_reported_nodes_use_more_than_is_held(self) -> None:
        for product in (PRODUCT, OTHER):
            for row in self.example.rows(product=product):
                if row.remaining < 0:
                    assert self.reported & {server.host_name for server in row.servers}


@pytest.mark.parametrize("least", [LEAST, 4])
def test_counts_stay_exact(
    tmp_path: Path,
    example_folder: Path,
    issuer: SampleIssuer,
    monkeypatch: pytest.MonkeyPatch,
    least: int,
) -> None:
    """Whether indexes are set aside or not."""
    monkeypatch.setattr(indexes, "LEAST", least)
    folder = tmp_path / "site"
    shutil.copytree(example_folder, folder)
    site = open_site(folder)
    example = Example(site, issuer)
    site.store.run("UPDATE license SET quantity = 10")
    site.store.run("UPDATE allocation SET quantity = 3 WHERE server_id = ?", (example.id("d"),))
    site.store.run("UPDATE allocation SET quantity = 2 WHERE server_id = ?", (example.id("c"),))

    class Machine(Nodes):
        pass

    Machine.example = example
    run_state_machine_as_test(Machine, settings=settings(stateful_step_count=25))
    site.close()
