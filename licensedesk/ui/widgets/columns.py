"""The columns of a table or tree: their widths, which are shown, sorting, and what is remembered of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, TypeAlias

from PySide6.QtCore import QObject, QPoint, QSettings, Qt, QTimer
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu

from licensedesk.core.names import visible
from licensedesk.ui.item_models.rows import ColumnsModel
from licensedesk.ui.theme import enlarged
from licensedesk.ui.widgets.cells import PADDING
from licensedesk.ui.widgets.chips import Chip, chip_size

AnyModel: TypeAlias = ColumnsModel[Any]

_WRITE_AFTER_MS = 400
_MEASURED = 100
"""Rows that are looked at for how much room a column takes."""
_LEAST_STRETCH = 0.7
"""Of its width a stretching column keeps when others need room; only then the table scrolls sideways."""


@dataclass(frozen=True, slots=True)
class Arranged:
    """One column where it stands; `place` is its place in the model."""

    place: int
    title: str
    shown: bool


class Columns(QObject):
    """What a view does with its columns, the same in rows and in a tree; made once it has its model."""

    def __init__(self, view: QAbstractItemView, header: QHeaderView, model: AnyModel) -> None:
        super().__init__(view)
        self._view = view
        self._header = header
        self._model = model
        self._memory: ColumnMemory | None = None
        self._given: dict[int, int] = {}
        header.setSectionsClickable(True)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._open_menu)
        header.sectionClicked.connect(self.sort_by)
        header.sectionResized.connect(lambda *_: self.stretch())
        model.sorted_by.connect(lambda *_: header.viewport().update())
        self._size()

    def _size(self) -> None:
        """The widths are of text of the usual size."""
        font = self._view.font()
        for place, column in enumerate(self._model.columns):
            title = self._header.sectionSizeFromContents(place).width() + PADDING
            self._give(place, max(enlarged(column.width, font), title))
            self._header.setSectionHidden(place, column.hidden)

    def _give(self, place: int, width: int) -> None:
        self._given[place] = width
        self._header.resizeSection(place, width)

    def make_room(self) -> None:
        """No figure and no state is cut: their columns grow with what is read, unless a person set them."""
        rows = [row for _, row in islice(self._model.loaded_rows(), _MEASURED)]
        metrics = self._view.fontMetrics()
        for place, column in enumerate(self._model.columns):
            own = self._header.sectionSize(place) == self._given[place]
            if not rows or not own or column.stretch or not (column.number or column.chip):
                continue
            longest = max((column.text(row) for row in rows), key=len)
            needed = metrics.horizontalAdvance(longest)
            if column.chip is not None:
                needed = chip_size(Chip(longest), self._view.font()).width()
            if needed + 2 * PADDING > self._given[place]:
                self._give(place, needed + 2 * PADDING)

    def stretch(self) -> None:
        """The stretching column takes what the others leave, so that the table is as wide as its room."""
        header, columns = self._header, self._model.columns
        places = [at for at, one in enumerate(columns) if one.stretch and not header.isSectionHidden(at)]
        if not places:
            return
        taker = places[0]
        others = header.length() - header.sectionSize(taker)
        title = header.sectionSizeFromContents(taker).width()
        least = max(title, int(columns[taker].width * _LEAST_STRETCH))
        wanted = max(least, self._view.viewport().width() - others)
        if wanted != header.sectionSize(taker):
            self._give(taker, wanted)

    def shown(self) -> list[int]:
        """Places in the model, in the order on the screen."""
        header = self._header
        order = [header.logicalIndex(at) for at in range(header.count())]
        return [place for place in order if not header.isSectionHidden(place)]

    def as_text(self, rows: Sequence[Any], *, headings: bool) -> str:
        """Tab-separated lines of the columns shown, as shown, and without what would end a cell or a line."""
        columns = [self._model.columns[place] for place in self.shown()]
        lines = ["\t".join(column.title for column in columns)] if headings else []
        lines += ["\t".join(visible(column.text(row)) for column in columns) for row in rows]
        return "".join(f"{line}\n" for line in lines)

    def sort_by(self, place: int) -> None:
        """As a click on the heading: once more turns it round."""
        model = self._model
        if not model.columns[place].sortable:
            return
        again = model.sort_column == model.columns[place].key
        descending = again and not model.descending
        model.sort(place, Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder)

    def remember(self, settings: QSettings, place: str) -> None:
        """Restore order, widths, hidden columns and sort order now, and keep them from now on."""
        self._memory = ColumnMemory(self._header, self._model, settings, place, self._given)
        self._memory.restore()
        self.stretch()

    # -- order -------------------------------------------------------------------------------------
    def arrangement(self) -> list[Arranged]:
        """All of them, in the order on the screen."""
        header = self._header
        places = (header.logicalIndex(at) for at in range(header.count()))
        columns = self._model.columns
        return [Arranged(at, columns[at].title, shown=not header.isSectionHidden(at)) for at in places]

    def as_made(self) -> list[Arranged]:
        """As they were before a person moved any."""
        columns = enumerate(self._model.columns)
        return [Arranged(at, column.title, shown=not column.hidden) for at, column in columns]

    def arrange(self, wanted: Sequence[Arranged]) -> None:
        """In this order, those shown that are to be."""
        for target, column in enumerate(wanted):
            self._header.moveSection(self._header.visualIndex(column.place), target)
            self._header.setSectionHidden(column.place, not column.shown)
        self.stretch()

    # -- menus -------------------------------------------------------------------------------------
    def fill_choice(self, menu: QMenu) -> None:
        """One checkable entry a column; the last one shown cannot be hidden."""
        shown = self.shown()
        for place, column in enumerate(self._model.columns):
            entry = menu.addAction(column.title)
            entry.setCheckable(True)
            entry.setChecked(place in shown)
            entry.setEnabled(shown != [place])
            entry.toggled.connect(lambda on, at=place: self._header.setSectionHidden(at, not on))

    def fill_sorting(self, menu: QMenu) -> None:
        """One entry a column shown; choosing what it is sorted by already turns it round."""
        for place, column in enumerate(self._model.columns):
            if column.sortable and not self._header.isSectionHidden(place):
                entry = menu.addAction(column.title, partial(self.sort_by, place))
                entry.setCheckable(True)
                entry.setChecked(self._model.sort_column == column.key)

    def header_menu(self) -> QMenu:
        """Over the header; belongs to the caller."""
        menu = QMenu(self._view)
        self.fill_choice(menu)
        menu.aboutToHide.connect(menu.deleteLater)
        return menu

    def _open_menu(self, at: QPoint) -> None:
        self.header_menu().popup(self._header.mapToGlobal(at))


class ColumnMemory(QObject):
    """Keeps order, hidden columns, sort order, and the widths that a person chose, by the columns' keys.

    `given` are the widths that columns have by themselves.
    Written a moment after the last change, since dragging a header's edge is hundreds of changes.
    """

    def __init__(
        self,
        header: QHeaderView,
        model: AnyModel,
        settings: QSettings,
        place: str,
        given: Mapping[int, int],
    ) -> None:
        super().__init__(header)
        self._given = given
        self._header = header
        self._model = model
        self._settings = settings
        self._place = f"columns/{place}"
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_WRITE_AFTER_MS)
        self._timer.timeout.connect(self.write)
        header.sectionMoved.connect(self._timer.start)
        header.sectionResized.connect(self._timer.start)
        model.sorted_by.connect(self._timer.start)

    def write(self) -> None:
        header, model = self._header, self._model
        columns = [model.columns[header.logicalIndex(at)] for at in range(header.count())]
        state = {
            "order": [one.key for one in columns],
            "hidden": [one.key for at, one in enumerate(model.columns) if header.isSectionHidden(at)],
            "widths": {
                one.key: header.sectionSize(at)
                for at, one in enumerate(model.columns)
                if not header.isSectionHidden(at) and header.sectionSize(at) != self._given.get(at)
            },
            "sort": [model.sort_column, model.descending],
        }
        self._settings.setValue(self._place, json.dumps(state))

    def restore(self) -> None:
        """Columns that are new since are left where they are; unreadable settings are ignored."""
        state = self._read()
        if not state:
            return
        header = self._header
        places = {one.key: at for at, one in enumerate(self._model.columns)}
        for target, key in enumerate(one for one in state.get("order", []) if one in places):
            header.moveSection(header.visualIndex(places[key]), target)
        for key, width in state.get("widths", {}).items():
            if key in places and isinstance(width, int):
                header.resizeSection(places[key], width)
        for key, place in places.items():
            header.setSectionHidden(place, key in state.get("hidden", []))
        key, descending = state.get("sort", [None, False])
        if key in places:
            order = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
            self._model.sort(places[key], order)

    def _read(self) -> dict[str, Any]:
        try:
            state = json.loads(str(self._settings.value(self._place, "{}")))
        except ValueError:
            return {}
        return state if isinstance(state, dict) else {}
