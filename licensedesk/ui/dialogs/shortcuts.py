"""Keyboard Shortcuts: every action with its menu and keys, then the keys of tables, fields and dialogs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QWidget

from licensedesk.ui.actions import described, menu_text
from licensedesk.ui.figures import NONE
from licensedesk.ui.frame import menu_titles
from licensedesk.ui.item_models.rows import Column, RowsModel
from licensedesk.ui.menus import MENUS
from licensedesk.ui.mnemonics import plain
from licensedesk.ui.session import Session
from licensedesk.ui.widgets.dialog import Dialog
from licensedesk.ui.widgets.table import TableView


@dataclass(frozen=True, slots=True)
class Shortcut:
    """`menu` is where it stands; empty for what is no action of a menu."""

    action: str
    menu: str
    keys: str


def open_shortcuts(session: Session, parent: QWidget) -> None:
    ShortcutsDialog(session, parent).open()


class ShortcutsDialog(Dialog):
    """All of them, whichever view is shown."""

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
                width=250,
                stretch=True,
            ),
            Column(key="menu", title=self.tr("Menu"), text=lambda row: row.menu, width=90),
            Column(key="keys", title=self.tr("Keys"), text=lambda row: row.keys, width=170),
        )
        self.model: RowsModel[Shortcut] = RowsModel(columns, key=lambda row: row)
        self.table = TableView(self.model, name=self.tr("Keyboard shortcuts"))
        self.model.set_rows([*_of_menus(), *self._of_tables()])
        self.body.addWidget(self.table, 1)
        self.submitted.connect(self.accept)
        self.remember(session.settings, "shortcuts")
        self.set_size(640, 640)

    def _of_tables(self) -> Iterator[Shortcut]:
        given = (
            (self.tr("Open what is selected"), self.tr("Enter")),
            (self.tr("Menu of what is selected"), self.tr("Menu key, Shift+F10")),
            (self.tr("First and last row"), self.tr("Home, End")),
            (self.tr("Open and close a branch of the tree"), self.tr("Right, Left")),
            (self.tr("Walk the map from server to server"), self.tr("Arrow keys")),
            (self.tr("Open a list to choose from"), self.tr("Space")),
            (self.tr("Empty a search field"), self.tr("Esc")),
            (self.tr("Close a dialog without doing anything"), self.tr("Esc")),
        )
        return (Shortcut(action, "", keys) for action, keys in given)


def _of_menus() -> Iterator[Shortcut]:
    titles = menu_titles()
    for menu, names in MENUS.items():
        for name in names:
            if name:
                action = plain(menu_text(name)).rstrip("…")
                yield Shortcut(action, plain(titles[menu]), _shown(described(name).keys))


def _shown(keys: tuple[str, ...]) -> str:
    native = QKeySequence.SequenceFormat.NativeText
    return ", ".join(QKeySequence(one).toString(native) for one in keys) or NONE
