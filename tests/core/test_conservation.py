"""Random sequences of all actions against the model: no license is lost or invented, no rule is broken.

Each action is previewed, done, and read again from the database; the three must say the same, and what the
model says. A refused action changes nothing at all.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from licensedesk.core import actions, audit, placement
from licensedesk.core.allocations import allocate
from licensedesk.core.changes import Changes
from licensedesk.core.errors import RefusedError
from licensedesk.core.holdings import Holdings
from licensedesk.core.licenses import deregister, register
from licensedesk.core.nodes.filters import NodeFilter
from licensedesk.core.nodes.judging import Act
from licensedesk.core.nodes.states import change_nodes, preview_nodes
from licensedesk.core.options import set_option
from licensedesk.core.ranges import range_rows
from licensedesk.core.removal import remove_server
from licensedesk.core.servers import add_server, move_server, rename_server
from licensedesk.core.site import open_site
from licensedesk.core.store.facts import read_holdings
from licensedesk.core.types import NodeId, NodeState, Option, Role
from tests.core.example import AT, BY, OTHER, PRODUCT, Example, SampleIssuer, dump
from tests.model import Figures, License, Model, Server, grows_short, tried

PRODUCTS = (PRODUCT, OTHER)
LEVELS, RELAYS, PATH_BYTES = 4, 3, 24
NAMES = [f"s{number}" for number in range(6)] + [letter * 17 for letter in "xyz"]
SERIALS = ["S1", "S2", "S3", "S4"]
# A serial has one content, or now and then another: days are offsets from the first.
CONTENTS = [(PRODUCT, 60, 0, None), (PRODUCT, 25, 0, 20), (OTHER, 7, 5, 30), (OTHER, 12, -30, -1)]

Do = Callable[[bool, bool], Changes]
"""An action on the site, given whether it is confirmed and whether it is only previewed."""


class Actions(RuleBasedStateMachine):
    folder: Path
    issuer: SampleIssuer

    def __init__(self) -> None:
        super().__init__()
        self.planned: list[Holdings] = []
        self.patch = pytest.MonkeyPatch()
        for limit, value in (
            ("MOST_LEVELS", LEVELS),
            ("MOST_RELAYS", RELAYS),
            ("MOST_PATH_BYTES", PATH_BYTES),
        ):
            self.patch.setattr(placement, limit, value)
        outcome = actions._outcome

        def watched(plan: actions.Plan, *given: Any, **named: Any) -> Changes:
            self.planned.append(plan.after)
            return outcome(plan, *given, **named)

        self.patch.setattr(actions, "_outcome", watched)
        self.place = Path(tempfile.mkdtemp(prefix="licensedesk-"))
        shutil.copytree(self.folder, self.place / "site")
        self.example = Example(open_site(self.place / "site"), self.issuer)
        self.store = self.example.store
        self.model = Model("a", PRODUCTS, LEVELS, RELAYS, PATH_BYTES)
        self.at = AT

    def teardown(self) -> None:
        self.example.site.close()
        shutil.rmtree(self.place)
        self.patch.undo()

    @initialize()
    def begin_with_the_example(self) -> None:
        model = self.model
        model.servers = {
            "a": Server("primary", None),
            "b": Server("relay", "a"),
            "c": Server("relay", "a", "distribution"),
            "d": Server("relay", "b", "distribution"),
            "e": Server("relay", "c"),
        }
        model.allocations = {("d", PRODUCT): 10, ("c", PRODUCT): 40}
        model.licenses = {"A-150": License(PRODUCT, 150, date(2026, 1, 1), None, "a")}

    @property
    def day(self) -> date:
        return self.at.date()

    def figures(self, holdings: Holdings, day: date) -> Figures:
        rows = range_rows(holdings, on=day)
        return {(row.source.host_name, row.product): (len(row.servers), row.held, row.used) for row in rows}

    def act(self, do: Do, change: Callable[[Model], set[str]], *, confirmed: bool) -> None:
        """Preview, do, read again; and the model beside it."""
        after, codes = tried(self.model, change)
        was, becomes = self.model.figures(self.day), after.figures(self.day) if not codes else {}
        before = dump(self.store)
        preview = self.outcome(lambda: do(confirmed, True), codes)
        assert dump(self.store) == before
        if not codes and not confirmed and grows_short(was, becomes):
            codes = {"needs-confirmation"}
        self.planned.clear()
        done = self.outcome(lambda: do(confirmed, False), codes)
        if done is None:
            assert dump(self.store) == before
            return
        self.model = after
        holdings = read_holdings(self.store)
        for planned in self.planned:
            assert normal(planned) == normal(holdings)
        assert self.figures(holdings, self.day) == becomes
        assert preview is not None
        assert done.ranges == preview.ranges
        self.check_changes(done, was, becomes)

    @staticmethod
    def outcome(do: Callable[[], Changes], codes: set[str]) -> Changes | None:
        try:
            done = do()
        except RefusedError as refusal:
            assert refusal.code in codes, (refusal, codes)  # noqa: PT017 - any of several is right
            return None
        assert not codes, codes
        return done

    def check_changes(self, done: Changes, was: Figures, becomes: Figures) -> None:
        """The changes are the ranges whose figures differ, with both sides."""
        told = {}
        for change in done.ranges:
            sides = [one and (one.servers, one.held, one.used) for one in (change.before, change.after)]
            told[change.host_name, change.product] = tuple(sides)
        expected = {
            key: (was.get(key), becomes.get(key))
            for key in {**was, **becomes}
            if was.get(key) != becomes.get(key)
        }
        assert told == expected

    # -- the actions -------------------------------------------------------------------------------------

    def a_server(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(sorted(self.model.servers)), label="server")

    @rule(data=st.data(), name=st.sampled_from(NAMES), role=st.sampled_from(["relay", "relay", "managed"]))
    def add(self, data: st.DataObject, name: str, role: str) -> None:
        under = self.a_server(data)
        self.act(
            lambda _, preview: (
                add_server(
                    self.store,
                    host_name=name,
                    under=self.example.id(under),
                    role=Role(role),
                    by=BY,
                    at=self.at,
                    preview=preview,
                ).changes
            ),
            lambda model: model.add(name, under, role),
            confirmed=True,
        )

    @rule(data=st.data(), confirmed=st.booleans())
    def move(self, data: st.DataObject, confirmed: bool) -> None:
        server, under = self.a_server(data), self.a_server(data)
        self.act(
            lambda confirmed, preview: move_server(
                self.store,
                server=self.example.id(server),
                under=self.example.id(under),
                by=BY,
                at=self.at,
                confirmed=confirmed,
                preview=preview,
            ),
            lambda model: model.move(server, under),
            confirmed=confirmed,
        )

    @rule(data=st.data(), name=st.sampled_from(NAMES))
    def rename(self, data: st.DataObject, name: str) -> None:
        server = self.a_server(data)
        after, codes = tried(self.model, lambda model: model.rename(server, name))
        before = dump(self.store)
        done = self.outcome(
            lambda: rename_server(
                self.store, server=self.example.id(server), host_name=name, by=BY, at=self.at
            ),
            codes,
        )
        if done is None:
            assert dump(self.store) == before
        else:
            assert done.ranges == ()
            self.model = after

    @rule(data=st.data(), confirmed=st.booleans())
    def remove(self, data: st.DataObject, confirmed: bool) -> None:
        server = self.a_server(data)
        places = st.one_of(st.none(), st.sampled_from(sorted(self.model.servers)))
        children_to, nodes_to = data.draw(places), data.draw(places)
        self.act(
            lambda confirmed, preview: remove_server(
                self.store,
                server=self.example.id(server),
                children_to=self.example.id(children_to) if children_to else None,
                nodes_to=self.example.id(nodes_to) if nodes_to else None,
                by=BY,
                at=self.at,
                confirmed=confirmed,
                preview=preview,
            ),
            lambda model: model.remove(server, children_to, nodes_to),
            confirmed=confirmed,
        )

    @rule(
        data=st.data(),
        option=st.sampled_from(Option),
        quantities=st.dictionaries(st.sampled_from(PRODUCTS), st.integers(0, 60), max_size=2),
        confirmed=st.booleans(),
    )
    def option(
        self, data: st.DataObject, option: Option, quantities: dict[str, int], confirmed: bool
    ) -> None:
        server = self.a_server(data)
        self.act(
            lambda confirmed, preview: set_option(
                self.store,
                server=self.example.id(server),
                option=option,
                quantities=quantities,
                by=BY,
                at=self.at,
                confirmed=confirmed,
                preview=preview,
            ),
            lambda model: model.set_option(server, option.value, quantities, self.day),
            confirmed=confirmed,
        )

    @rule(data=st.data(), product=st.sampled_from(PRODUCTS), confirmed=st.booleans())
    def allocate(self, data: st.DataObject, product: str, confirmed: bool) -> None:
        relays = [name for name, one in self.model.servers.items() if one.option == "distribution"]
        servers = st.sampled_from(sorted(relays) * 5 + sorted(self.model.servers))
        quantities = data.draw(st.dictionaries(servers, st.integers(0, 160), min_size=1, max_size=3))
        self.act(
            lambda confirmed, preview: allocate(
                self.store,
                product=product,
                quantities={self.example.id(name): number for name, number in quantities.items()},
                by=BY,
                at=self.at,
                confirmed=confirmed,
                preview=preview,
            ),
            lambda model: model.allocate(product, quantities, self.day),
            confirmed=confirmed,
        )

    @rule(data=st.data(), serial=st.sampled_from(SERIALS), content=st.sampled_from(CONTENTS))
    def register(self, data: st.DataObject, serial: str, content: tuple[str, int, int, int | None]) -> None:
        # Mostly the serial's own content, so that registering again after deregistration is reached.
        if data.draw(st.integers(0, 4)):
            content = CONTENTS[SERIALS.index(serial)]
        product, quantity, first, last = content
        holders = [name for name, one in self.model.servers.items() if one.option == "registration"]
        server = data.draw(
            st.sampled_from(sorted([*holders, self.model.primary]) * 3 + sorted(self.model.servers))
        )
        days = (AT.date() + timedelta(first), None if last is None else AT.date() + timedelta(last))
        key = self.issuer.key(serial, quantity, product=product, first=days[0], last=days[1])
        self.act(
            lambda _, preview: register(
                self.store, key, server=self.example.id(server), by=BY, at=self.at, preview=preview
            ),
            lambda model: model.register(serial, License(product, quantity, *days, server), self.day),
            confirmed=True,
        )

    @rule(data=st.data(), confirmed=st.booleans())
    def deregister(self, data: st.DataObject, confirmed: bool) -> None:
        serial = data.draw(st.sampled_from([*sorted(self.model.licenses) * 3, *SERIALS]), label="serial")
        self.act(
            lambda confirmed, preview: deregister(
                self.store,
                issuer="Acme",
                serial=serial,
                by=BY,
                at=self.at,
                confirmed=confirmed,
                preview=preview,
            ),
            lambda model: model.deregister(serial),
            confirmed=confirmed,
        )

    @rule(data=st.data(), product=st.sampled_from(PRODUCTS), number=st.sampled_from([1, 5, 30, 80]))
    def find(self, data: st.DataObject, product: str, number: int) -> None:
        """Nodes are found, as an import leaves them."""
        server = self.a_server(data)
        if self.model.servers[server].role == "managed":
            return
        self.example.add_nodes(server, discovered=number, product=product)
        for (node,) in self.store.rows("SELECT id FROM node"):
            self.model.nodes.setdefault(node, (server, product, "discovered"))

    @rule(
        data=st.data(),
        act=st.sampled_from([Act.MANAGE] * 4 + list(Act)),
        product=st.one_of(st.none(), st.sampled_from(PRODUCTS)),
        as_many_as_fit=st.booleans(),
    )
    def change(self, data: st.DataObject, act: Act, product: str | None, as_many_as_fit: bool) -> None:
        if not self.model.nodes or (act is Act.SET_PRODUCT and product is None):
            return
        known = st.sampled_from(sorted(self.model.nodes))
        chosen = data.draw(st.lists(known, unique=True, min_size=1, max_size=30), label="nodes")
        self.change_nodes([NodeId(node) for node in chosen], chosen, act, product, as_many_as_fit)

    @rule(
        data=st.data(),
        state=st.sampled_from([NodeState.DISCOVERED, *NodeState]),
        act=st.sampled_from([Act.MANAGE] * 4 + list(Act)),
    )
    def change_all(self, data: st.DataObject, state: NodeState, act: Act) -> None:
        """All nodes of a range in a state; those of a range share its licenses whatever their order."""
        if act is Act.SET_PRODUCT:
            return
        source = self.model.source(self.a_server(data))
        wanted = NodeFilter(range=self.example.id(source), states=(state,))
        chosen = [
            node
            for node, (found, _, is_in) in self.model.nodes.items()
            if is_in == state and self.model.source(found) == source
        ]
        self.change_nodes(wanted, chosen, act, None, False)

    def change_nodes(
        self, chosen: Any, nodes: list[int], act: Act, product: str | None, as_many_as_fit: bool
    ) -> None:
        def do(_: bool, preview: bool) -> Changes:
            call = preview_nodes if preview else change_nodes
            return call(
                self.store,
                chosen,
                act=act,
                product=product,
                as_many_as_fit=as_many_as_fit,
                by=BY,
                at=self.at,
            ).changes

        self.act(
            do,
            lambda model: model.change_nodes(
                nodes, act.value, product, day=self.day, as_many_as_fit=as_many_as_fit
            ),
            confirmed=True,
        )

    @rule(days=st.integers(1, 12))
    def days_pass(self, days: int) -> None:
        self.at += timedelta(days)

    # -- what must hold after each of them -----------------------------------------------------------------

    @invariant()
    def no_license_is_lost_or_invented(self) -> None:
        if not self.model.servers:
            return
        holdings = read_holdings(self.store)
        for day in (self.day, self.day + timedelta(6), self.day + timedelta(60)):
            figures = self.figures(holdings, day)
            assert figures == self.model.figures(day)
            for product in PRODUCTS:
                held = sum(number for (_, of), (_, number, _) in figures.items() if of == product)
                assert held == self.model.valid_total(product, day)

    @invariant()
    def counters_are_exact(self) -> None:
        nodes = "SELECT source_id, product_id, state, count(*) FROM node GROUP BY 1, 2, 3"
        counted = "SELECT source_id, product_id, state, nodes FROM node_count WHERE nodes > 0"
        assert sorted(self.store.rows(nodes)) == sorted(self.store.rows(counted))

    @invariant()
    def the_tree_is_a_tree_within_its_limits(self) -> None:
        tree = read_holdings(self.store).tree
        for server in tree.servers:
            path = [server.host_name, *(above.host_name for above in tree.ancestors(server.id))]
            assert path[-1] == tree.primary.host_name
            assert server.role == "managed" or len(path) <= LEVELS
            assert len("/".join(path[:-1])) <= PATH_BYTES
            below = tree.children.get(server.id, ())
            assert server.role != "managed" or not below
            assert sum(one.role == "relay" for one in below) <= RELAYS
            assert server.role == "relay" or server.option == "none"

    @invariant()
    def the_audit_chain_is_whole(self) -> None:
        assert audit.verify(self.store).intact


def normal(holdings: Holdings) -> Holdings:
    """The same facts in one form: order of servers and empty entries say nothing."""
    return replace(
        holdings,
        tree=replace(holdings.tree, servers=tuple(sorted(holdings.tree.servers))),
        licenses={key: tuple(sorted(held, key=repr)) for key, held in holdings.licenses.items() if held},
        allocations={key: number for key, number in holdings.allocations.items() if number},
        managed={key: number for key, number in holdings.managed.items() if number},
        waiting={key: number for key, number in holdings.waiting.items() if number},
    )


PARTS = [0, *(pytest.param(part, marks=pytest.mark.full) for part in range(1, 10))]
"""The long campaign in parts, each well within the time that a test may take."""


@pytest.mark.parametrize("part", PARTS)
def test_random_sequences_of_actions(example_folder: Path, issuer: SampleIssuer, part: int) -> None:
    assert settings.default is not None
    sequences = min(settings.default.max_examples // 2, 100)
    machine = type("Actions", (Actions,), {"folder": example_folder, "issuer": issuer})
    # A sequence that fails is shown as it was found: to shrink it takes longer than a test may.
    found = settings(max_examples=sequences, stateful_step_count=50, phases=[Phase.reuse, Phase.generate])
    run_state_machine_as_test(machine, settings=found)
