"""One site's database: open and check it, read it, and change it in one locked transaction at a time."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import peewee
from peewee import SqliteDatabase

from licensedesk.core.errors import RefusedError, SurroundingsError
from licensedesk.core.files import raise_disk_fault, sync_folder, working_folder
from licensedesk.core.names import visible
from licensedesk.core.store import migrate

ResultT = TypeVar("ResultT")
BUSY_SECONDS = 5
_APPLICATION_ID = 0x4C444B31
# peewee wraps what executing raises; fetching rows and executemany raise the driver's own.
_DRIVER: Any = peewee.sqlite3  # type: ignore[attr-defined]  # the module that peewee chose
_FAULTS = (peewee.DatabaseError, peewee.InterfaceError, _DRIVER.Error)
_WAL_SAFE = (3, 51, 3)
"""Before it, SQLite's write-ahead log could lose a committed page when two processes checkpoint."""


class _Database(SqliteDatabase):
    def rollback(self) -> None:
        """SQLite ends the transaction itself where the disk is full; to end it again would be an error
        that hides the first.
        """
        if self.connection().in_transaction:  # type: ignore[no-untyped-call]  # as peewee has it
            super().rollback()


class _Here(threading.local):
    """What belongs to one thread and its connection."""

    def __init__(self) -> None:
        self.writing = False
        self.kept: dict[str, tuple[object, Any]] = {}


class Store:
    """A site's database, open. peewee keeps one connection a thread; `close` ends the calling thread's."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._here = _Here()
        self._place: tuple[int, int] | None = None
        log = "wal" if SqliteDatabase.server_version >= _WAL_SAFE else "delete"
        self.database: SqliteDatabase = _Database(
            # A connection never makes a file: where the site was moved away there is none.
            _uri(path, "mode=rw"),
            uri=True,
            timeout=BUSY_SECONDS,
            lock_type="IMMEDIATE",
            pragmas={
                "journal_mode": log,
                "synchronous": "full",
                "foreign_keys": 1,
                # In KiB, of each of the four connections of a window.
                "cache_size": -8_000,
                "temp_store": "memory",
            },
        )

    def close(self) -> None:
        """Close the calling thread's connection."""
        self.forget()
        self.database.close()

    def note_place(self) -> None:
        """From now on the file at `path` is this one; see `require_in_place`."""
        self._place = _place(self.path)

    def require_in_place(self) -> None:
        """A file that was deleted or replaced can still be written to where it is open: for nobody to read.

        Raises SurroundingsError `damaged-database`.
        """
        if self._place is not None and _place(self.path) != self._place:
            reason = "it was deleted or replaced while it was open"
            raise SurroundingsError("damaged-database", path=str(self.path), reason=reason)

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction that first locks the site's row; any exception undoes all of it."""
        self.require_in_place()
        before, self._here.writing = self._here.writing, True
        try:
            with self._translated(), self.database.atomic("IMMEDIATE"):
                self.run("UPDATE site SET revision = revision + 1")
                yield
        finally:
            self._here.writing = before

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Several reads that see one and the same state."""
        with self._translated():
            if self.database.in_transaction():
                yield
            else:
                with self.database.atomic("DEFERRED"):
                    yield

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query, as tuples."""
        with self._translated(), self._decoded():
            found: list[tuple[Any, ...]] = self.database.execute_sql(sql, parameters).fetchall()
            return found

    def value(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """The first column of a query's first row; None where there is no row."""
        with self._translated(), self._decoded():
            row = self.database.execute_sql(sql, parameters).fetchone()
            return row[0] if row else None

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """One changing statement; the number of rows it changed."""
        with self._translated():
            changed: int = self.database.execute_sql(sql, parameters).rowcount
            return changed

    def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """One statement for many rows, 14 times faster than the ORM's way at any chunk size."""
        with self._translated():
            self.database.connection().executemany(sql, rows)

    def kept(self, name: str, read: Callable[[], ResultT]) -> ResultT:
        """What `read` gave to this thread the last time, as long as nobody has written anything since.

        For what nearly every read needs and few writes change; nobody may change what is kept. Within
        `writing` it is always read.
        """
        if self._here.writing:
            return read()
        with self.reading():
            # Exact for one connection: the first counts what others have committed, the second its own.
            mark = (self.value("PRAGMA data_version"), self.database.connection().total_changes)
            before = self._here.kept.get(name)
            if before is not None and before[0] == mark:
                found: ResultT = before[1]
                return found
            self._here.kept.pop(name, None)
            found = read()
            self._here.kept[name] = (mark, found)
            return found

    def forget(self) -> None:
        """Read anew what is `kept`: of this thread, where the database was changed past SQL."""
        self._here.kept.clear()

    def interrupter(self) -> Callable[[], None]:
        """What another thread calls to end the query that the calling thread runs then."""
        interrupt: Callable[[], None] = self.database.connection().interrupt
        return interrupt

    def revision(self) -> int:
        """Counts the writing transactions of all consoles on this site; cheap, for polling."""
        found: int = self.value("SELECT revision FROM site")
        return found

    @contextlib.contextmanager
    def sound(self, what: str) -> Iterator[None]:
        """Values that no action could have left in `what` are damage, and a sentence like other damage.

        For turning rows into our types, and nothing else: any such error in there is taken for damage.
        """
        try:
            yield
        except (ValueError, TypeError, LookupError, RefusedError) as error:
            reason = f"{what} cannot be read"
            raise SurroundingsError("damaged-database", path=str(self.path), reason=reason) from error

    @contextlib.contextmanager
    def _decoded(self) -> Iterator[None]:
        try:
            yield
        except UnicodeDecodeError as error:
            # Only the database writes its texts, and only in UTF-8.
            raise SurroundingsError("damaged-database", path=str(self.path), reason=error.reason) from error

    @contextlib.contextmanager
    def _opening(self) -> Iterator[None]:
        """Faults as in `_translated`; the connection is closed by any exception."""
        try:
            with self._translated(), self._decoded():
                yield
        except BaseException:
            self.close()
            raise

    @contextlib.contextmanager
    def _translated(self, path: Path | None = None) -> Iterator[None]:
        """Faults of the database, or at another `path`, as sentences; refusals and bugs pass through."""
        path = path or self.path
        try:
            yield
        except _FAULTS as error:
            fault = database_fault(error, path)
            if fault is None:
                raise
            # A thread that opens it only now finds no file: what happened to it says more than that.
            self.require_in_place()
            raise fault from error
        except OSError as error:
            raise_disk_fault(error, path)


class InterruptedReadError(Exception):
    """The read was superseded and ended by `interrupter`."""


def database_fault(error: Exception, path: Path) -> Exception | None:
    """What stands behind a driver's error; None where it is a bug of ours (a constraint, wrong SQL)."""
    text = str(error)
    if "interrupted" in text:
        return InterruptedReadError(text)
    if "locked" in text or "busy" in text:
        return SurroundingsError("database-locked", seconds=BUSY_SECONDS)
    if "disk" in text and ("full" in text or _no_room(path)):
        return SurroundingsError("disk-full", path=str(path))
    if any(word in text for word in ("readonly", "unable to open", "disk I/O")):
        return SurroundingsError("unwritable", path=str(path), reason=text)
    damage = ("malformed", "not a database", "no such table", "no such column", "corrupt", "decode")
    if any(word in text.lower() for word in damage):
        # The driver quotes what it found.
        return SurroundingsError("damaged-database", path=str(path), reason=visible(text[:200]))
    return None


def _no_room(path: Path) -> bool:
    """Where the index of the log cannot grow, SQLite only speaks of a disk I/O error."""
    try:
        return shutil.disk_usage(path.parent).free == 0
    except OSError:
        return False


def create_store(path: Path, *, migrations: Path = migrate.FOLDER) -> Store:
    """A new, empty database with the whole schema, or that of `migrations`. The file must not exist.

    Raises SurroundingsError `disk-full`, `unwritable`.
    """
    store = Store(path)
    with store._opening():  # noqa: SLF001 - its own module
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        store.database.connect()
        store.database.pragma("application_id", _APPLICATION_ID)
        migrate.apply(store.database, migrations)
    return store


def open_store(path: Path, *, backups: Path, migrations: Path = migrate.FOLDER) -> Store:
    """The database of a site, migrated to this version; a backup is put into `backups` before that.

    Raises SurroundingsError: `no-site`, `damaged-database` (foreign, cut off, or not readable),
    `newer-database`, `database-locked`, `disk-full`, `unwritable`.
    """
    check_file(path)
    store = Store(path)
    with store._opening():  # noqa: SLF001 - its own module
        store.database.connect()
        migrate.refuse_newer(store.database, migrations)
        if migrate.pending(store.database, migrations):
            _upgrade(store, backups / f"before-{migrate.latest(migrations)}.db", migrations)
    store.note_place()
    return store


def _upgrade(store: Store, backup: Path, migrations: Path) -> None:
    """All that is pending or nothing of it; once, whoever opens the database at the same moment."""
    with store._translated(backup), working_folder(backup.parent) as folder:  # noqa: SLF001 - its own module
        copy = _copied(store, folder)
        with store.database.atomic("IMMEDIATE"):
            if migrate.pending(store.database, migrations):
                _put(copy, backup)
                migrate.apply(store.database, migrations)


def _place(path: Path) -> tuple[int, int] | None:
    """Device and number of the file; None where it is gone."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def check_file(path: Path) -> None:
    """Refuse by the file's header, before SQLite touches it, what is no whole database of ours."""
    try:
        status = path.stat()
    except FileNotFoundError:
        raise SurroundingsError("no-site", path=str(path.parent)) from None
    except OSError as error:
        raise_disk_fault(error, path)
    # A FIFO must not be opened: that waits for a writer.
    if not stat.S_ISREG(status.st_mode):
        raise SurroundingsError("damaged-database", path=str(path), reason="it is no regular file")
    log = path.with_name(path.name + "-wal")
    # What was cut off while the log was written back is in the log.
    logged = log.exists() and log.stat().st_size > 0
    try:
        application, whole = _header(path)
    except (*_FAULTS, UnicodeDecodeError) as error:
        if not logged:
            raise database_fault(error, path) or error from error
        return
    if application != _APPLICATION_ID:
        raise SurroundingsError("damaged-database", path=str(path), reason="it is of another program")
    size = status.st_size
    if size < whole and not logged:
        raise SurroundingsError("damaged-database", path=str(path), reason=f"it has {size} of {whole} bytes")


def _header(path: Path) -> tuple[int, int]:
    """Application id and bytes by the file's header. Raises the driver's error where it is no database.

    By SQLite, which keeps its hands off an immutable file, but not by reading it: to close a file ends all
    locks that this process has on it, be it open a second time or not.
    """
    connection = _DRIVER.connect(_uri(path, "mode=ro&immutable=1"), uri=True)
    try:
        names = ("application_id", "page_size", "page_count")
        application, size, pages = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names)
        return application, size * pages
    finally:
        connection.close()


def _uri(path: Path, parameters: str) -> str:
    return f"{path.absolute().as_uri()}?{parameters}"


def copy_database(store: Store, target: Path) -> None:
    """A consistent copy of the open database, also while others write; whole or not at all.

    Raises SurroundingsError: `damaged-database`, `disk-full`, `unwritable`.
    """
    with store._translated(target), working_folder(target.parent) as folder:  # noqa: SLF001 - its own module
        _put(_copied(store, folder), target)


def _copied(store: Store, folder: Path) -> Path:
    copy = folder / "copy.db"
    store.database.execute_sql("VACUUM INTO ?", (str(copy),))
    copy.chmod(0o600)
    # SQLite does not sync what VACUUM INTO wrote.
    with copy.open("rb+") as file:
        os.fsync(file.fileno())
    return copy


def _put(copy: Path, target: Path) -> None:
    copy.replace(target)
    sync_folder(target.parent)
