from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from licensedesk.core.errors import LicenseDeskError, RefusedError
from licensedesk.ui.task_runner import CancelledError, Lane, LaneHooks, Progress, Task, TaskRunner

ValueT = TypeVar("ValueT")


@dataclass
class Told:
    """What came back, in order."""

    events: list[tuple[str, Any]] = field(default_factory=list)

    def done(self, result: object) -> None:
        self.events.append(("done", result))

    def failed(self, error: LicenseDeskError) -> None:
        self.events.append(("failed", error.code))

    def stopped(self) -> None:
        self.events.append(("stopped", None))

    def refused(self, error: LicenseDeskError) -> None:
        self.events.append(("refused", error.code))

    def fault(self, error: BaseException) -> None:
        self.events.append(("fault", str(error)))


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def interrupts() -> threading.Event:
    return threading.Event()


@pytest.fixture
def runner(qtbot: QtBot, told: Told, interrupts: threading.Event) -> Iterator[TaskRunner]:
    hooks = {Lane.READ: LaneHooks(interrupt=interrupts.set)}
    made = TaskRunner(refused=told.refused, fault=told.fault, hooks=hooks)
    yield made
    made.close()


@pytest.fixture
def owner(qtbot: QtBot) -> QObject:
    return QObject()


def finish(qtbot: QtBot, runner: TaskRunner) -> None:
    qtbot.waitUntil(lambda: not runner.busy)


def raising(error: Exception) -> Any:
    def work(_task: Task[object]) -> object:
        raise error

    return work


def giving(value: ValueT) -> Callable[[Task[ValueT]], ValueT]:
    return lambda _task: value


def appending(values: list[int], value: int) -> Callable[[Task[None]], None]:
    return lambda _task: values.append(value)


def until_cancelled(task: Task[None]) -> None:
    while True:
        task.check()
        time.sleep(0.001)


@pytest.mark.parametrize("lane", list(Lane))
def test_work_runs_off_the_windows_thread_and_its_result_comes_back_on_it(
    runner: TaskRunner, owner: QObject, qtbot: QtBot, lane: Lane
) -> None:
    threads: list[threading.Thread] = []
    runner.run(
        lane,
        lambda _task: threading.current_thread(),
        owner=owner,
        done=lambda worker: threads.extend((worker, threading.current_thread())),
    )
    finish(qtbot, runner)
    assert threads[0].name == f"licensedesk-{lane}"
    assert threads[1] is threading.main_thread()


def test_writes_come_in_the_order_they_were_asked_for(
    runner: TaskRunner, owner: QObject, qtbot: QtBot, told: Told
) -> None:
    for number in range(50):
        runner.run(Lane.WRITE, giving(number), owner=owner, done=told.done)
    finish(qtbot, runner)
    assert [value for _, value in told.events] == list(range(50))


def test_a_refusal_goes_to_failed_and_a_bug_to_the_fault_dialog(
    runner: TaskRunner, owner: QObject, qtbot: QtBot, told: Told
) -> None:
    for error in (RefusedError("cycle"), KeyError("oops")):
        runner.run(
            Lane.WRITE, raising(error), owner=owner, done=told.done, failed=told.failed, stopped=told.stopped
        )
    finish(qtbot, runner)
    assert told.events == [("failed", "cycle"), ("fault", "'oops'"), ("stopped", None)]


@pytest.mark.parametrize("kind", [RefusedError, ZeroDivisionError])
def test_what_a_failed_read_held_is_freed_in_its_thread(
    runner: TaskRunner, owner: QObject, qtbot: QtBot, kind: type[Exception]
) -> None:
    """A cursor, for example; behind the error that it was translated into, too."""
    freed_in: list[str] = []
    kept: list[BaseException] = []

    class Cursor:
        def __del__(self) -> None:
            freed_in.append(threading.current_thread().name)

    def fetch() -> None:
        cursor = Cursor()
        raise KeyError(cursor is None)

    def read(_task: Task[None]) -> None:
        outer = Cursor()
        try:
            fetch()
        except KeyError as error:
            raise (
                kind("unknown-server", server="x") if kind is RefusedError else kind(outer is None)
            ) from error

    runner._fault = kept.append
    runner.run(Lane.READ, read, owner=owner, done=lambda _nothing: None, failed=kept.append)
    finish(qtbot, runner)
    assert [type(error) for error in kept] == [kind]
    assert kept[0].__traceback__ is not None
    assert freed_in == ["licensedesk-reader"] * 2


def test_a_refusal_that_nobody_takes_is_shown_by_the_application(
    runner: TaskRunner, owner: QObject, qtbot: QtBot, told: Told
) -> None:
    runner.run(Lane.READ, raising(RefusedError("cycle")), owner=owner, done=told.done)
    finish(qtbot, runner)
    assert told.events == [("refused", "cycle")]


def test_a_result_whose_owner_is_gone_is_dropped(runner: TaskRunner, qtbot: QtBot, told: Told) -> None:
    parent = QObject()
    child = QObject(parent)
    gate = threading.Event()
    runner.run(Lane.READ, lambda _task: gate.wait(5), owner=child, done=told.done, progress=lambda _: None)
    del parent
    gate.set()
    finish(qtbot, runner)
    assert told.events == []


def test_a_newer_read_supersedes_the_older_and_interrupts_it(
    runner: TaskRunner, owner: QObject, qtbot: QtBot, told: Told, interrupts: threading.Event
) -> None:
    started = threading.Event()

    def slow(_task: Task[str]) -> str:
        started.set()
        assert interrupts.wait(5)
        raise RuntimeError("interrupted")

    runner.run(Lane.READ, slow, owner=owner, done=told.done, stopped=told.stopped, key="nodes")
    assert started.wait(5)
    runner.run(Lane.READ, lambda _task: "new", owner=owner, done=told.done, key="nodes")
    finish(qtbot, runner)
    assert told.events == [("done", "new")]


def test_a_read_with_another_key_is_left_alone(
    runner: TaskRunner, owner: QObject, qtbot: QtBot, told: Told, interrupts: threading.Event
) -> None:
    runner.run(Lane.READ, lambda _task: 1, owner=owner, done=told.done, key="nodes")
    runner.run(Lane.READ, lambda _task: 2, owner=owner, done=told.done, key="ranges")
    finish(qtbot, runner)
    assert told.events == [("done", 1), ("done", 2)]
    assert not interrupts.is_set()


def test_cancel_stops_the_work_at_its_next_check(
    runner: TaskRunner, owner: QObject, qtbot: QtBot, told: Told
) -> None:
    task = runner.run(Lane.WRITE, until_cancelled, owner=owner, done=told.done, stopped=told.stopped)
    task.cancel()
    finish(qtbot, runner)
    assert told.events == [("stopped", None)]


def test_a_write_that_was_already_done_stays_done(
    runner: TaskRunner, owner: QObject, qtbot: QtBot, told: Told
) -> None:
    ended = threading.Event()
    task = runner.run(
        Lane.WRITE, lambda _task: ended.set(), owner=owner, done=told.done, stopped=told.stopped
    )
    assert ended.wait(5)
    task.cancel()
    finish(qtbot, runner)
    assert told.events == [("done", None)]


def test_progress_has_figures_and_always_the_last_one(
    runner: TaskRunner, owner: QObject, qtbot: QtBot, told: Told
) -> None:
    seen: list[Progress] = []

    def work(task: Task[int]) -> int:
        for done in range(10_001):
            task.report(done, 10_000, "nodes")
        return done

    runner.run(Lane.WRITE, work, owner=owner, done=told.done, progress=seen.append)
    finish(qtbot, runner)
    assert (seen[-1].done, seen[-1].total, seen[-1].text) == (10_000, 10_000, "nodes")
    assert len(seen) < 200


def test_report_is_a_place_to_cancel(qtbot: QtBot) -> None:
    task: Task[None] = Task(lambda _: None, Lane.WRITE, lambda _: None)
    task.cancel()
    with pytest.raises(CancelledError):
        task.report(1)
    with pytest.raises(CancelledError):
        task.run()


def test_close_finishes_writes_and_gives_up_reads(qtbot: QtBot, told: Told) -> None:
    written: list[int] = []
    ended: list[str] = []
    hooks = {lane: LaneHooks(end=partial(ended.append, lane)) for lane in Lane}
    runner = TaskRunner(refused=told.refused, fault=told.fault, hooks=hooks)
    owner = QObject()
    runner.run(Lane.READ, until_cancelled, owner=owner, done=told.done)
    for number in range(20):
        runner.run(Lane.WRITE, appending(written, number), owner=owner, done=told.done)
    runner.close()
    assert written == list(range(20))
    assert Lane.WRITE in ended
    assert not [one for one in threading.enumerate() if one.name.startswith("licensedesk-")]


def test_work_asked_for_after_the_end_is_stopped_at_once(qtbot: QtBot, told: Told) -> None:
    runner = TaskRunner(refused=told.refused, fault=told.fault)
    runner.close()
    owner = QObject()
    runner.run(Lane.READ, lambda _task: 1, owner=owner, done=told.done, stopped=told.stopped)
    finish(qtbot, runner)
    assert told.events == [("stopped", None)]


def test_a_connection_that_cannot_be_opened_refuses_each_task_until_it_can(
    qtbot: QtBot, told: Told, owner: QObject
) -> None:
    attempts = iter((RefusedError("database-locked", seconds=5), None))

    def start() -> None:
        error = next(attempts)
        if error is not None:
            raise error

    runner = TaskRunner(refused=told.refused, fault=told.fault, hooks={Lane.READ: LaneHooks(start=start)})
    for number in range(3):
        runner.run(Lane.READ, giving(number), owner=owner, done=told.done, failed=told.failed)
    finish(qtbot, runner)
    runner.close()
    assert told.events == [("failed", "database-locked"), ("done", 1), ("done", 2)]
