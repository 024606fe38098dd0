"""Decides whether a message is accepted: the checks in their order, without a disk, a clock or a network.

Source: 3-protocol.md, The agent. The first check that fails ends it with a code; nothing is written before
all have passed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from licensedesk.core.documents.license_xml import read_license_xml
from licensedesk.core.documents.messages import (
    CONFIGURATION_TYPE,
    LICENSE_NAME,
    MESSAGE_LIMIT,
    Configuration,
    read_configuration,
)
from licensedesk.core.errors import LicenseFileError
from licensedesk.core.files import sha256
from licensedesk.core.trust import PublicKey, open_envelope

MOST_AHEAD: Final = timedelta(hours=24)
"""A signed time further ahead of the own clock does not move the time for validity."""

_CODES: Final = {
    "too-large": "TOO-LARGE",
    "untrusted-key": "UNTRUSTED",
    "bad-signature": "UNTRUSTED",
    "wrong-type": "WRONG-TYPE",
}
"""Codes of a refused envelope; any other says that it cannot be read at all."""


class RejectedError(Exception):
    """A message is not accepted: `code` of 6-command-line.md, and the figures as a short text."""

    def __init__(self, code: str, detail: str, *, message_id: str = "") -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.message_id = message_id


def unreadable(error: LicenseFileError) -> RejectedError:
    """The rejection of a message that is refused before anything in it is known to be true."""
    return RejectedError(_CODES.get(error.code, "MALFORMED"), error.message)


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom the agent believes, and who it is itself: from its enrolment."""

    deployment: str
    server_id: str
    keys: tuple[PublicKey, ...]
    version_floor: int


@dataclass(frozen=True, slots=True)
class Mark:
    """The last accepted message, as far as it is held against the next one."""

    version: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message that passed every check."""

    configuration: Configuration
    repeated: bool
    """It carries what was accepted before: re-read, heal, finish, report."""
    clock_ahead: bool
    """It was signed more than MOST_AHEAD ahead of the own clock."""


def judge(
    raw: bytes, *, trust: Trust, mark: Mark | None, highest_issued: datetime | None, now: datetime
) -> Accepted:
    """Accept a message or raise RejectedError.

    `highest_issued` is the latest signed time that was believed so far.
    """
    configuration = opened(raw, trust=trust)
    repeated = _check_version(configuration, floor=trust.version_floor, mark=mark)
    if not repeated:
        _check_expiry(configuration, at=max(now, highest_issued or now))
    check_content(configuration)
    ahead = configuration.issued - now > MOST_AHEAD
    return Accepted(configuration, repeated=repeated, clock_ahead=ahead)


def opened(raw: bytes, *, trust: Trust) -> Configuration:
    """The checks up to the server id: size, JSON, key, signature, payload type, deployment, server."""
    try:
        verified = open_envelope(
            raw,
            file="The message",
            limit=MESSAGE_LIMIT,
            trusted=trust.keys,
            payload_type=CONFIGURATION_TYPE,
        )
        configuration = read_configuration(verified.payload, file="The message")
    except LicenseFileError as error:
        raise unreadable(error) from error
    if configuration.deployment != trust.deployment:
        _reject(configuration, "WRONG-DEPLOYMENT", f"it is of {configuration.deployment}")
    if configuration.server_id != trust.server_id:
        _reject(configuration, "WRONG-SERVER", f"it is for {configuration.server_id}")
    return configuration


def check_content(configuration: Configuration) -> None:
    """The last checks: length and digest, then License.xml against its schema."""
    content = configuration.content
    if len(content) != configuration.length:
        detail = f"{len(content)} bytes, where it says {configuration.length}"
        _reject(configuration, "DIGEST", detail)
    if sha256(content) != configuration.sha256:
        _reject(configuration, "DIGEST", f"{sha256(content)}, where it says {configuration.sha256}")
    try:
        document = read_license_xml(content, file=LICENSE_NAME)
    except LicenseFileError as error:
        raise RejectedError("SCHEMA", error.message, message_id=configuration.message_id) from error
    if document.deployment != configuration.deployment:
        _reject(configuration, "SCHEMA", f"{LICENSE_NAME} is of the deployment {document.deployment}")


def _check_version(configuration: Configuration, *, floor: int, mark: Mark | None) -> bool:
    """Whether it repeats what was accepted before."""
    version = configuration.version
    lowest = max(floor, mark.version if mark else 0)
    if version < lowest:
        _reject(configuration, "ROLLBACK", f"version {version}, after {lowest}")
    if mark is None or version > mark.version:
        return False
    if configuration.sha256 != mark.sha256:
        detail = f"version {version} with {configuration.sha256}, before with {mark.sha256}"
        _reject(configuration, "EQUIVOCATION", detail)
    return True


def _check_expiry(configuration: Configuration, *, at: datetime) -> None:
    if at > configuration.expires:
        _reject(configuration, "EXPIRED", f"at {configuration.expires_at}; it is {at.isoformat()}")


def _reject(configuration: Configuration, code: str, detail: str) -> None:
    raise RejectedError(code, detail, message_id=configuration.message_id)


def believed_issue(accepted: Accepted, *, highest_issued: datetime | None) -> datetime | None:
    """The latest signed time to believe after this message."""
    if accepted.clock_ahead:
        return highest_issued
    issued = accepted.configuration.issued
    return max(highest_issued or issued, issued)


def next_counter(last: int, *, now: datetime) -> int:
    """The counter of the next report: rises also when the clock is set back."""
    return max(last + 1, int(now.timestamp() * 1_000_000))
