"""Each sample file of tests/data gives exactly these rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from licensedesk.core.exchange.detect import read_devices
from licensedesk.core.exchange.devices import FoundDevice, RefusedRow

DATA = Path(__file__).parents[2] / "data"
WINDOWS_7 = "Microsoft Windows 7 Professionnel 6.1.7601"

SAMPLES: dict[str, list[FoundDevice | RefusedRow]] = {
    "nmap-loopback.xml": [FoundDevice(1, "localhost", "127.0.0.1")],
    "nmap-network.xml": [
        FoundDevice(
            2,
            "file-server.example.com",
            "192.0.2.2",
            ("00:1a:2b:00:00:02",),
            "Linux 4.15 - 5.8",
            "linux",
        ),
        FoundDevice(3, "pc-7.example.com", "192.0.2.7", (), "Windows 10", "windows"),
        FoundDevice(4, "192.0.2.8", "192.0.2.8", ("00:1a:2b:00:00:08",), "Linux 2.6.32", ""),
        RefusedRow(
            5,
            "invalid-name",
            {
                "name": r"bad\u202ename.example.com",
                "reason": "it has the character U+202E, which does not show",
            },
        ),
        FoundDevice(6, "2001:db8::a", "2001:db8::a"),
    ],
    "glpi-linux.json": [
        FoundDevice(
            1,
            "app-server-3",
            "192.0.2.30",
            ("00:1a:2b:00:03:01", "00:1a:2b:00:03:02"),
            "Debian GNU/Linux 12 (bookworm)",
            "linux",
            "app-server-3-2024-04-02-09-15-44",
        )
    ],
    "glpi-several.json": [
        FoundDevice(
            1,
            "pcventas-12",
            "198.51.100.25",
            ("04:92:26:d7:ac:51",),
            "Microsoft Windows 10 Pro 10.0.18362",
            "windows",
            "16823975",
        ),
        FoundDevice(2, "core-switch", "198.51.100.2", ("00:1a:2b:00:00:99",)),
        RefusedRow(
            3,
            "invalid-name",
            {"name": r"evil\x00name", "reason": "it has the character U+0000, which does not show"},
        ),
    ],
    "ocs-windows.xml": [
        FoundDevice(
            1,
            "pc de zoé",
            "192.0.2.40",
            ("00:1a:2b:00:04:00",),
            WINDOWS_7,
            "windows",
            "PC-ZOE-2019-05-06-10-11-12",
        )
    ],
    "nodes.csv": [
        FoundDevice(
            2,
            "pc-1.example.com",
            "192.0.2.101",
            ("00:1a:2b:00:01:01", "00:1a:2b:00:01:02"),
            "Microsoft Windows 11",
            "windows",
            "inv-1",
            "Desktop Manager",
            reported_managed=True,
        ),
        FoundDevice(
            3,
            "pc-2.example.com",
            "192.0.2.102",
            (),
            "Debian GNU/Linux 12",
            "linux",
            "inv-2",
            "Desktop Manager",
        ),
        FoundDevice(6, "pc-3.example.com", "2001:db8::3", inventory_id="inv-3"),
        FoundDevice(7, "192.0.2.104", "192.0.2.104", inventory_id="inv-4"),
        RefusedRow(8, "invalid-address", {"address": "192.0.2.300"}),
        RefusedRow(9, "invalid-row", {"found": 3, "expected": 8}),
        RefusedRow(
            10,
            "invalid-name",
            {"name": r"pc\u202e7", "reason": "it has the character U+202E, which does not show"},
        ),
        RefusedRow(11, "invalid-state", {"state": "stolen"}),
        RefusedRow(12, "invalid-address", {"address": "no"}),
        FoundDevice(13, "zürich pc_10", os="日本 OS", inventory_id="inv-10"),
    ],
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_gives_its_rows(name: str) -> None:
    assert list(read_devices(DATA / name)) == SAMPLES[name]


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("nmap-network.xml", "nmap"),
        ("glpi-linux.json", "glpi"),
        ("ocs-windows.xml", "glpi"),
        ("ocs-windows.xml", "ocs"),
        ("nodes.csv", "csv"),
    ],
)
def test_the_format_may_be_said(name: str, format: str) -> None:  # noqa: A002 - as the option
    assert list(read_devices(DATA / name, format=format)) == SAMPLES[name]
