"""What every view does: read when it is shown, read again when something it shows has changed."""

from __future__ import annotations

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QPushButton

from licensedesk.core.changes import Changes
from licensedesk.core.errors import LicenseDeskError
from licensedesk.ui.session import Session
from licensedesk.ui.view_actions import Actions
from licensedesk.ui.widgets.filter_bar import FilterBar
from licensedesk.ui.widgets.notice import Notice
from licensedesk.ui.widgets.page import Page
from licensedesk.ui.widgets.progress import ProgressStrip


class View(Page):
    """A page of the menu area. `reads` names the flags of Changes after which it is stale.

    Subclasses build their widgets in `__init__`, ask for rows in `reload`, and may take what another view
    wants to be shown in `present`. A view that is not visible reads when it is shown next; one that `ahead`
    is true of reads once before, so that it opens with its rows.
    """

    reads: frozenset[str] = frozenset()
    ahead = False

    def __init__(self, session: Session, title: str, subtitle: str = "") -> None:
        super().__init__(title, subtitle)
        self.session = session
        self.offers = Actions(session, self)
        """What can be done in this view, for the menus of the window while it is shown."""
        self.notice = Notice(closable=True)
        self.body.addWidget(self.notice)
        self._stale = True
        session.changed.connect(self._on_changed)
        session.opened.connect(self._on_opened)
        session.opened.connect(self.enable)
        session.named.connect(self.enable)

    def reload(self) -> None:
        """Ask for the rows again, off the window's thread."""
        raise NotImplementedError

    def present(self, wanted: object) -> None:
        """Show what another view asked for, for example a filter."""

    def enable(self) -> None:
        """Say of each action whether it can be done now; also called when the site is opened."""

    def add_action(self, name: str, *, main: bool = False, words: bool = True) -> QPushButton:
        """A button of the header for one of `offers`."""
        made = self.offers.button(name, main=main, words=words)
        self.add_to_header(made)
        return made

    def offer_clearing(self, filters: FilterBar) -> None:
        def allow() -> None:
            self.offers.allow("clear-filters", "" if filters.active else self.tr("No filter is set."))

        self.offers.add("clear-filters", filters.clear)
        filters.toggled.connect(allow)
        allow()

    def offer_stopping(self, progress: ProgressStrip) -> None:
        def allow() -> None:
            self.offers.allow("stop", "" if progress.running else self.tr("Nothing runs in this view."))

        self.offers.add("stop", progress.cancel)
        progress.toggled.connect(allow)
        allow()

    def start_search(self) -> None:
        """Put the focus where this view is searched (Ctrl+F)."""

    def refuse(self, error: LicenseDeskError) -> None:
        """Show a refusal or a fault of the surroundings in the view; what was shown before stays."""
        self.notice.refuse(error)

    def _on_opened(self) -> None:
        """Also again, after the database was away: what was said of that is over."""
        self.notice.clear()
        self._stale = True
        self._read()

    def _on_changed(self, changes: Changes) -> None:
        if any(getattr(changes, flag) for flag in self.reads):
            self._stale = True
            self._read()

    def _read(self) -> None:
        if self._stale and self.isVisible() and self.session.is_open:
            self._stale = False
            self.reload()

    def read_ahead(self) -> None:
        """While nothing else is read: what is to stand here when the view is shown for the first time."""
        if self.ahead and self._stale and self.session.is_open:
            self._stale = False
            self.reload()

    def refuse_read(self, error: LicenseDeskError) -> None:
        """As `refuse`; where nobody looks at the view, it reads again when it is shown."""
        if self.isVisible():
            self.refuse(error)
        else:
            self._stale = True

    def refresh(self) -> None:
        """Read again whatever has changed or not (F5)."""
        self._stale = True
        self.notice.clear()
        self._read()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - the name is Qt's
        super().showEvent(event)
        self._read()
