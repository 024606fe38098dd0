"""Discovered, managed and excluded nodes: found by filters, and decided upon, one or a million."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QShowEvent

from licensedesk.core.errors import LicenseDeskError
from licensedesk.core.types import NodeId, NodeState
from licensedesk.ui import commands, operations
from licensedesk.ui.figures import number
from licensedesk.ui.item_models.feed import Feed
from licensedesk.ui.item_models.paged import PagedModel, PageRequest
from licensedesk.ui.pages.base import View
from licensedesk.ui.pages.node_parts.actions import NodeActions
from licensedesk.ui.pages.node_parts.chosen import ChosenNodes, NodeList
from licensedesk.ui.pages.node_parts.columns import node_columns
from licensedesk.ui.pages.node_parts.filters import NodeFilters
from licensedesk.ui.session import Session
from licensedesk.ui.task_runner import Task
from licensedesk.ui.vocabulary import counted
from licensedesk.ui.wanted import NodesWanted
from licensedesk.ui.widgets.progress import ProgressStrip
from licensedesk.ui.widgets.table import TableView

if TYPE_CHECKING:
    from licensedesk.core.nodes.choices import NodeChoices
    from licensedesk.core.nodes.queries import NodeRow
    from licensedesk.core.nodes.summary import Need
    from licensedesk.core.store.database import Store


NEEDS_AFTER_MS = 250
_NEEDS_SHOWN = 3
"""Products named in the line above the table; its tool tip names all."""


class NodesView(View):
    """One state. Rows are read a page at a time, behind them their count, and then the licenses to buy."""

    reads = frozenset({"nodes", "servers", "licenses", "trust", "settings"})
    ahead = True
    state: NodeState

    def __init__(self, session: Session, title: str) -> None:
        super().__init__(session, title)
        self._wanted: NodesWanted | None = None
        self._reading_needs: Task[Any] | None = None
        self._needs_unseen = False
        self.filters = NodeFilters(session, f"nodes-{self.state}", use_range=self.choose_range)
        self.filters.changed.connect(self._on_filter)
        self.actions_row = NodeActions(session, self.state, self.start)
        self.progress = ProgressStrip()
        self._build_actions()
        self._build_header()
        self._build_table()
        self.body.addWidget(self.filters)
        self.body.addWidget(self.actions_row)
        self.body.addWidget(self.table, 1)
        self.body.addWidget(self.progress)
        self.setAcceptDrops(True)
        self.enable()

    def set_title(self, title: str, subtitle: str = "") -> None:
        """The table has the name of the view."""
        super().set_title(title, subtitle)
        self.table.setAccessibleName(title)

    def _build_actions(self) -> None:
        self.offers.adopt(self.actions_row.offers)
        self.offers.add("export", self.export)
        self.offers.add("import-nodes", self.open_import)
        self.offers.add("node-details", lambda: self._with_current(self.open_details))
        if self.state is NodeState.DISCOVERED:
            self.offers.add("why-waiting", lambda: self._with_current(self.open_why))
        self.offers.add("use-range", self.choose_range)
        self.offer_clearing(self.filters.bar)
        self.offer_stopping(self.progress)

    def _build_header(self) -> None:
        self.export_button = self.add_action("export")
        self.main_button = self.actions_row.main
        self.import_button = self.add_action("import-nodes", main=self.main_button is None)
        if self.main_button is not None:
            self.add_to_header(self.main_button)

    def enable(self) -> None:
        nothing = "" if self.model.total else self.tr("There is no node here.")
        self.offers.allow("export", self.tr("An export runs.") if self.progress.running else nothing)
        self.offers.allow("import-nodes")
        none = "" if self.table.current_row() is not None else self.tr("No node is selected.")
        self.offers.allow("node-details", none)
        if self.state is NodeState.DISCOVERED:
            self.offers.allow("why-waiting", none)
        unread = "" if self.filters.choices is not None else self.tr("The servers are not read yet.")
        self.offers.allow("use-range", unread)
        self._show_scope()

    def _build_table(self) -> None:
        self.model: PagedModel[NodeRow] = PagedModel(node_columns(), key=lambda row: row.id)
        self.model.sort(0)
        self.table = TableView(self.model, name=self.title)
        self.table.remember(self.session.settings, f"nodes-{self.state}")
        self.table.selected.connect(self.enable)
        self.table.activated_row.connect(lambda row: self.open_details(row.id))
        self.table.set_context_actions(self._context_actions())
        self.feed = Feed(
            self.model,
            self.session.runner,
            fetch=self._fetch,
            count=self._count,
            failed=self.refuse_read,
            parent=self,
        )
        self.feed.counted.connect(self._show_count)
        self._needs_due = QTimer(self)
        self._needs_due.setSingleShot(True)
        self._needs_due.setInterval(NEEDS_AFTER_MS)
        self._needs_due.timeout.connect(self._read_needs)
        self.model.page_loaded.connect(self.enable)

    def _context_actions(self) -> list[QAction]:
        names = [name for name in ("node-details", "why-waiting") if name in self.offers]
        line = QAction(self)
        line.setSeparator(True)
        return [*(self.offers[name] for name in names), line, *self.actions_row.entries]

    # -- reading -----------------------------------------------------------------------------------
    def reload(self) -> None:
        """The choices first: what is remembered of the filters is among them."""
        actor = self.session.actor

        def read(store: Store) -> NodeChoices:
            from licensedesk.core.nodes.choices import read_choices

            return read_choices(store, by=actor)

        self.session.read(
            read, owner=self, done=self._take, key=(id(self), "choices"), failed=self.refuse_read
        )

    def _take(self, choices: NodeChoices) -> None:
        first = self.filters.choices is None
        changed = self.filters.take(choices)
        if self._wanted is not None:
            self.filters.fill(self._wanted)
            self._wanted = None
            changed = True
        self._say_when_empty()
        if first or changed:
            self.feed.restart()
        else:
            self.feed.reload()

    def shown(self) -> NodeList:
        """What the list is, as filtered and sorted now."""
        key = self.model.sort_column or "host_name"
        title = next(column.title for column in self.model.columns if column.key == key)
        return NodeList(
            state=self.state,
            wanted=self.filters.wanted,
            column=key,
            descending=self.model.descending,
            title=title,
        )

    def _fetch(self, request: PageRequest) -> Callable[[], Sequence[NodeRow]]:
        due = self._needs_due.isActive()
        if self._reading_needs is not None:
            # Rows that are looked at come first.
            self._reading_needs.cancel()
            self._reading_needs = None
            due = True
        if due:
            self._needs_due.start()
        shown, actor, store = self.shown(), self.session.actor, self.session.site.store
        after = request.after.id if request.after is not None else None

        def read() -> Sequence[NodeRow]:
            from licensedesk.core.nodes.details import read_page

            return read_page(
                store,
                shown.filter(),
                by=actor,
                sort=shown.sort(),
                limit=request.count,
                offset=request.first,
                after=after,
            )

        return read

    def _count(self) -> Callable[[], int]:
        shown, actor, store = self.shown(), self.session.actor, self.session.site.store

        def read() -> int:
            from licensedesk.core.nodes.queries import count_nodes

            return count_nodes(store, shown.filter(), by=actor)

        return read

    def _read_needs(self) -> None:
        """Behind the count, and a moment later: what is looked at comes first; not before anybody looks."""
        self._needs_unseen = not self.isVisible()
        if self._needs_unseen:
            return
        shown, actor, on = self.shown(), self.session.actor, self.session.today()

        def read(store: Store) -> tuple[Need, ...]:
            from licensedesk.core.nodes.summary import read_needs

            return read_needs(store, shown.filter(), by=actor, on=on)

        self._reading_needs = self.session.read(
            read, owner=self, done=self._show_needs, key=(id(self), "needs"), failed=self.refuse
        )

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - the name is Qt's
        super().showEvent(event)
        if self._needs_unseen:
            self._needs_due.start()

    # -- what is shown -----------------------------------------------------------------------------
    def _on_filter(self) -> None:
        self._say_when_empty()
        self.feed.restart()

    def _show_count(self, _total: int) -> None:
        self.enable()
        if self.state is NodeState.DISCOVERED:
            self._needs_due.start()

    def _show_needs(self, needs: Sequence[Need]) -> None:
        self._reading_needs = None
        lacking = [need for need in needs if need.to_buy]
        words = ""
        if lacking:
            each = ", ".join(f"{number(need.to_buy)} {need.product}" for need in lacking[:_NEEDS_SHOWN])
            more = len(lacking) - _NEEDS_SHOWN
            if more > 0:
                one, several = self.tr("{1} and {0} product more"), self.tr("{1} and {0} products more")
                each = counted(more, each, one=one, several=several)
            words = self.tr("Licenses to buy: {0}").format(each)
        elif needs:
            words = self.tr("Licenses remain for all of them")
        self.actions_row.show_needs(
            words, "\n".join(f"{one.product}: {number(one.to_buy)}" for one in lacking)
        )

    def _show_scope(self) -> None:
        self.actions_row.show_scope(self.table.selected_count(), self.model.total)

    def _say_when_empty(self) -> None:
        if self.filters.active:
            self.table.say_when_empty(
                self.tr("No node matches these filters."), self.tr("Clear Filters"), self.filters.bar.clear
            )
            return
        sentences = {
            NodeState.DISCOVERED: self.tr("No node is waiting. Import what a scanner has found."),
            NodeState.MANAGED: self.tr("No node is managed yet. Import nodes, then manage them."),
            NodeState.EXCLUDED: self.tr("No node is excluded."),
        }
        offers = self.state is not NodeState.EXCLUDED
        self.table.say_when_empty(
            sentences[self.state], self.tr("Import Nodes…") if offers else "", self.open_import
        )

    def present(self, wanted: object) -> None:
        if not isinstance(wanted, NodesWanted):
            return
        if self.filters.choices is None:
            self._wanted = wanted
            return
        self.filters.fill(wanted)
        self._on_filter()

    def start_search(self) -> None:
        self.filters.start_search()

    # -- what it starts ----------------------------------------------------------------------------
    def start(self, act: str) -> None:
        """Ask for what is to be done to the selected nodes, or to all that match where none is selected."""
        total, selected = self.model.total, self.table.selected_count()
        if not total:
            return
        if not selected or selected == total:
            self._open_action(act, ChosenNodes(shown=self.shown(), count=total))
            return
        rows = self.table.selected_rows()
        if len(rows) == selected:
            self._open_action(act, self._these([row.id for row in rows]))
            return
        shown, actor, places = self.shown(), self.session.actor, self.table.selected_ranges()

        def read(store: Store) -> list[NodeId]:
            from licensedesk.core.nodes.details import nodes_at

            return nodes_at(store, shown.filter(), places, by=actor, sort=shown.sort())

        self.session.read(
            read,
            owner=self,
            done=lambda found: self._open_action(act, self._these(found)),
            failed=self.refuse,
        )

    def _these(self, found: list[NodeId]) -> ChosenNodes:
        return ChosenNodes(shown=self.shown(), count=len(found), nodes=tuple(found))

    def _open_action(self, act: str, chosen: ChosenNodes) -> None:
        from licensedesk.ui.dialogs.node_action import open_node_action

        choices = self.filters.choices
        open_node_action(
            self.session, self.window(), act, chosen, products=choices.products if choices else ()
        )

    def _with_current(self, call: Callable[[NodeId], object]) -> None:
        row = self.table.current_row()
        if row is not None:
            call(row.id)

    def open_details(self, node: NodeId) -> None:
        from licensedesk.ui.dialogs.node_details import open_node_details

        open_node_details(self.session, self.window(), node)

    def open_why(self, node: NodeId) -> None:
        from licensedesk.ui.dialogs.why_waiting import open_why_waiting

        open_why_waiting(self.session, self.window(), node)

    def choose_range(self) -> None:
        from licensedesk.ui.dialogs.whole_range import open_whole_range

        choices = self.filters.choices
        if choices is not None:
            open_whole_range(self.window(), choices, self.filters.use_range)

    # -- import and export -------------------------------------------------------------------------
    def open_import(self, files: Sequence[Path] = ()) -> None:
        sources = self.filters.wanted.sources
        source: str = sources[0] if len(sources) == 1 else ""
        commands.start("import-nodes", self.session, self, source=source, files=tuple(files))

    def export(self) -> None:
        """All that match, not only what is loaded."""
        from licensedesk.ui.export import ask_for_file

        path = ask_for_file(self.session, self, name=f"{self.state}-nodes.csv")
        if path is None:
            return
        shown = self.shown()
        self.progress.start(self.tr("Exporting…"))
        self.enable()
        task: Task[Any] = operations.export_nodes(
            self.session,
            file=path,
            wanted=shown.filter,
            sort=shown.sort,
            total=self.model.total,
            owner=self,
            done=lambda _count: self._export_ended(),
            failed=self._export_failed,
            progress=self.progress.show_progress,
            stopped=self._export_ended,
        )
        self.progress.cancelled.connect(task.cancel)

    def _export_ended(self) -> None:
        self.progress.finish()
        self.progress.cancelled.disconnect()
        self.enable()

    def _export_failed(self, error: LicenseDeskError) -> None:
        self._export_ended()
        self.refuse(error)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - the name is Qt's
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - the name is Qt's
        """Scanner files, to be imported."""
        files = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if files:
            event.acceptProposedAction()
            self.open_import(files)


class DiscoveredNodesView(NodesView):
    state = NodeState.DISCOVERED

    def __init__(self, session: Session) -> None:
        super().__init__(session, "")
        self.set_title(self.tr("Discovered Nodes"))


class ManagedNodesView(NodesView):
    state = NodeState.MANAGED

    def __init__(self, session: Session) -> None:
        super().__init__(session, "")
        self.set_title(self.tr("Managed Nodes"))


class ExcludedNodesView(NodesView):
    state = NodeState.EXCLUDED

    def __init__(self, session: Session) -> None:
        super().__init__(session, "")
        self.set_title(self.tr("Excluded Nodes"))
