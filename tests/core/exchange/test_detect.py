"""Which format a file has, and that what is cut, foreign or hostile is refused whole and with its code."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from licensedesk.core.errors import LicenseFileError
from licensedesk.core.exchange import source
from licensedesk.core.exchange.detect import read_devices
from licensedesk.core.exchange.devices import FoundDevice, RefusedRow, Row
from licensedesk.core.exchange.source import Reading

DATA = Path(__file__).parents[2] / "data"
CODES = {
    "truncated-file", "unknown-format", "unreadable-file", "too-large", "bad-encoding", "doctype-forbidden",
}  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "found"


def refusal_of(path: Path, format: str | None = None) -> LicenseFileError:  # noqa: A002 - as the option
    with pytest.raises(LicenseFileError) as refusal:
        list(read_devices(path, format=format))
    assert refusal.value.figures["file"] == path.name
    assert "?" not in refusal.value.message  # every figure of the sentence is there
    return refusal.value


def rows_or_code(path: Path) -> list[Row] | str:
    try:
        return list(read_devices(path))
    except LicenseFileError as refusal:
        return refusal.code


@pytest.mark.parametrize(
    "name",
    ["nmap-network.xml", "nmap-loopback.xml", "glpi-linux.json", "glpi-several.json", "ocs-windows.xml"],
)
def test_each_cut_of_a_sample_is_refused_or_leaves_it_whole(name: str, path: Path) -> None:
    whole = (DATA / name).read_bytes()
    rows = list(read_devices(DATA / name))
    for at in range(len(whole)):
        path.write_bytes(whole[:at])
        read = rows_or_code(path)
        if isinstance(read, str):
            assert read in {"truncated-file", "unknown-format"}, at
        else:
            assert not whole[at:].strip(), at
            assert read == rows


def test_each_cut_of_the_csv_is_refused_or_gives_the_first_rows(path: Path) -> None:
    whole = (DATA / "nodes.csv").read_bytes()
    rows = list(read_devices(DATA / "nodes.csv"))
    for at in range(len(whole)):
        path.write_bytes(whole[:at])
        read = rows_or_code(path)
        if isinstance(read, str):
            assert read in {"truncated-file", "unknown-format"}, at
        else:
            # Only the last field of the last line, here the inventory id, may have lost its end.
            assert read[:-1] == rows[: max(0, len(read) - 1)], at
            assert all(
                isinstance(last, RefusedRow)
                or last._replace(inventory_id="") == full._replace(inventory_id="")
                for last, full in zip(read[-1:], rows[len(read) - 1 :], strict=False)
                if isinstance(full, FoundDevice)
            ), at


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    start=st.sampled_from(
        [
            b"",
            b"<",
            b"<nmaprun ",
            b"<REQUEST>",
            b"{",
            b"[",
            b'{"content":',
            b"host_name,ip\n",
            b"\xff\xfe",
            b"\xef\xbb\xbf",
        ]
    ),
    rest=st.binary(max_size=200),
)
def test_any_bytes_give_rows_or_one_of_the_codes(path: Path, start: bytes, rest: bytes) -> None:
    path.write_bytes(start + rest)
    read = rows_or_code(path)
    assert isinstance(read, list) or read in CODES


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data(), name=st.sampled_from(sorted(os.listdir(DATA))))
def test_a_changed_sample_gives_rows_or_one_of_the_codes(path: Path, data: st.DataObject, name: str) -> None:
    raw = bytearray((DATA / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(raw)
    read = rows_or_code(path)
    assert isinstance(read, list) or read in CODES


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "unknown-format"),
        (b" \n\n", "unknown-format"),
        (b"\xef\xbb\xbf", "unknown-format"),
        (b"%PDF-1.7\n", "unknown-format"),
        (b"PK\x03\x04\0\0\0\0", "unknown-format"),
        (b"<html><body/></html>", "unknown-format"),
        (b"<?xml version='1.0'?><!-- a > b <nmaprun> --><report id='1'/>", "unknown-format"),
        (b"<", "unknown-format"),
        (b"<?xml version='1.0'?><!DOCTYPE nmaprun [<!ENTITY a 'b'>]><nmaprun/>", "doctype-forbidden"),
        (b"<!DOCTYPE nmaprun SYSTEM 'file:///etc/passwd'><nmaprun/>", "doctype-forbidden"),
        ("host_name,ip\npc-1,\n".encode("utf-16"), "bad-encoding"),
        (b'{"a": 1}', "unknown-format"),
        (b"user,password\na,b\n", "unknown-format"),
    ],
)
def test_a_foreign_file_is_refused(path: Path, content: bytes, code: str) -> None:
    path.write_bytes(content)
    assert refusal_of(path).code == code


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("nodes.csv", "nmap"),
        ("nmap-network.xml", "glpi"),
        ("glpi-linux.json", "ocs"),
        ("ocs-windows.xml", "csv"),
    ],
)
def test_a_file_of_another_format_than_said_is_refused(name: str, format: str) -> None:  # noqa: A002
    refusal = refusal_of(DATA / name, format)
    assert refusal.code == "unknown-format"
    assert format in refusal.figures["reason"]


def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    for path in (tmp_path, fifo, tmp_path / "gone", Path("a\0b")):
        with pytest.raises(LicenseFileError) as refusal:
            next(read_devices(path))
        assert refusal.value.code == "unreadable-file"


def test_a_file_of_more_than_a_gibibyte_is_refused_unread(path: Path) -> None:
    with path.open("wb") as file:
        file.write(b"host_name\n")
        file.truncate(source.SIZE_LIMIT + 1)  # a hole: takes no room
    refusal = refusal_of(path)
    assert refusal.code == "too-large"
    assert refusal.figures["size"] == source.SIZE_LIMIT + 1


def test_a_disk_that_fails_while_it_is_read_is_a_refusal(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_bytes(b"host_name\npc-1\n")
    read = source.Utf8Text.read
    calls = []

    def failing(text: source.Utf8Text, size: int) -> str:
        calls.append(size)
        if len(calls) > 1:
            raise OSError(5, "Input/output error")
        return read(text, size)

    monkeypatch.setattr(source.Utf8Text, "read", failing)
    refusal = refusal_of(path)
    assert (refusal.code, refusal.figures["reason"]) == ("unreadable-file", "Input/output error")


# -- nmap ------------------------------------------------------------------------------------------

END = '<runstats><finished time="1" elapsed="1" exit="success"/><hosts up="1" down="0" total="1"/></runstats>'


def nmap(hosts: str, end: str = END) -> bytes:
    return f"<nmaprun scanner='nmap'>{hosts}{end}</nmaprun>".encode()


UP = '<status state="up"/><address addr="192.0.2.1" addrtype="ipv4"/>'


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ("", "end of its scan"),
        (
            '<runstats><finished exit="error" errormsg="No route to host &#x1b;[0m"/></runstats>',
            r"No route to host",
        ),
    ],
)
def test_a_scan_that_did_not_end_is_refused(path: Path, end: str, reason: str) -> None:
    path.write_bytes(nmap(f"<host>{UP}</host>", end).replace(b"&#x1b;", b""))
    refusal = refusal_of(path)
    assert refusal.code == "truncated-file"
    assert reason in refusal.figures["reason"]


@pytest.mark.parametrize(
    ("host", "device"),
    [
        # masscan writes no status
        ('<address addr="192.0.2.1" addrtype="ipv4"/>', FoundDevice(1, "192.0.2.1", "192.0.2.1")),
        (
            f"{UP}<!-- note --><hostnames><!-- x --><hostname name='PC'/></hostnames>",
            FoundDevice(1, "pc", "192.0.2.1"),
        ),
        (f"{UP}<hostnames><hostname type='PTR'/></hostnames>", FoundDevice(1, "192.0.2.1", "192.0.2.1")),
        (
            f"{UP}<os/><ports><port><service ostype='Unix'/></port></ports>",
            FoundDevice(1, "192.0.2.1", "192.0.2.1"),
        ),
        (
            f"{UP}<os><osmatch name='Linux 6' accuracy='x'/><osmatch name='AIX 7' accuracy='90'/></os>",
            FoundDevice(1, "192.0.2.1", "192.0.2.1", (), "AIX 7", "other"),
        ),
        (
            '<status state="up"/><hostnames><hostname name="pc" type="user"/></hostnames>',
            FoundDevice(1, "pc"),
        ),
        (
            '<status state="up"/><address addr="192.0.2.x" addrtype="ipv4"/>',
            RefusedRow(1, "invalid-address", {"address": "192.0.2.x"}),
        ),
        ('<status state="up"/>', RefusedRow(1, "invalid-name", {"name": "", "reason": "it is empty"})),
    ],
)
def test_hosts_of_other_shapes(path: Path, host: str, device: Row) -> None:
    path.write_bytes(nmap(f"<host>{host}</host>"))
    assert list(read_devices(path)) == [device]


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        ("<nmaprun><host>", "<port portid='1'><state state='open'/></port>\n"),
        ("<REQUEST><CONTENT>", "<SOFTWARES><NAME>x</NAME></SOFTWARES>\n"),
    ],
)
def test_one_device_that_fills_a_file_is_refused(
    path: Path, start: str, piece: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "ELEMENT_LIMIT", 1 << 20)
    path.write_text(start + piece * 50_000)
    assert refusal_of(path).code == "too-large"


def test_what_is_read_for_one_device_is_counted_anew_for_the_next(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "ELEMENT_LIMIT", 1 << 20)
    path.write_bytes(nmap(f"<host>{UP}</host>" * 50_000))
    assert sum(1 for _ in read_devices(path)) == 50_000


# -- inventories -----------------------------------------------------------------------------------


def inventory(name: str = "pc-1", **content: object) -> dict[str, object]:
    return {"deviceid": name, "content": {"hardware": {"name": name}, **content}}


@pytest.mark.parametrize("between", ["\n", "", " \r\n\t"])
def test_inventories_one_after_the_other(path: Path, between: str) -> None:
    path.write_text(between.join(json.dumps(inventory(f"pc-{n}")) for n in range(3)) + between)
    assert list(read_devices(path)) == [
        FoundDevice(n + 1, f"pc-{n}", inventory_id=f"pc-{n}") for n in range(3)
    ]


def test_many_inventories_larger_than_what_is_read_at_once(path: Path) -> None:
    padding = "x" * 90_000
    with path.open("w") as file:
        file.write("[")
        file.write(",".join(json.dumps(inventory(f"pc-{n}", softwares=[padding])) for n in range(40)))
        file.write("]")
    rows = list(read_devices(path))
    assert [row.host_name for row in rows if isinstance(row, FoundDevice)] == [f"pc-{n}" for n in range(40)]


@pytest.mark.parametrize("text", ["[]", " [ ] \n"])
def test_an_empty_list_has_no_devices(path: Path, text: str) -> None:
    path.write_text(text)
    assert list(read_devices(path)) == []


ONE = json.dumps(inventory())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"[{ONE}", "truncated-file"),
        (f"[{ONE},", "truncated-file"),
        ("[", "truncated-file"),
        (f"[{ONE},]", "unknown-format"),
        (f"[{ONE} {ONE}]", "unknown-format"),
        (f"[{ONE}] {ONE}", "unknown-format"),
        (f"[{ONE}}}", "unknown-format"),
        (f"{ONE}, {ONE}", "unknown-format"),
        (f"{ONE} x", "unknown-format"),
        ("[1]", "unknown-format"),
        ('{"content": tru}', "unknown-format"),
        ('{"content": "}', "truncated-file"),
        ('{"content": {"hardware": "\\u00"}}', "unknown-format"),
        ('{"action": "contact", "deviceid": "a"}', "unknown-format"),
        ('{"content": [], "deviceid": "a"}', "unknown-format"),
        ('{"content": {}, "deviceid": "a"}', "unknown-format"),
        ('{"a":' + "[" * 200_000, "unknown-format"),
        ('{"a": "' + "x" * (17 << 20), "too-large"),
    ],
)
def test_json_that_is_cut_foreign_or_hostile_is_refused(path: Path, text: str, code: str) -> None:
    path.write_text(text)
    assert refusal_of(path).code == code


def test_json_in_another_encoding_is_refused(path: Path) -> None:
    path.write_bytes(b'{"content": {"hardware": {"name": "z\xfcrich"}}}')
    assert refusal_of(path).code == "bad-encoding"
    path.write_bytes(b'{"content": {"hardware": {"name": "z\xc3')
    assert refusal_of(path).code == "truncated-file"


@pytest.mark.parametrize(
    ("content", "device"),
    [
        (
            {"hardware": {"name": "pc"}, "networks": {}, "operatingsystem": []},
            FoundDevice(1, "pc", inventory_id="d"),
        ),
        ({"hardware": {"name": 7}}, FoundDevice(1, "7", inventory_id="d")),
        (
            {
                "hardware": [],
                "operatingsystem": {"fqdn": "PC.example.com", "name": "X", "kernel_name": "freebsd"},
            },
            FoundDevice(1, "pc.example.com", os="X", os_family="bsd", inventory_id="d"),
        ),
        (
            {
                "hardware": {"name": "pc"},
                "networks": [1, {"ipaddress": [1, None, "192.0.2.1"], "macaddr": 5}],
            },
            FoundDevice(1, "pc", "192.0.2.1", inventory_id="d"),
        ),
        (
            {"hardware": {"name": "pc"}, "networks": [{"ipaddress": "172.17.0.1", "virtualdev": 1}]},
            FoundDevice(1, "pc", "172.17.0.1", inventory_id="d"),
        ),
        ({"network_device": None}, RefusedRow(1, "invalid-name", {"name": "", "reason": "it is empty"})),
    ],
)
def test_inventories_of_other_shapes(path: Path, content: object, device: Row) -> None:
    path.write_text(json.dumps({"deviceid": "d", "content": content}))
    assert list(read_devices(path)) == [device]


def test_a_number_of_any_length_is_no_work(path: Path) -> None:
    path.write_text(ONE[:-1] + ', "n": ' + "9" * 1_000_000 + "}")
    assert list(read_devices(path)) == [FoundDevice(1, "pc-1", inventory_id="pc-1")]


def test_an_inventory_id_that_does_not_show_is_refused(path: Path) -> None:
    path.write_text(json.dumps({"deviceid": "a\u202eb", "content": {"hardware": {"name": "pc"}}}))
    [row] = read_devices(path)
    assert (row.row, isinstance(row, RefusedRow) and row.code) == (1, "invalid-name")


@pytest.mark.parametrize("query", ["PROLOG", "SNMPQUERY", "NETDISCOVERY"])
def test_other_messages_of_the_same_agents_are_refused(path: Path, query: str) -> None:
    path.write_text(
        f"<REQUEST><CONTENT><HARDWARE><NAME>a</NAME></HARDWARE></CONTENT><QUERY>{query}</QUERY></REQUEST>"
    )
    refusal = refusal_of(path)
    assert refusal.code == "unknown-format"
    assert query in refusal.figures["reason"]


def test_only_the_device_s_own_sections_count(path: Path) -> None:
    networks = "<NETWORKS><IPADDRESS>10.0.0.{}</IPADDRESS></NETWORKS>"
    path.write_text(
        "<REQUEST><DEVICEID>own</DEVICEID><CONTENT><HARDWARE><NAME>pc</NAME></HARDWARE>"
        "<CONTROLLERS><DEVICEID>pci</DEVICEID></CONTROLLERS><OLD><HARDWARE><NAME>x</NAME></HARDWARE></OLD>"
        + "".join(networks.format(n % 250 + 1) for n in range(1500))
        + "<OPERATINGSYSTEM><FULL_NAME>Ubuntu 24.04</FULL_NAME></OPERATINGSYSTEM></CONTENT></REQUEST>"
    )
    assert list(read_devices(path)) == [FoundDevice(1, "pc", "10.0.0.1", (), "Ubuntu 24.04", "linux", "own")]


# -- how far it is ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["nodes.csv", "nmap-network.xml", "glpi-several.json", "ocs-windows.xml"])
def test_how_far_reading_is_in_several_files(name: str, tmp_path: Path) -> None:
    files = [DATA / name, tmp_path / "missing", DATA / "nodes.csv"]
    reading = Reading(files)
    size, last = (files[at].stat().st_size for at in (0, 2))
    assert (reading.done, reading.size) == (0, size + last)
    for _ in read_devices(files[0], reading=reading):
        assert 0 < reading.done <= size
    assert reading.done == size
    with pytest.raises(LicenseFileError):
        list(read_devices(files[1], reading=reading))
    rows = read_devices(files[2], reading=reading)
    next(rows)
    assert reading.done > size
    list(rows)
    assert reading.done == reading.size
