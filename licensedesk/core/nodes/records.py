"""Rows of the node table as an import reads and writes them, many in one statement."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from licensedesk.core.nodes.addresses import ip_key
from licensedesk.core.nodes.matching import Identity
from licensedesk.core.store.database import Store
from licensedesk.core.types import NodeId, ProductId, ServerId

_PAGE = 10_000


@dataclass(slots=True)
class Record:
    """A node while an import works on it."""

    node: NodeId
    state: str
    product: ProductId
    known: Identity
    os: str


def read_identities(store: Store, source: ServerId) -> Iterator[tuple[NodeId, Identity]]:
    """All nodes of a managing source, the one found first before the others."""
    groups = store.rows("SELECT product_id, state FROM node_count WHERE source_id = ?", (source,))
    for product, state in groups:
        last = 0
        while page := store.rows(
            "SELECT id, host_name, ip, macs, os_family, inventory_id FROM node"
            " WHERE source_id = ? AND product_id = ? AND state = ? AND id > ? ORDER BY id LIMIT ?",
            (source, product, state, last, _PAGE),
        ):
            for node, host_name, ip, macs, os_family, inventory_id in page:
                yield node, Identity(host_name, ip, tuple(macs.split()), os_family, inventory_id)
            last = page[-1][0]


def read_records(store: Store, nodes: Iterable[NodeId]) -> dict[NodeId, Record]:
    rows = store.rows(
        "SELECT id, state, product_id, host_name, ip, macs, os_family, inventory_id, os FROM node"
        " WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(nodes)),),
    )
    return {
        node: Record(
            node, state, product, Identity(host_name, ip, tuple(macs.split()), family, inventory_id), os
        )
        for node, state, product, host_name, ip, macs, family, inventory_id, os in rows
    }


def insert_records(store: Store, records: Iterable[Record], *, source: ServerId, at: str) -> None:
    store.run_many(
        "INSERT INTO node (id, source_id, state, product_id, host_name, ip, ip_key, macs, os, os_family,"
        " inventory_id, first_seen, last_seen) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                record.node,
                source,
                record.state,
                record.product,
                known.host_name,
                known.ip,
                ip_key(known.ip),
                " ".join(known.macs),
                record.os,
                known.os_family,
                known.inventory_id,
                at,
                at,
            )
            for record in records
            for known in (record.known,)
        ),
    )


def update_records(store: Store, records: Iterable[Record]) -> None:
    store.run_many(
        "UPDATE node SET state = ?, host_name = ?, ip = ?, ip_key = ?, macs = ?, os = ?, os_family = ?,"
        " inventory_id = ? WHERE id = ?",
        (
            (
                record.state,
                known.host_name,
                known.ip,
                ip_key(known.ip),
                " ".join(known.macs),
                record.os,
                known.os_family,
                known.inventory_id,
                record.node,
            )
            for record in records
            for known in (record.known,)
        ),
    )


def set_last_seen(store: Store, nodes: Iterable[NodeId], *, at: str) -> None:
    """A clock set back never makes a node look longer unseen."""
    # The plus keeps the index of last_seen out of the search: the ids are the narrow way in.
    store.run(
        "UPDATE node SET last_seen = ? WHERE id IN (SELECT value FROM json_each(?)) AND +last_seen < ?",
        (at, json.dumps(list(nodes)), at),
    )
