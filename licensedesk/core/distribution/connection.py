"""What console and agents need to open the site's transport: from the settings and the keys folder."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from licensedesk.core.errors import LicenseFileError, RefusedError, SurroundingsError
from licensedesk.core.files import read_bounded
from licensedesk.core.settings import read_settings
from licensedesk.core.transports.base import TransportSettings
from licensedesk.core.transports.broker_config import new_password, password_hash
from licensedesk.core.types import ServerId

if TYPE_CHECKING:
    from licensedesk.core.site import Site
    from licensedesk.core.store.database import Store

_LIMIT = 100_000
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----")
CONSOLE_USER = "console"
CONSOLE_PASSWORD_FILE = "keys/broker.password"  # noqa: S105 - a path
CA_FILE = "keys/broker-ca.pem"
"""Who vouches for the broker's certificate; an empty file stands for those that the systems trust."""


def console_settings(site: Site) -> TransportSettings:
    """The console's own way to the transport.

    Raises SurroundingsError: `damaged-broker-ca`, `unwritable` where the site's keys cannot be read.
    """
    url = transport_url(site)
    if url.startswith("folder:"):
        return TransportSettings(url=url)
    return TransportSettings(
        url=url,
        username=CONSOLE_USER,
        password=console_password(site),
        ca_pem=_ca_pem(site),
    )


def console_password(site: Site) -> str:
    """Of the console's account; "" while it has none. Raises SurroundingsError `unwritable`."""
    return _kept(site.folder / CONSOLE_PASSWORD_FILE).strip()


def agent_settings(site: Site, *, server: ServerId, password: str) -> TransportSettings:
    """What goes into a server's enrolment file.

    Raises RefusedError `no-broker-ca`; SurroundingsError as `console_settings`.
    """
    require_broker_ca(site.store, site.folder)
    url = transport_url(site)
    if url.startswith("folder:"):
        return TransportSettings(url=url)
    return TransportSettings(url=url, username=server, password=password, ca_pem=_ca_pem(site))


def require_broker_ca(store: Store, folder: Path) -> None:
    """An agent carries from its enrolment whom it believes the broker's certificate: never whoever comes.

    Raises RefusedError `no-broker-ca` where nobody has said so for this site yet.
    """
    url, path = str(read_settings(store)["transport"]), folder / CA_FILE
    if not url.startswith("folder:") and not path.exists():
        raise RefusedError("no-broker-ca", transport=url, file=str(path))


def transport_url(site: Site) -> str:
    """As in the settings; a relative folder is one in the site's folder."""
    url = str(read_settings(site.store)["transport"])
    if not url.startswith("folder:"):
        return url
    return f"folder:{(site.folder / Path(url.removeprefix('folder:'))).resolve()}"


def _ca_pem(site: Site) -> str:
    """The certificates alone: what is written between them may be in any language."""
    text = _kept(site.folder / CA_FILE)
    found = _CERTIFICATE.findall(text)
    if text.strip() and not found:
        raise SurroundingsError("damaged-broker-ca", path=str(site.folder / CA_FILE))
    return "".join(f"{certificate}\n" for certificate in found)


def _kept(path: Path) -> str:
    """The text of a file in the site's keys; "" without one. Raises SurroundingsError `unwritable`."""
    try:
        return read_bounded(path, limit=_LIMIT).decode("utf-8", "replace") if path.exists() else ""
    except LicenseFileError as error:
        reason = str(error.figures.get("reason", "it is too large"))
        raise SurroundingsError("unwritable", path=str(path), reason=reason) from error


def new_broker_password() -> tuple[str, str]:
    """A password, and its hash in the form of Mosquitto's password file: only that is stored."""
    password = new_password()
    return password, password_hash(password)
