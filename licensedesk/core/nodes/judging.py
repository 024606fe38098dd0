"""May these nodes change so? The one enforcement point for single nodes, bulk actions and previews. Pure.

Source: 1-domain.md, Rules: manage a node, node transitions. Numbers of nodes are all that it needs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from licensedesk.core.errors import RefusedError
from licensedesk.core.holdings import Holdings
from licensedesk.core.nodes.counts import Group
from licensedesk.core.types import Day, NodeState, ProductId, ServerId


class Act(StrEnum):
    """What is done to nodes; `set-product` leaves their state as it is."""

    MANAGE = "manage"
    EXCLUDE = "exclude"
    DISCOVER = "discover"
    DELETE = "delete"
    SET_PRODUCT = "set-product"


_STATES = {
    Act.MANAGE: NodeState.MANAGED.value,
    Act.EXCLUDE: NodeState.EXCLUDED.value,
    Act.DISCOVER: NodeState.DISCOVERED.value,
}


class Pool(NamedTuple):
    """Where licenses come from: a range, by its sharing source, and a product."""

    source: ServerId
    product: ProductId


@dataclass(frozen=True, slots=True)
class Step:
    """An act, and the product that the nodes are meant for afterwards where that changes."""

    act: Act
    product: ProductId | None = None

    @property
    def state(self) -> str | None:
        """The state that the nodes then have; None where it stays."""
        return _STATES.get(self.act)

    def after(self, group: Group) -> Group | None:
        """The group that nodes of `group` then belong to; None where they are deleted."""
        if self.act is Act.DELETE:
            return None
        product = group.product if self.product is None else self.product
        return Group(group.source, product, self.state or group.state)

    def takes_license(self, group: Group) -> bool:
        """Whether a node of `group` then uses a license of a product of which it used none."""
        after = self.after(group)
        return after is not None and after != group and after.state == NodeState.MANAGED


class Pools:
    """What remains in each pool while an action hands out licenses: nothing else does, imports included."""

    def __init__(self, before: Holdings, products: Mapping[ProductId, str], *, on: Day) -> None:
        self._before = before
        self._products = products
        self._on = on
        self._remaining: dict[Pool, int] = {}

    def remaining(self, pool: Pool) -> int:
        """As the ranges count it: negative where the range is short."""
        if pool not in self._remaining:
            source = self._before.tree.get(pool.source)
            standing = self._before.standing(source, self._products[pool.product], on=self._on)
            self._remaining[pool] = standing.remaining
        return self._remaining[pool]

    def take(self, pool: Pool, number: int = 1, *, anyway: bool = False) -> int:
        """Hand out so many licenses, or as many as remain; how many. `anyway`: whether they remain or not."""
        granted = number if anyway else min(number, max(0, self.remaining(pool)))
        self._remaining[pool] = self.remaining(pool) - granted
        return granted


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many of the `matched` nodes change, and how many are `left` without a license."""

    matched: int
    changed: int
    left: int


def judge(
    before: Holdings,
    matched: Mapping[Group, int],
    step: Step,
    *,
    products: Mapping[ProductId, str],
    as_many_as_fit: bool,
    on: Day,
) -> Verdict:
    """Raises RefusedError `no-license-remaining` where not all fit, unless as many as fit are wanted."""
    pools = Pools(before, products, on=on)
    left = 0
    for pool, number in _wanted(before, matched, step).items():
        remaining = max(0, pools.remaining(pool))
        if number > remaining and not as_many_as_fit:
            raise RefusedError(
                "no-license-remaining",
                requested=number,
                remaining=remaining,
                product=products[pool.product],
                source=before.tree.get(pool.source).host_name,
            )
        left += max(0, number - remaining)
    changing = sum(number for group, number in matched.items() if step.after(group) != group)
    return Verdict(matched=sum(matched.values()), changed=changing - left, left=left)


def _wanted(before: Holdings, matched: Mapping[Group, int], step: Step) -> dict[Pool, int]:
    """How many licenses of which pool the step would take for these nodes."""
    wanted: dict[Pool, int] = defaultdict(int)
    for group, number in matched.items():
        if step.takes_license(group):
            wanted[pool_of(before, step, group)] += number
    return wanted


def pool_of(before: Holdings, step: Step, group: Group) -> Pool:
    """Where a node of `group` gets its license for the step."""
    product = group.product if step.product is None else step.product
    return Pool(before.tree.source_of(group.source).id, product)
