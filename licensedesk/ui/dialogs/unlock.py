"""Unlock Site Key: the passphrase, asked for when something is to be signed for the first time."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget

from licensedesk.core.errors import LicenseDeskError
from licensedesk.ui import operations
from licensedesk.ui.session import Session
from licensedesk.ui.tokens import State
from licensedesk.ui.widgets.dialog import Dialog
from licensedesk.ui.widgets.form import Form
from licensedesk.ui.widgets.page import label


def open_unlock(session: Session, parent: QWidget, then: Callable[[], object] | None = None) -> None:
    """Ask for the passphrase; `then` runs once the key is open."""
    UnlockDialog(session, parent, then).open()


class UnlockDialog(Dialog):
    """Stays open on a wrong passphrase, with the field selected to try again."""

    def __init__(self, session: Session, parent: QWidget, then: Callable[[], object] | None) -> None:
        super().__init__("", main="", parent=parent)
        self.set_title(self.tr("Unlock Site Key"))
        self.set_main(self.tr("Unlock"))
        self._session = session
        self._then = then
        why = label(
            self.tr(
                "License.xml and enrolment files are signed with the key of site {0}."
                " Its passphrase opens the key for this session."
            ).format(session.site_name),
            "secondary",
        )
        why.setWordWrap(True)
        self.passphrase = QLineEdit()
        self.passphrase.setEchoMode(QLineEdit.EchoMode.Password)
        self.passphrase.textEdited.connect(self._judge)
        self.keep = QCheckBox(self.tr("&Keep it in the key store of this system"))
        self.body.addWidget(why)
        form = Form()
        form.add(self.tr("&Passphrase"), self.passphrase)
        form.addRow("", self.keep)
        self.body.addLayout(form)
        self.body.addStretch()
        self.submitted.connect(self._unlock)
        self.set_width(480)
        self._judge()
        self.passphrase.setFocus()
        operations.read_sample_passphrase(session, owner=self, done=self._help)

    def _help(self, sample: str | None) -> None:
        if sample is not None and not self.busy and not self.notice.text:
            self.notice.say(
                State.INFO, self.tr("This is a sample site; its passphrase is: {0}").format(sample)
            )

    def _judge(self) -> None:
        self.set_valid(bool(self.passphrase.text()), self.tr("Enter the passphrase."))

    def _unlock(self) -> None:
        self.set_busy(self.tr("Opening the key…"))
        operations.unlock(
            self._session,
            passphrase=self.passphrase.text(),
            keep=self.keep.isChecked(),
            owner=self,
            done=self._opened,
            failed=self._failed,
        )

    def _failed(self, error: LicenseDeskError) -> None:
        self.refuse(error)
        self.passphrase.selectAll()
        self.passphrase.setFocus()

    def _opened(self, kept_as_wished: bool) -> None:
        self.set_busy()
        if not kept_as_wished:
            self._session.said.emit(
                self.tr("The key is open for this session; this system has no key store to keep it in.")
            )
        self.notice.say(State.OK, self.tr("The key is open."))
        self.accept()
        if self._then is not None:
            self._then()
