"""A site on disk: one folder with site.toml, the database, the signing key, the backups."""

from __future__ import annotations

import errno
import json
import re
import secrets
import tomllib
import uuid
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from licensedesk.core import audit
from licensedesk.core.distribution.uploads import record_upload
from licensedesk.core.errors import SurroundingsError
from licensedesk.core.files import (
    crash_point,
    is_empty,
    raise_disk_fault,
    sync_folder,
    working_folder,
    write_atomic,
)
from licensedesk.core.names import canonical_host_name, clean_text
from licensedesk.core.servers import new_server_id
from licensedesk.core.settings import parse_setting
from licensedesk.core.store.database import Store, create_store, open_store
from licensedesk.core.store.facts import read_holdings
from licensedesk.core.types import Actor, stamp

SITE_FILE = "site.toml"
DATABASE_FILE = "site.db"
KEY_FILE = "keys/site.key"
BACKUPS = "backups"


@dataclass(frozen=True, slots=True)
class Site:
    """An open site. `deployment` is its random, public identity; agents accept only messages of it."""

    folder: Path
    store: Store
    deployment: str

    @property
    def key_file(self) -> Path:
        return self.folder / KEY_FILE

    @property
    def backups(self) -> Path:
        return self.folder / BACKUPS

    def close(self) -> None:
        self.store.close()


@dataclass(frozen=True, slots=True)
class NewSite:
    """What a site is created from. `database` is None or a URL; only SQLite is supported now."""

    name: str
    primary: str
    transport: str | None = None
    database: str | None = None


def create_site(folder: Path, new: NewSite, *, passphrase: bytes, by: Actor, at: datetime) -> Site:
    """Make a site, whole or not at all: it is built beside `folder`, then renamed into place. What an init
    that was killed has left there is removed.

    Raises RefusedError: `invalid-name`, `invalid-setting`; SurroundingsError: `site-exists`,
    `unsupported-database`, `no-passphrase`, `disk-full`, `unwritable`.
    """
    from licensedesk.core.trust import new_signer, signer_to_pem

    require_supported(new.database)
    if not passphrase:
        raise SurroundingsError("no-passphrase")
    # Of "." neither the name nor the folder around it could be told.
    folder = folder.absolute()
    _require_empty(folder)
    name, primary = clean_text(new.name), canonical_host_name(new.primary)
    transport = parse_setting("transport", new.transport) if new.transport else None
    key = signer_to_pem(new_signer(), passphrase=passphrase)
    deployment = str(uuid.UUID(bytes=secrets.token_bytes(16), version=4))
    with working_folder(folder.parent) as working:
        building = working / folder.name
        try:
            crash_point("init:begun")
            for made in (building, building / "keys", building / BACKUPS):
                made.mkdir(mode=0o700)
            write_atomic(building / KEY_FILE, key)
            write_atomic(building / SITE_FILE, _site_file(deployment))
            _fill_database(building, name, primary, deployment, transport, by=by, at=at)
            crash_point("init:built")
            if folder.exists():
                folder.rmdir()
            building.rename(folder)
            crash_point("init:renamed")
            sync_folder(folder.parent)
        except OSError as error:
            if error.errno in {errno.ENOTEMPTY, errno.EEXIST}:
                # Somebody else was faster.
                raise SurroundingsError("site-exists", path=str(folder)) from error
            raise_disk_fault(error, folder)
    return open_site(folder)


def _require_empty(folder: Path) -> None:
    if not is_empty(folder):
        raise SurroundingsError("site-exists", path=str(folder))


def _fill_database(
    building: Path,
    name: str,
    primary: str,
    deployment: str,
    transport: object,
    *,
    by: Actor,
    at: datetime,
) -> None:
    store = create_store(building / DATABASE_FILE)
    try:
        with store.writing():
            store.run(
                "INSERT INTO site (id, name, deployment, version, revision, created_at, audit_seq,"
                " audit_hash) VALUES (1, ?, ?, 0, 0, ?, 0, '')",
                (name, deployment, stamp(at)),
            )
            store.run(
                'INSERT INTO server (id, host_name, role, parent_id, "option", suspended, added_at)'
                " VALUES (?, ?, 'primary', NULL, 'none', 0, ?)",
                (new_server_id(), primary, stamp(at)),
            )
            if transport is not None:
                store.run("INSERT INTO setting (key, value) VALUES ('transport', ?)", (transport,))
            record_upload(store, before=None, after=read_holdings(store), at=at)
            audit.append(
                store, by=by, at=at, action="init", subject=name, before={}, after={"primary": primary}
            )
        store.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        store.close()


def open_site(folder: Path) -> Site:
    """Open a site, migrated to this version.

    Raises SurroundingsError: `no-site`, `damaged-site-file`, `unsupported-database`, those of `open_store`.
    """
    _check_site_file(folder)
    return open_database(folder)


def _check_site_file(folder: Path) -> None:
    path = folder / SITE_FILE
    try:
        described = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise SurroundingsError("no-site", path=str(folder)) from None
    except OSError as error:
        raise_disk_fault(error, path)
    except ValueError as error:
        raise SurroundingsError("damaged-site-file", path=str(path), reason=str(error)) from error
    require_supported(str(described.get("database", DATABASE_FILE)))


def open_database(folder: Path) -> Site:
    """As `open_site`, whatever site.toml says: for who replaces that."""
    store = open_store(folder / DATABASE_FILE, backups=folder / BACKUPS)
    deployment = store.value("SELECT deployment FROM site")
    if deployment is None:
        store.close()
        raise SurroundingsError("damaged-database", path=str(store.path), reason="it holds no site")
    return Site(folder, store, deployment)


def require_supported(database: str | None) -> None:
    """Raises SurroundingsError `unsupported-database` for any other place than the site's own SQLite file."""
    if database not in {None, DATABASE_FILE, f"sqlite:///{DATABASE_FILE}"}:
        # A URL may hold a password, which is no figure.
        raise SurroundingsError("unsupported-database", url=re.sub("//[^/]*@", "//", str(database)))


def site_version(store: Store) -> int:
    """The site's counter: the number of the last change of what any server should hold."""
    version: int = store.value("SELECT version FROM site")
    return version


def _site_file(deployment: str) -> bytes:
    # A JSON string without control characters is a TOML basic string.
    lines = [
        "# A LicenseDesk site. Settings are changed with `licensedesk site set`, not here.",
        f"deployment = {json.dumps(deployment)}",
        f"database = {json.dumps(DATABASE_FILE)}",
        "",
    ]
    return "\n".join(lines).encode()
