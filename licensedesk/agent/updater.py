"""Stores what the rules accept, keeps License.xml as it was accepted, has it applied, and says so.

The stored envelope is the truth: it is written first, and License.xml is made from it, now or after a crash.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import licensedesk
from licensedesk.agent import rules
from licensedesk.agent.rules import Accepted, Mark, RejectedError
from licensedesk.agent.state import AgentState, Identity, read_state, write_state
from licensedesk.core.documents.enrolment import enrolment_proof
from licensedesk.core.documents.messages import (
    CLOCK_AHEAD,
    DRIFT,
    LICENSE_NAME,
    MESSAGE_LIMIT,
    REPORT_TYPE,
    Configuration,
    Holding,
    Report,
    new_report,
    read_report,
)
from licensedesk.core.errors import LicenseFileError, SurroundingsError
from licensedesk.core.files import crash_point, read_bounded, remove_leftovers, sha256, write_atomic

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from licensedesk.agent.places import Places

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Held:
    """The accepted envelope and what it carries."""

    raw: bytes
    configuration: Configuration

    @property
    def mark(self) -> Mark:
        return Mark(self.configuration.version, self.configuration.sha256)


@dataclass(frozen=True, slots=True)
class _Said:
    """What a report is about; the same again is not worth another one."""

    code: str = ""
    detail: str = ""
    message_id: str = ""


class Updater:
    """One install directory. Every method that returns a report envelope has written down its counter.

    `apply` runs the apply command and returns why it failed, or None; without it stored counts as applied.
    """

    def __init__(self, places: Places, *, identity: Identity, apply: Callable[[], str | None] | None) -> None:
        self._places = places
        self._identity = identity
        self._trust = identity.trust
        self._apply = apply
        self._state = read_state(places.state, identity=identity)
        self._held = self._stored()
        self._last: tuple[str, str, Holding] | None = None
        self._apply_failure: tuple[str, str] | None = None
        # An envelope newer than what is remembered: a crash came before License.xml was made from it.
        self._unfinished = self._held is not None and self._held.mark != self._state.mark
        if self._held is not None:
            self._believe(self._held.configuration)

    def clean(self) -> None:
        """Remove what a killed process left behind. The caller holds the lock of the install directory."""
        for path in self._places.written():
            remove_leftovers(path)

    # -- what comes in -----------------------------------------------------------------------------

    def take(self, raw: bytes, *, now: datetime) -> bytes:
        """Judge a message, store and apply it where it is accepted; the report about it."""
        try:
            accepted = rules.judge(
                raw,
                trust=self._trust,
                mark=self._state.mark,
                highest_issued=self._state.highest_issued,
                now=now,
            )
        except RejectedError as rejection:
            return self.reject(rejection, now=now)
        said = self._keep(raw, accepted)
        drift = self._drift_said(said)
        if drift is not None:
            return drift
        if not said.code and accepted.clock_ahead:
            detail = f"signed at {accepted.configuration.issued_at}, received at {now.isoformat()}"
            said = replace(said, code=CLOCK_AHEAD, detail=detail)
        return self._report(said, now=now)

    def _drift_said(self, said: _Said) -> bytes | None:
        """The report of a drift again, where the message that it answers comes once more, as it does at
        every start: a console that was not there meanwhile must still find it.
        """
        try:
            last = read_report(json.dumps(self._state.last_report).encode("utf-8"))
        except LicenseFileError:
            return None
        known = (last.code, last.message_id, last.sha256, last.state)
        if said.code or known != (DRIFT, said.message_id, *self._holding()):
            return None
        report = self._remembered(self._with_proof(last))
        return self._identity.signer.sign(report.to_payload(), payload_type=REPORT_TYPE)

    def reject(self, rejection: RejectedError, *, now: datetime) -> bytes:
        """The report about a message that was not accepted: nothing of what is held has changed."""
        return self._report(_Said(rejection.code, rejection.detail, rejection.message_id), now=now)

    def check(self, *, now: datetime) -> bytes | None:
        """Heal what is not as accepted; a report if there is news. An apply command that has failed is not
        run again: the console's next message, or a new start, does that.
        """
        said = self._heal(retry_apply=False)
        return self._report(said, now=now) if self._is_news(said) else None

    def say(self, *, now: datetime) -> bytes:
        """Heal and finish, then report in any case: at start, and on Verify."""
        return self._report(self._heal(), now=now)

    # -- what is stored ----------------------------------------------------------------------------

    def _stored(self) -> _Held | None:
        """The stored envelope, verified again; None where there is none to believe."""
        try:
            raw = read_bounded(self._places.message, limit=MESSAGE_LIMIT, follow_links=False)
            configuration = rules.opened(raw, trust=self._trust)
            rules.check_content(configuration)
        except (LicenseFileError, RejectedError):
            return None
        # An older one than is remembered was put there by somebody: it is not what was accepted last.
        return _Held(raw, configuration) if configuration.version >= self._state.version else None

    def _believe(self, configuration: Configuration) -> None:
        self._state = replace(self._state, version=configuration.version, sha256=configuration.sha256)

    def _keep(self, raw: bytes, accepted: Accepted) -> _Said:
        configuration = accepted.configuration
        said = _Said(message_id=configuration.message_id)
        try:
            if not accepted.repeated or self._held is None:
                self._write(self._places.message, raw, mode=0o600)
                self._held, self._unfinished = _Held(raw, configuration), True
                crash_point("envelope-stored")
        except SurroundingsError as error:
            return replace(said, code="STORE-FAILED", detail=error.message)
        self._believe(configuration)
        highest = rules.believed_issue(accepted, highest_issued=self._state.highest_issued)
        # Also taken back: a console restored from before the enrolment has to be shown the key again.
        enrolled = configuration.enrolled_key
        self._state = replace(self._state, highest_issued=highest, enrolled_key=enrolled)
        return replace(self._heal(), message_id=configuration.message_id)

    def _heal(self, *, retry_apply: bool = True) -> _Said:
        """License.xml as the envelope has it, and applied. Finishing what was begun is no drift."""
        held = self._held
        if held is None:
            lost = "the stored message is lost or damaged; it has to be sent again"
            return _Said(DRIFT, lost) if self._state.mark else _Said()
        said = _Said(message_id=held.configuration.message_id)
        try:
            found = self._difference(held)
            if found is not None:
                self._write(self._places.license, held.configuration.content, mode=0o644)
                crash_point("license-stored")
                self._state, self._apply_failure = replace(self._state, applied=""), None
                if not self._unfinished:
                    said = replace(said, code=DRIFT, detail=found)
            self._unfinished = False
            self._restore_envelope(held)
        except SurroundingsError as error:
            return replace(said, code="STORE-FAILED", detail=error.message)
        return self._applied(said, digest=held.configuration.sha256, retry=retry_apply)

    def _difference(self, held: _Held) -> str | None:
        """In which way License.xml is not as accepted; None where it is."""
        path = self._places.license
        try:
            content = read_bounded(path, limit=MESSAGE_LIMIT, follow_links=False)
        except LicenseFileError as error:
            return error.message if os.path.lexists(path) else f"{LICENSE_NAME} was missing"
        return (
            None
            if content == held.configuration.content
            else f"{LICENSE_NAME} had the digest {sha256(content)}"
        )

    def _restore_envelope(self, held: _Held) -> None:
        """Whoever deletes or changes the envelope while the agent runs: what was verified is kept."""
        with contextlib.suppress(LicenseFileError):
            if read_bounded(self._places.message, limit=MESSAGE_LIMIT, follow_links=False) == held.raw:
                return
        self._write(self._places.message, held.raw, mode=0o600)

    def _write(self, path: Path, content: bytes, *, mode: int) -> None:
        self._places.prepare(path)
        write_atomic(path, content, mode=mode)

    # -- what is applied ---------------------------------------------------------------------------

    def _applied(self, said: _Said, *, digest: str, retry: bool) -> _Said:
        if self._state.applied == digest:
            return said
        if retry or self._apply_failure is None or self._apply_failure[0] != digest:
            crash_point("before-apply")
            reason = self._apply() if self._apply else None
            self._apply_failure = None if reason is None else (digest, reason)
        if self._apply_failure is not None:
            return replace(said, code="APPLY-FAILED", detail=self._apply_failure[1])
        crash_point("applied")
        self._state = replace(self._state, applied=digest)
        return said

    # -- what is said ------------------------------------------------------------------------------

    def _is_news(self, said: _Said) -> bool:
        """What became of the last message stays said until there is something else to say."""
        if self._last is None or (said.code == DRIFT and self._held is not None):
            return True
        on_disk, holding = self._holding()
        return said.code not in {"", self._last[0]} or (on_disk, holding) != self._last[1:]

    def _holding(self) -> tuple[str, Holding]:
        """The digest of License.xml, re-read from disk, and what that means."""
        try:
            content = read_bounded(self._places.license, limit=MESSAGE_LIMIT, follow_links=False)
        except LicenseFileError:
            on_disk = ""
        else:
            on_disk = sha256(content)
        if self._state.mark is None:
            return on_disk, Holding.EMPTY
        if self._held is None or on_disk != self._state.sha256:
            return on_disk, Holding.DAMAGED
        return on_disk, Holding.APPLIED if self._state.applied == on_disk else Holding.STORED

    def _report(self, said: _Said, *, now: datetime) -> bytes:
        on_disk, holding = self._holding()
        self._last = (said.code, on_disk, holding)
        counter = rules.next_counter(self._state.counter, now=now)
        report = new_report(
            deployment=self._trust.deployment,
            server_id=self._trust.server_id,
            message_id=said.message_id,
            version=self._state.version,
            sha256=on_disk,
            state=holding,
            code=said.code,
            detail=said.detail,
            counter=counter,
            agent_version=licensedesk.__version__,
            at=now,
        )
        self._state = replace(self._state, counter=counter, last_report=asdict(report))
        report = self._remembered(self._with_proof(report))
        _log.info("%s %s %s", holding.value, report.version, f"{report.code} {report.detail}".strip())
        return self._identity.signer.sign(report.to_payload(), payload_type=REPORT_TYPE)

    def _remembered(self, report: Report) -> Report:
        """Where nothing can be written down, the report says so; what is held is true all the same."""
        try:
            self._write_state()
        except SurroundingsError as error:
            return report if report.code else replace(report, code="STORE-FAILED", detail=error.message)
        return report

    def _write_state(self) -> None:
        self._places.prepare(self._places.state)
        write_state(self._places.state, self._state)
        crash_point("state-stored")

    def _with_proof(self, report: Report) -> Report:
        """The key with its proof, until a message has said that the key is enrolled."""
        key = self._identity.signer.key
        if self._state.enrolled_key == key.key_id:
            return report
        proof = enrolment_proof(
            token=self._identity.enrolment.token,
            deployment=report.deployment,
            server_id=report.server_id,
            public_key=key.pem,
        )
        return replace(report, public_key=key.pem, proof=proof)

    # -- what is shown -----------------------------------------------------------------------------

    @property
    def matches_envelope(self) -> bool:
        return self._held is not None and self._difference(self._held) is None

    @property
    def state(self) -> AgentState:
        return self._state

    @property
    def holding(self) -> tuple[str, Holding]:
        return self._holding()
