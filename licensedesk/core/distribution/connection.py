"""What console and agents need to open the site's transport: from the settings and the keys folder."""

from __future__ import annotations

import base64
import hashlib
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from licensedesk.core.settings import read_settings
from licensedesk.core.transports.base import TransportSettings
from licensedesk.core.types import ServerId

if TYPE_CHECKING:
    from licensedesk.core.site import Site

CONSOLE_USER = "console"
CONSOLE_PASSWORD_FILE = "keys/broker.password"  # noqa: S105 - a path
CA_FILE = "keys/broker-ca.pem"
_ITERATIONS = 1000
"""The passwords are 192 random bits: a slow hash would protect nothing, and cost 10,000 logins dearly."""


def console_settings(site: Site) -> TransportSettings:
    """The console's own way to the transport; a relative folder is one in the site's folder."""
    url = _url(site)
    if url.startswith("folder:"):
        return TransportSettings(url=url)
    password = site.folder / CONSOLE_PASSWORD_FILE
    return TransportSettings(
        url=url,
        username=CONSOLE_USER,
        password=password.read_text(encoding="ascii").strip() if password.exists() else "",
        ca_pem=_ca_pem(site),
    )


def agent_settings(site: Site, *, server: ServerId, password: str) -> TransportSettings:
    """What goes into a server's enrolment file."""
    url = _url(site)
    if url.startswith("folder:"):
        return TransportSettings(url=url)
    return TransportSettings(url=url, username=server, password=password, ca_pem=_ca_pem(site))


def _url(site: Site) -> str:
    url = str(read_settings(site.store)["transport"])
    if not url.startswith("folder:"):
        return url
    return f"folder:{(site.folder / Path(url.removeprefix('folder:'))).resolve()}"


def _ca_pem(site: Site) -> str:
    path = site.folder / CA_FILE
    return path.read_text(encoding="ascii") if path.exists() else ""


def new_broker_password() -> tuple[str, str]:
    """A password, and its hash in the form of Mosquitto's password file: only that is stored."""
    password = secrets.token_urlsafe(24)
    return password, broker_password_hash(password)


def broker_password_hash(password: str) -> str:
    """`$7$iterations$salt$hash`: PBKDF2-SHA512, as mosquitto_passwd writes it."""
    salt = secrets.token_bytes(12)
    derived = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS)
    encoded = (base64.b64encode(part).decode() for part in (salt, derived))
    return f"$7${_ITERATIONS}${'$'.join(encoded)}"
