"""All that is known of one node, and where else the same device was probably found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from licensedesk.core.changes import Changes
from licensedesk.core.errors import LicenseDeskError
from licensedesk.core.names import visible
from licensedesk.core.types import NodeId, NodeState
from licensedesk.ui.figures import NONE
from licensedesk.ui.item_models.rows import RowsModel
from licensedesk.ui.node_words import family_word, seen, state_chip, state_word
from licensedesk.ui.pages.node_parts.columns import duplicate_columns
from licensedesk.ui.session import Session
from licensedesk.ui.tokens import State
from licensedesk.ui.widgets.chips import ChipLabel
from licensedesk.ui.widgets.dialog import Dialog
from licensedesk.ui.widgets.page import button, label
from licensedesk.ui.widgets.sections import SectionTitle
from licensedesk.ui.widgets.table import TableView
from licensedesk.ui.wording import told

if TYPE_CHECKING:
    from licensedesk.core.nodes.details import NodeDetail
    from licensedesk.core.nodes.queries import NodeRow
    from licensedesk.core.store.database import Store


def open_node_details(session: Session, parent: QWidget, node: NodeId) -> None:
    NodeDetailsDialog(session, parent, node).open_reading()


class NodeDetailsDialog(Dialog):
    """Follows the site while it is open; a node that another console deletes stays readable, and says so."""

    def __init__(self, session: Session, parent: QWidget, node: NodeId) -> None:
        super().__init__("", main="", parent=parent)
        self.set_title(self.tr("Node Details"))
        self.set_main(self.tr("Close"))
        self.session = session
        self._node = node
        self._lines: list[tuple[str, str]] = []
        self._chip: ChipLabel | None = None
        self.facts = QGridLayout()
        self.facts.setHorizontalSpacing(24)
        self.facts.setVerticalSpacing(8)
        self.facts.setColumnStretch(1, 1)
        self.duplicates: RowsModel[NodeRow] = RowsModel(duplicate_columns(), key=lambda row: row.id)
        self.table = TableView(self.duplicates, name=self.tr("Probably the same device"))
        self.table.say_when_empty(self.tr("No other managing source has found this device."))
        self.why = button(self.tr("Why Is This Node Waiting?"), self._open_why)
        self.why.hide()
        self.copy_button = button(self.tr("Copy"), self.copy)
        self.extra.addWidget(self.copy_button)
        self.extra.addWidget(self.why)
        self.body.addLayout(self.facts)
        self.body.addWidget(SectionTitle(self.tr("Probably the same device, found by other sources")))
        self.body.addWidget(self.table, 1)
        self.cancel_button.hide()
        self.submitted.connect(self.accept)
        session.changed.connect(self._on_changed)
        self.table.activated_row.connect(lambda row: self._turn_to(row.id))
        self.set_size(720, 560)

    def open_reading(self) -> None:
        self.open()
        self._read()

    def _turn_to(self, node: NodeId) -> None:
        self._node = node
        self._read()

    def _read(self) -> None:
        node, actor = self._node, self.session.actor

        def read(store: Store) -> NodeDetail:
            from licensedesk.core.nodes.details import read_node

            return read_node(store, node, by=actor)

        self.session.read(read, owner=self, done=self._show, key=(id(self), "node"), failed=self._refused)

    def _show(self, detail: NodeDetail) -> None:
        row = detail.row
        self.notice.clear()
        self.set_title(visible(row.host_name))
        if self._chip is None:
            self._chip = ChipLabel(state_chip(row.state))
            self.header.insertWidget(1, self._chip, alignment=Qt.AlignmentFlag.AlignVCenter)
        self._chip.set_chip(state_chip(row.state))
        self.why.setVisible(row.state == NodeState.DISCOVERED)
        self._fill(detail)
        self.duplicates.set_rows(detail.duplicates)

    def _fill(self, detail: NodeDetail) -> None:
        row = detail.row
        self._lines = [
            (self.tr("Host name"), row.host_name),
            (self.tr("IP address"), row.ip),
            (self.tr("MAC addresses"), row.macs.replace(" ", ", ")),
            (self.tr("Operating system"), row.os),
            (self.tr("OS family"), family_word(detail.os_family)),
            (self.tr("Inventory id"), detail.inventory_id),
            (self.tr("State"), state_word(row.state)),
            (self.tr("Product"), row.product),
            (self.tr("Managing source"), row.source),
            (self.tr("Range (sharing source)"), detail.range_source),
            (self.tr("First seen"), seen(row.first_seen)),
            (self.tr("Last seen"), seen(row.last_seen)),
        ]
        while (item := self.facts.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for at, (name, value) in enumerate(self._lines):
            self.facts.addWidget(label(name, "secondary"), at, 0, Qt.AlignmentFlag.AlignTop)
            self.facts.addWidget(_value(visible(value) or NONE), at, 1)

    def copy(self) -> None:
        text = "".join(f"{name}\t{visible(value)}\n" for name, value in self._lines)
        QGuiApplication.clipboard().setText(text)

    def _open_why(self) -> None:
        from licensedesk.ui.dialogs.why_waiting import open_why_waiting

        open_why_waiting(self.session, self, self._node)

    def _refused(self, error: LicenseDeskError) -> None:
        """What was read before stays on the screen."""
        self.why.hide()
        if error.code == "unknown-node" and self._lines:
            self.notice.say(
                State.WARNING,
                self.tr("This node was deleted meanwhile by another console."),
                self.tr("What is shown was known of it before."),
            )
        else:
            self.notice.say(State.CRITICAL, *told(error))

    def _on_changed(self, changes: Changes) -> None:
        if changes.nodes or changes.servers:
            self._read()


def _value(text: str) -> QLabel:
    shown = label(text)
    shown.setWordWrap(True)
    shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return shown
