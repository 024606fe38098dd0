"""Backup and restore of a site: database, site.toml and the still-encrypted key in one checked file.

Source: 3-protocol.md, Keys, backup, restore. A restored console must number above every message that the
fleet may have seen, so the version counter jumps by RESTORE_SKIP.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from licensedesk.core import audit
from licensedesk.core.changes import Notice
from licensedesk.core.distribution.uploads import record_upload
from licensedesk.core.errors import LicenseDeskError, LicenseFileError, SurroundingsError
from licensedesk.core.files import (
    is_empty,
    is_there,
    open_regular,
    raise_disk_fault,
    sync_folder,
    working_folder,
    write_atomic,
)
from licensedesk.core.site import (
    BACKUPS,
    DATABASE_FILE,
    KEY_FILE,
    SITE_FILE,
    Site,
    open_database,
    open_site,
    site_version,
)
from licensedesk.core.store.database import Store, copy_database, open_store
from licensedesk.core.store.facts import read_holdings
from licensedesk.core.types import Actor, stamp

RESTORE_SKIP = 1_000_000
_MANIFEST = "manifest.json"
_FORMAT = 1
_CHUNK = 1 << 20


def back_up(
    site: Site, target: Path | None, *, with_key: bool, by: Actor, at: datetime
) -> tuple[Path, tuple[Notice, ...]]:
    """Write a backup (into the site's backups by default), whole or not at all; its path and warnings.

    Raises SurroundingsError: `file-exists` (an older backup may be the only good one), `no-site-key`,
    `disk-full`, `unwritable`.
    """
    path = target or site.backups / f"site-{stamp(at).replace(':', '')}.backup"
    if is_there(path):
        raise SurroundingsError("file-exists", path=str(path))
    if with_key and not site.key_file.exists():
        raise SurroundingsError("no-site-key", path=str(site.key_file))
    with _working_folder(path.parent) as folder:
        copy_database(site.store, folder / DATABASE_FILE)
        shutil.copyfile(site.folder / SITE_FILE, folder / SITE_FILE)
        names = [DATABASE_FILE, SITE_FILE]
        if with_key:
            (folder / KEY_FILE).parent.mkdir()
            shutil.copyfile(site.key_file, folder / KEY_FILE)
            names.append(KEY_FILE)
        _pack(folder, names, path)
    with site.store.writing():
        audit.append(
            site.store,
            by=by,
            at=at,
            action="backup",
            subject=path.name,
            before={},
            after={"with_key": with_key},
        )
    return path, () if with_key else (Notice("backup-without-key"),)


def _pack(folder: Path, names: list[str], target: Path) -> None:
    manifest = {"format": _FORMAT, "files": {name: _digest(folder / name) for name in names}}
    packed = folder / "packed"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(_MANIFEST, json.dumps(manifest, indent=1, sort_keys=True))
        for name in names:
            archive.write(folder / name, name)
    with packed.open("rb+") as file:
        os.fsync(file.fileno())
    packed.chmod(0o600)
    packed.replace(target)
    sync_folder(target.parent)


def restore(folder: Path, file: Path, *, by: Actor, at: datetime) -> Site:
    """Put a backup in the place of a site, or make the site anew from it; the restored site, open.

    Everything is verified before anything is replaced. An existing site must be of the same deployment;
    its database is kept in its backups. All documents are issued anew.
    Raises LicenseFileError `not-a-backup`, `unreadable-file`; SurroundingsError `site-exists`,
    `newer-database`, `disk-full`, `unwritable`.
    """
    with _working_folder(folder.parent) as working:
        _unpack(file, working)
        existing = _existing(folder, _checked_deployment(working, file))
        try:
            used, seen = (0, 0) if existing is None else _counters(existing.store)
            _number_copy(working, file, used=used, seen=seen, by=by, at=at)
            if existing is not None:
                copy_database(existing.store, existing.backups / f"replaced-{stamp(at).replace(':', '')}.db")
            _replace(folder, working, existing)
        finally:
            if existing is not None:
                existing.close()
    return open_site(folder)


def _unpack(file: Path, working: Path) -> None:
    try:
        with open_regular(file) as source, zipfile.ZipFile(source) as archive:
            manifest = json.loads(archive.read(_MANIFEST))
            if manifest["format"] != _FORMAT:
                raise LicenseFileError("not-a-backup", file=file.name, reason="its format is not known")
            digests: dict[str, str] = dict(manifest["files"])
            if not {DATABASE_FILE, SITE_FILE} <= digests.keys() <= {DATABASE_FILE, SITE_FILE, KEY_FILE}:
                raise LicenseFileError("not-a-backup", file=file.name, reason="it does not hold a site")
            (working / KEY_FILE).parent.mkdir()
            for name, digest in digests.items():
                with archive.open(name) as packed, (working / name).open("wb") as target:
                    shutil.copyfileobj(packed, target, _CHUNK)
                (working / name).chmod(0o600)
                if _digest(working / name) != digest:
                    raise LicenseFileError("not-a-backup", file=file.name, reason=f"{name} was changed")
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            # It was read; there is no room for what is in it.
            raise
        raise LicenseFileError("unreadable-file", file=file.name, reason=error.strerror or "?") from error
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, EOFError) as error:
        raise LicenseFileError("not-a-backup", file=file.name, reason="it is no whole archive") from error
    except NotImplementedError as error:
        raise LicenseFileError("not-a-backup", file=file.name, reason=str(error)) from error


def _checked_deployment(working: Path, file: Path) -> str:
    """Check and migrate the unpacked database; the deployment it is of."""
    try:
        store = open_store(working / DATABASE_FILE, backups=working)
    except SurroundingsError as error:
        if error.code != "damaged-database":
            raise
        raise LicenseFileError("not-a-backup", file=file.name, reason=error.message) from error
    try:
        if store.value("PRAGMA integrity_check(1)") != "ok":
            raise LicenseFileError("not-a-backup", file=file.name, reason="its database is damaged")
        if not audit.verify(store).intact:
            raise LicenseFileError("not-a-backup", file=file.name, reason="its audit chain is broken")
        deployment: str = store.value("SELECT deployment FROM site")
        return deployment
    finally:
        store.close()


def _counters(store: Store) -> tuple[int, int]:
    return site_version(store), store.revision()


def _number_copy(working: Path, file: Path, *, used: int, seen: int, by: Actor, at: datetime) -> None:
    """Number the unpacked database above its own fleet, and above what the replaced one has `used`.

    `seen` is the revision that open consoles may know: they read again where it is another one.
    """
    store = open_store(working / DATABASE_FILE, backups=working)
    try:
        with store.writing():
            store.run("UPDATE site SET revision = max(revision, ?) + 1", (seen,))
            number_above(store, used=used, action="restore", subject=file.name, by=by, at=at)
        store.value("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        store.close()


def number_above(store: Store, *, used: int, action: str, subject: str, by: Actor, at: datetime) -> int:
    """Skip RESTORE_SKIP numbers and issue all documents anew; the new version. Inside a transaction."""
    was = site_version(store)
    skip = max(was, used) - was + RESTORE_SKIP
    becomes = record_upload(store, before=None, after=read_holdings(store), at=at, skip=skip)
    audit.append(
        store,
        by=by,
        at=at,
        action=action,
        subject=subject,
        before={"version": was},
        after={"version": becomes},
    )
    return becomes


def renumber(store: Store, *, by: Actor, at: datetime) -> int:
    """For a site that was rolled back without `restore`, whose agents answer ROLLBACK: the new version."""
    with store.writing():
        return number_above(store, used=0, action="renumber", subject="site", by=by, at=at)


def _existing(folder: Path, deployment: str) -> Site | None:
    """The site that a restore replaces; None where there is none that can be opened.

    Raises SurroundingsError `site-exists` where the folder holds another deployment, or something else.
    """
    if is_empty(folder):
        return None
    if not (folder / SITE_FILE).exists():
        raise SurroundingsError("site-exists", path=str(folder))
    try:
        # What its site.toml says is replaced too.
        site = open_database(folder)
    except LicenseDeskError as error:
        if error.code not in {"damaged-database", "newer-database", "no-site"}:
            raise
        return None
    if site.deployment != deployment:
        site.close()
        raise SurroundingsError("site-exists", path=str(folder))
    return site


def _replace(folder: Path, working: Path, existing: Site | None) -> None:
    try:
        for inner in (folder, folder / "keys", folder / BACKUPS):
            inner.mkdir(mode=0o700, parents=True, exist_ok=True)
        if (working / KEY_FILE).exists():
            write_atomic(folder / KEY_FILE, (working / KEY_FILE).read_bytes())
        if existing is None:
            for name in (DATABASE_FILE, f"{DATABASE_FILE}-wal", f"{DATABASE_FILE}-shm"):
                with contextlib.suppress(FileNotFoundError):
                    (folder / name).replace(folder / BACKUPS / f"damaged-{name}")
            (working / DATABASE_FILE).replace(folder / DATABASE_FILE)
        else:
            _overwrite(existing.store, working / DATABASE_FILE)
        write_atomic(folder / SITE_FILE, (working / SITE_FILE).read_bytes())
    except OSError as error:
        raise_disk_fault(error, folder)


def _overwrite(store: Store, source: Path) -> None:
    """Copy a database into an open one, in one transaction: others see the old state, then the new."""
    restored = Store(source)
    try:
        restored.database.connect()
        restored.database.connection().backup(store.database.connection())
        store.forget()
    finally:
        restored.close()


@contextlib.contextmanager
def _working_folder(parent: Path) -> Iterator[Path]:
    with working_folder(parent) as folder:
        try:
            yield folder
        except OSError as error:
            raise_disk_fault(error, parent)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
