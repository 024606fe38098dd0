"""A real Mosquitto on loopback, with what `broker_config` wrote: TLS, passwords, access list."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from licensedesk.core.transports.base import TransportSettings
from licensedesk.core.transports.broker_config import (
    BrokerSettings,
    new_password,
    password_hash,
    write_broker_config,
)
from tests.fakes.console import DEPLOYMENT, SERVER

HOST = "127.0.0.1"
OTHER = "0123456789abcdef"
CONSOLE = "console"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@dataclass
class Mosquitto:
    """One broker. `settings` are those of the console or of a server."""

    folder: Path
    port: int = field(default_factory=free_port)
    passwords: dict[str, str] = field(
        default_factory=lambda: {name: new_password() for name in (CONSOLE, SERVER, OTHER)}
    )
    process: subprocess.Popen[bytes] | None = None

    def write(self) -> None:
        hashes = {name: password_hash(password) for name, password in self.passwords.items()}
        (self.folder / "data").mkdir(parents=True, exist_ok=True)
        settings = BrokerSettings(
            deployment=DEPLOYMENT,
            host=HOST,
            port=self.port,
            console=(CONSOLE, hashes.pop(CONSOLE)),
            accounts=hashes,
            data_folder=str(self.folder / "data"),
        )
        write_broker_config(self.folder / "config", settings, at=datetime.now(UTC))

    def start(self) -> None:
        program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
        assert program, "mark the test with mosquitto"
        # Started as root it would change to a user who cannot read the test's folder.
        extra = self.folder / "test.conf"
        extra.write_text((self.folder / "config/mosquitto.conf").read_text() + "user root\n")
        log = (self.folder / "mosquitto.log").open("ab")
        self.process = subprocess.Popen([program, "-c", str(extra)], stdout=log, stderr=log)
        log.close()
        deadline = time.monotonic() + 10
        while True:
            with contextlib.suppress(OSError), socket.create_connection((HOST, self.port), timeout=1):
                return
            assert self.process.poll() is None, (self.folder / "mosquitto.log").read_text()
            assert time.monotonic() < deadline, "Mosquitto does not answer"
            time.sleep(0.02)

    def kill(self) -> None:
        """As a power cut: nothing is saved."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def settings(self, name: str, *, password: str | None = None) -> TransportSettings:
        return TransportSettings(
            url=f"mqtt:{HOST}:{self.port}",
            username=name,
            password=self.passwords[name] if password is None else password,
            ca_pem=(self.folder / "config/ca.crt").read_text(),
        )
