"""How a list of nodes is read: chosen by the exact counts, not by what the engine would guess.

The engine knows nothing of a new filter; the counts do. Few nodes are fetched and sorted; of many, the
index of the sorted column is walked, which ends with all that lists are mostly filtered by.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from licensedesk.core.errors import RefusedError
from licensedesk.core.nodes.counts import Group
from licensedesk.core.nodes.filters import Condition, NodeFilter, Selection, may_be_mac
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


_THESE = "json_each(?) AS these CROSS JOIN node ON node.id = these.value"
"""Nodes by id. As a condition the engine may rather walk a whole index that has them in order."""


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


@dataclass(frozen=True, slots=True)
class Stretch:
    """Parts that follow each other, made only where they are read; `nodes` is their number, where known."""

    parts: Callable[[], Iterable[Part]]
    nodes: int | None = None


def list_parts(store: Store, selection: Selection, sort: Sort) -> Iterator[Part]:
    """The whole list as parts, in its order; for changes."""
    for stretch in list_stretches(store, selection, sort, after=None, remember=False):
        yield from stretch.parts()


def list_stretches(
    store: Store, selection: Selection, sort: Sort, *, after: NodeId | None, remember: bool = True
) -> Iterable[Stretch]:
    """The whole list, in its order; nodes up to `after` are left out. `remember` as for `few_matching`."""
    index = _INDEXES.get(sort.column)
    if index is None:
        return _grouped(store, selection, sort, after=after, remember=remember)
    name, columns = index
    table, before = way_in(store, selection)
    conditions = (*selection.narrow, *selection.rows)
    walk = f"node INDEXED BY {name}" if name else "node NOT INDEXED"
    if selection.most > FEW:
        few = None
        if not selection.filter.by_counts and (
            table != walk or (remember and _known(store, selection) is not None)
        ):
            few = few_matching(store, selection, remember=remember)
        table, before = walk, ()
        if few is not None:
            table, before, conditions = _THESE, (json.dumps(few),), ()
    if after is not None:
        conditions = (*conditions, _behind(store, after, columns, descending=sort.descending))
    exact = selection.most if selection.filter.by_counts and after is None else None
    order = tuple(f"node.{column}" for column in columns)
    part = Part(table, conditions, order, sort.descending, nodes=exact, before=before)
    return [Stretch(lambda: [part])]


def way_in(store: Store, selection: Selection) -> tuple[str, tuple[Any, ...]]:
    """The table with the index by which the fewest rows are read, and the values bound in it."""
    words = selection.filter.words
    if selection.most <= FEW:
        groups = json.dumps(list(selection.groups(store)))
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


class _Found(NamedTuple):
    """The few nodes that matched the last text: in which state of the site, and with which other filters."""

    revision: int
    besides: tuple[NodeFilter, tuple[Condition, ...]]
    words: tuple[str, ...]
    nodes: list[int]


_last_found: WeakKeyDictionary[Store, _Found] = WeakKeyDictionary()
"""By the open database: while a text is typed, each letter searches in what the one before has found."""


def _besides(selection: Selection) -> tuple[NodeFilter, tuple[Condition, ...]]:
    """What is filtered by, but for the text."""
    return replace(selection.filter, text=""), selection.narrow


def _known(store: Store, selection: Selection) -> list[int] | None:
    """Nodes among which all are that match: each word of what was found last is in one of the words now."""
    last = _last_found.get(store)
    if last is None or (last.revision, last.besides) != (store.revision(), _besides(selection)):
        return None
    narrowed = all(any(had in word for word in selection.filter.words) for had in last.words)
    return last.nodes if narrowed else None


def few_matching(store: Store, selection: Selection, *, remember: bool = True) -> list[int] | None:
    """The ids that match, unsorted, if they are few; one pass over the narrowest index.

    `remember` only outside of changes: in one that is taken back, its revision would be told twice.
    """
    table, before = way_in(store, selection)
    known = _known(store, selection) if remember else None
    if known is not None:
        table, before = _THESE, (json.dumps(known),)
    conditions = (*selection.narrow, *selection.rows)
    where = " AND ".join(condition.sql for condition in conditions)
    values = [*before, *(value for condition in conditions for value in condition.values)]
    rows = store.rows(f"SELECT node.id FROM {table} WHERE {where} LIMIT {FEW + 1}", values)
    if len(rows) > FEW:
        return None
    nodes = [node for (node,) in rows]
    if remember:
        words = tuple(selection.filter.words)
        _last_found[store] = _Found(store.revision(), _besides(selection), words, nodes)
    return nodes


def _behind(store: Store, node: NodeId, columns: tuple[str, ...], *, descending: bool) -> Condition:
    listed = ", ".join(columns)
    found = store.rows(f"SELECT {listed} FROM node WHERE id = ?", (node,))
    if not found:
        raise RefusedError("unknown-node", node=node)
    marks = ", ".join("?" * len(columns))
    way = "<" if descending else ">"
    named = ", ".join(f"node.{column}" for column in columns)
    return Condition(f"({named}) {way} ({marks})", found[0])


_NAMES = {
    Column.SOURCE: ("source_id", "(SELECT host_name FROM server WHERE id = source_id)"),
    Column.PRODUCT: ("product_id", "(SELECT name FROM product WHERE id = product_id)"),
    Column.STATE: ("state", "state"),
}
"""What nodes are counted by, each with the name by which it is sorted."""


def _grouped(
    store: Store, selection: Selection, sort: Sort, *, after: NodeId | None, remember: bool
) -> Iterable[Stretch]:
    """Sorted by what nodes are counted by: group by group, each in the order in which they were found.

    A stretch is what has one value of the sorted column: a page looks into few of them.
    """
    if not selection.filter.by_counts and selection.most > FEW:
        few = few_matching(store, selection, remember=remember)
        if few is not None:
            part = _listed(store, few, sort, after=after)
            return [Stretch(lambda: [part], part.nodes)]
    column, name = _NAMES[sort.column]
    way = " DESC" if sort.descending else ""
    heads = store.rows(
        f"SELECT {column}, number FROM (SELECT {column}, sum(nodes) AS number FROM node_count"
        f" WHERE {selection.counted.sql} GROUP BY {column}) ORDER BY {name}{way}",
        selection.counted.values,
    )
    begin = None if after is None else _group_of(store, after)
    if begin is not None:
        first = getattr(begin, _FIELDS[sort.column])
        heads = heads[[head for head, _ in heads].index(first) :]
    exact = selection.filter.by_counts
    return [
        Stretch(
            partial(_parts_of, store, selection, sort, head, begin=None if place else begin, after=after),
            number if exact and (place or begin is None) else None,
        )
        for place, (head, number) in enumerate(heads)
    ]


_FIELDS = {Column.SOURCE: "source", Column.PRODUCT: "product", Column.STATE: "state"}


def _parts_of(
    store: Store,
    selection: Selection,
    sort: Sort,
    head: str | int,
    *,
    begin: Group | None,
    after: NodeId | None,
) -> Iterator[Part]:
    """The groups with one value of the sorted column; those before `begin` are left out."""
    column, _ = _NAMES[sort.column]
    way = " DESC" if sort.descending else ""
    order = ", ".join(f"{name}{way}" for one, (_, name) in _NAMES.items() if one is not sort.column)
    rows = store.rows(
        f"SELECT source_id, product_id, state, nodes FROM node_count WHERE {column} = ?"
        f" AND {selection.counted.sql} ORDER BY {order}",
        (head, *selection.counted.values),
    )
    groups = [(Group(*group), number) for *group, number in rows]
    behind: tuple[Condition, ...] = ()
    if begin is not None and after is not None:
        groups = groups[[group for group, _ in groups].index(begin) :]
        behind = (_behind(store, after, ("id",), descending=sort.descending),)
    for group, number in groups:
        exact = number if selection.filter.by_counts and not behind else None
        inside = Condition("source_id = ? AND product_id = ? AND state = ?", tuple(group))
        conditions = (inside, *selection.rows, *behind)
        yield Part(f"node INDEXED BY {_GROUPS}", conditions, ("node.id",), sort.descending, exact)
        behind = ()


def _listed(store: Store, few: list[int], sort: Sort, *, after: NodeId | None) -> Part:
    """The few nodes that match, in the order of their groups."""
    way = " DESC" if sort.descending else ""
    names = [_NAMES[sort.column][1], *(name for one, (_, name) in _NAMES.items() if one is not sort.column)]
    order = ", ".join(f"{name}{way}" for name in (*names, "id"))
    rows = store.rows(
        f"SELECT id FROM node WHERE id IN (SELECT value FROM json_each(?)) ORDER BY {order}",
        (json.dumps(few),),
    )
    ids = [node for (node,) in rows]
    if after is not None:
        ids = ids[ids.index(after) + 1 :] if after in ids else []
    table = "json_each(?) AS listed CROSS JOIN node ON node.id = listed.value"
    return Part(table, (), ("listed.key",), descending=False, nodes=len(ids), before=(json.dumps(ids),))


def _group_of(store: Store, node: NodeId) -> Group:
    found = store.rows("SELECT source_id, product_id, state FROM node WHERE id = ?", (node,))
    if not found:
        raise RefusedError("unknown-node", node=node)
    return Group(*found[0])
