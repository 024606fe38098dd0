"""What the clicks have reached: views, windows, operations, and what came of them."""

from __future__ import annotations

import inspect
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from unittest import mock

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QDialog, QMainWindow, QMenu, QWidget

from licensedesk.core.errors import LicenseDeskError
from licensedesk.ui import operations
from licensedesk.ui.actions import make_action
from licensedesk.ui.main_window import MainWindow
from licensedesk.ui.session import Session
from licensedesk.ui.task_runner import Lane, Task, TaskRunner
from licensedesk.ui.widgets.dialog import Dialog


def all_dialogs() -> set[str]:
    """Every class of dialog that the desktop can open."""
    import importlib
    import pkgutil

    from licensedesk.ui import dialogs

    for module in pkgutil.iter_modules(dialogs.__path__):
        importlib.import_module(f"{dialogs.__name__}.{module.name}")

    def below(kind: type[Dialog]) -> set[type[Dialog]]:
        return {kind}.union(*(below(one) for one in kind.__subclasses__()))

    # What others build upon is opened by nobody.
    return {one.__name__ for one in below(Dialog) if not one.__subclasses__()}


BRIEF = (Qt.WindowType.Popup, Qt.WindowType.ToolTip)


class Seen:
    """`codes` counts refusals wherever they were said, `ended` how writing ended."""

    def __init__(self) -> None:
        self.views: Counter[str] = Counter()
        self.actions: Counter[str] = Counter()
        self.windows: Counter[str] = Counter()
        self.operations: Counter[str] = Counter()
        self.stray: list[str] = []
        """Windows that are none: widgets that nothing holds."""
        self.codes: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()
        self._open: set[QWidget] = set()
        self._patches = ExitStack()

    def begin(self) -> None:
        """Before there is any window."""
        # Those that are loaded have it by name; the others will take it from `actions`.
        loaded = [one for name, one in sys.modules.items() if name.startswith("licensedesk.ui")]
        for module in loaded:
            if hasattr(module, "make_action"):
                self._patches.enter_context(mock.patch.object(module, "make_action", self._make_action))
        for name, function in inspect.getmembers(operations, inspect.isfunction):
            self._patches.enter_context(mock.patch.object(operations, name, self._counting(name, function)))
        finish = TaskRunner._finish

        def counted(runner: TaskRunner, task: Task[Any], result: Any, error: Exception | None) -> None:
            self._end(task, result, error)
            finish(runner, task, result, error)

        self._patches.enter_context(mock.patch.object(TaskRunner, "_finish", counted))

    def watch(self, session: Session) -> None:
        """It tells what no dialog shows."""
        session.refused.connect(self._refused)
        session.lost.connect(self._refused)
        session.opened.connect(lambda: self._watch_courier(session))

    def close(self) -> None:
        self._patches.close()

    def _watch_courier(self, session: Session) -> None:
        if session.courier is not None:
            session.courier.away.connect(self._refused)
            session.courier.refused.connect(self._refused)

    def _make_action(self, name: str, parent: QObject, do: Callable[[], object]) -> QAction:
        made = make_action(name, parent, do)
        made.triggered.connect(lambda _checked: self.actions.update([name]))
        return made

    def _counting(self, name: str, function: Any) -> Any:
        def counted(*given: Any, **more: Any) -> Any:
            self.operations[name] += 1
            return function(*given, **more)

        return counted

    def _end(self, task: Task[Any], result: Any, error: Exception | None) -> None:
        # Of many files each has an end of its own.
        each = [getattr(one, "error", None) for one in result] if isinstance(result, list) else []
        for one in (error, *each):
            if isinstance(one, LicenseDeskError):
                self.codes[one.code] += 1
        if task.lane is Lane.WRITE:
            self.ended["done" if error is None else type(error).__name__] += 1

    def _refused(self, error: LicenseDeskError | None) -> None:
        if error is not None:
            self.codes[error.code] += 1

    def look(self, window: MainWindow) -> None:
        """Between two events: what has been opened."""
        if window.view is not None and window.view.isVisible():
            key = next(key for key, view in window._views.items() if view is window.view)
            self.views.setdefault(key, 0)
            self.views[key] += 1
        shown = {one for one in QApplication.topLevelWidgets() if one.isVisible()}
        for one in shown - self._open:
            if isinstance(one, QDialog | QMenu):
                self.windows[type(one).__name__] += 1
            elif not isinstance(one, QMainWindow) and one.windowType() not in BRIEF:
                self.stray.append(
                    f"{type(one).__name__} {[type(child).__name__ for child in one.children()]}"
                )
        self._open = shown
