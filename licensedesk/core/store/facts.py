"""Reads the facts of a site into Holdings: five queries, whatever its size."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial

from licensedesk.core.holdings import Holdings, Key
from licensedesk.core.store.database import Store
from licensedesk.core.terms import LicenseTerm
from licensedesk.core.tree import ServerFact, Tree
from licensedesk.core.types import Kind, NodeState, Role


def read_tree(store: Store) -> Tree:
    """All servers; about 0.2 s for 100,000, and none of it again until something is written.

    Raises SurroundingsError `damaged-database`.
    """
    return store.kept("tree", partial(_read_tree, store))


def _read_tree(store: Store) -> Tree:
    with _collector_at_rest(), store.reading(), store.sound("the tree of servers"):
        rows = store.rows(
            "SELECT id, host_name, role, parent_id, \"option\" FROM server WHERE role <> 'managed'"
        )
        # Most servers are managed ones: not fetching what is the same of all takes a fifth less time.
        leaves = store.rows("SELECT id, host_name, parent_id FROM server WHERE role = 'managed'")
        # Past the function that a named tuple is made by, which is half of the time.
        new = tuple.__new__
        managed = [new(ServerFact, (key, name, "managed", parent, "none")) for key, name, parent in leaves]
        tree = Tree.of([*map(ServerFact._make, rows), *managed])
        if len(tree.servers) != len(rows) + len(leaves) or tree.primary.role != Role.PRIMARY:
            raise ValueError("not one tree")
    return tree


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Python looks for cycles again and again while 100,000 tuples are made, and finds none: a third of
    the time.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def read_holdings(store: Store, *, product: str | None = None) -> Holdings:
    """One consistent state of everything that is counted, or of what is counted of one product.

    Raises SurroundingsError `damaged-database`.
    """
    with store.reading(), store.sound("what is held and used"):
        holdings = Holdings(
            tree=read_tree(store),
            products=read_products(store),
            licenses=_licenses(store, product),
            allocations=_allocations(store, product),
            managed=_counts(store, NodeState.MANAGED, product),
            waiting=_counts(store, NodeState.DISCOVERED, product),
        )
        known = holdings.tree.management_index
        for facts in (holdings.licenses, holdings.allocations, holdings.managed, holdings.waiting):
            if any(server not in known for server, _ in facts):
                raise ValueError("of a server that is not there")
    return holdings


def read_products(store: Store) -> tuple[str, ...]:
    """The names of the known products, in alphabetical order."""
    return tuple(name for (name,) in store.rows("SELECT name FROM product ORDER BY name"))


def _of(product: str | None) -> tuple[str, tuple[str, ...]]:
    """A condition with its value; as part of one for both cases no index would serve it."""
    return ("TRUE", ()) if product is None else ("p.name = ?", (product,))


def _licenses(store: Store, product: str | None) -> dict[Key, tuple[LicenseTerm, ...]]:
    found: dict[Key, list[LicenseTerm]] = defaultdict(list)
    condition, values = _of(product)
    for server, name, serial, issuer, quantity, kind, first, last in store.rows(
        "SELECT l.server_id, p.name, l.serial, l.issuer, l.quantity, l.kind, l.valid_from, l.valid_until"
        " FROM license l JOIN product p ON p.id = l.product_id WHERE l.deregistered_at IS NULL"
        f" AND {condition} ORDER BY l.issuer, l.serial",
        values,
    ):
        until = date.fromisoformat(last) if last else None
        term = LicenseTerm(serial, issuer, quantity, Kind(kind), date.fromisoformat(first), until)
        found[server, name].append(term)
    return {key: tuple(terms) for key, terms in found.items()}


def _allocations(store: Store, product: str | None) -> dict[Key, int]:
    condition, values = _of(product)
    rows = store.rows(
        "SELECT a.server_id, p.name, a.quantity FROM allocation a JOIN product p ON p.id = a.product_id"
        f" WHERE {condition}",
        values,
    )
    return {(server, name): quantity for server, name, quantity in rows}


def _counts(store: Store, state: NodeState, product: str | None) -> dict[Key, int]:
    condition, values = _of(product)
    rows = store.rows(
        "SELECT c.source_id, p.name, c.nodes FROM node_count c JOIN product p ON p.id = c.product_id"
        f" WHERE c.state = ? AND c.nodes > 0 AND {condition}",
        (state.value, *values),
    )
    return {(server, name): number for server, name, number in rows}
