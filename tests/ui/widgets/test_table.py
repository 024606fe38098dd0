from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QAction, QFont, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from licensedesk.ui.item_models.rows import Column, RowsModel
from licensedesk.ui.mnemonics import plain
from licensedesk.ui.theme import Theme, tokens
from licensedesk.ui.widgets.cells import PADDING
from licensedesk.ui.widgets.table import TableView


@dataclass(frozen=True)
class Relay:
    name: str
    held: int


RELAYS = tuple(Relay(name, held) for name, held in (("c", 40), ("d", 10), ("f", 7), ("g", 3)))
COLUMNS: tuple[Column[Relay], ...] = (
    Column(key="name", title="Relay", text=lambda r: r.name, stretch=True, width=100),
    Column(key="held", title="Held", text=lambda r: str(r.held), sort=lambda r: r.held, number=True),
    Column(key="twice", title="Twice", text=lambda r: f"{2 * r.held}", hidden=True),
)


@pytest.fixture
def table(qtbot: QtBot, theme: Theme) -> TableView[Relay]:
    model = RowsModel(COLUMNS, key=lambda r: r.name)
    made = TableView(model, name="Relays")
    qtbot.addWidget(made)
    made.resize(600, 300)
    model.set_rows(RELAYS)
    made.show()
    return made


@pytest.fixture
def settings(tmp_path: Path) -> QSettings:
    return QSettings(str(tmp_path / "desk.ini"), QSettings.Format.IniFormat)


@contextlib.contextmanager
def larger_text(font: QFont) -> Iterator[None]:
    before = QApplication.font()
    QApplication.setFont(font)
    try:
        yield
    finally:
        QApplication.setFont(before)


def rows_of(table: TableView[Relay]) -> RowsModel[Relay]:
    model = table.rows_model
    assert isinstance(model, RowsModel)
    return model


def test_rows_are_28_high_and_the_table_fills_its_width(table: TableView[Relay]) -> None:
    assert table.rowHeight(0) == 28
    assert table.horizontalHeader().length() == table.viewport().width()


def test_the_selection_survives_a_reload_by_key(table: TableView[Relay], qtbot: QtBot) -> None:
    table.select_key("f")
    with qtbot.assertNotEmitted(table.selected):
        rows_of(table).set_rows((Relay("a", 1), *RELAYS))
    assert table.selected_rows() == [Relay("f", 7)]
    assert table.current_row() == Relay("f", 7)


def test_a_row_is_chosen_whatever_keys_are_held(table: TableView[Relay]) -> None:
    """With Ctrl down, for the shortcut that leads here, Qt would take the row out of the selection."""
    table.select_key("f")
    QTest.keyPress(table, Qt.Key.Key_Control, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.keyboardModifiers() == Qt.KeyboardModifier.ControlModifier
    table.select_key("f")
    assert table.selected_rows() == [Relay("f", 7)]
    table.select_key("d")
    assert table.selected_rows() == [Relay("d", 10)]
    QTest.keyRelease(table, Qt.Key.Key_Control)
    assert QGuiApplication.keyboardModifiers() == Qt.KeyboardModifier.NoModifier


def test_a_selected_row_that_is_gone_is_told(table: TableView[Relay], qtbot: QtBot) -> None:
    table.select_key("f")
    with qtbot.waitSignal(table.selected):
        rows_of(table).set_rows(RELAYS[:2])
    assert table.selected_rows() == []


def test_a_click_on_the_heading_sorts_and_again_turns_it_round(table: TableView[Relay]) -> None:
    header = table.horizontalHeader()
    header.sectionClicked.emit(1)
    assert [row.held for row in rows_of(table).rows] == [3, 7, 10, 40]
    header.sectionClicked.emit(1)
    assert [row.held for row in rows_of(table).rows] == [40, 10, 7, 3]


def test_copy_is_tab_separated_in_the_order_of_the_columns_shown(table: TableView[Relay]) -> None:
    table.setColumnHidden(2, False)
    table.horizontalHeader().moveSection(1, 0)
    table.selectAll()
    table.copy(headings=True)
    assert QGuiApplication.clipboard().text().splitlines()[:2] == ["Held\tRelay\tTwice", "40\tc\t80"]


def test_copy_from_the_keyboard_takes_the_selected_rows(table: TableView[Relay], qtbot: QtBot) -> None:
    table.select_key("d")
    QTest.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "d\t10\n"


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_enter_activates_the_current_row(table: TableView[Relay], qtbot: QtBot, key: Qt.Key) -> None:
    table.select_key("d")
    with qtbot.waitSignal(table.activated_row) as told:
        QTest.keyClick(table, key)
    assert told.args == [Relay("d", 10)]


def test_all_rows_are_one_stretch(table: TableView[Relay]) -> None:
    table.selectAll()
    assert table.selected_ranges() == [(0, 3)]
    assert table.selected_count() == 4


def test_the_context_menu_has_the_pages_actions_and_copy(table: TableView[Relay]) -> None:
    action = QAction("Remove d", table)
    table.set_context_actions([action])
    menu = table.context_menu()
    assert [plain(one.text()) for one in menu.actions()] == [
        "Remove d",
        "",
        "Copy",
        "Copy with Headings",
        "Select All",
    ]
    assert not menu.actions()[2].isEnabled()


def test_the_last_column_shown_cannot_be_hidden(table: TableView[Relay]) -> None:
    table.setColumnHidden(1, True)
    entries = table.columns.header_menu().actions()
    assert [entry.isChecked() for entry in entries] == [True, False, False]
    assert [entry.isEnabled() for entry in entries] == [False, True, True]
    entries[1].setChecked(True)
    assert not table.isColumnHidden(1)


def test_columns_are_remembered_by_their_keys(
    table: TableView[Relay], settings: QSettings, qtbot: QtBot
) -> None:
    table.remember(settings, "relays")
    table.horizontalHeader().moveSection(1, 0)
    table.setColumnWidth(1, 211)
    table.setColumnHidden(2, False)
    table.horizontalHeader().sectionClicked.emit(1)
    qtbot.waitUntil(lambda: bool(settings.value("columns/relays")))
    other = TableView(RowsModel(COLUMNS, key=lambda r: r.name), name="Relays")
    qtbot.addWidget(other)
    other.remember(settings, "relays")
    assert other.horizontalHeader().visualIndex(1) == 0
    assert other.columnWidth(1) == 211
    assert not other.isColumnHidden(2)
    assert other.rows_model.sort_column == "held"


def test_only_widths_that_a_person_chose_are_remembered(
    table: TableView[Relay], settings: QSettings, qtbot: QtBot
) -> None:
    table.remember(settings, "relays")
    table.horizontalHeader().sectionClicked.emit(1)
    qtbot.waitUntil(lambda: bool(settings.value("columns/relays")))
    assert json.loads(str(settings.value("columns/relays")))["widths"] == {}


def test_no_figure_is_cut(table: TableView[Relay]) -> None:
    def room() -> int:
        return table.columnWidth(1) - 2 * PADDING - table.fontMetrics().horizontalAdvance("1" + "0" * 30)

    assert room() < 0
    rows_of(table).set_rows((*RELAYS, Relay("z", 10**30)))
    assert room() >= 0
    table.setColumnWidth(1, 60)
    rows_of(table).set_rows((*RELAYS, Relay("z", 10**30)))
    assert table.columnWidth(1) == 60


def test_larger_text_takes_wider_columns(qtbot: QtBot, theme: Theme, table: TableView[Relay]) -> None:
    large = QApplication.font()
    large.setPointSizeF(2 * large.pointSizeF())
    with larger_text(large):
        other = TableView(RowsModel(COLUMNS, key=lambda r: r.name), name="Relays")
        qtbot.addWidget(other)
        assert other.columnWidth(1) > 1.5 * table.columnWidth(1)


def test_the_keyboard_walks_with_a_ring_around_the_row(table: TableView[Relay], qtbot: QtBot) -> None:
    def line() -> str:
        """The colour of the first line of the second row, far from any text."""
        table.viewport().repaint()
        picture = table.viewport().grab().toImage()
        return picture.pixelColor(table.columnWidth(0) - 2, table.rowViewportPosition(1)).name().upper()

    table.activateWindow()
    qtbot.waitUntil(table.isActiveWindow)
    table.setFocus(Qt.FocusReason.MouseFocusReason)
    table.selectRow(1)
    assert line() == tokens().selection
    QTest.keyClick(table, Qt.Key.Key_Up)
    QTest.keyClick(table, Qt.Key.Key_Down)
    assert line() == tokens().accent
    QTest.mouseClick(
        table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualRect(table.model().index(1, 0)).center()
    )
    assert line() == tokens().selection


@pytest.mark.parametrize("written", ["", "{", "[1]", '{"order": ["gone"], "sort": ["gone", true]}'])
def test_settings_that_no_longer_fit_are_ignored(
    table: TableView[Relay], settings: QSettings, written: str
) -> None:
    settings.setValue("columns/relays", written)
    table.remember(settings, "relays")
    assert table.horizontalHeader().visualIndex(0) == 0
    assert table.rows_model.sort_column is None


def test_an_empty_table_says_what_to_do_first(table: TableView[Relay], qtbot: QtBot) -> None:
    pressed: list[str] = []
    table.say_when_empty("No relay yet.", "Add Relay…", lambda: pressed.append("add"))
    assert not table.empty.isVisible()
    rows_of(table).set_rows(())
    assert table.empty.isVisible()
    assert table.empty.sentence == "No relay yet."
    table.empty.press()
    assert pressed == ["add"]


def test_a_short_table_is_as_high_as_its_rows(table: TableView[Relay]) -> None:
    table.fit_height(3)
    three = table.height()
    table.fit_height(8)
    assert table.height() == three + 28
