"""Events that the distribution fires, once per crossing, and the audit entry for a disagreement.

What holds is derived from the ledger alone, so that an event ends with its reason, whatever made it go:
a report, another enrolment, the server's removal.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from licensedesk.core import audit, events
from licensedesk.core.distribution.ledger import HARMLESS, Line
from licensedesk.core.distribution.ledger_store import Reported
from licensedesk.core.distribution.plan import unexplained
from licensedesk.core.distribution.reports import COUNTER_WENT_BACK, IMPLAUSIBLE
from licensedesk.core.distribution.uploads import read_stamps
from licensedesk.core.documents.messages import CLOCK_AHEAD, DRIFT
from licensedesk.core.events import EventCode
from licensedesk.core.store.database import Store
from licensedesk.core.types import Actor, ServerId

REPEATED = timedelta(hours=1)
Alarm = tuple[EventCode, str]
"""An event that holds, and the host name of the server that it is about."""
_OF_A_LINE = (
    EventCode.MESSAGE_REJECTED,
    EventCode.ROLLED_BACK,
    EventCode.COUNTER_WENT_BACK,
    EventCode.REPORT_REFUSED,
)
_MOMENTARY = {DRIFT: EventCode.DRIFT, CLOCK_AHEAD: EventCode.CLOCK_AHEAD}


def open_alarms(store: Store) -> set[Alarm]:
    return {(code, subject) for code in _OF_A_LINE for subject in events.open_subjects(store, code)}


def alarms_of(line: Line) -> dict[Alarm, dict[str, Any]]:
    """What holds of one server now, with the figures of the event."""
    found: dict[EventCode, str] = {}
    if line.reported_code not in HARMLESS and not line.acknowledged:
        found[EventCode.MESSAGE_REJECTED] = line.reported_code
    if line.refused_code == IMPLAUSIBLE or line.rejection == "ROLLBACK":
        found[EventCode.ROLLED_BACK] = line.refused_code or line.rejection
    if line.refused_code == COUNTER_WENT_BACK:
        found[EventCode.COUNTER_WENT_BACK] = line.refused_code
    elif line.refused_code not in {"", IMPLAUSIBLE}:
        found[EventCode.REPORT_REFUSED] = line.refused_code
    host, detail = line.host_name, line.reported_detail
    return {(code, host): {"server": host, "reason": why, "detail": detail} for code, why in found.items()}


@dataclass(frozen=True, slots=True)
class Crossings:
    """Events that begin to hold, with their figures, and those that end."""

    fired: Mapping[Alarm, dict[str, Any]]
    ended: Collection[Alarm]

    def __bool__(self) -> bool:
        return bool(self.fired or self.ended)

    def after(self, held: set[Alarm]) -> set[Alarm]:
        return (held | self.fired.keys()) - set(self.ended)


def crossings(held: Collection[Alarm], lines: Iterable[Line]) -> Crossings:
    """What begins to hold of these lines, and which of the alarms `held` of them no longer do."""
    holding: dict[Alarm, dict[str, Any]] = {}
    for line in lines:
        if line.reported_code or line.refused_code:
            holding |= alarms_of(line)
    fired = {alarm: figures for alarm, figures in holding.items() if alarm not in held}
    return Crossings(fired, [alarm for alarm in held if alarm not in holding])


def alarms_about(held: Collection[Alarm], lines: Iterable[Line]) -> list[Alarm]:
    """Those of the alarms that are about these servers."""
    hosts = {line.host_name for line in lines} if held else set()
    return [alarm for alarm in held if alarm[1] in hosts]


def note_crossings(store: Store, found: Crossings, *, at: datetime) -> None:
    """Inside a transaction."""
    for (code, host), figures in found.fired.items():
        events.fire(store, code, subject=host, figures=figures, at=at)
    for code, host in found.ended:
        events.end(store, code, subject=host, at=at)


def note_moments(
    store: Store, reported: Iterable[Reported], lines: Mapping[ServerId, Line], *, at: datetime
) -> None:
    """What is over when it is reported: mended by the agent, or refused by one that is current all the same.
    `lines` are as after the reports. Inside a transaction.

    Somebody who repeats old messages can do so every second: that is one event in REPEATED.
    """
    for each in reported:
        if not each.code:
            continue
        line = lines[each.server]
        event = _MOMENTARY.get(each.code, EventCode.MESSAGE_REJECTED if line.acknowledged else None)
        told = event is EventCode.MESSAGE_REJECTED and events.happened_since(
            store, event, subject=line.host_name, since=at - REPEATED
        )
        if event is not None and not told:
            figures = {"server": line.host_name, "reason": each.code, "detail": each.detail}
            events.happened(store, event, subject=line.host_name, figures=figures, at=at)


def note_damaged(
    store: Store,
    damaged: Mapping[ServerId, list[str]],
    host_names: Mapping[ServerId, str],
    *,
    at: datetime,
) -> None:
    """Fire for every server with a damaged license, end it for those that had one."""
    begun = {host_names[server]: names for server, names in damaged.items()}
    held = events.open_subjects(store, EventCode.LICENSE_DAMAGED)
    if begun.keys() == held:
        return
    with store.writing():
        for host, names in begun.items():
            figures = {"server": host, "licenses": names}
            events.fire(store, EventCode.LICENSE_DAMAGED, subject=host, figures=figures, at=at)
        for host in held - begun.keys():
            events.end(store, EventCode.LICENSE_DAMAGED, subject=host, at=at)


def note_disagreement(store: Store, lines: Collection[Line], *, by: Actor, at: datetime) -> None:
    """The ledger wins over the time stamps; where nothing explains that they disagree, audit says so."""
    servers = [line.host_name for line in unexplained(lines, read_stamps(store))]
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
