"""The site's signing key: unlocked by its passphrase, which the key store of the system may keep.

Key and passphrase never stand in the database, arguments, environment or logs (3-protocol.md, Keys).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from licensedesk.core.errors import LicenseFileError, SurroundingsError
from licensedesk.core.files import read_bounded, write_atomic
from licensedesk.core.trust import Signer, signer_from_pem, signer_to_pem

if TYPE_CHECKING:
    from licensedesk.core.site import Site

_SERVICE = "LicenseDesk"
_LIMIT = 65536
_FILE_LIMIT = 4096
_REAL_BACKENDS = ("SecretService", "kwallet", "macOS", "Windows", "libsecret")
FILE_VARIABLE = "LICENSEDESK_PASSPHRASE_FILE"


def unlock(site: Site, passphrase: bytes) -> Signer:
    """The signer of the site.

    Raises SurroundingsError `no-site-key`, `damaged-site-key`, `no-passphrase`, `wrong-passphrase`.
    """
    if not site.key_file.exists():
        raise SurroundingsError("no-site-key", path=str(site.key_file))
    try:
        return signer_from_pem(read_bounded(site.key_file, limit=_LIMIT), passphrase=passphrase)
    except LicenseFileError as error:
        raise SurroundingsError("damaged-site-key", path=str(site.key_file)) from error


def change_passphrase(site: Site, *, old: bytes, new: bytes) -> None:
    """Encrypt the key with another passphrase. Raises as `unlock`, and `disk-full`, `unwritable`."""
    if not new:
        raise SurroundingsError("no-passphrase")
    write_atomic(site.key_file, signer_to_pem(unlock(site, old), passphrase=new))


def passphrase_from_file(given: Path | None = None) -> bytes | None:
    """Of the first file that is named, by argument or by LICENSEDESK_PASSPHRASE_FILE; None where none is.

    Raises as `read_passphrase`.
    """
    named = given or os.environ.get(FILE_VARIABLE)
    return read_passphrase(Path(named)) if named else None


def read_passphrase(path: Path) -> bytes:
    """An editor or `echo` ends a file with a newline: one is no part of the passphrase.

    Raises LicenseFileError: `unreadable-file`, `too-large`.
    """
    return read_bounded(path, limit=_FILE_LIMIT).removesuffix(b"\n").removesuffix(b"\r")


def known_passphrase(site: Site, *, given: Path | None = None) -> bytes | None:
    """What need not be asked for: from a file, else the key store; None where neither has it."""
    return passphrase_from_file(given) or kept_passphrase(site)


def kept_passphrase(site: Site) -> bytes | None:
    """The passphrase that the system's key store keeps for this site; None where there is none.

    Raises SurroundingsError `key-store-unavailable`, as the functions below.
    """
    with _key_store() as store:
        found = store.get_password(_SERVICE, site.deployment) if store else None
    return found.encode() if found else None


def keep_passphrase(site: Site, passphrase: bytes) -> bool:
    """Keep it in the system's key store; False where the system has none that is real."""
    with _key_store() as store:
        if store is None:
            return False
        store.set_password(_SERVICE, site.deployment, passphrase.decode())
    return True


def forget_passphrase(site: Site) -> None:
    """Take it out of the key store, if it is there."""
    with _key_store() as store:
        if store is not None and store.get_password(_SERVICE, site.deployment):
            store.delete_password(_SERVICE, site.deployment)


@contextlib.contextmanager
def _key_store() -> Iterator[Any]:
    """The backend of keyring if it is one of an operating system, never one that writes plain files."""
    import keyring
    from keyring.errors import KeyringError

    backend = keyring.get_keyring()
    real = any(name in type(backend).__module__ for name in _REAL_BACKENDS)
    try:
        yield backend if real else None
    except KeyringError as error:
        raise SurroundingsError("key-store-unavailable", reason=str(error)) from error
