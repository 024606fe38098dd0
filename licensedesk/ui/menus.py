"""The menus of the window: every action is in one, with its key; what the shown view does, it does there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu

from licensedesk.ui import commands
from licensedesk.ui.actions import ENTRIES, explain, make_action
from licensedesk.ui.edit_menu import EditTarget
from licensedesk.ui.mnemonics import plain
from licensedesk.ui.other_site import open_other_site
from licensedesk.ui.session import Session
from licensedesk.ui.theme import Appearance, Theme
from licensedesk.ui.view_actions import refused

SEPARATOR = ""
MENUS = {
    "file": (
        *("open-site", SEPARATOR, "settings", "unlock", SEPARATOR),
        *("back-up", "restore", "renumber", SEPARATOR),
        *("export", "save-picture", "print", SEPARATOR, "quit"),
    ),
    "edit": (
        *("copy", "copy-headings", "copy-counted", SEPARATOR, "select-all", SEPARATOR),
        *("find", "clear-filters"),
    ),
    "license": (
        *("register-license", "deregister-license", "distribute-licenses", SEPARATOR),
        *("holding-option", "license-details", SEPARATOR, "issuers", SEPARATOR),
        *("distribute-now", "retry", "verify"),
    ),
    "server": (
        *("add-relay", "add-managed", SEPARATOR),
        *("rename-server", "move-server", "suspend-server", "remove-server", SEPARATOR, "enrol-agent"),
    ),
    "node": (
        *("import-nodes", SEPARATOR, "manage", "exclude", "discover", "set-product", "delete", SEPARATOR),
        *("node-details", "why-waiting", SEPARATOR, "use-range"),
    ),
    "event": ("acknowledge", SEPARATOR, "audit-entry", "verify-audit"),
    "go": (
        *("go-overview", SEPARATOR, "go-license-details", "go-license-distribution", SEPARATOR),
        *("go-servers", "go-map", SEPARATOR, "go-discovered", "go-managed", "go-excluded", SEPARATOR),
        *("go-events", "go-audit", SEPARATOR),
        *("show-in-servers", "show-on-map", "show-managed", "show-waiting", "show-cause", SEPARATOR),
        *("next-part", "previous-part"),
    ),
    "view": (
        *("reload", "stop", SEPARATOR, "open-all", "close-all", SEPARATOR),
        *("fit", "zoom-in", "zoom-out", SEPARATOR, "arrange-columns"),
    ),
    "help": ("shortcuts", SEPARATOR, "about"),
}
"""By the name of the menu, the names of its actions from top to bottom."""


class Menus(QObject):
    """Each entry is the QAction of the view that is shown, where that offers one; else the window's own,
    disabled with the reason where only another view can do it.
    """

    distribute = Signal()
    view_wanted = Signal(str)
    reload = Signal()
    search = Signal()
    part_wanted = Signal(int)
    """1 for the next part of the window, -1 for the one before."""

    def __init__(self, session: Session, window: QMainWindow, menus: Mapping[str, QMenu]) -> None:
        super().__init__(window)
        self._session = session
        self._window = window
        self._menus = menus
        self._offered: Mapping[str, QAction] | None = None
        self.edit = EditTarget(window)
        self._own = {name: self._make(name) for names in MENUS.values() for name in names if name}
        self._below = (*self.edit.submenus(window), self._appearance())
        for menu in menus.values():
            menu.setToolTipsVisible(True)
        menus["edit"].aboutToShow.connect(self._enable_edit)
        menus["edit"].aboutToHide.connect(lambda: self._enable_edit(always=True))
        menus["view"].aboutToShow.connect(self._enable_columns)
        session.opened.connect(self._enable)
        session.named.connect(self._enable)
        session.server_chosen.connect(lambda _server: self._enable())
        self.offer({})
        self._enable()

    def offer(self, actions: Mapping[str, QAction]) -> None:
        """Those of the view that is shown now."""
        if actions == self._offered:
            return
        self._offered = actions
        for name, menu in self._menus.items():
            menu.clear()
            for entry in MENUS[name]:
                if entry == SEPARATOR:
                    menu.addSeparator()
                else:
                    menu.addAction(actions.get(entry, self._own[entry]))
        for submenu in self._below:
            self._menus["view"].addMenu(submenu)

    def shown(self, name: str) -> QAction:
        """What stands in the menu under that name now."""
        return (self._offered or {}).get(name, self._own[name])

    # -- the window's own --------------------------------------------------------------------------
    def _make(self, name: str) -> QAction:
        if name in commands.COMMANDS:
            return make_action(name, self, partial(commands.start, name, self._session, self._window))
        if name.startswith("go-"):
            return make_action(name, self, partial(self.view_wanted.emit, name.removeprefix("go-")))
        does: dict[str, Callable[[], object]] = {
            "open-site": partial(open_other_site, self._session, self._window),
            "quit": self._window.close,
            "copy": self.edit.copy,
            "copy-headings": self.edit.copy_with_headings,
            "select-all": self.edit.select_all,
            "arrange-columns": partial(self.edit.arrange_columns, self._session.settings),
            "find": self.search.emit,
            "distribute-now": self.distribute.emit,
            "show-in-servers": partial(self.view_wanted.emit, "servers"),
            "show-on-map": partial(self.view_wanted.emit, "map"),
            "next-part": partial(self.part_wanted.emit, 1),
            "previous-part": partial(self.part_wanted.emit, -1),
            "reload": self.reload.emit,
        }
        return make_action(name, self, does.get(name, _nothing))

    def _enable(self) -> None:
        for name, action in self._own.items():
            explain(action, self._why_not(name))

    def _why_not(self, name: str) -> str:
        always = {"open-site", "quit", "reload", "copy", "select-all", "find", "next-part", "previous-part"}
        if name in always:
            return ""
        against = refused(name, self._session)
        if against:
            return against
        command = commands.COMMANDS.get(name)
        if command is not None and command.chosen:
            return self.tr("Choose what it is about in License Details first.")
        if (command is not None and command.server) or name in {"show-in-servers", "show-on-map"}:
            return "" if self._session.server else self.tr("Choose a server in a view first.")
        views = ENTRIES[name].views if name in ENTRIES and name != "copy-headings" else ()
        if views:
            titles = (plain(ENTRIES[f"go-{view}"].title) for view in views)
            return self.tr("Only in: {0}.").format(", ".join(titles))
        return ""

    def _enable_edit(self, *, always: bool = False) -> None:
        """Only while the menu is open: the keys go to whatever has the focus then."""
        can = self.edit.can()
        for name in ("copy", "copy-headings", "select-all"):
            self._own[name].setEnabled(always or can[name])

    def _enable_columns(self) -> None:
        none = "" if self.edit.rows is not None else self.tr("There is no table in this view.")
        explain(self._own["arrange-columns"], none)

    def _appearance(self) -> QMenu:
        menu = QMenu(self.tr("A&ppearance"), self._window)
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
        return menu

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


def _nothing() -> None:
    """Of an entry that only a view can do: it is disabled until that view is shown."""
