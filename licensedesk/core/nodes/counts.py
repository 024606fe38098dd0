"""The exact numbers of nodes per managing source, product and state, and what changing them means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from licensedesk.core.changes import Changes, Notice, RangeChange
from licensedesk.core.holdings import Holdings, Key
from licensedesk.core.store.database import Store
from licensedesk.core.types import Day, NodeState, ProductId, ServerId


class Group(NamedTuple):
    """What nodes are counted by, and all that decides which licenses they use."""

    source: ServerId
    product: ProductId
    state: str


Deltas = Mapping[Group, int]
"""By how much the number of nodes of each group changes."""


def write_deltas(store: Store, deltas: Deltas) -> None:
    """Bring the counts up to what was done to the nodes, in the same transaction."""
    # A falling number has to meet its row: as an upsert it would be checked, and refused, on its own.
    store.run_many(
        "UPDATE node_count SET nodes = nodes + ? WHERE source_id = ? AND product_id = ? AND state = ?",
        [(number, *group) for group, number in deltas.items() if number < 0],
    )
    store.run_many(
        "INSERT INTO node_count (source_id, product_id, state, nodes) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (source_id, product_id, state) DO UPDATE SET nodes = node_count.nodes + excluded.nodes",
        [(*group, number) for group, number in deltas.items() if number > 0],
    )


def recount(store: Store) -> dict[Group, tuple[int, int]]:
    """Where the counts are not what counting the nodes gives: (counted, kept). Empty if all is well."""
    with store.reading():
        rows = store.rows(
            "SELECT source_id, product_id, state, count(*) FROM node GROUP BY source_id, product_id, state"
        )
        counts = store.rows("SELECT source_id, product_id, state, nodes FROM node_count")
    found, kept = ({Group(*group): number for *group, number in numbers} for numbers in (rows, counts))
    return {
        group: (found.get(group, 0), kept.get(group, 0))
        for group in {**found, **kept}
        if found.get(group, 0) != kept.get(group, 0)
    }


def read_product_names(store: Store) -> dict[ProductId, str]:
    return dict(store.rows("SELECT id, name FROM product"))


def _with_managed(before: Holdings, deltas: Deltas, products: Mapping[ProductId, str]) -> Holdings:
    """The facts of a site after the numbers of managed nodes have changed: no others use a license."""
    managed = dict(before.managed)
    for group, number in deltas.items():
        if group.state == NodeState.MANAGED:
            key = (group.source, products[group.product])
            managed[key] = managed.get(key, 0) + number
    return replace(before, managed=managed)


def outcome(before: Holdings, deltas: Deltas, products: Mapping[ProductId, str], *, on: Day) -> Changes:
    """What an action on nodes changed: only the ranges of the groups it touched are looked at."""
    after = _with_managed(before, deltas, products)
    keys = _touched(before, deltas, products)
    ranges = tuple(change for key in keys if (change := _compared(before, after, key, on=on)) is not None)
    warnings = tuple(
        Notice(
            "range-short",
            {"source": change.host_name, "product": change.product, "shortage": change.after.shortage},
        )
        for change in ranges
        if change.after is not None and change.after.shortage
    )
    return Changes(nodes=any(deltas.values()), ranges=ranges, warnings=warnings)


def _touched(before: Holdings, deltas: Deltas, products: Mapping[ProductId, str]) -> Iterable[Key]:
    """(sharing source, product) in the order of the tree and the alphabet."""
    tree = before.tree
    touched = {
        (tree.sources[tree.index[group.source]], products[group.product])
        for group, number in deltas.items()
        if number
    }
    return [(tree.servers[position].id, product) for position, product in sorted(touched)]


def _compared(before: Holdings, after: Holdings, key: Key, *, on: Day) -> RangeChange | None:
    source, product = before.tree.get(key[0]), key[1]
    was, becomes = (facts.standing(source, product, on=on) for facts in (before, after))
    if was == becomes:
        return None
    return RangeChange(
        source=source.id, host_name=source.host_name, product=product, before=was, after=becomes
    )
