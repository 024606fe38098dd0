"""Columns of the ledger and of the history of distributions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from licensedesk.core.types import parse_stamp
from licensedesk.ui.figures import NONE, lately, moment, number
from licensedesk.ui.item_models.rows import Column
from licensedesk.ui.tokens import State
from licensedesk.ui.vocabulary import ledger_chip
from licensedesk.ui.widgets.chips import Chip
from licensedesk.ui.wording import pattern, sentence

if TYPE_CHECKING:
    from licensedesk.core.distribution.history import Run
    from licensedesk.core.distribution.status import ServerStatus


def _tr(text: str) -> str:
    return QCoreApplication.translate("Ledger", text)


def reason(row: ServerStatus) -> str:
    """Why the server is not current, in one sentence; empty where it is."""
    return sentence(row.code, row.figures) if row.code else ""


def _short_reason(row: ServerStatus) -> str:
    """Without the name of the server, which stands in the row."""
    text = reason(row).removeprefix(f"{row.line.host_name} ")
    return text[:1].upper() + text[1:]


def _kind_of_reason(row: ServerStatus) -> str:
    """To sort by: with their figures 10,000 sentences take a quarter of a second."""
    return pattern(row.code).removeprefix("{server} ").casefold() if row.code else ""


def ledger_columns() -> tuple[Column[ServerStatus], ...]:
    return (
        Column(key="server", title=_tr("Server"), text=lambda row: row.line.host_name, width=144),
        Column(key="range", title=_tr("Range"), text=lambda row: row.line.range_host_name, width=114),
        Column(
            key="state",
            title=_tr("State"),
            text=lambda row: ledger_chip(row.state.value).text,
            chip=lambda row: ledger_chip(row.state.value),
            width=124,
        ),
        Column(
            key="desired",
            title=_tr("Desired"),
            text=lambda row: number(row.line.desired_version),
            sort=lambda row: row.line.desired_version,
            number=True,
            width=70,
        ),
        Column(
            key="held",
            title=_tr("Held"),
            text=lambda row: number(row.line.held_version),
            sort=lambda row: row.line.held_version,
            number=True,
            width=54,
        ),
        Column(
            key="attempts",
            title=_tr("Attempts"),
            text=lambda row: number(row.line.attempts),
            sort=lambda row: row.line.attempts,
            number=True,
            width=78,
        ),
        Column(
            key="sent",
            title=_tr("Last message"),
            text=lambda row: lately(row.line.sent_at),
            tooltip=lambda row: moment(row.line.sent_at),
            sort=lambda row: row.line.sent_at,
            width=106,
        ),
        Column(
            key="reported",
            title=_tr("Last report"),
            text=lambda row: lately(row.line.reported_at),
            tooltip=lambda row: moment(row.line.reported_at),
            sort=lambda row: row.line.reported_at,
            width=100,
        ),
        Column(
            key="reason",
            title=_tr("Reason"),
            text=_short_reason,
            sort=_kind_of_reason,
            tooltip=reason,
            width=140,
            stretch=True,
        ),
        Column(
            key="agent",
            title=_tr("Agent"),
            text=lambda row: row.line.agent_version or NONE,
            width=80,
            hidden=True,
        ),
    )


def history_columns() -> tuple[Column[Run], ...]:
    return (
        Column(
            key="began",
            title=_tr("Began"),
            text=lambda row: moment(parse_stamp(row.began_at)),
            sort=lambda row: row.began_at,
            width=140,
        ),
        Column(key="by", title=_tr("By"), text=lambda row: row.by, width=120),
        Column(key="reason", title=_tr("Why"), text=_why, width=170),
        Column(
            key="version",
            title=_tr("Version"),
            text=lambda row: number(row.version),
            sort=lambda row: row.version,
            number=True,
            width=80,
        ),
        Column(
            key="servers",
            title=_tr("Servers"),
            text=lambda row: number(row.servers),
            sort=lambda row: row.servers,
            number=True,
            width=80,
        ),
        Column(
            key="current",
            title=_tr("Current at its end"),
            text=lambda row: number(row.current),
            sort=lambda row: row.current,
            number=True,
            width=140,
        ),
        Column(
            key="ended",
            title=_tr("Ended"),
            text=lambda row: moment(parse_stamp(row.ended_at)) if row.ended_at else NONE,
            sort=lambda row: row.ended_at or "",
            width=140,
        ),
        Column(
            key="outcome",
            title=_tr("Outcome"),
            text=lambda row: _outcome(row).text,
            chip=_outcome,
            width=130,
            stretch=True,
        ),
    )


def _why(row: Run) -> str:
    words = {
        "start": _tr("At the start"),
        "demand": _tr("On demand"),
        "force": _tr("Forced"),
        "verify": _tr("Verification"),
        "retry": _tr("Retry of selected servers"),
        "watch": _tr("By the watch service"),
    }
    return words.get(row.reason, row.reason)


def _outcome(row: Run) -> Chip:
    chips = {
        "complete": Chip(_tr("Complete"), State.OK),
        "incomplete": Chip(_tr("Incomplete"), State.WARNING),
        "cancelled": Chip(_tr("Cancelled"), State.NEUTRAL),
    }
    return chips.get(row.outcome or "", Chip(_tr("Running"), State.INFO, "distribution"))
