from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCore import QDate, QRect, QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QFrame, QLabel, QListView, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from licensedesk.ui.theme import Theme
from licensedesk.ui.widgets.filter_bar import DayField, FilterBar, SearchField
from licensedesk.ui.widgets.flow import FlowLayout
from licensedesk.ui.widgets.several import SeveralButton

STATES = (("", "All states"), ("discovered", "Discovered"), ("managed", "Managed"))
SOURCES = tuple((name, f"{name}.example.com") for name in "abcd")


@pytest.fixture
def bar(qtbot: QtBot, theme: Theme) -> FilterBar:
    made = FilterBar()
    qtbot.addWidget(made)
    made.add_several("source", "Managing source", "All sources", SOURCES)
    made.add_choice("state", "State", STATES)
    made.add_search("text", "Search nodes")
    made.resize(1000, 40)
    made.show()
    return made


def search(bar: FilterBar) -> SearchField:
    field = bar.findChild(SearchField)
    assert isinstance(field, SearchField)
    return field


def several(bar: FilterBar) -> SeveralButton:
    field = bar.findChild(SeveralButton)
    assert isinstance(field, SeveralButton)
    return field


def test_it_stands_at_everything(bar: FilterBar) -> None:
    assert bar.values() == {"source": (), "state": "", "text": ""}
    assert not bar.active


def test_filling_in_by_program_tells_nobody(bar: FilterBar, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(bar.changed, wait=200):
        bar.set_values({"source": ["c", "b", "gone"], "state": "managed", "text": "web", "other": 1})
    assert bar.values() == {"source": ("b", "c"), "state": "managed", "text": "web"}
    assert bar.active


def test_typing_tells_once_after_the_last_key(bar: FilterBar, qtbot: QtBot) -> None:
    told: list[str] = []
    bar.changed.connect(lambda: told.append(bar.value("text")))
    QTest.keyClicks(search(bar), "web4")
    assert told == []
    qtbot.waitUntil(lambda: bool(told))
    assert told == ["web4"]


@pytest.mark.parametrize(("key", "left"), [(Qt.Key.Key_Escape, ""), (Qt.Key.Key_Return, "web")])
def test_escape_empties_and_enter_searches_at_once(
    bar: FilterBar, qtbot: QtBot, key: Qt.Key, left: str
) -> None:
    QTest.keyClicks(search(bar), "web")
    with qtbot.waitSignal(bar.changed):
        QTest.keyClick(search(bar), key)
    assert bar.value("text") == left


def test_a_choice_from_the_keyboard_tells(bar: FilterBar, qtbot: QtBot) -> None:
    field = bar.findChild(QComboBox)
    assert isinstance(field, QComboBox)
    with qtbot.waitSignal(bar.changed):
        QTest.keyClick(field, Qt.Key.Key_Down)
    assert bar.value("state") == "discovered"


def test_other_choices_keep_the_chosen_one(bar: FilterBar) -> None:
    bar.set_values({"state": "managed"})
    bar.set_choices("state", (*STATES, ("excluded", "Excluded")))
    assert bar.value("state") == "managed"
    bar.set_choices("state", STATES[:2])
    assert bar.value("state") == ""


def test_several_are_ticked_in_a_list_from_the_keyboard(bar: FilterBar, qtbot: QtBot) -> None:
    field = several(bar)
    QTest.keyClick(field, Qt.Key.Key_Space)
    listed = next(frame for frame in field.findChildren(QFrame) if frame.isWindow())
    assert listed.isVisible()
    box = listed.findChild(QListView)
    assert isinstance(box, QListView)
    QTest.keyClicks(listed.focusWidget() or listed, "c.ex")
    assert box.model().rowCount() == 1
    box.setFocus()
    box.setCurrentIndex(box.model().index(0, 0))
    QTest.keyClick(box, Qt.Key.Key_Space)
    with qtbot.waitSignal(bar.changed):
        QTest.keyClick(listed, Qt.Key.Key_Return)
    assert bar.value("source") == ("c",)
    assert field.text() == "c.example.com"
    field.set_chosen(("a", "d"))
    assert field.text() == "2 chosen"


def test_a_chosen_source_that_is_removed_is_dropped(bar: FilterBar) -> None:
    several(bar).set_chosen(("a", "b"))
    several(bar).set_choices(SOURCES[1:])
    assert bar.value("source") == ("b",)


def test_clear_takes_all_back_and_tells_once(bar: FilterBar, qtbot: QtBot) -> None:
    bar.set_values({"source": ["a"], "state": "managed", "text": "x"})
    told: list[int] = []
    bar.changed.connect(lambda: told.append(1))
    bar.clear()
    assert bar.values() == {"source": (), "state": "", "text": ""}
    assert told == [1]


def test_filters_are_remembered(bar: FilterBar, qtbot: QtBot, tmp_path: Path) -> None:
    settings = QSettings(str(tmp_path / "desk.ini"), QSettings.Format.IniFormat)
    bar.remember(settings, "nodes")
    bar.set_values({"source": ["a", "c"]})
    QTest.keyClicks(search(bar), "web")
    QTest.keyClick(search(bar), Qt.Key.Key_Return)
    other = FilterBar()
    qtbot.addWidget(other)
    other.add_several("source", "Managing source", "All sources", SOURCES)
    other.add_search("text", "Search nodes")
    with qtbot.assertNotEmitted(other.changed):
        other.remember(settings, "nodes")
    assert other.values() == {"source": ("a", "c"), "text": "web"}


def test_a_day_chosen_by_a_person_tells_and_one_set_does_not(qtbot: QtBot, theme: Theme) -> None:
    field = DayField(date(2026, 11, 21))
    qtbot.addWidget(field)
    with qtbot.assertNotEmitted(field.chosen):
        field.set_day(date(2026, 12, 1))
    assert field.day == date(2026, 12, 1)
    with qtbot.waitSignal(field.chosen):
        field.setDate(QDate(2027, 1, 1))
    assert field.day == date(2027, 1, 1)


def test_a_flow_breaks_where_it_is_narrow(qtbot: QtBot) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    flow = FlowLayout(host, gap=10, line_gap=5)
    for _ in range(3):
        box = QWidget()
        box.setFixedSize(100, 20)
        flow.addWidget(box)
    assert [flow.heightForWidth(width) for width in (320, 250, 100)] == [20, 45, 70]


def test_a_flow_at_the_right_wants_one_row_and_ends_each_at_the_right(qtbot: QtBot) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    flow = FlowLayout(host, gap=10, line_gap=5, right=True)
    boxes = [QWidget() for _ in range(3)]
    for box in boxes:
        box.setFixedSize(100, 20)
        flow.addWidget(box)
    assert flow.sizeHint().width() == 320
    flow.setGeometry(QRect(0, 0, 250, 45))
    assert [(box.x(), box.y()) for box in boxes] == [(40, 0), (150, 0), (150, 25)]


def test_a_flow_knows_when_an_item_wants_another_place(qtbot: QtBot) -> None:
    """Also in a layout of other layouts, as on a page."""
    host = QWidget()
    qtbot.addWidget(host)
    column = QVBoxLayout(host)
    column.setContentsMargins(0, 0, 0, 0)
    flow = FlowLayout(gap=10, line_gap=5)
    column.addLayout(flow)
    column.addStretch()
    labels = [QLabel("one"), QLabel("two"), QLabel("three")]
    for one in labels:
        one.setFixedHeight(20)
        flow.addWidget(one)
    host.resize(300, 200)
    host.show()
    assert (flow.heightForWidth(300), flow.geometry().height()) == (20, 20)
    labels[0].setFixedWidth(280)
    qtbot.waitUntil(lambda: flow.geometry().height() == 45)
    labels[0].hide()
    qtbot.waitUntil(lambda: flow.geometry().height() == 20)
    flow.removeWidget(labels[1])
    labels[2].setFixedHeight(30)
    qtbot.waitUntil(lambda: flow.geometry().height() == 30)
