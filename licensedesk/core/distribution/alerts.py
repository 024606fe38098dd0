"""Events that the distribution fires, once per crossing, and the audit entry for a disagreement."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from licensedesk.core import audit, events
from licensedesk.core.distribution.ledger import HARMLESS, Line
from licensedesk.core.distribution.ledger_store import Reported
from licensedesk.core.distribution.plan import unexplained
from licensedesk.core.distribution.uploads import read_stamps
from licensedesk.core.documents.messages import CLOCK_AHEAD, DRIFT
from licensedesk.core.events import EventCode
from licensedesk.core.store.database import Store
from licensedesk.core.types import Actor, ServerId


def note_batch(
    store: Store,
    lines: Mapping[ServerId, Line],
    reported: Iterable[Reported],
    refused: Iterable[tuple[ServerId, str, bool]],
    *,
    at: datetime,
) -> None:
    """Events of a batch of reports, inside its transaction. `lines` are as before the batch."""
    for each in reported:
        line = lines.get(each.server)
        if line is not None:
            _note_report(store, line, each, at=at)
    for server, code, unknown in refused:
        line = lines.get(server)
        if line is not None:
            event = EventCode.COUNTER_WENT_BACK if unknown else EventCode.REPORT_REFUSED
            figures = {"server": line.host_name, "reason": code}
            events.fire(store, event, subject=line.host_name, figures=figures, at=at)


def _note_report(store: Store, line: Line, report: Reported, *, at: datetime) -> None:
    host = line.host_name
    figures = {"server": host, "reason": report.code, "detail": report.detail}
    if report.code == DRIFT:
        events.happened(store, EventCode.DRIFT, subject=host, figures=figures, at=at)
    if report.code == CLOCK_AHEAD:
        events.happened(store, EventCode.CLOCK_AHEAD, subject=host, figures=figures, at=at)
    if report.code == "ROLLBACK":
        events.fire(store, EventCode.ROLLED_BACK, subject=host, figures=figures, at=at)
    if report.code not in HARMLESS:
        events.fire(store, EventCode.MESSAGE_REJECTED, subject=host, figures=figures, at=at)
    elif line.reported_code not in HARMLESS:
        for ended in (EventCode.MESSAGE_REJECTED, EventCode.ROLLED_BACK):
            events.end(store, ended, subject=host, at=at)
    if line.unknown or line.refused_code:
        for ended in (EventCode.COUNTER_WENT_BACK, EventCode.REPORT_REFUSED):
            events.end(store, ended, subject=host, at=at)


def note_damaged(
    store: Store,
    damaged: Mapping[ServerId, list[str]],
    host_names: Mapping[ServerId, str],
    *,
    at: datetime,
) -> None:
    """Fire for every server with a damaged license, end it for those that had one."""
    begun = {host_names[server]: names for server, names in damaged.items()}
    open_before = {
        subject
        for (subject,) in store.rows(
            "SELECT subject FROM event WHERE code = ? AND ended_at IS NULL",
            (EventCode.LICENSE_DAMAGED.value,),
        )
    }
    if begun.keys() == open_before:
        return
    with store.writing():
        for host, names in begun.items():
            figures = {"server": host, "licenses": names}
            events.fire(store, EventCode.LICENSE_DAMAGED, subject=host, figures=figures, at=at)
        for host in open_before - begun.keys():
            events.end(store, EventCode.LICENSE_DAMAGED, subject=host, at=at)


def note_disagreement(store: Store, lines: Collection[Line], *, by: Actor, at: datetime) -> None:
    """The ledger wins over the time stamps; where nothing explains that they disagree, audit says so."""
    stamps = read_stamps(store)
    servers = [line.host_name for line in unexplained(lines, stamps)]
    if servers:
        with store.writing():
            audit.append(
                store,
                by=by,
                at=at,
                action="stamps-disagree",
                subject="ledger",
                before={"count": len(servers)},
                after={"servers": servers[:100]},
            )
