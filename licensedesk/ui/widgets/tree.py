"""The table's sibling for rows that stand under each other; what was open stays open over a reload."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from typing import Generic, TypeVar

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QSettings,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QAction,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QMenu, QTreeView, QWidget

from licensedesk.ui.actions import make_action
from licensedesk.ui.item_models.tree import TreeModel
from licensedesk.ui.widgets.cells import CellDelegate
from licensedesk.ui.widgets.columns import Columns
from licensedesk.ui.widgets.empty import EmptyState
from licensedesk.ui.widgets.row_ring import RowRing

RowT = TypeVar("RowT")
_OPEN_AT_FIRST = 300
"""A tree with more rows is opened down to its second level only."""


class TreeView(QTreeView, Generic[RowT]):
    selected = Signal()
    activated_row = Signal(object)

    def __init__(self, model: TreeModel[RowT], *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows_model = model
        self._hovered: object = None
        self._context: tuple[QAction, ...] = ()
        self._kept: tuple[frozenset[Hashable], Hashable | None, int] | None = None
        self._restoring = False
        self._to_close: frozenset[Hashable] | None = None
        self._ring = RowRing(self)
        self.empty = EmptyState(self.viewport())
        self.setAccessibleName(name)
        self._set_up()
        self.setModel(model)
        self.columns = Columns(self, self.header(), model)
        model.modelAboutToBeReset.connect(self._keep)
        model.modelReset.connect(self._restore)
        self.selectionModel().selectionChanged.connect(lambda *_: self._told())

    # -- what pages ask ----------------------------------------------------------------------------
    def current_row(self) -> RowT | None:
        return self.rows_model.row_of(self.currentIndex())

    def selected_rows(self) -> list[RowT]:
        found = (self.rows_model.row_of(index) for index in self.selectionModel().selectedRows())
        return [row for row in found if row is not None]

    def select_key(self, key: Hashable) -> bool:
        """Open the way to it, select and show it."""
        index = self.rows_model.index_of(key)
        if index.isValid():
            self.setCurrentIndex(index)
            self.scrollTo(index)
        return index.isValid()

    def closed_keys(self) -> frozenset[Hashable]:
        """The rows that have others below them, which are not shown."""
        model = self.rows_model
        return frozenset(key for key in model.branch_keys() if not self.isExpanded(model.index_of(key)))

    def show_only(self, keys: Collection[Hashable] | None, *, closed: Collection[Hashable]) -> None:
        """These rows and the ones above them, None for all; all are open but those that are `closed`."""
        self._to_close = frozenset(closed)
        self.rows_model.show_only(keys)
        self._to_close = None

    def _close_only(self, closed: Collection[Hashable]) -> None:
        """Open all rows but these; one by one, since `expandAll` lays out every row there and then."""
        for key in self.rows_model.branch_keys():
            self.setExpanded(self.rows_model.index_of(key), key not in closed)

    def set_context_actions(self, actions: Sequence[QAction]) -> None:
        self._context = tuple(actions)
        self.addActions(list(actions))

    def say_when_empty(
        self, sentence: str, button: str = "", press: Callable[[], object] | None = None
    ) -> None:
        self.empty.say(sentence, button, press)
        self._show_empty()

    def remember(self, settings: QSettings, place: str) -> None:
        """As a table's."""
        self.columns.remember(settings, place)

    def copy(self, *, headings: bool = False) -> None:
        """The selected rows as tab-separated text, columns as shown."""
        rows = self.selected_rows()
        if rows:
            QGuiApplication.clipboard().setText(self.columns.as_text(rows, headings=headings))

    # -- set-up ------------------------------------------------------------------------------------
    def _set_up(self) -> None:
        self.setProperty("role", "panel")
        self.setItemDelegate(CellDelegate(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setExpandsOnDoubleClick(False)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setMouseTracking(True)
        self.setIndentation(20)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._open_menu)
        self.doubleClicked.connect(self._activate)
        self.header().setStretchLastSection(False)

    # -- over a reload -----------------------------------------------------------------------------
    def _keep(self) -> None:
        self._restoring = True
        model = self.rows_model
        rows = model.rowCount()
        closed = self.closed_keys()
        current = self.current_row()
        key = model.key(current) if current is not None else None
        self._kept = (closed, key, self.verticalScrollBar().value()) if rows else None

    def _restore(self) -> None:
        closed, current, place = self._kept or (None, None, 0)
        if self._to_close is not None:
            closed = self._to_close
        if closed is None:
            few = sum(1 for _ in self.rows_model.loaded_rows()) <= _OPEN_AT_FIRST
            self.expandAll() if few else self.expandToDepth(1)
        else:
            self._close_only(closed)
        if self._kept is not None:
            self.setCurrentIndex(self.rows_model.index_of(current))
            self.verticalScrollBar().setValue(place)
        self._restoring = False
        self._show_empty()
        self.selected.emit()

    def _told(self) -> None:
        if not self._restoring:
            self.selected.emit()

    # -- events ------------------------------------------------------------------------------------
    def _show_empty(self) -> None:
        nothing = self.rows_model.loaded and self.rows_model.rowCount() == 0
        self.empty.setGeometry(self.viewport().rect())
        self.empty.setVisible(nothing and bool(self.empty.sentence))

    def _activate(self, index: QModelIndex) -> None:
        row = self.rows_model.row_of(index)
        if row is not None:
            self.activated_row.emit(row)

    def _open_menu(self, at: QPoint) -> None:
        menu = self.context_menu()
        menu.aboutToHide.connect(menu.deleteLater)
        # Without a loop of its own: its table may go with a dialog while it is open.
        menu.popup(self.viewport().mapToGlobal(at))

    def context_menu(self) -> QMenu:
        """The page's actions, then copying; belongs to the caller."""
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        menu.addActions(list(self._context))
        menu.addSeparator()
        some = self.selectionModel().hasSelection()
        for name, do in (("copy", self.copy), ("copy-headings", lambda: self.copy(headings=True))):
            entry = make_action(name, menu, do)
            entry.setEnabled(some)
            menu.addAction(entry)
        menu.addAction(make_action("select-all", menu, self.selectAll))
        return menu

    def is_hovered(self, index: QModelIndex | QPersistentModelIndex) -> bool:
        """For the delegate."""
        return self._hovered is not None and self._hovered == index.internalId()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - the name is Qt's
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self._activate(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - the name is Qt's
        self._ring.show(False)
        super().mousePressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - the name is Qt's
        super().paintEvent(event)
        self._ring.paint()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - the name is Qt's
        super().resizeEvent(event)
        self.columns.stretch()
        self.empty.setGeometry(self.viewport().rect())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - the name is Qt's
        super().mouseMoveEvent(event)
        index = self.indexAt(event.position().toPoint())
        self._hover(index.internalId() if index.isValid() else None)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 - the name is Qt's
        super().leaveEvent(event)
        self._hover(None)

    def _hover(self, row: object) -> None:
        if row != self._hovered:
            self._hovered = row
            self.viewport().update()
