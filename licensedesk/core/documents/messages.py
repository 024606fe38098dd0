"""What console and agent tell each other: configuration message and report.

Each is a payload inside a signed envelope (3-protocol.md); here only payload bytes become dataclasses and
back. Reading raises LicenseFileError (`malformed`, `too-large`); nothing else.
"""

from __future__ import annotations

import hmac
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from licensedesk.core.documents.enrolment import claimed, claimed_key, enrolment_proof
from licensedesk.core.documents.fields import ID, LONGEST_PEM, Fields
from licensedesk.core.documents.strict_json import canonical, strict_json
from licensedesk.core.errors import LicenseFileError
from licensedesk.core.files import sha256
from licensedesk.core.names import visible
from licensedesk.core.trust import PublicKey, open_envelope
from licensedesk.core.types import parse_stamp, stamp

CONFIGURATION_TYPE: Final = "application/vnd.licensedesk.configuration+json"
REPORT_TYPE: Final = "application/vnd.licensedesk.report+json"
MESSAGE_LIMIT: Final = 2 * 1024 * 1024
"""Bytes of a configuration message's envelope."""
REPORT_LIMIT: Final = 64 * 1024
DETAIL_LIMIT: Final = 1000
"""Characters of a report's detail."""
LICENSE_NAME: Final = "License.xml"

_DIGEST = r"[0-9a-f]{64}"
_DIGEST_OR_NONE = r"(?:[0-9a-f]{64})?"
_CODE_OR_NONE = r"(?:[A-Z][A-Z-]{1,39})?"


class Holding(StrEnum):
    """What a report says of License.xml at the server."""

    EMPTY = "empty"
    """No message was accepted yet."""
    STORED = "stored"
    """On disk as the message of `version` has it, but not applied."""
    APPLIED = "applied"
    """On disk, and the apply command succeeded or there is none."""
    DAMAGED = "damaged"
    """Not on disk as accepted, and it cannot be written anew: `code` says STORE-FAILED."""


DRIFT: Final = "DRIFT"
"""Code of a report: License.xml was not as accepted and has been written anew; `detail` says what it was."""
CLOCK_AHEAD: Final = "CLOCK-AHEAD"
"""Code of a report: the message was accepted, but it is signed more than 24 h ahead of the agent's clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """License.xml for one server. `length` and `sha256` are what the message claims of `content`."""

    deployment: str
    server_id: str
    version: int
    """The message version: the site's counter when the message was made."""
    message_id: str
    issued_at: str
    expires_at: str
    enrolled_key: str
    """Id of the agent's key that the console has pinned; empty while the server is only invited."""
    content: bytes
    length: int
    sha256: str

    @property
    def issued(self) -> datetime:
        return parse_stamp(self.issued_at)

    @property
    def expires(self) -> datetime:
        return parse_stamp(self.expires_at)

    def to_payload(self) -> bytes:
        members = {name: getattr(self, name) for name in _CONFIGURATION_MEMBERS}
        content = self.content.decode("utf-8")
        members["license"] = {
            "name": LICENSE_NAME,
            "length": self.length,
            "sha256": self.sha256,
            "content": content,
        }
        return canonical(members)


_CONFIGURATION_MEMBERS = (
    "deployment",
    "server_id",
    "version",
    "message_id",
    "issued_at",
    "expires_at",
    "enrolled_key",
)


def new_configuration(
    content: bytes,
    *,
    deployment: str,
    server_id: str,
    version: int,
    message_id: str,
    issued_at: str,
    expires_at: str,
    enrolled_key: str,
) -> Configuration:
    """The message that carries `content`, the bytes of License.xml."""
    return Configuration(
        deployment=deployment,
        server_id=server_id,
        version=version,
        message_id=message_id,
        issued_at=issued_at,
        expires_at=expires_at,
        enrolled_key=enrolled_key,
        content=content,
        length=len(content),
        sha256=sha256(content),
    )


def read_configuration(payload: bytes, *, file: str = "the message") -> Configuration:
    """The form only: length, digest and License.xml are judged by the agent's rules, in their order."""
    kind = "configuration message"
    fields = Fields(strict_json(payload, file=file, limit=MESSAGE_LIMIT), file=file, kind=kind)
    carried = fields.inner("license")
    if carried.text("name", most=64) != LICENSE_NAME:
        fields.refuse(f"it does not carry {LICENSE_NAME}")
    message = Configuration(
        deployment=fields.matching("deployment", ID),
        server_id=fields.matching("server_id", ID),
        version=fields.number("version"),
        message_id=fields.matching("message_id", ID),
        issued_at=fields.moment("issued_at"),
        expires_at=fields.moment("expires_at"),
        enrolled_key=fields.matching("enrolled_key", _DIGEST_OR_NONE),
        content=carried.text("content", most=MESSAGE_LIMIT).encode("utf-8"),
        length=carried.number("length", most=MESSAGE_LIMIT),
        sha256=carried.matching("sha256", _DIGEST),
    )
    carried.finish()
    fields.finish()
    if message.expires_at <= message.issued_at:
        fields.refuse("it expires before it was issued")
    return message


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a server holds, and what became of the last message. State, not an event: the last one counts.

    `code` is why the last message was refused, or DRIFT or CLOCK-AHEAD, or empty. A refusal changes
    nothing of what is held, so a server can be current and still report one.
    """

    deployment: str
    server_id: str
    message_id: str
    """Of the message this answers; empty where it could not be read or there is none."""
    version: int
    """Of the last accepted message; 0 for none."""
    sha256: str
    """Of License.xml, re-read from disk; empty when there is none."""
    state: Holding
    code: str
    detail: str
    counter: int
    """`max(last + 1, now in microseconds)`; a lower one comes from a restored snapshot."""
    agent_version: str
    reported_at: str
    public_key: str = ""
    """PEM, with `proof`, in every report until a message says that the key is enrolled."""
    proof: str = ""

    def to_payload(self) -> bytes:
        return canonical(asdict(self))


def new_report(
    *,
    deployment: str,
    server_id: str,
    message_id: str,
    version: int,
    sha256: str,
    state: Holding,
    code: str,
    detail: str,
    counter: int,
    agent_version: str,
    at: datetime,
) -> Report:
    """A report without proof. `detail` may hold anything, such as the output of a program: it is made fit."""
    return Report(
        deployment=deployment,
        server_id=server_id,
        message_id=message_id,
        version=version,
        sha256=sha256,
        state=state,
        code=code,
        detail=visible(detail)[:DETAIL_LIMIT],
        counter=counter,
        agent_version=agent_version,
        reported_at=stamp(at),
    )


def read_report(payload: bytes, *, file: str = "the report") -> Report:
    fields = Fields(strict_json(payload, file=file, limit=REPORT_LIMIT), file=file, kind="report")
    state = fields.text("state", most=20)
    if state not in set(Holding):
        fields.refuse("state is not known")
    report = Report(
        deployment=fields.matching("deployment", ID),
        server_id=fields.matching("server_id", ID),
        message_id=fields.matching("message_id", f"(?:{ID})?"),
        version=fields.number("version"),
        sha256=fields.matching("sha256", _DIGEST_OR_NONE),
        state=Holding(state),
        code=fields.matching("code", _CODE_OR_NONE),
        detail=fields.text("detail", most=DETAIL_LIMIT),
        counter=fields.number("counter"),
        agent_version=fields.text("agent_version", most=40),
        reported_at=fields.moment("reported_at"),
        public_key=fields.text("public_key", most=LONGEST_PEM),
        proof=fields.matching("proof", _DIGEST_OR_NONE),
    )
    fields.finish()
    return report


def open_report(raw: bytes, *, trusted: PublicKey, file: str = "the report") -> Report:
    """A report of an enrolled server; `trusted` is the key that was pinned at enrolment."""
    verified = open_envelope(raw, file=file, limit=REPORT_LIMIT, trusted=[trusted], payload_type=REPORT_TYPE)
    return read_report(verified.payload, file=file)


def open_first_report(
    raw: bytes, *, token: str, deployment: str, server_id: str, file: str = "the report"
) -> tuple[Report, PublicKey]:
    """A report of an invited server, with the key it asks to have pinned.

    The key is taken from the unverified payload, then has to verify the envelope and be proven by the
    enrolment's token. Raises LicenseFileError: as for an envelope and report, `not-a-key`, `bad-proof`.
    """
    key = claimed_key(claimed(raw, "public_key", limit=REPORT_LIMIT, file=file), file=file)
    report = open_report(raw, trusted=key, file=file)
    proof = enrolment_proof(token=token, deployment=deployment, server_id=server_id, public_key=key.pem)
    if not hmac.compare_digest(report.proof, proof):
        raise LicenseFileError("bad-proof", file=file, server=server_id)
    return report, key
