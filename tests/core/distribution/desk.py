"""A console at work on the example's site: its clock, its broker in memory, and agents that only sign."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from licensedesk.core import events
from licensedesk.core.distribution.distributor import Distributor
from licensedesk.core.distribution.enrolment import invite
from licensedesk.core.distribution.ledger import Line, State, state_of
from licensedesk.core.distribution.ledger_store import read_lines
from licensedesk.core.distribution.uploads import read_stamps
from licensedesk.core.documents.enrolment import Enrolment, enrolment_proof, open_enrolment
from licensedesk.core.documents.messages import (
    CONFIGURATION_TYPE,
    REPORT_TYPE,
    Configuration,
    Holding,
    Report,
    read_configuration,
)
from licensedesk.core.store.database import Store
from licensedesk.core.transports.memory import MemoryBroker, MemoryConsole
from licensedesk.core.trust import PublicKey, Signer, new_signer, open_envelope
from licensedesk.core.types import ServerId, stamp
from tests.core.example import AT, BY, Example

MINUTE = timedelta(minutes=1)


@dataclass
class SigningAgent:
    """Who reports for a server: whatever the test says, signed with the agent's key."""

    enrolment: Enrolment
    console: PublicKey
    signer: Signer = field(default_factory=new_signer)
    counter: int = 0
    proving: bool = True

    def read(self, message: bytes) -> Configuration:
        opened = open_envelope(
            message, file="m", limit=1 << 21, trusted=[self.console], payload_type=CONFIGURATION_TYPE
        )
        return read_configuration(opened.payload)

    def report(self, message: Configuration | None, **changed: Any) -> bytes:
        """That the message was applied; `changed` are fields of the report that say something else."""
        self.counter += 1
        key = self.signer.key
        proof = enrolment_proof(
            token=self.enrolment.token,
            deployment=self.enrolment.deployment,
            server_id=self.enrolment.server_id,
            public_key=key.pem,
        )
        report = Report(
            deployment=self.enrolment.deployment,
            server_id=self.enrolment.server_id,
            message_id=message.message_id if message else "",
            version=message.version if message else 0,
            sha256=message.sha256 if message else "",
            state=Holding.APPLIED if message else Holding.EMPTY,
            code="",
            detail="",
            counter=self.counter,
            agent_version="1",
            reported_at=stamp(AT),
            public_key=key.pem if self.proving else "",
            proof=proof if self.proving else "",
        )
        return self.signer.sign(replace(report, **changed).to_payload(), payload_type=REPORT_TYPE)


@dataclass
class Desk:
    """`now` is what its clock shows."""

    example: Example
    signer: Signer
    now: datetime = AT
    broker: MemoryBroker = field(default_factory=MemoryBroker)
    agents: dict[str, SigningAgent] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        return self.example.store

    def id(self, name: str) -> ServerId:
        return self.example.id(name)

    def invite(self, *names: str, confirmed: bool = False) -> None:
        for name in names:
            raw = invite(
                self.example.site,
                server=self.id(name),
                signer=self.signer,
                by=BY,
                at=self.now,
                confirmed=confirmed,
            )
            self.agents[name] = SigningAgent(open_enrolment(raw), self.signer.key)

    def open(self, **changed: Any) -> Distributor:
        settings = {
            "transport": MemoryConsole(self.broker),
            "signer": self.signer,
            "by": BY,
            "clock": lambda: self.now,
            "jitter": random.Random(1),  # noqa: S311 - the same each time
            **changed,
        }
        distributor = Distributor(self.example.site, **settings)
        distributor.open()
        return distributor

    def message(self, name: str) -> Configuration:
        """The message that lies on the broker for a server."""
        return self.agents[name].read(self.broker.messages[self.id(name)])

    def messages(self) -> str:
        """Whom a message lies on the broker for."""
        by_id = {self.id(name): name for name in "bcde"}
        return "".join(sorted(by_id[ServerId(server)] for server in self.broker.messages))

    def answer(self, names: str, **changed: Any) -> None:
        """These servers report that they have applied what lies on the broker, or as `changed` says."""
        for name in names:
            self.broker.report(self.id(name), self.agents[name].report(self.message(name), **changed))

    def line(self, name: str) -> Line:
        return next(line for line in read_lines(self.store) if line.host_name == name)

    def state(self, name: str) -> State:
        return state_of(self.line(name), at=self.now)

    def states(self) -> dict[str, State]:
        lines = sorted(read_lines(self.store), key=lambda line: line.host_name)
        return {line.host_name: state_of(line, at=self.now) for line in lines}

    def all_current(self, distributor: Distributor) -> None:
        """One whole distribution in which everybody answers who is sent something."""
        distributor.distribute(reason="demand")
        distributor.step(timeout=0)
        self.answer(self.messages())
        distributor.step(timeout=0)
        assert set(self.states().values()) <= {State.CURRENT, State.NOT_ENROLLED}
        assert not read_stamps(self.store).due

    def alarms(self) -> set[tuple[str, str]]:
        """The events that hold now, as (code, subject)."""
        found = events.list_events(self.store, limit=1000)
        return {(event.code, event.subject) for event in found if event.ended_at is None}

    def events(self) -> list[tuple[str, str]]:
        """All that ever fired, oldest first."""
        found = events.list_events(self.store, limit=1000)
        return [(event.code, event.subject) for event in reversed(found)]
