"""The filters above a table: choices, days, a search field, how many match - remembered between runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from PySide6.QtCore import QDate, QSettings, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QComboBox, QDateEdit, QHBoxLayout, QLineEdit, QSizePolicy, QWidget

from licensedesk.core.names import visible
from licensedesk.ui.figures import day_format
from licensedesk.ui.icons import set_icon
from licensedesk.ui.theme import enlarged
from licensedesk.ui.widgets.before import BeforeField
from licensedesk.ui.widgets.calendar import offer_calendar
from licensedesk.ui.widgets.cut import Choice, cut_label
from licensedesk.ui.widgets.flow import FlowLayout
from licensedesk.ui.widgets.page import button
from licensedesk.ui.widgets.sections import labelled
from licensedesk.ui.widgets.several import SeveralButton

_AFTER_MS = 30
"""From a key to the reading of rows: a read that the next key supersedes is interrupted."""


_CLOSER = 6
_LEAST_WIDTH = 140
"""A narrow window leaves this much; the usual is `_WIDTH`."""
_WIDTH = 220


class SearchField(QLineEdit):
    """Says what is searched for a moment after the last key; Escape and the cross empty it."""

    searched = Signal(str)

    def __init__(self, placeholder: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(placeholder)
        self.setMinimumWidth(_LEAST_WIDTH)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._glass = QAction(self)
        set_icon(self._glass, "search")
        self._clear = QAction(self.tr("Clear the search"), self)
        set_icon(self._clear, "close")
        self._clear.triggered.connect(lambda _checked: self._emptied())
        self.addAction(self._glass, QLineEdit.ActionPosition.LeadingPosition)
        self.addAction(self._clear, QLineEdit.ActionPosition.TrailingPosition)
        # Qt leaves twice as much room behind the glass as before it.
        self.setTextMargins(-_CLOSER, 0, 0, 0)
        # Only now: adding an action shows its button, whatever it was before.
        self._clear.setVisible(False)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_AFTER_MS)
        self._timer.timeout.connect(lambda: self.searched.emit(self.text().strip()))
        self.textChanged.connect(lambda text: self._clear.setVisible(bool(text)))
        self.textEdited.connect(lambda _text: self._timer.start())
        self.returnPressed.connect(self._now)

    def sizeHint(self) -> QSize:  # noqa: N802 - the name is Qt's
        return QSize(enlarged(_WIDTH, self.font()), super().sizeHint().height())

    def _now(self) -> None:
        self._timer.stop()
        self.searched.emit(self.text().strip())

    def _emptied(self) -> None:
        self.clear()
        self._now()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - the name is Qt's
        if event.key() == Qt.Key.Key_Escape and self.text():
            self._emptied()
        else:
            super().keyPressEvent(event)


class DayField(QDateEdit):
    """A day with a calendar; `chosen` for what a person chose, not for what a program set."""

    chosen = Signal()

    def __init__(self, day: date, parent: QWidget | None = None) -> None:
        super().__init__(QDate(day.year, day.month, day.day), parent)
        offer_calendar(self)
        self.setDisplayFormat(day_format())
        self.setMinimumWidth(130)
        self._by_program = False
        self.dateChanged.connect(self._on_changed)

    @property
    def day(self) -> date:
        shown = self.date()
        return date(shown.year(), shown.month(), shown.day())

    def set_day(self, day: date) -> None:
        self._by_program = True
        self.setDate(QDate(day.year, day.month, day.day))
        self._by_program = False

    def _on_changed(self, _date: QDate) -> None:
        if not self._by_program:
            self.chosen.emit()


class FilterBar(QWidget):
    """Each filter has a key; `values` are the values of all. `changed` only for what a person did.

    A choice gives its key or "", a choice of several a tuple, a search its text.
    """

    changed = Signal()
    toggled = Signal()
    """Whoever did it, `active` may be another now."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fields: dict[str, QComboBox | SeveralButton | SearchField | BeforeField] = {}
        self._memory: tuple[QSettings, str] | None = None
        self._left = FlowLayout()
        self._search_place = QHBoxLayout()
        self._count = cut_label("", "secondary")
        self._reset = button(self.tr("Clear Filters"), self.clear, kind="link")
        self._reset.setProperty("action", "clear-filters")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addLayout(self._left, 1)
        row.addWidget(self._reset, alignment=Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._count, alignment=Qt.AlignmentFlag.AlignTop)
        row.addLayout(self._search_place)
        self._count.setContentsMargins(0, 6, 0, 0)
        self._count.hide()
        self._reset.hide()

    # -- filters -----------------------------------------------------------------------------------
    def add_choice(self, key: str, title: str, choices: Sequence[tuple[str, str]]) -> QComboBox:
        """Key and title of each choice; the first is what it stands at, usually `("", "All")`."""
        field = Choice()
        self._fields[key] = field
        self.set_choices(key, choices)
        field.activated.connect(lambda _index: self._on_changed())
        self._left.addWidget(labelled(title, field))
        return field

    def add_several(
        self, key: str, title: str, everything: str, choices: Sequence[tuple[str, str]] = ()
    ) -> SeveralButton:
        field = SeveralButton(everything)
        self._fields[key] = field
        field.set_choices(choices)
        field.chosen_changed.connect(self._on_changed)
        self._left.addWidget(labelled(title, field))
        return field

    def add_search(self, key: str, placeholder: str) -> SearchField:
        """At the right; Ctrl+F is the window's, which calls its `setFocus`."""
        field = SearchField(placeholder)
        self._fields[key] = field
        field.searched.connect(lambda _text: self._on_changed())
        self._search_place.addWidget(field, alignment=Qt.AlignmentFlag.AlignTop)
        return field

    def add_text(self, key: str, title: str, placeholder: str) -> SearchField:
        """A search in one column, among the other filters."""
        field = SearchField(placeholder)
        field.setMinimumWidth(150)
        field.setMaximumWidth(180)
        self._fields[key] = field
        field.searched.connect(lambda _text: self._on_changed())
        self._left.addWidget(labelled(title, field))
        return field

    def add_before(self, key: str, title: str, today: Callable[[], date]) -> BeforeField:
        """Before a day, or any time; its value is a day in ISO form, or ""."""
        field = BeforeField(title, today)
        self._fields[key] = field
        field.chosen.connect(self._on_changed)
        self._left.addWidget(labelled(title, field))
        return field

    def add_widget(self, widget: QWidget) -> None:
        """Something of the page's own, which tells of its changes itself."""
        self._left.addWidget(widget)

    def set_choices(self, key: str, choices: Sequence[tuple[str, str]]) -> None:
        """Other choices, the chosen one staying where it still is one."""
        field = self._fields[key]
        if isinstance(field, SeveralButton):
            field.set_choices(choices)
        elif isinstance(field, QComboBox):
            chosen = field.currentData()
            field.clear()
            for value, title in choices:
                field.addItem(visible(title), value)
            field.setCurrentIndex(max(0, field.findData(chosen)))

    def set_count(self, words: str) -> None:
        """How many match; shown beside the search."""
        self._count.setText(words)
        self._count.setVisible(bool(words))

    # -- values ------------------------------------------------------------------------------------
    def value(self, key: str) -> Any:
        field = self._fields[key]
        if isinstance(field, SeveralButton):
            return field.chosen
        if isinstance(field, BeforeField):
            return field.kept
        return field.text().strip() if isinstance(field, SearchField) else field.currentData() or ""

    def values(self) -> dict[str, Any]:
        return {key: self.value(key) for key in self._fields}

    def set_values(self, values: dict[str, Any]) -> None:
        """By program; tells nobody. Values that are no choice any more are ignored."""
        for key, value in values.items():
            field = self._fields.get(key)
            if isinstance(field, SeveralButton) and isinstance(value, list | tuple):
                field.set_chosen([str(one) for one in value])
            elif isinstance(field, SearchField) and isinstance(value, str):
                field.setText(value)
            elif isinstance(field, BeforeField) and isinstance(value, str):
                field.set_kept(value)
            elif isinstance(field, QComboBox) and field.findData(value) >= 0:
                field.setCurrentIndex(field.findData(value))
        self._show_reset()

    def choose(self, values: dict[str, Any]) -> None:
        """As a person's doing: remembered, and told."""
        self.set_values(values)
        self._on_changed()

    def clear(self) -> None:
        """Back to the first choice everywhere, as a person's doing."""
        for field in self._fields.values():
            if isinstance(field, SeveralButton):
                field.set_chosen(())
            elif isinstance(field, SearchField):
                field.clear()
            elif isinstance(field, BeforeField):
                field.set_kept("")
            else:
                field.setCurrentIndex(0)
        self._on_changed()

    @property
    def active(self) -> bool:
        """Something is left out."""
        choices = (one for one in self._fields.values() if isinstance(one, QComboBox))
        others = (self.value(key) for key, one in self._fields.items() if not isinstance(one, QComboBox))
        return any(one.currentIndex() > 0 for one in choices) or any(bool(value) for value in others)

    # -- memory ------------------------------------------------------------------------------------
    def remember(self, settings: QSettings, place: str) -> None:
        """Restore now (telling nobody), and keep from now on."""
        self._memory = (settings, f"filters/{place}")
        try:
            kept = json.loads(str(settings.value(f"filters/{place}", "{}")))
        except ValueError:
            kept = {}
        if isinstance(kept, dict):
            self.set_values(kept)

    def _on_changed(self) -> None:
        self._show_reset()
        if self._memory is not None:
            settings, place = self._memory
            settings.setValue(place, json.dumps(self.values()))
        self.changed.emit()

    def _show_reset(self) -> None:
        self._reset.setVisible(self.active)
        self.toggled.emit()
