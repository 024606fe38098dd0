from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from licensedesk.ui.dialogs.arrange_columns import ArrangeColumnsDialog
from licensedesk.ui.pages.event_list import EventListView
from tests.ui.office import Office


@pytest.fixture
def view(office: Office) -> EventListView:
    office.window.show_view("events")
    office.until(lambda: not office.runner.busy)
    shown = office.window.view
    assert isinstance(shown, EventListView)
    return shown


@pytest.fixture
def dialog(office: Office, view: EventListView) -> ArrangeColumnsDialog:
    office.window.menus.shown("arrange-columns").trigger()
    return office.dialog(ArrangeColumnsDialog)


def titles(view: EventListView) -> list[str]:
    return [view.model.columns[place].title for place in view.table.columns.shown()]


def test_a_column_is_moved_and_one_hidden_by_key(
    dialog: ArrangeColumnsDialog, view: EventListView, office: Office
) -> None:
    assert titles(view)[:3] == ["Severity", "Time", "Subject"]
    assert dialog.focusWidget() is dialog.list
    dialog.activateWindow()
    assert not dialog.up_button.isEnabled()
    QTest.keyClick(dialog.list, Qt.Key.Key_Down)
    QTest.keyClick(dialog, Qt.Key.Key_U, Qt.KeyboardModifier.AltModifier)
    # A button that is pressed by its letter is seen to be pressed.
    office.until(lambda: dialog.list.currentRow() == 0)
    QTest.keyClick(dialog.list, Qt.Key.Key_End)
    QTest.keyClick(dialog.list, Qt.Key.Key_Space)
    assert titles(view)[:2] == ["Severity", "Time"]
    QTest.keyClick(dialog.list, Qt.Key.Key_Return)
    office.until(lambda: titles(view)[:3] == ["Time", "Severity", "Subject"])
    assert "Acknowledged" not in titles(view)


def test_the_last_column_cannot_be_hidden(dialog: ArrangeColumnsDialog) -> None:
    for row in range(dialog.list.count()):
        dialog.list.item(row).setCheckState(Qt.CheckState.Unchecked)
    assert not dialog.valid
    assert dialog.main_button.toolTip() == "One column is shown at least."


def test_reset_is_as_they_were_made(
    dialog: ArrangeColumnsDialog, view: EventListView, office: Office
) -> None:
    made = titles(view)
    view.table.columns.arrange(view.table.columns.arrangement()[::-1])
    assert titles(view) == made[::-1]
    dialog.reset_button.click()
    dialog.main_button.click()
    office.until(lambda: titles(view) == made)


def test_without_a_table_there_is_nothing_to_arrange(office: Office) -> None:
    office.window.show_view("map")
    office.until(lambda: not office.runner.busy)
    office.window.menus_by_name["view"].aboutToShow.emit()
    action = office.window.menus.shown("arrange-columns")
    assert (action.isEnabled(), action.toolTip()) == (False, "There is no table in this view.")
