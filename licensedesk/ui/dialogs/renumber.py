"""Renumber Site: for an older copy of a site, whose agents hold newer messages than it made."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from licensedesk.core.changes import Changes
from licensedesk.core.names import visible
from licensedesk.ui import operations
from licensedesk.ui.figures import number
from licensedesk.ui.session import Session
from licensedesk.ui.widgets.dialog import Dialog
from licensedesk.ui.widgets.page import label

_SKIPPED = 1_000_000


def open_renumber(session: Session, parent: QWidget) -> None:
    RenumberDialog(session, parent).open()


class RenumberDialog(Dialog):
    """Says what it does; nothing is asked."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__("", main="", danger=True, parent=parent)
        self._session = session
        self.set_title(self.tr("Renumber Site"))
        self.set_main(self.tr("Renumber {0}").format(visible(session.site_name)))
        words = label(
            self.tr(
                "Agents refuse messages older than the one they hold. Where an older copy of this site was"
                " put in its place without Restore Site, they refuse what it sends. Renumbering skips {0}"
                " versions; every server is then sent its License.xml again."
            ).format(number(_SKIPPED)),
            "secondary",
        )
        words.setWordWrap(True)
        self.body.addWidget(words)
        self.body.addStretch()
        self.submitted.connect(self._renumber)
        self.set_width(520)

    def _renumber(self) -> None:
        self.set_busy(self.tr("Renumbering…"))
        operations.renumber(self._session, owner=self, done=self._done, failed=self.refuse)

    def _done(self, _changes: Changes) -> None:
        self.set_busy()
        self.accept()
