"""What GLPI's JSON and the older XML of OCS and FusionInventory have in common: one device's inventory."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from licensedesk.core.errors import RefusedError
from licensedesk.core.exchange.devices import (
    FoundDevice,
    RefusedRow,
    Row,
    checked_host_name,
    checked_text,
    described_os,
    os_family,
    preferred_ip,
    universal_macs,
)

INTERFACES = 1000
"""Interfaces of one device that are looked at."""


def inventory_row(
    row: int,
    *,
    inventory_id: str,
    hardware: Mapping[str, Any],
    system: Mapping[str, Any],
    networks: list[Any],
) -> Row:
    """The device of one inventory, or why it is refused. Keys in lower case; values from a foreign file."""
    own, virtual = _interfaces(networks)
    listed = [*_addresses(own), *split_addresses(text_of(hardware, "ipaddr")), *_addresses(virtual)]
    os, family = described_os(_os_text(system, hardware))
    try:
        return FoundDevice(
            row=row,
            host_name=checked_host_name(text_of(hardware, "name") or text_of(system, "fqdn")),
            ip=preferred_ip(listed),
            # Adapters made by software often have the same address in every machine that has it.
            macs=universal_macs(text_of(part, "mac") or text_of(part, "macaddr") for part in own),
            os=os,
            os_family=family or os_family(text_of(system, "kernel_name")),
            inventory_id=checked_text(inventory_id) if inventory_id else "",
        )
    except RefusedError as refusal:
        return RefusedRow(row, refusal.code, refusal.figures)


def text_of(part: Mapping[str, Any], key: str) -> str:
    """The trimmed text under `key`; "" where there is none, or something else."""
    value = part.get(key)
    return value.strip() if isinstance(value, str) else ""


def mapping_of(value: object) -> Mapping[str, Any]:
    """`value` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def split_addresses(text: str) -> list[str]:
    """Agents list several addresses in one text with commas, slashes or spaces."""
    return re.split(r"[\s,;/]+", text) if text else []


def _os_text(system: Mapping[str, Any], hardware: Mapping[str, Any]) -> str:
    full = text_of(system, "full_name")
    if full:
        return full
    name, version = text_of(system, "name"), text_of(system, "version")
    if not name:
        name, version = text_of(hardware, "osname"), text_of(hardware, "osversion")
    return f"{name} {version}".strip()


def _interfaces(networks: list[Any]) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """The device's own interfaces, those with a gateway first, and the virtual ones."""
    parts: list[Mapping[str, Any]] = [p for p in islice(networks, INTERFACES) if isinstance(p, dict)]
    virtual = [part for part in parts if str(part.get("virtualdev", "")).strip().lower() in {"1", "true"}]
    own = [part for part in parts if part not in virtual]
    own.sort(key=lambda part: not text_of(part, "ipgateway"))
    return own, virtual


def _addresses(interfaces: Iterable[Mapping[str, Any]]) -> list[str]:
    found: list[str] = []
    for interface in interfaces:
        for key in ("ipaddress", "ipaddress6"):
            value = interface.get(key)
            for text in islice(value, INTERFACES) if isinstance(value, list) else (value,):
                found += split_addresses(text.strip()) if isinstance(text, str) else []
    return found
