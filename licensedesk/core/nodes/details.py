"""Single nodes: all that is known of one, which of some are still there, which stand where in a list."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from licensedesk.core.errors import RefusedError
from licensedesk.core.nodes.filters import NodeFilter
from licensedesk.core.nodes.queries import NodeRow, Sort, list_nodes, read_rows
from licensedesk.core.nodes.waiting import probable_duplicates
from licensedesk.core.scope import require_sees
from licensedesk.core.store.database import Store
from licensedesk.core.store.facts import read_tree
from licensedesk.core.types import Actor, NodeId


@dataclass(frozen=True, slots=True)
class NodeDetail:
    """`range_source` is the host name of the sharing source whose licenses the node uses or waits for.

    `duplicates` are nodes of other managing sources that are probably the same device.
    """

    row: NodeRow
    os_family: str
    inventory_id: str
    range_source: str
    duplicates: tuple[NodeRow, ...] = ()


def read_node(store: Store, node: NodeId, *, by: Actor) -> NodeDetail:
    """Raises RefusedError `unknown-node`, `out-of-scope`."""
    with store.reading():
        found = store.rows("SELECT source_id, os_family, inventory_id FROM node WHERE id = ?", (node,))
        if not found:
            raise RefusedError("unknown-node", node=node)
        server, family, inventory_id = found[0]
        tree = read_tree(store)
        require_sees(tree, by, server)
        (row,) = read_rows(store, [node])
        duplicates = tuple(probable_duplicates(store, node, by=by))
    return NodeDetail(row, family, inventory_id, tree.source_of(server).host_name, duplicates)


def still_there(store: Store, nodes: Iterable[NodeId]) -> list[NodeId]:
    """Those of the nodes that are not deleted, in the order given."""
    wanted = list(nodes)
    rows = store.rows(
        "SELECT id FROM node WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(wanted),)
    )
    there = {node for (node,) in rows}
    return [node for node in wanted if node in there]


def read_page(
    store: Store,
    wanted: NodeFilter,
    *,
    by: Actor,
    sort: Sort,
    limit: int,
    offset: int,
    after: NodeId | None,
) -> list[NodeRow]:
    """The page from `offset` on; `after` is the node before it, from which it is found faster.

    Where that node has been deleted meanwhile the page is counted for. Raises RefusedError:
    those of `filters.select`.
    """
    with store.reading():
        if after is not None and still_there(store, [after]):
            return list_nodes(store, wanted, by=by, sort=sort, limit=limit, after=after)
        return list_nodes(store, wanted, by=by, sort=sort, limit=limit, offset=offset)


def nodes_at(
    store: Store, wanted: NodeFilter, places: Sequence[tuple[int, int]], *, by: Actor, sort: Sort
) -> list[NodeId]:
    """The nodes at these places of a list, given as first and last place of each stretch.

    Raises RefusedError: those of `filters.select`.
    """
    with store.reading():
        return [
            row.id
            for first, last in places
            for row in list_nodes(store, wanted, by=by, sort=sort, limit=last - first + 1, offset=first)
        ]
