from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from licensedesk.ui.item_models.feed import Feed
from licensedesk.ui.item_models.paged import PAGE, PagedModel, PageRequest
from licensedesk.ui.item_models.rows import Column
from licensedesk.ui.task_runner import TaskRunner
from licensedesk.ui.theme import Theme
from licensedesk.ui.widgets.table import TableView

MILLION = 1_000_000
COLUMNS: tuple[Column[int], ...] = (
    Column(key="id", title="Id", text=str, number=True),
    Column(key="name", title="Name", text=lambda row: f"node-{row}"),
)


@dataclass
class Source:
    """Rows that are their own numbers, read when `answer` is called."""

    model: PagedModel[int]
    rows: Sequence[int]
    asked: list[PageRequest] = field(default_factory=list)

    def answer(self) -> None:
        request = self.asked[-1]
        rows = sorted(self.rows, reverse=True) if request.descending else self.rows
        self.model.put(request, rows[request.first : request.first + request.count])


@pytest.fixture
def model(qtbot: QtBot) -> PagedModel[int]:
    return PagedModel(COLUMNS, key=lambda row: row)


@pytest.fixture
def source(model: PagedModel[int]) -> Source:
    made = Source(model, range(MILLION))
    model.wanted.connect(made.asked.append)
    return made


@pytest.fixture
def table(qtbot: QtBot, theme: Theme, model: PagedModel[int]) -> TableView[int]:
    made = TableView(model, name="Nodes")
    qtbot.addWidget(made)
    made.resize(600, 400)
    with qtbot.waitExposed(made):
        made.show()
    return made


def filled(source: Source) -> None:
    source.model.restart()
    source.answer()
    source.model.set_total(len(source.rows))


def shown(table: TableView[int]) -> list[str]:
    """The texts of the rows in view."""
    first, last = table.rowAt(0), table.rowAt(table.viewport().height() - 1)
    return [table.rows_model.cell(row, 0).text for row in range(first, last + 1)]


def test_the_first_rows_are_there_before_the_count(source: Source, table: TableView[int]) -> None:
    source.model.restart()
    source.answer()
    assert shown(table)[:3] == ["0", "1", "2"]
    assert source.model.rowCount() == PAGE
    assert source.model.total is None
    source.model.set_total(MILLION)
    assert source.model.rowCount() == MILLION


def test_a_jump_to_the_end_of_a_million_rows_reads_one_page(
    source: Source, table: TableView[int], qtbot: QtBot
) -> None:
    filled(source)
    asked = len(source.asked)
    table.scrollToBottom()
    assert source.model.cell(MILLION - 1, 0).loading
    qtbot.waitUntil(lambda: len(source.asked) > asked)
    assert len(source.asked) == asked + 1
    request = source.asked[-1]
    assert (request.first, request.count, request.total) == (MILLION - PAGE, PAGE, MILLION)
    source.answer()
    assert shown(table)[-1] == str(MILLION - 1)


def test_only_the_newest_request_is_answered(source: Source) -> None:
    source.model.restart()
    old = source.asked[-1]
    source.model.restart()
    source.model.put(old, [9, 9, 9])
    assert not source.model.loaded
    source.answer()
    assert source.model.row_at(0) == 0


def test_the_old_rows_stay_until_the_new_ones_are_there(source: Source, table: TableView[int]) -> None:
    filled(source)
    source.rows = [7, 77]
    source.model.restart()
    assert shown(table)[:2] == ["0", "1"]
    source.answer()
    assert source.model.rowCount() == source.model.total == 2
    assert source.model.row_at(1) == 77


def test_a_click_on_the_heading_asks_for_the_other_order(source: Source, table: TableView[int]) -> None:
    filled(source)
    table.horizontalHeader().sectionClicked.emit(0)
    table.horizontalHeader().sectionClicked.emit(0)
    assert (source.asked[-1].sort, source.asked[-1].descending) == ("id", True)
    source.answer()
    assert shown(table)[0] == str(MILLION - 1)


def test_a_neighbouring_page_is_asked_for_with_the_row_next_to_it(
    source: Source, table: TableView[int], qtbot: QtBot
) -> None:
    filled(source)
    QGuiApplication.processEvents()
    table.scrollTo(source.model.index(PAGE + 5, 0), TableView.ScrollHint.PositionAtTop)
    qtbot.waitUntil(lambda: source.asked[-1].first == PAGE)
    assert source.asked[-1].after == PAGE - 1
    assert source.asked[-1].before is None


def test_the_selection_survives_a_reload_that_moves_the_rows(source: Source, table: TableView[int]) -> None:
    filled(source)
    table.select_key(3)
    source.rows = range(1, MILLION)
    source.model.reload()
    assert shown(table)[0] == "0"
    source.answer()
    assert shown(table)[0] == "1"
    assert table.selected_rows() == [3]
    assert table.currentIndex().row() == 2


def test_all_of_a_million_rows_are_one_stretch_and_stay_selected(
    source: Source, table: TableView[int]
) -> None:
    filled(source)
    table.selectAll()
    assert table.selected_ranges() == [(0, MILLION - 1)]
    source.model.reload()
    source.answer()
    assert table.selected_count() == MILLION


def test_rows_that_went_are_taken_from_the_end(source: Source, table: TableView[int]) -> None:
    filled(source)
    source.rows = range(50)
    source.model.reload()
    source.answer()
    assert source.model.rowCount() == 50
    assert source.model.row_at(60) is None


def test_at_most_fifty_pages_are_kept(source: Source) -> None:
    filled(source)
    for page in range(1, 80):
        source.model.cell(page * PAGE, 0)
        source.model.flush()
        source.answer()
    kept = {row // PAGE for row, _ in source.model.loaded_rows()}
    assert kept == set(range(30, 80))


def test_a_read_that_failed_is_asked_for_again(source: Source) -> None:
    filled(source)
    for expected in (2, 3):
        source.model.cell(5 * PAGE, 0)
        source.model.flush()
        assert len(source.asked) == expected
        source.model.give_up(source.asked[-1])


def test_nothing_is_asked_twice_while_it_is_under_way(source: Source) -> None:
    filled(source)
    for _ in range(3):
        source.model.cell(5 * PAGE, 0)
        source.model.flush()
    assert len(source.asked) == 2


def test_copying_rows_that_are_not_loaded_reads_them(source: Source, table: TableView[int]) -> None:
    filled(source)
    table.selectionModel().clear()
    table.selectAll()
    source.rows = range(MILLION)
    source.model.set_total(PAGE * 3)
    table.selectAll()
    table.copy()
    request = source.asked[-1]
    assert (request.first, request.count, request.once) == (0, PAGE * 3, True)
    source.answer()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0] == "0\tnode-0"
    assert lines[-1] == f"{PAGE * 3 - 1}\tnode-{PAGE * 3 - 1}"
    assert len(lines) == PAGE * 3


# -- with the reader thread --------------------------------------------------------------------------


@pytest.fixture
def runner(qtbot: QtBot) -> Iterator[TaskRunner]:
    def unexpected(error: BaseException) -> None:
        raise error

    made = TaskRunner(refused=unexpected, fault=unexpected)
    yield made
    made.close()


def test_a_feed_reads_pages_and_the_count_behind_them(
    model: PagedModel[int], runner: TaskRunner, qtbot: QtBot
) -> None:
    rows = list(range(1_000))

    def fetch(request: PageRequest) -> Callable[[], Sequence[int]]:
        return lambda: rows[request.first : request.first + request.count]

    owner = QObject()
    feed = Feed(model, runner, fetch=fetch, count=lambda: lambda: len(rows), parent=owner)
    with qtbot.waitSignal(feed.counted) as told:
        feed.restart()
    assert told.args == [1_000]
    assert model.total == model.rowCount() == 1_000
    rows.append(1_000)
    with qtbot.waitSignal(feed.counted):
        feed.reload()
    assert model.rowCount() == 1_001


def test_the_count_gives_way_to_a_page_and_follows_it(
    model: PagedModel[int], runner: TaskRunner, qtbot: QtBot
) -> None:
    rows = list(range(1_000))
    counted: list[int] = []
    owner = QObject()
    feed = Feed(
        model,
        runner,
        fetch=lambda request: lambda: rows[request.first : request.first + request.count],
        count=lambda: lambda: len(rows),
        parent=owner,
    )
    feed.counted.connect(counted.append)
    feed.restart()
    for _ in range(5):
        feed.restart()
    qtbot.waitUntil(lambda: bool(counted))
    qtbot.waitUntil(lambda: not runner.busy)
    assert set(counted) == {1_000}
    assert model.row_at(199) == 199
