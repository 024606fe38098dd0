"""The devices of the sample site: the same ones every time, as five management servers find them."""

from __future__ import annotations

import random
from typing import NamedTuple

from licensedesk.core.exchange.devices import FoundDevice, described_os

_SEED = 20261121
_UNSEEN = 0.04
"""The part of the devices that the second scan does not find: switched off, or gone."""


class Network(NamedTuple):
    """What one management server finds: managed and waiting nodes, of the first and the second product."""

    site: str
    network: str
    managed: tuple[int, int]
    waiting: tuple[int, int]


NETWORKS = {
    "a": Network("hq", "10.1.0", (52, 20), (1, 6)),
    "b": Network("ber", "10.2.0", (32, 11), (2, 3)),
    "c": Network("osa", "10.3.0", (21, 12), (0, 0)),
    "d": Network("muc", "10.4.0", (12, 0), (5, 0)),
    "e": Network("kyo", "10.5.0", (17, 8), (0, 4)),
}
"""With what the primary distributes: {a, b} uses 84 of 100, {c, e} 38 of 40, {d} 12 of 10."""

_KINDS = (
    ("pc", "Microsoft Windows 11 Pro", 8),
    ("nb", "Microsoft Windows 11 Enterprise", 6),
    ("pc", "Microsoft Windows 10 Enterprise LTSC", 2),
    ("mac", "Apple macOS 15.6", 2),
    ("ws", "Ubuntu 24.04.3 LTS", 2),
)
_SERVER_KINDS = (
    ("srv", "Debian GNU/Linux 12 (bookworm)", 4),
    ("srv", "Microsoft Windows Server 2022 Standard", 3),
    ("db", "Red Hat Enterprise Linux 9.6", 2),
    ("vm", "FreeBSD 14.3-RELEASE", 1),
)


PRINTER = "prn"
"""How the host names of devices begin that the administrator excludes."""
_PRINTERS = {"a": 9, "c": 5}


def found_by(name: str, *, products: tuple[str, str], again: bool = False) -> list[FoundDevice]:
    """The devices of one management server, managed ones first, printers last; `again` leaves out a few."""
    network = NETWORKS[name]
    chance = random.Random(f"{_SEED} {name}")  # noqa: S311 - the same sample every time, no secret
    wanted = [
        (product, managed)
        for place, product in enumerate(products)
        for managed, number in ((True, network.managed[place]), (False, network.waiting[place]))
        for _ in range(number)
    ]
    devices = [
        _device(row, network, chance, product=product, managed=managed, server=product == products[1])
        for row, (product, managed) in enumerate(wanted, start=1)
    ]
    first = len(devices) + 1
    devices += [_printer(row, network, products[0]) for row in range(first, first + _PRINTERS.get(name, 0))]
    # Drawn for the first scan too, so that both find the same devices.
    kept = [device for device in devices if chance.random() >= _UNSEEN]
    return kept if again else devices


def _device(
    row: int, network: Network, chance: random.Random, *, product: str, managed: bool, server: bool
) -> FoundDevice:
    kinds = _SERVER_KINDS if server else _KINDS
    kind, system, _ = chance.choices(kinds, weights=[weight for _, _, weight in kinds])[0]
    os, family = described_os(system)
    mac = f"00:1a:2b:{chance.randrange(1 << 24):06x}"
    mac = ":".join((mac[:8], mac[9:11], mac[11:13], mac[13:15]))
    return FoundDevice(
        row=row,
        host_name=f"{kind}-{network.site}-{row:03}.example.com",
        ip=f"{network.network}.{row + 9}",
        macs=(mac,),
        os=os,
        os_family=family,
        inventory_id=f"{kind}-{network.site}-{row:03}-{chance.randrange(1 << 32):08x}",
        product=product,
        reported_managed=managed,
    )


def _printer(row: int, network: Network, product: str) -> FoundDevice:
    return FoundDevice(
        row=row,
        host_name=f"{PRINTER}-{network.site}-{row:03}.example.com",
        ip=f"{network.network}.{row + 9}",
        os="HP LaserJet (embedded)",
        os_family="other",
        product=product,
    )
