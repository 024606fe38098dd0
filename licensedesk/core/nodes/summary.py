"""How many nodes match a filter, and how many licenses those of them that wait would need."""

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


@dataclass(frozen=True, slots=True)
class NodesSummary:
    """`needs` names the products of which nodes that match are waiting, in alphabetical order."""

    total: int = 0
    needs: tuple[Need, ...] = ()


def summarise(store: Store, wanted: NodeFilter, *, by: Actor, on: Day) -> NodesSummary:
    """Licenses to buy are counted range by range: what remains in one does not help another.

    Raises RefusedError: those of `filters.select`.
    """
    with store.reading():
        groups = count_groups(store, select(store, wanted, by=by))
        names = read_product_names(store)
        holdings = read_holdings(store) if any(one.state == NodeState.DISCOVERED for one in groups) else None
    waiting: dict[tuple[str, ServerId], int] = defaultdict(int)
    if holdings is not None:
        for group, number in groups.items():
            if group.state == NodeState.DISCOVERED:
                source = holdings.tree.source_of(group.source)
                waiting[names[group.product], source.id] += number
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for (product, server), number in waiting.items():
        assert holdings is not None  # noqa: S101 - narrows the type: nothing waits without it
        standing = holdings.standing(holdings.tree.get(server), product, on=on)
        totals[product][0] += number
        totals[product][1] += max(0, number - standing.remaining)
    needs = tuple(Need(product, *totals[product]) for product in sorted(totals))
    return NodesSummary(sum(groups.values()), needs)
