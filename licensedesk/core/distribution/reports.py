"""Judging what arrives from agents: whose report it is, whether to believe it, what it moves.

No report moves the site's counter, and one that is not proven moves nothing at all.
Source: 3-protocol.md, Ledger and The agent (Enrolment).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from licensedesk.core.distribution.ledger import Line
from licensedesk.core.documents.messages import Report, open_first_report, open_report
from licensedesk.core.errors import LicenseFileError
from licensedesk.core.store.database import Store
from licensedesk.core.trust import PublicKey
from licensedesk.core.types import ServerId, parse_stamp, stamp

COUNTER_WENT_BACK = "counter-went-back"
"""Validly signed, but older than one before, or as old and not the same: a replay, or a machine restored
from a snapshot.
"""
IMPLAUSIBLE = "implausible-version"
"""Validly signed, but of a version that this site never made: it was rolled back, or the agent lies."""
TOKEN_EXPIRED = "token-expired"  # noqa: S105 - a code
SAID_OF_A_SERVER = frozenset({COUNTER_WENT_BACK, IMPLAUSIBLE, TOKEN_EXPIRED})
"""Refusals with a sentence of their own; the others say that the report is not the server's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """What is known of a server's agent: its pinned key, or the token by which one can be pinned."""

    key: PublicKey | None
    token: str | None
    token_expires_at: datetime | None
    counter: int


@dataclass(frozen=True, slots=True)
class Judged:
    """A believed report, with the key to pin where it is the first; or the code of why it is not."""

    report: Report | None = None
    pin: PublicKey | None = None
    refused: str = ""
    repeated: bool = False

    @property
    def unknown(self) -> bool:
        """Refused, yet from the server itself: what the ledger says of it is no longer to be believed."""
        return self.refused in {COUNTER_WENT_BACK, IMPLAUSIBLE}


def read_agents(store: Store) -> dict[ServerId, Agent]:
    """Every invited or enrolled agent, by its server."""
    return {
        server: Agent(
            key=PublicKey(key_id, pem) if pem else None,
            token=token,
            token_expires_at=parse_stamp(until) if until else None,
            counter=counter,
        )
        for server, key_id, pem, token, until, counter in store.rows(
            "SELECT server_id, key_id, public_key, token, token_expires_at, counter FROM enrolment"
        )
    }


def judge(
    raw: bytes,
    *,
    server: ServerId,
    deployment: str,
    agent: Agent | None,
    line: Line | None,
    version: int,
    at: datetime,
) -> Judged:
    """Judge one report envelope. `version` is the site's counter: no agent can hold a higher one.

    `line` is what the ledger has from the server, None where it has none any more.
    """
    if agent is None:
        return Judged(refused="agent-not-enrolled")
    try:
        if agent.key is not None:
            report, pin = open_report(raw, trusted=agent.key), None
        elif agent.token is None or agent.token_expires_at is None or at > agent.token_expires_at:
            return Judged(refused=TOKEN_EXPIRED)
        else:
            report, pin = open_first_report(raw, token=agent.token, deployment=deployment, server_id=server)
    except LicenseFileError as error:
        return Judged(refused=error.code)
    if report.deployment != deployment:
        return Judged(refused="WRONG-DEPLOYMENT")
    if report.server_id != server:
        return Judged(refused="WRONG-SERVER")
    repeated = report.counter == agent.counter
    if report.counter < agent.counter or (repeated and _contradicts(report, line)):
        return Judged(refused=COUNTER_WENT_BACK)
    if report.version > version:
        return Judged(refused=IMPLAUSIBLE)
    return Judged(report=report, pin=pin, repeated=repeated)


def _contradicts(report: Report, line: Line | None) -> bool:
    """It says that the server holds something else than its report of the same counter said: a machine
    restored from a snapshot counts on from the same number, where its clock does not read later.
    """
    if line is None or line.reported_version is None:
        return False
    before = (line.reported_digest, line.reported_version, line.reported_state)
    return (report.sha256 or None, report.version, report.state) != before


def pin_key(store: Store, *, server: ServerId, key: PublicKey, at: datetime) -> None:
    """The agent is enrolled: its key is pinned and the token void. Inside a transaction."""
    store.run(
        "UPDATE enrolment SET key_id = ?, public_key = ?, enrolled_at = ?, token = NULL,"
        " token_expires_at = NULL WHERE server_id = ?",
        (key.key_id, key.pem, stamp(at), server),
    )
