from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from licensedesk.core.store.facts import read_tree
from licensedesk.ui.widgets.server_choice import ServerChoice
from tests.ui.desk import Desk


@pytest.fixture
def choice(desk: Desk) -> ServerChoice:
    """All servers of the sample site, and a field to go on to."""
    window = QWidget()
    offered = ServerChoice("Under")
    box = QVBoxLayout(window)
    box.addWidget(offered)
    box.addWidget(QLineEdit())
    offered.offer(read_tree(desk.site.store).servers)
    desk.show(window).activateWindow()
    offered.setFocus()
    desk.until(offered.hasFocus)
    return offered


def typed(choice: ServerChoice, desk: Desk, text: str) -> None:
    choice.setEditText("")
    desk.write(choice, text)


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_a_part_that_only_one_name_has_is_finished(choice: ServerChoice, desk: Desk, key: Qt.Key) -> None:
    told: list[object] = []
    typed(choice, desk, "APP-2")
    choice.chosen.connect(lambda: told.append(choice.server))
    desk.press(choice, key)
    assert choice.currentText() == "app-2.example.com"
    assert told == [desk.id("app-2")]


def test_a_part_that_only_one_name_has_is_finished_when_the_focus_goes_on(
    choice: ServerChoice, desk: Desk
) -> None:
    typed(choice, desk, "app-2")
    completer = choice.completer()
    assert completer is not None
    popup = completer.popup()
    assert popup is not None
    popup.hide()
    desk.press(choice, Qt.Key.Key_Tab)
    desk.until(lambda: choice.server == desk.id("app-2"))


def test_a_part_of_several_names_chooses_none(choice: ServerChoice, desk: Desk) -> None:
    typed(choice, desk, "app")
    desk.press(choice, Qt.Key.Key_Return)
    assert choice.server is None
    assert choice.currentText() == "app"


def test_nothing_typed_chooses_none(choice: ServerChoice, desk: Desk) -> None:
    typed(choice, desk, "")
    desk.press(choice, Qt.Key.Key_Tab)
    assert choice.server is None
