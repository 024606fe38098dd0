"""The site at a glance: the figures of each product, what needs attention, and what a new site lacks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from licensedesk.core.details import Facts, read_facts
from licensedesk.core.distribution.ledger import Enrolled, State
from licensedesk.core.distribution.ledger_store import read_lines
from licensedesk.core.distribution.status import server_status
from licensedesk.core.event_list import count_unacknowledged
from licensedesk.core.ranges import RangeRow, range_rows
from licensedesk.core.scope import visible_source
from licensedesk.core.settings import read_settings
from licensedesk.core.store.database import Store
from licensedesk.core.store.facts import read_tree
from licensedesk.core.terms import LicenseTerm
from licensedesk.core.tree import ServerFact
from licensedesk.core.types import Actor, Day, NodeState, utc_day


@dataclass(frozen=True, slots=True)
class ProductTotal:
    """A product over all ranges that are seen. `shortage` is the sum of the shortages of `short` ranges:
    what other ranges have remaining does not help them.
    """

    product: str
    ranges: int
    held: int
    used: int
    waiting: int
    short: int
    shortage: int

    @property
    def remaining(self) -> int:
        return self.held - self.used


@dataclass(frozen=True, slots=True)
class ExpiringKey:
    """A license that is valid and soon is not; `server` is where it is registered."""

    server: ServerFact
    product: str
    term: LicenseTerm


@dataclass(frozen=True, slots=True)
class Begun:
    """What a site has, so that a new one can be told what comes next."""

    products: int
    licenses: int
    servers: int
    holders: int
    nodes: int
    enrolled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """`over_distributed` is by product; `states` counts the servers by the state that a person sees."""

    totals: tuple[ProductTotal, ...]
    short: tuple[RangeRow, ...]
    over_distributed: Mapping[str, int]
    expiring: tuple[ExpiringKey, ...]
    states: Mapping[State, int]
    unacknowledged: int
    begun: Begun


@dataclass(frozen=True, slots=True)
class Badges:
    """How many nodes wait for a license in the ranges that are seen, and events for an acknowledgement."""

    waiting: int
    events: int


def read_overview(store: Store, *, by: Actor, at: datetime) -> Overview:
    """One consistent state."""
    on = utc_day(at)
    with store.reading():
        facts = read_facts(store, by=by)
        tree = facts.holdings.tree
        lines = [line for line in read_lines(store, tree) if facts.visible in {None, line.range_source}]
        days = int(read_settings(store)["expiry_days"] or 0)
        unacknowledged = count_unacknowledged(store, by=by)
    rows = range_rows(facts.holdings, on=on, source=facts.visible)
    return Overview(
        totals=tuple(_totals(facts, rows)),
        short=tuple(sorted((row for row in rows if row.shortage), key=lambda row: -row.shortage)),
        over_distributed=_over_distributed(facts, on=on),
        expiring=tuple(_expiring(facts, on=on, days=days)),
        states=Counter(server_status(line, at=at).state for line in lines),
        unacknowledged=unacknowledged,
        begun=_begun(facts, enrolled=sum(line.enrolled == Enrolled.YES for line in lines)),
    )


def read_badges(store: Store, *, by: Actor) -> Badges:
    """From the counts that are kept, whatever the number of nodes."""
    with store.reading():
        rows = store.rows(
            "SELECT source_id, sum(nodes) FROM node_count WHERE state = ? GROUP BY source_id",
            (NodeState.DISCOVERED.value,),
        )
        events = count_unacknowledged(store, by=by)
        if by.server is not None:
            tree = read_tree(store)
            visible = visible_source(tree, by)
            rows = [row for row in rows if visible in {None, tree.source_of(row[0]).id}]
    return Badges(sum(nodes for _, nodes in rows), events)


def _totals(facts: Facts, rows: list[RangeRow]) -> list[ProductTotal]:
    by_product: dict[str, list[RangeRow]] = {product: [] for product in facts.products}
    for row in rows:
        by_product[row.product].append(row)
    return [
        ProductTotal(
            product=product,
            ranges=len(found),
            held=sum(row.held for row in found),
            used=sum(row.used for row in found),
            waiting=sum(row.waiting for row in found),
            short=sum(row.shortage > 0 for row in found),
            shortage=sum(row.shortage for row in found),
        )
        for product, found in by_product.items()
    ]


def _over_distributed(facts: Facts, *, on: Day) -> dict[str, int]:
    """Only the primary's administrator can mend it."""
    if facts.visible is not None:
        return {}
    holdings = facts.holdings
    missing = {
        product: quantity - holdings.valid_on_primary(product, on=on)
        for product, quantity in holdings.distributed.items()
    }
    return {product: count for product, count in missing.items() if count > 0}


def _expiring(facts: Facts, *, on: Day, days: int) -> list[ExpiringKey]:
    tree = facts.holdings.tree
    found = [
        ExpiringKey(tree.get(server), product, term)
        for (server, product), terms in facts.holdings.licenses.items()
        if facts.visible in {None, server}
        for term in terms
        if term.valid(on) and term.valid_until is not None and term.valid_until - on <= timedelta(days=days)
    ]
    return sorted(found, key=lambda one: (one.term.valid_until or on, one.term.serial))


def _begun(facts: Facts, *, enrolled: int) -> Begun:
    """At a relay only what is in its range."""
    holdings, seen = facts.holdings, facts.visible
    tree = holdings.tree
    counted = (holdings.used, holdings.waiting_by_range)
    return Begun(
        products=len(holdings.products),
        licenses=sum(
            len(terms) for (server, _), terms in holdings.licenses.items() if seen in {None, server}
        ),
        servers=sum(seen in {None, tree.source_of(one.id).id} for one in tree.servers),
        holders=len(holdings.sources) if seen is None else 1,
        nodes=sum(
            number for counts in counted for (source, _), number in counts.items() if seen in {None, source}
        ),
        enrolled=enrolled,
    )
