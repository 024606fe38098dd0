"""The JSON of every command has the fields of its contract, and its figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.runner import ISSUER, OTHER, PRODUCT, Cli

SERVER = {
    "id",
    "host_name",
    "role",
    "parent",
    "option",
    "range",
    "enrolled",
    "suspended",
    "state",
    "version",
    "last_report",
}
STANDING = {"servers", "held", "used", "remaining", "shortage"}
RANGE = {
    "source",
    "option",
    "product",
    "servers",
    "held",
    "used",
    "remaining",
    "shortage",
    "waiting",
    "to_buy",
    "earliest_expiry",
}
LICENSE = {"issuer", "serial", "product", "quantity", "kind", "valid_from", "valid_until"}
FILE = {"file", "status", "code", "message", *LICENSE}
LISTED = {*LICENSE, "server", "state", "registered_at", "registered_by"}
AUDIT = {"seq", "at", "by", "action", "subject", "before", "after", "hash"}
SETTINGS = {"name", "default_product", "distribute_at_start", "transport", "message_days", "expiry_days"}


def check_changes(value: dict[str, Any]) -> None:
    assert value["ranges"]
    for change in value["ranges"]:
        assert change.keys() == {"source", "product", "before", "after"}
        assert change["before"] or change["after"]
        for standing in (change["before"], change["after"]):
            assert standing is None or standing.keys() == STANDING
    for warning in value["warnings"]:
        assert warning.keys() > {"code", "message"}


# -- the site ------------------------------------------------------------------------------------------


def test_init(tmp_path: Path) -> None:
    cli = Cli(tmp_path / "site", tmp_path)
    (tmp_path / "passphrase").write_text("horse\n")
    value = cli.done("--passphrase-file", tmp_path / "passphrase", "init", "--name", "N", "--primary", "HQ")
    assert value.keys() == {"site", "deployment", "primary"}
    assert (value["site"], value["primary"]) == (str(cli.folder), "hq")
    assert cli.done("site", "show")["deployment"] == value["deployment"]


def test_site_show_and_set(cli: Cli) -> None:
    value = cli.done("site", "show")
    assert value.keys() >= {*SETTINGS, "version"}
    assert value["name"] == "Example Corp"
    assert value["default_product"] == PRODUCT
    changed = cli.done("site", "set", "message_days", "30")
    assert changed == {**value, "message_days": 30}


def test_site_renumber(cli: Cli) -> None:
    before = cli.done("site", "show")["version"]
    assert cli.done("site", "renumber", "--yes")["version"] == before + 1_000_000


# -- servers -------------------------------------------------------------------------------------------


def test_server_list(cli: Cli) -> None:
    rows = cli.done("server", "list")
    assert all(row.keys() == SERVER for row in rows)
    shown = [(row["host_name"][0], row["role"], row["parent"], row["option"], row["range"]) for row in rows]
    assert shown == [
        ("a", "primary", None, "none", "a.example.com"),
        ("b", "relay", "a.example.com", "none", "a.example.com"),
        ("c", "relay", "a.example.com", "distribution", "c.example.com"),
        ("d", "relay", "b.example.com", "distribution", "d.example.com"),
        ("e", "managed", "c.example.com", "none", "c.example.com"),
    ]


@pytest.mark.parametrize(
    ("argv", "shown"),
    [
        ("add F.example.com --under B.example.com --role relay", {"host_name": "f.example.com"}),
        ("move e.example.com --under d.example.com", {"parent": "d.example.com", "range": "d.example.com"}),
        ("rename D.example.com Delta.example.com", {"host_name": "delta.example.com"}),
        ("remove e.example.com", {"host_name": "e.example.com"}),
        ("option d.example.com none", {"option": "none", "range": "a.example.com"}),
        ("option d.example.com registration", {"option": "registration", "range": "d.example.com"}),
        ("suspend e.example.com", {"suspended": True, "state": "suspended"}),
    ],
)
def test_server_changes(cli: Cli, argv: str, shown: dict[str, Any]) -> None:
    value = cli.done("server", *argv.split())
    assert value.keys() == {"server", "ranges", "warnings"}
    assert value["server"].keys() == SERVER
    assert {name: value["server"][name] for name in shown} == shown
    listed = {row["host_name"]: row for row in cli.done("server", "list")}
    assert listed.get(value["server"]["host_name"]) == (
        None if argv.startswith("remove") else value["server"]
    )


def test_server_resume(cli: Cli) -> None:
    cli.done("server", "suspend", "e.example.com")
    assert cli.done("server", "resume", "e.example.com")["server"]["suspended"] is False


def test_an_option_gives_the_changes_of_every_range_touched(cli: Cli) -> None:
    value = cli.done("server", "option", "b.example.com", "distribution", "--quantity", f"{PRODUCT}=30")
    check_changes(value)
    held = {
        (change["source"][0], change["after"]["held"])
        for change in value["ranges"]
        if change["product"] == PRODUCT
    }
    assert held == {("a", 70), ("b", 30)}


def test_a_quantity_is_divided_from_its_product_at_the_last_equals_sign(cli: Cli) -> None:
    cli.done("license", "register", cli.license_file("BR-1", 20, "--product", OTHER))
    value = cli.done("server", "option", "d.example.com", "distribution", "--quantity", f"{OTHER}=7")
    assert [change["after"]["held"] for change in value["ranges"] if change["product"] == OTHER] == [13, 7]


def test_remove_with_children_and_nodes_given_a_new_place(cli: Cli) -> None:
    cli.add_nodes("c.example.com", managed=3)
    value = cli.done(
        *("server", "remove", "c.example.com", "--children-to", "d.example.com"),
        *("--nodes-to", "d.example.com"),
    )
    check_changes(value)
    parents = {row["host_name"]: row["parent"] for row in cli.done("server", "list")}
    assert parents["e.example.com"] == "d.example.com"


# -- issuers and licenses ------------------------------------------------------------------------------


def test_issuers(empty: Cli) -> None:
    added = empty.done("issuer", "add", ISSUER, empty.files / "issuer.pub", "--product", PRODUCT)
    assert [(row["name"], row["products"]) for row in added] == [(ISSUER, [PRODUCT])]
    assert added[0].keys() == {"name", "key_id", "products"}
    assert empty.done("issuer", "list") == added
    assert empty.done("issuer", "remove", ISSUER) == []


def test_issue(empty: Cli, tmp_path: Path) -> None:
    key = empty.done("issue", "key", "--out", tmp_path / "new")
    assert Path(key["file"]).name == "issuer.key"
    assert (tmp_path / "new" / "issuer.pub").read_text().startswith("-----BEGIN PUBLIC KEY-----")
    out = tmp_path / "T-1.lic"
    value = empty.done(
        *("issue", "license", "--key", key["file"], "--issuer", ISSUER, "--serial", "T-1"),
        *("--product", PRODUCT, "--quantity", "5", "--from", "2026-01-01", "--until", "2099-12-31"),
        *("--out", out),
    )
    assert value == {
        "file": str(out),
        "issuer": ISSUER,
        "serial": "T-1",
        "product": PRODUCT,
        "quantity": 5,
        "kind": "term",
        "valid_from": "2026-01-01",
        "valid_until": "2099-12-31",
    }


def test_a_key_with_a_passphrase_signs_with_it(empty: Cli, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("staple\n")
    key = empty.done("issue", "key", "--out", tmp_path / "k", "--key-passphrase-file", tmp_path / "secret")
    argv = (
        *("issue", "license", "--key", key["file"], "--issuer", ISSUER, "--serial", "T-1"),
        *("--product", PRODUCT, "--quantity", "5", "--out", tmp_path / "T-1.lic"),
    )
    run = empty("--json", *argv)
    assert (run.code, run.error["code"]) == (3, "no-passphrase")
    assert empty.done(*argv, "--key-passphrase-file", tmp_path / "secret")["kind"] == "permanent"


def test_license_register_gives_one_result_per_file(cli: Cli) -> None:
    good = cli.license_file("DM-2", 5)
    early = cli.license_file("DM-3", 6, "--from", "2098-01-01", "--until", "2099-01-01")
    bad = cli.files / "issuer.pub"
    run = cli("--json", "license", "register", good, bad, early, good)
    assert run.code == 1
    assert all(row.keys() == FILE for row in run.value)
    assert [(row["status"], row["code"], row["quantity"]) for row in run.value] == [
        ("registered", None, 5),
        ("refused", "not-a-license-key", None),
        ("registered", None, 6),
        ("refused", "duplicate-license", 5),
    ]
    assert {row["serial"] for row in cli.done("license", "list")} == {"DM-1", "DM-2", "DM-3"}


def test_license_check_registers_nothing(cli: Cli) -> None:
    file = cli.license_file("DM-2", 5)
    with cli.unchanged():
        (row,) = cli.done("license", "check", file)
        assert (row["status"], row["code"]) == ("ok", None)


def test_license_list(cli: Cli) -> None:
    cli.done("license", "register", cli.license_file("DM-2", 5, "--until", "2099-12-31"))
    rows = cli.done("license", "list", "--on-date", "2100-01-01")
    assert all(row.keys() == LISTED for row in rows)
    assert [(row["serial"], row["state"], row["server"]) for row in rows] == [
        ("DM-1", "valid", "a.example.com"),
        ("DM-2", "expired", "a.example.com"),
    ]


def test_license_deregister(cli: Cli) -> None:
    cli.done("license", "register", cli.license_file("DM-2", 5))
    (row,) = cli.done("license", "deregister", ISSUER, "DM-2")
    assert row.keys() == {*LISTED, "ranges", "warnings"}
    check_changes(row)
    assert row["state"] == "deregistered"


def test_a_license_registered_again_is_shown_by_its_current_record(cli: Cli) -> None:
    file = cli.license_file("DM-2", 5)
    for _ in range(2):
        cli.done("license", "register", file)
        (row,) = cli.done("license", "deregister", ISSUER, "DM-2", "--preview")
        assert row["state"] == "valid"
        (row,) = cli.done("license", "deregister", ISSUER, "DM-2")
        assert row["state"] == "deregistered"


def test_license_register_on_a_relay_that_registers(cli: Cli) -> None:
    cli.done("server", "option", "b.example.com", "registration")
    cli.done("license", "register", cli.license_file("B-1", 7), "--on", "B.example.com")
    assert cli.done("license", "list")[0]["server"] == "b.example.com"


def test_license_allocate(cli: Cli) -> None:
    value = cli.done("license", "allocate", "D.example.com=20", "c.example.com=30")
    assert value.keys() == {"ranges", "warnings"}
    check_changes(value)
    after = {change["source"][0]: change["after"]["held"] for change in value["ranges"]}
    assert after == {"c": 30, "d": 20}


# -- ranges and audit ----------------------------------------------------------------------------------


def test_ranges_of_the_example(cli: Cli) -> None:
    cli.add_nodes("d.example.com", managed=12, discovered=5)
    rows = cli.done("ranges", "--product", PRODUCT)
    assert all(row.keys() == RANGE for row in rows)
    figures = [
        (row["source"][0], row["option"], [name[0] for name in row["servers"]], row["held"]) for row in rows
    ]
    assert figures == [
        ("a", "primary", ["a", "b"], 100),
        ("c", "distribution", ["c", "e"], 40),
        ("d", "distribution", ["d"], 10),
    ]
    short = rows[2]
    assert (short["used"], short["remaining"], short["shortage"]) == (12, -2, 2)
    assert (short["waiting"], short["to_buy"], short["earliest_expiry"]) == (5, 7, None)


def test_ranges_have_a_row_per_range_and_product_zeros_included(cli: Cli) -> None:
    rows = cli.done("ranges")
    assert [(row["source"][0], row["product"], row["held"]) for row in rows] == [
        ("a", OTHER, 0),
        ("a", PRODUCT, 100),
        ("c", OTHER, 0),
        ("c", PRODUCT, 40),
        ("d", OTHER, 0),
        ("d", PRODUCT, 10),
    ]


def test_ranges_on_a_later_day_count_by_that_days_validity(cli: Cli) -> None:
    cli.done("license", "register", cli.license_file("DM-2", 5, "--until", "2099-12-31"))
    held = [cli.done("ranges", "--on-date", day)[1]["held"] for day in ("2099-12-31", "2100-01-01")]
    assert held == [105, 100]
    assert cli.done("ranges")[1]["earliest_expiry"] == "2099-12-31"


def test_ranges_explained(cli: Cli) -> None:
    cli.add_nodes("b.example.com", managed=4)
    (row,) = cli.done("ranges", "--explain", "b.example.com", "--product", PRODUCT)
    assert row.keys() == {*RANGE, "terms"}
    terms = row["terms"]
    assert terms["allocation"] is None
    assert [(one["serial"], one["quantity"], one["counts"]) for one in terms["licenses"]] == [
        ("DM-1", 150, True)
    ]
    distributed = sum(share["quantity"] for share in terms["distributed"])
    assert row["held"] == terms["licenses"][0]["quantity"] - distributed == 100
    assert terms["managed"] == [{"server": "b.example.com", "quantity": 4}]


def test_audit_list_and_verify(cli: Cli) -> None:
    entries = cli.done("audit", "list", "--limit", "2")
    assert all(entry.keys() == AUDIT for entry in entries)
    assert [entry["action"] for entry in entries] == ["allocate", "option"]
    verdict = cli.done("audit", "verify")
    last = entries[0]
    assert verdict == {
        "entries": last["seq"],
        "intact": True,
        "first_bad": None,
        "last_hash": last["hash"],
    }


# -- previews and the local server ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "argv",
    [
        ("server", "add", "f.example.com", "--under", "a.example.com", "--role", "relay"),
        ("server", "move", "d.example.com", "--under", "c.example.com"),
        ("server", "rename", "d.example.com", "x.example.com"),
        ("server", "remove", "d.example.com"),
        ("server", "option", "c.example.com", "none"),
        ("license", "deregister", ISSUER, "DM-1"),
        ("license", "allocate", "c.example.com=0"),
    ],
)
def test_a_preview_shows_the_changes_that_the_action_makes_and_makes_none(
    cli: Cli, argv: tuple[str, ...]
) -> None:
    with cli.unchanged():
        shown = cli.done(*argv, "--preview")
    # The same shape; for a server that is only thought of there is none to show.
    done = cli.done(*argv, *(() if argv[1] in {"add", "rename"} else ("--yes",)))
    before, after = (value[0] if isinstance(value, list) else value for value in (shown, done))
    assert before.keys() == after.keys()
    assert (before["ranges"], before["warnings"]) == (after["ranges"], after["warnings"])


def test_the_administrator_of_a_relay_sees_its_range_alone(cli: Cli) -> None:
    at_d = ("--server", "D.example.com")
    assert {row["source"] for row in cli.done(*at_d, "ranges")} == {"d.example.com"}
    assert [row["host_name"] for row in cli.done(*at_d, "server", "list")] == ["d.example.com"]
    assert cli.done(*at_d, "license", "list") == []


def test_json_stands_anywhere_before_two_dashes(cli: Cli) -> None:
    for argv in (("--json", "server", "list"), ("server", "--json", "list"), ("server", "list", "--json")):
        assert len(cli(*argv).value) == 5
    run = cli("server", "rename", "--", "d.example.com", "--json")
    assert (run.code, run.out) == (1, "")
    assert "--json" in run.err


# -- backups -------------------------------------------------------------------------------------------


def test_backup_and_restore(cli: Cli, tmp_path: Path) -> None:
    written = cli.done("backup", "--out", tmp_path / "one.backup")
    assert written == {"file": str(tmp_path / "one.backup"), "with_key": True, "warnings": []}
    cli.done("license", "allocate", "c.example.com=0")
    value = cli.done("restore", tmp_path / "one.backup")
    assert value.keys() == {"site", "deployment", "version"}
    assert value["version"] > 1_000_000
    assert [row["held"] for row in cli.done("ranges", "--product", PRODUCT)] == [100, 40, 10]


def test_backup_without_key_says_what_that_costs(cli: Cli) -> None:
    value = cli.done("backup", "--without-key")
    assert Path(value["file"]).parent == cli.folder / "backups"
    assert [warning["code"] for warning in value["warnings"]] == ["backup-without-key"]


def test_what_is_no_backup_is_not_restored(cli: Cli) -> None:
    with cli.unchanged():
        run = cli("--json", "restore", cli.files / "DM-1.lic")
    assert (run.code, run.error["code"]) == (1, "not-a-backup")


def test_sample(tmp_path: Path) -> None:
    cli = Cli(tmp_path / "sample", tmp_path)
    value = cli.done("sample")
    assert value.keys() == {"site", "deployment", "files"}
    assert all(Path(file).exists() for file in value["files"])
    rows = cli.done("ranges", "--product", PRODUCT)
    assert [(row["held"], row["used"], row["waiting"]) for row in rows] == [
        (100, 84, 3),
        (40, 38, 0),
        (10, 12, 5),
    ]
    run = cli("--json", "sample")
    assert (run.code, run.error["code"]) == (3, "site-exists")
