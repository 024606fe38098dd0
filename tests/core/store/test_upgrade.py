"""A site of the first schema, with everything it could hold, opened by this program."""

from __future__ import annotations

import contextlib
import random
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from licensedesk.core.audit import verify
from licensedesk.core.distribution.distributor import Distributor
from licensedesk.core.distribution.status import read_status
from licensedesk.core.distribution.uploads import read_stamps
from licensedesk.core.documents.license_xml import read_license_xml
from licensedesk.core.errors import SurroundingsError
from licensedesk.core.events import EventCode, fire
from licensedesk.core.nodes.counts import recount
from licensedesk.core.settings import set_setting
from licensedesk.core.site import Site, open_site, site_version
from licensedesk.core.store import migrate
from licensedesk.core.store.database import create_store, open_store
from licensedesk.core.transports.memory import MemoryBroker, MemoryConsole
from tests.core.example import AT, BY, ON, PRODUCT, Example, dump

HISTORY = "schema_migration"
FIRST = "0001_ground_floor"


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """The migrations that the first program knew."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    shutil.copyfile(migrate.FOLDER / f"{FIRST}.py", folder / f"{FIRST}.py")
    return folder


@pytest.fixture
def older(example: Example, first: Path) -> Path:
    """The folder of the example's site as the first program has left it, with rows in every table."""
    _fill(example)
    folder = example.site.folder
    rows = dump(example.store)
    example.site.close()
    (folder / "site.db").unlink()
    store = create_store(folder / "site.db", migrations=first)
    tables = sorted(dump(store).keys() - {HISTORY, "sqlite_sequence"})
    with store.database.atomic():
        store.run("PRAGMA defer_foreign_keys = ON")
        for table in tables:
            assert rows[table], f"{table} has no row to be kept"
            marks = ", ".join("?" * len(rows[table][0]))
            store.run_many(f'INSERT INTO "{table}" VALUES ({marks})', rows[table])
    store.close()
    return folder


def _fill(example: Example) -> None:
    example.add_nodes("d", managed=7, discovered=5, excluded=1)
    example.register("A-TERM", 5, last=ON + timedelta(days=9))
    set_setting(example.store, key="message_days", value="30", by=BY, at=AT)
    with example.store.writing():
        figures = {"source": "d", "product": PRODUCT, "shortage": 1}
        fire(example.store, EventCode.RANGE_SHORT, subject=f"d {PRODUCT}", figures=figures, at=AT)


@pytest.fixture
def site(older: Path) -> Iterator[Site]:
    """Opened by this program, and so upgraded."""
    found = open_site(older)
    yield found
    found.close()


def test_every_row_is_kept_and_a_backup_of_before(older: Path, first: Path) -> None:
    store = open_store(older / "site.db", backups=older / "backups", migrations=first)
    before = dump(store)
    store.close()
    store = open_store(older / "site.db", backups=older / "backups")
    after = dump(store)
    for table in before.keys() - {HISTORY}:
        assert after[table] == before[table], table
    assert migrate.applied(store.database) == migrate.names()
    assert not recount(store)
    assert verify(store).intact
    store.close()

    [backup] = (older / "backups").iterdir()
    assert backup.name == f"before-{migrate.latest()}.db"
    assert backup.stat().st_mode & 0o777 == 0o600
    saved = open_store(backup, backups=older, migrations=first)
    assert dump(saved) == before
    saved.close()
    with pytest.raises(SurroundingsError) as refusal:
        open_store(older / "site.db", backups=older, migrations=first)
    assert refusal.value.code == "newer-database"


def test_consoles_that_open_it_at_the_same_moment_upgrade_it_once(older: Path, tmp_path: Path) -> None:
    """The window and the service are started anew together after an update."""
    for number in range(10):
        folder = tmp_path / str(number)
        shutil.copytree(older, folder)
        before = dump_of(folder / "site.db")
        barrier = threading.Barrier(4)

        def upgrade(folder: Path = folder, barrier: threading.Barrier = barrier) -> tuple[str, ...]:
            barrier.wait(10)
            store = open_store(folder / "site.db", backups=folder / "backups")
            found = migrate.applied(store.database)
            store.close()
            return found

        with ThreadPoolExecutor(4) as threads:
            opened = [threads.submit(upgrade) for _ in range(4)]
            assert {one.result() for one in opened} == {migrate.names()}
        [backup] = (folder / "backups").iterdir()
        assert dump_of(backup) == before


def dump_of(path: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(path)) as database:
        return list(database.iterdump())


def test_its_documents_are_issued_when_a_distributor_opens(site: Site) -> None:
    store, version = site.store, site_version(site.store)
    assert not read_stamps(store).due
    assert {server.state for server in read_status(store, by=BY, at=AT).servers} == {"not enrolled"}
    distributor = Distributor(
        site,
        transport=MemoryConsole(MemoryBroker()),
        signer=None,
        by=BY,
        clock=lambda: AT,
        jitter=random.Random(1),  # noqa: S311 - the same each time
    )
    distributor.open()
    distributor.close()
    assert site_version(store) == version + 1
    assert read_stamps(store).due
    documents = [read_license_xml(content) for (content,) in store.rows("SELECT content FROM document")]
    assert {document.source: document.held(PRODUCT, on=ON) for document in documents} == {
        "a": 105,
        "c": 40,
        "d": 10,
    }
    assert {document.version for document in documents} == {version + 1}
