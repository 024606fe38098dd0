"""What License Details shows: the ranges of a product at a day, and one range with all that makes it.

The facts are read once; another product, another day or a search is computed from them alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from licensedesk.core.explain import Explanation, explain
from licensedesk.core.holdings import Holdings
from licensedesk.core.license_list import LicenseRow, list_licenses
from licensedesk.core.ranges import RangeRow, range_rows
from licensedesk.core.scope import local_server, require_sees, visible_source
from licensedesk.core.settings import read_settings
from licensedesk.core.store.database import Store
from licensedesk.core.store.facts import read_holdings, read_products
from licensedesk.core.tree import ServerFact
from licensedesk.core.types import Actor, Day, ServerId, parse_stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """`visible` is the sharing source of the one range that is seen, None where all are.

    `products` has the default one first, the others by name; `product` is the one that the facts are of,
    None for all (or where none is known).
    """

    holdings: Holdings
    products: tuple[str, ...]
    product: str | None
    visible: ServerId | None


@dataclass(frozen=True, slots=True)
class AllocationMark:
    """When and by whom an allocation was last set."""

    at: datetime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRow:
    """A server of a range and the nodes of one product that it found; `under` is a host name."""

    id: ServerId
    host_name: str
    role: str
    under: str
    used: int
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeDetail:
    """`licenses` are those that are or were registered at the source, deregistered ones included.

    `spare` is what the primary's range has remaining, where this range has an allocation that it could add
    to; else None.
    """

    row: RangeRow
    terms: Explanation
    licenses: tuple[LicenseRow, ...]
    servers: tuple[MemberRow, ...]
    mark: AllocationMark | None
    spare: int | None


def read_facts(store: Store, *, by: Actor) -> Facts:
    """Of all products. Raises RefusedError `unknown-server` where the local server is gone."""
    with store.reading():
        return _facts(read_holdings(store), _in_order(store), None, by)


def read_product_facts(store: Store, *, product: str, by: Actor) -> Facts:
    """Of one product, the first where there is none of that name: a twentieth of the rows to read."""
    with store.reading():
        products = _in_order(store)
        of = product if product in products else next(iter(products), None)
        return _facts(read_holdings(store, product=of), products, of, by)


def _facts(holdings: Holdings, products: tuple[str, ...], product: str | None, by: Actor) -> Facts:
    return Facts(
        holdings=holdings, products=products, product=product, visible=visible_source(holdings.tree, by)
    )


def _in_order(store: Store) -> tuple[str, ...]:
    default = read_settings(store)["default_product"]
    return tuple(sorted(read_products(store), key=lambda name: name != default))


def ranges_shown(facts: Facts, *, on: Day, text: str = "") -> list[RangeRow]:
    """The ranges that are seen, of the product of the facts; with a text those that have a server whose
    host name contains it.
    """
    if facts.product is None:
        return []
    rows = range_rows(facts.holdings, on=on, product=facts.product, source=facts.visible)
    wanted = text.strip().lower()
    if not wanted:
        return rows
    return [row for row in rows if any(wanted in server.host_name for server in row.servers)]


def source_seen(facts: Facts, server: ServerId, *, by: Actor) -> ServerFact:
    """The sharing source of a server's range, of the local one's if the id is empty.

    Raises RefusedError `unknown-server`, `out-of-scope`.
    """
    tree = facts.holdings.tree
    fact = tree.get(server) if server else local_server(tree, by)
    require_sees(tree, by, fact.id)
    return tree.source_of(fact.id)


def read_range(
    store: Store, facts: Facts, *, source: ServerId, product: str, on: Day, by: Actor
) -> RangeDetail:
    """The range of a server in full.

    Raises RefusedError `unknown-server`, `unknown-product`, `out-of-scope`.
    """
    holdings = facts.holdings
    source = source_seen(facts, source, by=by).id
    (row,) = range_rows(holdings, on=on, product=product, source=source)
    terms = explain(holdings, source=source, product=product, on=on)
    distributed = terms.allocation is not None
    primary = holdings.standing(holdings.tree.primary, product, on=on)
    return RangeDetail(
        row=row,
        terms=terms,
        licenses=tuple(_licenses_at(store, row, on=on, by=by)),
        servers=tuple(_members(facts, row)),
        mark=read_mark(store, server=source, product=product) if distributed else None,
        spare=primary.remaining if distributed and facts.visible is None else None,
    )


def read_mark(store: Store, *, server: ServerId, product: str) -> AllocationMark | None:
    """None where nothing is allocated."""
    rows = store.rows(
        "SELECT a.changed_at, a.changed_by FROM allocation a JOIN product p ON p.id = a.product_id"
        " WHERE a.server_id = ? AND p.name = ?",
        (server, product),
    )
    return AllocationMark(parse_stamp(rows[0][0]), rows[0][1]) if rows else None


def _licenses_at(store: Store, row: RangeRow, *, on: Day, by: Actor) -> list[LicenseRow]:
    found = list_licenses(store, on=on, by=by)
    return [one for one in found if (one.server, one.product) == (row.source.host_name, row.product)]


def _members(facts: Facts, row: RangeRow) -> list[MemberRow]:
    holdings, tree = facts.holdings, facts.holdings.tree
    # At a relay what stands above its sharing source is of another range.
    top = None if facts.visible is None else row.source.parent
    return [
        MemberRow(
            id=server.id,
            host_name=server.host_name,
            role=server.role,
            under="" if server.parent in {None, top} else tree.get(server.parent or server.id).host_name,
            used=holdings.managed.get((server.id, row.product), 0),
            waiting=holdings.waiting.get((server.id, row.product), 0),
        )
        for server in row.servers
    ]
