"""A console without store and ledger: signs for servers, pins agents, keeps the last report of each."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from licensedesk.core.documents import messages
from licensedesk.core.documents.enrolment import ENROLMENT_TYPE, Enrolment
from licensedesk.core.documents.license_xml import LicenseDocument, write_license_xml
from licensedesk.core.documents.messages import (
    Configuration,
    Report,
    new_configuration,
    open_first_report,
    open_report,
)
from licensedesk.core.terms import ProductTerms
from licensedesk.core.transports.base import TransportSettings
from licensedesk.core.trust import PublicKey, Signer, new_signer
from licensedesk.core.types import stamp

START = datetime(2026, 11, 21, 9, 14, tzinfo=UTC)
DEPLOYMENT = "deployment-1"
SERVER = "00ff00ff00ff00ff"
TOKEN = "one-time-token-of-43-characters-0123456789ab"


def license_xml(quantity: int, *, version: int = 1, deployment: str = DEPLOYMENT) -> bytes:
    """A License.xml whose allocation tells documents apart."""
    return write_license_xml(
        LicenseDocument(
            deployment=deployment,
            version=version,
            uploaded_at=stamp(START),
            source_id="0000000000000001",
            source="hq.example.com",
            products=(ProductTerms("Desktop Manager", allocation=quantity),),
        )
    )


@dataclass
class ConsoleTwin:
    """One site. `pinned` are the keys of enrolled agents."""

    signer: Signer = field(default_factory=new_signer)
    deployment: str = DEPLOYMENT
    pinned: dict[str, PublicKey] = field(default_factory=dict)
    reports: dict[str, Report] = field(default_factory=dict)
    ids: Any = field(default_factory=lambda: itertools.count(1))

    def enrolment(self, server_id: str = SERVER, **changed: Any) -> bytes:
        fields: dict[str, Any] = {
            "deployment": self.deployment,
            "server_id": server_id,
            "host_name": "d.example.com",
            "trusted_keys": (self.signer.key.pem,),
            "transport": TransportSettings("folder:/nowhere"),
            "version_floor": 0,
            "token": TOKEN,
            "issued_at": stamp(START),
            "expires_at": stamp(START + timedelta(days=14)),
        }
        enrolment = Enrolment(**{**fields, **changed})
        return self.signer.sign(enrolment.to_payload(), payload_type=ENROLMENT_TYPE)

    def configuration(
        self, version: int, content: bytes, *, server_id: str = SERVER, at: datetime = START, days: int = 90
    ) -> Configuration:
        pinned = self.pinned.get(server_id)
        return new_configuration(
            content,
            deployment=self.deployment,
            server_id=server_id,
            version=version,
            message_id=f"m-{next(self.ids)}",
            issued_at=stamp(at),
            expires_at=stamp(at + timedelta(days=days)),
            enrolled_key=pinned.key_id if pinned else "",
        )

    def signed(
        self, configuration: Configuration, *, payload_type: str = messages.CONFIGURATION_TYPE
    ) -> bytes:
        return self.signer.sign(configuration.to_payload(), payload_type=payload_type)

    def message(self, version: int, content: bytes, **more: Any) -> bytes:
        return self.signed(self.configuration(version, content, **more))

    def read(self, raw: bytes, *, server_id: str = SERVER) -> Report:
        """Take a report; the first one of a server has its key pinned."""
        if server_id in self.pinned:
            report = open_report(raw, trusted=self.pinned[server_id])
        else:
            report, self.pinned[server_id] = open_first_report(
                raw, token=TOKEN, deployment=self.deployment, server_id=server_id
            )
        self.reports[server_id] = report
        return report
