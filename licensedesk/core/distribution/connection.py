"""What console and agents need to open the site's transport: from the settings and the keys folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from licensedesk.core.errors import RefusedError
from licensedesk.core.settings import read_settings
from licensedesk.core.transports.base import TransportSettings
from licensedesk.core.transports.broker_config import new_password, password_hash
from licensedesk.core.types import ServerId

if TYPE_CHECKING:
    from licensedesk.core.site import Site
    from licensedesk.core.store.database import Store

CONSOLE_USER = "console"
CONSOLE_PASSWORD_FILE = "keys/broker.password"  # noqa: S105 - a path
CA_FILE = "keys/broker-ca.pem"
"""Who vouches for the broker's certificate; an empty file stands for those that the systems trust."""


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
    """What goes into a server's enrolment file. Raises RefusedError `no-broker-ca`."""
    require_broker_ca(site.store, site.folder)
    url = _url(site)
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
    password = new_password()
    return password, password_hash(password)
