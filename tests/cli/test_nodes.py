"""`licensedesk node`: imports, lists and what becomes of nodes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.runner import OTHER, PRODUCT, Cli

DATA = Path(__file__).resolve().parents[1] / "data"
SCAN = DATA / "nmap-network.xml"
NODE = {
    "id",
    "host_name",
    "ip",
    "macs",
    "os",
    "managing_source",
    "state",
    "product",
    "first_seen",
    "last_seen",
}
B, D = "b.example.com", "d.example.com"


@pytest.fixture
def scanned(cli: Cli) -> Cli:
    """The example with four nodes found by b, which are not managed yet."""
    assert cli.done("node", "import", SCAN, "--from", B)["new"] == 4
    return cli


def nodes(cli: Cli, *argv: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cli.done("node", "list", *argv)["nodes"]
    return found


# -- import --------------------------------------------------------------------------------------------


def test_import(cli: Cli) -> None:
    value = cli.done("node", "import", SCAN, "--from", "B.example.com")
    assert value.keys() >= {"read", "new", "updated", "unchanged", "managed", "refused"}
    figures = {name: value[name] for name in ("read", "new", "updated", "unchanged", "managed")}
    assert figures == {"read": 5, "new": 4, "updated": 0, "unchanged": 0, "managed": 0}
    (refused,) = value["refused"]
    assert refused.keys() == {"row", "code", "message"}
    assert refused["code"] == "invalid-name"
    assert value["refused_count"] == 1


def test_import_twice_is_import_once(scanned: Cli) -> None:
    value = scanned.done("node", "import", SCAN, "--from", B)
    assert (value["new"], value["updated"], value["unchanged"]) == (0, 0, 4)
    assert len(nodes(scanned)) == 4


def test_a_dry_run_says_the_same_and_changes_nothing(cli: Cli) -> None:
    with cli.unchanged():
        shown = cli.done("node", "import", SCAN, "--from", B, "--manage", "--dry-run")
    assert cli.done("node", "import", SCAN, "--from", B, "--manage") == shown


def test_import_manages_as_many_as_fit(cli: Cli) -> None:
    cli.done("license", "allocate", f"{D}=3")
    value = cli.done("node", "import", SCAN, "--from", D, "--manage")
    assert (value["new"], value["managed"]) == (4, 3)
    (change,) = value["ranges"]
    assert (change["source"], change["after"]["remaining"]) == (D, 0)


def test_nodes_that_a_relay_reports_are_managed_whether_licenses_remain(cli: Cli) -> None:
    cli.done("license", "allocate", f"{D}=0")
    value = cli.done("node", "import", DATA / "nodes.csv", "--from", D, "--as-reported")
    assert value["managed"] == 1
    assert [warning["code"] for warning in value["warnings"]] == ["range-short"]
    assert cli.done("ranges", "--product", PRODUCT)[2]["shortage"] == 1


def test_import_for_another_product(cli: Cli) -> None:
    cli.done("node", "import", SCAN, "--from", B, "--product", OTHER)
    assert {node["product"] for node in nodes(cli)} == {OTHER}


@pytest.mark.parametrize(
    ("code", "argv"),
    [
        ("not-a-management-server", (SCAN, "--from", "e.example.com")),
        ("unknown-server", (SCAN, "--from", "nowhere")),
        ("unknown-product", (SCAN, "--from", B, "--product", "Nothing")),
        ("unknown-format", (DATA / "nodes.csv", "--from", B, "--format", "nmap")),
        ("unreadable-file", (DATA, "--from", B)),
        ("unreadable-file", (DATA / "missing.xml", "--from", B)),
        ("truncated-file", ("{files}/half.xml", "--from", B)),
    ],
)
def test_a_file_that_is_refused_changes_nothing(cli: Cli, code: str, argv: tuple[str | Path, ...]) -> None:
    (cli.files / "half.xml").write_bytes(SCAN.read_bytes()[:-200])
    words = [str(word).format(files=cli.files) for word in argv]
    with cli.unchanged():
        run = cli("--json", "node", "import", *words)
    assert (run.code, run.error["code"]) == (1, code)


def test_people_read_what_was_imported(cli: Cli) -> None:
    run = cli("node", "import", SCAN, "--from", B, "--manage")
    assert run.out.startswith("Imported: nmap-network.xml\n")
    assert "0 -> 4" in run.out
    assert "Row 5 is refused: bad\\u202ename.example.com" in run.out
    assert run.err == ""


def test_the_figures_of_an_import_add_up(cli: Cli) -> None:
    (cli.files / "twice.csv").write_text("host_name,ip\npc,10.0.0.1\npc,10.0.0.1\nsrv,nonsense\n")
    run = cli("node", "import", cli.files / "twice.csv", "--from", B)
    titles, figures = run.out.splitlines()[1:3]
    assert dict(zip(titles.split(), figures.split(), strict=True)) == {
        "Read": "3",
        "New": "1",
        "Updated": "0",
        "Unchanged": "0",
        "Repeated": "1",
        "Refused": "1",
        "Managed": "0",
    }


def test_on_a_terminal_a_bar_shows_how_far_it_is(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    run = cli("node", "import", SCAN, "--from", B, terminal=True)
    assert "Importing nmap-network.xml" in run.err
    assert "5 rows" in run.err
    assert cli("--json", "node", "import", SCAN, "--from", B, terminal=True).err == ""


def test_a_file_with_a_name_that_moves_the_cursor(cli: Cli) -> None:
    file = cli.files / "scan\x1b[2J\n.csv"
    file.write_text("host_name\npc-1\nno host\n")
    run = cli("node", "import", file, "--from", B)
    assert run.code == 0
    assert "Imported: scan\\x1b[2J\\n.csv" in run.out.splitlines()
    assert "\x1b" not in run.out


def test_trying_tells_on_a_terminal_how_long_it_still_takes(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    file = cli.files / "many.csv"
    file.write_text("host_name\n" + "".join(f"pc-{number:06}\n" for number in range(30_000)))
    shown = cli("node", "import", file, "--from", B, "--dry-run", terminal=True).err
    assert "Trying many.csv" in shown
    assert "30,000 rows" in shown
    assert re.search(r"0:00:\d\d\S* +\S*left", shown)


# -- list ----------------------------------------------------------------------------------------------


def test_list(scanned: Cli) -> None:
    value = scanned.done("node", "list", "--limit", "3")
    assert value.keys() == {"total", "nodes"}
    assert (value["total"], len(value["nodes"])) == (4, 3)
    assert all(node.keys() == NODE for node in value["nodes"])
    assert [node["host_name"] for node in value["nodes"]] == sorted(
        node["host_name"] for node in value["nodes"]
    )
    server = nodes(scanned, "--text", "file-server")[0]
    assert (server["macs"], server["managing_source"]) == (["00:1a:2b:00:00:02"], B)


def test_pages_follow_each_other(scanned: Cli) -> None:
    first = nodes(scanned, "--limit", "2", "--sort", "-ip")
    second = nodes(scanned, "--limit", "2", "--sort", "-ip", "--after", str(first[-1]["id"]))
    assert first + second == nodes(scanned, "--sort", "-ip")


@pytest.mark.parametrize(
    ("argv", "number"),
    [
        (("--source", B), 4),
        (("--source", "a.example.com"), 0),
        (("--source", "a.example.com", "--source", "B.EXAMPLE.COM"), 4),
        (("--range", "a.example.com"), 4),
        (("--range", D), 0),
        (("--state", "discovered"), 4),
        (("--state", "managed"), 0),
        (("--product", PRODUCT), 4),
        (("--product", OTHER), 0),
        (("--os", "Linux 4"), 1),
        (("--seen-before", "2099-01-01"), 4),
        (("--seen-before", "2020-01-01"), 0),
        (("--text", "192.0.2.70"), 0),
        (("--text", "file-server", "--state", "discovered"), 1),
    ],
)
def test_filters(scanned: Cli, argv: tuple[str, ...], number: int) -> None:
    value = scanned.done("node", "list", *argv)
    assert (value["total"], len(value["nodes"])) == (number, number)


def test_people_read_nodes(scanned: Cli) -> None:
    out = scanned("node", "list", "--limit", "1").out
    assert "1 of 4 nodes; for the next ones: --after" in out
    assert scanned("node", "list", "--text", "nothing").out == "No node matches.\n"


def test_a_relays_administrator_sees_its_nodes(scanned: Cli) -> None:
    assert scanned.done("--server", D, "node", "list")["total"] == 0
    run = scanned("--json", "--server", D, "node", "list", "--source", B)
    assert (run.code, run.error["code"]) == (1, "out-of-scope")


# -- what becomes of them ------------------------------------------------------------------------------


def test_manage_all_that_wait(scanned: Cli) -> None:
    value = scanned.done("node", "manage", "--all")
    assert (value["changed"], value["left"]) == (4, 0)
    assert scanned.done("ranges", "--product", PRODUCT)[0]["used"] == 4
    assert scanned.done("node", "manage", "--all")["changed"] == 0


def test_either_all_fit_or_the_first_as_many_as_fit(scanned: Cli) -> None:
    scanned.done("license", "allocate", f"{D}=110")
    scanned.done("license", "register", scanned.license_file("DM-2", 3))
    with scanned.unchanged():
        run = scanned("--json", "node", "manage", "--all")
    assert (run.code, run.error["code"]) == (1, "no-license-remaining")
    value = scanned.done("node", "manage", "--all", "--as-many-as-fit")
    assert (value["changed"], value["left"]) == (3, 1)
    (waiting,) = nodes(scanned, "--state", "discovered")
    assert waiting == nodes(scanned)[-1]


def test_what_is_excluded_stays_so_unless_it_is_named(scanned: Cli) -> None:
    first = str(nodes(scanned)[0]["id"])
    assert scanned.done("node", "exclude", "--id", first)["changed"] == 1
    assert scanned.done("node", "manage", "--all")["changed"] == 3
    assert scanned.done("node", "manage", "--id", first)["changed"] == 1
    assert (
        scanned.done("node", "exclude", "--all", "--state", "managed", "--text", "192.0.2.7")["changed"] == 1
    )
    assert scanned.done("node", "manage", "--all", "--state", "excluded")["changed"] == 1


def test_discover_and_delete(scanned: Cli) -> None:
    scanned.done("node", "manage", "--all")
    assert scanned.done("node", "discover", "--all", "--os", "linux")["changed"] == 2
    ids = [word for node in nodes(scanned)[:2] for word in ("--id", str(node["id"]))]
    assert scanned.done("node", "delete", *ids)["changed"] == 2
    assert scanned.done("node", "delete", "--all", "--product", OTHER)["changed"] == 0
    assert scanned.done("node", "delete", "--all")["changed"] == 2
    assert nodes(scanned) == []


def test_nodes_change_their_product(scanned: Cli) -> None:
    scanned.done("license", "register", scanned.license_file("BR-1", 4, "--product", OTHER))
    scanned.done("node", "manage", "--all", "--product", OTHER)
    assert {(node["product"], node["state"]) for node in nodes(scanned)} == {(OTHER, "managed")}
    scanned.done("node", "discover", "--all", "--for-product", OTHER, "--product", PRODUCT)
    assert {(node["product"], node["state"]) for node in nodes(scanned)} == {(PRODUCT, "discovered")}


@pytest.mark.parametrize("name", ["manage", "exclude", "discover", "delete"])
def test_a_preview_tells_what_is_then_done(scanned: Cli, name: str) -> None:
    if name == "discover":
        scanned.done("node", "manage", "--all")
    with scanned.unchanged():
        shown = scanned.done("node", name, "--all", "--preview")
        run = scanned("node", name, "--all", "--preview")
    assert shown["changed"] == 4
    assert run.out.startswith("Preview, nothing is changed. ")
    assert scanned.done("node", name, "--all") == shown


@pytest.mark.parametrize(
    "argv",
    [(), ("--all", "--id", "1"), ("--text", "x"), ("--id", "1", "--state", "managed"), ("--id", "0")],
)
@pytest.mark.parametrize("name", ["manage", "exclude", "discover", "delete"])
def test_either_ids_or_all_that_match(scanned: Cli, name: str, argv: tuple[str, ...]) -> None:
    with scanned.unchanged():
        run = scanned("--json", "node", name, *argv)
    assert (run.code, run.error["code"]) == (2, "usage")


def test_an_unknown_node(scanned: Cli) -> None:
    with scanned.unchanged():
        run = scanned("--json", "node", "manage", "--id", "1", "--id", "99")
    assert (run.code, run.error["code"]) == (1, "unknown-node")


@pytest.mark.parametrize(("typed", "left"), [("n\n", 4), ("", 4), ("y\n", 0)])
def test_on_a_terminal_deleting_is_asked_for(scanned: Cli, typed: str, left: int) -> None:
    run = scanned("node", "delete", "--all", typed=typed, terminal=True)
    assert "Delete 4 nodes? [y/N]" in run.err
    assert run.code == (1 if left else 0)
    assert len(nodes(scanned)) == left


def test_with_yes_or_from_a_script_it_is_not(scanned: Cli) -> None:
    assert "[y/N]" not in scanned("node", "delete", "--id", "1", "--yes", terminal=True).err
    assert "[y/N]" not in scanned("node", "delete", "--all").err
    assert nodes(scanned) == []


def test_people_read_what_was_done(scanned: Cli) -> None:
    assert scanned("node", "manage", "--all").out.startswith("Managed: 4 of 4 nodes.\n")
