"""The menus of the window: every action is in one, with its shortcut."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu

from licensedesk.ui import commands
from licensedesk.ui.session import Session
from licensedesk.ui.theme import Appearance, Theme
from licensedesk.ui.widgets.menu_area import settings_groups

SEPARATOR = ""


class Menus(QObject):
    """Fills the menus of the window, by name; commands that may not be started now are disabled.

    What is no command of a dialog is a signal, for the window to do.
    """

    distribute = Signal()
    view_wanted = Signal(str)
    reload = Signal()
    search = Signal()

    def __init__(self, session: Session, window: QMainWindow, menus: Mapping[str, QMenu]) -> None:
        super().__init__(window)
        self._session = session
        self._window = window
        self._actions: dict[str, QAction] = {}
        self._file(menus["file"])
        self._licenses(menus["license"])
        self._servers(menus["server"])
        self._nodes(menus["node"])
        self._view(menus["view"])
        self._commands(menus["help"], "shortcuts", SEPARATOR, "about")
        session.opened.connect(self._enable)
        session.server_chosen.connect(lambda _server: self._enable())
        self._enable()

    def _file(self, menu: QMenu) -> None:
        self._commands(menu, "settings", "unlock", SEPARATOR, "back-up", "restore", "renumber", SEPARATOR)
        quit_action = menu.addAction(self.tr("&Quit"), self._window.close)
        quit_action.setShortcut(QKeySequence.StandardKey.Quit)

    def _licenses(self, menu: QMenu) -> None:
        self._commands(
            menu, "register-license", "distribute-licenses", "holding-option", SEPARATOR, "issuers", SEPARATOR
        )
        now = menu.addAction(self.tr("Distribute License.xml &Now"), self.distribute.emit)
        now.setShortcut(QKeySequence("Ctrl+Return"))
        self._actions["distribute-now"] = now

    def _servers(self, menu: QMenu) -> None:
        self._commands(
            menu,
            "add-relay",
            "add-managed",
            SEPARATOR,
            "rename-server",
            "move-server",
            "suspend-server",
            "remove-server",
            SEPARATOR,
            "enrol-agent",
        )

    def _nodes(self, menu: QMenu) -> None:
        self._commands(menu, "import-nodes", SEPARATOR)
        for key in ("discovered", "managed", "excluded"):
            self._go_to(menu, key)

    def _view(self, menu: QMenu) -> None:
        entries = [entry for group in settings_groups() for entry in group.entries]
        for place, entry in enumerate(entries, start=1):
            self._go_to(menu, entry.key, shortcut=f"Ctrl+{place % 10}")
        menu.addSeparator()
        menu.addAction(self.tr("&Reload"), self.reload.emit).setShortcut(QKeySequence("F5"))
        find = menu.addAction(self.tr("&Find"), self.search.emit)
        find.setShortcut(QKeySequence.StandardKey.Find)
        menu.addSeparator()
        self._appearance(menu.addMenu(self.tr("&Appearance")))

    def _appearance(self, menu: QMenu) -> None:
        group = QActionGroup(menu)
        words = {
            Appearance.SYSTEM: self.tr("As the &System"),
            Appearance.LIGHT: self.tr("&Light"),
            Appearance.DARK: self.tr("&Dark"),
        }
        for appearance, text in words.items():
            action = menu.addAction(text, partial(self._set_appearance, appearance))
            action.setCheckable(True)
            action.setChecked(self._theme.appearance is appearance)
            group.addAction(action)

    @property
    def _theme(self) -> Theme:
        app = QApplication.instance()
        found = app.findChild(Theme) if app is not None else None
        if found is None:
            raise RuntimeError("the application has no theme")
        return found

    def _set_appearance(self, appearance: Appearance) -> None:
        self._theme.set_appearance(appearance)
        self._session.settings.setValue("window/appearance", appearance.value)

    def _go_to(self, menu: QMenu, key: str, shortcut: str = "") -> None:
        title = next(one.title for group in settings_groups() for one in group.entries if one.key == key)
        action = menu.addAction(title, lambda: self.view_wanted.emit(key))
        if shortcut:
            action.setShortcut(QKeySequence(shortcut))

    def _commands(self, menu: QMenu, *names: str) -> None:
        for name in names:
            if name == SEPARATOR:
                menu.addSeparator()
                continue
            command = commands.COMMANDS[name]
            action = menu.addAction(command.title, partial(self._start, name))
            if command.shortcut:
                action.setShortcut(QKeySequence(command.shortcut))
            self._actions[name] = action

    def _start(self, name: str) -> None:
        commands.start(name, self._session, self._window)

    def _enable(self) -> None:
        """A disabled action says why in its tool tip."""
        session = self._session
        elsewhere = session.is_open and not session.at_primary
        for name, action in self._actions.items():
            if name in commands.COMMANDS:
                action.setEnabled(commands.allowed(name, self._session))
            else:
                action.setEnabled(self._session.is_open and self._session.at_primary)
            command = commands.COMMANDS.get(name)
            why_not = ""
            if elsewhere:
                why_not = self.tr("Only at the primary management server.")
            elif session.is_open and command is not None and command.server:
                why_not = self.tr("Choose a server in a view first.")
            action.setToolTip("" if action.isEnabled() else why_not)
