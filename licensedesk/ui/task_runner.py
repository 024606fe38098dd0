"""Work off the window's thread: one thread that writes, one that reads, results on the window's thread.

Belongs to the application, not to a dialog: a result whose owner is gone is dropped, and so is that of a
read which a newer one with the same key has superseded.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from enum import StrEnum
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal

from licensedesk.core.errors import LicenseDeskError

ResultT = TypeVar("ResultT")
_REPORT_EVERY = 0.05
"""Seconds between two reports of progress: more is not seen, and floods the window's thread."""


def forget_values(error: BaseException) -> None:
    """Frees what the frames behind an error hold; to be called in the thread in which it was raised.

    An error is carried to the window's thread with all of them. There the collector would end a cursor of
    the database while this thread closes the connection, which SQLite's driver does not survive.
    """
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            traceback.clear_frames(one.__traceback__)
            waiting += [one.__cause__, one.__context__]


class Lane(StrEnum):
    READ = "reader"
    WRITE = "writer"


class CancelledError(Exception):
    """The work was cancelled; raised inside it by `Task.check` and `Task.report`."""


@dataclass(frozen=True, slots=True)
class Progress:
    """`total` is None while it is not known; `elapsed` in seconds since the work began."""

    done: int
    total: int | None
    text: str
    elapsed: float


def _nothing() -> None:
    """No hook."""


@dataclass(frozen=True, slots=True)
class LaneHooks:
    """`start` and `end` run in the lane's thread: open its connection before the first task (and again
    before the next one where that failed), close it at the end.

    `interrupt` is called from the window's thread, only while the task to be stopped runs, and makes
    what it waits for fail soon (sqlite's interrupt).
    """

    start: Callable[[], object] = _nothing
    end: Callable[[], object] = _nothing
    interrupt: Callable[[], object] = _nothing


class Task(Generic[ResultT]):
    """One piece of work, seen by who asked for it (`cancel`) and by the work itself (the rest)."""

    def __init__(
        self, work: Callable[[Task[ResultT]], ResultT], lane: Lane, interrupt: Callable[[Task[Any]], object]
    ) -> None:
        self.lane = lane
        self._work = work
        self._interrupt = interrupt
        self._cancelled = threading.Event()
        self._began = 0.0
        self._reported = 0.0
        self.on_progress: Callable[[Progress], object] | None = None

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Its result will be dropped; a running read is interrupted."""
        self._cancelled.set()
        self._interrupt(self)

    def check(self) -> None:
        """Called by the work wherever it can be given up: raises CancelledError."""
        if self.cancelled:
            raise CancelledError

    def report(self, done: int, total: int | None = None, text: str = "") -> None:
        """Called by the work as it goes on; also a place where it can be cancelled."""
        self.check()
        now = time.monotonic()
        if self.on_progress is None or (now - self._reported < _REPORT_EVERY and done != total):
            return
        self._reported = now
        self.on_progress(Progress(done, total, text, now - self._began))

    def run(self) -> ResultT:
        """In the lane's thread."""
        self.check()
        self._began = time.monotonic()
        return self._work(self)


class _LaneWorker:
    """One thread that takes one task after the other; daemonic, so that a crash of the window ends it too."""

    def __init__(
        self, lane: Lane, hooks: LaneHooks, finished: Callable[[Task[Any], Any, Any], object]
    ) -> None:
        self._hooks = hooks
        self._finished = finished
        self._tasks: SimpleQueue[Task[Any] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._running: Task[Any] | None = None
        self._opened = False
        self._thread = threading.Thread(target=self._loop, name=f"licensedesk-{lane}", daemon=True)
        self._thread.start()

    def put(self, task: Task[Any] | None) -> None:
        """None ends the thread after what was put before."""
        self._tasks.put(task)

    def interrupt(self, task: Task[Any]) -> None:
        """Only if it is this task that runs: the lock keeps the next one from being hit."""
        with self._lock:
            if self._running is task:
                self._hooks.interrupt()

    def join(self) -> None:
        self._thread.join()

    def _loop(self) -> None:
        while (task := self._tasks.get()) is not None:
            self._finished(task, *self._run_one(task))
        if self._opened:
            self._hooks.end()

    def _run_one(self, task: Task[Any]) -> tuple[Any, Exception | None]:
        with self._lock:
            self._running = task
        try:
            if not self._opened:
                self._hooks.start()
                self._opened = True
            return task.run(), None
        except Exception as error:  # noqa: BLE001 - carried to the window's thread, and judged there
            forget_values(error)
            return None, error
        finally:
            with self._lock:
                self._running = None


@dataclass(frozen=True, slots=True)
class _Callbacks:
    owner: QObject
    done: Callable[[Any], object]
    failed: Callable[[LicenseDeskError], object] | None
    stopped: Callable[[], object] | None
    key: Hashable | None


class TaskRunner(QObject):
    """`refused` takes a LicenseDeskError that nobody else takes, `fault` everything that is our bug."""

    idle = Signal()
    """No work is left, on either thread."""
    _to_window = Signal(object)

    def __init__(
        self,
        *,
        refused: Callable[[LicenseDeskError], object],
        fault: Callable[[BaseException], object],
        hooks: dict[Lane, LaneHooks] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._refused = refused
        self._fault = fault
        self._waiting: dict[Task[Any], _Callbacks] = {}
        self._latest: dict[Hashable, Task[Any]] = {}
        self._closed = False
        self._to_window.connect(self._run_here, Qt.ConnectionType.QueuedConnection)
        given = hooks or {}
        self._lanes = {
            lane: _LaneWorker(lane, given.get(lane, LaneHooks()), self._send_back) for lane in Lane
        }

    def run(
        self,
        lane: Lane,
        work: Callable[[Task[ResultT]], ResultT],
        *,
        owner: QObject,
        done: Callable[[ResultT], object],
        failed: Callable[[LicenseDeskError], object] | None = None,
        progress: Callable[[Progress], object] | None = None,
        stopped: Callable[[], object] | None = None,
        key: Hashable | None = None,
    ) -> Task[ResultT]:
        """Run `work(task)` on a lane; exactly one of done, failed, stopped follows while the owner lives.

        `key` names what is read: an earlier task with the same key is cancelled, and nothing follows it.
        `stopped`: it was cancelled before it had an effect, or failed by a fault of ours, which is shown.
        """
        thread = self._lanes[lane]
        task = Task(work, lane, thread.interrupt)
        if progress is not None:
            task.on_progress = lambda told: self._to_window.emit(lambda: self._tell(task, progress, told))
        self._waiting[task] = _Callbacks(owner, done, failed, stopped, key)
        if key is not None:
            self._supersede(key, task)
        if self._closed:
            task.cancel()
            self._send_back(task, None, CancelledError())
        else:
            thread.put(task)
        return task

    @property
    def busy(self) -> bool:
        return bool(self._waiting)

    @property
    def writing(self) -> bool:
        """An action runs, or waits to run."""
        return any(task.lane is Lane.WRITE for task in self._waiting)

    def refuse(self, error: LicenseDeskError) -> None:
        """For a refusal that whoever asked for the work does not show itself."""
        self._refused(error)

    def close(self) -> None:
        """End both threads: reads are given up, writes that were asked for are finished and waited for."""
        self._closed = True
        for task in list(self._waiting):
            if task.lane is Lane.READ:
                task.cancel()
        for thread in self._lanes.values():
            thread.put(None)
        for thread in self._lanes.values():
            thread.join()

    # -- in the lane's thread ----------------------------------------------------------------------
    def _send_back(self, task: Task[Any], result: Any, error: Exception | None) -> None:
        self._to_window.emit(lambda: self._finish(task, result, error))

    # -- on the window's thread --------------------------------------------------------------------
    def _run_here(self, call: Callable[[], object]) -> None:
        call()

    def _supersede(self, key: Hashable, task: Task[Any]) -> None:
        before = self._latest.get(key)
        self._latest[key] = task
        if before is not None and before in self._waiting:
            callbacks = self._waiting[before]
            self._waiting[before] = _Callbacks(callbacks.owner, callbacks.done, callbacks.failed, None, key)
            before.cancel()

    def _tell(self, task: Task[Any], progress: Callable[[Progress], object], told: Progress) -> None:
        callbacks = self._waiting.get(task)
        if callbacks is not None and not task.cancelled and shiboken6.isValid(callbacks.owner):
            progress(told)

    def _finish(self, task: Task[Any], result: Any, error: Exception | None) -> None:
        callbacks = self._waiting.pop(task)
        if callbacks.key is not None and self._latest.get(callbacks.key) is task:
            del self._latest[callbacks.key]
        if not self._waiting:
            self.idle.emit()
        if not shiboken6.isValid(callbacks.owner):
            return
        # A write that was done before its cancelling reached it stays done, and says so.
        if error is None and (task.lane is Lane.WRITE or not task.cancelled):
            callbacks.done(result)
        elif isinstance(error, LicenseDeskError) and not task.cancelled:
            (callbacks.failed or self._refused)(error)
        else:
            if error is not None and not task.cancelled:
                self._fault(error)
            if callbacks.stopped is not None:
                callbacks.stopped()
