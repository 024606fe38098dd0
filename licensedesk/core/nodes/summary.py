"""How many licenses the nodes that match a filter wait for, and how many of them are not there."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from licensedesk.core.nodes.counts import read_product_names
from licensedesk.core.nodes.filters import NodeFilter, select
from licensedesk.core.nodes.queries import count_groups
from licensedesk.core.store.database import Store
from licensedesk.core.store.facts import read_holdings
from licensedesk.core.types import Actor, Day, NodeState, ServerId


@dataclass(frozen=True, slots=True)
class Need:
    """Of one product: the discovered nodes that match, and the licenses that their ranges lack for them."""

    product: str
    waiting: int
    to_buy: int


def read_needs(store: Store, wanted: NodeFilter, *, by: Actor, on: Day) -> tuple[Need, ...]:
    """The products of which nodes that match are waiting, in alphabetical order.

    Licenses to buy are counted range by range: what remains in one does not help another. Raises
    RefusedError: those of `filters.select`.
    """
    with store.reading():
        groups = count_groups(store, select(store, wanted, by=by))
        names = read_product_names(store)
        holdings = read_holdings(store)
    waiting: dict[tuple[str, ServerId], int] = defaultdict(int)
    for group, number in groups.items():
        if group.state == NodeState.DISCOVERED:
            waiting[names[group.product], holdings.tree.source_of(group.source).id] += number
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for (product, server), number in waiting.items():
        standing = holdings.standing(holdings.tree.get(server), product, on=on)
        totals[product][0] += number
        totals[product][1] += max(0, number - standing.remaining)
    return tuple(Need(product, *totals[product]) for product in sorted(totals))
