"""Exporting all nodes that match a filter, as a file that an import reads again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from licensedesk.core.exchange import export_csv
from licensedesk.core.nodes.filters import NodeFilter
from licensedesk.core.nodes.queries import Sort, list_nodes
from licensedesk.core.nodes.work import CHUNK, Watch
from licensedesk.core.store.database import Store
from licensedesk.core.types import Actor, NodeId


def export_matching(
    store: Store, path: Path, wanted: NodeFilter, *, by: Actor, sort: Sort, watch: Watch | None = None
) -> int:
    """Write one state of the site, in the list's order, the file whole or not at all; how many nodes.

    Raises CancelledError, RefusedError as `filters.select`, SurroundingsError `disk-full`, `unwritable`.
    """
    with store.reading():
        return export_csv.export_nodes(path, _rows(store, wanted, by, sort, watch or Watch()))


def _rows(
    store: Store, wanted: NodeFilter, by: Actor, sort: Sort, watch: Watch
) -> Iterator[export_csv.NodeRow]:
    done, after = 0, None
    while rows := list_nodes(store, wanted, by=by, sort=sort, limit=CHUNK, after=after):
        inventory = _inventory_ids(store, [row.id for row in rows])
        for row in rows:
            yield export_csv.NodeRow(
                row.host_name,
                row.ip,
                row.macs.split(),
                row.os,
                inventory[row.id],
                row.product,
                row.state,
            )
        after = rows[-1].id
        done += len(rows)
        watch.at(done)


def _inventory_ids(store: Store, nodes: list[NodeId]) -> dict[NodeId, str]:
    return dict(
        store.rows(
            "SELECT id, inventory_id FROM node WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(nodes),),
        )
    )
