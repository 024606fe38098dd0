"""status, distribute, server enrol and broker-config: the contract, the refusals, and what people see."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from licensedesk.cli.progress import progress_text
from licensedesk.core.distribution.run import Progress
from licensedesk.core.documents.enrolment import open_enrolment
from tests.cli.runner import PRODUCT, Cli, Run
from tests.fakes.stick import Stick

STATUS = {"version", "uploaded_at", "distributed_at", "due", "reason", "servers", "ledger"}
LEDGER = {
    *("server", "range", "desired_version", "held_version", "state", "code", "detail", "attempts"),
    *("sent_at", "reported_at"),
}
STATES = {
    *("current", "pending", "sent", "rejected", "unreachable", "not enrolled", "invited", "suspended"),
    "unknown",
}
RUN = {"id", "began_at", "by", "reason", "version", "servers", "current", "ended_at", "outcome"}
E = "e.example.com"


@pytest.fixture
def unlocked(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The example, with the passphrase of its key in a file that the environment names."""
    monkeypatch.setenv("LICENSEDESK_PASSPHRASE_FILE", str(cli.files / "passphrase"))
    return cli


def enrolled(cli: Cli, host_name: str) -> Stick:
    """A server whose messages are carried by hand."""
    ids = {row["host_name"]: row["id"] for row in cli.done("server", "list")}
    stick = Stick(cli.files / host_name, cli.folder / "exchange", ids[host_name])
    stick.install.mkdir()
    file = stick.install / "server.enrol"
    cli.done("server", "enrol", host_name, "--out", file)
    stick.enrol(file)
    return stick


def ledger(cli: Cli) -> dict[str, dict[str, Any]]:
    return {row["server"]: row for row in cli.done("status")["ledger"]}


# -- status --------------------------------------------------------------------------------------------


def test_status(cli: Cli) -> None:
    """Without a passphrase, a transport, or anything to wait for."""
    value = cli.done("status")
    assert value.keys() == STATUS
    assert value["servers"].keys() == STATES
    assert (value["due"], value["reason"], value["distributed_at"]) == (True, "never-distributed", None)
    assert [row["server"][0] for row in value["ledger"]] == ["b", "c", "d", "e"]
    for row in value["ledger"]:
        assert row.keys() == LEDGER
        assert (row["state"], row["code"]) == ("not enrolled", "agent-not-enrolled")
        assert row["detail"] == f"{row['server']} has no enrolled agent."


def test_status_for_people(cli: Cli) -> None:
    out = cli("status").out.splitlines()
    assert out[0].startswith("Version ")
    assert out[2] == "Last distribution that succeeded whole (BPCONFIG): never"
    assert out[3] == "No distribution has succeeded whole yet: one is due."
    assert out[4].split() == ["Server", "Range", "(sharing", "source)", "Version", "Holds", "State", "Why"]
    assert out[-2].endswith("not enrolled  e.example.com has no enrolled agent.")
    assert out[-1] == "0 of 4 servers are current."


def test_who_is_connected_is_shown_where_a_broker_says_it(cli: Cli) -> None:
    ids = {row["host_name"]: row["id"] for row in cli.done("server", "list")}
    assert "Agent" not in cli("status").out
    with contextlib.closing(sqlite3.connect(cli.folder / "site.db")) as database:
        values = [
            (ids[E], 1, "2026-11-21T09:14:00.000000Z"),
            (ids["d.example.com"], 0, "2026-11-21T09:14:00.000000Z"),
        ]
        database.executemany("INSERT INTO presence VALUES (?, ?, ?)", values)
        database.commit()
    lines = cli("status").out.splitlines()
    assert lines[4].split()[-2:] == ["Agent", "Why"]
    words = {line.split()[0]: line.split() for line in lines[5:9]}
    assert "connected" in words[E]
    assert "away" in words["d.example.com"]
    assert not {"connected", "away"} & {*words["b.example.com"], *words["c.example.com"]}
    # The fields for programs are the contract's.
    assert ledger(cli)[E].keys() == LEDGER


def test_a_local_server_sees_its_range_alone(cli: Cli) -> None:
    value = cli.done("--server", "c.example.com", "status")
    assert [row["server"] for row in value["ledger"]] == ["c.example.com", E]


# -- enrolment files -----------------------------------------------------------------------------------


def test_enrol_writes_a_secret_file(unlocked: Cli) -> None:
    file = unlocked.files / "e.enrol"
    assert unlocked.done("server", "enrol", E, "--out", file) == {"server": E, "file": str(file)}
    assert file.stat().st_mode & 0o777 == 0o600
    assert {row["host_name"]: row["enrolled"] for row in unlocked.done("server", "list")}[E] == "invited"
    row = ledger(unlocked)[E]
    assert (row["state"], row["code"]) == ("invited", "waiting-for-enrolment")


@pytest.mark.parametrize("kind", ["file", "link"])
def test_a_file_that_is_there_stays(unlocked: Cli, kind: str) -> None:
    file = unlocked.files / "e.enrol"
    if kind == "file":
        file.write_text("mine")
    else:
        file.symlink_to(unlocked.files / "nowhere")
    with unlocked.unchanged():
        refused = unlocked("--json", "server", "enrol", E, "--out", file)
    assert (refused.code, refused.error["code"]) == (1, "file-exists")
    unlocked.done("server", "enrol", E, "--out", file, "--yes")
    assert file.is_file()
    assert not file.is_symlink()


def test_a_second_invitation_is_asked_for(unlocked: Cli) -> None:
    first, second = unlocked.files / "1.enrol", unlocked.files / "2.enrol"
    unlocked.done("server", "enrol", E, "--out", first)
    with unlocked.unchanged():
        refused = unlocked("--json", "server", "enrol", E, "--out", second)
        no = unlocked("server", "enrol", E, "--out", second, typed="n\n")
    assert (refused.code, refused.error["code"], no.code) == (1, "needs-yes", 1)
    assert not second.exists()
    yes = unlocked("server", "enrol", E, "--out", second, typed="y\n")
    assert yes.code == 0
    assert f"Wrote {second}" in yes.out
    assert second.read_bytes() != first.read_bytes()


def test_a_file_that_cannot_be_written_voids_nothing(unlocked: Cli) -> None:
    unlocked.done("server", "enrol", E, "--out", unlocked.files / "1.enrol")
    with unlocked.unchanged():
        refused = unlocked(
            "--json", "server", "enrol", E, "--out", unlocked.files / "no" / "2.enrol", "--yes"
        )
    assert (refused.code, refused.error["code"]) == (3, "unwritable")


@pytest.mark.parametrize(
    ("argv", "code", "exit_code"),
    [
        (["a.example.com"], "is-primary", 1),
        (["x.example.com"], "unknown-server", 1),
        (["--server", "c.example.com", E], "out-of-scope", 1),
    ],
)
def test_who_cannot_be_invited(unlocked: Cli, argv: list[str], code: str, exit_code: int) -> None:
    *above, host_name = argv
    file = unlocked.files / "x.enrol"
    with unlocked.unchanged():
        refused = unlocked("--json", *above, "server", "enrol", host_name, "--out", file)
    assert (refused.code, refused.error["code"]) == (exit_code, code)
    assert not file.exists()


def test_without_its_passphrase_nothing_is_signed(cli: Cli, tmp_path: Path) -> None:
    file = cli.files / "e.enrol"
    wrong = tmp_path / "wrong"
    wrong.write_text("battery staple\n")
    with cli.unchanged():
        none = cli("--json", "server", "enrol", E, "--out", file)
        bad = cli("--json", "--passphrase-file", wrong, "server", "enrol", E, "--out", file)
        locked = cli("--json", "distribute")
    assert [(run.code, run.error["code"]) for run in (none, bad, locked)] == [
        (3, "no-passphrase"),
        (3, "wrong-passphrase"),
        (3, "no-passphrase"),
    ]
    assert not file.exists()


# -- distribute ----------------------------------------------------------------------------------------


def test_distribute_until_all_are_current(unlocked: Cli) -> None:
    stick = enrolled(unlocked, E)
    sent = unlocked("--json", "distribute", "--wait", "0")
    assert sent.code == 4
    assert sent.value.keys() == STATUS
    assert ledger(unlocked)[E]["state"] in {"invited", "sent"}
    assert stick.carry() == 0
    assert b'"40"' in stick.license.read_bytes()
    # Nothing is sent again: the report that came back is all that was missing.
    message = stick.message.read_bytes()
    value = unlocked.done("distribute", "--wait", "0")
    assert stick.message.read_bytes() == message
    assert (value["due"], value["servers"]["current"]) == (False, 1)
    row = {row["server"]: row for row in value["ledger"]}[E]
    assert (row["state"], row["code"], row["detail"]) == ("current", "", "")
    assert row["held_version"] == row["desired_version"]


def test_a_change_makes_it_due_again(unlocked: Cli) -> None:
    stick = enrolled(unlocked, E)
    for _ in range(2):
        unlocked("distribute", "--wait", "0")
        stick.carry()
    unlocked("distribute", "--wait", "0")
    unlocked.done("license", "allocate", "c.example.com=41", "--product", PRODUCT)
    row = ledger(unlocked)[E]
    assert (row["state"], row["code"]) == ("pending", "newer-document")
    assert row["detail"].startswith(f"{E} holds version ")
    run = unlocked("distribute", "--wait", "0")
    assert run.code == 4
    assert f"{E} was sent version" in run.out
    assert run.out.splitlines()[-1] == "0 of 4 servers are current."


def test_a_range_with_a_damaged_license_is_stopped_and_explained(unlocked: Cli) -> None:
    """That of the primary; the others get theirs."""
    b, e = enrolled(unlocked, "b.example.com"), enrolled(unlocked, E)
    unlocked("distribute", "--wait", "0")
    b.carry()
    e.carry()
    assert unlocked.done("distribute", "--wait", "0")["servers"]["current"] == 2
    message = b.message.read_bytes()
    unlocked.done("license", "allocate", "c.example.com=41", "--product", PRODUCT)
    with contextlib.closing(sqlite3.connect(unlocked.folder / "site.db")) as connection, connection:
        connection.execute("UPDATE license SET original = ?", (b"damaged",))
    unlocked("distribute", "--wait", "0")
    e.carry()
    began = time.monotonic()
    ended = unlocked("--json", "distribute", "--wait", "20")
    assert (ended.code, time.monotonic() - began < 15) == (4, True)
    rows = {row["server"]: row for row in ended.value["ledger"]}
    assert rows[E]["state"] == "current"
    stopped = rows["b.example.com"]
    assert (stopped["state"], stopped["code"]) == ("pending", "range-stopped")
    assert stopped["detail"] == (
        "b.example.com is sent nothing, because registered licenses on a.example.com no longer verify."
    )
    assert b.message.read_bytes() == message


@pytest.mark.parametrize("option", ["--verify", "--force"])
def test_those_that_are_current_are_sent_to_when_asked(unlocked: Cli, option: str) -> None:
    stick = enrolled(unlocked, E)
    unlocked("distribute", "--wait", "0")
    stick.carry()
    unlocked.done("distribute")
    message = stick.message.read_bytes()
    unlocked("--json", "distribute", option, "--wait", "0")
    assert stick.message.read_bytes() != message
    assert stick.carry() == 0
    reasons = [run["reason"] for run in unlocked.done("distribute", "--history")]
    assert reasons == [{"--verify": "verify", "--force": "forced"}[option], "demand"]


def test_history(unlocked: Cli) -> None:
    assert unlocked.done("distribute", "--history") == []
    assert unlocked("distribute", "--history").out == "Nothing was distributed yet.\n"
    enrolled(unlocked, E)
    unlocked("distribute", "--wait", "0")
    (run,) = unlocked.done("distribute", "--history")
    assert run.keys() == RUN
    assert (run["reason"], run["servers"], run["current"], run["outcome"]) == ("demand", 1, 0, "incomplete")
    shown = unlocked("distribute", "--history").out.splitlines()
    assert shown[1].split()[-1] == "incomplete"


@pytest.mark.parametrize(
    ("before", "host_name", "code"),
    [
        ((), "x.example.com", "unknown-server"),
        ((), "a.example.com", "is-primary"),
        ((), E, "not-enrolled"),
        (("server", "suspend", E), E, "server-suspended"),
    ],
)
def test_who_cannot_be_sent_to(unlocked: Cli, before: tuple[str, ...], host_name: str, code: str) -> None:
    if before:
        unlocked.done(*before)
    with unlocked.unchanged():
        refused = unlocked("--json", "distribute", host_name)
    assert (refused.code, refused.error["code"]) == (1, code)


@pytest.mark.parametrize(
    "argv",
    [
        ["distribute"],
        ["distribute", "--history"],
        ["watch"],
        ["broker-config", "--out", "nowhere"],
    ],
)
def test_only_the_primary_distributes(unlocked: Cli, argv: list[str]) -> None:
    with unlocked.unchanged():
        refused = unlocked("--json", "--server", "c.example.com", *argv)
    assert (refused.code, refused.error["code"]) == (1, "out-of-scope")


@pytest.mark.parametrize("wait", ["-1", "x", "86401"])
def test_a_wait_that_is_none(unlocked: Cli, wait: str) -> None:
    assert unlocked("--json", "distribute", "--wait", wait).code == 2


def test_a_folder_that_is_away(unlocked: Cli) -> None:
    enrolled(unlocked, E)
    unlocked.done("site", "set", "transport", f"folder:{unlocked.folder}/not/there")
    refused = unlocked("--json", "distribute")
    assert (refused.code, refused.error["code"]) == (3, "transport-unavailable")


# -- the live line -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("progress", "seconds", "text"),
    [
        (Progress(10, 0, 10, 0), 1.0, "0 of 10 servers current"),
        (Progress(10, 10, 0, 0), 1.0, "10 of 10 servers current"),
        (
            Progress(10_000, 1_200, 0, 0),
            1.0,
            "1,200 of 10,000 servers current, 1,200 servers/s, 7 s left",
        ),
        (
            Progress(1_000, 10, 0, 0),
            20.0,
            "10 of 1,000 servers current, 0.5 servers/s, 33 min left",
        ),
        (
            Progress(100_000, 10, 0, 0),
            20.0,
            "10 of 100,000 servers current, 0.5 servers/s, 56 h left",
        ),
    ],
)
def test_progress(progress: Progress, seconds: float, text: str) -> None:
    assert progress_text(progress, seconds=seconds) == text


def test_the_line_is_for_terminals(unlocked: Cli) -> None:
    enrolled(unlocked, E)
    shown = unlocked("distribute", "--wait", "0.3", terminal=True)
    assert "0 of 1 servers current" in shown.err
    assert shown.err.endswith("\r\x1b[K")
    assert unlocked("distribute", "--wait", "0.3").err == ""


# -- broker-config -------------------------------------------------------------------------------------


def test_broker_config(unlocked: Cli, tmp_path: Path) -> None:
    unlocked.done("site", "set", "transport", "mqtt:broker.example.com:8884")
    out, data = tmp_path / "broker", tmp_path / "data"
    assert unlocked.done("broker-config", "--out", out, "--data", data)["servers"] == 0
    enrolled_file = unlocked.files / "e.enrol"
    said = unlocked("server", "enrol", E, "--out", enrolled_file).out
    assert said.splitlines()[-1].startswith("The broker does not know it yet")
    value = unlocked.done("broker-config", "--out", out, "--data", data)
    assert value.keys() == {"folder", "files", "transport", "servers"}
    assert (value["folder"], value["servers"]) == (str(out), 1)
    assert set(value["files"]) == {path.name for path in out.iterdir()} - {"ca.key"}
    configuration = (out / "mosquitto.conf").read_text()
    assert "listener 8884" in configuration
    assert f"persistence_location {data}/" in configuration
    accounts = [line.partition(":")[0] for line in (out / "passwords").read_text().splitlines()]
    ids = {row["host_name"]: row["id"] for row in unlocked.done("server", "list")}
    assert sorted(accounts) == sorted(["console", ids[E]])
    assert (unlocked.folder / "keys/broker-ca.pem").read_bytes() == (out / "ca.crt").read_bytes()
    # A damaged one is written anew.
    (unlocked.folder / "keys/broker-ca.pem").write_text("damaged")
    people: Run = unlocked("broker-config", "--out", out, "--data", data)
    assert people.out.splitlines()[1] == f"Start it with: mosquitto -c {out / 'mosquitto.conf'}"


def test_nobody_is_enrolled_for_a_broker_that_no_agent_could_believe(unlocked: Cli, tmp_path: Path) -> None:
    unlocked.done("site", "set", "transport", "mqtt:broker.example.com:8884")
    file, authority = unlocked.files / "e.enrol", unlocked.folder / "keys/broker-ca.pem"
    with unlocked.unchanged():
        refused = unlocked("--json", "server", "enrol", E, "--out", file)
    assert (refused.code, refused.error["code"]) == (1, "no-broker-ca")
    assert refused.error["details"] == {
        "transport": "mqtt:broker.example.com:8884",
        "file": str(authority),
    }
    assert not file.exists()
    authority.write_text("")
    unlocked.done("server", "enrol", E, "--out", file)
    assert open_enrolment(file.read_bytes()).transport.ca_pem == ""


def test_broker_config_is_for_a_broker(unlocked: Cli, tmp_path: Path) -> None:
    with unlocked.unchanged():
        refused = unlocked("--json", "broker-config", "--out", tmp_path / "broker")
    assert (refused.code, refused.error["code"]) == (1, "not-a-broker")
    assert not (tmp_path / "broker").exists()
