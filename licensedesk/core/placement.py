"""Where a server may stand in the tree: the limits of 1-domain.md, judged for a whole subtree at once."""

from __future__ import annotations

from licensedesk.core.errors import RefusedError
from licensedesk.core.tree import ServerFact, Tree, is_management
from licensedesk.core.types import Role, ServerId

MOST_LEVELS = 7
MOST_RELAYS = 100
MOST_PATH_BYTES = 255


def place(tree: Tree, server: ServerFact, *, under: ServerId) -> Tree:
    """The tree with `server` under another parent, new or moved with all below it, or the refusal.

    Raises RefusedError: `unknown-server`, `is-primary`, `not-a-management-server`, `cycle`,
    `too-deep`, `too-many-relays`, `path-too-long`.
    """
    parent = tree.get(under)
    if server.role == Role.PRIMARY:
        raise RefusedError("is-primary", server=server.host_name)
    if not is_management(parent):
        raise RefusedError("not-a-management-server", server=parent.host_name)
    if server.id == under or any(above.id == server.id for above in tree.ancestors(under)):
        raise RefusedError("cycle", server=server.host_name, parent=parent.host_name)
    placed = tree.with_server(server._replace(parent=under))
    if server.role == Role.RELAY:
        require_few_relays(placed, parent)
    require_within_limits(placed, server.id)
    return placed


def require_few_relays(tree: Tree, parent: ServerFact) -> None:
    """Raises RefusedError `too-many-relays`."""
    relays = sum(child.role == Role.RELAY for child in tree.children.get(parent.id, ()))
    if relays > MOST_RELAYS:
        raise RefusedError("too-many-relays", parent=parent.host_name, count=relays - 1, limit=MOST_RELAYS)


def require_within_limits(tree: Tree, top: ServerId) -> None:
    """Levels and path lengths of a subtree. Raises RefusedError `too-deep`, `path-too-long`."""
    above = [server.host_name for server in tree.ancestors(top) if server.parent is not None]
    levels = {top: len(above) + 2 if tree.get(top).parent else 1}
    lengths = {top: sum(len(name.encode()) + 1 for name in above)}
    for server in tree.subtree(top):
        if server.id != top:
            levels[server.id] = levels[server.parent or top] + 1
        parent_length = lengths[top] if server.id == top else lengths[server.parent or top] + 1
        lengths[server.id] = parent_length + len(server.host_name.encode())
        _judge(server, level=levels[server.id], length=lengths[server.id])


def _judge(server: ServerFact, *, level: int, length: int) -> None:
    if is_management(server) and level > MOST_LEVELS:
        raise RefusedError("too-deep", server=server.host_name, level=level, limit=MOST_LEVELS)
    if server.parent is not None and length > MOST_PATH_BYTES:
        raise RefusedError("path-too-long", server=server.host_name, length=length, limit=MOST_PATH_BYTES)
