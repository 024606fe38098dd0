"""Notice, status bar, figures, empty state: small widgets with a line or two of behaviour each."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from licensedesk.core.errors import RefusedError
from licensedesk.ui.theme import Theme
from licensedesk.ui.tokens import State
from licensedesk.ui.widgets.chips import Chip, ChipLabel
from licensedesk.ui.widgets.notice import Notice
from licensedesk.ui.widgets.page import Page
from licensedesk.ui.widgets.sections import FigureList, Term
from licensedesk.ui.widgets.status_bar import StatusBar


@pytest.fixture
def notice(qtbot: QtBot, theme: Theme) -> Notice:
    made = Notice(closable=True)
    qtbot.addWidget(made)
    return made


def test_a_notice_is_seen_only_while_it_has_something_to_say(notice: Notice, qtbot: QtBot) -> None:
    assert not notice.isVisible()
    notice.refuse(RefusedError("unknown-server", server="x\u202e"))
    assert notice.isVisible()
    assert notice.text.startswith("There is no server x\\u202e.")
    close = notice.findChild(QToolButton)
    assert isinstance(close, QToolButton)
    with qtbot.waitSignal(notice.closed):
        close.click()
    assert not notice.isVisible()


def test_the_button_of_a_notice_does_what_it_says(notice: Notice) -> None:
    pressed: list[int] = []
    notice.say(State.WARNING, "Short of 2.", button_text="Distribute…", press=lambda: pressed.append(1))
    button = notice.findChild(QPushButton)
    assert isinstance(button, QPushButton)
    button.click()
    assert pressed == [1]


def test_a_message_stands_in_place_of_where_one_is(qtbot: QtBot, theme: Theme) -> None:
    bar = StatusBar()
    qtbot.addWidget(bar)
    bar.set_place(["Site Example Corp", "local server a"])
    assert bar.message == "Site Example Corp  ·  local server a"
    bar.say("17 licenses were distributed to d.example.com.")
    bar.set_place(["Site Example Corp", "local server b"])
    assert bar.message == "17 licenses were distributed to d.example.com."
    with qtbot.waitSignal(bar.distribute):
        bar.button.click()


def test_figures_are_copied_with_what_makes_them(qtbot: QtBot, theme: Theme) -> None:
    figures = FigureList()
    qtbot.addWidget(figures)
    figures.set_terms([Term("Held", "9", "old")])
    figures.set_terms([Term("Held", "10", "allocation"), Term("Used", "12", "nodes")])
    figures.copy()
    assert QGuiApplication.clipboard().text() == "Held\t10\tallocation\nUsed\t12\tnodes\n"
    visible = [label.text() for label in figures.findChildren(QLabel) if not label.isHidden()]
    assert visible == ["Held", "10", "allocation", "Used", "12", "nodes"]


def test_a_chip_can_be_heard(qtbot: QtBot, theme: Theme) -> None:
    chip = ChipLabel(Chip("current", State.OK))
    qtbot.addWidget(chip)
    assert chip.accessibleName() == "current"
    chip.set_chip(Chip("unreachable", State.WARNING))
    assert chip.accessibleName() == "unreachable"
    assert chip.sizeHint().width() > chip.minimumSizeHint().width()


def test_the_main_action_stands_last_and_says_its_shortcut(qtbot: QtBot, theme: Theme) -> None:
    page = Page("License Details")
    qtbot.addWidget(page)
    pressed: list[str] = []
    page.add_button("Export…", lambda: pressed.append("export"))
    main = page.add_button(
        "Register License…", lambda: pressed.append("register"), main=True, shortcut="Ctrl+R"
    )
    assert main.property("kind") == "main"
    assert main.toolTip() == "Register License (Ctrl+R)"
    assert main.accessibleName() == "Register License"
    assert page.header.indexOf(main) == page.header.count() - 1
    main.click()
    assert pressed == ["register"]
