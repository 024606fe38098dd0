"""Where the clicks are led on purpose, so that every action, view and dialog is reached again and again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractItemView, QApplication, QHeaderView, QLineEdit

from licensedesk.ui import commands
from licensedesk.ui.actions import ENTRIES, described
from licensedesk.ui.dialogs.settings import SettingsDialog
from licensedesk.ui.main_window import VIEWS, MainWindow
from licensedesk.ui.menus import MENUS, SEPARATOR
from licensedesk.ui.pages.license_details import LicenseDetailsView
from licensedesk.ui.pages.license_tabs.keys import DEREGISTERED
from licensedesk.ui.session import Session

MOST_TRIES = 6
PATIENCE_SECONDS = 1.5
CHOSEN_IN = {"license-details": "license-details"}
"""Where what a command acts on is chosen; else the servers are."""
OF_A_TABLE = {"arrange-columns": ("servers", "audit")}
"""Wherever there is one, as in these."""


def all_actions() -> list[str]:
    """Every action that stands in a menu of the window."""
    return [name for names in MENUS.values() for name in names if name != SEPARATOR]


@dataclass(slots=True)
class Visit:
    """`go` is called until it says that it is done, between other events; nothing modal is open then."""

    name: str
    go: Callable[[], bool]
    again: bool = False
    tries: int = 0
    since: float = 0.0


class Visits:
    """A deck of them: each once before any comes again."""

    def __init__(self, session: Session, window: MainWindow, chance: random.Random) -> None:
        self._session = session
        self._window = window
        self._chance = chance
        self._deck: list[Visit] = []
        self.given_up: list[str] = []

    def lead(self, names: Collection[str]) -> None:
        """From now on only to these, and no further."""
        self._deck = [visit for visit in self._all() if visit.name in names]

    @property
    def left(self) -> int:
        return len(self._deck)

    def go(self) -> None:
        if not self._session.is_open:
            return
        if not self._deck:
            self._deck = list(self._all())
            self._chance.shuffle(self._deck)
        visit = self._deck[-1]
        visit.since = visit.since or time.monotonic()
        visit.tries += 1
        if visit.go():
            self._deck.pop()
        elif visit.tries > MOST_TRIES and time.monotonic() - visit.since > PATIENCE_SECONDS:
            self._deck.pop()
            if visit.again:
                self.given_up.append(visit.name)
            else:
                # Later perhaps: a fault may be in the way.
                self._deck.insert(0, Visit(visit.name, visit.go, again=True))

    def _all(self) -> Iterator[Visit]:
        for key in VIEWS:
            yield Visit(key, partial(self._shown, key))
        for name in all_actions():
            if name == "deregister-license":
                yield Visit(name, self._deregister)
            elif name not in commands.COMMANDS:
                yield Visit(name, partial(self._act, name, OF_A_TABLE.get(name, ENTRIES[name].views)))
            elif commands.COMMANDS[name].server or name in CHOSEN_IN:
                yield Visit(name, partial(self._act, name, (CHOSEN_IN.get(name, "servers"),)))
            else:
                yield Visit(name, partial(self._act, name, ()))
        yield Visit("change-passphrase", self._change_passphrase)

    # -- ways ----------------------------------------------------------------------------------------
    def _shown(self, key: str) -> bool:
        """False where it has only been shown now: what is in it comes a moment later."""
        before = self._window.view
        self._window.show_view(key)
        return self._window.view is before

    def _act(self, name: str, views: tuple[str, ...]) -> bool:
        """By the action of the menus: in one of the views, on any rows of it; in none, wherever one is."""
        if views and not any(self._window.view is self._window._views.get(key) for key in views):
            self._window.show_view(self._chance.choice(views))
            return False
        if views:
            self._choose_rows()
        action = self._window.menus.shown(name)
        if action.isEnabled():
            action.trigger()
            return True
        if views:
            # With all that there is, and in another of them next time.
            self._clear_filters()
            self._window.show_view(self._chance.choice(views))
        return not self._session.at_primary and described(name).primary

    def _clear_filters(self) -> None:
        view, clear = self._window.view, self._window.menus.shown("clear-filters")
        if clear.isEnabled():
            clear.trigger()
        for field in view.findChildren(QLineEdit) if view is not None else ():
            if field.isClearButtonEnabled():
                field.clear()

    def _choose_rows(self) -> None:
        """With the mouse, any row of every table of the view."""
        view = self._window.view
        assert view is not None
        for table in view.findChildren(QAbstractItemView):
            if table.isVisible() and not isinstance(table, QHeaderView) and table.model().rowCount():
                self._choose_row(table)

    def _choose_row(self, table: QAbstractItemView) -> None:
        model = table.model()
        index = model.index(self._chance.randrange(model.rowCount()), 0)
        while model.rowCount(index) and self._chance.random() < 0.7:
            index = model.index(self._chance.randrange(model.rowCount(index)), 0, index)
        table.scrollTo(index)
        QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualRect(index).center())

    def _deregister(self) -> bool:
        """One of the licenses of the primary's range, which has most of them."""
        view = self._window.view
        if not self._shown("license-details") or not isinstance(view, LicenseDetailsView):
            return False
        view.search.clear()
        view.tabs.show_tab("licenses")
        tab = view.tabs.licenses
        for row, one in tab.model.loaded_rows():
            if one.state != DEREGISTERED:
                tab.table.selectRow(row)
        action = self._window.menus.shown("deregister-license")
        if action.isEnabled():
            action.trigger()
            return True
        # What that range has is read, and there next time.
        primary = [row.source.id for row in view.model.rows if row.source.parent is None]
        for key in primary:
            view.table.select_key(key)
        return not self._session.at_primary

    def _change_passphrase(self) -> bool:
        if not self._session.at_primary:
            return True
        commands.start("settings", self._session, self._window)
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, SettingsDialog)
        QTest.mouseClick(dialog.passphrase_button, Qt.MouseButton.LeftButton)
        return True
