"""Enrol Agent: save a server's enrolment file, and show what to do with it there."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QWidget

from licensedesk.core.errors import LicenseDeskError
from licensedesk.core.names import visible
from licensedesk.core.types import Role, ServerId
from licensedesk.ui import commands, operations
from licensedesk.ui.reads import read_tree
from licensedesk.ui.session import Session
from licensedesk.ui.tokens import State
from licensedesk.ui.widgets.dialog import Dialog
from licensedesk.ui.widgets.form import Form
from licensedesk.ui.widgets.page import button, label
from licensedesk.ui.widgets.server_choice import ServerChoice
from licensedesk.ui.wording import told

if TYPE_CHECKING:
    from licensedesk.core.store.database import Store
    from licensedesk.core.tree import Tree

_INSTALL = "/opt/licensedesk"


def open_enrol_agent(session: Session, parent: QWidget, server: str = "") -> None:
    EnrolAgentDialog(session, parent, ServerId(server or session.server)).open()


class EnrolAgentDialog(Dialog):
    """Two steps in one window: where to save the file, then the commands for the server."""

    def __init__(self, session: Session, parent: QWidget, server: ServerId) -> None:
        super().__init__("", main="", parent=parent)
        self._session = session
        self._wanted = server
        self._enrolled: frozenset[ServerId] = frozenset()
        self._refusal: LicenseDeskError | None = None
        self._saved = False
        self.set_title(self.tr("Enrol Agent"))
        self.set_main(self.tr("Save Enrolment File"))
        why = label(
            self.tr(
                "The file invites the agent of one server, once, within 14 days. It is secret: carry it to"
                " that server only. The agent makes its own key there, which never leaves it."
            ),
            "secondary",
        )
        why.setWordWrap(True)
        self.server = ServerChoice(self.tr("Server"))
        self.server.chosen.connect(self._on_server)
        self.file = QLineEdit()
        self.file.textEdited.connect(lambda _text: self._judge())
        self.commands = label("")
        self.commands.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.commands.setTextInteractionFlags(self.commands.textInteractionFlags().TextSelectableByMouse)
        self.commands.setWordWrap(True)
        self.copy_button = button(self.tr("Copy Commands"), self.copy, icon="copy")
        self._lay_out_form(why)
        self.submitted.connect(self._submit_step)
        self.set_width(700)
        self.set_valid(False)
        self.server.setFocus()
        session.read(
            partial(_read, folder=session.folder), owner=self, done=self._take, failed=self._cannot_read
        )

    def _lay_out_form(self, why: QWidget) -> None:
        place = QWidget()
        row = QHBoxLayout(place)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.file, 1)
        self.choose_button = button(self.tr("Choose…"), self._choose_file)
        row.addWidget(self.choose_button)
        form = Form()
        form.add(self.tr("&Server"), self.server)
        form.add(self.tr("Save &as"), place)
        self.file.setAccessibleName(self.tr("Save as"))
        self.body.addWidget(why)
        self.body.addLayout(form)
        self.body.addWidget(label(self.tr("Then, at the server"), "section"))
        self.body.addWidget(self.commands)
        self.body.addStretch()
        self.extra.addWidget(self.copy_button)

    def _take(self, found: tuple[Tree, frozenset[ServerId], LicenseDeskError | None]) -> None:
        tree, self._enrolled, self._refusal = found
        servers = [server for server in tree.servers if server.role != Role.PRIMARY]
        self.server.offer(servers, current=self._wanted)
        self._on_server()

    def _on_server(self) -> None:
        if self.server.server is not None:
            folder = Path(str(self._session.settings.value("folders/enrolment", Path.home())))
            self.file.setText(str(folder / f"{self.server.currentText()}.enrol"))
        self._judge()

    def _choose_file(self) -> None:
        wanted, _ = QFileDialog.getSaveFileName(
            self, self.tr("Save Enrolment File"), self.file.text(), self.tr("Enrolment files (*.enrol)")
        )
        if wanted:
            self.file.setText(wanted)
            self._judge()

    def _judge(self) -> None:
        server = self.server.server
        file = Path(self.file.text())
        self.set_valid(server is not None and bool(self.file.text()) and self._refusal is None)
        self.commands.setText(
            f"licensedesk-agent --install-dir {_INSTALL} enrol {visible(file.name)}\n"
            f"licensedesk-agent --install-dir {_INSTALL} run"
        )
        if self._refusal is not None:
            self.notice.refuse(self._refusal)
        elif server in self._enrolled:
            self.notice.say(
                State.WARNING,
                self.tr("This server was invited or enrolled before; a new file voids its key and token."),
                self.tr("Go on if its agent was lost or is to be set up anew."),
            )
        else:
            self.notice.clear()

    def _submit_step(self) -> None:
        if self._saved:
            self.accept()
        elif self._session.signer is None:
            commands.start("unlock", self._session, self, then=self._save)
        else:
            self._save()

    def _save(self) -> None:
        server = self.server.server
        if server is None:
            return
        self.set_busy(self.tr("Signing…"))
        file = Path(self.file.text())
        self._session.settings.setValue("folders/enrolment", str(file.parent))
        operations.enrol_agent(
            self._session,
            server=server,
            host_name=self.server.currentText(),
            file=file,
            again=server in self._enrolled,
            owner=self,
            done=self._done,
            failed=self._refused,
        )

    def _refused(self, error: LicenseDeskError) -> None:
        self.refuse(error)
        server = self.server.server
        if error.code == "needs-yes" and server is not None:
            # Another console has invited it meanwhile: from now on the dialog says so, and may go on.
            self._enrolled |= {server}

    def _done(self, saved: Path) -> None:
        self.set_busy()
        self._saved = True
        self.server.setEnabled(False)
        self.file.setEnabled(False)
        self.choose_button.setEnabled(False)
        self.main_button.setFocus()
        self.set_main(self.tr("Close"))
        self.cancel_button.hide()
        self.notice.say(State.OK, self.tr("Saved: {0}").format(visible(str(saved))))

    def copy(self) -> None:
        QGuiApplication.clipboard().setText(self.commands.text() + "\n")

    def _cannot_read(self, error: LicenseDeskError) -> None:
        self.notice.say(State.CRITICAL, *told(error))


def _read(store: Store, *, folder: Path) -> tuple[Tree, frozenset[ServerId], LicenseDeskError | None]:
    """The servers, those of them that are invited or enrolled, and why none can be now."""
    from licensedesk.core.distribution.connection import require_broker_ca
    from licensedesk.core.distribution.ledger import Enrolled
    from licensedesk.core.distribution.ledger_store import read_lines

    lines = read_lines(store)
    enrolled = frozenset(line.server for line in lines if line.enrolled != Enrolled.NO)
    try:
        require_broker_ca(store, folder)
    except LicenseDeskError as error:
        return read_tree(store), enrolled, error
    return read_tree(store), enrolled, None
