"""What an issuer does: make a key pair, and sign license key files (`licensedesk issue`)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from licensedesk.core.documents.license_key import (
    PAYLOAD_TYPE,
    Issuer,
    ProductLicense,
    license_to_xml,
    read_license_key,
)
from licensedesk.core.errors import RefusedError
from licensedesk.core.files import raise_disk_fault, read_bounded, write_atomic
from licensedesk.core.trust import KeyId, new_signer, signer_from_pem, signer_to_pem

if TYPE_CHECKING:
    from licensedesk.core.trust import Signer

KEY_FILE = "issuer.key"
PUBLIC_FILE = "issuer.pub"
_MAX_KEY_FILE = 8192


@dataclass(frozen=True, slots=True)
class IssuerKeyFiles:
    """The two files of a key pair: the private one for its owner alone, the public one for every site."""

    key_file: Path
    public_file: Path
    key_id: KeyId


def make_issuer_key(out_dir: Path, *, passphrase: bytes | None = None) -> IssuerKeyFiles:
    """Write a fresh key pair into `out_dir`: issuer.key (0600, PKCS#8 PEM) and issuer.pub (0644, PEM).

    Raises RefusedError `file-exists` when either is there: a key that was overwritten has lost its licenses.
    SurroundingsError: `disk-full`, `unwritable`.
    """
    key_file, public_file = out_dir / KEY_FILE, out_dir / PUBLIC_FILE
    for path in (key_file, public_file):
        if os.path.lexists(path):
            raise RefusedError("file-exists", path=str(path))
    try:
        out_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise_disk_fault(error, out_dir)
    signer = new_signer()
    write_atomic(public_file, signer.key.pem.encode("ascii"), mode=0o644)
    # Last, so that a private key never lies there without its public one.
    write_atomic(key_file, signer_to_pem(signer, passphrase=passphrase), mode=0o600)
    return IssuerKeyFiles(key_file, public_file, signer.key.key_id)


def read_issuer_key(path: Path, *, passphrase: bytes | None = None) -> Signer:
    """The signer in an issuer.key. Raises LicenseFileError `unreadable-file`, `too-large`, `not-a-key`,
    SurroundingsError `no-passphrase`, `wrong-passphrase`.
    """
    content = read_bounded(path, limit=_MAX_KEY_FILE)
    return signer_from_pem(content, passphrase=passphrase, file=path.name)


def issue_license(one: ProductLicense, *, signer: Signer) -> bytes:
    """The license key file: an envelope; the same bytes for the same license and key.

    Raises RefusedError `invalid-name`, `invalid-quantity`, `invalid-date`.
    """
    envelope = signer.sign(license_to_xml(one), payload_type=PAYLOAD_TYPE)
    # No file leaves the issuer that a site would refuse.
    issuer = Issuer(one.issuer, signer.key, frozenset({one.product}))
    read_license_key(envelope, file=one.serial, trusted=[issuer])
    return envelope
