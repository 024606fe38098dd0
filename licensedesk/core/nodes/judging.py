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


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many nodes of each pool may be managed by the step, and how many cannot.

    `deltas` are the numbers of nodes afterwards, less those before, by group; `changed` and `left` of the
    `matched` nodes, `left` being those for which no license remains.
    """

    quotas: Mapping[Pool, int]
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
    wanted = wanted_licenses(before, matched, step)
    quotas = {}
    for pool, number in wanted.items():
        source, product = before.tree.get(pool.source), products[pool.product]
        remaining = max(0, before.standing(source, product, on=on).remaining)
        if number > remaining and not as_many_as_fit:
            raise RefusedError(
                "no-license-remaining",
                requested=number,
                remaining=remaining,
                product=product,
                source=source.host_name,
            )
        quotas[pool] = min(number, remaining)
    left = sum(wanted.values()) - sum(quotas.values())
    changing = sum(number for group, number in matched.items() if step.after(group) != group)
    return Verdict(quotas, matched=sum(matched.values()), changed=changing - left, left=left)


def wanted_licenses(before: Holdings, matched: Mapping[Group, int], step: Step) -> dict[Pool, int]:
    """How many licenses of which pool the step would take for these nodes."""
    wanted: dict[Pool, int] = defaultdict(int)
    for group, number in matched.items():
        if step.takes_license(group):
            wanted[pool_of(before, step, group)] += number
    return dict(wanted)


def pool_of(before: Holdings, step: Step, group: Group) -> Pool:
    """Where a node of `group` gets its license for the step."""
    product = group.product if step.product is None else step.product
    return Pool(before.tree.source_of(group.source).id, product)
