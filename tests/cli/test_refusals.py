"""Each refusal: its code, its exit code, one sentence and advice; and nothing is changed by it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.runner import ISSUER, PRODUCT, Cli

D = "d.example.com"
REFUSED = [
    ("unknown-server", "server move nowhere --under a.example.com"),
    ("unknown-server", "server rename nowhere x"),
    ("unknown-server", "license allocate nowhere=1"),
    ("unknown-server", "ranges --explain nowhere"),
    ("unknown-server", "--server nowhere ranges"),
    ("unknown-license", "license deregister Nobody X-1"),
    ("unknown-issuer", "issuer remove Nobody"),
    ("unknown-product", "ranges --product Nothing"),
    ("unknown-product", "license allocate d.example.com=1 --product Nothing"),
    ("unknown-product", "server option d.example.com distribution --quantity Nothing=1"),
    ("unknown-product", "site set default_product Nothing"),
    ("invalid-setting", "site set colour blue"),
    ("invalid-setting", "site set message_days many"),
    ("name-taken", "server add B.EXAMPLE.COM --under a.example.com --role relay"),
    ("name-taken", "server rename d.example.com a.example.com"),
    ("invalid-name", "server add two..dots --under a.example.com --role relay"),
    ("invalid-quantity", "license allocate d.example.com=-1"),
    ("invalid-quantity", "license allocate d.example.com=1000000000"),
    ("invalid-quantity", "license allocate d.example.com=1.5"),
    ("invalid-quantity", "license allocate d.example.com=\u0661"),
    ("invalid-quantity", "server option d.example.com distribution --quantity P="),
    ("invalid-date", "ranges --on-date 2026-02-30"),
    ("invalid-date", "ranges --on-date 20991231"),
    ("invalid-date", "ranges --on-date 2020-01-01"),
    ("invalid-date", "license list --on-date tomorrow"),
    ("cycle", "server move b.example.com --under d.example.com"),
    ("is-primary", "server remove a.example.com --yes"),
    ("is-primary", "server option a.example.com none"),
    ("not-a-relay", "server option e.example.com distribution"),
    ("not-a-management-server", "server add f --under e.example.com --role managed"),
    ("has-children", "server remove c.example.com --yes"),
    ("has-nodes", "server remove d.example.com --yes"),
    ("option-conflict", "license allocate b.example.com=1"),
    ("option-conflict", "server option d.example.com none --quantity P=1"),
    ("option-conflict", "--server b.example.com ranges"),
    ("exceeds-undistributed", "license allocate d.example.com=111"),
    ("not-suspended", "server resume d.example.com"),
    ("out-of-scope", "--server d.example.com license allocate d.example.com=1"),
    ("out-of-scope", "--server d.example.com server add f --under d.example.com --role relay"),
    ("out-of-scope", "--server d.example.com ranges --explain a.example.com"),
    ("out-of-scope", "--server d.example.com audit list"),
    ("out-of-scope", "--server d.example.com audit verify"),
    ("out-of-scope", "--server d.example.com site set message_days 1"),
    ("out-of-scope", "--server d.example.com site renumber --yes"),
    ("out-of-scope", "--server d.example.com issuer remove Nobody"),
    ("needs-confirmation", "license allocate d.example.com=1"),
    ("confirm-renumber", "site renumber"),
    ("out-of-scope", "--server d.example.com backup"),
    ("unreadable-file", "issuer add X missing.pub --product P"),
    ("not-a-key", "issuer add X {files}/DM-1.lic --product P"),
    ("file-exists", "issue key --out {files}"),
]


@pytest.mark.parametrize(("code", "argv"), REFUSED)
def test_refused(cli: Cli, code: str, argv: str) -> None:
    cli.add_nodes(D, managed=5)
    words = [word.format(files=cli.files) for word in argv.split()]
    with cli.unchanged():
        run = cli("--json", *words)
        assert (run.code, run.error["code"], run.err) == (1, code, "")
        assert run.error["message"].endswith(".")
        assert "?" not in run.error["message"]
        assert isinstance(run.error["details"], dict)
        people = cli(*words)
    assert people.code == 1
    assert not people.out or code == "needs-confirmation"
    assert people.err.rstrip().endswith(f"{run.error['message']}\n{run.error['advice']}")


def test_the_value_that_is_no_quantity_is_named(cli: Cli) -> None:
    run = cli("--json", "license", "allocate", f"{D}=ten")
    assert run.error["details"] == {"quantity": "ten"}
    assert "ten is not a quantity" in run.error["message"]


def test_a_confirmation_that_is_missing_carries_the_changes(cli: Cli) -> None:
    cli.add_nodes(D, managed=5)
    run = cli("--json", "license", "allocate", f"{D}=1")
    change = next(one for one in run.error["details"]["changes"] if one["source"] == D)
    assert (change["before"]["remaining"], change["after"]["shortage"]) == (5, 4)


def test_an_issuer_with_registered_licenses_stays(cli: Cli) -> None:
    with cli.unchanged():
        run = cli("--json", "issuer", "remove", ISSUER)
    assert (run.code, run.error["code"]) == (1, "has-licenses")


@pytest.mark.parametrize(
    ("code", "argv"),
    [
        ("invalid-quantity", ("--quantity", "0")),
        ("invalid-quantity", ("--quantity", "9999999999")),
        ("invalid-date", ("--until", "2026-13-01")),
        ("invalid-date", ("--from", "2027-01-02", "--until", "2027-01-01")),
        ("invalid-date", ("--kind", "permanent", "--until", "2099-01-01")),
        ("invalid-date", ("--kind", "trial")),
        ("invalid-name", ("--serial", "S\u202e1")),
        ("file-exists", ("--out", "{files}/issuer.key")),
    ],
)
def test_issuing_refused(cli: Cli, tmp_path: Path, code: str, argv: tuple[str, ...]) -> None:
    given = {
        "--key": str(cli.files / "issuer.key"),
        "--issuer": ISSUER,
        "--serial": "S-1",
        "--product": PRODUCT,
        "--quantity": "1",
        "--out": str(tmp_path / "out.lic"),
    }
    given |= dict(zip(argv[::2], (value.format(files=cli.files) for value in argv[1::2]), strict=True))
    key = (cli.files / "issuer.key").read_bytes()
    run = cli("--json", "issue", "license", *(word for pair in given.items() for word in pair))
    assert (run.code, run.error["code"]) == (1, code)
    assert not (tmp_path / "out.lic").exists()
    assert (cli.files / "issuer.key").read_bytes() == key


def test_nothing_waits_for_what_a_pipe_may_bring(cli: Cli) -> None:
    pipe = cli.files / "pipe"
    os.mkfifo(pipe)
    with cli.unchanged():
        for argv in (("restore",), ("license", "check"), ("node", "import", "--from", "a.example.com")):
            run = cli("--json", *argv, pipe)
            found = run.value[0]["code"] if argv[-1] == "check" else run.error["code"]
            assert (run.code, found) == (1, "unreadable-file")


# -- the environment -----------------------------------------------------------------------------------


def test_no_site(tmp_path: Path) -> None:
    run = Cli(tmp_path / "nothing", tmp_path)("--json", "ranges")
    assert (run.code, run.error["code"]) == (3, "no-site")
    assert not (tmp_path / "nothing").exists()


@pytest.mark.parametrize(
    ("code", "exit_code", "argv"),
    [
        ("site-exists", 3, ()),
        ("unsupported-database", 3, ("--database", "postgresql://localhost/desk")),
        ("invalid-name", 1, ("--primary", "a b")),
        ("invalid-setting", 1, ("--transport", "pigeon")),
        ("no-passphrase", 3, ("--passphrase-file", "{files}/empty")),
        ("unreadable-file", 1, ("--passphrase-file", "/nowhere/at/all")),
    ],
)
def test_no_site_is_made_from_what_cannot_be(
    cli: Cli, tmp_path: Path, code: str, exit_code: int, argv: tuple[str, ...]
) -> None:
    (cli.files / "empty").touch()
    argv = tuple(word.format(files=cli.files) for word in argv)
    target = cli if code == "site-exists" else Cli(tmp_path / "new", cli.files)
    files = ("--passphrase-file", cli.files / "passphrase") if "--passphrase-file" not in argv else argv
    rest = () if "--passphrase-file" in argv else argv
    primary = () if "--primary" in argv else ("--primary", "a")
    with cli.unchanged():
        run = target("--json", *files, "init", "--name", "N", *primary, *rest)
    assert (run.code, run.error["code"]) == (exit_code, code)
    assert not (tmp_path / "new").exists()


def test_a_file_that_is_no_database(cli: Cli) -> None:
    (cli.folder / "site.db").write_bytes(b"no database at all" * 100)
    run = cli("--json", "ranges")
    assert (run.code, run.error["code"]) == (3, "damaged-database")


def test_a_broken_audit_log_is_named_and_ends_with_1(cli: Cli) -> None:
    import sqlite3

    with sqlite3.connect(cli.folder / "site.db") as database:
        database.execute("UPDATE audit SET subject = 'other' WHERE seq = 3")
    database.close()
    run = cli("--json", "audit", "verify")
    assert run.code == 1
    assert (run.value["intact"], run.value["first_bad"]) == (False, 3)
    assert "Entry 3" in cli("audit", "verify").out


@pytest.mark.parametrize(
    "argv",
    [
        "backup --out {long}",
        "server enrol e.example.com --out {long}",
        "sample --dir {long}",
        "demo --dir {long}",
        "issue license --key {files}/issuer.key --issuer I --serial S --product P --quantity 1 --out {long}",
        "issue key --out {long}",
        "--site {long} init --name X --primary a.example.com",
        "--site {long} restore {files}/one.backup",
        "--site {long} status",
        "restore {long}",
        "license check {long}",
        "node import {long} --from a.example.com",
    ],
)
def test_a_name_that_no_file_can_have(cli: Cli, argv: str) -> None:
    cli.done("backup", "--without-key", "--out", cli.files / "one.backup")
    words = [word.format(files=cli.files, long=cli.files / ("x" * 300)) for word in argv.split()]
    with cli.unchanged():
        run = cli("--json", "--passphrase-file", cli.files / "passphrase", *words)
    found = run.value[0]["code"] if "check" in argv else run.error["code"]
    assert found in {"unwritable", "unreadable-file"}
    assert "too long" in str(run.value[0]["message"] if "check" in argv else run.error["message"])
