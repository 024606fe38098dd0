"""Audit Log: every administrator's action, who, when, what, before and after; verified and exported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QFileDialog

from licensedesk.core.errors import LicenseDeskError
from licensedesk.core.types import parse_stamp
from licensedesk.ui import commands, operations
from licensedesk.ui.audit_words import after, before, pairs, subject
from licensedesk.ui.figures import moment, number
from licensedesk.ui.item_models.feed import Feed
from licensedesk.ui.item_models.paged import PagedModel, PageRequest
from licensedesk.ui.item_models.rows import Column
from licensedesk.ui.pages.base import View
from licensedesk.ui.session import Session
from licensedesk.ui.task_runner import Task
from licensedesk.ui.tokens import State
from licensedesk.ui.vocabulary import action_word, counted
from licensedesk.ui.widgets.filter_bar import FilterBar
from licensedesk.ui.widgets.progress import ProgressStrip
from licensedesk.ui.widgets.table import TableView

if TYPE_CHECKING:
    from licensedesk.core.audit import Entry, Verdict, Walk
    from licensedesk.core.audit_list import AuditFilter
    from licensedesk.core.store.database import Store


class AuditLogView(View):
    """Grows with every action, so it reads by pages; nothing in it can be changed."""

    reads = frozenset({"servers", "licenses", "nodes", "trust", "settings", "ledger"})

    def __init__(self, session: Session) -> None:
        super().__init__(session, "")
        self.set_title(self.tr("Audit Log"))
        self.filters = FilterBar()
        self.progress = ProgressStrip()
        self._busy = False
        self.offers.add("export", self.export)
        self.offers.add("verify-audit", self.verify)
        self.offers.add("audit-entry", lambda: self.open_details(self.table.current_row()))
        self.offer_clearing(self.filters)
        self.offer_stopping(self.progress)
        self.export_button = self.add_action("export")
        self.verify_button = self.add_action("verify-audit", main=True)
        self.filters.add_several("actions", self.tr("&Action"), self.tr("All actions"))
        self.filters.add_before("before", self.tr("&Older than"), session.today)
        self.search = self.filters.add_search("text", self.tr("Search the log"))
        self.filters.changed.connect(self._restart)
        self.model: PagedModel[Entry] = PagedModel(self._columns(), key=lambda row: row.seq)
        self.table = TableView(self.model, name=self.tr("Audit log"))
        self.table.remember(session.settings, "audit")
        self.table.selected.connect(self.enable)
        self.table.activated_row.connect(self.open_details)
        self.table.set_context_actions([self.offers["audit-entry"]])
        self.table.say_when_empty(
            self.tr("No entry matches these filters."), self.tr("Clear Filters"), self.filters.clear
        )
        self.feed = Feed(
            self.model,
            session.runner,
            fetch=self._fetch,
            count=self._count,
            failed=self.refuse,
            parent=self,
        )
        self.feed.counted.connect(self._on_counted)
        self._exporting: Task[Any] | None = None
        self.progress.cancelled.connect(self._cancel)
        self.body.addWidget(self.filters)
        self.body.addWidget(self.table, 1)
        self.body.addWidget(self.progress)
        self.progress.toggled.connect(self.enable)
        self.enable()

    def enable(self) -> None:
        elsewhere = commands.only_primary() if self.session.is_open and not self.session.at_primary else ""
        running = self.tr("An export runs.") if self.progress.running else ""
        self.offers.allow("export", elsewhere or running)
        self.offers.allow("verify-audit", self.tr("It is being verified.") if self._busy else "")
        none = "" if self.table.current_row() is not None else self.tr("No entry is selected.")
        self.offers.allow("audit-entry", elsewhere or none)
        for part in (self.filters, self.table):
            part.setEnabled(not elsewhere)

    def _columns(self) -> tuple[Column[Entry], ...]:
        return (
            Column(key="seq", title=self.tr("No."), text=lambda row: number(row.seq), number=True, width=60),
            Column(
                key="at",
                title=self.tr("When"),
                text=lambda row: moment(parse_stamp(row.at)),
                tooltip=lambda row: row.at,
                sortable=False,
                width=140,
            ),
            Column(key="by", title=self.tr("Who"), text=lambda row: row.by, sortable=False, width=90),
            Column(
                key="action",
                title=self.tr("Action"),
                text=lambda row: action_word(row.action),
                sortable=False,
                width=170,
            ),
            Column(key="subject", title=self.tr("Subject"), text=subject, sortable=False, width=170),
            Column(
                key="before",
                title=self.tr("Before"),
                text=before,
                tooltip=lambda row: pairs(row.before, whole=True),
                sortable=False,
                width=160,
            ),
            Column(
                key="after",
                title=self.tr("After"),
                text=after,
                tooltip=lambda row: pairs(row.after, whole=True),
                sortable=False,
                width=220,
                stretch=True,
            ),
            Column(
                key="hash",
                title=self.tr("Seal"),
                text=lambda row: row.hash,
                sortable=False,
                muted=True,
                hidden=True,
                width=200,
            ),
        )

    # -- reading -----------------------------------------------------------------------------------
    def reload(self) -> None:
        actor = self.session.actor

        def read(store: Store) -> tuple[str, ...]:
            from licensedesk.core.audit_list import known_actions, require_seen

            require_seen(store, by=actor)
            return known_actions(store)

        self.session.read(read, owner=self, done=self._offer, key="audit-actions", failed=self._refused)

    def _refused(self, error: LicenseDeskError) -> None:
        """Where the local server may not see the log, that is no fault of who opens the view."""
        if error.code == "out-of-scope":
            words = self.tr(
                "The audit log is of the whole site: it is read at the primary management server."
            )
            self.notice.say(State.INFO, words)
        else:
            self.refuse(error)

    def _offer(self, actions: tuple[str, ...]) -> None:
        self.feed.reload()
        self.filters.set_choices("actions", [(action, action_word(action)) for action in actions])

    def _restart(self) -> None:
        if self.session.is_open and self.session.at_primary:
            self.feed.restart()

    def _chosen(self) -> AuditFilter:
        from licensedesk.core.audit_list import AuditFilter

        return AuditFilter(
            actions=tuple(self.filters.value("actions")),
            before=str(self.filters.value("before")),
            text=str(self.filters.value("text")),
        )

    def _fetch(self, request: PageRequest) -> Callable[[], Sequence[Entry]]:
        chosen, store = self._chosen(), self.session.site.store
        descending = request.sort is None or request.descending

        def read() -> Sequence[Entry]:
            from licensedesk.core.audit_list import read_entries

            return read_entries(
                store, chosen, first=request.first, count=request.count, descending=descending
            )

        return read

    def _count(self) -> Callable[[], int]:
        chosen, store = self._chosen(), self.session.site.store

        def read() -> int:
            from licensedesk.core.audit_list import count_entries

            return count_entries(store, chosen)

        return read

    def _on_counted(self, count: int) -> None:
        self.filters.set_count(counted(count, one=self.tr("{0} entry"), several=self.tr("{0} entries")))

    def start_search(self) -> None:
        self.search.setFocus()

    def open_details(self, entry: Entry | None) -> None:
        if entry is not None:
            from licensedesk.ui.dialogs.audit_entry import open_audit_entry

            open_audit_entry(self.session, self.window(), entry)

    # -- verifying and exporting -------------------------------------------------------------------
    def verify(self) -> None:
        """Walk the whole chain."""
        from licensedesk.core.audit import Walk

        self._set_verifying(True)
        self._go_on(Walk())

    def _go_on(self, walk: Walk) -> None:
        """Part by part, so that other reads come in between."""

        def done(verdict: Verdict | None) -> None:
            if verdict is None:
                self._go_on(walk)
            else:
                self._show_verdict(verdict)

        words = counted(
            walk.done,
            one=self.tr("Verifying… {0} entry so far"),
            several=self.tr("Verifying… {0} entries so far"),
        )
        self.notice.say(State.INFO, words if walk.done else self.tr("Verifying…"))
        self.session.read(walk.go_on, owner=self, done=done, key="audit-verify", failed=self._not_verified)

    def _set_verifying(self, busy: bool) -> None:
        self._busy = busy
        self.enable()

    def _not_verified(self, error: LicenseDeskError) -> None:
        self._set_verifying(False)
        self.refuse(error)

    def _show_verdict(self, verdict: Verdict) -> None:
        self._set_verifying(False)
        if verdict.intact:
            words = counted(
                verdict.entries,
                one=self.tr("The audit log is whole: {0} entry, unchanged."),
                several=self.tr("The audit log is whole: {0} entries, each as it was sealed."),
            )
            seal = self.tr("Seal of the last entry, to be noted elsewhere and compared: {0}")
            self.notice.say(State.OK, words, seal.format(verdict.last_hash))
        else:
            self.notice.say(
                State.CRITICAL,
                self.tr("The audit log is broken at entry {0}.").format(number(verdict.first_bad)),
                self.tr("Keep a copy of the database for the auditor; compare it with the last backup."),
            )

    def export(self) -> None:
        folder = str(self.session.settings.value("folders/exports", Path.home()))
        wanted, _ = QFileDialog.getSaveFileName(
            self,
            self.tr("Export the Audit Log"),
            str(Path(folder) / f"audit-{self.session.today().isoformat()}.csv"),
            self.tr("CSV files (*.csv)"),
        )
        if wanted:
            self.session.settings.setValue("folders/exports", str(Path(wanted).parent))
            self.export_to(Path(wanted))

    def export_to(self, file: Path) -> None:
        """What is filtered, not only what is shown."""
        self.progress.start(self.tr("Exporting…"))
        self._exporting = operations.export_audit(
            self.session,
            chosen=self._chosen(),
            file=file,
            owner=self,
            done=self.progress.finish,
            failed=self._export_failed,
            progress=self.progress.show_progress,
        )

    def _export_failed(self, error: LicenseDeskError) -> None:
        self.progress.finish()
        self.refuse(error)

    def _cancel(self) -> None:
        if self._exporting is not None:
            self._exporting.cancel()
