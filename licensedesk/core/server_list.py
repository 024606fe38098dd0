"""Servers as listed: each with its place, its range, and whether it is suspended."""

from __future__ import annotations

from dataclasses import dataclass

from licensedesk.core.scope import visible_source
from licensedesk.core.store.database import Store
from licensedesk.core.store.facts import read_tree
from licensedesk.core.tree import ServerFact, Tree
from licensedesk.core.types import Actor, ServerId


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRow:
    """`range` and `parent` are host names: of the sharing source, and of the server above (primary: None)."""

    id: ServerId
    host_name: str
    role: str
    parent: str | None
    option: str
    range: str
    suspended: bool


def list_servers(store: Store, *, by: Actor) -> list[ServerRow]:
    """The servers that are seen: every one before those below it."""
    with store.reading():
        tree = read_tree(store)
        suspended = {server for (server,) in store.rows("SELECT id FROM server WHERE suspended")}
    source = visible_source(tree, by)
    seen = tree.servers if source is None else tree.members[source]
    return [_row(tree, fact, suspended=fact.id in suspended) for fact in seen]


def _row(tree: Tree, fact: ServerFact, *, suspended: bool) -> ServerRow:
    return ServerRow(
        id=fact.id,
        host_name=fact.host_name,
        role=fact.role,
        parent=None if fact.parent is None else tree.get(fact.parent).host_name,
        option=fact.option,
        range=tree.source_of(fact.id).host_name,
        suspended=suspended,
    )
