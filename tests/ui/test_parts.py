"""F6 goes around the parts of the window, and a view that is gone to by its key has the keyboard."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication, QWidget

from licensedesk.ui.main_window import VIEWS
from licensedesk.ui.pages.nodes import NodesView
from licensedesk.ui.tokens import State
from tests.ui.keys import Keyboard
from tests.ui.office import Office


@pytest.fixture
def keys(office: Office) -> Keyboard:
    office.window.show_first_view()
    office.window.activateWindow()
    office.until(lambda: QApplication.activeWindow() is office.window)
    office.until(lambda: not office.runner.busy)
    return Keyboard(office.window, office.until)


def part(office: Office) -> str:
    window = office.window
    named: dict[str, QWidget] = {
        "menu area": window.sidebar,
        "message": window.notice,
        "view": window.stack,
        "foot": window.foot.bar,
    }
    focus = window.focusWidget()
    return next((name for name, one in named.items() if focus is not None and one.isAncestorOf(focus)), "")


def test_forwards_and_backwards(office: Office, keys: Keyboard) -> None:
    keys.tab_to(office.window.sidebar.focusProxy() or office.window.sidebar)
    seen = []
    for _ in range(4):
        keys.press("F6")
        seen.append(part(office))
    assert seen == ["view", "foot", "menu area", "view"]
    keys.press("Shift+F6")
    assert part(office) == "menu area"


def test_a_message_with_a_button_is_one_of_them(office: Office, keys: Keyboard) -> None:
    office.window.notice.say(State.INFO, "License.xml has changed.", button_text="Unlock and Distribute")
    keys.tab_to(office.window.sidebar.focusProxy() or office.window.sidebar)
    keys.press("F6")
    assert part(office) == "message"


@pytest.mark.parametrize("key", VIEWS)
def test_every_view_has_something_for_the_keyboard(office: Office, keys: Keyboard, key: str) -> None:
    office.window.menus.shown(f"go-{key}").trigger()
    office.until(lambda: not office.runner.busy)
    assert office.window.view is office.window.stack.currentWidget()
    assert part(office) == "view"


def test_a_part_is_entered_where_it_was_left(office: Office, keys: Keyboard) -> None:
    keys.press("Ctrl+6")
    view = office.window.view
    assert isinstance(view, NodesView)
    office.until(lambda: not office.runner.busy)
    assert office.window.focusWidget() is view.table
    keys.press("Ctrl+F")
    assert office.window.focusWidget() is view.filters.text
    keys.press("Shift+F6", "F6")
    assert office.window.focusWidget() is view.filters.text
