"""Opening what is and what is not a site's database, and the faults of the world around it."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from licensedesk.core import audit
from licensedesk.core.errors import LicenseDeskError, SurroundingsError
from licensedesk.core.license_list import list_licenses
from licensedesk.core.ranges import range_rows
from licensedesk.core.servers import add_server
from licensedesk.core.settings import read_settings, set_setting
from licensedesk.core.site import Site, open_site
from licensedesk.core.store import database, migrate
from licensedesk.core.store.database import (
    InterruptedReadError,
    Store,
    copy_database,
    database_fault,
    open_store,
)
from licensedesk.core.store.facts import read_holdings, read_tree
from licensedesk.core.tree import Tree
from licensedesk.core.types import Role
from tests.core.example import AT, BY, ON, Example, dump, files


@pytest.fixture
def closed(example: Example) -> Path:
    """The database file of a closed site; its log has been written back."""
    example.site.close()
    path = example.site.folder / "site.db"
    assert not path.with_name("site.db-wal").exists()
    return path


def fault(path: Path) -> LicenseDeskError:
    with pytest.raises(LicenseDeskError) as raised:
        open_store(path, backups=path.parent / "backups").close()
    assert "?" not in raised.value.message
    assert raised.value.advice
    return raised.value


# -- what is no database of ours --------------------------------------------------------------------------


def no_file(path: Path) -> None:
    path.unlink()


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def a_fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def text(path: Path) -> None:
    path.write_text("name = 'no database'\n" * 100)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def random_bytes(path: Path) -> None:
    path.write_bytes(random.Random(7).randbytes(20_000))  # noqa: S311 - repeatable, no secret


def header_only(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\x00")


def other_program(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE bookmarks (url)")
    other.close()


def other_application_id(path: Path) -> None:
    with sqlite3.connect(path) as ours:
        ours.execute("PRAGMA application_id = 1")
    ours.close()


def without_history(path: Path) -> None:
    with sqlite3.connect(path) as ours:
        ours.execute("DROP TABLE schema_migration")
    ours.close()


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (no_file, "no-site"),
        (a_folder, "damaged-database"),
        (a_fifo, "damaged-database"),
        (text, "damaged-database"),
        (empty, "damaged-database"),
        (random_bytes, "damaged-database"),
        (header_only, "damaged-database"),
        (other_program, "damaged-database"),
        (other_application_id, "damaged-database"),
        (without_history, "damaged-database"),
    ],
)
def test_what_is_no_database_of_ours(closed: Path, spoil: Callable[[Path], None], code: str) -> None:
    spoil(closed)
    kept = files(closed.parent)
    assert fault(closed).code == code
    assert files(closed.parent) == kept


def test_a_newer_database_is_refused(closed: Path) -> None:
    with sqlite3.connect(closed) as ours:
        ours.execute("INSERT INTO schema_migration (name, applied) VALUES ('0099_from_the_future', '')")
    ours.close()
    kept = files(closed.parent)
    raised = fault(closed)
    assert (raised.code, raised.figures) == ("newer-database", {"found": "0099_from_the_future"})
    assert files(closed.parent) == kept


@pytest.mark.parametrize("cut", [1, 99, 100, 101, 1023, 4095, 4096, 4097, 0.25, 0.5, 0.9, -4096, -1])
def test_a_database_that_was_cut_off(closed: Path, cut: float) -> None:
    whole = closed.read_bytes()
    size = int(len(whole) * cut) if isinstance(cut, float) else cut % len(whole)
    closed.write_bytes(whole[:size])
    raised = fault(closed)
    assert raised.code == "damaged-database"
    assert closed.read_bytes() == whole[:size]


def read_everything(path: Path) -> None:
    """What the console's views and the command line read of a site."""
    store = open_store(path, backups=path.parent / "backups")
    try:
        holdings = read_holdings(store)
        range_rows(holdings, on=ON)
        list_licenses(store, on=ON, by=BY)
        read_settings(store)
        audit.verify(store)
        audit.entries(store, limit=100)
        store.value("SELECT deployment FROM site")
    finally:
        store.close()


def test_damaged_pages_are_a_sentence_and_no_traceback(closed: Path, campaign: Callable[[int], int]) -> None:
    whole = closed.read_bytes()
    # Most of a young database is free space, where damage does nothing.
    used = [at for at in range(100, len(whole)) if whole[at]]
    codes: dict[str, int] = {}
    shown: list[str] = []
    for seed in range(campaign(5000)):
        chance = random.Random(seed)  # noqa: S311 - repeatable, no secret
        damaged = bytearray(whole)
        for _ in range(chance.choice([1, 10, 100])):
            at = chance.choice(used)
            length = chance.choice([1, 1, 8, 64, 512])
            damaged[at : at + length] = chance.randbytes(len(damaged[at : at + length]))
        closed.write_bytes(damaged)
        try:
            read_everything(closed)
        except LicenseDeskError as error:
            codes[error.code] = codes.get(error.code, 0) + 1
            shown.append(error.message)
        except Exception as error:
            raise AssertionError(f"seed {seed}") from error
        for log in closed.parent.glob("site.db-*"):
            log.unlink()
    assert all(message.isprintable() for message in shown)
    # Most damage hits free space or a value that nobody can know to be wrong.
    assert codes.pop("damaged-database") > 0


def test_every_page_overwritten_in_turn(closed: Path) -> None:
    whole = closed.read_bytes()
    codes = set()
    for at in range(4096, len(whole), 4096):
        closed.write_bytes(whole[:at] + b"\xff" * 4096 + whole[at + 4096 :])
        try:
            read_everything(closed)
        except LicenseDeskError as error:
            codes.add(error.code)
        for log in closed.parent.glob("site.db-*"):
            log.unlink()
    assert codes == {"damaged-database"}


# -- the world around it -----------------------------------------------------------------------------------


def _hold(path: str, held: Any, done: Any) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    held.set()
    done.wait(30)
    other.close()


def test_another_process_holds_the_database(example: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.2)
    example.site.close()
    site = open_site(example.site.folder)
    before = dump(site.store)
    processes = multiprocessing.get_context("spawn")
    held, done = processes.Event(), processes.Event()
    other = processes.Process(target=_hold, args=(str(site.store.path), held, done))
    other.start()
    try:
        assert held.wait(30)
        with pytest.raises(SurroundingsError) as raised:
            set_setting(site.store, key="name", value="x", by=BY, at=AT)
        assert (raised.value.code, raised.value.figures) == ("database-locked", {"seconds": 0.2})
        assert "0.2 seconds" in raised.value.message
        # With a write-ahead log readers are never in the way.
        assert dump(site.store) == before
    finally:
        done.set()
        other.join(30)
    set_setting(site.store, key="name", value="x", by=BY, at=AT)
    site.close()


def test_a_full_disk(example: Example) -> None:
    store = example.store
    before = dump(store)
    # SQLite's own limit makes the very error that a full disk makes.
    pages = store.value("PRAGMA page_count")
    store.rows(f"PRAGMA max_page_count = {pages}")
    full = None
    for number in range(200):
        try:
            set_setting(store, key="name", value=f"{number}" * 80, by=BY, at=AT)
        except SurroundingsError as error:
            full = error
            break
        before = dump(store)
    assert full is not None
    assert (full.code, full.figures) == ("disk-full", {"path": str(store.path)})
    assert dump(store) == before
    with pytest.raises(SurroundingsError) as raised, store.writing():
        store.run_many("INSERT INTO product (name) VALUES (?)", ((f"{n}" * 500,) for n in range(1000)))
    assert raised.value.code == "disk-full"
    assert dump(store) == before
    store.rows(f"PRAGMA max_page_count = {pages * 10}")
    set_setting(store, key="name", value="works again", by=BY, at=AT)
    assert audit.verify(store).intact


@pytest.mark.parametrize(("free", "code"), [(0, "disk-full"), (1 << 20, "unwritable")])
def test_an_index_of_the_log_that_cannot_grow(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, free: int, code: str
) -> None:
    """SQLite tells no more of it than that the disk failed."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=free))
    fault = database_fault(sqlite3.OperationalError("disk I/O error"), tmp_path / "site.db")
    assert isinstance(fault, SurroundingsError)
    assert fault.code == code


# A disk's rights say nothing to root, so root becomes the user nobody.
AS_NOBODY = """
    import os
    import sys
    from pathlib import Path
    from datetime import datetime, UTC
    from licensedesk.core.errors import LicenseDeskError
    from licensedesk.core.settings import set_setting
    from licensedesk.core.site import open_site
    from licensedesk.core.types import Actor
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    try:
        site = open_site(Path(sys.argv[1]))
        set_setting(site.store, key="name", value="x", by=Actor(name="nobody"), at=datetime.now(UTC))
    except LicenseDeskError as error:
        print(error.code)
"""


def as_nobody(site: Path) -> str:
    """What another user, who may read but not write, meets: the code of the refusal."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(AS_NOBODY), str(site)],
        cwd=Path(__file__).parents[3],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3]), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return str(done.stdout.strip())


def test_a_folder_that_may_not_be_written(
    example_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # Outside of pytest's own folder, which no other user may enter.
    folder = Path("/var/tmp") / f"licensedesk-{os.getpid()}"  # noqa: S108 - made here, removed below
    shutil.copytree(example_folder, folder)
    try:
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        kept = files(folder)
        assert as_nobody(folder) == "unwritable"
        (folder / "site.db").chmod(0o000)
        assert as_nobody(folder) == "unwritable"
        (folder / "site.db").chmod(0o444)
        assert files(folder) == kept
    finally:
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o755)
        shutil.rmtree(folder)


# -- transactions ------------------------------------------------------------------------------------


def test_any_exception_undoes_the_whole_transaction(example: Example) -> None:
    before = dump(example.store)

    def fail() -> None:
        with example.store.writing():
            example.store.run("DELETE FROM allocation")
            example.store.run_many("INSERT INTO product (name) VALUES (?)", [("x",), ("y",)])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert dump(example.store) == before


def test_a_constraint_that_fails_is_a_bug_of_ours_and_no_sentence(example: Example) -> None:
    before = dump(example.store)
    with pytest.raises(Exception, match="UNIQUE") as raised, example.store.writing():
        example.store.run_many("INSERT INTO product (name) VALUES (?)", [("x",), ("x",)])
    assert not isinstance(raised.value, LicenseDeskError)
    assert dump(example.store) == before


def test_the_revision_counts_what_was_written_by_anyone(example: Example) -> None:
    other = open_site(example.site.folder)
    revision = example.store.revision()
    set_setting(other.store, key="name", value="x", by=BY, at=AT)
    assert example.store.revision() == revision + 1
    set_setting(example.store, key="name", value="y", by=BY, at=AT)
    assert other.store.revision() == revision + 2
    other.close()


def test_two_sites_open_in_one_process_keep_apart(example: Example, site: Site) -> None:
    """The one opened last is not the one that is written to."""
    revisions = example.store.revision(), site.store.revision()
    set_setting(example.store, key="name", value="x", by=BY, at=AT)
    assert (example.store.revision(), site.store.revision()) == (revisions[0] + 1, revisions[1])
    set_setting(site.store, key="name", value="x", by=BY, at=AT)
    assert (example.store.revision(), site.store.revision()) == (revisions[0] + 1, revisions[1] + 1)


def test_several_reads_see_one_state(example: Example) -> None:
    other = open_site(example.site.folder)
    with example.store.reading():
        names = [read_tree(example.store).primary.host_name]
        add_server(other.store, host_name="f", under=example.id("a"), role=Role.RELAY, by=BY, at=AT)
        with example.store.reading():
            assert len(read_tree(example.store).servers) == 5
        names.append(read_tree(example.store).primary.host_name)
    assert len(read_tree(example.store).servers) == 6
    other.close()


def test_a_superseded_read_is_ended_from_another_thread(example: Example) -> None:
    interrupt = example.store.interrupter()
    timer = threading.Timer(0.05, interrupt)
    timer.start()
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    with pytest.raises(InterruptedReadError):
        example.store.rows(endless)
    timer.join()
    assert example.store.value("SELECT 1") == 1


def test_threads_have_connections_of_their_own(example: Example) -> None:
    found: list[int] = []

    def read() -> None:
        found.append(len(read_tree(example.store).servers))
        found.append(example.store.value("PRAGMA foreign_keys"))
        example.store.close()

    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    assert found == [5, 1]


def test_the_tree_is_read_again_only_after_something_was_written(example: Example) -> None:
    store, other = example.store, Store(example.store.path)
    tree = read_tree(store)
    assert read_tree(store) is tree
    assert read_holdings(store).tree is tree
    for writing, name in ((store, "own.example.com"), (other, "others.example.com")):
        add_server(writing, host_name=name, under=example.id("a"), role=Role.RELAY, by=BY, at=AT)
        assert read_tree(store).named(name)
    other.close()


def test_what_a_write_changes_is_read_within_it_and_forgotten_with_it(example: Example) -> None:
    store = example.store
    before = read_tree(store)
    with pytest.raises(ZeroDivisionError), store.writing():  # noqa: PT012 - what is read in it
        store.run("UPDATE server SET host_name = 'changed.example.com' WHERE id = ?", (example.id("b"),))
        assert read_tree(store).named("changed.example.com")
        raise ZeroDivisionError
    assert read_tree(store).servers == before.servers


def test_each_thread_keeps_its_own_and_a_closed_connection_nothing(example: Example) -> None:
    store, found = example.store, list[Tree]()

    def elsewhere() -> None:
        found.extend((read_tree(store), read_tree(store)))
        store.close()
        found.append(read_tree(store))
        store.close()

    tree = read_tree(store)
    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert found[0] is found[1]
    assert len({id(one) for one in (tree, *found)}) == 3
    assert read_tree(store) is tree


def test_what_cannot_be_read_is_not_kept(example: Example) -> None:
    store, tried = example.store, list[int]()

    def read() -> int:
        tried.append(1)
        if len(tried) == 1:
            raise ZeroDivisionError
        return len(tried)

    with pytest.raises(ZeroDivisionError):
        store.kept("figure", read)
    assert [store.kept("figure", read) for _ in range(3)] == [2, 2, 2]


def test_a_connection_makes_no_database_where_the_sites_was(example: Example, tmp_path: Path) -> None:
    """An empty one beside the log would have SQLite throw away the log, with all that is in it."""
    store, path = example.site.store, example.site.store.path
    add_server(store, host_name="logged.example.com", under=example.id("a"), role=Role.RELAY, by=BY, at=AT)
    path.rename(tmp_path / "away.db")
    failed: list[SurroundingsError] = []

    def elsewhere() -> None:
        try:
            store.revision()
        except SurroundingsError as error:
            failed.append(error)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    reasons = [(error.code, error.figures["reason"]) for error in failed]
    assert reasons == [("damaged-database", "it was deleted or replaced while it was open")]
    assert not path.exists()
    (tmp_path / "away.db").rename(path)
    assert read_tree(store).named("logged.example.com")


TRY_TO_WRITE = """
import sys
import peewee
try:
    peewee.sqlite3.connect(sys.argv[1], timeout=0).execute("BEGIN IMMEDIATE")
except peewee.sqlite3.OperationalError as error:
    print(error)
"""


@pytest.mark.parametrize("log", ["wal", "delete"])
def test_opening_it_again_keeps_the_locks(
    example: Example, monkeypatch: pytest.MonkeyPatch, log: str
) -> None:
    """POSIX drops all locks of a process on a file that it closes once."""
    path = example.site.store.path
    example.site.close()
    if log == "delete":
        monkeypatch.setattr(database, "_WAL_SAFE", (99,))
    store = open_store(path, backups=path.parent / "backups")
    with store.writing():
        store.run("UPDATE site SET name = 'Mine'")
        open_store(path, backups=path.parent / "backups")
        tried = subprocess.run(
            [sys.executable, "-c", TRY_TO_WRITE, str(path)], capture_output=True, text=True, check=True
        )
    store.close()
    assert tried.stdout == "database is locked\n"


def test_the_settings_that_keep_what_was_committed(store: Store) -> None:
    assert store.value("PRAGMA foreign_keys") == 1
    assert store.value("PRAGMA synchronous") == 2
    safe = tuple(map(int, store.value("SELECT sqlite_version()").split("."))) >= (3, 51, 3)
    assert store.value("PRAGMA journal_mode") == ("wal" if safe else "delete")
    assert store.value("PRAGMA busy_timeout") == 5000


def test_without_a_safe_sqlite_there_is_no_write_ahead_log(
    closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_WAL_SAFE", (99, 0, 0))
    store = open_store(closed, backups=closed.parent)
    assert store.value("PRAGMA journal_mode") == "delete"
    store.close()


# -- copies and migrations ---------------------------------------------------------------------------


def test_a_copy_while_others_write(example: Example, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    before = dump(example.store)
    copy_database(example.store, target)
    assert target.stat().st_mode & 0o777 == 0o600
    set_setting(example.store, key="name", value="later", by=BY, at=AT)
    copy = open_store(target, backups=tmp_path)
    assert dump(copy) == before
    copy.close()
    # Another copy replaces it.
    copy_database(example.store, target)
    again = open_store(target, backups=tmp_path)
    assert dump(again) == dump(example.store)
    again.close()


def test_a_copy_that_cannot_be_written_leaves_the_old_one(example: Example, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SurroundingsError) as raised:
        copy_database(example.store, tmp_path / "file" / "copy.db")
    assert raised.value.code == "unwritable"
    (tmp_path / "copy.db").mkdir()
    with pytest.raises(SurroundingsError) as raised:
        copy_database(example.store, tmp_path / "copy.db")
    assert raised.value.code == "unwritable"
    assert raised.value.figures["path"] == str(tmp_path / "copy.db")


@pytest.fixture
def later(tmp_path: Path) -> Path:
    """The migrations of a later program, with one more than this one has."""
    folder = tmp_path / "migrations"
    shutil.copytree(migrate.FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "0900_colour.py").write_text(
        "def up(migrator, db):\n"
        "    db.execute_sql('ALTER TABLE site ADD COLUMN colour TEXT')\n"
        "    db.execute_sql('UPDATE site SET colour = ?', ('green',))\n"
    )
    return folder


def test_a_backup_is_made_before_a_migration(closed: Path, later: Path) -> None:
    backups = closed.parent / "backups"
    old = open_store(closed, backups=backups)
    before = dump(old)
    old.close()
    assert list(backups.iterdir()) == []
    store = open_store(closed, backups=backups, migrations=later)
    assert store.value("SELECT colour FROM site") == "green"
    assert store.value("SELECT max(name) FROM schema_migration") == "0900_colour"
    store.close()
    [backup] = backups.iterdir()
    assert backup.name == "before-0900_colour.db"
    saved = open_store(backup, backups=backups)
    assert dump(saved) == before
    saved.close()
    # The migrated one is newer to this program, and migrated once only.
    assert fault(closed).code == "newer-database"
    backup.unlink()
    open_store(closed, backups=backups, migrations=later).close()
    assert list(backups.iterdir()) == []


def test_a_migration_that_fails_leaves_the_database_as_it_was(closed: Path, later: Path) -> None:
    with (later / "0900_colour.py").open("a") as file:
        file.write("    db.execute_sql('UPDATE site SET missing_column = 1')\n")
    old = open_store(closed, backups=closed.parent)
    before = dump(old)
    old.close()
    with pytest.raises(SurroundingsError, match="missing_column"):
        open_store(closed, backups=closed.parent / "backups", migrations=later)
    again = open_store(closed, backups=closed.parent)
    assert dump(again) == before
    again.close()


def test_no_migration_without_its_backup(closed: Path, later: Path) -> None:
    shutil.rmtree(closed.parent / "backups")
    (closed.parent / "backups").touch()
    kept = closed.read_bytes()
    with pytest.raises(SurroundingsError) as raised:
        open_store(closed, backups=closed.parent / "backups", migrations=later)
    assert raised.value.code == "unwritable"
    assert closed.read_bytes() == kept
