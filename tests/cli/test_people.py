"""What people see: tables, questions with before and after, sentences; and plain text in a pipe."""

from __future__ import annotations

import re

import pytest

from tests.cli.runner import ISSUER, PRODUCT, Cli, Terminal

D = "d.example.com"
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def test_ranges_into_a_pipe(cli: Cli) -> None:
    cli.add_nodes(D, managed=1012, discovered=5)
    run = cli("ranges", "--product", PRODUCT)
    assert run.err == ""
    assert run.out.splitlines() == [
        "Range (sharing source)  Option        Product          Servers  Held   Used       Remaining  Waiting"
        "  To buy  Earliest expiry",
        "a.example.com           primary       Desktop Manager        2   100      0             100        0"
        "       0  -",
        "c.example.com           distribution  Desktop Manager        2    40      0              40        0"
        "       0  -",
        "d.example.com           distribution  Desktop Manager        1    10  1,012  Shortage 1,002        5"
        "   1,007  -",
    ]


def test_the_width_of_a_pipe_is_not_that_of_the_terminal(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    wide = cli("ranges").out
    monkeypatch.setenv("COLUMNS", "40")
    assert cli("ranges").out == wide


def test_on_a_terminal_a_shortage_is_red_and_in_words(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    cli.add_nodes(D, managed=12)
    out = cli("ranges", terminal=True).out
    assert "\x1b[1;31mShortage 2\x1b[0m" in out
    assert "Shortage 2" in ESCAPES.sub("", out)


def test_what_is_distributed_beyond_what_is_valid_is_said_in_words(cli: Cli) -> None:
    run = cli("license", "deregister", ISSUER, "DM-1", "--yes")
    assert "100 -> Over-distributed by 50" in run.out
    assert "Over-distributed by 50" in cli("ranges").out
    assert cli.done("ranges", "--product", PRODUCT)[0]["held"] == -50


@pytest.mark.parametrize("typed", ["", "n\n", "no way\n", "\n"])
def test_no_is_the_answer_unless_it_is_yes(cli: Cli, typed: str) -> None:
    cli.add_nodes(D, managed=5)
    with cli.unchanged():
        run = cli("license", "allocate", f"{D}=1", typed=typed)
    assert run.code == 1
    assert "6 -> Shortage 4" not in run.out
    assert "5 -> Shortage 4" in run.out
    assert "Go on? [y/N]" in run.err


@pytest.mark.parametrize("typed", ["y\n", "YES\n"])
def test_yes_does_it(cli: Cli, typed: str) -> None:
    cli.add_nodes(D, managed=5)
    run = cli("license", "allocate", f"{D}=1", typed=typed)
    assert run.code == 0
    assert "Distributed licenses of Desktop Manager to 1 relay." in run.out
    assert "Warning: The range of d.example.com is short of 4 licenses of Desktop Manager." in run.err
    assert cli.done("ranges")[-1]["shortage"] == 4


def test_with_the_option_yes_nothing_is_asked(cli: Cli) -> None:
    cli.add_nodes(D, managed=5)
    run = cli("license", "allocate", f"{D}=1", "--yes")
    assert run.code == 0
    assert "Go on?" not in run.err


def test_a_preview_says_so(cli: Cli) -> None:
    run = cli("server", "option", "b.example.com", "distribution", "--preview")
    assert run.out.startswith("Preview, nothing is changed:\n")
    assert "- -> 1" in run.out


def test_a_refusal_is_one_sentence_and_one_advice(cli: Cli) -> None:
    run = cli("license", "allocate", f"{D}=111")
    assert run.out == ""
    error = cli("--json", "license", "allocate", f"{D}=111").error
    assert run.err == f"licensedesk: {error['message']}\n{error['advice']}\n"
    assert "111 licenses of Desktop Manager cannot be distributed" in error["message"]


def test_every_file_that_is_refused_is_explained(cli: Cli) -> None:
    run = cli("license", "register", cli.files / "DM-1.lic", cli.files / "issuer.pub")
    assert run.code == 1
    assert "refused: duplicate-license" in run.out
    assert "License DM-1 of Example Software is registered already: on a.example.com" in run.out
    assert "is not a license key file" in run.out


def test_foreign_text_shows_what_it_hides(cli: Cli) -> None:
    run = cli("server", "rename", D, "x\u202ey")
    assert "\u202e" not in run.err
    assert "\\u202e" in run.err


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (("server", "list"), "not enrolled"),
        (("server", "add", "f.example.com", "--under", D, "--role", "managed"), "Added f.example.com under"),
        (("server", "suspend", D), "d.example.com is suspended."),
        (("server", "remove", D), "Removed d.example.com."),
        (("server", "rename", D, "x.example.com"), "Renamed d.example.com to x.example.com."),
        (("server", "move", D, "--under", "a.example.com"), "Moved d.example.com under a.example.com."),
        (("issuer", "list"), "Example Software"),
        (("license", "list"), "permanent"),
        (("license", "check", "{files}/DM-1.lic"), "duplicate-license"),
        (("license", "deregister", ISSUER, "DM-1", "--yes"), "100 -> Shortage 50"),
        (("site", "show"), "folder:exchange"),
        (("audit", "list"), "license-register"),
        (("audit", "verify"), "The audit log is whole: 10 entries."),
        (("ranges", "--explain", "a.example.com", "--product", PRODUCT), "to c.example.com"),
    ],
)
@pytest.mark.parametrize("terminal", [False, True])
def test_every_command_speaks(
    cli: Cli, argv: tuple[str, ...], says: str, terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    run = cli(*(word.format(files=cli.files) for word in argv), terminal=terminal)
    assert says in " ".join(ESCAPES.sub("", run.out).split())


def test_the_seal_of_the_log_is_told_to_be_noted_elsewhere(cli: Cli) -> None:
    seal = cli.done("audit", "list", "--limit", "1")[0]["hash"]
    assert cli("audit", "verify").out.splitlines()[1] == (
        f"Seal of entry 10, to be noted elsewhere and compared: {seal}"
    )


def test_what_was_asked_for_in_bulk_stands_in_the_audit_log_in_words(cli: Cli) -> None:
    cli.add_nodes(D, discovered=2)
    cli.done("node", "exclude", "--all", "--range", D)
    row = cli("audit", "list", "--limit", "1").out.splitlines()[1]
    assert "node-exclude" in row
    assert "matched (discovered 2)" in row
    assert "{" not in row


def test_empty_lists_say_what_to_do_first(empty: Cli) -> None:
    assert "licensedesk issuer add" in empty("issuer", "list").out
    assert "licensedesk license register" in empty("license", "list").out
    assert "licensedesk issuer add" in empty("ranges").out


def test_what_a_terminal_is_does_not_matter_to_json(cli: Cli) -> None:
    assert cli("--json", "ranges", terminal=True).out == cli("--json", "ranges").out


def test_a_terminal_of_the_tests_is_one() -> None:
    assert Terminal("x").isatty()
