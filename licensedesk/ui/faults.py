"""What happens when we are wrong: every exception ends in the error dialog and the log, never in silence.

`install` is called before QApplication is made; `show_dialogs` once there is one.
"""

from __future__ import annotations

import faulthandler
import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO

import PySide6
from PySide6.QtCore import (
    QMessageLogContext,
    QObject,
    QtMsgType,
    Signal,
    qInstallMessageHandler,
    qVersion,
)
from PySide6.QtWidgets import QApplication

import licensedesk

_log = logging.getLogger("licensedesk.ui")
_qt_log = logging.getLogger("qt")
_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}
# Said by platforms that cannot do something we never asked for.
_HARMLESS = ("This plugin does not support",)
_MOST_SHOWN = 20
_QUIET_AFTER = 60.0
"""Seconds without a fault after which the same one is a new one."""


def versions() -> str:
    """One line: what a report of a fault needs to say about the surroundings."""
    import platform

    return (
        f"LicenseDesk {licensedesk.__version__} · Python {platform.python_version()}"
        f" · PySide6 {PySide6.__version__} · Qt {qVersion()} · {platform.platform()}"
    )


def report_text(error: BaseException) -> str:
    """The traceback with the versions. Source lines only: no values, so no passphrase and no key."""
    return f"{versions()}\n\n{''.join(traceback.format_exception(error))}"


def place_of(error: BaseException) -> str:
    """Its kind and where it was raised: the same for each time, whatever the figures in its message."""
    frames = traceback.extract_tb(error.__traceback__)
    where = [f"{frame.filename}:{frame.lineno}" for frame in frames]
    return " ".join([type(error).__qualname__, *(where or [str(error)])])


class Faults(QObject):
    """Takes every exception nobody caught, from any thread; shows one dialog at a time."""

    raised = Signal(str)
    """The text of the report, on the window's thread: views read again what they show."""
    repeated = Signal(str, int)
    """A fault that was shown, with how often it has happened: no second dialog is opened for it."""
    _told = Signal(str, str, int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._times: dict[str, tuple[int, float]] = {}
        self._waiting: list[str] = []
        self._shown: set[str] = set()
        self._open = False
        self._show: Callable[[str, int], object] | None = None
        self._file: IO[str] | None = None
        self._before: tuple[object, object] | None = None

    def install(self, crash_file: Path | None = None) -> None:
        """Take the hooks; a crash of the process itself leaves the threads' stacks in `crash_file`."""
        self._before = (sys.excepthook, threading.excepthook)
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread_exception
        qInstallMessageHandler(on_qt_message)
        if crash_file is not None:
            crash_file.parent.mkdir(parents=True, exist_ok=True)
            self._file = crash_file.open("w", encoding="utf-8")
            faulthandler.enable(self._file)
        elif sys.stderr is not None:
            faulthandler.enable()

    def uninstall(self) -> None:
        """Give the hooks back."""
        if self._before is not None:
            sys.excepthook, threading.excepthook = self._before  # type: ignore[assignment]
            self._before = None
        qInstallMessageHandler(None)
        faulthandler.disable()
        if self._file is not None:
            self._file.close()
            self._file = None

    def show_dialogs(self, show: Callable[[str, int], object]) -> None:
        """From now on: `show(text, more)` opens a dialog and returns when it is closed."""
        from PySide6.QtCore import Qt

        self._show = show
        self._told.connect(self._on_told, Qt.ConnectionType.QueuedConnection)

    def report(self, error: BaseException) -> None:
        """Log it and show it; from any thread. One that comes again and again is told of the first, second,
        fourth, eighth … time: a fault in painting comes with every picture.
        """
        place = place_of(error)
        times = self._count(place)
        if times & (times - 1) == 0:
            _log.error("a fault of LicenseDesk, number %s of its kind", times, exc_info=error)
            text = report_text(error)
            self._told.emit(place, text, times)
            self.raised.emit(text)

    def _count(self, place: str) -> int:
        """How often this one has come since it was quiet for a while."""
        now = time.monotonic()
        with self._lock:
            times, last = self._times.get(place, (0, now))
            times = times + 1 if now - last < _QUIET_AFTER else 1
            self._times[place] = (times, now)
        return times

    def _on_exception(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        self.report(error.with_traceback(trace))

    def _on_thread_exception(self, told: threading.ExceptHookArgs) -> None:
        if told.exc_value is not None:
            self.report(told.exc_value)

    def _on_told(self, place: str, text: str, times: int) -> None:
        """While a dialog is open others wait; one that was shown is not shown again by itself."""
        if self._show is None:
            return
        if times > 1 and place in self._shown:
            self.repeated.emit(text, times)
            return
        if len(self._waiting) < _MOST_SHOWN:
            self._shown.add(place)
            self._waiting.append(text)
        if self._open:
            return
        self._open = True
        try:
            while self._waiting:
                first = self._waiting.pop(0)
                self._show(first, len(self._waiting))
        finally:
            self._open = False


def on_qt_message(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    """Qt's own messages, as log records of `qt`."""
    if any(harmless in message for harmless in _HARMLESS):
        return
    category = context.category or "default"
    _qt_log.log(_LEVELS.get(kind, logging.WARNING), "%s: %s", category, message)
