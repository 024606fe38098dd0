"""Copying, selecting, columns and sorting: of the table or field that had the focus last."""

from __future__ import annotations

from functools import partial
from typing import Any, TypeAlias

import shiboken6
from PySide6.QtCore import QObject, QSettings
from PySide6.QtWidgets import QApplication, QLineEdit, QMainWindow, QMenu, QWidget

from licensedesk.ui.widgets.table import TableView
from licensedesk.ui.widgets.tree import TreeView

Rows: TypeAlias = TableView[Any] | TreeView[Any]
Target: TypeAlias = TableView[Any] | TreeView[Any] | QLineEdit


class EditTarget(QObject):
    """A menu takes the focus while it is open, so the one before is remembered."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._last: Target | None = None
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._on_focus)

    @property
    def target(self) -> Target | None:
        """Only what is on the screen."""
        last = self._last
        return last if last is not None and shiboken6.isValid(last) and last.isVisible() else None

    @property
    def rows(self) -> Rows | None:
        """The table or tree the focus was in; else the first of the view."""
        if isinstance(self.target, TableView | TreeView):
            return self.target
        shown = (one for one in self._window.findChildren(QWidget) if isinstance(one, TableView | TreeView))
        return next((one for one in shown if one.isVisible()), None)

    def _on_focus(self, _before: QWidget | None, now: QWidget | None) -> None:
        if isinstance(now, TableView | TreeView | QLineEdit) and now.window() is self._window:
            self._last = now

    # -- what it does ------------------------------------------------------------------------------
    def can(self) -> dict[str, bool]:
        """Whether there is something to do it to, by the names of the actions."""
        target = self.target or self.rows
        if isinstance(target, QLineEdit):
            return {
                "copy": target.hasSelectedText(),
                "copy-headings": False,
                "select-all": bool(target.text()),
            }
        some = target is not None and target.selectionModel().hasSelection()
        many = target is not None and target.selectionMode() != TableView.SelectionMode.SingleSelection
        return {"copy": some, "copy-headings": some, "select-all": many}

    def copy(self) -> None:
        target = self.target or self.rows
        if target is not None:
            target.copy()

    def copy_with_headings(self) -> None:
        target = self.target or self.rows
        if isinstance(target, TableView | TreeView):
            target.copy(headings=True)

    def select_all(self) -> None:
        target = self.target or self.rows
        if target is not None:
            target.selectAll()

    # -- columns -----------------------------------------------------------------------------------
    def arrange_columns(self, settings: QSettings) -> None:
        from licensedesk.ui.dialogs.arrange_columns import open_arrange_columns

        rows = self.rows
        if rows is not None:
            open_arrange_columns(self._window, rows.columns, settings)

    def submenus(self, window: QMainWindow) -> tuple[QMenu, QMenu]:
        """Filled when they open, for the table that is looked at then."""
        columns = QMenu(self.tr("Col&umns"), window)
        columns.aboutToShow.connect(partial(self._fill_columns, columns))
        sort = QMenu(self.tr("Sort &By"), window)
        sort.aboutToShow.connect(partial(self._fill_sort, sort))
        return columns, sort

    def _fill_columns(self, menu: QMenu) -> None:
        menu.clear()
        if self.rows is None:
            self._say_none(menu)
        else:
            self.rows.columns.fill_choice(menu)

    def _fill_sort(self, menu: QMenu) -> None:
        menu.clear()
        if self.rows is None:
            self._say_none(menu)
        else:
            self.rows.columns.fill_sorting(menu)

    def _say_none(self, menu: QMenu) -> None:
        menu.addAction(self.tr("There is no table in this view.")).setEnabled(False)
