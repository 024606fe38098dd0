"""Envelopes: verified in a fixed order, each refusal for its own reason; keys: Ed25519 or nothing."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope
from securesystemslib.signer import Key, Signature, SSlibKey
from securesystemslib.signer import Signer as SslibSigner

from licensedesk.core.errors import LicenseFileError, SurroundingsError
from licensedesk.core.trust import (
    KeyId,
    PublicKey,
    Signer,
    Verified,
    new_signer,
    open_envelope,
    signer_from_pem,
    signer_to_pem,
)

TYPE = "application/vnd.licensedesk.test+json"
LIMIT = 1 << 20
PAYLOAD = b'{"a": "\xc3\xa9"}\n'
SIGNER = signer_from_pem(
    Ed25519PrivateKey.from_private_bytes(bytes(range(32))).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    ),
    passphrase=None,
)
OTHER = new_signer()
RAW = SIGNER.sign(PAYLOAD, payload_type=TYPE)


def opened(
    raw: bytes, *, trusted: tuple[PublicKey, ...] = (SIGNER.key,), payload_type: str = TYPE
) -> Verified:
    return open_envelope(raw, file="message", limit=LIMIT, trusted=trusted, payload_type=payload_type)


def refused(raw: bytes, **arguments: Any) -> LicenseFileError:
    with pytest.raises(LicenseFileError) as refusal:
        opened(raw, **arguments)
    assert refusal.value.figures["file"] == "message"
    return refusal.value


def changed(**members: Any) -> bytes:
    return json.dumps({**json.loads(RAW), **members}).encode()


def signature(**members: Any) -> list[dict[str, Any]]:
    return [{**json.loads(RAW)["signatures"][0], **members}]


def test_open_gives_the_exact_bytes_and_the_key() -> None:
    assert opened(RAW) == Verified(payload=PAYLOAD, payload_type=TYPE, key=SIGNER.key)


def test_signing_is_deterministic_compact_and_ascii() -> None:
    assert SIGNER.sign(PAYLOAD, payload_type=TYPE) == RAW
    assert b" " not in RAW
    assert RAW.isascii()


def test_the_library_itself_accepts_what_is_signed() -> None:
    key = SSlibKey(SIGNER.key.key_id, "ed25519", "ed25519", {"public": _raw_hex(SIGNER.key)})
    assert Envelope.from_dict(json.loads(RAW)).verify([key], 1) == {SIGNER.key.key_id: key}


def _raw_hex(key: PublicKey) -> str:
    return base64.b64decode("".join(key.pem.splitlines()[1:-1]))[-32:].hex()


@given(st.binary(max_size=300), st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_round_trip_of_any_payload_and_type(payload: bytes, payload_type: str) -> None:
    raw = SIGNER.sign(payload, payload_type=payload_type)
    assert opened(raw, payload_type=payload_type).payload == payload


def _spread(text: str) -> str:
    return "\n".join(text[at : at + 7] for at in range(0, len(text), 7)) + " \t\r\n"


SAME = {
    "indented": json.dumps(json.loads(RAW), indent=4).encode(),
    "other order": json.dumps(dict(reversed(json.loads(RAW).items()))).encode(),
    "white space around": b"\n\t " + RAW + b"\r\n",
    "base64 in lines": changed(
        payload=_spread(json.loads(RAW)["payload"]), signatures=signature(sig=_spread(signature()[0]["sig"]))
    ),
    "escapes": RAW.replace(b"payloadType", b"payload\\u0054ype").replace(b"/", b"\\/"),
}


@pytest.mark.parametrize("raw", SAME.values(), ids=SAME.keys())
def test_another_spelling_of_the_envelope_is_the_same(raw: bytes) -> None:
    assert raw != RAW
    assert opened(raw) == opened(RAW)


TWO = [*signature(), *signature(keyid=OTHER.key.key_id)]
PADDED = base64.b64encode(PAYLOAD[:-1]).decode()  # 13 bytes: two spare bits, or four
NOT_ENVELOPES = {
    "no JSON": (b"<a/>", "line 1"),
    "not UTF-8": (RAW.replace(b"vnd", b"v\xffd"), "UTF-8"),
    "100,000 levels": (b'{"payload":' + b"[" * 100_000, "deeper"),
    "member twice": (RAW.replace(b'{"payload"', b'{"payload":"","payload"'), "twice"),
    "NaN": (changed(payload=float("nan")), "NaN"),
    "lone surrogate": (changed(payloadType="\ud800"), "surrogate"),
    "empty": (b"{}", "members payload, payloadType, signatures"),
    "member missing": (b'{"payload":"","signatures":[]}', "members"),
    "extra member": (changed(note="x"), "members"),
    "payload no text": (changed(payload=7), "payload is no text"),
    "payload null": (changed(payload=None), "payload is no text"),
    "type no text": (changed(payloadType=[TYPE]), "payloadType is no text"),
    "signatures no list": (changed(signatures={}), "exactly one signature"),
    "signatures an object of one": (changed(signatures={"0": signature()[0]}), "exactly one signature"),
    "signatures a number": (changed(signatures=1), "exactly one signature"),
    "no signature": (changed(signatures=[]), "exactly one signature"),
    "two signatures": (changed(signatures=TWO), "exactly one signature"),
    "the same signature twice": (changed(signatures=signature() * 2), "exactly one signature"),
    "signature no object": (changed(signatures=["x"]), "members keyid, sig"),
    "signature with more": (changed(signatures=signature(cert="x")), "members keyid, sig"),
    "signature without keyid": (changed(signatures=[{"sig": "AA=="}]), "members keyid, sig"),
    "keyid no text": (changed(signatures=signature(keyid=1)), "keyid is no text"),
    "keyid in capitals": (changed(signatures=signature(keyid="A" * 64)), "64 hexadecimal"),
    "keyid with a line break": (changed(signatures=signature(keyid="a" * 64 + "\n")), "64 hexadecimal"),
    "keyid of other digits": (changed(signatures=signature(keyid="\u0661" * 64)), "64 hexadecimal"),
    "sig no base64": (changed(signatures=signature(sig="A")), "sig is no base64"),
    "sig of hexadecimal digits": (changed(signatures=signature(sig="é" * 8)), "sig is no base64"),
    "payload no base64": (changed(payload="ab!d"), "payload is no base64"),
    "payload in the other alphabet": (changed(payload="__--"), "payload is no base64"),
    "payload without padding": (changed(payload=PADDED.rstrip("=")), "payload is no base64"),
    "payload with spare bits": (changed(payload=PADDED.replace("0=", "1=")), "no canonical base64"),
    "payload with padding inside": (changed(payload="YQ==YQ=="), "base64"),
    "payload with other white space": (changed(payload="YWJj\u00a0"), "payload is no base64"),
}


@pytest.mark.parametrize(("raw", "reason"), NOT_ENVELOPES.values(), ids=NOT_ENVELOPES.keys())
def test_what_is_no_envelope_is_refused_with_the_reason(raw: bytes, reason: str) -> None:
    refusal = refused(raw)
    assert refusal.code == "not-an-envelope"
    assert reason in refusal.figures["reason"]
    assert refusal.message.isprintable()


BAD_SIGNATURES = {
    "payload changed": changed(payload=base64.b64encode(PAYLOAD + b" ").decode()),
    "payload empty": changed(payload=""),
    "type changed": changed(payloadType="application/other"),
    "signature of zeros": changed(signatures=signature(sig=base64.b64encode(bytes(64)).decode())),
    "signature too short": changed(signatures=signature(sig=base64.b64encode(bytes(63)).decode())),
    "signature empty": changed(signatures=signature(sig="")),
    "signature too long": changed(signatures=signature(sig=base64.b64encode(bytes(65)).decode())),
    "by another key under this keyid": OTHER.sign(PAYLOAD, payload_type=TYPE).replace(
        OTHER.key.key_id.encode(), SIGNER.key.key_id.encode()
    ),
}


@pytest.mark.parametrize("raw", BAD_SIGNATURES.values(), ids=BAD_SIGNATURES.keys())
def test_a_signature_that_does_not_fit_is_refused(raw: bytes) -> None:
    refusal = refused(raw)
    assert (refusal.code, refusal.figures["signer"]) == ("bad-signature", SIGNER.key.key_id)


def test_a_signature_with_another_s_of_the_same_value_is_refused() -> None:
    """Ed25519 without the check of RFC 8032 5.1.7 would take s + L as a second signature."""
    order = 2**252 + 27742317777372353535851937790883648493
    value = base64.b64decode(signature()[0]["sig"])
    twin = value[:32] + (int.from_bytes(value[32:], "little") + order).to_bytes(32, "little")
    raw = changed(signatures=signature(sig=base64.b64encode(twin).decode()))
    assert refused(raw).code == "bad-signature"


def test_a_key_that_is_not_trusted_is_refused_by_its_id() -> None:
    for trusted in ((), (OTHER.key,)):
        refusal = refused(RAW, trusted=trusted)
        assert (refusal.code, refusal.figures["key_id"]) == ("untrusted-key", SIGNER.key.key_id)


def test_a_payload_of_another_type_is_refused_after_the_signature() -> None:
    refusal = refused(RAW, payload_type="application/other")
    assert refusal.code == "wrong-type"
    assert (refusal.figures["expected"], refusal.figures["found"]) == ("application/other", TYPE)


def test_the_order_of_the_checks() -> None:
    long = RAW + b" " * LIMIT
    assert refused(long, trusted=(), payload_type="x").code == "too-large"
    forged = changed(payload="")
    assert refused(forged, trusted=(), payload_type="x").code == "untrusted-key"
    assert refused(forged, payload_type="x").code == "bad-signature"
    assert refused(RAW, payload_type="x").code == "wrong-type"


def test_the_trusted_key_is_found_among_others() -> None:
    assert opened(RAW, trusted=(OTHER.key, SIGNER.key)).key == SIGNER.key


def test_no_mutant_opens_with_another_payload(campaign: Callable[[int], int]) -> None:
    rounds = campaign(2_000)
    data = bytearray(RAW)
    for number in range(rounds):
        at, bit = number * 7919 % len(data), 1 << number % 8
        mutant = bytes(data[:at]) + bytes([data[at] ^ bit]) + bytes(data[at + 1 :])
        try:
            verified = opened(mutant)
        except LicenseFileError:
            continue
        assert verified == opened(RAW), mutant


# -- keys --------------------------------------------------------------------------------------------


def _pem(key: Any) -> bytes:
    return bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def _of_no_algorithm(kind: str, encoded: str) -> bytes:
    """A well-formed key of the algorithm 1.2.3.4, which nobody knows."""
    return f"-----BEGIN {kind}-----\n{encoded}\n-----END {kind}-----\n".encode()


NO_PUBLIC_KEYS: dict[str, bytes | str] = {
    "empty": b"",
    "text": "key",
    "not ASCII": "schlüssel",
    "lone surrogate": "\ud800",
    "bytes": bytes(range(256)),
    "RSA": _pem(rsa.generate_private_key(65537, 2048)),
    "P-256": _pem(ec.generate_private_key(ec.SECP256R1())),
    "X25519": _pem(x25519.X25519PrivateKey.generate()),
    "unknown algorithm": _of_no_algorithm(
        "PUBLIC KEY", "MCowBQYDKgMEAyEAeHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg="
    ),
    "private": signer_to_pem(SIGNER, passphrase=None),
    "cut off": SIGNER.key.pem[:60],
    "two keys": SIGNER.key.pem + OTHER.key.pem,
    "too long": SIGNER.key.pem + " " * 10_000,
    "damaged": SIGNER.key.pem.replace("MCowBQYDK2Vw", "MCowBQYDK2Vx"),
}


@pytest.mark.parametrize("pem", NO_PUBLIC_KEYS.values(), ids=NO_PUBLIC_KEYS.keys())
def test_anything_but_one_ed25519_public_key_is_refused(pem: bytes | str) -> None:
    with pytest.raises(LicenseFileError) as refusal:
        PublicKey.from_pem(pem, file="issuer.pub")
    assert refusal.value.code == "not-a-key"
    assert refusal.value.figures == {"file": "issuer.pub", "kind": "Ed25519 public key"}


@pytest.mark.parametrize(
    "pem", [SIGNER.key.pem, SIGNER.key.pem.encode(), SIGNER.key.pem.replace("\n", "\r\n")]
)
def test_a_public_key_has_one_form_and_the_librarys_id(pem: bytes | str) -> None:
    key = PublicKey.from_pem(pem)
    assert key == SIGNER.key
    assert key.key_id == SSlibKey.from_crypto(load_pem_public_key(key.pem.encode())).keyid


@pytest.mark.parametrize("passphrase", [None, b"secret", "schlüssel".encode(), b"\0" * 300])
def test_a_private_key_comes_back(passphrase: bytes | None) -> None:
    pem = signer_to_pem(SIGNER, passphrase=passphrase)
    again = signer_from_pem(pem, passphrase=passphrase)
    assert again.key == SIGNER.key
    assert again.sign(PAYLOAD, payload_type=TYPE) == RAW
    assert (b"ENCRYPTED" in pem) is (passphrase is not None)


def test_a_key_that_is_not_encrypted_needs_no_passphrase() -> None:
    assert signer_from_pem(signer_to_pem(SIGNER, passphrase=None), passphrase=b"any").key == SIGNER.key


@pytest.mark.parametrize(
    ("passphrase", "code"),
    [
        (b"Secret", "wrong-passphrase"),
        (b"secret ", "wrong-passphrase"),
        (b"", "no-passphrase"),
        (None, "no-passphrase"),
    ],
)
def test_without_the_right_passphrase_a_key_stays_shut(passphrase: bytes | None, code: str) -> None:
    pem = signer_to_pem(SIGNER, passphrase=b"secret")
    with pytest.raises(SurroundingsError) as refusal:
        signer_from_pem(pem, passphrase=passphrase)
    assert refusal.value.code == code


def test_an_empty_passphrase_is_a_bug_of_the_caller() -> None:
    with pytest.raises(ValueError, match="protects nothing"):
        signer_to_pem(SIGNER, passphrase=b"")


def _private_pem(key: Any, passphrase: bytes | None = None) -> bytes:
    hidden = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    return bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, hidden))


NO_PRIVATE_KEYS = {
    "empty": b"",
    "text": b"-----BEGIN PRIVATE KEY-----",
    "public": SIGNER.key.pem.encode(),
    "P-256": _private_pem(ec.generate_private_key(ec.SECP256R1())),
    "P-256, encrypted": _private_pem(ec.generate_private_key(ec.SECP256R1()), b"secret"),
    "unknown algorithm": _of_no_algorithm(
        "PRIVATE KEY", "MCwCAQAwBQYDKgMEBCB4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eA=="
    ),
    "cut off": signer_to_pem(SIGNER, passphrase=None)[:70],
    "too long": signer_to_pem(SIGNER, passphrase=None) + b" " * 10_000,
    "old form, encrypted": b"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
    b"DEK-Info: AES-256-CBC,00000000000000000000000000000000\n\nAAAA\n-----END RSA PRIVATE KEY-----\n",
}


@pytest.mark.parametrize("pem", NO_PRIVATE_KEYS.values(), ids=NO_PRIVATE_KEYS.keys())
def test_anything_but_an_ed25519_private_key_is_refused(pem: bytes) -> None:
    with pytest.raises(LicenseFileError) as refusal:
        signer_from_pem(pem, passphrase=b"secret", file="issuer.key")
    assert refusal.value.code == "not-a-key"
    assert refusal.value.figures == {"file": "issuer.key", "kind": "Ed25519 private key"}


class HardwareSigner(SslibSigner):
    """A signer whose private key cannot be had, as an HSM's."""

    @classmethod
    def from_priv_key_uri(cls, *_: Any) -> HardwareSigner:
        raise AssertionError

    @property
    def public_key(self) -> Key:
        raise AssertionError

    def sign(self, payload: bytes) -> Signature:
        return SIGNER.inner.sign(payload)


def test_any_signer_of_the_library_can_sign() -> None:
    signer = Signer(HardwareSigner(), SIGNER.key)
    assert signer.sign(PAYLOAD, payload_type=TYPE) == RAW
    with pytest.raises(TypeError, match="exported"):
        signer_to_pem(signer, passphrase=None)


def test_new_keys_differ() -> None:
    assert new_signer().key.key_id != OTHER.key.key_id


def test_a_key_id_given_by_the_store_is_the_one_that_is_looked_for() -> None:
    named = PublicKey(KeyId("0" * 64), SIGNER.key.pem)
    assert refused(RAW, trusted=(named,)).code == "untrusted-key"


def test_the_module_starts_without_the_libraries_it_signs_with() -> None:
    """`ranges` and `node list` start no signature code (5-quality.md)."""
    code = (
        "import sys, licensedesk.core.trust, licensedesk.core.issue, licensedesk.core.names;"
        "print([name for name in sys.modules if name.partition('.')[0] in"
        " {'lxml', 'securesystemslib', 'cryptography', 'peewee', 'PySide6'}])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
