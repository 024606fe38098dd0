"""Why a node has no license, and where else the same device was found: codes and figures."""

from __future__ import annotations

from licensedesk.core.changes import Notice
from licensedesk.core.errors import RefusedError
from licensedesk.core.nodes.queries import NodeRow, read_rows
from licensedesk.core.scope import require_sees, visible_source
from licensedesk.core.store.database import Store
from licensedesk.core.store.facts import read_holdings, read_tree
from licensedesk.core.types import Actor, Day, NodeId, NodeState


def why_waiting(store: Store, node: NodeId, *, by: Actor, on: Day) -> Notice:
    """Of the codes `not-waiting`, `waiting-no-license`, `waiting-unasked`, the one that is so.

    Raises RefusedError `unknown-node`, `out-of-scope`.
    """
    with store.reading():
        found = store.rows(
            "SELECT n.host_name, n.source_id, n.state, p.name FROM node n"
            " JOIN product p ON p.id = n.product_id WHERE n.id = ?",
            (node,),
        )
        if not found:
            raise RefusedError("unknown-node", node=node)
        host_name, server, state, product = found[0]
        holdings = read_holdings(store)
    require_sees(holdings.tree, by, server)
    if state != NodeState.DISCOVERED:
        return Notice("not-waiting", {"host": host_name, "state": state})
    source = holdings.tree.source_of(server)
    standing = holdings.standing(source, product, on=on)
    figures = {
        "host": host_name,
        "source": source.host_name,
        "product": product,
        "held": standing.held,
        "used": standing.used,
        "remaining": standing.remaining,
        "waiting": holdings.waiting_by_range[source.id, product],
    }
    return Notice("waiting-unasked" if standing.remaining >= 1 else "waiting-no-license", figures)


def probable_duplicates(store: Store, node: NodeId, *, by: Actor) -> list[NodeRow]:
    """Nodes of other managing sources that are probably the same device, the one found first before others.

    They share the inventory id, a universal MAC (unless both OS families are known and differ), or host
    name and IP. About 0.3 s at a million nodes, where the node has a MAC or an inventory id. Raises
    RefusedError `unknown-node`, `out-of-scope`.
    """
    with store.reading():
        found = store.rows(
            "SELECT source_id, host_name, ip, macs, os_family, inventory_id FROM node WHERE id = ?", (node,)
        )
        if not found:
            raise RefusedError("unknown-node", node=node)
        server, host_name, ip, macs, family, inventory_id = found[0]
        tree = read_tree(store)
        require_sees(tree, by, server)
        ids = {
            other
            for (other,) in store.rows(
                "SELECT id FROM node WHERE host_name = ? AND ip = ? AND source_id <> ?",
                (host_name, ip, server),
            )
        }
        wanted: list[tuple[str, tuple[str, ...]]] = (
            [("inventory_id = ?", (inventory_id,))] if inventory_id else []
        )
        systems = "(os_family = ? OR os_family = '' OR ? = '')"
        wanted += [(f"instr(macs, ?) > 0 AND {systems}", (mac, family, family)) for mac in macs.split()]
        if wanted:
            any_of = " OR ".join(f"({sql})" for sql, _ in wanted)
            values = [value for _, given in wanted for value in given]
            rows = store.rows(
                f"SELECT id FROM node NOT INDEXED WHERE source_id <> ? AND ({any_of})", (server, *values)
            )
            ids |= {other for (other,) in rows}
        seen = visible_source(tree, by)
        names = {server.host_name for server in (tree.servers if seen is None else tree.members[seen])}
        return [row for row in read_rows(store, sorted(ids)) if row.source in names]
