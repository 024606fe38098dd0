"""A server without a network: somebody carries its messages and reports on a stick, through `apply`."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from pathlib import Path

from licensedesk.agent.command import main


@dataclass(frozen=True)
class Stick:
    """The agent's own commands in this process. `exchange` is the console's folder."""

    install: Path
    exchange: Path
    server_id: str

    @property
    def license(self) -> Path:
        return self.install / "Software" / "Conf" / "Cache" / "License.xml"

    @property
    def message(self) -> Path:
        return self.exchange / self.server_id / "license.message"

    @property
    def report(self) -> Path:
        return self.exchange / self.server_id / "report.message"

    def enrol(self, file: Path) -> None:
        assert self._run("enrol", file) == 0

    def carry(self) -> int:
        """The message there, the report back; the exit code of `apply`."""
        return self._run("apply", self.message, "--report", self.report)

    def _run(self, *argv: str | Path) -> int:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            return main(["--install-dir", str(self.install), *map(str, argv)])
