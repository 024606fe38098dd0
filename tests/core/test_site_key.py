"""The site's key: opened by its passphrase, which only a real key store of the system may keep."""

from __future__ import annotations

from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from licensedesk.core.errors import LicenseDeskError, SurroundingsError
from licensedesk.core.site import Site
from licensedesk.core.site_key import (
    FILE_VARIABLE,
    change_passphrase,
    forget_passphrase,
    keep_passphrase,
    kept_passphrase,
    known_passphrase,
    passphrase_from_file,
    unlock,
)
from tests.core.example import files, refused

RIGHT = b"correct horse"


class Shelf(KeyringBackend):
    """A key store that keeps nothing beyond the test."""

    priority = 1
    locked = False

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise KeyringLocked("locked")
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.locked:
            raise KeyringLocked("locked")
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """As if the system had a key store."""
    made = Shelf()
    monkeypatch.setattr(Shelf, "__module__", "keyring.backends.SecretService")
    monkeypatch.setattr(keyring, "get_keyring", lambda: made)
    return made


@pytest.fixture(autouse=True)
def _no_passphrase_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FILE_VARIABLE, raising=False)


def test_the_right_passphrase_opens_it(site: Site) -> None:
    assert unlock(site, RIGHT).key.pem == unlock(site, RIGHT).key.pem


@pytest.mark.parametrize(("passphrase", "code"), [(b"wrong", "wrong-passphrase"), (b"", "no-passphrase")])
def test_another_one_does_not(site: Site, passphrase: bytes, code: str) -> None:
    with refused(site, code):
        unlock(site, passphrase)


def test_a_key_that_is_not_there(site: Site) -> None:
    site.key_file.unlink()
    with refused(site, "no-site-key", path=str(site.key_file)):
        unlock(site, RIGHT)


@pytest.mark.parametrize("content", [b"", b"no key", b"\xff" * 100_000])
def test_a_key_that_is_damaged(site: Site, content: bytes) -> None:
    site.key_file.write_bytes(content)
    with refused(site, "damaged-site-key", path=str(site.key_file)):
        unlock(site, RIGHT)


def test_another_passphrase_for_the_same_key(site: Site) -> None:
    before = unlock(site, RIGHT).key.pem
    change_passphrase(site, old=RIGHT, new=b"new")
    assert unlock(site, b"new").key.pem == before
    assert site.key_file.stat().st_mode & 0o777 == 0o600
    with refused(site, "wrong-passphrase"):
        unlock(site, RIGHT)


@pytest.mark.parametrize(
    ("old", "new", "code"), [(b"wrong", b"new", "wrong-passphrase"), (RIGHT, b"", "no-passphrase")]
)
def test_a_refused_change_leaves_the_key(site: Site, old: bytes, new: bytes, code: str) -> None:
    before = files(site.folder)
    with pytest.raises(SurroundingsError) as refusal:
        change_passphrase(site, old=old, new=new)
    assert refusal.value.code == code
    assert files(site.folder) == before


# -- where it is known from --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "read"),
    [(b"one\n", b"one"), (b"one\r\n", b"one"), (b"one\n\n", b"one\n"), (b" one ", b" one "), (b"", b"")],
)
def test_one_newline_at_the_end_is_no_part_of_it(tmp_path: Path, content: bytes, read: bytes) -> None:
    (tmp_path / "p").write_bytes(content)
    assert passphrase_from_file(tmp_path / "p") == read


def test_the_argument_goes_before_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "given").write_bytes(b"given")
    (tmp_path / "named").write_bytes(b"named")
    assert passphrase_from_file() is None
    monkeypatch.setenv(FILE_VARIABLE, str(tmp_path / "named"))
    assert passphrase_from_file() == b"named"
    assert passphrase_from_file(tmp_path / "given") == b"given"


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(LicenseDeskError) as refusal:
        passphrase_from_file(tmp_path / "gone")
    assert refusal.value.code == "unreadable-file"


def test_a_file_goes_before_the_key_store(site: Site, shelf: Shelf, tmp_path: Path) -> None:
    assert known_passphrase(site) is None
    keep_passphrase(site, b"kept")
    assert known_passphrase(site) == b"kept"
    (tmp_path / "p").write_bytes(b"given")
    assert known_passphrase(site, given=tmp_path / "p") == b"given"


# -- key store ---------------------------------------------------------------------------------------


def test_kept_by_site_and_forgotten(site: Site, shelf: Shelf) -> None:
    assert keep_passphrase(site, "schön".encode())
    assert shelf.kept == {("LicenseDesk", site.deployment): "schön"}
    assert kept_passphrase(site) == "schön".encode()
    forget_passphrase(site)
    assert shelf.kept == {}
    forget_passphrase(site)


def test_a_locked_key_store_is_a_sentence(site: Site, shelf: Shelf) -> None:
    shelf.locked = True
    for use in (kept_passphrase, forget_passphrase, lambda one: keep_passphrase(one, b"x")):
        with pytest.raises(SurroundingsError) as refusal:
            use(site)
        assert refusal.value.code == "key-store-unavailable"


def test_one_that_writes_plain_files_is_no_key_store(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = Shelf()
    monkeypatch.setattr(keyring, "get_keyring", lambda: plain)
    assert not keep_passphrase(site, RIGHT)
    assert kept_passphrase(site) is None
    assert plain.kept == {}
