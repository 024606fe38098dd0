"""Managing, excluding, discovering and deleting nodes, one or a million, in one transaction."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from licensedesk.core import audit
from licensedesk.core.changes import Changes
from licensedesk.core.errors import RefusedError
from licensedesk.core.holdings import Holdings
from licensedesk.core.nodes.counts import Group, outcome, read_product_names, write_deltas
from licensedesk.core.nodes.filters import NodeFilter, select
from licensedesk.core.nodes.indexes import Indexes
from licensedesk.core.nodes.judging import Act, Pools, Step, Verdict, judge, pool_of
from licensedesk.core.nodes.plans import Sort, list_parts
from licensedesk.core.nodes.queries import count_groups
from licensedesk.core.nodes.work import CHUNK, Watch, id_lines, large_cache
from licensedesk.core.scope import require_sees
from licensedesk.core.store.database import Store
from licensedesk.core.store.facts import read_holdings
from licensedesk.core.types import Actor, Day, NodeId, ProductId, utc_day

Chosen = Sequence[NodeId] | NodeFilter
"""Nodes by id, or all that match a filter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodesChanged:
    """What was done, or as a preview would be done, to the `matched` nodes.

    `left` did not get a license; the rest of those not `changed` had nothing to change.
    """

    matched: int
    changed: int
    left: int
    changes: Changes = field(default_factory=Changes)


@dataclass(frozen=True, slots=True)
class _Case:
    """One judged action, before anything is written."""

    before: Holdings
    step: Step
    products: Mapping[ProductId, str]
    matched: Mapping[Group, int]
    verdict: Verdict
    on: Day

    def pools(self) -> Pools:
        return Pools(self.before, self.products, on=self.on)


def change_nodes(
    store: Store,
    chosen: Chosen,
    *,
    act: Act,
    product: str | None = None,
    as_many_as_fit: bool = False,
    sort: Sort | None = None,
    by: Actor,
    at: datetime,
    watch: Watch | None = None,
) -> NodesChanged:
    """Do the act to all chosen nodes, or with `as_many_as_fit` to the first for which licenses remain.

    The first are those first in `chosen`, or in the filter's list as sorted by `sort`. `product` is what
    the nodes are meant for afterwards; None keeps theirs. A node that is already so is passed over.
    Raises RefusedError: `unknown-node`, `unknown-product`, `no-license-remaining`, `out-of-scope`, and
    those of `filters.select`; CancelledError. Then nothing is changed.
    """
    with large_cache(store), store.writing():
        case = _judged(store, chosen, act, product, as_many_as_fit=as_many_as_fit, by=by, at=at)
        subject = _subject(store, chosen)
        _choose(store, chosen, sort or Sort(), by=by)
        deltas, digest = _carry_out(store, case, watch or Watch())
        write_deltas(store, deltas)
        verdict = case.verdict
        audit.append(
            store,
            by=by,
            at=at,
            action=f"node-{act.value}",
            subject=subject,
            before={"matched": _by_state(case.matched), **_named(chosen)},
            after={"changed": verdict.changed, "left": verdict.left, "product": product, "ids": digest},
        )
        changes = outcome(case.before, deltas, case.products, on=case.on)
    return NodesChanged(matched=verdict.matched, changed=verdict.changed, left=verdict.left, changes=changes)


def preview_nodes(
    store: Store,
    chosen: Chosen,
    *,
    act: Act,
    product: str | None = None,
    as_many_as_fit: bool = False,
    by: Actor,
    at: datetime,
) -> NodesChanged:
    """What `change_nodes` would do, or its refusal; numbers alone tell it, however many nodes match."""
    with store.reading():
        case = _judged(store, chosen, act, product, as_many_as_fit=as_many_as_fit, by=by, at=at)
    verdict = case.verdict
    changes = outcome(case.before, _expected(case), case.products, on=case.on)
    return NodesChanged(matched=verdict.matched, changed=verdict.changed, left=verdict.left, changes=changes)


def _judged(
    store: Store,
    chosen: Chosen,
    act: Act,
    product: str | None,
    *,
    as_many_as_fit: bool,
    by: Actor,
    at: datetime,
) -> _Case:
    before, products = read_holdings(store), read_product_names(store)
    numbers = {name: number for number, name in products.items()}
    step = Step(act, None if product is None else numbers[before.product(product)])
    matched = _matched(store, before, chosen, by=by)
    verdict = judge(before, matched, step, products=products, as_many_as_fit=as_many_as_fit, on=utc_day(at))
    return _Case(before, step, products, matched, verdict, utc_day(at))


def _matched(store: Store, before: Holdings, chosen: Chosen, *, by: Actor) -> dict[Group, int]:
    """The chosen nodes by group. Raises RefusedError `unknown-node`, `out-of-scope`."""
    if isinstance(chosen, NodeFilter):
        return count_groups(store, select(store, chosen, by=by))
    ids = json.dumps(list(chosen))
    rows = store.rows(
        "SELECT source_id, product_id, state, count(*) FROM node"
        " WHERE id IN (SELECT value FROM json_each(?)) GROUP BY source_id, product_id, state",
        (ids,),
    )
    matched = {Group(source, product, state): number for source, product, state, number in rows}
    if sum(matched.values()) < len(set(chosen)):
        missing = store.value(
            "SELECT value FROM json_each(?) WHERE value NOT IN (SELECT id FROM node"
            " WHERE id IN (SELECT value FROM json_each(?)))",
            (ids, ids),
        )
        raise RefusedError("unknown-node", node=missing)
    for group in matched:
        require_sees(before.tree, by, group.source)
    return matched


def _choose(store: Store, chosen: Chosen, sort: Sort, *, by: Actor) -> None:
    """Fix which nodes, and in which order, before any of them changes: the list is walked while it does."""
    store.run("CREATE TEMP TABLE IF NOT EXISTS chosen (position INTEGER PRIMARY KEY, node INTEGER UNIQUE)")
    if not isinstance(chosen, NodeFilter):
        store.run_many("INSERT OR IGNORE INTO temp.chosen (node) VALUES (?)", ((node,) for node in chosen))
        return
    for part in list_parts(store, select(store, chosen, by=by), sort):
        sql, values = part.query()
        store.run(f"INSERT INTO temp.chosen (node) {sql}", values)


def _pages(store: Store) -> Iterator[list[tuple[NodeId, Group]]]:
    position = 0
    while rows := store.rows(
        "SELECT c.position, n.id, n.source_id, n.product_id, n.state FROM temp.chosen c"
        " JOIN node n ON n.id = c.node WHERE c.position > ? ORDER BY c.position LIMIT ?",
        (position, CHUNK),
    ):
        yield [(node, Group(*group)) for _, node, *group in rows]
        position = rows[-1][0]


def _carry_out(store: Store, case: _Case, watch: Watch) -> tuple[dict[Group, int], str]:
    """Change the nodes page by page; the deltas, and a digest of the ids of those changed, in order."""
    pools = case.pools()
    deltas: dict[Group, int] = defaultdict(int)
    digest = hashlib.sha256()
    indexes = Indexes(store)
    indexes.expect(case.verdict.changed)
    done = 0
    for page in _pages(store):
        ids: list[NodeId] = []
        for node, group in page:
            after = case.step.after(group)
            if after == group:
                continue
            if case.step.takes_license(group) and not pools.take(pool_of(case.before, case.step, group)):
                continue
            ids.append(node)
            deltas[group] -= 1
            if after is not None:
                deltas[after] += 1
        if ids:
            _write(store, case.step, ids)
        digest.update(id_lines(ids))
        done += len(page)
        watch.at(done)
    indexes.restore()
    store.run("DELETE FROM temp.chosen")
    return deltas, digest.hexdigest()


def _write(store: Store, step: Step, ids: list[NodeId]) -> None:
    inside = "WHERE id IN (SELECT value FROM json_each(?))"
    listed = json.dumps(ids)
    if step.act is Act.DELETE:
        store.run(f"DELETE FROM node {inside}", (listed,))
        return
    sets: dict[str, Any] = {}
    if step.state is not None:
        sets["state"] = step.state
    if step.product is not None:
        sets["product_id"] = step.product
    columns = ", ".join(f"{column} = ?" for column in sets)
    store.run(f"UPDATE node SET {columns} {inside}", (*sets.values(), listed))


def _expected(case: _Case) -> dict[Group, int]:
    """The deltas that the action will have; which source's nodes come first matters to no range."""
    pools = case.pools()
    deltas: dict[Group, int] = defaultdict(int)
    for group, found in case.matched.items():
        after, number = case.step.after(group), found
        if case.step.takes_license(group):
            number = pools.take(pool_of(case.before, case.step, group), number)
        deltas[group] -= number
        if after is not None:
            deltas[after] += number
    return deltas


def _subject(store: Store, chosen: Chosen) -> str:
    if isinstance(chosen, NodeFilter) or len(chosen) != 1:
        return "nodes"
    return str(store.value("SELECT host_name FROM node WHERE id = ?", (chosen[0],)))


def _named(chosen: Chosen) -> dict[str, Any]:
    return {"filter": chosen.as_json()} if isinstance(chosen, NodeFilter) else {}


def _by_state(matched: Mapping[Group, int]) -> dict[str, int]:
    numbers: dict[str, int] = defaultdict(int)
    for group, number in matched.items():
        numbers[group.state] += number
    return dict(numbers)
