"""Removing a server, with its children and nodes given a new place in the same step."""

from __future__ import annotations

from datetime import datetime

from licensedesk.core.actions import Plan, perform
from licensedesk.core.changes import Changes
from licensedesk.core.errors import RefusedError
from licensedesk.core.holdings import Holdings
from licensedesk.core.nodes.work import digest_of
from licensedesk.core.placement import place_children
from licensedesk.core.scope import require_primary
from licensedesk.core.store.database import Store
from licensedesk.core.tree import ServerFact, is_management
from licensedesk.core.types import Actor, NodeId, Role, ServerId, stamp


def remove_server(
    store: Store,
    *,
    server: ServerId,
    children_to: ServerId | None,
    nodes_to: ServerId | None,
    by: Actor,
    at: datetime,
    confirmed: bool = False,
    preview: bool = False,
) -> Changes:
    """Remove a relay or managed server; what was allocated to it returns to the primary.

    Raises RefusedError: `unknown-server`, `is-primary`, `has-children`, `has-licenses`, `has-nodes`,
    those of `placement.place` for the new places, `needs-confirmation`, `out-of-scope`.
    """

    def judge(before: Holdings) -> Plan:
        fact = before.tree.get(server)
        require_primary(before.tree, by, subject=fact.host_name)
        nodes = count_nodes(store, server)
        after = check_removal(before, server=server, children_to=children_to, nodes_to=nodes_to, nodes=nodes)
        moved = before.tree.children.get(server, ())
        # To a preview, which writes no entry, the nodes' number is enough.
        ids = None if preview or nodes_to is None else digest_of(found_by(store, server))

        def write() -> None:
            if children_to is not None:
                store.run("UPDATE server SET parent_id = ? WHERE parent_id = ?", (children_to, server))
            if nodes_to is not None:
                move_nodes(store, server=server, to=nodes_to)
            store.run("DELETE FROM server WHERE id = ?", (server,))
            # Its message and report still lie on the transport, which is not for a transaction to touch.
            store.run("INSERT INTO clearance (server, removed_at) VALUES (?, ?)", (server, stamp(at)))

        return Plan(
            after=after,
            action="server-remove",
            subject=fact.host_name,
            was={"id": server, "children": [child.host_name for child in moved], "nodes": nodes},
            becomes={
                "children_to": before.tree.get(children_to).host_name if children_to else None,
                "nodes_to": before.tree.get(nodes_to).host_name if nodes_to else None,
                "ids": ids,
            },
            write=write,
            flags=Changes(servers=True, licenses=True, nodes=bool(nodes), ledger=True),
            desired=True,
        )

    return perform(store, judge, by=by, at=at, confirmed=confirmed, preview=preview)


def check_removal(
    before: Holdings,
    *,
    server: ServerId,
    children_to: ServerId | None,
    nodes_to: ServerId | None,
    nodes: int,
) -> Holdings:
    """The facts after the removal, or the refusal. `nodes` counts the nodes it found, in any state."""
    fact = before.tree.get(server)
    if fact.role == Role.PRIMARY:
        raise RefusedError("is-primary", server=fact.host_name)
    registered = sum(len(terms) for (holder, _), terms in before.licenses.items() if holder == server)
    if registered:
        raise RefusedError("has-licenses", server=fact.host_name, count=registered)
    for target in (children_to, nodes_to):
        if target is not None:
            _require_other(before, fact, target)
    children = before.tree.children.get(server, ())
    if children and children_to is None:
        raise RefusedError("has-children", server=fact.host_name, count=len(children))
    if nodes and nodes_to is None:
        raise RefusedError("has-nodes", server=fact.host_name, count=nodes)
    tree = (
        before.tree.without(server)
        if children_to is None
        else place_children(before.tree, fact, under=children_to)
    )
    after = before if nodes_to is None else before.with_nodes_moved(server, nodes_to)
    return after.with_tree(tree)


def _require_other(before: Holdings, removed: ServerFact, to: ServerId) -> None:
    """What a server leaves behind goes to another management server."""
    target = before.tree.get(to)
    if not is_management(target):
        raise RefusedError("not-a-management-server", server=target.host_name)
    if target.id == removed.id:
        raise RefusedError("cycle", server=removed.host_name, parent=removed.host_name)


def count_nodes(store: Store, server: ServerId) -> int:
    """Nodes of which the server is the managing source, in any state."""
    found: int = store.value("SELECT coalesce(sum(nodes), 0) FROM node_count WHERE source_id = ?", (server,))
    return found


def found_by(store: Store, server: ServerId) -> list[NodeId]:
    """The nodes of which the server is the managing source, by id."""
    return [node for (node,) in store.rows("SELECT id FROM node WHERE source_id = ? ORDER BY id", (server,))]


def move_nodes(store: Store, *, server: ServerId, to: ServerId) -> None:
    """Give all nodes of a managing source, and their counts, to another. Inside a transaction."""
    store.run("UPDATE node SET source_id = ? WHERE source_id = ?", (to, server))
    store.run(
        "INSERT INTO node_count (source_id, product_id, state, nodes)"
        " SELECT ?, product_id, state, nodes FROM node_count WHERE source_id = ?"
        " ON CONFLICT (source_id, product_id, state) DO UPDATE SET nodes = node_count.nodes + excluded.nodes",
        (to, server),
    )
    store.run("DELETE FROM node_count WHERE source_id = ?", (server,))
