"""Found devices in few words, and what became of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from licensedesk.core.exchange.devices import FoundDevice, RefusedRow
from licensedesk.core.nodes.filters import NodeFilter
from licensedesk.core.nodes.importing import import_devices
from licensedesk.core.nodes.intake import ImportResult
from licensedesk.core.nodes.queries import NodeRow, list_nodes
from tests.core.example import AT, BY, PRODUCT, Example


def device(host_name: str, ip: str = "", *macs: str, row: int = 1, **given: Any) -> FoundDevice:
    return FoundDevice(row, host_name, ip, tuple(sorted(macs)), **given)


def found(number: int, *, prefix: str = "pc") -> list[FoundDevice]:
    """Devices pc-0000, pc-0001, ... of one network."""
    return [device(f"{prefix}-{i:04}", f"10.0.{i // 250}.{i % 250 + 1}", row=i + 1) for i in range(number)]


def take_in(
    example: Example, rows: Iterable[FoundDevice | RefusedRow], *, source: str = "a", **given: Any
) -> ImportResult:
    order: dict[str, Any] = {
        "product": PRODUCT,
        "manage": False,
        "as_reported": False,
        "by": BY,
        "at": AT,
        **given,
    }
    return import_devices(example.store, rows, source=example.id(source), **order)


def listed(example: Example, **given: Any) -> list[NodeRow]:
    """All nodes that match, by host name."""
    order: dict[str, Any] = {"by": BY, "limit": 10_000}
    names: dict[str, Any] = {
        name: given.pop(name) for name in ("by", "limit", "offset", "after", "sort") if name in given
    }
    return list_nodes(example.store, NodeFilter(**given), **{**order, **names})
