"""Keyboard Shortcuts: every action of the menus that has one, read from the menus themselves."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QWidget

from licensedesk.ui.item_models.rows import Column, RowsModel
from licensedesk.ui.session import Session
from licensedesk.ui.widgets.dialog import Dialog
from licensedesk.ui.widgets.table import TableView


@dataclass(frozen=True, slots=True)
class Shortcut:
    action: str
    keys: str


def open_shortcuts(session: Session, parent: QWidget) -> None:
    ShortcutsDialog(session, parent).open()


class ShortcutsDialog(Dialog):
    """The menus' own shortcuts, then those that every table and dialog has."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__("", main="", parent=parent)
        self.set_title(self.tr("Keyboard Shortcuts"))
        self.set_main(self.tr("Close"))
        self.cancel_button.hide()
        columns: tuple[Column[Shortcut], ...] = (
            Column(
                key="action",
                title=self.tr("Action"),
                text=lambda row: row.action,
                width=280,
                stretch=True,
            ),
            Column(key="keys", title=self.tr("Keys"), text=lambda row: row.keys, width=160),
        )
        self.model: RowsModel[Shortcut] = RowsModel(columns, key=lambda row: row)
        self.table = TableView(self.model, name=self.tr("Keyboard shortcuts"))
        self.model.set_rows([*_of_menus(parent), *self._of_tables()])
        self.body.addWidget(self.table, 1)
        self.submitted.connect(self.accept)
        self.remember(session.settings, "shortcuts")
        self.resize(560, 560)

    def _of_tables(self) -> list[Shortcut]:
        return [
            Shortcut(self.tr("Open what is selected in a table"), self.tr("Enter")),
            Shortcut(self.tr("Copy the selected rows"), "Ctrl+C"),
            Shortcut(self.tr("Select all rows"), "Ctrl+A"),
            Shortcut(self.tr("Menu of a table"), self.tr("Menu key")),
            Shortcut(self.tr("Close a dialog without doing anything"), "Esc"),
        ]


def _of_menus(window: QWidget) -> list[Shortcut]:
    if not isinstance(window, QMainWindow):
        return []
    actions = [action for menu in window.menuBar().actions() for action in _below(menu)]
    return [
        Shortcut(
            action.text().replace("&", "").rstrip("…"),
            action.shortcut().toString(QKeySequence.SequenceFormat.NativeText),
        )
        for action in actions
        if not action.shortcut().isEmpty()
    ]


def _below(action: QAction) -> list[QAction]:
    menu = action.menu()
    inner = menu.actions() if isinstance(menu, QMenu) else [action]
    return inner if inner == [action] else [each for one in inner for each in _below(one)]
