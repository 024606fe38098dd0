"""Signing and verifying exact bytes: DSSE envelopes with Ed25519 keys, made and checked by securesystemslib.

The envelope is verified first; only then is its payload handed out. The algorithm comes from the trusted
key, never from the message. securesystemslib and cryptography cost 60 ms of start time, so they are imported
where something is signed or verified: `ranges` and `node list` do neither.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NewType

from licensedesk.core.documents.strict_json import strict_json
from licensedesk.core.errors import LicenseFileError, SurroundingsError
from licensedesk.core.pkcs8 import encrypted_pem

if TYPE_CHECKING:
    from securesystemslib.signer import Signer as SslibSigner
    from securesystemslib.signer import SSlibKey

KeyId = NewType("KeyId", str)
"""securesystemslib's keyid of a public key: 64 hexadecimal digits."""

_KEY_ID = re.compile(r"[0-9a-f]{64}", re.ASCII)
_WHITE_SPACE = re.compile(r"[ \t\r\n]+")
_MAX_PEM = 8192
_ENCRYPTED = b"-----BEGIN ENCRYPTED PRIVATE KEY-----"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An Ed25519 public key; `pem` is its SubjectPublicKeyInfo."""

    key_id: KeyId
    pem: str

    @classmethod
    def from_pem(cls, pem: str | bytes, *, file: str = "key") -> PublicKey:
        """Raises LicenseFileError: `not-a-key` for anything but one Ed25519 public key."""
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        from cryptography.hazmat.primitives.serialization import load_pem_public_key

        refusal = LicenseFileError("not-a-key", file=file, kind="Ed25519 public key")
        try:
            raw = pem.encode("ascii") if isinstance(pem, str) else pem
            # A reader takes the first key of several; which one was meant is not for us to guess.
            alone = len(raw) <= _MAX_PEM and raw.count(b"-----BEGIN ") == 1
            key = load_pem_public_key(raw) if alone else None
        except (ValueError, UnsupportedAlgorithm) as error:
            raise refusal from error
        if not isinstance(key, Ed25519PublicKey):
            raise refusal
        return _public_key(key)


def _public_key(key: Any) -> PublicKey:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    from securesystemslib.signer import SSlibKey

    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")
    return PublicKey(KeyId(SSlibKey.from_crypto(key).keyid), pem)


@lru_cache(maxsize=1024)
def _sslib_key(key: PublicKey) -> SSlibKey:
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from securesystemslib.signer import SSlibKey

    return SSlibKey.from_crypto(load_pem_public_key(key.pem.encode("ascii")), keyid=key.key_id)


@dataclass(frozen=True, slots=True)
class Verified:
    """The exact payload that the trusted `key` has signed, for this `payload_type`."""

    payload: bytes
    payload_type: str
    key: PublicKey


@dataclass(frozen=True, slots=True)
class _Parts:
    """An envelope taken apart, nothing of it verified."""

    payload: bytes
    payload_type: str
    key_id: KeyId
    signature: bytes


class _NotAnEnvelopeError(ValueError):
    """The JSON is no envelope; the text is the reason."""


def _text(members: dict[str, Any], name: str) -> str:
    value = members[name]
    if not isinstance(value, str):
        raise _NotAnEnvelopeError(f"its {name} is no text")
    return value


def _bytes(members: dict[str, Any], name: str) -> bytes:
    """Base64 of the standard alphabet with its padding; white space is free, spare bits are not."""
    text = _WHITE_SPACE.sub("", _text(members, name))
    try:
        content = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise _NotAnEnvelopeError(f"its {name} is no base64") from error
    if base64.b64encode(content).decode("ascii") != text:
        raise _NotAnEnvelopeError(f"its {name} is no canonical base64")
    return content


def _exactly(members: Any, names: frozenset[str], what: str) -> dict[str, Any]:
    if not isinstance(members, dict) or members.keys() != names:
        raise _NotAnEnvelopeError(f"{what} does not have exactly the members {', '.join(sorted(names))}")
    return members


def _parts(members: dict[str, Any]) -> _Parts:
    _exactly(members, frozenset({"payload", "payloadType", "signatures"}), "it")
    signatures = members["signatures"]
    if not isinstance(signatures, list) or len(signatures) != 1:
        raise _NotAnEnvelopeError("it does not have exactly one signature")
    signature = _exactly(signatures[0], frozenset({"keyid", "sig"}), "its signature")
    key_id = _text(signature, "keyid")
    if not _KEY_ID.fullmatch(key_id):
        raise _NotAnEnvelopeError("its keyid is not 64 hexadecimal digits")
    return _Parts(
        _bytes(members, "payload"), _text(members, "payloadType"), KeyId(key_id), _bytes(signature, "sig")
    )


def _is_signed_by(parts: _Parts, key: PublicKey) -> bool:
    from securesystemslib.dsse import Envelope
    from securesystemslib.exceptions import VerificationError
    from securesystemslib.signer import Signature

    signature = Signature(parts.key_id, parts.signature.hex())
    envelope = Envelope(parts.payload, parts.payload_type, {parts.key_id: signature})
    try:
        envelope.verify([_sslib_key(key)], 1)
    except VerificationError:
        return False
    return True


def open_envelope(
    raw: bytes, *, file: str, limit: int, trusted: Collection[PublicKey], payload_type: str
) -> Verified:
    """The payload of the envelope `raw`, verified with one of the `trusted` keys.

    Checked in this order: size, strict JSON, exactly the members of DSSE with one signature and canonical
    base64, trusted key, signature over the raw bytes, payload type.
    Raises LicenseFileError: `too-large`, `not-an-envelope` (reason), `untrusted-key` (key_id),
    `bad-signature` (signer: the key id), `wrong-type` (expected, found).
    """
    try:
        parts = _parts(strict_json(raw, file=file, limit=limit))
    except _NotAnEnvelopeError as error:
        raise LicenseFileError("not-an-envelope", file=file, reason=str(error)) from error
    except LicenseFileError as error:
        if error.code != "malformed":
            raise
        raise LicenseFileError("not-an-envelope", **error.figures) from error
    key = next((key for key in trusted if key.key_id == parts.key_id), None)
    if key is None:
        raise LicenseFileError("untrusted-key", file=file, key_id=parts.key_id)
    if not _is_signed_by(parts, key):
        raise LicenseFileError("bad-signature", file=file, signer=parts.key_id)
    if parts.payload_type != payload_type:
        # Signed by a trusted key, so the type found is text of ours and not of a stranger.
        raise LicenseFileError("wrong-type", file=file, expected=payload_type, found=parts.payload_type)
    return Verified(parts.payload, parts.payload_type, key)


class Signer:
    """Signs with a signer of securesystemslib: a key in a file now, an HSM or KMS where that is wanted."""

    def __init__(self, inner: SslibSigner, key: PublicKey) -> None:
        self.inner = inner
        self.key = key

    def sign(self, payload: bytes, *, payload_type: str) -> bytes:
        """The envelope as compact JSON; the same bytes for the same payload, as Ed25519 is deterministic."""
        from securesystemslib.dsse import Envelope

        envelope = Envelope(payload, payload_type, {})
        envelope.sign(self.inner)
        return json.dumps(envelope.to_dict(), separators=(",", ":"), sort_keys=True).encode("ascii")


def new_signer() -> Signer:
    """A signer with a fresh Ed25519 key."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return _signer(Ed25519PrivateKey.generate())


def _signer(private_key: Any) -> Signer:
    from securesystemslib.signer import CryptoSigner

    return Signer(CryptoSigner(private_key), _public_key(private_key.public_key()))


def signer_to_pem(signer: Signer, *, passphrase: bytes | None) -> bytes:
    """The private key as PKCS#8 PEM, encrypted when a passphrase is given (ValueError: an empty one).

    Only for a key that lives in a file: that of an HSM never leaves it (TypeError, a bug of ours).
    """
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        load_pem_private_key,
    )
    from securesystemslib.signer import CryptoSigner

    if not isinstance(signer.inner, CryptoSigner):
        raise TypeError("the private key of this signer cannot be exported")
    plain: bytes = signer.inner.private_bytes
    if passphrase is None:
        return plain
    if not passphrase:
        raise ValueError("an empty passphrase protects nothing")
    key = load_pem_private_key(plain, None)
    encoded = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return encrypted_pem(encoded, passphrase=passphrase)


def signer_from_pem(pem: bytes, *, passphrase: bytes | None, file: str = "key") -> Signer:
    """The signer of a PKCS#8 PEM; the passphrase is used only where the key is encrypted.

    Raises SurroundingsError: `no-passphrase`, `wrong-passphrase`; LicenseFileError: `not-a-key`.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    refusal = LicenseFileError("not-a-key", file=file, kind="Ed25519 private key")
    if len(pem) > _MAX_PEM:
        raise refusal
    encrypted = _ENCRYPTED in pem
    if encrypted and not passphrase:
        raise SurroundingsError("no-passphrase")
    try:
        key = load_pem_private_key(pem, passphrase if encrypted else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise (SurroundingsError("wrong-passphrase") if encrypted else refusal) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise refusal
    return _signer(key)
