"""Lists of nodes: any page of any sorting of any filter, and how many match; fast at a million nodes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from licensedesk.core.nodes.counts import Group
from licensedesk.core.nodes.filters import NodeFilter, Selection, select
from licensedesk.core.nodes.plans import Column, Part, Sort, Stretch, few_matching, list_stretches, way_in
from licensedesk.core.store.database import Store
from licensedesk.core.types import Actor, NodeId

__all__ = [
    "Column",
    "NodeRow",
    "Sort",
    "count_groups",
    "count_nodes",
    "list_nodes",
    "read_rows",
]

_BY_HOST_NAME = Sort()


class NodeRow(NamedTuple):
    """A line of a list; `source` is the host name of the managing source, the times are stamps."""

    id: NodeId
    host_name: str
    ip: str
    macs: str
    os: str
    source: str
    state: str
    product: str
    first_seen: str
    last_seen: str


def list_nodes(
    store: Store,
    wanted: NodeFilter,
    *,
    by: Actor,
    sort: Sort = _BY_HOST_NAME,
    limit: int,
    offset: int = 0,
    after: NodeId | None = None,
) -> list[NodeRow]:
    """One page: the nodes from `offset` on, or those that follow the node `after`.

    Raises RefusedError `unknown-node`, and those of `filters.select`.
    """
    with store.reading():
        selection = select(store, wanted, by=by)
        stretches = list_stretches(store, selection, sort, after=after)
        return read_rows(store, _ids(store, stretches, limit=limit, offset=offset))


def count_nodes(store: Store, wanted: NodeFilter, *, by: Actor) -> int:
    """How many nodes match, exactly; at once but for conditions on the nodes' own data."""
    with store.reading():
        selection = select(store, wanted, by=by)
        if wanted.by_counts:
            return selection.most
        few = few_matching(store, selection)
        if few is not None:
            return len(few)
        table, before = way_in(store, selection)
        conditions = (*selection.narrow, *selection.rows)
        part = Part(table, conditions, ("node.id",), descending=False, before=before)
        return _number(store, part)


def count_groups(store: Store, selection: Selection) -> dict[Group, int]:
    """How many nodes of each group match."""
    if selection.filter.by_counts:
        return selection.groups(store)
    table, before = way_in(store, selection)
    part = Part(table, (*selection.narrow, *selection.rows), ("node.id",), descending=False, before=before)
    where, values = part.query(what="source_id, product_id, state, count(*)")
    rows = store.rows(f"{where.partition(' ORDER BY ')[0]} GROUP BY source_id, product_id, state", values)
    return {Group(source, product, state): number for source, product, state, number in rows}


def _ids(store: Store, stretches: Iterable[Stretch], *, limit: int, offset: int) -> list[NodeId]:
    """The ids of one page. What comes before it is passed over by its number, a part's end read backwards."""
    found: list[NodeId] = []
    for stretch in stretches:
        if stretch.nodes is not None and offset >= stretch.nodes:
            offset -= stretch.nodes
            continue
        for part in stretch.parts():
            page, offset = _of_part(store, part, limit=limit - len(found), offset=offset)
            found += page
            if len(found) == limit:
                return found
    return found


def _of_part(store: Store, part: Part, *, limit: int, offset: int) -> tuple[list[NodeId], int]:
    """The ids from `offset` on, and the offset that is left for the parts behind it."""
    if part.nodes is not None and offset >= part.nodes:
        return [], offset - part.nodes
    page = _page(store, part, limit=limit, offset=offset)
    if part.nodes is not None or page or not offset:
        return page, 0
    return [], offset - _number(store, part)


def _page(store: Store, part: Part, *, limit: int, offset: int) -> list[NodeId]:
    backwards = part.nodes is not None and offset > part.nodes // 2
    if part.nodes is not None and backwards:
        limit = min(limit, part.nodes - offset)
        offset = part.nodes - offset - limit
    sql, values = part.query(backwards=backwards)
    rows = store.rows(f"{sql} LIMIT ? OFFSET ?", (*values, limit, offset))
    ids = [node for (node,) in rows]
    return ids[::-1] if backwards else ids


def _number(store: Store, part: Part) -> int:
    where, values = part.query(what="count(*)")
    number: int = store.value(where.partition(" ORDER BY ")[0], values)
    return number


def read_rows(store: Store, nodes: list[NodeId]) -> list[NodeRow]:
    """The rows of these nodes, in this order; those that are gone are left out."""
    rows = store.rows(
        "SELECT n.id, n.host_name, n.ip, n.macs, n.os, s.host_name, n.state, p.name, n.first_seen,"
        " n.last_seen"
        " FROM json_each(?) AS listed CROSS JOIN node n ON n.id = listed.value"
        " JOIN server s ON s.id = n.source_id JOIN product p ON p.id = n.product_id ORDER BY listed.key",
        (json.dumps(nodes),),
    )
    return [NodeRow._make(row) for row in rows]
