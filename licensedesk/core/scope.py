"""Who sees and may do what: the primary's administrator all, another holder's only its own range.

Source: 1-domain.md, Who sees what. One enforcement point: every action and read asks here.
"""

from __future__ import annotations

from licensedesk.core.errors import RefusedError
from licensedesk.core.tree import ServerFact, Tree
from licensedesk.core.types import Actor, Option, ServerId


def local_server(tree: Tree, by: Actor) -> ServerFact:
    """The server at which the console is open: the primary, or one that holds licenses.

    A console that stays open while its server loses its option sees nothing more: its server belongs to
    another's range then. Raises RefusedError `unknown-server`, `option-conflict`.
    """
    server = tree.primary if by.server is None else tree.get(by.server)
    if not tree.holders[tree.index[server.id]]:
        needed = [Option.DISTRIBUTION.value, Option.REGISTRATION.value]
        raise RefusedError("option-conflict", server=server.host_name, option=server.option, needed=needed)
    return server


def sees_all(tree: Tree, by: Actor) -> bool:
    return by.server is None or by.server == tree.primary.id


def visible_source(tree: Tree, by: Actor) -> ServerId | None:
    """The sharing source of the one range that is seen; None where all are."""
    return None if sees_all(tree, by) else tree.source_of(local_server(tree, by).id).id


def sees(tree: Tree, by: Actor, server: ServerId) -> bool:
    visible = visible_source(tree, by)
    return visible is None or tree.source_of(server).id == visible


def require_primary(tree: Tree, by: Actor, *, subject: str) -> None:
    """Raises RefusedError `out-of-scope` where the console is not open at the primary."""
    if not sees_all(tree, by):
        raise RefusedError("out-of-scope", local=local_server(tree, by).host_name, subject=subject)


def require_sees(tree: Tree, by: Actor, server: ServerId) -> None:
    """Raises RefusedError `out-of-scope` for a server of a range that is not seen."""
    if not sees(tree, by, server):
        raise RefusedError(
            "out-of-scope",
            local=local_server(tree, by).host_name,
            subject=tree.get(server).host_name,
        )


def local_actor(tree: Tree, *, name: str, host_name: str | None) -> Actor:
    """The actor of a console opened with `--server`: the primary, or a server that holds licenses.

    Raises RefusedError `unknown-server`, `option-conflict`.
    """
    if host_name is None:
        return Actor(name=name)
    actor = Actor(name=name, server=tree.named(host_name).id)
    local_server(tree, actor)
    return actor
