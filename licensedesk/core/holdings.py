"""Everything that held, used and remaining are computed from, read once and then pure.

Actions, previews, dialogs and documents all count with these functions; nothing else counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import compress
from typing import TypeVar

from licensedesk.core.changes import Standing
from licensedesk.core.errors import RefusedError
from licensedesk.core.terms import LicenseTerm, ProductTerms
from licensedesk.core.tree import ServerFact, Tree, holds_by_distribution
from licensedesk.core.types import Day, ServerId

T = TypeVar("T")
Key = tuple[ServerId, str]
"""A server and a product's name."""


@dataclass(frozen=True)
class Holdings:
    """The facts of a site: the tree, the registered licenses, the allocations, the counted nodes.

    `licenses` and `allocations` are by (server, product), as are `managed` and `waiting`, the numbers of
    managed and discovered nodes by managing source. Expired licenses are among them: the day decides.
    """

    tree: Tree
    products: tuple[str, ...]
    licenses: Mapping[Key, tuple[LicenseTerm, ...]]
    allocations: Mapping[Key, int]
    managed: Mapping[Key, int]
    waiting: Mapping[Key, int]

    @cached_property
    def distributed(self) -> Mapping[str, int]:
        """The sum of all allocations, by product."""
        sums: dict[str, int] = defaultdict(int)
        for (_, product), quantity in self.allocations.items():
            sums[product] += quantity
        return sums

    @cached_property
    def used(self) -> Mapping[Key, int]:
        """Managed nodes by (sharing source, product)."""
        return self._by_range(self.managed)

    @cached_property
    def waiting_by_range(self) -> Mapping[Key, int]:
        """Discovered nodes by (sharing source, product)."""
        return self._by_range(self.waiting)

    def _by_range(self, counts: Mapping[Key, int]) -> Mapping[Key, int]:
        sums: dict[Key, int] = defaultdict(int)
        tree = self.tree
        for (server, product), number in counts.items():
            source = tree.servers[tree.sources[tree.management_index[server]]].id
            sums[source, product] += number
        return sums

    @cached_property
    def sources(self) -> tuple[ServerFact, ...]:
        """The sharing source of every range, parents first."""
        return tuple(compress(self.tree.servers, self.tree.holders))

    @cached_property
    def _products_at(self) -> Mapping[ServerId, set[str]]:
        found: dict[ServerId, set[str]] = defaultdict(set)
        for server, product in (*self.licenses, *self.allocations):
            found[server].add(product)
        found[self.tree.primary.id].update(self.distributed)
        return found

    def products_at(self, server: ServerId) -> set[str]:
        """Products of which a server has licenses or an allocation, or of which the primary gave some."""
        return self._products_at.get(server, set())

    def terms(self, source: ServerFact, product: str) -> ProductTerms:
        """The license manager: the one function that gives a range's terms (1-domain.md)."""
        if holds_by_distribution(source):
            return ProductTerms(product, allocation=self.allocations.get((source.id, product), 0))
        return ProductTerms(
            product,
            licenses=self.licenses.get((source.id, product), ()),
            distributed=self.distributed.get(product, 0) if source.parent is None else 0,
        )

    def standing(self, source: ServerFact, product: str, *, on: Day) -> Standing:
        return Standing(
            servers=len(self.tree.members[source.id]),
            held=self.terms(source, product).held(on),
            used=self.used.get((source.id, product), 0),
        )

    def valid_on_primary(self, product: str, *, on: Day) -> int:
        """Licenses of a product registered on the primary that are valid on that day."""
        return self.terms(self.tree.primary, product).valid_total(on)

    def product(self, name: str) -> str:
        """Raises RefusedError `unknown-product`."""
        if name not in self.products:
            raise RefusedError("unknown-product", product=name)
        return name

    def of_product(self, product: str) -> Holdings:
        """The facts of one product, its nodes summed by range: the same figures of it, quick to count again.

        Raises RefusedError `unknown-product`.
        """
        return replace(
            self,
            products=(self.product(product),),
            licenses=_of(self.licenses, product),
            allocations=_of(self.allocations, product),
            managed=_of(self.used, product),
            waiting=_of(self.waiting_by_range, product),
        )

    def with_tree(self, tree: Tree) -> Holdings:
        """Another tree; what was distributed to a relay that is gone, or lost the option, returns.

        A server that is gone has left no licenses and no nodes behind.
        """
        return replace(
            self,
            tree=tree,
            allocations={
                key: quantity
                for key, quantity in self.allocations.items()
                if key[0] in tree.index and holds_by_distribution(tree.get(key[0]))
            },
        )

    def with_allocations(self, product: str, quantities: Mapping[ServerId, int]) -> Holdings:
        changed = {**self.allocations, **{(server, product): n for server, n in quantities.items()}}
        return replace(self, allocations={key: n for key, n in changed.items() if n})

    def with_licenses(self, key: Key, terms: Iterable[LicenseTerm]) -> Holdings:
        changed = {**self.licenses, key: tuple(terms)}
        return replace(self, licenses={key: found for key, found in changed.items() if found})

    def with_nodes_moved(self, server: ServerId, to: ServerId) -> Holdings:
        return replace(
            self, managed=_moved(self.managed, server, to), waiting=_moved(self.waiting, server, to)
        )


def _of(facts: Mapping[Key, T], product: str) -> dict[Key, T]:
    return {key: value for key, value in facts.items() if key[1] == product}


def _moved(counts: Mapping[Key, int], server: ServerId, to: ServerId) -> dict[Key, int]:
    moved: dict[Key, int] = defaultdict(int)
    for (source, product), number in counts.items():
        moved[to if source == server else source, product] += number
    return dict(moved)
