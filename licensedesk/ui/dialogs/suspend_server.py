"""Suspend a server, or resume it: what that means, before it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from licensedesk.core.errors import LicenseDeskError
from licensedesk.core.names import visible
from licensedesk.core.types import ServerId
from licensedesk.ui import operations
from licensedesk.ui.reads import read_tree
from licensedesk.ui.session import Session
from licensedesk.ui.tokens import State
from licensedesk.ui.widgets.dialog import Dialog
from licensedesk.ui.widgets.page import label
from licensedesk.ui.wording import told

if TYPE_CHECKING:
    from licensedesk.core.changes import Changes
    from licensedesk.core.store.database import Store


def open_suspend_server(session: Session, parent: QWidget, server: str = "") -> None:
    SuspendServerDialog(session, parent, ServerId(server or session.server)).open()


class SuspendServerDialog(Dialog):
    """Reads which of the two it is to be."""

    def __init__(self, session: Session, parent: QWidget, server: ServerId) -> None:
        super().__init__("", main="", parent=parent)
        self._session = session
        self._server = server
        self._suspended = False
        self._host_name = ""
        self.set_title(self.tr("Suspend Server"))
        self.what = label("")
        self.what.setWordWrap(True)
        self.body.addWidget(self.what)
        self.body.addStretch()
        self.set_valid(False)
        self.submitted.connect(self._act)
        session.changed.connect(self._on_changed)
        self.set_width(480)
        self._ask()

    def _ask(self) -> None:
        self._session.read(self._read, owner=self, done=self._show, failed=self._refused)

    def _on_changed(self, changes: Changes) -> None:
        if changes.servers and not self.busy:
            self._ask()

    def _read(self, store: Store) -> tuple[str, bool]:
        from licensedesk.core.servers import is_suspended

        return read_tree(store).get(self._server).host_name, is_suspended(store, self._server)

    def _show(self, found: tuple[str, bool]) -> None:
        if self._host_name and found != (self._host_name, self._suspended):
            self._say_meanwhile(*found)
        self._host_name, self._suspended = found
        shown = visible(self._host_name)
        if self._suspended:
            self.set_title(self.tr("Resume {0}").format(shown))
            self.set_main(self.tr("Resume"))
            self.what.setText(
                self.tr("It is sent what it missed at the next distribution, and waited for again.")
            )
        else:
            self.set_title(self.tr("Suspend {0}").format(shown))
            self.set_main(self.tr("Suspend"))
            self.what.setText(
                self.tr(
                    "It is sent nothing and not waited for until it is resumed. It keeps its License.xml,"
                    " and its nodes still count."
                )
            )
        self.set_valid(True)
        self.main_button.setFocus()

    def _say_meanwhile(self, host_name: str, suspended: bool) -> None:
        if host_name != self._host_name:
            pattern = self.tr("Another console has renamed {0} to {1} meanwhile.")
            self.notice.say(State.WARNING, pattern.format(self._host_name, host_name))
        elif suspended:
            self.notice.say(State.WARNING, self.tr("Another console has suspended it meanwhile."))
        else:
            self.notice.say(State.WARNING, self.tr("Another console has resumed it meanwhile."))

    def _act(self) -> None:
        self.set_busy(self.tr("Saving…"))
        operations.suspend_server(
            self._session,
            server=self._server,
            host_name=self._host_name,
            suspended=not self._suspended,
            owner=self,
            done=self._done,
            failed=self.refuse,
        )

    def _done(self, _changes: Changes) -> None:
        self.set_busy()
        self.accept()

    def _refused(self, error: LicenseDeskError) -> None:
        self.set_valid(False)
        if self._host_name and error.code == "unknown-server":
            pattern = self.tr("{0} is no longer there: another console has removed it.")
            self.notice.say(State.CRITICAL, pattern.format(self._host_name))
            return
        self.notice.say(State.CRITICAL, *told(error))
