"""`watch` and `demo` as commands: their lines, their ends, and how long commands are stopped."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from licensedesk.cli.stopping import stop_requests
from licensedesk.cli.watch_command import LINES, line_of
from licensedesk.core.errors import SurroundingsError
from licensedesk.core.local_agents import LocalAgent
from tests.cli.runner import Cli


@contextmanager
def sent_soon(number: signal.Signals, *, seconds: float) -> Iterator[None]:
    """The signal, to this process, after a while."""
    timer = threading.Timer(seconds, os.kill, (os.getpid(), number))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_watch_ends_when_it_is_told_to(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    monkeypatch.setenv("LICENSEDESK_PASSPHRASE_FILE", str(cli.files / "passphrase"))
    cli.done("server", "enrol", "e.example.com", "--out", cli.files / "e.enrol")
    with sent_soon(number, seconds=0.7):
        run = cli("--json", "watch")
    assert (run.code, run.err) == (0, "")
    lines = [json.loads(line) for line in run.out.splitlines()]
    assert [line["event"] for line in lines] == ["watching", "distributing", "stopped"]
    assert all(line.keys() >= {"at", "event", "message"} for line in lines)
    assert lines[1]["message"] == f"Distributing version {lines[0]['version']} to 1 server (start)."
    with sent_soon(number, seconds=0.5):
        people = cli("watch").out.splitlines()
    assert [line.split("  ")[1] for line in (people[0], people[-1])][1] == "Stopped."


def test_ctrl_c_ends_a_distribution(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LICENSEDESK_PASSPHRASE_FILE", str(cli.files / "passphrase"))
    cli.done("server", "enrol", "e.example.com", "--out", cli.files / "e.enrol")
    with sent_soon(signal.SIGINT, seconds=0.7):
        assert cli("distribute", "--wait", "60").code == 130
    (run,) = cli.done("distribute", "--history")
    assert run["outcome"] == "cancelled"


def test_a_second_signal_does_what_it_did_before() -> None:
    # Begun in the background by a shell, the tests themselves would ignore the signal.
    outside = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with stop_requests() as stop:
            signal.raise_signal(signal.SIGINT)
            assert stop.is_set()
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, outside)


@pytest.mark.parametrize("event", [*LINES, "alert", "away"])
def test_every_line_is_a_sentence(event: str) -> None:
    figures = {"code": "console-busy", "holder": "somebody"} if event in {"alert", "away"} else {}
    line = line_of(event, figures)
    assert line[0].isupper() or line[0] == "?"
    assert line.endswith(".")
    assert "{" not in line


def test_the_demo_reads_as_a_story_and_can_be_kept(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    run = cli("demo", "--dir", folder)
    assert (run.code, run.err) == (0, "")
    assert "app2.example.com was sent version" in run.out
    assert "Its agent has seen it" in run.out
    assert "Told in " in run.out
    assert "{" not in run.out
    # It goes on as any other site.
    kept = Cli(folder / "site", folder)
    assert kept.done("status")["servers"]["current"] == 3
    assert kept.done("--passphrase-file", folder / "passphrase", "distribute", "--wait", "0")["due"] is False
    again = cli("--json", "demo", "--dir", folder)
    assert (again.code, again.error["code"]) == (3, "site-exists")


def test_an_agent_that_does_not_join_is_told(tmp_path: Path) -> None:
    agent = LocalAgent(tmp_path / "agent")
    with pytest.raises(SurroundingsError) as refused:
        agent.enrol(b"no enrolment")
    assert refused.value.code == "agent-failed"
    assert "no JSON" in refused.value.figures["reason"]
    assert not (agent.install / "server.enrol").exists()
    assert (agent.running, agent.process_id) == (False, None)
    agent.stop()
