"""Register License: files chosen or dropped, each verified at once, then registered with a result each."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QWidget

from licensedesk.core.errors import LicenseDeskError
from licensedesk.core.names import visible
from licensedesk.core.types import ServerId
from licensedesk.ui import commands, operations
from licensedesk.ui.dialogs.license_file_columns import FileRow, file_columns
from licensedesk.ui.dialogs.license_folder import keep_license_folder, license_folder
from licensedesk.ui.figures import number
from licensedesk.ui.item_models.rows import RowsModel
from licensedesk.ui.session import Session
from licensedesk.ui.tokens import State
from licensedesk.ui.vocabulary import counted
from licensedesk.ui.widgets.dialog import Dialog
from licensedesk.ui.widgets.page import button, label
from licensedesk.ui.widgets.sections import labelled
from licensedesk.ui.widgets.server_choice import ServerChoice
from licensedesk.ui.widgets.table import TableView
from licensedesk.ui.wording import told

if TYPE_CHECKING:
    from licensedesk.core.licenses import FileResult
    from licensedesk.core.store.database import Store
    from licensedesk.core.tree import ServerFact

_PATTERN = "*.lic"


def open_register_license(
    session: Session, parent: QWidget, server: str = "", files: Iterable[Path] = ()
) -> None:
    """`files` are already chosen where they were dropped on the window."""
    dialog = RegisterLicenseDialog(session, parent, ServerId(server or session.server))
    dialog.open()
    dialog.add_files(files)


class RegisterLicenseDialog(Dialog):
    """Verifies what is added before anything is registered; stays open with the results."""

    def __init__(self, session: Session, parent: QWidget, server: ServerId) -> None:
        super().__init__("", main="", parent=parent)
        self._session = session
        self._wanted = server
        self._files: list[Path] = []
        self._registered = False
        self.set_title(self.tr("Register License"))
        self.setAcceptDrops(True)
        self.server = ServerChoice(self.tr("Register on"))
        self.server.chosen.connect(self._check)
        self.model: RowsModel[FileRow] = RowsModel(file_columns(), key=lambda row: row.path)
        self.table = TableView(self.model, name=self.tr("License key files"))
        self.table.say_when_empty(
            self.tr("Drop license key files here, or choose them."), self.tr("Choose Files…"), self.choose
        )
        remove = QAction(self.tr("Take Off the List"), self)
        remove.setShortcut("Del")
        remove.triggered.connect(self._remove_selected)
        self.table.set_context_actions([remove])
        self.table.selected.connect(self._show_selected)
        self._lay_out_body()
        self.submitted.connect(self._submit_step)
        self.remember(session.settings, "register-license")
        self.set_size(1100, 480)
        self.model.set_rows([])
        self._judge()
        self.choose_button.setFocus()
        session.read(self._read_servers, owner=self, done=self._offer, failed=self._refused)

    def _lay_out_body(self) -> None:
        self.choose_button = button(self.tr("Choose &Files…"), self.choose, icon="add")
        row = QHBoxLayout()
        row.addWidget(labelled(self.tr("Register &on"), self.server))
        row.addStretch()
        row.addWidget(self.choose_button)
        self.body.addLayout(row)
        self.body.addWidget(self.table, 1)
        self.detail = label("", "secondary")
        self.detail.setWordWrap(True)
        self.body.addWidget(self.detail)

    # -- files -------------------------------------------------------------------------------------
    def choose(self) -> None:
        chosen, _ = QFileDialog.getOpenFileNames(
            self,
            self.tr("Choose License Key Files"),
            license_folder(self._session),
            ";;".join((self.tr("License key files ({0})").format(_PATTERN), self.tr("All files (*)"))),
        )
        if chosen:
            keep_license_folder(self._session, chosen[0])
            self.add_files(Path(name) for name in chosen)

    def add_files(self, files: Iterable[Path]) -> None:
        """Verify further files; one that is listed already is verified again."""
        self._files = list(dict.fromkeys([*self._files, *files]))
        self._check()

    def _remove_selected(self) -> None:
        if self._registered:
            return
        gone = {row.path for row in self.table.selected_rows()}
        self._files = [path for path in self._files if path not in gone]
        self._check()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - the name is Qt's
        if event.mimeData().hasUrls() and not self.busy and not self._registered:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - the name is Qt's
        urls = event.mimeData().urls()
        self.add_files(Path(url.toLocalFile()) for url in urls if url.isLocalFile())
        event.acceptProposedAction()

    # -- verifying ---------------------------------------------------------------------------------
    def _read_servers(self, store: Store) -> list[ServerFact]:
        from licensedesk.core.licenses import registering_servers

        return registering_servers(store, by=self._session.actor)

    def _offer(self, servers: list[ServerFact]) -> None:
        names = [server.id for server in servers]
        current = self._wanted if self._wanted in names else (names[0] if names else None)
        self.server.offer(servers, current=current)
        if not servers:
            self.notice.say(
                State.WARNING,
                self.tr("No license can be registered on this local server."),
                self.tr("The primary can set its option to License registration."),
            )
        self._check()

    def _check(self) -> None:
        """Every file against the site as it is, in one read; nothing is registered."""
        if not self._files or self.server.server is None:
            self.model.set_rows([FileRow(path, None, verifying=False) for path in self._files])
            self._judge()
            return
        self.model.set_rows([FileRow(path, None) for path in self._files])
        self.set_valid(False, self.tr("The files are being verified."))
        session, files, server = self._session, tuple(self._files), self.server.server

        def check(store: Store) -> list[FileResult]:
            from licensedesk.core.issuers import trusted_issuers
            from licensedesk.core.licenses import register_files

            return register_files(
                store,
                files,
                server=server,
                trusted=trusted_issuers(store),
                by=session.actor,
                at=session.now(),
                only_check=True,
            )

        session.read(check, owner=self, done=self._show, key="register-license", failed=self._refused)

    def _show(self, results: list[FileResult]) -> None:
        """Comes too late where the files were registered meanwhile."""
        if self.busy or self._registered:
            return
        self.model.set_rows([FileRow(Path(result.file), result) for result in results])
        self._judge()
        refused = next((row.path for row in self.model.rows if row.result and row.result.error), None)
        if refused is not None and self.table.current_row() is None:
            self.table.select_key(refused)
        self._show_selected()

    def _judge(self) -> None:
        good = sum(row.result is not None and row.result.error is None for row in self.model.rows)
        if self._registered:
            self.set_main(self.tr("Close"))
            self.set_valid(True)
            return
        words = counted(good, one=self.tr("Register {0} License"), several=self.tr("Register {0} Licenses"))
        self.set_main(words if good else self.tr("Register Licenses"))
        self.set_valid(good > 0, self.tr("Choose license key files that can be registered."))

    def _show_selected(self) -> None:
        """The refusal of the selected file in full, with its advice."""
        row = self.table.current_row()
        error = row.result.error if row is not None and row.result is not None else None
        self.detail.setText(visible(" ".join(told(error))) if error is not None else "")

    # -- registering -------------------------------------------------------------------------------
    def _submit_step(self) -> None:
        if self._registered:
            self.accept()
            return
        server = self.server.server
        if server is None:
            return
        self.set_busy(self.tr("Registering…"))
        good = [row.path for row in self.model.rows if row.result and row.result.error is None]
        operations.register_files(
            self._session,
            files=good,
            server=server,
            owner=self,
            done=self._done,
            failed=self.refuse,
        )

    def _done(self, results: list[FileResult]) -> None:
        """The results of what was registered, beside what was refused before."""
        self.set_busy()
        by_file = {Path(result.file): result for result in results}
        self.model.set_rows([FileRow(row.path, by_file.get(row.path, row.result)) for row in self.model.rows])
        self._registered = True
        self.choose_button.setEnabled(False)
        self.server.setEnabled(False)
        self.cancel_button.hide()
        count = sum(result.status == "registered" for result in results)
        if count == len(self._files):
            words = counted(
                count, one=self.tr("{0} license registered."), several=self.tr("{0} licenses registered.")
            )
            self.notice.say(State.OK, words)
        else:
            words = counted(
                len(self._files),
                number(count),
                one=self.tr("{1} of {0} file registered."),
                several=self.tr("{1} of {0} files registered."),
            )
            self.notice.say(
                State.WARNING,
                words,
                self.tr("The others say why not."),
                button_text=self.tr("Issuers…") if self._may_trust() else "",
                press=lambda: commands.start("issuers", self._session, self),
            )
        self._judge()

    def _may_trust(self) -> bool:
        """Some are of an issuer that is not trusted, and whoever looks at it could see to that."""
        codes = [row.result.error.code for row in self.model.rows if row.result and row.result.error]
        return "untrusted-issuer" in codes and commands.allowed("issuers", self._session)

    def _refused(self, error: LicenseDeskError) -> None:
        self.notice.say(State.CRITICAL, *told(error))
