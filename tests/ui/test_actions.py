"""Every action is in a menu: all views and dialogs are walked, their buttons and context menus looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QGraphicsView, QMenu, QPushButton, QWidget

from licensedesk.ui import commands
from licensedesk.ui.actions import ENTRIES, described, menu_text
from licensedesk.ui.main_window import VIEWS
from licensedesk.ui.menus import MENUS
from licensedesk.ui.mnemonics import plain
from licensedesk.ui.widgets.notice import Notice
from licensedesk.ui.widgets.progress import ProgressStrip
from licensedesk.ui.widgets.several import SeveralButton
from licensedesk.ui.widgets.table import TableView
from licensedesk.ui.widgets.tree import TreeView
from tests.ui.office import Office

IN_MENUS = [name for names in MENUS.values() for name in names if name]


def entries(menu: QMenu) -> Iterator[QAction]:
    """With those of its submenus, as they are when they are open."""
    menu.aboutToShow.emit()
    for action in menu.actions():
        inner = action.menu()
        if isinstance(inner, QMenu):
            yield from entries(inner)
        elif not action.isSeparator():
            yield action
    menu.aboutToHide.emit()


def menu_bar(office: Office) -> dict[str, QMenu]:
    return office.window.menus_by_name


def shown_actions(office: Office) -> set[QAction]:
    return {action for menu in menu_bar(office).values() for action in entries(menu)}


def show(office: Office, key: str) -> QWidget:
    office.window.show_view(key)
    office.until(lambda: not office.runner.busy)
    office.qtbot.wait(50)
    office.until(lambda: not office.runner.busy)
    assert office.window.view is not None
    return office.window.view


# -- the table ---------------------------------------------------------------------------------------


def test_every_action_and_every_dialog_is_in_one_menu() -> None:
    assert sorted(IN_MENUS) == sorted([*ENTRIES, *commands.COMMANDS])


def test_no_two_actions_have_the_same_key() -> None:
    """In one view; but for keys that go only to what has the focus: the tree's Del and the node table's."""
    given = [
        (described(name).local, view, QKeySequence(keys).toString())
        for name in IN_MENUS
        for keys in described(name).keys
        for view in described(name).views or VIEWS
    ]
    counts = Counter((view, keys) for local, view, keys in given if not local)
    assert [one for one, count in counts.items() if count > 1] == []
    assert not {keys for local, _view, keys in given if local} & {keys for _view, keys in counts}


def test_a_local_key_is_the_only_one_of_its_widget() -> None:
    of_view = Counter(
        (view, keys)
        for name in IN_MENUS
        if described(name).local
        for view in described(name).views or ("servers", "map")
        for keys in described(name).keys
    )
    assert [one for one, count in of_view.items() if count > 1] == []


def test_every_key_is_a_key() -> None:
    keys = [keys for name in IN_MENUS for keys in described(name).keys]
    assert [one for one in keys if QKeySequence(one).toString() in {"", "Unknown"}] == []


@pytest.mark.parametrize("name", IN_MENUS)
def test_every_action_has_a_mnemonic_of_its_own(name: str) -> None:
    menu = next(names for names in MENUS.values() if name in names)
    letters = Counter(QKeySequence.mnemonic(menu_text(one)).toString() for one in menu if one)
    mine = QKeySequence.mnemonic(menu_text(name)).toString()
    assert mine
    assert letters[mine] == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [("&Copy", "Copy"), ("R && D", "R & D"), ("登録(&R)…", "登録…"), ("Co&unted", "Counted")],
)
def test_a_name_has_no_mnemonic(text: str, words: str) -> None:
    assert plain(text) == words


# -- menus as they are shown -------------------------------------------------------------------------


@pytest.mark.parametrize("key", VIEWS)
def test_no_letter_and_no_key_twice_whatever_view_is_shown(office: Office, key: str) -> None:
    show(office, key)
    bar = Counter(QKeySequence.mnemonic(menu.title()).toString() for menu in menu_bar(office).values())
    assert max(bar.values()) == 1
    for menu in menu_bar(office).values():
        texts = [action.text() for action in menu.actions() if not action.isSeparator()]
        letters = Counter(QKeySequence.mnemonic(text).toString() for text in texts)
        assert [(one, texts) for one, count in letters.items() if count > 1 or not one] == []
    live = Counter(
        keys.toString()
        for action in shown_actions(office)
        if action.isEnabled() and action.shortcutContext() == Qt.ShortcutContext.WindowShortcut
        for keys in action.shortcuts()
    )
    assert [keys for keys, count in live.items() if count > 1] == []


@pytest.mark.parametrize("key", VIEWS)
def test_what_is_disabled_says_why(office: Office, key: str) -> None:
    show(office, key)
    silent = [
        plain(action.text())
        for menu in menu_bar(office).values()
        for action in menu.actions()
        if not action.isEnabled() and not action.isSeparator() and not action.statusTip()
    ]
    assert silent == []


# -- views -------------------------------------------------------------------------------------------


def buttons(view: QWidget) -> list[QPushButton]:
    """Those that do something: no inputs, no parts of a message or of work that can be given up."""
    return [
        one
        for one in view.findChildren(QPushButton)
        if one.window() is view.window()
        and not isinstance(one, SeveralButton)
        and not isinstance(one.parentWidget(), Notice | ProgressStrip)
        and not (one.isHidden() and not one.text())
    ]


@pytest.mark.parametrize("key", VIEWS)
def test_every_button_of_a_view_is_an_action_of_a_menu(office: Office, key: str) -> None:
    view = show(office, key)
    titles = {plain(menu_text(name)): name for name in IN_MENUS}
    given = shown_actions(office)
    strangers: list[str] = []
    for one in buttons(view):
        below = [action for menu in one.findChildren(QMenu) for action in menu.actions()]
        assert set(below) <= given
        named = one.property("action") or titles.get(one.text())
        if not below and named not in IN_MENUS:
            strangers.append(one.text())
    assert strangers == []


@pytest.mark.parametrize("key", VIEWS)
def test_a_button_of_a_view_does_what_its_action_does(office: Office, key: str) -> None:
    """Enabled with it, and saying the same where it is not."""
    view = show(office, key)
    for one in buttons(view):
        name = one.property("action")
        if name and name != "delete" and not one.isHidden():
            action = office.window.menus.shown(name)
            assert one.isEnabled() == action.isEnabled(), one.text()
            if not action.isEnabled():
                assert one.toolTip() == action.statusTip()


@pytest.mark.parametrize("key", VIEWS)
def test_every_entry_of_a_context_menu_is_the_entry_of_a_menu(office: Office, key: str) -> None:
    view = show(office, key)
    given = shown_actions(office)
    for one in view.findChildren(QWidget):
        if isinstance(one, TableView | TreeView | QGraphicsView):
            menu = context_menu(one)
            # Copying belongs to the table; all else is the same object, so nothing is written twice.
            own = {"copy", "copy-headings", "select-all"}
            texts = [plain(action.text()) for action in menu if action.objectName() not in own]
            assert [plain(action.text()) for action in menu if action in given] == texts
            assert texts or not isinstance(one, TreeView | QGraphicsView)


def context_menu(one: TableView[object] | TreeView[object] | QGraphicsView) -> list[QAction]:
    if isinstance(one, QGraphicsView):
        return [action for action in one.actions() if not action.isSeparator()]
    return [action for action in one.context_menu().actions() if not action.isSeparator()]
