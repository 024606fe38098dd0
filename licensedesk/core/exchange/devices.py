"""What every reader of scanner files gives: found devices, refused rows, and the one form of their values.

Text in these files comes from the network: anyone who answers a scan may have written it.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from licensedesk.core.errors import RefusedError
from licensedesk.core.names import clean_text, visible

NAME_LIMIT = 255
"""Characters of a host name, an inventory id, a product name or the text of an operating system."""
_SHOWN = 80


class FoundDevice(NamedTuple):
    """One device as a file tells it; every value is checked and in the form that is stored.

    A tuple, because a file holds a million: a frozen dataclass takes four times as long to make.
    `row` is its place in the file from 1: number of the host or inventory, line of a CSV.
    `macs` are sorted, only such as identify one device; `os_family` is one of `OS_FAMILIES`.
    `product` and `reported_managed` are known to CSV alone.
    """

    row: int
    host_name: str
    ip: str = ""
    macs: tuple[str, ...] = ()
    os: str = ""
    os_family: str = ""
    inventory_id: str = ""
    product: str = ""
    reported_managed: bool = False


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that is left out, with the code and figures of its refusal; the others are read on."""

    row: int
    code: str
    figures: dict[str, Any]


Row = FoundDevice | RefusedRow


def shown(text: str) -> str:
    """Foreign text as a figure: invisible characters made visible, no longer than a line."""
    return visible(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")


# -- names -----------------------------------------------------------------------------------------

is_plain_name = re.compile(r"[a-z0-9][a-z0-9._-]{0,254}").fullmatch
"""The usual host name, which `checked_host_name` gives back as it is."""
is_plain_id = re.compile(r"[A-Za-z0-9][!-~]{0,254}").fullmatch
"""The usual id, which `checked_text` gives back as it is."""


def checked_host_name(text: str) -> str:
    """A found device's name in lower case. It need not be a DNS name: `imac of marie` and `pc_7` occur.

    Raises RefusedError `invalid-name`: empty, too long, control, bidi or format characters.
    """
    if is_plain_name(text):
        return text
    lower = text.lower()
    return lower if is_plain_name(lower) else checked_text(lower)


def checked_text(text: str) -> str:
    """A name or id, trimmed and in NFC; refused as `invalid-name` by the rules of `names.clean_text`."""
    # Two cheap looks settle nearly all of them: of ASCII, only control characters are not printable.
    if text.isascii() and text.isprintable() and len(text) <= NAME_LIMIT and text.strip() == text != "":
        return text
    # Cut first: trimming a megabyte of foreign text is work that no name needs.
    return clean_text(text[: 4 * NAME_LIMIT].strip(), limit=NAME_LIMIT)


# -- addresses -------------------------------------------------------------------------------------

_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
is_ipv4 = re.compile(rf"{_OCTET}\.{_OCTET}\.{_OCTET}\.{_OCTET}").fullmatch
"""An IPv4 address in its one form, which `checked_ip` gives back as it is."""


def checked_ip(text: str) -> str:
    """An IPv4 or IPv6 address in its shortest form, without a zone (it names the scanner's interface).

    Raises RefusedError `invalid-address`.
    """
    if is_ipv4(text):
        return text
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError as error:
        raise RefusedError("invalid-address", address=shown(text)) from error
    if isinstance(address, ipaddress.IPv6Address):
        return str(address.ipv4_mapped or address).partition("%")[0]
    return str(address)


def preferred_ip(texts: Iterable[str]) -> str:
    """Of the addresses an inventory lists, the first IPv4, else the first IPv6, that others can reach.

    Loopback, link-local and unspecified ones, and texts that are no address, are passed over; "" if
    none is left.
    """
    sixth = ""
    for text in texts:
        try:
            address = ipaddress.ip_address(text.strip())
        except ValueError:
            continue
        if address.is_loopback or address.is_link_local or address.is_unspecified or address.is_multicast:
            continue
        if address.version == 4:
            return str(address)
        sixth = sixth or checked_ip(text)
    return sixth


# The first five octets of addresses that many machines have: adapters of VPN, dial-up and virtual machine
# software, and virtual routers. One more family of dial-up adapters is known by its last four, "\x20RAS".
_SHARED = (
    r"00:(?:00:(?:5e:00:0[12]|0c:07:ac|00:00:00)|50:56:c0:00|05:9a:3c:7a|09:0f:fe:00|0b:ca:fe:00"
    r"|53:45:00:00|a0:c6:00:00)|20:41:53:59:4e|50:50:54:50:30"
)
_HEX = "[0-9a-f][0-9a-f]"
# The two lowest bits of the first octet are "group" and "locally administered": 0, 4, 8 and c have neither.
_universal = re.compile(
    rf"(?!{_SHARED})[0-9a-f][048c]:{_HEX}:(?!20:52:41:53){_HEX}:{_HEX}:{_HEX}:{_HEX}"
).fullmatch
_bare = re.compile(r"[0-9a-f]{12}").fullmatch
_NOT_HEX = str.maketrans("", "", ":-.")


def canonical_mac(text: str) -> str:
    """`00:1a:2b:3c:4d:5e` from the usual ways to write it; "" if it is no 48 bit address."""
    digits = text.strip().lower().translate(_NOT_HEX)
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2)) if _bare(digits) else ""


def universal_macs(texts: Iterable[str]) -> tuple[str, ...]:
    """Those that identify one device, canonical, sorted, once each.

    Left out: locally administered, group, broadcast and zero addresses, addresses known to be the same
    in many machines, and what is no 48 bit address.
    """
    return tuple(sorted({mac for text in texts if _universal(mac := canonical_mac(text))}))


def universal_mac(text: str) -> tuple[str, ...]:
    """The quick case of `universal_macs`: one address, canonical already; else empty."""
    return (text,) if _universal(text) else ()


# -- operating systems -----------------------------------------------------------------------------

OS_FAMILIES = ("", "windows", "linux", "macos", "bsd", "other")
_FAMILIES = {
    "windows": re.compile(r"windows|mswin32"),
    "macos": re.compile(r"mac ?os|os x\b|darwin"),
    "bsd": re.compile(r"bsd\b|dragonfly"),
    "linux": re.compile(
        r"linux|debian|ubuntu|centos|fedora|red ?hat|\brhel\b|suse|gentoo|raspbian|android|amazon"
    ),
}
_OTHER = re.compile(
    r"solaris|sunos|\baix\b|hp-?ux|\besxi?\b|\bcisco\b|\bios\b|junos|z/os|os/400|\bos/2\b|openvms"
)


@lru_cache(maxsize=4096)
def _described(text: str) -> tuple[str, str]:
    visible = "".join(c if c.isprintable() else " " for c in unicodedata.normalize("NFC", text))
    name = " ".join(visible.split())[:NAME_LIMIT].rstrip()
    return name, os_family(name)


def described_os(text: str) -> tuple[str, str]:
    """The text of an operating system without invisible characters, and its family."""
    # Cut before the cache, so that it stays small; a name that needs more is none.
    return _described(text[: 2 * NAME_LIMIT]) if text else ("", "")


def os_family(text: str) -> str:
    """`other` for families known to be none of the named; "" where the text tells none, or several.

    "" never keeps two reports of one machine apart, so it is the answer in doubt.
    """
    lower = text.lower()
    named = [family for family, pattern in _FAMILIES.items() if pattern.search(lower)]
    if named:
        return named[0] if len(named) == 1 else ""
    return "other" if _OTHER.search(lower) else ""
