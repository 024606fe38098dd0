"""Whether a found device is a node already known to the same managing source. Pure; in memory.

Source: 1-domain.md, match of a found device: same inventory id; else a shared universal MAC, unless both
OS families are known and differ; else same host name and IP.
"""

from __future__ import annotations

from typing import NamedTuple

from licensedesk.core.exchange.devices import OS_FAMILIES
from licensedesk.core.types import NodeId

_FAMILY = {family: position for position, family in enumerate(OS_FAMILIES)}
_FAMILY_BITS = 3
_BITS = _FAMILY_BITS + 2
_HAS_MACS = 1 << _FAMILY_BITS
_HAS_INVENTORY = 2 << _FAMILY_BITS


class Identity(NamedTuple):
    """What a device is known by; "" is unknown."""

    host_name: str
    ip: str
    macs: tuple[str, ...]
    os_family: str
    inventory_id: str


_BUCKETS = 1 << 17
_KEY, _MARK = "\1", "\0"
"""What stands before a key and before a mark: no text of a node has either."""


class _Index:
    """Marks by key, for the million keys of a large source in half of the memory of a dict: each stands with
    its mark in the text of one of many buckets, and is compared whole.
    """

    __slots__ = ("_buckets",)

    def __init__(self) -> None:
        self._buckets = [_KEY] * _BUCKETS

    def all(self, key: str) -> tuple[int, ...]:
        """The marks, the lowest first."""
        bucket, sought = self._buckets[hash(key) % _BUCKETS], f"{_KEY}{key}{_MARK}"
        at = bucket.find(sought)
        if at < 0:
            return ()
        found = []
        while at >= 0:
            at += len(sought)
            found.append(int(bucket[at : bucket.index(_KEY, at)]))
            at = bucket.find(sought, at)
        return tuple(sorted(found))

    def put(self, key: str, mark: int) -> None:
        place, record = hash(key) % _BUCKETS, f"{key}{_MARK}{mark}{_KEY}"
        if f"{_KEY}{record}" not in self._buckets[place]:
            self._buckets[place] += record

    def put_first(self, key: str, mark: int) -> None:
        """Unless the key has a mark already."""
        if not self.all(key):
            self.put(key, mark)

    def drop(self, key: str, mark: int) -> None:
        place = hash(key) % _BUCKETS
        self._buckets[place] = self._buckets[place].replace(f"{_KEY}{key}{_MARK}{mark}{_KEY}", _KEY)


class Matcher:
    """All nodes of one managing source, found by what they are known by.

    A node stands in it as one number, its mark: the id, then what ties between nodes are settled by.
    """

    changes: int
    """Rises with all that may let a device be found otherwise."""

    def __init__(self) -> None:
        self.changes = 0
        self._inventory = _Index()
        self._macs = _Index()
        self._addresses = _Index()

    def add(self, node: NodeId, known: Identity) -> None:
        self.changes += 1
        mark = _mark(node, known)
        if known.inventory_id:
            self._inventory.put(known.inventory_id, mark)
        for mac in known.macs:
            self._macs.put(mac, mark)
        self._addresses.put(f"{known.host_name}\n{known.ip}", mark)

    def add_listed(self, node: NodeId, device: Identity) -> None:
        """Let what a file's row says of a node lead to it for the rest of the file, where nothing does yet.

        The node may keep other values; a later row of the file that repeats these is the same device.
        """
        self.changes += 1
        mark = _mark(node, device)
        if device.inventory_id:
            self._inventory.put_first(device.inventory_id, mark)
        for mac in device.macs:
            if not self.leads_elsewhere(mac, node, device.os_family):
                self._macs.put(mac, mark)
        self._addresses.put_first(f"{device.host_name}\n{device.ip}", mark)

    def forget(self, node: NodeId, known: Identity) -> None:
        """Take out what `add` put in with the same values."""
        self.changes += 1
        mark = _mark(node, known)
        self._inventory.drop(known.inventory_id, mark)
        for mac in known.macs:
            self._macs.drop(mac, mark)
        self._addresses.drop(f"{known.host_name}\n{known.ip}", mark)

    def find(self, device: Identity) -> NodeId | None:
        """The node that the device is; of several, the one found first."""
        if device.inventory_id and (known := self._inventory.all(device.inventory_id)):
            return NodeId(known[0] >> _BITS)
        for mac in device.macs:
            if (found := self._at_mac(mac, device.os_family)) is not None:
                return found
        return self._at_address(device)

    def at_address(self, known: Identity) -> tuple[NodeId, ...]:
        """All nodes with this host name and IP."""
        marks = self._addresses.all(f"{known.host_name}\n{known.ip}")
        return tuple(NodeId(mark >> _BITS) for mark in marks)

    def leads_elsewhere(self, mac: str, node: NodeId, family: str | None = None) -> bool:
        """Whether another node is found by the MAC; of an OS family, "" being one, if it is given."""
        return any(
            mark >> _BITS != node and (family is None or _family(mark) == _FAMILY[family])
            for mark in self._macs.all(mac)
        )

    def _at_mac(self, mac: str, family: str) -> NodeId | None:
        """Of several nodes with one MAC, the one of the same OS family before one of which it is unknown."""
        marks = [mark for mark in self._macs.all(mac) if _may_be_one(mark, family)]
        if not marks:
            return None
        return NodeId(min(marks, key=lambda mark: (_family(mark) != _FAMILY[family], mark)) >> _BITS)

    def _at_address(self, device: Identity) -> NodeId | None:
        """Of several nodes with one host name and IP, the one about which as much is known.

        Two systems of one machine, which share a MAC, stay apart here too: often they share the name.
        """
        marks = self._addresses.all(f"{device.host_name}\n{device.ip}")
        marks = tuple(mark for mark in marks if not self._other_system(mark, device))
        if not marks:
            return None
        wanted = _depth(device)
        return NodeId(min(marks, key=lambda mark: (_unlike(mark, wanted), mark)) >> _BITS)

    def _other_system(self, mark: int, device: Identity) -> bool:
        """Asked where no node with one of the MACs may be the device."""
        return any(mark in self._macs.all(mac) for mac in device.macs)


def _mark(node: NodeId, known: Identity) -> int:
    return node << _BITS | _depth(known) | _FAMILY[known.os_family]


def _depth(known: Identity) -> int:
    return (_HAS_INVENTORY if known.inventory_id else 0) | (_HAS_MACS if known.macs else 0)


def _unlike(mark: int, wanted: int) -> int:
    return (mark ^ wanted) & (_HAS_INVENTORY | _HAS_MACS)


def _family(mark: int) -> int:
    return mark & (1 << _FAMILY_BITS) - 1


def _may_be_one(mark: int, family: str) -> bool:
    return not family or _family(mark) in {0, _FAMILY[family]}
