"""The enrolment file, with which a server's agent joins a site, and the proof that its first reports carry.

Source: 3-protocol.md, The agent (Enrolment).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from licensedesk.core.documents.fields import ID, LONGEST_PEM, Fields
from licensedesk.core.documents.strict_json import canonical, strict_json
from licensedesk.core.errors import LicenseFileError
from licensedesk.core.transports.base import TransportSettings
from licensedesk.core.trust import PublicKey, open_envelope

ENROLMENT_TYPE: Final = "application/vnd.licensedesk.enrolment+json"
ENROLMENT_LIMIT: Final = 256 * 1024


def enrolment_proof(*, token: str, deployment: str, server_id: str, public_key: str) -> str:
    """HMAC-SHA256 in hexadecimal, keyed by the one-time token. `public_key` is the PEM of the agent's key."""
    proven = json.dumps([deployment, server_id, public_key], separators=(",", ":")).encode("utf-8")
    return hmac.new(token.encode("utf-8"), proven, hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What an agent needs to begin. Token and broker password are secret: a file of mode 0600."""

    deployment: str
    server_id: str
    host_name: str
    trusted_keys: tuple[str, ...]
    """PEM of the keys whose messages the agent accepts; the first has signed the enrolment file."""
    transport: TransportSettings
    version_floor: int
    """A message of a lower version is a rollback even for an agent that holds nothing."""
    token: str = field(repr=False)
    issued_at: str
    expires_at: str
    """End of the token, which the console judges."""

    def to_payload(self) -> bytes:
        return canonical(asdict(self))


def read_enrolment(payload: bytes, *, file: str = "the enrolment file") -> Enrolment:
    fields = Fields(strict_json(payload, file=file, limit=ENROLMENT_LIMIT), file=file, kind="enrolment file")
    transport = fields.inner("transport")
    settings = TransportSettings(
        url=transport.text("url", most=2000, least=1),
        username=transport.text("username", most=200),
        password=transport.text("password", most=200),
        ca_pem=transport.text("ca_pem", most=100_000),
        tls=transport.truth("tls"),
    )
    transport.finish()
    enrolment = Enrolment(
        deployment=fields.matching("deployment", ID),
        server_id=fields.matching("server_id", ID),
        host_name=fields.text("host_name", most=255),
        trusted_keys=fields.texts("trusted_keys", most=10, longest=LONGEST_PEM),
        transport=settings,
        version_floor=fields.number("version_floor"),
        token=fields.matching("token", r"[0-9A-Za-z_-]{20,100}"),
        issued_at=fields.moment("issued_at"),
        expires_at=fields.moment("expires_at"),
    )
    fields.finish()
    return enrolment


def open_enrolment(raw: bytes, *, file: str = "the enrolment file") -> Enrolment:
    """The enrolment file is where trust begins: it is signed by the first key that it itself names, which
    shows that it is whole; that it is genuine is up to whoever hands it over.
    """
    pems = claimed(raw, "trusted_keys", limit=ENROLMENT_LIMIT, file=file)
    if not isinstance(pems, list) or not pems:
        raise LicenseFileError("malformed", file=file, reason="it names no key")
    key = claimed_key(pems[0], file=file)
    verified = open_envelope(
        raw, file=file, limit=ENROLMENT_LIMIT, trusted=[key], payload_type=ENROLMENT_TYPE
    )
    enrolment = read_enrolment(verified.payload, file=file)
    for pem in enrolment.trusted_keys:
        PublicKey.from_pem(pem, file=file)
    return enrolment


def claimed(raw: bytes, member: str, *, limit: int, file: str) -> Any:
    """One member of a payload that nothing vouches for yet: only ever a key to try on the same envelope."""
    envelope = strict_json(raw, file=file, limit=limit)
    try:
        payload = base64.b64decode(str(envelope.get("payload")), validate=False)
    except ValueError as error:
        raise LicenseFileError("not-an-envelope", file=file, reason="its payload is no base64") from error
    return strict_json(payload, file=file, limit=limit).get(member)


def claimed_key(pem: Any, *, file: str) -> PublicKey:
    """Raises LicenseFileError `not-a-key`, whatever stands where the key should."""
    return PublicKey.from_pem(pem if isinstance(pem, str) else "", file=file)
