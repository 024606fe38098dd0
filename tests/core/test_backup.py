"""Backup and restore: whole or not at all, verified before anything is replaced, numbered above the fleet."""

from __future__ import annotations

import errno
import json
import os
import shutil
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import pytest

from licensedesk.core import audit
from licensedesk.core.backup import RESTORE_SKIP, _overwrite, back_up, renumber, restore
from licensedesk.core.errors import LicenseDeskError
from licensedesk.core.servers import add_server
from licensedesk.core.site import NewSite, Site, create_site, open_site, site_version
from licensedesk.core.site_key import unlock
from licensedesk.core.store.database import copy_database
from licensedesk.core.store.facts import read_tree
from licensedesk.core.types import Role
from tests.core.example import AT, BY, Example, dump, files, refused

LATER = AT + timedelta(hours=1)


@pytest.fixture
def backup(example: Example, tmp_path: Path) -> Path:
    path, notices = back_up(example.site, tmp_path / "one.backup", with_key=True, by=BY, at=AT)
    assert notices == ()
    return path


def test_a_backup_holds_the_site_and_its_encrypted_key(example: Example, backup: Path) -> None:
    with zipfile.ZipFile(backup) as archive:
        assert set(archive.namelist()) == {"manifest.json", "site.db", "site.toml", "keys/site.key"}
        assert b"ENCRYPTED PRIVATE KEY" in archive.read("keys/site.key")
    assert backup.stat().st_mode & 0o777 == 0o600
    assert not [path for path in backup.parent.iterdir() if path.name.startswith(".licensedesk-")]
    entry = audit.entries(example.store, limit=1)[0]
    assert (entry.action, entry.subject, entry.after) == ("backup", "one.backup", {"with_key": True})


def test_what_a_killed_backup_or_restore_has_left_is_removed_by_the_next(
    example: Example, backup: Path, tmp_path: Path
) -> None:
    for parent in (tmp_path, example.site.backups):
        left = parent / ".licensedesk-left"
        left.mkdir()
        for name in ("lock", "site.db"):
            (left / name).touch()
    back_up(example.site, None, with_key=True, by=BY, at=AT)
    restore(tmp_path / "new", backup, by=BY, at=LATER).close()
    for parent in (tmp_path, example.site.backups):
        assert not list(parent.glob(".licensedesk-*"))


def test_a_backup_survives_a_power_cut(
    example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    sync = os.fsync

    def note(descriptor: int) -> None:
        sync(descriptor)
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink())

    monkeypatch.setattr(os, "fsync", note)
    back_up(example.site, tmp_path / "b.backup", with_key=True, by=BY, at=AT)
    packed = next(at for at, path in enumerate(synced) if path.name == "packed")
    assert tmp_path in synced[packed:]


def test_by_default_it_lies_in_the_site(example: Example) -> None:
    path, notices = back_up(example.site, None, with_key=False, by=BY, at=AT)
    assert path.parent == example.site.backups
    assert [notice.code for notice in notices] == ["backup-without-key"]
    with zipfile.ZipFile(path) as archive:
        assert "keys/site.key" not in archive.namelist()


def test_an_older_backup_is_never_overwritten(example: Example, backup: Path) -> None:
    before = backup.read_bytes()
    with pytest.raises(LicenseDeskError) as refusal:
        back_up(example.site, backup, with_key=True, by=BY, at=LATER)
    assert refusal.value.code == "file-exists"
    assert backup.read_bytes() == before


def test_a_site_is_made_anew_from_its_backup(example: Example, backup: Path, tmp_path: Path) -> None:
    before, version = example.held(), site_version(example.store)
    site = restore(tmp_path / "new", backup, by=BY, at=LATER)
    restored = Example(site, example.issuer)
    assert restored.held() == before
    assert site.deployment == example.site.deployment
    assert site_version(site.store) == version + RESTORE_SKIP
    unlock(site, b"correct horse")
    assert audit.verify(site.store).intact
    entry = audit.entries(site.store, limit=1)[0]
    assert (entry.action, entry.before, entry.after) == (
        "restore",
        {"version": version},
        {"version": version + RESTORE_SKIP},
    )
    assert (tmp_path / "new" / "keys").stat().st_mode & 0o777 == 0o700
    for name in ("site.db", "site.toml", "keys/site.key"):
        assert (tmp_path / "new" / name).stat().st_mode & 0o777 == 0o600
    site.close()


def test_a_restore_numbers_above_what_the_replaced_site_has_used(example: Example, backup: Path) -> None:
    renumber(example.store, by=BY, at=AT)
    renumber(example.store, by=BY, at=AT)
    example.register("A-7", 7)
    used, before = site_version(example.store), dump(example.store)
    example.site.close()
    site = restore(example.site.folder, backup, by=BY, at=LATER)
    assert site_version(site.store) == used + RESTORE_SKIP
    versions = site.store.rows("SELECT DISTINCT version FROM document")
    assert versions == [(used + RESTORE_SKIP,)]
    kept = list(site.backups.glob("replaced-*.db"))
    assert len(kept) == 1
    site.close()
    # What was replaced is kept whole.
    shutil.copyfile(kept[0], example.site.store.path)
    again = open_site(example.site.folder)
    assert dump(again.store) == before
    again.close()


def test_a_damaged_site_is_replaced(example: Example, backup: Path) -> None:
    before = example.held()
    example.site.close()
    for suffix in ("-wal", "-shm"):
        example.store.path.with_name(example.store.path.name + suffix).unlink(missing_ok=True)
    example.store.path.write_bytes(b"no database")
    site = restore(example.site.folder, backup, by=BY, at=LATER)
    assert Example(site, example.issuer).held() == before
    assert (site.backups / "damaged-site.db").read_bytes() == b"no database"
    site.close()


def test_a_site_with_a_damaged_site_file_is_replaced_like_a_whole_one(example: Example, backup: Path) -> None:
    renumber(example.store, by=BY, at=AT)
    used = site_version(example.store)
    example.site.close()
    (example.site.folder / "site.toml").write_text("this is no TOML")
    site = restore(example.site.folder, backup, by=BY, at=LATER)
    assert site_version(site.store) == used + RESTORE_SKIP
    assert len(list(site.backups.glob("replaced-*.db"))) == 1
    site.close()


def test_what_a_console_has_kept_is_read_anew_after_a_restore_of_its_own(
    example: Example, tmp_path: Path
) -> None:
    """SQLite counts what others have changed, but not what was copied over a connection's own database."""
    copy_database(example.store, tmp_path / "before.db")
    under = example.id("a")
    add_server(example.store, host_name="later.example.com", under=under, role=Role.RELAY, by=BY, at=AT)
    assert read_tree(example.store).named("later.example.com")
    _overwrite(example.store, tmp_path / "before.db")
    assert "later.example.com" not in {server.host_name for server in read_tree(example.store).servers}


def test_another_site_is_not_replaced(example: Example, backup: Path, tmp_path: Path) -> None:
    other = create_site(tmp_path / "other", NewSite("Other", "x"), passphrase=b"y", by=BY, at=AT)
    with refused(other, "site-exists", path=str(other.folder)):
        restore(other.folder, backup, by=BY, at=LATER)
    other.close()
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(b"")
    with pytest.raises(LicenseDeskError) as refusal:
        restore(folder, backup, by=BY, at=LATER)
    assert refusal.value.code == "site-exists"
    assert list(files(folder)) == ["a.jpg"]


def test_without_the_key_there_is_no_whole_backup(example: Example, tmp_path: Path) -> None:
    example.site.key_file.unlink()
    with refused(example.site, "no-site-key", path=str(example.site.key_file)):
        back_up(example.site, tmp_path / "b.backup", with_key=True, by=BY, at=AT)
    assert not (tmp_path / "b.backup").exists()


def changed(member: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """A backup of which one member was changed, its manifest left as it was."""

    def change_file(path: Path) -> None:
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        members[member] = change(members[member])
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)

    return change_file


def manifest(**given: object) -> Callable[[bytes], bytes]:
    return lambda raw: json.dumps({**json.loads(raw), **given}).encode()


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda path: path.write_bytes(b""), id="empty"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:-200]), id="cut off"),
        pytest.param(lambda path: path.write_bytes(b"PK\x03\x04" + b"\0" * 100), id="no archive"),
        pytest.param(changed("site.db", lambda raw: raw[:-1] + b"\1"), id="another database"),
        pytest.param(changed("site.toml", lambda raw: raw + b"\n"), id="another site.toml"),
        pytest.param(changed("manifest.json", manifest(format=99)), id="of a later form"),
        pytest.param(changed("manifest.json", manifest(files={})), id="without a site"),
        pytest.param(changed("manifest.json", manifest(files={"../../evil": "0" * 64})), id="a path outside"),
        pytest.param(changed("manifest.json", lambda _: b"[]"), id="another manifest"),
        pytest.param(changed("manifest.json", lambda _: b"{"), id="no JSON"),
    ],
)
def test_a_backup_that_is_not_whole_changes_nothing(
    example: Example, backup: Path, damage: Callable[[Path], None], tmp_path: Path
) -> None:
    damage(backup)
    before, kept = dump(example.store), files(example.site.folder)
    with pytest.raises(LicenseDeskError) as refusal:
        restore(example.site.folder, backup, by=BY, at=LATER)
    assert refusal.value.code == "not-a-backup"
    assert dump(example.store) == before
    assert files(example.site.folder) == kept
    assert not (tmp_path.parent / "evil").exists()


def test_a_backup_with_a_broken_audit_chain_is_refused(example: Example, tmp_path: Path) -> None:
    example.store.run("UPDATE audit SET subject = 'x' WHERE seq = 2")
    path, _ = back_up(example.site, tmp_path / "b.backup", with_key=True, by=BY, at=AT)
    with pytest.raises(LicenseDeskError) as refusal:
        restore(tmp_path / "new", path, by=BY, at=LATER)
    assert refusal.value.code == "not-a-backup"
    assert "audit" in refusal.value.message
    assert not (tmp_path / "new").exists()


def test_no_room_for_what_is_in_a_backup(
    example: Example, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not the backup that cannot be read."""
    before, kept = dump(example.store), files(example.site.folder)

    def no_room(_source: object, _target: object, _length: int = 0) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", no_room)
    with pytest.raises(LicenseDeskError) as refusal:
        restore(example.site.folder, backup, by=BY, at=LATER)
    assert refusal.value.code == "disk-full"
    assert dump(example.store) == before
    assert files(example.site.folder) == kept


def test_a_missing_backup(tmp_path: Path) -> None:
    with pytest.raises(LicenseDeskError) as refusal:
        restore(tmp_path / "new", tmp_path / "none.backup", by=BY, at=LATER)
    assert refusal.value.code == "unreadable-file"
    assert not (tmp_path / "new").exists()


def test_renumbering_is_audited(site: Site) -> None:
    version = site_version(site.store)
    assert renumber(site.store, by=BY, at=AT) == version + RESTORE_SKIP == site_version(site.store)
    entry = audit.entries(site.store, limit=1)[0]
    assert (entry.action, entry.before, entry.after) == (
        "renumber",
        {"version": version},
        {"version": version + RESTORE_SKIP},
    )
