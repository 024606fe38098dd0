"""A private key encrypted with a passphrase: PKCS#8 (RFC 5958) with PBES2 (RFC 8018) and scrypt (RFC 7914).

cryptography and OpenSSL read this form, but cryptography writes only PBKDF2 with 2,048 rounds: about two
thousand guesses a millisecond on one graphics card, for a key that lies in every backup. scrypt costs us
40 ms, and each guess 16 MiB.
"""

from __future__ import annotations

import base64
import secrets
import textwrap

# 16 MiB, the largest that OpenSSL reads within its default bound (`openssl pkcs8 -scrypt` writes the same).
_COST, _BLOCK_SIZE, _PARALLEL = 1 << 14, 8, 1
_AES_BLOCK = 16

_OCTETS, _SEQUENCE, _INTEGER = 0x04, 0x30, 0x02
_PBES2 = bytes.fromhex("06092a864886f70d01050d")
_SCRYPT = bytes.fromhex("06092b06010401da47040b")
_AES_256_CBC = bytes.fromhex("060960864801650304012a")


def _der(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def _integer(value: int) -> bytes:
    # One bit more than the number needs, since the first bit is its sign.
    return _der(_INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def encrypted_pem(plain: bytes, *, passphrase: bytes) -> bytes:
    """`plain`, a private key as PKCS#8 DER, as a PEM `ENCRYPTED PRIVATE KEY`; never twice the same bytes."""
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CBC
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    salt, start = secrets.token_bytes(16), secrets.token_bytes(_AES_BLOCK)
    key = Scrypt(salt=salt, length=32, n=_COST, r=_BLOCK_SIZE, p=_PARALLEL).derive(passphrase)
    spare = _AES_BLOCK - len(plain) % _AES_BLOCK
    encryptor = Cipher(AES(key), CBC(start)).encryptor()
    hidden = encryptor.update(plain + bytes([spare]) * spare) + encryptor.finalize()
    costs = _der(_SEQUENCE, _der(_OCTETS, salt), _integer(_COST), _integer(_BLOCK_SIZE), _integer(_PARALLEL))
    kdf = _der(_SEQUENCE, _SCRYPT, costs)
    cipher = _der(_SEQUENCE, _AES_256_CBC, _der(_OCTETS, start))
    scheme = _der(_SEQUENCE, _PBES2, _der(_SEQUENCE, kdf, cipher))
    text = base64.b64encode(_der(_SEQUENCE, scheme, _der(_OCTETS, hidden))).decode("ascii")
    lines = ["-----BEGIN ENCRYPTED PRIVATE KEY-----", *textwrap.wrap(text, 64)]
    return "\n".join((*lines, "-----END ENCRYPTED PRIVATE KEY-----", "")).encode("ascii")
