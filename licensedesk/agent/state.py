"""What the agent remembers between two starts, and who it is."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from licensedesk.agent.rules import Mark, Trust
from licensedesk.core.documents.enrolment import Enrolment, open_enrolment
from licensedesk.core.documents.fields import Fields
from licensedesk.core.documents.strict_json import strict_json
from licensedesk.core.errors import LicenseDeskError, LicenseFileError, SurroundingsError
from licensedesk.core.files import read_bounded, write_atomic
from licensedesk.core.transports.base import TransportSettings
from licensedesk.core.trust import PublicKey, Signer, new_signer, signer_from_pem, signer_to_pem

if TYPE_CHECKING:
    from pathlib import Path

    from licensedesk.agent.places import Places

_LIMIT: Final = 1024 * 1024


# -- who the agent is --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Identity:
    """One file, so that enrolment and key never fit two different enrolments. Mode 0600."""

    enrolment: Enrolment
    signer: Signer = field(repr=False)
    folder: str = ""
    """The agent's own path to the folder transport, where it differs from the console's."""

    @property
    def trust(self) -> Trust:
        enrolment = self.enrolment
        return Trust(
            deployment=enrolment.deployment,
            server_id=enrolment.server_id,
            keys=tuple(PublicKey.from_pem(pem) for pem in enrolment.trusted_keys),
            version_floor=enrolment.version_floor,
        )

    @property
    def transport(self) -> TransportSettings:
        settings = self.enrolment.transport
        return replace(settings, url=f"folder:{self.folder}") if self.folder else settings


def enrol(places: Places, raw: bytes, *, file: str, folder: str = "") -> Identity:
    """Make a key pair and keep it with the enrolment; the key of an earlier enrolment is void.

    Raises LicenseFileError for a file that is none, SurroundingsError for the disk.
    """
    identity = Identity(open_enrolment(raw, file=file), new_signer(), folder)
    key = signer_to_pem(identity.signer, passphrase=None).decode("ascii")
    members = {"enrolment": raw.decode("utf-8"), "key": key, "folder": folder}
    places.prepare(places.identity)
    write_atomic(places.identity, json.dumps(members).encode("utf-8"))
    return identity


def read_identity(places: Places) -> Identity:
    """Raises SurroundingsError: `no-enrolment`, `damaged-enrolment`."""
    path = places.identity
    try:
        members = strict_json(read_bounded(path, limit=_LIMIT), file=path.name, limit=_LIMIT)
        fields = Fields(members, file=path.name, kind="identity")
        enrolment = open_enrolment(fields.text("enrolment", most=_LIMIT).encode("utf-8"), file=path.name)
        key = fields.text("key", most=2000).encode("utf-8")
        return Identity(enrolment, signer_from_pem(key, passphrase=None), fields.text("folder", most=4000))
    except LicenseDeskError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            raise SurroundingsError("no-enrolment", path=str(places.install)) from error
        raise SurroundingsError("damaged-enrolment", path=str(path), reason=error.message) from error


# -- what it remembers -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentState:
    """Of one deployment and server; another enrolment begins anew."""

    deployment: str
    server_id: str
    version: int = 0
    """Of the last accepted message; 0 for none."""
    sha256: str = ""
    """Of the License.xml it carried."""
    applied: str = ""
    """Digest of the License.xml that was last applied."""
    highest_issued: datetime | None = None
    """The latest signed time that was believed."""
    counter: int = 0
    """Of the last report."""
    enrolled_key: str = ""
    """Id of the own key that a message said is enrolled; another key still has to be proven."""
    last_report: dict[str, Any] | None = None

    @property
    def mark(self) -> Mark | None:
        return Mark(self.version, self.sha256) if self.sha256 else None


def fresh_state(identity: Identity) -> AgentState:
    return AgentState(deployment=identity.enrolment.deployment, server_id=identity.enrolment.server_id)


def read_state(path: Path, *, identity: Identity) -> AgentState:
    """What is remembered; a fresh state where it is of another enrolment, missing or damaged: the stored
    envelope still says which version was accepted.
    """
    fresh = fresh_state(identity)
    try:
        members = strict_json(read_bounded(path, limit=_LIMIT), file=path.name, limit=_LIMIT)
        state = _state(Fields(members, file=path.name, kind="state"))
    except LicenseFileError:
        return fresh
    same = (state.deployment, state.server_id) == (fresh.deployment, fresh.server_id)
    return state if same else fresh


def _state(fields: Fields) -> AgentState:
    state = AgentState(
        deployment=fields.text("deployment", most=64),
        server_id=fields.text("server_id", most=64),
        version=fields.number("version"),
        sha256=fields.text("sha256", most=64),
        applied=fields.text("applied", most=64),
        highest_issued=_moment(fields.text("highest_issued", most=40)),
        counter=fields.number("counter"),
        enrolled_key=fields.text("enrolled_key", most=64),
        last_report=fields.members("last_report"),
    )
    fields.finish()
    return state


def _moment(text: str) -> datetime | None:
    """As `write_state` writes it; none where it is no moment: the next message brings another."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def write_state(path: Path, state: AgentState) -> None:
    """Raises SurroundingsError: `disk-full`, `unwritable`."""
    highest = "" if state.highest_issued is None else state.highest_issued.isoformat()
    members = {**asdict(state), "highest_issued": highest}
    write_atomic(path, json.dumps(members, sort_keys=True).encode("utf-8"))
