"""The desktop's start: hooks first, then the window's frame on the screen, then the site behind it."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication

import licensedesk
from licensedesk.ui.faults import Faults
from licensedesk.ui.icons import refresh
from licensedesk.ui.main_window import MainWindow, load_views
from licensedesk.ui.theme import Appearance, Theme

if TYPE_CHECKING:
    from licensedesk.core.errors import LicenseDeskError
    from licensedesk.ui.session import Session
    from licensedesk.ui.task_runner import TaskRunner

NO_SITE = "no-site"
_STYLE = ("-style", "fusion")
"""Given at the start: to set a style later, or to ask for it, loads QStyle: 6 ms before the first picture."""
_TURN = 0.000_5
"""Seconds for which a thread that computes keeps the window's waiting. Python's own 5 ms would fall on each
call from Qt into our code, of which a frame has hundreds, while the reader counts what a view shows next."""
_LOAD_AFTER_MS = 1_000
_RELOAD_AGAIN_AFTER = 5.0
"""Seconds after a fault in which another one reads nothing again."""


@dataclass(frozen=True, slots=True)
class Start:
    """Where the site is, and at which local server the console opens (None: the primary).

    `passphrase_file` opens the site's key without asking; else LICENSEDESK_PASSPHRASE_FILE or the key store.
    """

    folder: Path
    host_name: str | None = None
    settings: QSettings | None = None
    passphrase_file: Path | None = None


class Desktop:
    """Everything of one run, from the hooks to the threads; `close` ends it in the reverse order."""

    def __init__(self, start: Start, arguments: Sequence[str] = ()) -> None:
        self.faults = Faults()
        self.faults.install()
        self.app = QApplication.instance() or QApplication([sys.argv[0], *_STYLE, *arguments])
        assert isinstance(self.app, QApplication)  # noqa: S101 - narrows the type
        self.app.setApplicationName("LicenseDesk")
        self.app.setOrganizationName("LicenseDesk")
        self.app.setApplicationVersion(licensedesk.__version__)
        self._start = start
        self.settings = start.settings or QSettings()
        self.theme = Theme(self.app, _appearance(self.settings))
        self.theme.changed.connect(refresh)
        self._reloaded_at = 0.0
        self.window = MainWindow(self.settings)
        self.window.painted.connect(self._begin)

    @cached_property
    def runner(self) -> TaskRunner:
        from licensedesk.ui.task_runner import Lane, LaneHooks, TaskRunner

        return TaskRunner(
            refused=self._refuse,
            fault=self.faults.report,
            hooks={
                Lane.READ: LaneHooks(end=self._close_connection, interrupt=self._interrupt_read),
                Lane.WRITE: LaneHooks(end=self._close_connection),
            },
        )

    @cached_property
    def session(self) -> Session:
        """Made after the first paint, with all that works in the window; or when it is asked for before."""
        from licensedesk.ui.session import Session

        session = Session(
            self._start.folder,
            host_name=self._start.host_name,
            runner=self.runner,
            settings=self.settings,
            passphrase_file=self._start.passphrase_file,
        )
        self.faults.show_dialogs(_show_fault)
        session.broke.connect(self.faults.report)
        self.window.furnish(session)
        self.faults.raised.connect(lambda _text: self._reload_after_fault())
        self.faults.repeated.connect(self.window.say_fault_again)
        return session

    def show(self) -> None:
        """Frame first; all else once it is painted."""
        self.window.show()

    def _begin(self) -> None:
        sys.setswitchinterval(_TURN)
        self._open_site()
        collect_little()
        # On its own, so that neither keeps the window from answering for long.
        QTimer.singleShot(0, self.window, self.window.show_first_view)
        QTimer.singleShot(_LOAD_AFTER_MS, self.window, self._load_views)

    def _load_views(self) -> None:
        """Once the window has settled: modules off its thread, then the widgets of one view at a time."""
        from licensedesk.ui.task_runner import Lane

        self.runner.run(
            Lane.READ,
            lambda _task: load_views(),
            owner=self.window,
            done=lambda _nothing: self.window.make_ahead(),
        )

    def run(self) -> int:
        """Until the last window is closed; the exit code."""
        self.show()
        try:
            return self.app.exec()
        finally:
            self.close()

    def close(self) -> None:
        # A window that was never painted has no threads.
        if "session" in self.__dict__:
            self.session.close()
            self.runner.close()
        self.faults.uninstall()

    def _open_site(self) -> None:
        self.session.open(failed=self._cannot_open)

    def _cannot_open(self, error: LicenseDeskError) -> None:
        if error.code == NO_SITE:
            # Loaded only at a first start.
            from licensedesk.ui.dialogs.getting_started import open_getting_started

            open_getting_started(self.session, self.window, self._open_site)
        else:
            self.window.say_closed(error)

    def _refuse(self, error: LicenseDeskError) -> None:
        self.session.refused.emit(error)

    def _reload_after_fault(self) -> None:
        """Show what is stored - but not again and again where it is the reading that fails."""
        now = time.monotonic()
        if now - self._reloaded_at > _RELOAD_AGAIN_AFTER:
            self._reloaded_at = now
            self.window.reload()

    def _interrupt_read(self) -> None:
        """A read that is superseded ends at once instead of keeping its successor waiting."""
        if self.session.is_open:
            self.session.interrupt_read()

    def _close_connection(self) -> None:
        """In a lane's thread, at its end."""
        if self.session.is_open:
            self.session.site.close()


def collect_little() -> None:
    """Look for garbage among young objects only: over all of them the collector stops every thread, the
    window's too, for 200 ms on a large site. What is shown is freed without it, as nothing large stands in
    circles (benchmarks/ui_details.py shows the memory).
    """
    gc.freeze()
    gc.set_threshold(5_000, 10, 100_000)
    gc.enable()


def _appearance(settings: QSettings) -> Appearance:
    wanted = str(settings.value("window/appearance", Appearance.SYSTEM.value))
    return Appearance(wanted) if wanted in set(Appearance) else Appearance.SYSTEM


def _show_fault(text: str, more: int) -> None:
    from licensedesk.ui.widgets.fault_dialog import show_fault

    show_fault(text, more)


def main(start: Start) -> int:
    """Run the desktop."""
    return Desktop(start).run()
