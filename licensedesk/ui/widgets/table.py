"""The table of every view: sorted, movable and remembered columns, copy, empty sentence."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Generic, TypeVar

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QSettings,
    Qt,
    QTimer,
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
from PySide6.QtWidgets import QAbstractItemView, QMenu, QTableView, QWidget

from licensedesk.ui.actions import make_action
from licensedesk.ui.item_models.paged import PAGE, PagedModel
from licensedesk.ui.item_models.rows import ColumnsModel
from licensedesk.ui.widgets.cells import CellDelegate, row_height
from licensedesk.ui.widgets.columns import Columns
from licensedesk.ui.widgets.empty import EmptyState
from licensedesk.ui.widgets.row_ring import RowRing

RowT = TypeVar("RowT")
_COPY_LIMIT = 100_000
_KEPT_ROWS = 10_000
"""A larger selection ("all") is not carried over a reload row by row."""
_MIN_COLUMN = 48
_EMPTY_ROWS = 4
_FRAME = 8
"""The hairlines and the room below the last row (desk.qss)."""


class TableView(QTableView, Generic[RowT]):
    """Shows a `ColumnsModel`; selection, current row and place survive a reload by the rows' keys."""

    selected = Signal()
    """The selection changed; read `selected_rows`."""
    activated_row = Signal(object)
    """Double click or Enter on a row."""

    def __init__(self, model: ColumnsModel[RowT], *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows_model = model
        self.hovered_row = -1
        self._context: tuple[QAction, ...] = ()
        self._kept: tuple[frozenset[Hashable], Hashable | None, int] = (frozenset(), None, 0)
        self._restoring = False
        self._kept_paged = False
        self._fit_most = 0
        self._ring = RowRing(self)
        self.empty = EmptyState(self.viewport())
        self.setAccessibleName(name)
        self._set_up()
        self.setModel(model)
        self._connect(model)
        self.columns = Columns(self, self.horizontalHeader(), model)

    # -- what pages ask ---------------------------------------------------------------------------
    def selected_rows(self) -> list[RowT]:
        """The selected rows that are loaded, in the order shown, at most 100,000."""
        rows: list[RowT] = []
        for first, last in self.selected_ranges():
            for row in range(first, min(last + 1, first + _COPY_LIMIT - len(rows))):
                value = self.rows_model.row_at(row)
                if value is not None:
                    rows.append(value)
        return rows

    def selected_ranges(self) -> list[tuple[int, int]]:
        """First and last row of each stretch, so that "all" of a million is one pair."""
        chosen = self.selectionModel().selection()
        stretches = (chosen.at(place) for place in range(chosen.size()))
        return sorted({(one.top(), one.bottom()) for one in stretches})

    def selected_count(self) -> int:
        return sum(last - first + 1 for first, last in self.selected_ranges())

    def current_row(self) -> RowT | None:
        index = self.currentIndex()
        return self.rows_model.row_at(index.row()) if index.isValid() else None

    def select_key(self, key: Hashable) -> bool:
        """Select and show the row of that key; False where it is not among the loaded rows."""
        for row, value in self.rows_model.loaded_rows():
            if self.rows_model.key(value) == key:
                self.choose_row(row)
                return True
        return False

    def choose_row(self, row: int) -> None:
        """Select and show it alone, whatever keys are held down: Qt's `selectRow` looks at them."""
        index = self.rows_model.index(row, self.columns.shown()[0])
        flags = QItemSelectionModel.SelectionFlag
        self.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        self.scrollTo(index)

    def set_context_actions(self, actions: Sequence[QAction]) -> None:
        """Shown in the context menu above Copy; they are also added to the view for their shortcuts."""
        self._context = tuple(actions)
        self.addActions(list(actions))

    def say_when_empty(
        self, sentence: str, button: str = "", press: Callable[[], object] | None = None
    ) -> None:
        self.empty.say(sentence, button, press)
        self._fit()
        self._show_empty()

    def remember(self, settings: QSettings, place: str) -> None:
        """Restore order, widths, hidden columns and sort order now, and keep them from now on."""
        self.columns.remember(settings, place)

    def fit_height(self, most: int = 8) -> None:
        """As high as its rows, up to `most` of them: for a short table above other content."""
        self._fit_most = most
        self.horizontalScrollBar().rangeChanged.connect(lambda *_: self._fit())
        self._fit()

    def _fit(self) -> None:
        if not self._fit_most:
            return
        count = self.rows_model.rowCount()
        policy = Qt.ScrollBarPolicy
        self.setVerticalScrollBarPolicy(
            policy.ScrollBarAsNeeded if count > self._fit_most else policy.ScrollBarAlwaysOff
        )
        # An empty one has room for its sentence and button.
        least = _EMPTY_ROWS if self.empty.sentence else 1
        rows = min(self._fit_most, count or least) * self.verticalHeader().defaultSectionSize()
        foot = self.horizontalScrollBar()
        below = foot.sizeHint().height() if foot.maximum() > 0 else 0
        self.setFixedHeight(self.horizontalHeader().sizeHint().height() + rows + below + _FRAME)

    # -- copy --------------------------------------------------------------------------------------
    def copy(self, *, headings: bool = False) -> None:
        """The selected rows as tab-separated text, columns as shown; at most 100,000.

        Rows that are not loaded are read first, and the clipboard is filled when they are there.
        """
        model = self.rows_model
        ranges = self.selected_ranges()
        missing = any(model.row_at(last) is None or model.row_at(first) is None for first, last in ranges)
        if isinstance(model, PagedModel) and (missing or self.selected_count() > PAGE) and ranges:
            first, last = ranges[0][0], min(ranges[-1][1], ranges[0][0] + _COPY_LIMIT - 1)
            picked = [row - first for one in ranges for row in range(one[0], min(one[1], last) + 1)]
            model.load(first, last, lambda rows: self._copy_picked(rows, picked, headings=headings))
        else:
            self._copy_rows(self.selected_rows(), headings=headings)

    def _copy_picked(self, rows: Sequence[RowT], picked: Sequence[int], *, headings: bool) -> None:
        self._copy_rows([rows[at] for at in picked if at < len(rows)], headings=headings)

    def _copy_rows(self, rows: Sequence[RowT], *, headings: bool) -> None:
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
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setCornerButtonEnabled(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._open_menu)
        self.doubleClicked.connect(self._activate)
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(rows.ResizeMode.Fixed)
        rows.setDefaultSectionSize(row_height(self.fontMetrics()))
        header = self.horizontalHeader()
        header.setSectionsMovable(True)
        header.setHighlightSections(False)
        header.setSortIndicatorShown(False)
        header.setMinimumSectionSize(_MIN_COLUMN)

    def _connect(self, model: ColumnsModel[RowT]) -> None:
        model.modelAboutToBeReset.connect(self._keep)
        model.modelReset.connect(self._restore)
        model.rowsInserted.connect(lambda *_: self._show_empty())
        model.rowsRemoved.connect(lambda *_: self._show_empty())
        if isinstance(model, PagedModel):
            model.about_to_reload.connect(self._keep_paged)
            model.page_loaded.connect(self._restore_paged)
            model.page_loaded.connect(lambda *_: self.columns.make_room())
            model.restarted.connect(self.scrollToTop)
        self.selectionModel().selectionChanged.connect(self._on_selection)

    def setModel(self, model: QAbstractItemModel | None) -> None:  # noqa: N802 - the name is Qt's
        super().setModel(model)
        if model is not None:
            # Qt asks row by row whether a whole column is selected each time it paints a heading, which
            # takes seconds at a million rows: the header looks at a selection of its own, always empty.
            self.horizontalHeader().setSelectionModel(QItemSelectionModel(model, self))
        self._show_empty()

    # -- selection over a reload -------------------------------------------------------------------
    def _keep_paged(self) -> None:
        """Before a reload in place: rows may come back at other places."""
        self._keep()
        self._restoring = False
        self._kept_paged = bool(self._kept[0])

    def _restore_paged(self) -> None:
        if self._kept_paged:
            self._kept_paged = False
            self._select_keys(self._kept[0], self._kept[1])

    def _keep(self) -> None:
        model = self.rows_model
        current = self.current_row()
        self._restoring = True
        few = self.selected_count() <= _KEPT_ROWS
        self._kept = (
            frozenset(model.key(row) for row in self.selected_rows()) if few else frozenset(),
            model.key(current) if current is not None else None,
            self.verticalScrollBar().value(),
        )

    def _restore(self) -> None:
        self.columns.make_room()
        keys, current, place = self._kept
        if keys or current is not None:
            self._select_keys(keys, current)
        self._restoring = False
        self.verticalScrollBar().setValue(place)
        self._fit()
        self._show_empty()
        if {self.rows_model.key(row) for row in self.selected_rows()} != keys:
            self.selected.emit()

    def _select_keys(self, keys: frozenset[Hashable], current: Hashable | None) -> None:
        model = self.rows_model
        chosen = QItemSelection()
        last = len(model.columns) - 1
        for row, value in model.loaded_rows():
            key = model.key(value)
            if key in keys:
                chosen.select(model.index(row, 0), model.index(row, last))
            if key == current:
                self.selectionModel().setCurrentIndex(
                    model.index(row, 0), QItemSelectionModel.SelectionFlag.NoUpdate
                )
        self.selectionModel().select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def _on_selection(self, *_: Any) -> None:
        if not self._restoring:
            self.selected.emit()

    # -- events ------------------------------------------------------------------------------------
    def _show_empty(self) -> None:
        nothing = self.rows_model.loaded and self.rows_model.rowCount() == 0
        self.empty.setGeometry(self.viewport().rect())
        self.empty.setVisible(nothing and bool(self.empty.sentence))

    def _activate(self, index: QModelIndex) -> None:
        row = self.rows_model.row_at(index.row()) if index.isValid() else None
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
        if self.selectionMode() != QAbstractItemView.SelectionMode.SingleSelection:
            menu.addAction(make_action("select-all", menu, self.selectAll))
        return menu

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - the name is Qt's
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self._activate(self.currentIndex())
        elif event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End) and self.rows_model.rowCount():
            self._jump(event)
        else:
            super().keyPressEvent(event)

    def _jump(self, event: QKeyEvent) -> None:
        """To the first or last row, where Qt would go to the first or last column of the same row."""
        model = self.rows_model
        row = 0 if event.key() == Qt.Key.Key_Home else model.rowCount() - 1
        here = self.currentIndex()
        flags = QItemSelectionModel.SelectionFlag
        target = model.index(row, max(0, here.column()))
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and here.isValid():
            first, last = sorted((here.row(), row))
            stretch = QItemSelection(model.index(first, 0), model.index(last, len(model.columns) - 1))
            self.selectionModel().select(stretch, flags.Select)
            self.selectionModel().setCurrentIndex(target, flags.NoUpdate)
        else:
            self.selectionModel().setCurrentIndex(target, flags.ClearAndSelect | flags.Rows)
        self.scrollTo(target)

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
        self._hover(self.rowAt(event.position().toPoint().y()))

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 - the name is Qt's
        super().leaveEvent(event)
        self._hover(-1)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - the name is Qt's
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            QTimer.singleShot(
                0, self, lambda: self.verticalHeader().setDefaultSectionSize(row_height(self.fontMetrics()))
            )

    def is_hovered(self, index: QModelIndex | QPersistentModelIndex) -> bool:
        """For the delegate."""
        return index.row() == self.hovered_row

    def _hover(self, row: int) -> None:
        if row != self.hovered_row:
            self.hovered_row = row
            self.viewport().update()
