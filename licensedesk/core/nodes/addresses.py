"""The order of IP addresses: as numbers, IPv4 before IPv6."""

from __future__ import annotations

import socket

FIRST_IPV6 = b"\xff"
"""Keys from here on are of IPv6. No IPv4 address of a device begins with 255: all of them come before."""


def ip_key(ip: str) -> bytes:
    """Bytes that sort as the address does; none for "", which comes first."""
    if not ip:
        return b""
    if ":" in ip:
        return FIRST_IPV6 + socket.inet_pton(socket.AF_INET6, ip)
    return socket.inet_aton(ip)
