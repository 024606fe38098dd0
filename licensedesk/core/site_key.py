"""The site's signing key: unlocked by its passphrase, which the key store of the system may keep.

Key and passphrase never stand in the database, arguments, environment or logs (3-protocol.md, Keys).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from licensedesk.core.errors import SurroundingsError
from licensedesk.core.files import read_bounded, write_atomic
from licensedesk.core.trust import Signer, signer_from_pem, signer_to_pem

if TYPE_CHECKING:
    from licensedesk.core.site import Site

_SERVICE = "LicenseDesk"
_LIMIT = 65536


def unlock(site: Site, passphrase: bytes) -> Signer:
    """The signer of the site. Raises SurroundingsError `no-site-key`, `no-passphrase`, `wrong-passphrase`."""
    if not site.key_file.exists():
        raise SurroundingsError("no-site-key", path=str(site.key_file))
    return signer_from_pem(read_bounded(site.key_file, limit=_LIMIT), passphrase=passphrase)


def change_passphrase(site: Site, *, old: bytes, new: bytes) -> None:
    """Encrypt the key with another passphrase. Raises as `unlock`, and `disk-full`, `unwritable`."""
    if not new:
        raise SurroundingsError("no-passphrase")
    write_atomic(site.key_file, signer_to_pem(unlock(site, old), passphrase=new))


def kept_passphrase(site: Site) -> bytes | None:
    """The passphrase that the system's key store keeps for this site; None where there is none."""
    store = _key_store()
    found = store.get_password(_SERVICE, site.deployment) if store else None
    return found.encode() if found else None


def keep_passphrase(site: Site, passphrase: bytes) -> bool:
    """Keep it in the system's key store; False where the system has none that is real."""
    store = _key_store()
    if store is None:
        return False
    store.set_password(_SERVICE, site.deployment, passphrase.decode())
    return True


def forget_passphrase(site: Site) -> None:
    """Take it out of the key store, if it is there."""
    store = _key_store()
    if store is not None and store.get_password(_SERVICE, site.deployment):
        store.delete_password(_SERVICE, site.deployment)


def _key_store() -> Any:
    """The backend of keyring if it is one of an operating system, never one that writes plain files."""
    import keyring

    backend = keyring.get_keyring()
    real = ("SecretService", "kwallet", "macOS", "Windows", "libsecret")
    return backend if any(name in type(backend).__module__ for name in real) else None
