"""The installed commands as real processes: one site's console, and the agents of its servers."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from licensedesk.agent.command import main as agent_main
from tests.cli.runner import ISSUER, PRODUCT, Cli

PATIENCE = 30.0
"""Seconds after which what was to happen will not."""
AGENT_SETTINGS = "[agent]\ncheck_seconds = 0.5\npoll_seconds = 0.1\n"


def program(name: str) -> str:
    """The command as pip has installed it beside this Python."""
    found = Path(sys.executable).with_name(name)
    assert found.exists(), f"{found} is missing: run script/setup"
    return str(found)


def until(met: Callable[[], bool], what: str, *, seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain: {what}"
        time.sleep(0.05)


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def value(self) -> Any:
        assert self.out.count("\n") == 1, self
        return json.loads(self.out)


@dataclass
class Agent:
    """The agent of one server, switched on and off."""

    host_name: str
    install: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def license(self) -> Path:
        return self.install / "Software" / "Conf" / "Cache" / "License.xml"

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.license.read_bytes()).hexdigest()

    def command(self, *argv: str | Path) -> Ended:
        done = subprocess.run(
            [program("licensedesk-agent"), "--install-dir", str(self.install), *map(str, argv)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def enrol(self, file: Path) -> None:
        """In this process, as the console's set-up."""
        with contextlib.redirect_stdout(io.StringIO()):
            assert agent_main(["--install-dir", str(self.install), "enrol", str(file)]) == 0
        (self.install / "agent.toml").write_text(AGENT_SETTINGS)

    def on(self) -> None:
        with (self.install / "agent.log").open("ab") as log:
            self.process = subprocess.Popen(
                [program("licensedesk-agent"), "--install-dir", str(self.install), "run"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def off(self) -> int:
        """As a shutdown does; the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(20)
        self.process = None
        return code

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@dataclass
class Service:
    """`licensedesk watch`, and the lines it has said so far."""

    process: subprocess.Popen[bytes]
    output: Path

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Whole lines only: the last may be being written."""
        text = self.output.read_text()
        return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]

    def said(self, event: str, **figures: Any) -> bool:
        return any(
            line["event"] == event and all(line.get(name) == value for name, value in figures.items())
            for line in self.lines
        )

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


@dataclass
class Console:
    """One site, driven by the command `licensedesk` alone."""

    folder: Path
    agents: dict[str, Agent] = field(default_factory=dict)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def site(self) -> Path:
        return self.folder / "site"

    def words(self, *argv: str | Path) -> list[str]:
        secret = ["--passphrase-file", str(self.folder / "passphrase")]
        return [program("licensedesk"), "--site", str(self.site), *secret, "--json", *map(str, argv)]

    def run(self, *argv: str | Path) -> Ended:
        done = subprocess.run(self.words(*argv), capture_output=True, text=True, timeout=120, check=False)
        return Ended(done.returncode, done.stdout, done.stderr)

    def done(self, *argv: str | Path) -> Any:
        """A command that must succeed, in this process: what a test sets up and looks at."""
        secret = ("--passphrase-file", self.folder / "passphrase")
        return Cli(self.site, self.folder).done(*secret, *argv)

    def distributed(self, *argv: str | Path) -> Any:
        """`distribute` as a process; all are current when it ends."""
        ended = self.run("distribute", *argv)
        assert (ended.code, ended.err) == (0, ""), ended
        return ended.value

    def begin(self, *argv: str | Path, output: Path | None = None) -> subprocess.Popen[bytes]:
        """A command that goes on."""
        with (output or self.folder / "output").open("ab") as out:
            process = subprocess.Popen(self.words(*argv), stdin=subprocess.DEVNULL, stdout=out)
        self.processes.append(process)
        return process

    def watch(self) -> Service:
        """The service, distributing."""
        output = self.folder / f"watch-{len(self.processes)}"
        service = Service(self.begin("watch", output=output), output)
        until(lambda: service.said("watching"), "watch begins")
        return service

    def end(self) -> None:
        for agent in self.agents.values():
            agent.kill()
        for process in self.processes:
            process.kill()
            process.wait()

    # -- a site --------------------------------------------------------------------------------------
    def make(self) -> None:
        """The primary hq, the relays north (which holds licenses) and south (which does not), and a
        managed server under each: hq1, north1, south1. 100 licenses, 40 of them distributed to north.
        """
        (self.folder / "passphrase").write_text("correct horse\n")
        self.done("init", "--name", "Example Corp", "--primary", "hq")
        self.done("issue", "key", "--out", self.folder / "issuer")
        self.done("issuer", "add", ISSUER, self.folder / "issuer/issuer.pub", "--product", PRODUCT)
        for host_name, under, role in (
            ("north", "hq", "relay"),
            ("south", "hq", "relay"),
            ("hq1", "hq", "managed"),
            ("north1", "north", "managed"),
            ("south1", "south", "managed"),
        ):
            self.done("server", "add", host_name, "--under", under, "--role", role)
        self.register("DM-1", 100)
        self.done("server", "option", "north", "distribution", "--quantity", f"{PRODUCT}=40")

    def register(self, serial: str, quantity: int) -> None:
        file = self.folder / f"{serial}.lic"
        self.done(
            *("issue", "license", "--key", self.folder / "issuer/issuer.key", "--issuer", ISSUER),
            *("--serial", serial, "--product", PRODUCT, "--quantity", str(quantity), "--out", file),
        )
        (result,) = self.done("license", "register", file)
        assert result["status"] == "registered"

    def enrol(self, *host_names: str, again: bool = False) -> None:
        for host_name in host_names:
            agent = Agent(host_name, self.folder / "servers" / host_name)
            agent.install.mkdir(parents=True, exist_ok=True)
            file = agent.install / "server.enrol"
            self.done("server", "enrol", host_name, "--out", file, *(["--yes"] if again else []))
            assert file.stat().st_mode & 0o777 == 0o600
            agent.enrol(file)
            self.agents[host_name] = agent

    def all_on(self) -> None:
        for agent in self.agents.values():
            agent.on()

    # -- what is so ----------------------------------------------------------------------------------
    def ledger(self) -> dict[str, dict[str, Any]]:
        return {row["server"]: row for row in self.done("status")["ledger"]}

    def states(self) -> dict[str, str]:
        return {host_name: row["state"] for host_name, row in self.ledger().items()}

    def all_current(self) -> bool:
        return set(self.states().values()) == {"current"}

    def held(self) -> dict[str, str]:
        """The digest of License.xml on each server's disk."""
        return {host_name: agent.digest for host_name, agent in self.agents.items()}

    def check_explained(self) -> None:
        """Whoever is not current has a code, and every code a sentence that names the server."""
        for row in self.ledger().values():
            assert row["state"] == "current" or row["code"], row
            assert bool(row["code"]) == bool(row["detail"]), row
            assert not row["code"] or row["server"] in row["detail"], row
            assert row["detail"].count(". ") == 0, row
