"""Encrypted private keys: a standard form that other programs read."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from licensedesk.core.pkcs8 import encrypted_pem

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PLAIN = KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def test_the_library_reads_it_with_the_passphrase_only() -> None:
    pem = encrypted_pem(PLAIN, passphrase=b"secret")
    key = load_pem_private_key(pem, b"secret")
    assert key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()) == PLAIN
    with pytest.raises(ValueError, match="password"):
        load_pem_private_key(pem, b"Secret")


def test_salt_and_start_are_fresh() -> None:
    assert encrypted_pem(PLAIN, passphrase=b"a") != encrypted_pem(PLAIN, passphrase=b"a")


def test_lengths_of_more_than_one_byte() -> None:
    key = rsa.generate_private_key(65537, 2048)
    plain = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    read = load_pem_private_key(encrypted_pem(plain, passphrase=b"a"), b"a")
    assert read.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()) == plain


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_bytes(encrypted_pem(PLAIN, passphrase=b"secret"))
    command = ["openssl", "pkey", "-in", str(file), "-passin", "pass:secret", "-outform", "DER"]
    assert subprocess.run(command, capture_output=True, check=True).stdout == PLAIN
