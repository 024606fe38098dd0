"""The two time stamps side by side, and the verdict in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from licensedesk.ui.figures import moment
from licensedesk.ui.tokens import State
from licensedesk.ui.vocabulary import counted
from licensedesk.ui.widgets.chips import Chip, ChipLabel
from licensedesk.ui.widgets.page import label, panel

if TYPE_CHECKING:
    from datetime import datetime

    from licensedesk.core.distribution.stamps import Stamps


class StampsPanel(QWidget):
    """BPLICENSE and BPCONFIG keep the names they have in the database and in the documents."""

    def __init__(self) -> None:
        super().__init__()
        self.uploaded = _StampCard("BPLICENSE", self.tr("Last change of what servers hold"))
        self.distributed = _StampCard(
            "BPCONFIG EM/SRLC/LicensedLastModifiedData", self.tr("Last distribution to every enrolled server")
        )
        self.verdict = ChipLabel(Chip(""))
        self.words = label("", "secondary")
        self.words.setWordWrap(True)
        verdict = panel()
        inner = QVBoxLayout(verdict)
        inner.setContentsMargins(16, 12, 16, 12)
        inner.setSpacing(6)
        inner.addWidget(self.verdict)
        inner.addWidget(self.words)
        inner.addStretch()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self.uploaded, 1)
        row.addWidget(self.distributed, 1)
        row.addWidget(verdict, 1)

    def show_stamps(self, stamps: Stamps, *, waiting: int) -> None:
        """`waiting` counts the servers that are waited for before the distribution is complete."""
        self.uploaded.set_moment(stamps.uploaded_at)
        self.distributed.set_moment(stamps.distributed_at)
        chip, words = self._verdict(stamps, waiting)
        self.verdict.set_chip(chip)
        self.words.setText(words)

    def _verdict(self, stamps: Stamps, waiting: int) -> tuple[Chip, str]:
        due = {
            "never-uploaded": self.tr("Nothing was ever changed."),
            "never-distributed": self.tr("License.xml was never distributed to every server."),
            "uploaded-since": self.tr("What servers hold has changed since the last distribution."),
            "nothing-new": self.tr("Nothing has changed since the last distribution."),
        }[stamps.reason.value]
        if not stamps.due:
            return Chip(self.tr("Nothing to distribute"), State.OK), due
        if waiting:
            due += " " + counted(
                waiting,
                one=self.tr("It is complete but for {0} server."),
                several=self.tr("It is complete but for {0} servers."),
            )
        return Chip(self.tr("Distribution is due"), State.INFO, "distribution"), due


class _StampCard(QFrame):
    def __init__(self, table: str, meaning: str) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self.shown = label("", "section")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(4)
        name = label(table, "secondary")
        name.setWordWrap(True)
        layout.addWidget(name)
        layout.addWidget(self.shown)
        said = label(meaning, "secondary")
        said.setWordWrap(True)
        layout.addWidget(said)
        layout.addStretch()

    def set_moment(self, at: datetime | None) -> None:
        """To the minute; the microseconds are in the tool tip, since they decide."""
        self.shown.setText(moment(at) if at is not None else self.tr("Never"))
        self.shown.setToolTip(at.isoformat() if at is not None else "")
