"""Writes what a Mosquitto broker needs for one site: configuration, password file, access list, TLS.

Each agent reads its own topic and writes its own report; the console reads and writes all of its site; nobody
is anonymous. Run again after a server was enrolled or removed, then have Mosquitto read it (SIGHUP).
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from licensedesk.core.documents.messages import MESSAGE_LIMIT
from licensedesk.core.files import raise_disk_fault, write_atomic
from licensedesk.core.transports.certificates import write_certificates

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_ITERATIONS: Final = 101
"""As Mosquitto's own tool. The passwords are 256 random bits: no number of guesses finds one, and a broker
that thousands of agents return to must not spend a second on each."""


def new_password() -> str:
    """One password for one server, made at enrolment."""
    return secrets.token_urlsafe(32)


def password_hash(password: str, *, salt: bytes | None = None) -> str:
    """As Mosquitto keeps it: PBKDF2 with SHA-512 (`$7$`). This, not the password, belongs in a database."""
    salt = secrets.token_bytes(12) if salt is None else salt
    digest = hashlib.pbkdf2_hmac("sha512", password.encode("utf-8"), salt, _ITERATIONS)
    return f"$7${_ITERATIONS}${_base64(salt)}${_base64(digest)}"


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerSettings:
    """What the broker is to be. `accounts` and `console` are (user name, password hash)."""

    deployment: str
    host: str
    """The name or address under which agents reach it; the certificate is made for it."""
    port: int
    console: tuple[str, str]
    accounts: Mapping[str, str]
    """Password hash by server id."""
    data_folder: str = "/var/lib/mosquitto"


def write_broker_config(folder: Path, settings: BrokerSettings, *, at: datetime) -> dict[str, Path]:
    """The files by name. Certificates that stand in `folder` (ca.crt, server.crt, server.key) are used
    as long as they serve; else a certificate authority and a certificate are made.

    Raises SurroundingsError: `disk-full`, `unwritable`; LicenseFileError: `not-a-key` for a CA that is none.
    """
    folder = folder.absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise_disk_fault(error, folder)
    write_certificates(folder, host=settings.host, at=at)
    accounts = {settings.console[0]: settings.console[1], **settings.accounts}
    passwords = "".join(f"{name}:{hashed}\n" for name, hashed in sorted(accounts.items()))
    write_atomic(folder / "passwords", passwords.encode("utf-8"))
    write_atomic(folder / "acl", _access(settings).encode("utf-8"))
    write_atomic(folder / "mosquitto.conf", _configuration(folder, settings).encode("utf-8"), mode=0o644)
    names = ("mosquitto.conf", "passwords", "acl", "ca.crt", "server.crt", "server.key")
    return {name: folder / name for name in names}


def _access(settings: BrokerSettings) -> str:
    site = f"licensedesk/{settings.deployment}"
    return (
        "# %u is the user name, which for an agent is the id of its server.\n"
        f"pattern read {site}/%u/license\n"
        f"pattern write {site}/%u/report\n"
        f"pattern write {site}/%u/presence\n"
        "\n"
        f"user {settings.console[0]}\n"
        f"topic readwrite {site}/#\n"
    )


def _configuration(folder: Path, settings: BrokerSettings) -> str:
    return f"""\
# Mosquitto for the LicenseDesk site {settings.deployment}. Written by `licensedesk broker-config`.
# On another machine: adapt the paths, and leave ca.key behind, which only makes new certificates.
# Started as root, Mosquitto reads these files as the user it changes to: give them to that user.
per_listener_settings false
allow_anonymous false
password_file {folder}/passwords
acl_file {folder}/acl

listener {settings.port}
protocol mqtt
cafile {folder}/ca.crt
certfile {folder}/server.crt
keyfile {folder}/server.key
tls_version tlsv1.2
max_connections -1
# Messages are few and small: none waits for a segment to fill.
set_tcp_nodelay true

# A broker's memory is a convenience: the console sends again until the server's own report. Saved every 30 s
# all the same, so that a restart costs little.
persistence true
persistence_location {settings.data_folder.rstrip("/")}/
autosave_interval 30
autosave_on_changes false

# The reports of all servers arrive at one console at once: none may be dropped for want of a queue.
max_inflight_messages 1000
max_queued_messages 0
max_queued_bytes 268435456
max_packet_size {MESSAGE_LIMIT + 1024}
max_keepalive 600
"""
