"""Change the passphrase that encrypts the site's key."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QLineEdit, QWidget

from licensedesk.ui import operations
from licensedesk.ui.session import Session
from licensedesk.ui.widgets.dialog import Dialog
from licensedesk.ui.widgets.form import Form, PassphraseAdvice


def open_change_passphrase(session: Session, parent: QWidget) -> None:
    ChangePassphraseDialog(session, parent).open()


class ChangePassphraseDialog(Dialog):
    """The old one, and the new one twice."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__("", main="", parent=parent)
        self._session = session
        self.set_title(self.tr("Change Passphrase"))
        self.set_main(self.tr("Change Passphrase"))
        self.old, self.new, self.again = (_secret(self._judge) for _ in range(3))
        form = Form()
        form.add(self.tr("&Old passphrase"), self.old)
        form.add(self.tr("&New passphrase"), self.new)
        self.advice = PassphraseAdvice(self.new)
        form.addRow("", self.advice)
        form.add(self.tr("New, &again"), self.again)
        self.body.addLayout(form)
        self.body.addStretch()
        self.submitted.connect(self._change)
        self.set_width(480)
        self._judge()
        self.old.setFocus()

    def _judge(self, _text: str = "") -> None:
        same = self.new.text() == self.again.text()
        self.set_valid(
            bool(self.old.text() and self.new.text()) and same,
            "" if same else self.tr("The two new passphrases differ."),
        )

    def _change(self) -> None:
        self.set_busy(self.tr("Encrypting the key…"))
        operations.change_passphrase(
            self._session,
            old=self.old.text(),
            new=self.new.text(),
            owner=self,
            done=self._done,
            failed=self.refuse,
        )

    def _done(self) -> None:
        self.set_busy()
        self.accept()


def _secret(edited: Callable[[str], None]) -> QLineEdit:
    field = QLineEdit()
    field.setEchoMode(QLineEdit.EchoMode.Password)
    field.textEdited.connect(edited)
    return field
