"""Servers as the desktop shows them: each with its place and range, and how its License.xml stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from licensedesk.core.distribution.ledger_store import read_lines
from licensedesk.core.distribution.status import ServerStatus, server_status
from licensedesk.core.scope import visible_source
from licensedesk.core.store.database import Store
from licensedesk.core.store.facts import read_tree
from licensedesk.core.tree import ServerFact
from licensedesk.core.types import Actor


@dataclass(frozen=True, slots=True)
class ServerOverview:
    """`status` is the server's line of the ledger: the primary, which is sent nothing, has none."""

    fact: ServerFact
    source: ServerFact
    status: ServerStatus | None


def read_overview(store: Store, *, by: Actor, at: datetime) -> list[ServerOverview]:
    """The servers that are seen, parents first; one consistent state."""
    with store.reading():
        tree = read_tree(store)
        seen = visible_source(tree, by)
        lines = {line.server: line for line in read_lines(store, tree)}
    found = []
    for position, fact in enumerate(tree.servers):
        source = tree.servers[tree.sources[position]]
        if seen is None or source.id == seen:
            line = lines.get(fact.id)
            found.append(ServerOverview(fact, source, server_status(line, at=at) if line else None))
    return found
