"""Reading hosts from nmap's XML (`nmap -oX`; https://nmap.org/book/nmap-dtd.html)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from licensedesk.core.documents.xml import iter_import
from licensedesk.core.errors import LicenseFileError, RefusedError
from licensedesk.core.exchange.devices import (
    FoundDevice,
    RefusedRow,
    Row,
    checked_host_name,
    checked_ip,
    described_os,
    shown,
    universal_macs,
)
from licensedesk.core.exchange.source import Metered

if TYPE_CHECKING:
    from lxml import etree

SURE_OF_OS = 90
"""Percent of accuracy from which nmap's guess of an operating system is taken (nmap lists from 85)."""


def read_nmap(file: BinaryIO, *, name: str) -> Iterator[Row]:
    """The hosts that were up, of an open file called `name`; rows are counted with those that were not.

    A scan that nmap ended with an error did not see all its targets: it is refused like a cut file.
    Raises LicenseFileError as `iter_import` does, at any host.
    """
    row, finished = 0, False
    source = Metered(file, name)
    for element in iter_import(source.as_file(), file=name, tags=("host", "finished")):
        source.done()
        if element.tag == "finished":
            if element.get("exit", "success") != "success":
                reason = f"nmap ended with an error: {shown(element.get('errormsg', '?'))}"
                raise LicenseFileError("truncated-file", file=name, reason=reason)
            finished = True
            continue
        row += 1
        try:
            device = _device(element, row)
        except RefusedError as refusal:
            yield RefusedRow(row, refusal.code, refusal.figures)
        else:
            if device is not None:
                yield device
    if not finished:
        raise LicenseFileError("truncated-file", file=name, reason="nmap has not noted the end of its scan")


def _device(host: etree._Element, row: int) -> FoundDevice | None:
    """None for a host that is not up. Scanners that write no status (masscan) list only what answered."""
    addresses: dict[str, str] = {}
    name, system, ports = "", None, None
    for part in host:
        tag = part.tag
        if tag == "status":
            if part.get("state") != "up":
                return None
        elif tag == "address":
            addresses.setdefault(part.get("addrtype", "ipv4"), part.get("addr", ""))
        elif tag == "hostnames":
            name = _name(part)
        elif tag == "ports":
            ports = part
        elif tag == "os":
            system = part
    text = addresses.get("ipv4") or addresses.get("ipv6") or ""
    ip = checked_ip(text) if text else ""
    os, family = _os(system, ports)
    mac = addresses.get("mac")
    return FoundDevice(
        row, checked_host_name(name or ip), ip, universal_macs((mac,)) if mac else (), os, family
    )


def _name(names: etree._Element) -> str:
    """The name given by the user before what reverse DNS says."""
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(name.get("type", ""), name.get("name", ""))
    return found.get("user") or found.get("PTR") or found.get("") or ""


def _os(system: etree._Element | None, ports: etree._Element | None) -> tuple[str, str]:
    """The best match; its family only where all equally good ones agree. Else what a service told."""
    best, names = SURE_OF_OS - 1, []
    for match in system if system is not None else ():
        accuracy = _percent(match.get("accuracy", "")) if match.tag == "osmatch" else 0
        if accuracy > best:
            best, names = accuracy, [match.get("name", "")]
        elif accuracy == best and names:
            names.append(match.get("name", ""))
    if names:
        families = {described_os(name)[1] for name in names}
        return described_os(names[0])[0], families.pop() if len(families) == 1 else ""
    for service in ports.iter("service") if ports is not None else ():
        ostype = service.get("ostype")
        if ostype and ostype != "Unix":
            return described_os(ostype)
    return "", ""


def _percent(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
