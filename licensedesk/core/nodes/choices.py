"""What lists of nodes can be filtered by on a site: its managing sources, their ranges, its products."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from licensedesk.core.scope import sees
from licensedesk.core.store.database import Store
from licensedesk.core.store.facts import read_products
from licensedesk.core.tree import ServerFact, Tree
from licensedesk.core.types import Actor, Role, ServerId


@dataclass(frozen=True, slots=True)
class NodeChoices:
    """Management servers that the administrator sees, parents first; `ranges` by their sharing sources."""

    sources: tuple[ServerFact, ...]
    ranges: Mapping[ServerId, tuple[ServerFact, ...]]
    products: tuple[str, ...]


def read_choices(store: Store, *, by: Actor) -> NodeChoices:
    with store.reading(), store.sound("the tree of servers"):
        # Only these can be managing sources, and only these make ranges; most servers are others.
        rows = store.rows(
            f"SELECT id, host_name, role, parent_id, \"option\" FROM server WHERE role <> '{Role.MANAGED}'"
        )
        tree, products = Tree.of(map(ServerFact._make, rows)), read_products(store)
    seen = tuple(server for server in tree.servers if sees(tree, by, server.id))
    ids = {server.id for server in seen}
    ranges = {
        source: managing
        for source, servers in tree.members.items()
        if (managing := tuple(server for server in servers if server.id in ids))
    }
    return NodeChoices(seen, ranges, tuple(products))
