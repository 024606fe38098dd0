"""Import Nodes: scanner files chosen or dropped, tried first, then stored in one step or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QFileDialog, QWidget

from licensedesk.core.changes import Changes
from licensedesk.core.errors import LicenseDeskError, SurroundingsError
from licensedesk.core.types import ServerId
from licensedesk.ui import commands, operations
from licensedesk.ui.dialogs.import_parts import (
    ImportFigures,
    ScannerFile,
    file_columns,
    refused_lines,
)
from licensedesk.ui.figures import number
from licensedesk.ui.item_models.rows import RowsModel
from licensedesk.ui.mnemonics import plain
from licensedesk.ui.session import Session
from licensedesk.ui.task_runner import Task
from licensedesk.ui.tokens import State
from licensedesk.ui.widgets.dialog import Dialog
from licensedesk.ui.widgets.form import Form
from licensedesk.ui.widgets.page import button
from licensedesk.ui.widgets.server_choice import ServerChoice
from licensedesk.ui.widgets.table import TableView
from licensedesk.ui.wording import told

if TYPE_CHECKING:
    from licensedesk.core.nodes.choices import NodeChoices
    from licensedesk.core.nodes.files import FileFault, FileLook
    from licensedesk.core.nodes.intake import ImportResult
    from licensedesk.core.store.database import Store

_FOLDER = "folders/scans"
_FILES_SHOWN = 4


def open_import_nodes(
    session: Session, parent: QWidget, source: str = "", files: Iterable[Path] = ()
) -> None:
    """`source` is the managing source to begin with, `files` what was dropped on the window."""
    dialog = ImportNodesDialog(session, parent, ServerId(source or session.server))
    dialog.open()
    dialog.add_files(files)


class ImportNodesDialog(Dialog):
    """The main button tries the import, and after that does it; any other input asks for another try."""

    def __init__(self, session: Session, parent: QWidget, source: ServerId) -> None:
        super().__init__("", main="", parent=parent)
        self.session = session
        self._wanted = source
        self._tried: ImportResult | None = None
        self._ended = False
        self._cancel: Callable[[], None] | None = None
        self.set_title(self.tr("Import Nodes"))
        self.setAcceptDrops(True)
        self.source = ServerChoice(self.tr("Managing source"))
        self.source.chosen.connect(self._on_input)
        self.product = QComboBox()
        self.product.activated.connect(lambda _at: self._on_input())
        self.manage = QCheckBox(self.tr("&Manage as many new nodes as fit, in the order of the files"))
        self.as_reported = QCheckBox(
            self.tr("Manage what the files &report as managed, whether licenses remain or not")
        )
        self.figures = ImportFigures()
        self._build_table()
        self._lay_out_body()
        self.submitted.connect(self._submit_step)
        self.cancel_requested.connect(self._on_cancel)
        session.changed.connect(self._on_changed)
        self.remember(session.settings, "import-nodes")
        self.set_width(900)
        self._judge()
        self._read_choices()

    def _build_table(self) -> None:
        self.model: RowsModel[ScannerFile] = RowsModel(file_columns(), key=lambda one: one.path)
        self.table = TableView(self.model, name=self.tr("Files to import"))
        self.table.say_when_empty(
            self.tr("Drop files of nmap, GLPI, OCS or FusionInventory, or CSV here."),
            self.tr("Choose Files…"),
            self.choose,
        )
        take_off = QAction(self.tr("Take Off the List"), self)
        take_off.setShortcut("Del")
        take_off.triggered.connect(self._remove_selected)
        self.table.set_context_actions([take_off])
        self._set_files([])

    def _lay_out_body(self) -> None:
        self.choose_button = button(self.tr("Choose &Files…"), self.choose, icon="add")
        self.header.addWidget(self.choose_button)
        form = Form()
        form.add(self.tr("Managing &source"), self.source)
        form.add(self.tr("&Product of new nodes"), self.product)
        for box in (self.manage, self.as_reported):
            box.setAccessibleName(plain(box.text()))
            box.clicked.connect(lambda _checked: self._on_input())
            form.addRow("", box)
        self.body.addWidget(self.table)
        self.body.addLayout(form)
        self.body.addWidget(self.figures, 1)
        self.body.addStretch()
        self.figures.hide()

    # -- choices -----------------------------------------------------------------------------------
    def _read_choices(self) -> None:
        actor = self.session.actor

        def read(store: Store) -> tuple[NodeChoices, str]:
            from licensedesk.core.nodes.choices import read_choices
            from licensedesk.core.settings import read_settings

            with store.reading():
                return read_choices(store, by=actor), str(read_settings(store)["default_product"] or "")

        self.session.read(read, owner=self, done=self._offer, key=(id(self), "choices"), failed=self._refused)

    def _offer(self, read: tuple[NodeChoices, str]) -> None:
        choices, default = read
        known = {server.id for server in choices.sources}
        current = self._wanted if self._wanted in known else None
        if current is None and len(choices.sources) == 1:
            current = choices.sources[0].id
        self.source.offer(choices.sources, current=current)
        if current is None:
            self.source.setFocus()
        chosen = self.product.currentData()
        self.product.clear()
        if default:
            self.product.addItem(self.tr("{0} (default)").format(default), default)
        for name in choices.products:
            if name != default:
                self.product.addItem(name, name)
        self.product.setCurrentIndex(max(0, self.product.findData(chosen)))
        if not choices.products:
            self.notice.say(
                State.WARNING,
                self.tr("No product is known yet: add the issuer of your licenses first."),
                button_text=self.tr("Issuers…") if commands.allowed("issuers", self.session) else "",
                press=lambda: commands.start("issuers", self.session, self),
            )
        self._judge()

    # -- files -------------------------------------------------------------------------------------
    def choose(self) -> None:
        folder = str(self.session.settings.value(_FOLDER, Path.home()))
        chosen, _ = QFileDialog.getOpenFileNames(
            self,
            self.tr("Choose Files of Scanners"),
            folder,
            ";;".join((self.tr("Files of scanners (*.xml *.json *.ocs *.csv)"), self.tr("All files (*)"))),
        )
        if chosen:
            self.session.settings.setValue(_FOLDER, str(Path(chosen[0]).parent))
            self.add_files(Path(name) for name in chosen)

    def add_files(self, files: Iterable[Path]) -> None:
        """Further files; each is looked at, off the window's thread."""
        listed = {one.path for one in self.model.rows}
        added = [path for path in dict.fromkeys(files) if path not in listed]
        if not added:
            return
        self._set_files([*self.model.rows, *(ScannerFile(path) for path in added)])
        self._on_input()

        def look_at(_store: Store) -> list[FileLook]:
            from licensedesk.core.nodes.files import look

            return [look(path) for path in added]

        self.session.read(look_at, owner=self, done=self._show_looks, failed=self._refused)

    def _show_looks(self, looks: list[FileLook]) -> None:
        seen = {one.path: ScannerFile(one.path, one.size, one.format, one.error) for one in looks}
        self._set_files([seen.get(one.path, one) for one in self.model.rows])
        self._judge()
        refused = [one.error for one in looks if one.error is not None]
        if len(refused) == 1:  # of several, the row of each says it
            self.refuse(refused[0])

    def _set_files(self, files: Sequence[ScannerFile]) -> None:
        """As high as its rows; an empty one has room for its sentence and button."""
        self.model.set_rows(files)
        row = self.table.verticalHeader().defaultSectionSize()
        shown = min(_FILES_SHOWN, len(files)) if files else _FILES_SHOWN
        self.table.setFixedHeight((shown + 1) * row + 16)

    def _remove_selected(self) -> None:
        gone = {one.path for one in self.table.selected_rows()}
        self._set_files([one for one in self.model.rows if one.path not in gone])
        self._on_input()

    def _good(self) -> list[Path]:
        return [one.path for one in self.model.rows if one.format and one.error is None]

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - the name is Qt's
        if event.mimeData().hasUrls() and not self.busy and not self._ended:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - the name is Qt's
        urls = event.mimeData().urls()
        self.add_files(Path(url.toLocalFile()) for url in urls if url.isLocalFile())
        event.acceptProposedAction()

    # -- judging -----------------------------------------------------------------------------------
    def _on_input(self) -> None:
        """Something else is to be imported, or otherwise: what was tried says nothing of it."""
        self._tried = None
        self.figures.hide()
        self.notice.clear()
        self._judge()

    def _judge(self) -> None:
        if self._ended:
            self.set_main(self.tr("Close"))
            self.set_valid(True)
            return
        if self._tried is None:
            self.set_main(self.tr("Check Files"))
        else:
            rows = self._tried.read - self._tried.refused_count
            one = self.tr("Import 1 Row")
            self.set_main(one if rows == 1 else self.tr("Import {0} Rows").format(number(rows)))
        ready = bool(self._good()) and self.source.server is not None and self.product.count() > 0
        why = self.tr("Choose files, and the management server that found the nodes.")
        self.set_valid(ready and (self._tried is None or self._tried.read > 0), why)

    def _on_changed(self, changes: Changes) -> None:
        if self.busy or self._ended:
            return
        if changes.servers or changes.trust or changes.settings:
            self._read_choices()
        if self._tried is not None and (changes.servers or changes.nodes or changes.licenses):
            self._on_input()
            self.notice.say(
                State.INFO, self.tr("The site has changed meanwhile."), self.tr("Check the files again.")
            )

    # -- trying and importing ----------------------------------------------------------------------
    def _submit_step(self) -> None:
        if self._ended:
            self.accept()
        elif self._tried is not None:
            self._run(dry_run=False)
        elif len(self._good()) > 1:
            self._check_all()
        else:
            self._run(dry_run=True)

    def _check_all(self) -> None:
        """One bad file among many is left out, and does not hold up the others."""
        self.set_busy(self.tr("Reading the files…"))
        task = operations.check_files(
            self.session,
            files=self._good(),
            owner=self,
            done=self._take_faults,
            progress=self.progress.show_progress,
            stopped=self._stopped,
        )
        self._cancel = task.cancel

    def _take_faults(self, faults: list[FileFault]) -> None:
        self.set_busy()
        for fault in faults:
            self._mark(fault.path, fault.error)
        if self._good():
            self._run(dry_run=True)
        else:
            self._judge()
            self.notice.say(State.CRITICAL, self.tr("None of the files can be imported."))

    def _mark(self, path: Path, error: LicenseDeskError) -> None:
        self.model.set_rows(
            [replace(one, error=error) if one.path == path else one for one in self.model.rows]
        )

    def _run(self, *, dry_run: bool) -> None:
        source = self.source.server
        if source is None:
            return
        files = self._good()
        self.set_busy(self.tr("Checking…") if dry_run else self.tr("Importing…"))
        task: Task[ImportResult] = operations.import_nodes(
            self.session,
            files=files,
            source=source,
            product=self.product.currentData(),
            manage=self.manage.isChecked(),
            as_reported=self.as_reported.isChecked(),
            dry_run=dry_run,
            total=self._tried.read if self._tried is not None else None,
            owner=self,
            done=lambda result: self._show(result, files, dry_run=dry_run),
            failed=lambda error: self._failed(error, files),
            progress=self.progress.show_progress,
            stopped=self._stopped,
        )
        self._cancel = task.cancel

    def _show(self, result: ImportResult, files: list[Path], *, dry_run: bool) -> None:
        self.set_busy()
        self._ended = not dry_run
        self._tried = result
        self.figures.title.set_title(
            self.tr("What the import will do") if dry_run else self.tr("What was imported")
        )
        self.figures.show_result(result, refused_lines(result, files))
        self.figures.show()
        if self._ended:
            self._say_imported(result)
        elif not result.read:
            self.notice.say(State.INFO, self.tr("The files name no device."))
        self._judge()

    def _say_imported(self, result: ImportResult) -> None:
        for one in (self.table, self.source, self.product, self.manage, self.as_reported):
            one.setEnabled(False)
        self.choose_button.setEnabled(False)
        self.cancel_button.hide()
        pattern = self.tr("Imported: {0} new, {1} updated, {2} managed, {3} refused.")
        figures = (result.new, result.updated, result.managed, result.refused_count)
        state = State.WARNING if result.refused_count or result.changes.warnings else State.OK
        self.notice.say(state, pattern.format(*map(number, figures)))

    def _failed(self, error: LicenseDeskError, files: list[Path]) -> None:
        """Nothing was stored. A fault of a file stands beside the file, too."""
        if isinstance(error, SurroundingsError):
            # What was tried holds: once that is over, the same press does it.
            self.refuse(error)
            return
        self.set_busy()
        self._tried = None
        named = str(error.figures.get("file", ""))
        for path in files:
            if path.name == named:
                self._mark(path, error)
        self.figures.hide()
        self._judge()
        self.notice.say(State.CRITICAL, *told(error))

    def _on_cancel(self) -> None:
        if self._cancel is not None:
            self._cancel()

    def _stopped(self) -> None:
        self.set_busy()
        self._judge()
        self.notice.say(State.INFO, self.tr("Stopped. Nothing was imported."))

    def _refused(self, error: LicenseDeskError) -> None:
        self.notice.say(State.CRITICAL, *told(error))
