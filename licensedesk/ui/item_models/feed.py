"""Between a paged model and the reader thread: pages first, the count behind them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic

from PySide6.QtCore import QObject, QTimer, Signal

from licensedesk.core.errors import LicenseDeskError
from licensedesk.ui.item_models.paged import PagedModel, PageRequest
from licensedesk.ui.item_models.rows import RowT
from licensedesk.ui.task_runner import Lane, Task, TaskRunner


class Feed(QObject, Generic[RowT]):
    """`fetch` and `count` return functions that read on the reader thread for the filter of the moment:
    they are called on the window's thread, so that what they read cannot change under them.
    """

    counted = Signal(int)

    def __init__(
        self,
        model: PagedModel[RowT],
        runner: TaskRunner,
        *,
        fetch: Callable[[PageRequest], Callable[[], Sequence[RowT]]],
        count: Callable[[], Callable[[], int]],
        failed: Callable[[LicenseDeskError], object] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._failed = failed
        self._model = model
        self._runner = runner
        self._fetch = fetch
        self._count = count
        self._counting: Task[int] | None = None
        self._count_due = False
        model.wanted.connect(self._read)

    def restart(self) -> None:
        """The filter changed."""
        self._count_due = True
        self._model.restart()

    def reload(self) -> None:
        """Something was changed."""
        self._count_due = True
        self._model.reload()

    def _read(self, request: PageRequest) -> None:
        read = self._fetch(request)
        if self._counting is not None:
            # The count gives way to what is looked at, and begins again behind it.
            self._counting.cancel()
            self._counting = None
            self._count_due = True
        self._runner.run(
            Lane.READ,
            lambda _task: read(),
            owner=self,
            done=lambda rows: self._show(request, rows),
            failed=lambda error: self._refuse(error, request),
            stopped=lambda: self._model.give_up(request),
            key=None if request.once else (id(self), "page"),
        )

    def _show(self, request: PageRequest, rows: Sequence[RowT]) -> None:
        self._model.put(request, rows)
        if self._count_due or self._model.total is None:
            QTimer.singleShot(0, self, self._read_count)

    def _read_count(self) -> None:
        if self._counting is not None:
            return
        self._count_due = False
        read = self._count()
        self._counting = self._runner.run(
            Lane.READ,
            lambda _task: read(),
            owner=self,
            done=self._show_count,
            failed=self._refuse,
            key=(id(self), "count"),
        )

    def _refuse(self, error: LicenseDeskError, request: PageRequest | None = None) -> None:
        """Asked for again when it is wanted again."""
        if request is None:
            self._counting = None
        else:
            self._model.give_up(request)
        if self._failed is not None:
            self._failed(error)
        else:
            self._runner.refuse(error)

    def _show_count(self, total: Any) -> None:
        self._counting = None
        self._model.set_total(total)
        self.counted.emit(total)
