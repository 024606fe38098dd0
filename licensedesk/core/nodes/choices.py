"""What lists of nodes can be filtered by on a site: its managing sources, their ranges, its products."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from licensedesk.core.scope import sees
from licensedesk.core.store.database import Store
from licensedesk.core.store.facts import read_products, read_tree
from licensedesk.core.tree import ServerFact, is_management
from licensedesk.core.types import Actor, ServerId


@dataclass(frozen=True, slots=True)
class NodeChoices:
    """Management servers that the administrator sees, parents first; `ranges` by their sharing sources."""

    sources: tuple[ServerFact, ...]
    ranges: Mapping[ServerId, tuple[ServerFact, ...]]
    products: tuple[str, ...]


def read_choices(store: Store, *, by: Actor) -> NodeChoices:
    with store.reading():
        tree, products = read_tree(store), read_products(store)
    seen = tuple(server for server in tree.servers if is_management(server) and sees(tree, by, server.id))
    ids = {server.id for server in seen}
    ranges = {
        source: managing
        for source, servers in tree.members.items()
        if (managing := tuple(server for server in servers if server.id in ids))
    }
    return NodeChoices(seen, ranges, tuple(products))
