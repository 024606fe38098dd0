"""Getting Started: the first site, in one window, or the sample site to look around in."""

from __future__ import annotations

import platform
from collections.abc import Callable

from PySide6.QtWidgets import QLabel, QLineEdit, QRadioButton, QVBoxLayout, QWidget

from licensedesk.core.errors import RefusedError
from licensedesk.core.names import canonical_host_name, clean_text, visible
from licensedesk.ui import operations
from licensedesk.ui.session import Session
from licensedesk.ui.tokens import State
from licensedesk.ui.widgets.choices import Choices
from licensedesk.ui.widgets.dialog import Dialog
from licensedesk.ui.widgets.form import Form, PassphraseAdvice
from licensedesk.ui.widgets.page import button, label
from licensedesk.ui.widgets.sections import SectionTitle
from licensedesk.ui.wording import told

_DEFAULT_FOLDER = "exchange"


def open_getting_started(session: Session, parent: QWidget, then: Callable[[], object]) -> None:
    """`then` opens the site that was made."""
    GettingStartedDialog(session, parent, then).open()


class GettingStartedDialog(Dialog):
    """Site name, primary's host name, passphrase, folder or broker; everything else has a default."""

    def __init__(self, session: Session, parent: QWidget, then: Callable[[], object]) -> None:
        super().__init__("", main="", parent=parent)
        self._session = session
        self._then = then
        self.set_title(self.tr("Getting Started"))
        self.set_main(self.tr("Create Site"))
        self.cancel_button.setText(self.tr("Quit"))
        self.name = QLineEdit()
        self.name.setPlaceholderText(self.tr("Example Corp"))
        self.primary = QLineEdit(platform.node().lower())
        self.passphrase = QLineEdit()
        self.again = QLineEdit()
        for field in (self.passphrase, self.again):
            field.setEchoMode(QLineEdit.EchoMode.Password)
        self.folder = QRadioButton(self.tr("A &folder: one machine, a share, or an air gap"))
        self.broker = QRadioButton(self.tr("An MQTT &broker: many servers, or servers that are often off"))
        self.place = QLineEdit(_DEFAULT_FOLDER)
        self._transports = Choices(self)
        self._lay_out_body()
        self._connect()
        self.set_width(640)
        self.name.setFocus()
        self._judge()

    def _lay_out_body(self) -> None:
        words = _hint(
            self.tr(
                "A site holds your licenses, the tree of servers they are apportioned to, and the key that"
                " signs what is delivered. It is made in {0}."
            ).format(visible(str(self._session.folder)))
        )
        site = Form()
        site.add(self.tr("Site &name"), self.name)
        site.add(self.tr("&Primary's host name"), self.primary)
        key = Form()
        key.add(self.tr("Passphra&se"), self.passphrase)
        self.advice = PassphraseAdvice(self.passphrase)
        key.addRow("", self.advice)
        key.add(self.tr("Passphrase, &again"), self.again)
        transport = Form()
        transport.addRow("", self._choices())
        transport.add(self.tr("P&lace"), self.place)
        self.body.addWidget(words)
        self.body.addLayout(site)
        self.body.addWidget(SectionTitle(self.tr("Signing key")))
        self.body.addWidget(
            _hint(self.tr("The passphrase encrypts the key. Keep it safe: nobody can recover it."))
        )
        self.body.addLayout(key)
        self.body.addWidget(SectionTitle(self.tr("How License.xml travels to the servers")))
        self.body.addLayout(transport)
        self.body.addStretch()
        self._align()
        self.extra.addWidget(button(self.tr("Look Around with the Sample Site"), self.make_sample))

    def _align(self) -> None:
        """The inputs of all sections begin at one place."""
        labels = [one for one in self.findChildren(QLabel) if one.buddy() is not None]
        for one in labels:
            one.setMinimumWidth(max(one.sizeHint().width() for one in labels))

    def _choices(self) -> QWidget:
        box = QWidget()
        layout = QVBoxLayout(box)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for choice in (self.folder, self.broker):
            self._transports.addButton(choice)
            layout.addWidget(choice)
        self.folder.setChecked(True)
        return box

    def _connect(self) -> None:
        for field in (self.name, self.primary, self.passphrase, self.again, self.place):
            field.textEdited.connect(lambda _text: self._judge())
        self._transports.buttonClicked.connect(lambda _button: self._on_transport())
        self.submitted.connect(self._create)
        self.rejected.connect(self._quit)

    def _on_transport(self) -> None:
        self.place.setText(_DEFAULT_FOLDER if self.folder.isChecked() else "")
        self.place.setPlaceholderText("" if self.folder.isChecked() else "broker.example.com:8883")
        self._judge()

    @property
    def _transport(self) -> str:
        kind = "folder" if self.folder.isChecked() else "mqtt"
        return f"{kind}:{self.place.text().strip()}"

    def _judge(self) -> None:
        """By the core's own checks of names; what is still empty is not yet wrong."""
        self.notice.clear()
        filled = all(field.text().strip() for field in (self.name, self.primary, self.passphrase, self.place))
        try:
            if self.name.text().strip():
                clean_text(self.name.text().strip())
            if self.primary.text().strip():
                canonical_host_name(self.primary.text().strip())
        except RefusedError as error:
            self.notice.say(State.WARNING, *told(error))
            filled = False
        same = self.passphrase.text() == self.again.text()
        if self.again.text() and not same:
            self.notice.say(State.WARNING, self.tr("The two passphrases differ."))
        self.set_valid(filled and same, self.tr("Fill in every field."))

    def _create(self) -> None:
        from licensedesk.core.site import NewSite

        self.set_busy(self.tr("Making the site…"))
        operations.create_site(
            self._session,
            new=NewSite(
                name=self.name.text().strip(),
                primary=self.primary.text().strip(),
                transport=self._transport,
            ),
            passphrase=self.passphrase.text(),
            owner=self,
            done=self._done,
            failed=self.refuse,
        )

    def make_sample(self) -> None:
        """Make the sample site in the same place."""
        self.notice.clear()
        self.set_busy(self.tr("Making the sample site…"))
        operations.create_sample(self._session, owner=self, done=self._done, failed=self.refuse)

    def _done(self) -> None:
        self.set_busy()
        self.rejected.disconnect(self._quit)
        self.accept()
        self._then()

    def _quit(self) -> None:
        """There is nothing behind this window without a site."""
        window = self.parentWidget()
        if window is not None:
            window.close()


def _hint(text: str) -> QLabel:
    words = label(text, "secondary")
    words.setWordWrap(True)
    return words
