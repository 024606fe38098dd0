"""How a list of nodes is read: chosen by the exact counts, not by what the engine would guess.

The engine knows nothing of a new filter; the counts do. Few nodes are fetched and sorted; of many, the
index of the sorted column is walked, which ends with all that lists are mostly filtered by.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from licensedesk.core.errors import RefusedError
from licensedesk.core.nodes.counts import Group, read_product_names
from licensedesk.core.nodes.filters import Condition, Selection, may_be_mac
from licensedesk.core.store.database import Store
from licensedesk.core.types import NodeId

FEW = 5_000
"""So many nodes are fetched and sorted in less than a tenth of a second."""


class Column(StrEnum):
    """What lists can be sorted by; the names are those of the command line."""

    HOST_NAME = "host_name"
    IP = "ip"
    OS = "os"
    SOURCE = "managing_source"
    STATE = "state"
    PRODUCT = "product"
    FIRST_SEEN = "first_seen"
    LAST_SEEN = "last_seen"


@dataclass(frozen=True, slots=True)
class Sort:
    column: Column = Column.HOST_NAME
    descending: bool = False


_TAIL = ("state", "source_id", "product_id", "id")
_GROUPS = "node_source_id_product_id_state"
_INDEXES = {
    Column.HOST_NAME: ("node_host_name_ip_state_source_id_product_id", ("host_name", "ip", *_TAIL)),
    Column.IP: ("node_ip_key_state_source_id_product_id", ("ip_key", *_TAIL)),
    Column.OS: ("node_os_state_source_id_product_id", ("os", *_TAIL)),
    Column.LAST_SEEN: ("node_last_seen_state_source_id_product_id", ("last_seen", *_TAIL)),
    # Ids rise as nodes are found.
    Column.FIRST_SEEN: (None, ("id",)),
}
"""Each with all its columns: lists are sorted by just these, so that no two nodes are equal."""


@dataclass(frozen=True, slots=True)
class Part:
    """Ids of a list, as the FROM and WHERE of a query and its order; the parts of a list follow each other.

    `nodes` is their exact number, where it is known.
    """

    table: str
    conditions: tuple[Condition, ...]
    order: tuple[str, ...]
    descending: bool
    nodes: int | None = None
    before: tuple[Any, ...] = ()

    def query(self, *, what: str = "node.id", backwards: bool = False) -> tuple[str, list[Any]]:
        where = " AND ".join(condition.sql for condition in self.conditions) or "1"
        way = " DESC" if self.descending != backwards else ""
        order = ", ".join(f"{column}{way}" for column in self.order)
        values = [*self.before, *(value for condition in self.conditions for value in condition.values)]
        return f"SELECT {what} FROM {self.table} WHERE {where} ORDER BY {order}", values


def list_parts(store: Store, selection: Selection, sort: Sort, *, after: NodeId | None = None) -> list[Part]:
    """The whole list as parts, in its order; those up to the node `after` are left out."""
    index = _INDEXES.get(sort.column)
    if index is None:
        return _grouped(store, selection, sort, after=after)
    name, columns = index
    table, before = way_in(selection)
    conditions = (*selection.narrow, *selection.rows)
    walk = f"node INDEXED BY {name}" if name else "node NOT INDEXED"
    if selection.most > FEW and table != walk:
        few = None if selection.filter.by_counts else _few(store, selection)
        table, before = walk, ()
        if few is not None:
            table = "node"
            conditions = (Condition("node.id IN (SELECT value FROM json_each(?))", (json.dumps(few),)),)
    if after is not None:
        conditions = (*conditions, _behind(store, after, columns, descending=sort.descending))
    exact = selection.most if selection.filter.by_counts and after is None else None
    order = tuple(f"node.{column}" for column in columns)
    return [Part(table, conditions, order, sort.descending, nodes=exact, before=before)]


def way_in(selection: Selection) -> tuple[str, tuple[Any, ...]]:
    """The table with the index by which the fewest rows are read, and the values bound in it."""
    words = selection.filter.words
    if selection.most <= FEW:
        groups = json.dumps(list(selection.groups))
        joined = (
            "json_each(?) AS wanted CROSS JOIN node INDEXED BY " + _GROUPS + " ON"
            " node.source_id = wanted.value ->> 0 AND node.product_id = wanted.value ->> 1"
            " AND node.state = wanted.value ->> 2"
        )
        return joined, (groups,)
    if any(may_be_mac(word) for word in words):
        return "node NOT INDEXED", ()
    column = Column.HOST_NAME if words else Column.OS if selection.filter.os else Column.LAST_SEEN
    return f"node INDEXED BY {_INDEXES[column][0]}", ()


def _few(store: Store, selection: Selection) -> list[int] | None:
    """The ids that match, unsorted, if they are few; one pass over the narrowest index."""
    table, before = way_in(selection)
    conditions = (*selection.narrow, *selection.rows)
    where = " AND ".join(condition.sql for condition in conditions)
    values = [*before, *(value for condition in conditions for value in condition.values)]
    rows = store.rows(f"SELECT node.id FROM {table} WHERE {where} LIMIT {FEW + 1}", values)
    return None if len(rows) > FEW else [node for (node,) in rows]


def _behind(store: Store, node: NodeId, columns: tuple[str, ...], *, descending: bool) -> Condition:
    listed = ", ".join(columns)
    found = store.rows(f"SELECT {listed} FROM node WHERE id = ?", (node,))
    if not found:
        raise RefusedError("unknown-node", node=node)
    marks = ", ".join("?" * len(columns))
    way = "<" if descending else ">"
    named = ", ".join(f"node.{column}" for column in columns)
    return Condition(f"({named}) {way} ({marks})", found[0])


def _grouped(store: Store, selection: Selection, sort: Sort, *, after: NodeId | None) -> list[Part]:
    """Sorted by what nodes are counted by: group by group, each in the order in which they were found."""
    groups = sorted(selection.groups, key=_rank(store, sort), reverse=sort.descending)
    if not selection.filter.by_counts and selection.most > FEW:
        few = _few(store, selection)
        if few is not None:
            return [_listed(store, few, groups, descending=sort.descending, after=after)]
    behind: tuple[Condition, ...] = ()
    if after is not None:
        groups = groups[groups.index(_group_of(store, after)) :]
        behind = (_behind(store, after, ("id",), descending=sort.descending),)
    parts = []
    for group in groups:
        exact = selection.groups[group] if selection.filter.by_counts and not behind else None
        inside = Condition("source_id = ? AND product_id = ? AND state = ?", tuple(group))
        conditions = (inside, *selection.rows, *behind)
        parts.append(Part(f"node INDEXED BY {_GROUPS}", conditions, ("node.id",), sort.descending, exact))
        behind = ()
    return parts


def _listed(
    store: Store, few: list[int], groups: list[Group], *, descending: bool, after: NodeId | None
) -> Part:
    """The few nodes that match, in the order of their groups."""
    ranks = {group: position for position, group in enumerate(groups)}
    rows = store.rows(
        "SELECT id, source_id, product_id, state FROM node WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(few),),
    )
    keyed = sorted((ranks[Group(*group)], -node if descending else node) for node, *group in rows)
    ids = [abs(node) for _, node in keyed]
    if after is not None:
        ids = ids[ids.index(after) + 1 :] if after in ids else []
    table = "json_each(?) AS listed CROSS JOIN node ON node.id = listed.value"
    return Part(table, (), ("listed.key",), descending=False, nodes=len(ids), before=(json.dumps(ids),))


def _group_of(store: Store, node: NodeId) -> Group:
    found = store.rows("SELECT source_id, product_id, state FROM node WHERE id = ?", (node,))
    if not found:
        raise RefusedError("unknown-node", node=node)
    return Group(*found[0])


def _rank(store: Store, sort: Sort) -> Callable[[Group], tuple[Any, ...]]:
    """The order of groups by names, the sorted column first."""
    names = dict(
        store.rows("SELECT id, host_name FROM server WHERE id IN (SELECT source_id FROM node_count)")
    )
    products = read_product_names(store)

    def rank(group: Group) -> tuple[Any, ...]:
        columns = {
            Column.SOURCE: names[group.source],
            Column.PRODUCT: products[group.product],
            Column.STATE: group.state,
        }
        return (columns.pop(sort.column), *columns.values())

    return rank
