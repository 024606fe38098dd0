"""A table model over millions of rows: it holds the pages that were looked at, and asks for others.

It reads nothing itself. It emits `wanted`; whoever reads answers with `put`, and with `set_total` when
the count is known, which may be later than the first rows.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal

from licensedesk.ui.item_models.rows import NO_INDEX, AnyIndex, Cell, Column, ColumnsModel, RowT

PAGE = 200
_KEPT_PAGES = 50


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Rows `first` to `first + count - 1` in the order of `sort`.

    `after` and `before` are the loaded rows next to them, if any: a reader can go on from one of them by
    key instead of counting its way there. `total` where it is known: a page near the end is read from
    the end. `once` marks rows for copying: they supersede nothing and are not kept.
    """

    token: int
    first: int
    count: int
    sort: str | None
    descending: bool
    after: Any = None
    before: Any = None
    total: int | None = None
    once: bool = False


class PagedModel(ColumnsModel[RowT]):
    """Rows that are not loaded are shown as placeholders; only what is painted is asked for."""

    wanted = Signal(object)
    """A PageRequest; it supersedes the one before, unless it is for `once`."""
    restarted = Signal()
    """Other rows than before, from the first one on: filter or order changed."""
    about_to_reload = Signal()
    page_loaded = Signal()

    def __init__(self, columns: Sequence[Column[RowT]], *, key: Callable[[RowT], Hashable]) -> None:
        super().__init__(columns, key=key)
        self._pages: OrderedDict[int, list[RowT]] = OrderedDict()
        self._fresh: set[int] = set()
        self._count = 0
        self._total: int | None = None
        self._loaded = False
        self._restarting = False
        self._asked: PageRequest | None = None
        self._token = 0
        self._painted: tuple[int, int] | None = None
        self._last_painted = (0, 0)
        self._once: dict[int, Callable[[Sequence[RowT]], object]] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._ask_painted)

    # -- what the view asks ------------------------------------------------------------------------
    @property
    def loaded(self) -> bool:
        return self._loaded

    @property
    def total(self) -> int | None:
        """None while it is not known."""
        return self._total

    def row_at(self, row: int) -> RowT | None:
        rows = self._pages.get(row // PAGE)
        return rows[row % PAGE] if rows is not None and row % PAGE < len(rows) else None

    def loaded_rows(self) -> Iterator[tuple[int, RowT]]:
        for page, rows in sorted(self._pages.items()):
            yield from enumerate(rows, page * PAGE)

    def rowCount(self, parent: AnyIndex = NO_INDEX) -> int:  # noqa: N802 - the name is Qt's
        return 0 if parent.isValid() else self._count

    def cell(self, row: int, column: int) -> Cell:
        """Called to paint: notes the row, so that its page is asked for once the painting is over."""
        if self._painted is None:
            self._painted = (row, row)
            self._timer.start(0)
        else:
            first, last = self._painted
            self._painted = (min(first, row), max(last, row))
        return super().cell(row, column)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if not 0 <= column < len(self.columns) or not self.columns[column].sortable:
            return
        self.sort_column = self.columns[column].key
        self.descending = order == Qt.SortOrder.DescendingOrder
        self.sorted_by.emit(self.sort_column, self.descending)
        if self._loaded:
            self.restart()

    # -- what the page says ------------------------------------------------------------------------
    def restart(self) -> None:
        """Filter or order changed: read from the first row on. The old rows stay until then."""
        self._restarting = True
        self._timer.stop()
        self._ask(0, PAGE)

    def reload(self) -> None:
        """The same rows may read differently now: what is seen is read again, in place."""
        self.about_to_reload.emit()
        self._fresh.clear()
        self._asked = None
        first, last = self._last_painted
        for page in [one for one in self._pages if not first // PAGE <= one <= last // PAGE]:
            del self._pages[page]
        if self._restarting or not self._loaded:
            self.restart()
        else:
            first_page = first // PAGE
            self._ask(first_page * PAGE, (last // PAGE - first_page + 1) * PAGE)

    def put(self, request: PageRequest, rows: Sequence[RowT]) -> None:
        """The answer to a request; an answer that is no longer waited for is dropped."""
        if request.once:
            then = self._once.pop(request.token, None)
            if then is not None:
                then(rows)
            return
        if self._asked is None or self._asked.token != request.token:
            return
        self._asked = None
        if self._restarting:
            self._begin_again(rows)
        else:
            self._keep(request, rows)
        self.page_loaded.emit()

    def give_up(self, request: PageRequest) -> None:
        """The read failed: the rows are asked for again when they are painted again."""
        self._once.pop(request.token, None)
        if self._asked is not None and self._asked.token == request.token:
            self._asked = None

    def set_total(self, total: int) -> None:
        """The count arrived. The rows seen stay; the table grows or shrinks at its end."""
        self._total = total
        self._set_count(total)

    def load(self, first: int, last: int, then: Callable[[Sequence[RowT]], object]) -> None:
        """Read rows for use outside the table (copying), whether or not they are loaded."""
        self._token += 1
        self._once[self._token] = then
        self.wanted.emit(self._request(first, last - first + 1, once=True))

    def flush(self) -> None:
        """Ask now for what was painted, instead of when the painting is over."""
        self._timer.stop()
        self._ask_painted()

    # -- asking ------------------------------------------------------------------------------------
    def _ask_painted(self) -> None:
        if self._painted is None:
            return
        first, last = self._last_painted = self._painted
        self._painted = None
        missing = [page for page in range(first // PAGE, last // PAGE + 1) if page not in self._fresh]
        if missing:
            self._ask(missing[0] * PAGE, (missing[-1] - missing[0] + 1) * PAGE)

    def _ask(self, first: int, count: int) -> None:
        asked = self._asked
        if asked is not None and not self._restarting and (asked.first, asked.count) == (first, count):
            return
        self._token += 1
        self._asked = self._request(first, count)
        self.wanted.emit(self._asked)

    def _request(self, first: int, count: int, *, once: bool = False) -> PageRequest:
        known = not self._restarting
        return PageRequest(
            self._token,
            first,
            count,
            self.sort_column,
            self.descending,
            after=self._neighbour(first - 1) if known else None,
            before=self._neighbour(first + count) if known else None,
            total=self._total if known else None,
            once=once,
        )

    def _neighbour(self, row: int) -> RowT | None:
        return self.row_at(row) if row // PAGE in self._fresh else None

    # -- keeping -----------------------------------------------------------------------------------
    def _begin_again(self, rows: Sequence[RowT]) -> None:
        self.beginResetModel()
        self._restarting = False
        self._loaded = True
        self._pages.clear()
        self._fresh.clear()
        self._total = len(rows) if len(rows) < PAGE else None
        self._pages[0] = list(rows)
        self._fresh.add(0)
        self._count = len(rows)
        self._painted = None
        self._last_painted = (0, 0)
        self.endResetModel()
        self.restarted.emit()

    def _keep(self, request: PageRequest, rows: Sequence[RowT]) -> None:
        for offset in range(0, request.count, PAGE):
            page = (request.first + offset) // PAGE
            self._pages[page] = list(rows[offset : offset + PAGE])
            self._pages.move_to_end(page)
            self._fresh.add(page)
        while len(self._pages) > _KEPT_PAGES:
            page, _ = self._pages.popitem(last=False)
            self._fresh.discard(page)
        end = request.first + len(rows)
        if len(rows) < request.count and (rows or request.first == 0):
            self._total = end
            self._set_count(end)
        elif end > self._count:
            self._set_count(end)
        if self._count:
            last = min(self._count, request.first + request.count) - 1
            self.dataChanged.emit(self.index(request.first, 0), self.index(last, len(self.columns) - 1))

    def _set_count(self, count: int) -> None:
        if count > self._count:
            self.beginInsertRows(NO_INDEX, self._count, count - 1)
            self._count = count
            self.endInsertRows()
        elif count < self._count:
            self.beginRemoveRows(NO_INDEX, count, self._count - 1)
            self._count = count
            for page in [one for one in self._pages if one * PAGE >= count]:
                del self._pages[page]
                self._fresh.discard(page)
            self.endRemoveRows()
