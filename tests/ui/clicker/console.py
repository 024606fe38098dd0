"""The second console: a process of its own on the same site, told what to do line by line.

    python -m tests.ui.clicker.console SITE SEED [HOST-NAME]

It never removes the server of that host name, since a window is open there.
Reads one JSON value a line, does it, and answers with one: what was done, or the code of its refusal.
"""

from __future__ import annotations

import json
import os
import random
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import peewee

from licensedesk.core.allocations import allocate
from licensedesk.core.errors import LicenseDeskError
from licensedesk.core.issuers import trusted_issuers
from licensedesk.core.licenses import deregister, register_files
from licensedesk.core.nodes.filters import NodeFilter
from licensedesk.core.nodes.judging import Act
from licensedesk.core.nodes.states import change_nodes
from licensedesk.core.options import set_option
from licensedesk.core.removal import remove_server
from licensedesk.core.sample import FILES, PRODUCT
from licensedesk.core.servers import add_server, move_server, rename_server, suspend_server
from licensedesk.core.settings import set_setting
from licensedesk.core.site import DATABASE_FILE, Site, open_site
from licensedesk.core.store.facts import read_tree
from licensedesk.core.tree import ServerFact
from licensedesk.core.types import Actor, Option, Role

DRIVER: Any = peewee.sqlite3  # type: ignore[attr-defined]  # the module that peewee chose
FEW_SERVERS = 4
FEW_LICENSES = 3
OTHER = Actor(name="other")
PATIENCE_SECONDS = 20
JUNK = b"\xa5" * 100


class Console:
    def __init__(self, folder: Path, seed: int, kept: str) -> None:
        self._folder = folder
        self._kept = kept
        self._chance = random.Random(seed)  # noqa: S311 - the same doings every time
        self._held: Any = None
        self._damaged: tuple[int, dict[int, bytes]] | None = None
        self._changes: tuple[Callable[[Site], None], ...] = (
            *(self._add, self._remove, self._rename, self._move, self._suspend, self._register),
            *(self._deregister, self._allocate, self._option, self._nodes, self._setting),
        )

    def do(self, order: dict[str, Any]) -> str:
        """What was done, or the code of the refusal."""
        act = getattr(self, str(order.pop("do")))
        try:
            return str(act(**order))
        except LicenseDeskError as error:
            return error.code
        except (peewee.DatabaseError, DRIVER.Error, OSError) as error:
            return f"{type(error).__name__}: {error}"

    # -- changes -------------------------------------------------------------------------------------
    def change(self) -> str:
        """Anything an administrator may do."""
        act = self._chance.choice(self._changes)
        return self._on_site(act)

    def remove(self, server: str) -> str:
        """This one, which somebody looks at elsewhere."""

        def act(site: Site) -> None:
            tree = read_tree(site.store)
            self._remove_fact(site, next(one for one in tree.servers if one.id == server))

        return self._on_site(act)

    def _on_site(self, act: Callable[[Site], None]) -> str:
        site = open_site(self._folder)
        try:
            act(site)
        except (LookupError, StopIteration):
            return "nothing to do it to"
        finally:
            site.close()
        return act.__name__.lstrip("_")

    def _any(self, site: Site, *roles: Role) -> ServerFact:
        return self._chance.choice([one for one in read_tree(site.store).servers if one.role in roles])

    def _add(self, site: Site) -> None:
        add_server(
            site.store,
            host_name=f"new-{self._chance.randrange(10**6)}.example.com",
            under=self._any(site, Role.PRIMARY, Role.RELAY).id,
            role=self._chance.choice((Role.RELAY, Role.MANAGED)),
            by=OTHER,
            at=datetime.now(UTC),
        )

    def _remove(self, site: Site) -> None:
        if len(read_tree(site.store).servers) > FEW_SERVERS:
            self._remove_fact(site, self._any(site, Role.RELAY, Role.MANAGED))
        else:
            self._add(site)

    def _remove_fact(self, site: Site, fact: ServerFact) -> None:
        if fact.host_name == self._kept:
            raise LookupError(fact.host_name)
        primary = read_tree(site.store).primary.id
        now = datetime.now(UTC)
        if fact.role is Role.RELAY:
            set_option(
                site.store,
                server=fact.id,
                option=Option.NONE,
                quantities={},
                by=OTHER,
                at=now,
                confirmed=True,
            )
        remove_server(
            site.store,
            server=fact.id,
            children_to=primary,
            nodes_to=primary,
            by=OTHER,
            at=now,
            confirmed=True,
        )

    def _rename(self, site: Site) -> None:
        name = f"named-{self._chance.randrange(10**6)}.example.com"
        fact = self._any(site, *Role)
        if fact.host_name == self._kept:
            self._kept = name
        rename_server(site.store, server=fact.id, host_name=name, by=OTHER, at=datetime.now(UTC))

    def _move(self, site: Site) -> None:
        fact, under = self._any(site, Role.RELAY, Role.MANAGED), self._any(site, Role.PRIMARY, Role.RELAY)
        move_server(
            site.store, server=fact.id, under=under.id, by=OTHER, at=datetime.now(UTC), confirmed=True
        )

    def _suspend(self, site: Site) -> None:
        fact = self._any(site, Role.RELAY, Role.MANAGED)
        suspended = self._chance.random() < 0.5
        suspend_server(site.store, server=fact.id, suspended=suspended, by=OTHER, at=datetime.now(UTC))

    def _register(self, site: Site) -> None:
        register_files(
            site.store,
            sorted((self._folder / FILES).glob("*.lic")),
            server=read_tree(site.store).primary.id,
            trusted=trusted_issuers(site.store),
            by=OTHER,
            at=datetime.now(UTC),
        )

    def _deregister(self, site: Site) -> None:
        licenses = site.store.rows("SELECT issuer, serial FROM license WHERE deregistered_at IS NULL")
        if len(licenses) < FEW_LICENSES:
            self._register(site)
            return
        issuer, serial = self._chance.choice(licenses)
        deregister(site.store, issuer=issuer, serial=serial, by=OTHER, at=datetime.now(UTC), confirmed=True)

    def _allocate(self, site: Site) -> None:
        relay = self._any(site, Role.RELAY)
        quantities = {relay.id: self._chance.randrange(30)}
        allocate(
            site.store, product=PRODUCT, quantities=quantities, by=OTHER, at=datetime.now(UTC), confirmed=True
        )

    def _option(self, site: Site) -> None:
        set_option(
            site.store,
            server=self._any(site, Role.RELAY).id,
            option=self._chance.choice(list(Option)),
            quantities={},
            by=OTHER,
            at=datetime.now(UTC),
            confirmed=True,
        )

    def _nodes(self, site: Site) -> None:
        act = self._chance.choice((Act.MANAGE, Act.DISCOVER, Act.EXCLUDE))
        chosen = NodeFilter(text=str(self._chance.randrange(10)))
        change_nodes(site.store, chosen, act=act, as_many_as_fit=True, by=OTHER, at=datetime.now(UTC))

    def _setting(self, site: Site) -> None:
        value = f"Corp {self._chance.randrange(100)}"
        set_setting(site.store, key="name", value=value, by=OTHER, at=datetime.now(UTC))

    # -- faults --------------------------------------------------------------------------------------
    def hold(self) -> str:
        """Keep the database locked for writing."""
        self._connect()
        self._lock()
        return "holds"

    def _connect(self) -> None:
        self._held = DRIVER.connect(
            self._folder / DATABASE_FILE, isolation_level=None, timeout=PATIENCE_SECONDS
        )

    def _lock(self) -> None:
        self._held.execute("BEGIN IMMEDIATE")
        self._held.execute("UPDATE site SET revision = revision")

    def let_go(self) -> str:
        if self._held is not None:
            self._held.close()
            self._held = None
        return "let go"

    def damage(self) -> str:
        """Overwrite the beginning of every page in the middle of the file.

        While the database is held nobody else writes: what is put back later is what was there.
        """
        self._connect()
        # Others forget what they have read before, and find all pages in the file itself.
        self._held.execute("UPDATE site SET revision = revision + 1")
        self._held.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self._lock()
        size = self._held.execute("PRAGMA page_size").fetchone()[0]
        file = os.open(self._folder / DATABASE_FILE, os.O_RDWR)
        pages = os.fstat(file).st_size // size
        places = [page * size for page in range(pages // 4, pages - 2)]
        # Kept open until the end: to close a file ends the locks that this process has on it.
        self._damaged = (file, {place: os.pread(file, len(JUNK), place) for place in places})
        for place in places:
            os.pwrite(file, JUNK, place)
        return "damaged"

    def mend(self) -> str:
        if self._damaged is not None:
            file, were = self._damaged
            self._damaged = None
            for place, content in were.items():
                os.pwrite(file, content, place)
            self._held.execute("UPDATE site SET revision = revision + 1")
            self._held.execute("COMMIT")
            os.close(file)
        return self.let_go()


def main() -> None:
    folder, seed, kept = (*sys.argv[1:], "")[:3]
    console = Console(Path(folder), int(seed), kept)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(console.do(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
