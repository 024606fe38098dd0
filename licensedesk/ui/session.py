"""What every view works with: the open site, who acts and where, reading, acting, and what has changed."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, QSettings, QTimer, Signal

from licensedesk.core.changes import Changes
from licensedesk.core.errors import LicenseDeskError, RefusedError
from licensedesk.core.types import Actor, Option, ServerId
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
    """The site is open, or open again in another state of itself; views may read."""
    named = Signal()
    """The site, or the local server, has another name, or the local server another option."""
    lost = Signal(object)
    """The LicenseDeskError that keeps the site from being read, once; `opened` follows when it is over."""
    changed = Signal(object)
    """Changes: what has to be read again, by whomever it was changed."""
    said = Signal(str)
    """A sentence for the status bar, after an action has succeeded."""
    refused = Signal(object)
    """A LicenseDeskError that no dialog was there to show."""
    server_chosen = Signal(str)
    """The id of the server chosen in any view."""
    broke = Signal(object)
    """An exception of the courier that is a bug of ours."""
    view_wanted = Signal(str, object)
    """Key of a view, and what it is to show (a filter of its own, or None)."""

    def __init__(
        self,
        folder: Path,
        *,
        host_name: str | None,
        runner: TaskRunner,
        settings: QSettings,
        passphrase_file: Path | None = None,
    ) -> None:
        super().__init__()
        self.folder = folder
        self.passphrase_file = passphrase_file
        self.settings = settings
        self.runner = runner
        self.actor = Actor(name=getpass.getuser())
        self.site_name = folder.name
        self.local_host_name = host_name or ""
        self.local_option = ""
        self.server = ""
        self.courier: Courier | None = None
        self.signer: Signer | None = None
        self._host_name = host_name
        self._site: Site | None = None
        self._interrupt: Callable[[], None] | None = None
        self._counts = (0, 0)
        self._lost = ""
        self._opening = False
        self._looks = QTimer(self)
        self._looks.setInterval(LOOK_EVERY_MS)
        self._looks.timeout.connect(self._look)
        self.changed.connect(self._on_changed)

    # -- opening -----------------------------------------------------------------------------------
    def open(self, *, failed: Callable[[LicenseDeskError], object]) -> None:
        """Open the site off the window's thread, also again; `opened` follows, or `failed`."""

        def cannot(error: LicenseDeskError) -> None:
            self._opening = False
            failed(error)

        self._opening = True
        self.runner.run(
            Lane.READ,
            lambda _task: _open(self.folder, self._host_name),
            owner=self,
            done=self._take,
            failed=cannot,
            stopped=self._give_up_opening,
        )

    def _give_up_opening(self) -> None:
        self._opening = False

    def _take(self, opened: _Opened) -> None:
        self._opening = False
        before, self._site = self._site, opened.site
        if before is not None:
            self._let_go(before, opened.site)
        self._interrupt = opened.interrupt
        self._counts = opened.counts
        self._lost = ""
        self.actor = replace(self.actor, server=opened.server)
        self._take_names(opened.names)
        if self.at_primary:
            self.courier = Courier(opened.site, by=self.actor, parent=self)
            self.courier.broke.connect(self.broke)
            if self.signer is not None:
                self.courier.unlock(self.signer)
        self._looks.start()
        self.opened.emit()
        if self.courier is not None:
            self.courier.start()
        if before is not None:
            self.changed.emit(EVERYTHING)

    def _let_go(self, before: Site, now: Site) -> None:
        """Close what was open of a state that is no more, each lane its own connection."""
        if before.deployment != now.deployment:
            self.signer = None
        self.release()
        for lane in Lane:
            self.runner.run(lane, lambda _task: before.close(), owner=self, done=lambda _nothing: None)

    def reopen(self) -> None:
        """Open what was released; where it cannot be, `lost` says so and it is tried again every second."""
        self._looks.start()
        self.open(failed=self._lose)

    def release(self) -> Courier | None:
        """Ask the courier to end, and no longer look at the site: for what replaces it. `open` follows.

        Whoever replaces the site first joins the courier that is returned, off the window's thread.
        """
        self._looks.stop()
        courier, self.courier = self.courier, None
        if courier is not None:
            courier.stop()
        return courier

    def lock(self) -> None:
        """Forget the site's key: it is asked for again."""
        self.signer = None

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
        """Only the primary's administrator changes the tree, the trust and the allocations.

        Before the site is open nobody knows what the server is that the console was asked to open at.
        """
        return self.actor.server is None and (self.is_open or self._host_name is None)

    @property
    def registers(self) -> bool:
        """Licenses may be registered from here."""
        return self.at_primary or self.local_option == Option.REGISTRATION

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
        """Run an action on the writer thread; only `operations` call this.

        A fault of ours, or cancelling, ends in `stopped`; without one in the owner's own
        `stopped_working`, so that no dialog is left waiting.
        """
        stopped = stopped or getattr(owner, "stopped_working", None)
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
        """Once it could not be read it is opened anew: the file may be another one by now."""
        if self._lost and not self._opening:
            self.open(failed=self._still_lost)
        elif not self._lost and not self._opening:
            self.read(_read_counts, owner=self, done=self._compare, key="counts", failed=self._lose)

    def _compare(self, counts: tuple[int, int]) -> None:
        """Every administrator's action is audited; without one only reports and events have come."""
        before, self._counts = self._counts, counts
        if counts[1] != before[1]:
            self.changed.emit(EVERYTHING)
        elif counts != before:
            self.changed.emit(Changes(ledger=True, events=True))

    def _lose(self, error: LicenseDeskError) -> None:
        if str(error) != self._lost:
            self._lost = str(error)
            self.lost.emit(error)

    def _still_lost(self, error: LicenseDeskError) -> None:
        """While nothing is in its place, what was said of its going holds, with the way out of it."""
        if error.code != "no-site":
            self._lose(error)

    def _on_changed(self, changes: Changes) -> None:
        """The names stand in the frame of the window, whichever view is shown."""
        if self.is_open and (changes.settings or changes.servers):
            actor = self.actor
            self.read(lambda store: _read_names(store, actor), owner=self, done=self._take_names, key="names")

    def _take_names(self, names: tuple[str, str, str]) -> None:
        if names != (self.site_name, self.local_host_name, self.local_option):
            self.site_name, self.local_host_name, self.local_option = names
            if self._host_name is not None:
                self._host_name = self.local_host_name
            self.named.emit()

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
        courier = self.release()
        if courier is not None:
            courier.join()


@dataclass(frozen=True, slots=True)
class _Opened:
    """The site with what the window's frame shows of it, read where it was opened.

    `names` are those of the site and of the local server, and its option; `counts` what the site is
    looked at by;
    `interrupt` ends the query that the reader thread runs.
    """

    site: Site
    names: tuple[str, str, str]
    server: ServerId | None
    counts: tuple[int, int]
    interrupt: Callable[[], None]


def _open(folder: Path, host_name: str | None) -> _Opened:
    # The database's libraries are loaded here, while the window is already on the screen.
    from licensedesk.core.scope import local_actor
    from licensedesk.core.site import open_site
    from licensedesk.core.store.facts import read_tree

    site = open_site(folder)
    try:
        tree = read_tree(site.store)
        actor = local_actor(tree, name="", host_name=host_name)
        if actor.server == tree.primary.id:
            # Asked for by its name it is the primary all the same.
            actor = replace(actor, server=None)
        return _Opened(
            site,
            _read_names(site.store, actor),
            actor.server,
            _read_counts(site.store),
            # Made in the reader thread, whose connection it ends the queries of.
            site.store.interrupter(),
        )
    except BaseException:
        site.close()
        raise


def _read_names(store: Store, actor: Actor) -> tuple[str, str, str]:
    """Raises RefusedError `unknown-server` where the local server was removed."""
    name: str = store.value("SELECT name FROM site")
    columns = 'SELECT host_name, "option" FROM server WHERE'
    if actor.server is None:
        found = store.rows(f"{columns} parent_id IS NULL")
    else:
        found = store.rows(f"{columns} id = ?", (actor.server,))
    if not found:
        raise RefusedError("unknown-server", server=actor.server)
    return name, str(found[0][0]), str(found[0][1])


def _read_counts(store: Store) -> tuple[int, int]:
    """How often the site was written to, and how many actions were audited."""
    store.require_in_place()
    (counts,) = store.rows("SELECT revision, audit_seq FROM site")
    return int(counts[0]), int(counts[1])
