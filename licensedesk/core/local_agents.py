"""Agents on this machine, each a process of its own with an install directory: for demo and sample site."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from licensedesk.core.errors import SurroundingsError
from licensedesk.core.files import raise_disk_fault, write_atomic

_PROGRAM = (sys.executable, "-m", "licensedesk.agent")
_ENROLMENT = "server.enrol"
_STOP_SECONDS = 10.0


@dataclass(slots=True)
class LocalAgent:
    """The agent of one server. `install` is its install directory; the log of its runs stands in it."""

    install: Path
    _process: subprocess.Popen[bytes] | None = None

    @property
    def license(self) -> Path:
        """What the software on that server reads."""
        return self.install / "Software" / "Conf" / "Cache" / "License.xml"

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def process_id(self) -> int | None:
        """Of the process while it runs."""
        return self._process.pid if self._process is not None and self.running else None

    def enrol(self, enrolment: bytes, *, settings: str = "") -> None:
        """Join the site; `settings` is the text of its agent.toml.

        Raises SurroundingsError: `agent-failed`, `disk-full`, `unwritable`.
        """
        try:
            self.install.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise_disk_fault(error, self.install)
        if settings:
            write_atomic(self.install / "agent.toml", settings.encode(), mode=0o644)
        file = self.install / _ENROLMENT
        write_atomic(file, enrolment)
        done = subprocess.run(  # noqa: S603 - our own program
            self._command("--json", "enrol", str(file)), capture_output=True, text=True, check=False
        )
        file.unlink()
        if done.returncode:
            raise SurroundingsError("agent-failed", path=str(self.install), reason=_reason(done))

    def start(self) -> None:
        """Switch the server on, unless it is."""
        if not self.running:
            with (self.install / "agent.log").open("ab") as log:
                self._process = subprocess.Popen(  # noqa: S603 - our own program
                    self._command("run"), stdin=subprocess.DEVNULL, stdout=log, stderr=log
                )

    def stop(self) -> None:
        """Switch it off as a shutdown does, and wait for its end."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _command(self, *arguments: str) -> list[str]:
        return [*_PROGRAM, "--install-dir", str(self.install), *arguments]


def _reason(done: subprocess.CompletedProcess[str]) -> str:
    """The sentence of the agent's refusal, or the last line of what it said."""
    try:
        return str(json.loads(done.stdout)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        lines = done.stderr.strip().splitlines() or [f"it ended with code {done.returncode}"]
        return lines[-1]
