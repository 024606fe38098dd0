"""Ranges of one product over 100,000 servers: from the parents in memory, and read from the database.

    python -m benchmarks.ranges [SERVERS]

Times are of this process's own work: all is in memory or in the system's cache. The reference is a plain
Python pass over the parents that only finds each server's sharing source.
Reach (issue of the ground floor): 20 ms from parents in memory, 250 ms read from the database.
"""

from __future__ import annotations

import gc
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.common import Figure, in_turn
from licensedesk.core.holdings import Holdings
from licensedesk.core.ranges import RangeRow, range_rows
from licensedesk.core.site import NewSite, create_site
from licensedesk.core.store.database import Store
from licensedesk.core.store.facts import read_holdings
from licensedesk.core.tree import Tree
from licensedesk.core.types import Actor

SERVERS = 100_000
PRODUCT = "Desk Agent"
MEMORY_SECONDS = 0.020
DATABASE_SECONDS = 0.250
ROUNDS = 9


def relays() -> Iterator[tuple[str, str, int]]:
    """Id, parent's id and level: some 1,500 relays on seven levels, parents first."""
    yield "primary", "", 1
    waiting = [("primary", 1)]
    number = 0
    while waiting:
        parent, level = waiting.pop(0)
        for _ in range({1: 8, 2: 6, 3: 4, 4: 3, 5: 1, 6: 1}.get(level, 0)):
            number += 1
            yield f"{number:016x}", parent, level + 1
            waiting.append((f"{number:016x}", level + 1))


def fill(store: Store, servers: int) -> None:
    """A tree with its allocations and counts, as actions would leave it, written at once."""
    chance = random.Random(7)  # noqa: S311 - the same site every time
    store.run("INSERT INTO product (name) VALUES (?)", (PRODUCT,))
    primary = store.value("SELECT id FROM server")
    above = [(name, parent) for name, parent, _ in relays()][1:]
    rows = [
        (name, f"relay{name}", "relay", primary if parent == "primary" else parent, option)
        for name, parent in above
        for option in [chance.choice(["distribution", "none", "none"])]
    ]
    parents = [name for name, *_ in rows]
    rows.extend(
        (f"m{number:015x}", f"host{number}", "managed", chance.choice(parents), "none")
        for number in range(servers - 1 - len(rows))
    )
    with store.writing():
        store.run_many(
            'INSERT INTO server (id, host_name, role, parent_id, "option", suspended, added_at)'
            " VALUES (?, ?, ?, ?, ?, 0, '')",
            rows,
        )
        store.run(
            "INSERT INTO allocation SELECT id, 1, 10, '', '' FROM server WHERE \"option\" = 'distribution'"
        )
        store.run("INSERT INTO node_count SELECT id, 1, 'managed', 7 FROM server WHERE role = 'relay'")


def plain_pass(parents: list[int], holds: list[bool]) -> list[int]:
    sources = [0] * len(parents)
    for index in range(1, len(parents)):
        sources[index] = index if holds[index] else sources[parents[index]]
    return sources


def from_parents(kept: Holdings) -> list[RangeRow]:
    """Ranges of a tree of which only the servers and their parents are known, as after reading it."""
    tree = Tree(kept.tree.servers, kept.tree.parents)
    holdings = Holdings(tree, kept.products, kept.licenses, kept.allocations, kept.managed, kept.waiting)
    return range_rows(holdings, on=datetime(2026, 11, 21, tzinfo=UTC).date(), product=PRODUCT)


def main(servers: int = SERVERS) -> int:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    with tempfile.TemporaryDirectory() as folder:
        site = create_site(
            Path(folder, "site"), NewSite("N", "a"), passphrase=b"x", by=Actor(name="benchmark"), at=at
        )
        fill(site.store, servers)
        kept = read_holdings(site.store)
        rows = range_rows(kept, on=at.date(), product=PRODUCT)
        assert len(kept.tree.servers) == sum(len(row.servers) for row in rows) == servers
        # As in the running console: what stays in memory is no work for the collector.
        gc.collect()
        gc.freeze()
        taken = in_turn(
            {
                "plain": lambda: plain_pass(kept.tree.parents, kept.tree.holders),
                "memory": lambda: from_parents(kept),
                "database": lambda: range_rows(read_holdings(site.store), on=at.date(), product=PRODUCT),
            },
            rounds=ROUNDS,
            clock=time.process_time,
        )
        site.close()
    figures = [
        Figure(
            f"{len(rows)} ranges of {servers:,} servers, from parents in memory",
            taken["memory"],
            taken["plain"],
            most_seconds=MEMORY_SECONDS,
        ),
        Figure(
            "the same, read from the database",
            taken["database"],
            taken["plain"],
            most_seconds=DATABASE_SECONDS,
        ),
    ]
    for figure in figures:
        print(figure)
    return int(any(figure.reached is False for figure in figures))


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:2])))
