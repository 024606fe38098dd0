"""The broker of a site: its accounts from the database, the console's password and the CA in `keys/`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from licensedesk.core.distribution.connection import (
    CA_FILE,
    CONSOLE_PASSWORD_FILE,
    CONSOLE_USER,
    console_password,
    new_broker_password,
    transport_url,
)
from licensedesk.core.errors import RefusedError
from licensedesk.core.files import read_bounded, write_atomic
from licensedesk.core.scope import require_primary
from licensedesk.core.store.facts import read_tree
from licensedesk.core.transports.broker_config import BrokerSettings, password_hash, write_broker_config
from licensedesk.core.transports.factory import split_url
from licensedesk.core.types import Actor

if TYPE_CHECKING:
    from licensedesk.core.site import Site

_LIMIT = 65536


@dataclass(frozen=True, slots=True)
class SiteBroker:
    """The files by name, and how many servers have an account."""

    transport: str
    files: dict[str, Path]
    servers: int


def write_site_broker(site: Site, folder: Path, *, data_folder: Path, by: Actor, at: datetime) -> SiteBroker:
    """Write what the broker of the site's transport needs; again, with the same passwords, at any time.

    Raises RefusedError: `not-a-broker` where the transport is a folder, `out-of-scope`; SurroundingsError:
    `transport-unavailable` for a URL that names no host, `disk-full`, `unwritable`; LicenseFileError:
    `not-a-key` for a certificate authority in `folder` that is none.
    """
    tree = read_tree(site.store)
    require_primary(tree, by, subject="broker")
    url = transport_url(site)
    kind, host, port = split_url(url)
    if kind != "mqtt":
        raise RefusedError("not-a-broker", transport=url)
    accounts = dict(site.store.rows("SELECT server_id, broker_password_hash FROM enrolment"))
    settings = BrokerSettings(
        deployment=site.deployment,
        host=host,
        port=port,
        console=(CONSOLE_USER, _console_hash(site)),
        accounts=accounts,
        data_folder=str(data_folder),
    )
    files = write_broker_config(folder, settings, at=at)
    write_atomic(site.folder / CA_FILE, read_bounded(files["ca.crt"], limit=_LIMIT))
    return SiteBroker(url, files, len(accounts))


def _console_hash(site: Site) -> str:
    """Of the console's own password, which is made on first use and kept."""
    kept = console_password(site)
    if kept:
        return password_hash(kept)
    password, hashed = new_broker_password()
    write_atomic(site.folder / CONSOLE_PASSWORD_FILE, password.encode("ascii"))
    return hashed
