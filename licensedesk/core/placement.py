"""Where a server may stand in the tree: the limits of 1-domain.md, judged for a whole subtree at once."""

from __future__ import annotations

from collections.abc import Sequence

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
    require_possible(tree, server, under=under)
    placed = tree.with_server(server._replace(parent=under))
    require_limits(placed, [server], under=under)
    return placed


def place_children(tree: Tree, removed: ServerFact, *, under: ServerId) -> Tree:
    """The tree without a server, and all its children, with what is below them, under another.

    The limits are judged once, for the tree as it is afterwards. Raises as `place`.
    """
    children = tree.children.get(removed.id, ())
    for child in children:
        require_possible(tree, child, under=under)
    moved = tree.with_servers(child._replace(parent=under) for child in children)
    placed = moved.without(removed.id)
    require_limits(placed, children, under=under)
    return placed


def require_possible(tree: Tree, server: ServerFact, *, under: ServerId) -> None:
    """Raises RefusedError: `unknown-server`, `is-primary`, `not-a-management-server`, `cycle`."""
    parent = tree.get(under)
    if server.role == Role.PRIMARY:
        raise RefusedError("is-primary", server=server.host_name)
    if not is_management(parent):
        raise RefusedError("not-a-management-server", server=parent.host_name)
    if server.id == under or any(above.id == server.id for above in tree.ancestors(under)):
        raise RefusedError("cycle", server=server.host_name, parent=parent.host_name)


def require_limits(tree: Tree, placed: Sequence[ServerFact], *, under: ServerId) -> None:
    """What was placed under one parent keeps all limits.

    Raises RefusedError `too-many-relays`, `too-deep`, `path-too-long`.
    """
    more = sum(server.role == Role.RELAY for server in placed)
    relays = sum(child.role == Role.RELAY for child in tree.children.get(under, ()))
    if relays > MOST_RELAYS:
        parent = tree.get(under).host_name
        raise RefusedError("too-many-relays", parent=parent, count=relays - more, limit=MOST_RELAYS)
    for server in placed:
        require_within_limits(tree, server.id)


def require_within_limits(tree: Tree, top: ServerId) -> None:
    """Levels and path lengths of a subtree. Raises RefusedError `too-deep`, `path-too-long`."""
    above = list(tree.ancestors(top))
    names = [server.host_name for server in above if server.parent is not None]
    # Of each server: its level, and the bytes of the names down to it, slashes between them included.
    reached = {tree.get(top).parent: (len(above), sum(len(name.encode()) + 1 for name in names))}
    for server in tree.subtree(top):
        level, length = reached[server.parent]
        if server.parent is None:
            # The paths begin below the primary.
            reached[server.id] = (1, 0)
            continue
        length += len(server.host_name.encode())
        _judge(server, level=level + 1, length=length)
        reached[server.id] = (level + 1, length + 1)


def _judge(server: ServerFact, *, level: int, length: int) -> None:
    if is_management(server) and level > MOST_LEVELS:
        raise RefusedError("too-deep", server=server.host_name, level=level, limit=MOST_LEVELS)
    if length > MOST_PATH_BYTES:
        raise RefusedError("path-too-long", server=server.host_name, length=length, limit=MOST_PATH_BYTES)
