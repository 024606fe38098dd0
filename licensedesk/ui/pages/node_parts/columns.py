"""The columns of the lists of nodes; their keys are those by which the core sorts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from licensedesk.ui.figures import NONE
from licensedesk.ui.item_models.rows import Column
from licensedesk.ui.node_words import seen, state_chip, state_word

if TYPE_CHECKING:
    from licensedesk.core.nodes.queries import NodeRow


def _tr(text: str) -> str:
    return QCoreApplication.translate("Nodes", text)


def node_columns() -> tuple[Column[NodeRow], ...]:
    return (
        Column(
            key="host_name",
            title=_tr("Host name"),
            text=lambda row: row.host_name,
            tooltip=lambda row: row.host_name,
            width=170,
            stretch=True,
        ),
        Column(key="ip", title=_tr("IP address"), text=lambda row: row.ip or NONE, width=110),
        Column(
            key="macs",
            title=_tr("MAC addresses"),
            text=lambda row: row.macs.replace(" ", ", ") or NONE,
            tooltip=lambda row: row.macs.replace(" ", "\n"),
            sortable=False,
            width=150,
            hidden=True,
        ),
        Column(
            key="os",
            title=_tr("Operating system"),
            text=lambda row: row.os or NONE,
            tooltip=lambda row: row.os,
            width=235,
        ),
        Column(
            key="managing_source",
            title=_tr("Managing source"),
            text=lambda row: row.source,
            tooltip=lambda row: row.source,
            width=140,
        ),
        Column(key="product", title=_tr("Product"), text=lambda row: row.product, width=130),
        Column(
            key="first_seen",
            title=_tr("First seen"),
            text=lambda row: seen(row.first_seen),
            muted=True,
            width=145,
            hidden=True,
        ),
        Column(
            key="last_seen",
            title=_tr("Last seen"),
            text=lambda row: seen(row.last_seen),
            muted=True,
            width=150,
        ),
    )


def duplicate_columns() -> tuple[Column[NodeRow], ...]:
    """Of the same device at other sources, where the state is to be seen, too."""
    state: Column[NodeRow] = Column(
        key="state",
        title=_tr("State"),
        text=lambda row: state_word(row.state),
        chip=lambda row: state_chip(row.state),
        width=120,
    )
    wanted = {"managing_source", "host_name", "ip", "last_seen"}
    shown = {column.key: column for column in node_columns() if column.key in wanted}
    return (shown["managing_source"], state, shown["host_name"], shown["ip"], shown["last_seen"])
