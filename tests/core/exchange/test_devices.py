"""The one form of names, addresses and operating systems of found devices."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from licensedesk.core.errors import RefusedError
from licensedesk.core.exchange.devices import (
    OS_FAMILIES,
    canonical_mac,
    checked_host_name,
    checked_ip,
    checked_text,
    described_os,
    os_family,
    preferred_ip,
    shown,
    universal_macs,
)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("pc-1.example.com", "pc-1.example.com"),
        ("PC-1.Example.COM", "pc-1.example.com"),
        ("  iMac de Zoe\u0301 ", "imac de zoé"),
        ("_gateway", "_gateway"),
        ("pc_7", "pc_7"),
        ("x" * 255, "x" * 255),
        ("サーバ01", "サーバ01"),
    ],
)
def test_a_host_name_takes_one_form(text: str, name: str) -> None:
    assert checked_host_name(text) == name
    assert checked_host_name(name) == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "a\0b",
        "a\nb",
        "a\u202eb",
        "a\u200bb",
        "\ud800",
        "x" * 256,
        "x" * 5000,
        "é" * 256,
        "\x1b[31m",
    ],
)
def test_a_host_name_that_does_not_show_or_fit_is_refused(text: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        checked_host_name(text)
    assert refusal.value.code == "invalid-name"
    assert len(refusal.value.figures["name"]) < 1100
    refusal.value.message.encode()  # can be printed


@settings(deadline=None)
@given(st.text())
def test_a_checked_text_is_checked_already(text: str) -> None:
    try:
        name = checked_text(text)
    except RefusedError:
        return
    assert checked_text(name) == name


@pytest.mark.parametrize(
    ("text", "ip"),
    [
        ("192.0.2.1", "192.0.2.1"),
        (" 192.0.2.1 ", "192.0.2.1"),
        ("0.0.0.0", "0.0.0.0"),  # noqa: S104 - an address in a file
        ("255.255.255.255", "255.255.255.255"),
        ("2001:0DB8:0:0::9", "2001:db8::9"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
    ],
)
def test_an_address_takes_its_shortest_form(text: str, ip: str) -> None:
    assert checked_ip(text) == ip
    assert checked_ip(ip) == ip


@pytest.mark.parametrize(
    "text",
    [
        "",
        "192.0.2",
        "192.0.2.256",
        "192.0.2.01",
        "1.2.3.4.5",
        "192.0.2.1/24",
        "host",
        "::g",
        "1\0",
        "٣.1.1.1",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        checked_ip(text)
    assert refusal.value.code == "invalid-address"
    assert "IP" in refusal.value.message


@pytest.mark.parametrize(
    ("texts", "ip"),
    [
        ([], ""),
        (["", "64", "255.255.255.0/24", "127.0.0.1", "169.254.1.1", "::1", "fe80::1"], ""),
        (["0.0.0.0", "2001:DB8::1", "224.0.0.1", "192.0.2.7", "192.0.2.8"], "192.0.2.7"),  # noqa: S104
        (["fe80::1", "2001:DB8::1", "2001:db8::2"], "2001:db8::1"),
    ],
)
def test_an_inventory_s_address_is_one_that_others_reach(texts: list[str], ip: str) -> None:
    assert preferred_ip(texts) == ip


@pytest.mark.parametrize(
    ("text", "mac"),
    [
        ("00:1A:2B:3C:4D:5E", "00:1a:2b:3c:4d:5e"),
        ("00-1a-2b-3c-4d-5e", "00:1a:2b:3c:4d:5e"),
        ("001A.2B3C.4D5E", "00:1a:2b:3c:4d:5e"),
        (" 001a2b3c4d5e ", "00:1a:2b:3c:4d:5e"),
        ("00:00:00:00:00:00:00:e0", ""),
        ("00:1a:2b:3c:4d", ""),
        ("zz:1a:2b:3c:4d:5e", ""),
        ("", ""),
    ],
)
def test_an_interface_s_address_takes_one_form(text: str, mac: str) -> None:
    assert canonical_mac(text) == mac


@pytest.mark.parametrize(
    "text",
    [
        "02:42:ac:11:00:02",  # locally administered
        "0a:00:27:00:00:00",
        "01:00:5e:00:00:01",  # group
        "33:33:00:00:00:01",
        "ff:ff:ff:ff:ff:ff",
        "00:00:00:00:00:00",
        "00:50:56:c0:00:08",  # the same in every machine that has the software
        "00:05:9a:3c:7a:00",
        "00:00:5e:00:01:0a",
        "00:00:0c:07:ac:01",
        "24:B6:20:52:41:53",
        "50:50:54:50:30:30",
        "20:41:53:59:4e:ff",
        "not a mac",
    ],
)
def test_what_does_not_identify_one_device_is_left_out(text: str) -> None:
    assert universal_macs([text]) == ()


def test_addresses_are_sorted_and_once_each() -> None:
    macs = [
        "00:1a:2b:00:00:02",
        "04-92-26-D7-AC-51",
        "00:1A:2B:00:00:01",
        "001a2b000002",
        "02:00:00:00:00:01",
    ]
    assert universal_macs(macs) == ("00:1a:2b:00:00:01", "00:1a:2b:00:00:02", "04:92:26:d7:ac:51")


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("", ""),
        ("Microsoft Windows Server 2022 Datacenter", "windows"),
        ("MSWin32", "windows"),
        ("Debian GNU/Linux 12 (bookworm)", "linux"),
        ("Red Hat Enterprise Linux 9", "linux"),
        ("Android 13", "linux"),
        ("macOS 14.2", "macos"),
        (
            "Apple Mac OS X 10.7.0 (Lion) - 10.12 (Sierra) or iOS 4.1 - 9.3.3 (Darwin 10.0.0 - 16.6.0)",
            "macos",
        ),
        ("darwin", "macos"),
        ("FreeBSD 13.2-RELEASE", "bsd"),
        ("OpenBSD", "bsd"),
        ("Oracle Solaris 11", "other"),
        ("VMware ESXi 7.0", "other"),
        ("Cisco IOS 15", "other"),
        ("AIX", "other"),
        ("HP LaserJet", ""),
        ("FreeBSD 9 or Linux 2.6", ""),
    ],
)
def test_a_family_is_told_only_where_the_text_tells_one(text: str, family: str) -> None:
    assert os_family(text) == family
    assert family in OS_FAMILIES


@pytest.mark.parametrize(
    ("text", "os"),
    [
        ("", ""),
        ("  Windows\u00a010\r\nPro\0 ", "Windows 10 Pro"),
        ("Linux\u202e", "Linux"),
        ("x" * 600, "x" * 255),
    ],
)
def test_the_text_of_an_operating_system_is_made_visible(text: str, os: str) -> None:
    assert described_os(text)[0] == os
    assert described_os(os)[0] == os


def test_foreign_text_in_a_figure_is_visible_and_short() -> None:
    assert shown("a\u202eb\0") == r"a\u202eb\x00"
    assert shown("x" * 1000) == "x" * 79 + "…"
