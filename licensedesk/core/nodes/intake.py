"""One import while it runs: which node each device is, what that changes, and who gets a license."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from licensedesk.core.changes import Changes
from licensedesk.core.errors import RefusedError
from licensedesk.core.exchange.devices import FoundDevice, RefusedRow
from licensedesk.core.holdings import Holdings
from licensedesk.core.nodes.counts import Group, outcome, read_product_names, write_deltas
from licensedesk.core.nodes.indexes import Indexes
from licensedesk.core.nodes.judging import Pool, Pools
from licensedesk.core.nodes.matching import Identity, Matcher
from licensedesk.core.nodes.records import (
    Record,
    insert_records,
    read_identities,
    read_records,
    set_last_seen,
    update_records,
)
from licensedesk.core.settings import read_settings
from licensedesk.core.store.database import Store
from licensedesk.core.types import NodeId, NodeState, ProductId, ServerId, stamp, utc_day

MOST_MACS = 64
"""MACs kept of one node: a file could name a million for one host."""
REFUSED_KEPT = 1_000
_DISCOVERED = NodeState.DISCOVERED.value
_MANAGED = NodeState.MANAGED.value


@dataclass(slots=True, kw_only=True)
class ImportResult:
    """What an import did, or with `dry_run` would do.

    `read` counts all rows, `repeated` those that are a node of an earlier row of the same file. `managed`
    nodes are among the others. `refused` holds the first 1,000 of `refused_count`.
    """

    read: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    repeated: int = 0
    managed: int = 0
    refused_count: int = 0
    refused: list[RefusedRow] = field(default_factory=list)
    changes: Changes = field(default_factory=Changes)

    def figures(self) -> dict[str, int]:
        """The counts alone, as the audit keeps them."""
        return {
            "read": self.read,
            "new": self.new,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "repeated": self.repeated,
            "managed": self.managed,
            "refused": self.refused_count,
        }

    def refuse(self, row: RefusedRow) -> None:
        self.refused_count += 1
        if len(self.refused) < REFUSED_KEPT:
            self.refused.append(row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the administrator asked for; see `importing.import_devices`."""

    source: ServerId
    product: str | None
    manage: bool
    as_reported: bool
    at: datetime


class Intake:
    """Takes devices chunk by chunk inside the import's transaction. Memory grows with the source's nodes, by
    some 200 bytes each.
    """

    def __init__(self, store: Store, before: Holdings, order: Order) -> None:
        self._store = store
        self._before = before
        self._order = order
        self._at = stamp(order.at)
        self._names = read_product_names(store)
        self._products = {name: product for product, name in self._names.items()}
        self._meant = self._meant_product()
        self._pools = Pools(before, self._names, on=utc_day(order.at))
        self._range = before.tree.source_of(order.source).id
        self._next = store.value("SELECT coalesce(max(id), 0) + 1 FROM node")
        self._first_new = self._next
        self._matcher = Matcher()
        for node, known in read_identities(store, order.source):
            self._matcher.add(node, known)
        self._indexes = Indexes(store)
        self._deltas: dict[Group, int] = defaultdict(int)
        self._found = bytearray(self._first_new)
        """By id, of the nodes known before: 1 where a row of the file was it, 2 where that changed it."""
        self._new: dict[NodeId, Record] = {}
        self._known: dict[NodeId, Record] = {}
        self._dirty: dict[NodeId, Record] = {}
        self._touched: list[NodeId] = []
        self.result = ImportResult()

    def take(self, rows: list[FoundDevice | RefusedRow]) -> None:
        """Match one chunk and write what it changes."""
        self.result.read += len(rows)
        devices: list[tuple[FoundDevice, Identity]] = []
        for row in rows:
            if isinstance(row, FoundDevice):
                macs = row.macs[:MOST_MACS]
                devices.append((row, Identity(row.host_name, row.ip, macs, row.os_family, row.inventory_id)))
            else:
                self.result.refuse(row)
        ahead = self._read_ahead([known for _, known in devices])
        changes = self._matcher.changes
        for place, (device, known) in enumerate(devices):
            # What the chunk has changed so far may lead a device elsewhere.
            as_before = ahead and self._matcher.changes == changes
            self._take(device, known, ahead[place] if as_before else self._matcher.find(known))
        self._write()

    def finish(self) -> ImportResult:
        """Bring indexes and counts up to date and say what was done."""
        # Sorting an index takes memory too: not both at a time.
        self._matcher = Matcher()
        self._indexes.restore()
        write_deltas(self._store, self._deltas)
        result = self.result
        result.updated, result.unchanged = self._found.count(2), self._found.count(1)
        on = utc_day(self._order.at)
        result.changes = outcome(self._before, self._deltas, self._names, on=on)
        return result

    def listed(self) -> Iterator[NodeId]:
        """The nodes that the file's rows were, found again and new, by id."""
        yield from (NodeId(node) for node, found in enumerate(self._found) if found)
        yield from (NodeId(node) for node in range(self._first_new, self._next))

    def _meant_product(self) -> ProductId | None:
        name = self._order.product or read_settings(self._store)["default_product"]
        if name is not None and name not in self._products:
            raise RefusedError("unknown-product", product=name)
        return None if name is None else self._products[str(name)]

    def _read_ahead(self, devices: list[Identity]) -> list[NodeId | None]:
        """Which nodes they are by now, the rows of these read in one query: what changes within the chunk is
        found and read singly. Empty where no node was known before.
        """
        if self._first_new == 1:
            return []
        find = self._matcher.find
        nodes = [find(known) for known in devices]
        self._known = read_records(self._store, {node for node in nodes if node is not None})
        return nodes

    def _take(self, device: FoundDevice, known: Identity, node: NodeId | None) -> None:
        if node is None:
            self._add(device, known)
            return
        record = self._record(node)
        repeated = self._is_listed(node)
        if repeated:
            self.result.repeated += 1
        else:
            self._found[node] = 1
            self._touched.append(node)
        system = (record.os or device.os) if repeated else (device.os or record.os)
        merged = completed(record.known, known) if repeated else renewed(record.known, known)
        if merged != record.known:
            merged = self._rematched(record, merged)
        if (merged, system) != (record.known, record.os):
            record.known, record.os = merged, system
            self._dirty[node] = record
            if node < self._first_new:
                self._found[node] = 2
        if known != record.known:
            self._matcher.add_listed(node, known)
        if self._gets_license(record, device):
            self._deltas[Group(self._order.source, record.product, record.state)] -= 1
            self._deltas[Group(self._order.source, record.product, _MANAGED)] += 1
            record.state = _MANAGED
            self._dirty[node] = record

    def _add(self, device: FoundDevice, known: Identity) -> None:
        product = self._products.get(device.product) if device.product else self._meant
        if product is None:
            if not device.product:
                raise RefusedError("unknown-product", product="-")
            self.result.refuse(RefusedRow(device.row, "unknown-product", {"product": device.product}))
            return
        node = NodeId(self._next)
        self._next += 1
        record = Record(node, _DISCOVERED, product, known, device.os)
        if self._gets_license(record, device):
            record.state = _MANAGED
        self._deltas[Group(self._order.source, product, record.state)] += 1
        self._new[node] = record
        self._matcher.add(node, known)
        self.result.new += 1

    def _record(self, node: NodeId) -> Record:
        record = self._new.get(node) or self._known.get(node)
        if record is None:
            record = self._known[node] = read_records(self._store, [node])[node]
        return record

    def _rematched(self, record: Record, merged: Identity) -> Identity:
        """Let the node be found by its new values, but for those by which the file names another node."""
        node, had = record.node, record.known
        if any(other != node and self._is_listed(other) for other in self._matcher.at_address(merged)):
            merged = merged._replace(host_name=had.host_name, ip=had.ip)
        self._matcher.forget(node, had)
        macs = [
            mac
            for mac in merged.macs
            if not self._matcher.leads_elsewhere(mac, node, merged.os_family if mac in had.macs else None)
        ]
        kept = merged._replace(macs=tuple(macs[:MOST_MACS]))
        self._matcher.add(node, kept)
        return kept

    def _is_listed(self, node: NodeId) -> bool:
        """Whether an earlier row of the file was this node."""
        return node >= self._first_new or self._found[node] > 0

    def _gets_license(self, record: Record, device: FoundDevice) -> bool:
        """The one place of an import that manages a node. An excluded node stays excluded."""
        reported = self._order.as_reported and device.reported_managed
        if record.state != _DISCOVERED or not (reported or self._order.manage):
            return False
        granted = self._pools.take(Pool(self._range, record.product), anyway=reported)
        self.result.managed += granted
        return granted > 0

    def _write(self) -> None:
        self._indexes.expect(len(self._new) + len(self._dirty) + len(self._touched))
        insert_records(self._store, self._new.values(), source=self._order.source, at=self._at)
        update_records(self._store, [one for node, one in self._dirty.items() if node not in self._new])
        set_last_seen(self._store, self._touched, at=self._at)
        for done in (self._new, self._known, self._dirty):
            done.clear()
        self._touched.clear()


def renewed(had: Identity, found: Identity) -> Identity:
    """A known node's data once it is found again: what was found counts, what was not found is kept.

    MACs are added, since a scan sees only those of its own network.
    """
    unnamed = found.host_name == found.ip
    return Identity(
        had.host_name if unnamed else found.host_name,
        found.ip or had.ip,
        _joined(had.macs, found.macs),
        found.os_family or had.os_family,
        found.inventory_id or had.inventory_id,
    )


def completed(had: Identity, found: Identity) -> Identity:
    """The data of a node that the same file names once more: only what was unknown is filled in.

    Name, address and OS stay, and MACs of another OS are not taken, so that each row of the file finds
    the same node when it is imported again.
    """
    one_system = not had.os_family or not found.os_family or had.os_family == found.os_family
    return had._replace(
        macs=_joined(had.macs, found.macs) if one_system else had.macs,
        os_family=had.os_family or found.os_family,
        inventory_id=had.inventory_id or found.inventory_id,
    )


def _joined(had: tuple[str, ...], found: tuple[str, ...]) -> tuple[str, ...]:
    new = [mac for mac in found if mac not in had]
    return (*had, *new) if new else had
