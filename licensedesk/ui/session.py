"""What every view works with: the open site, who acts and where, reading, acting, and what has changed."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Hashable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, QSettings, QTimer, Signal

from licensedesk.core.changes import Changes
from licensedesk.core.errors import LicenseDeskError
from licensedesk.core.types import Actor, ServerId
from licensedesk.ui.courier import Courier
from licensedesk.ui.task_runner import Lane, Progress, Task, TaskRunner

if TYPE_CHECKING:
    from licensedesk.core.site import Site
    from licensedesk.core.store.database import Store
    from licensedesk.core.trust import Signer

T = TypeVar("T")
EVERYTHING = Changes(
    servers=True, licenses=True, nodes=True, trust=True, settings=True, ledger=True, events=True
)
LOOK_EVERY_MS = 1_000
"""How often the site is asked whether another console, or the command line, has changed it."""


class Session(QObject):
    """Belongs to the application. Views read with `read` and act through `operations`, nothing else.

    `local` is the server at which the console is open: None is the primary.
    """

    opened = Signal()
    """The site is open; views may read."""
    changed = Signal(object)
    """Changes: what has to be read again, by whomever it was changed."""
    said = Signal(str)
    """A sentence for the status bar, after an action has succeeded."""
    refused = Signal(object)
    """A LicenseDeskError that no dialog was there to show."""
    server_chosen = Signal(str)
    """The id of the server chosen in any view."""
    view_wanted = Signal(str, object)
    """Key of a view, and what it is to show (a filter of its own, or None)."""

    def __init__(
        self, folder: Path, *, host_name: str | None, runner: TaskRunner, settings: QSettings
    ) -> None:
        super().__init__()
        self.folder = folder
        self.settings = settings
        self.runner = runner
        self.actor = Actor(name=getpass.getuser())
        self.site_name = folder.name
        self.local_host_name = host_name or ""
        self.server = ""
        self.courier: Courier | None = None
        self.signer: Signer | None = None
        self._host_name = host_name
        self._site: Site | None = None
        self._interrupt: Callable[[], None] | None = None
        self._revision = 0
        self._looks = QTimer(self)
        self._looks.setInterval(LOOK_EVERY_MS)
        self._looks.timeout.connect(self._look)

    # -- opening -----------------------------------------------------------------------------------
    def open(self, *, failed: Callable[[LicenseDeskError], object]) -> None:
        """Open the site off the window's thread; `opened` follows, or `failed`."""
        self.runner.run(
            Lane.READ,
            lambda _task: _open(self.folder, self._host_name),
            owner=self,
            done=self._take,
            failed=failed,
        )

    def _take(self, opened: _Opened) -> None:
        self._site = opened.site
        self._interrupt = opened.interrupt
        self._revision = opened.revision
        self.actor = replace(self.actor, server=opened.server)
        self.site_name = opened.name
        self.local_host_name = opened.host_name
        self.courier = Courier(opened.site, by=self.actor, parent=self)
        self._looks.start()
        self.opened.emit()

    def reopened(self) -> None:
        """The site behind the window was replaced by another state of itself: read everything again."""
        self.changed.emit(EVERYTHING)

    @property
    def is_open(self) -> bool:
        return self._site is not None

    @property
    def site(self) -> Site:
        if self._site is None:
            raise RuntimeError("the site is not open yet")
        return self._site

    def interrupt_read(self) -> None:
        """End the query that the reader thread runs now; its task fails, and is to be cancelled already."""
        if self._interrupt is not None:
            self._interrupt()

    @property
    def at_primary(self) -> bool:
        """Only the primary's administrator changes the tree, the trust and the allocations."""
        return self.actor.server is None

    def unlock(self, signer: Signer) -> None:
        """The site's key is open, for the session: messages can be signed and agents invited."""
        self.signer = signer
        if self.courier is not None:
            self.courier.unlock(signer)

    @staticmethod
    def now() -> datetime:
        return datetime.now(UTC)

    def today(self) -> date:
        return self.now().date()

    # -- reading and acting ------------------------------------------------------------------------
    def read(
        self,
        work: Callable[[Store], T],
        *,
        owner: QObject,
        done: Callable[[T], object],
        key: Hashable | None = None,
        failed: Callable[[LicenseDeskError], object] | None = None,
    ) -> Task[T]:
        """Run a read function of the core on the reader thread; a newer one with the same key wins."""
        store = self.site.store
        return self.runner.run(
            Lane.READ, lambda _task: work(store), owner=owner, done=done, key=key, failed=failed
        )

    def act(
        self,
        work: Callable[[Task[T]], T],
        *,
        owner: QObject,
        done: Callable[[T], object],
        failed: Callable[[LicenseDeskError], object] | None = None,
        progress: Callable[[Progress], object] | None = None,
        stopped: Callable[[], object] | None = None,
    ) -> Task[T]:
        """Run an action on the writer thread; only `operations` call this."""
        return self.runner.run(
            Lane.WRITE, work, owner=owner, done=done, failed=failed, progress=progress, stopped=stopped
        )

    def took(self, changes: Changes, sentence: str = "") -> None:
        """An action of this window has succeeded: tell every view, then say so."""
        self.changed.emit(changes)
        if sentence:
            self.said.emit(sentence)

    # -- what others change ------------------------------------------------------------------------
    def _look(self) -> None:
        self.read(lambda store: store.revision(), owner=self, done=self._compare, key="revision")

    def _compare(self, revision: int) -> None:
        if revision != self._revision:
            self._revision = revision
            self.changed.emit(EVERYTHING)

    # -- shared selection --------------------------------------------------------------------------
    def choose_server(self, server: str) -> None:
        """A server was chosen in some view; the others follow."""
        if server != self.server:
            self.server = server
            self.server_chosen.emit(server)

    def show_view(self, key: str, wanted: object = None) -> None:
        self.view_wanted.emit(key, wanted)

    def close(self) -> None:
        """Before the application ends: the distributor lets go of its lock."""
        self._looks.stop()
        if self.courier is not None:
            self.courier.close()


class _Opened:
    """The site with what the window's frame shows of it, read where it was opened."""

    def __init__(self, site: Site, name: str, server: ServerId | None, host_name: str) -> None:
        self.site = site
        self.name = name
        self.server = server
        self.host_name = host_name
        self.revision = site.store.revision()
        # Made in the reader thread, whose connection it ends the queries of.
        self.interrupt = site.store.interrupter()


def _open(folder: Path, host_name: str | None) -> _Opened:
    # The database's libraries are loaded here, while the window is already on the screen.
    from licensedesk.core.scope import local_actor, local_server
    from licensedesk.core.site import open_site
    from licensedesk.core.store.facts import read_tree

    site = open_site(folder)
    try:
        tree = read_tree(site.store)
        actor = local_actor(tree, name="", host_name=host_name)
        name = site.store.value("SELECT name FROM site")
        return _Opened(site, name, actor.server, local_server(tree, actor).host_name)
    except BaseException:
        site.close()
        raise
