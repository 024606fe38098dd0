"""The order of IP addresses: as numbers, IPv4 before IPv6."""

from __future__ import annotations

import socket


def ip_key(ip: str) -> bytes:
    """Bytes that sort as the address does; none for "", which comes first."""
    if not ip:
        return b""
    if ":" in ip:
        # No IPv4 address of a device begins with 255, so that all of them come before.
        return b"\xff" + socket.inet_pton(socket.AF_INET6, ip)
    return socket.inet_aton(ip)
