"""Columns of the tree of servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from licensedesk.core.types import Role
from licensedesk.ui.figures import NONE, lately, moment, number
from licensedesk.ui.item_models.rows import Column
from licensedesk.ui.vocabulary import holder_word, ledger_chip, role_word
from licensedesk.ui.wording import sentence

if TYPE_CHECKING:
    from datetime import datetime

    from licensedesk.core.server_overview import ServerOverview
    from licensedesk.ui.widgets.chips import Chip


def _tr(text: str) -> str:
    return QCoreApplication.translate("Servers", text)


def server_columns() -> tuple[Column[ServerOverview], ...]:
    return (
        Column(
            key="server", title=_tr("Server"), text=lambda row: row.fact.host_name, width=230, stretch=True
        ),
        Column(key="role", title=_tr("Role"), text=_role, width=84),
        Column(key="option", title=_tr("Holding option"), text=_option, width=112),
        Column(key="range", title=_tr("Range"), text=lambda row: row.source.host_name, width=130),
        Column(key="agent", title=_tr("Agent"), text=_enrolment, tooltip=presence, width=76),
        Column(key="state", title=_tr("License.xml"), text=_state, chip=_chip, tooltip=reason, width=118),
        Column(
            key="held",
            title=_tr("Version held"),
            text=lambda row: number(_held(row)),
            sort=_held,
            tooltip=_versions,
            number=True,
            width=96,
        ),
        Column(
            key="reported",
            title=_tr("Last report"),
            text=lambda row: lately(_reported(row)),
            tooltip=lambda row: moment(_reported(row)),
            sort=_reported,
            width=100,
        ),
    )


def reason(row: ServerOverview) -> str:
    """Why the server does not hold the current License.xml, in one sentence; empty where it does."""
    status = row.status
    return sentence(status.code, status.figures) if status is not None and status.code else ""


def _role(row: ServerOverview) -> str:
    # "Managed server" is cut in a column of this width, and that it is a server is said by the view.
    return _tr("Managed") if row.fact.role == Role.MANAGED else role_word(row.fact.role)


def _option(row: ServerOverview) -> str:
    if row.fact.role == Role.MANAGED:
        return NONE
    return holder_word(row.fact.option, primary=row.fact.role == Role.PRIMARY)


def _enrolment(row: ServerOverview) -> str:
    if row.status is None:
        return NONE
    words = {"no": NONE, "invited": _tr("Invited"), "yes": _tr("Enrolled")}
    return words[row.status.line.enrolled.value]


def presence(row: ServerOverview) -> str:
    """Whether the agent is connected, as far as a broker has said so; empty where there is none to say it."""
    if row.status is None or row.status.line.online is None:
        return ""
    pattern = _tr("Connected, as the broker said at {0}.")
    if not row.status.line.online:
        pattern = _tr("Not connected, as the broker said at {0}.")
    return pattern.format(moment(row.status.line.online_at))


def _chip(row: ServerOverview) -> Chip | None:
    return None if row.status is None else ledger_chip(row.status.state.value)


def _state(row: ServerOverview) -> str:
    chip = _chip(row)
    return NONE if chip is None else chip.text


def _held(row: ServerOverview) -> int | None:
    return None if row.status is None else row.status.line.held_version


def _reported(row: ServerOverview) -> datetime | None:
    return None if row.status is None else row.status.line.reported_at


def _versions(row: ServerOverview) -> str:
    if row.status is None:
        return ""
    line = row.status.line
    return _tr("Holds version {0}; its range is at version {1}.").format(
        number(line.held_version), number(line.desired_version)
    )
