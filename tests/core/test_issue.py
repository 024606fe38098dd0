"""What an issuer does: keys that are never overwritten, license key files that every site takes."""

from __future__ import annotations

import os
import stat
from datetime import date
from pathlib import Path

import pytest

from licensedesk.core.documents.license_key import Issuer, ProductLicense, read_license_key
from licensedesk.core.errors import LicenseDeskError, LicenseFileError, RefusedError, SurroundingsError
from licensedesk.core.issue import issue_license, make_issuer_key, read_issuer_key
from licensedesk.core.trust import PublicKey, new_signer
from licensedesk.core.types import Kind

ONE = ProductLicense("Acme", "S-1", "Backup", 5, Kind.PERMANENT, date(2026, 1, 1), None)


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {path.name: (path.stat().st_mode, path.read_bytes()) for path in sorted(folder.iterdir())}


def test_a_key_pair_signs_and_verifies(tmp_path: Path) -> None:
    made = make_issuer_key(tmp_path / "new" / "keys")
    key = PublicKey.from_pem(made.public_file.read_bytes())
    signer = read_issuer_key(made.key_file)
    assert signer.key == key
    assert made.key_id == key.key_id
    raw = issue_license(ONE, signer=signer)
    trusted = [Issuer("Acme", key, frozenset({"Backup"}))]
    assert read_license_key(raw, file="s-1.lic", trusted=trusted).license == ONE


def test_the_private_key_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    made = make_issuer_key(folder)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (folder, made.key_file, made.public_file)]
    assert modes == [0o700, 0o600, 0o644]
    assert sorted(path.name for path in folder.iterdir()) == ["issuer.key", "issuer.pub"]


def test_a_key_with_a_passphrase(tmp_path: Path) -> None:
    made = make_issuer_key(tmp_path, passphrase=b"secret")
    assert b"ENCRYPTED" in made.key_file.read_bytes()
    assert read_issuer_key(made.key_file, passphrase=b"secret").key.key_id == made.key_id
    for passphrase, code in ((None, "no-passphrase"), (b"Secret", "wrong-passphrase")):
        with pytest.raises(SurroundingsError) as refusal:
            read_issuer_key(made.key_file, passphrase=passphrase)
        assert refusal.value.code == code


@pytest.mark.parametrize("name", ["issuer.key", "issuer.pub"])
@pytest.mark.parametrize("kind", ["file", "folder", "dangling link"])
def test_nothing_is_overwritten(tmp_path: Path, name: str, kind: str) -> None:
    path = tmp_path / name
    if kind == "file":
        path.write_bytes(b"precious")
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RefusedError) as refusal:
        make_issuer_key(tmp_path)
    assert (refusal.value.code, refusal.value.figures) == ("file-exists", {"path": str(path)})
    assert [path.name for path in tmp_path.iterdir()] == [name]
    if kind == "file":
        assert path.read_bytes() == b"precious"


def test_a_second_pair_leaves_the_first(tmp_path: Path) -> None:
    make_issuer_key(tmp_path)
    before = tree(tmp_path)
    with pytest.raises(RefusedError):
        make_issuer_key(tmp_path)
    assert tree(tmp_path) == before


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SurroundingsError) as refusal:
        make_issuer_key(tmp_path / "file" / "keys")
    assert refusal.value.code == "unwritable"


def _nothing(path: Path) -> None:
    assert not path.exists()


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 30)


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs POSIX files")
@pytest.mark.parametrize(
    ("make", "code"),
    [
        (Path.mkdir, "unreadable-file"),
        (_fifo, "unreadable-file"),
        (_device, "unreadable-file"),
        (_nothing, "unreadable-file"),
        (_sparse, "too-large"),
        (Path.touch, "not-a-key"),
        (lambda path: path.write_bytes(b"\0" * 100), "not-a-key"),
        (lambda path: path.write_text(new_signer().key.pem, encoding="ascii"), "not-a-key"),
    ],
    ids=["folder", "FIFO", "device", "missing", "1 GB", "empty", "zeros", "public key"],
)
def test_what_is_no_key_file(tmp_path: Path, make: object, code: str) -> None:
    path = tmp_path / "issuer.key"
    assert callable(make)
    make(path)
    with pytest.raises(LicenseFileError) as refusal:
        read_issuer_key(path)
    assert (refusal.value.code, refusal.value.figures["file"]) == (code, "issuer.key")


def test_the_same_license_and_key_give_the_same_file() -> None:
    signer = new_signer()
    assert issue_license(ONE, signer=signer) == issue_license(ONE, signer=signer)


def test_a_license_that_no_site_would_take_is_not_signed() -> None:
    bad = ProductLicense("Acme", "S\u202e1", "Backup", 5, Kind.PERMANENT, date(2026, 1, 1), None)
    with pytest.raises(LicenseDeskError) as refusal:
        issue_license(bad, signer=new_signer())
    assert refusal.value.code == "invalid-name"
