"""Reads of the core that several views and dialogs ask for; each runs on the reader thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from licensedesk.core.holdings import Holdings
    from licensedesk.core.store.database import Store
    from licensedesk.core.tree import Tree


def read_holdings(store: Store) -> Holdings:
    """Everything that is counted, to judge and preview with."""
    from licensedesk.core.store import facts

    return facts.read_holdings(store)


def read_tree(store: Store) -> Tree:
    """All servers, parents before children."""
    from licensedesk.core.store import facts

    return facts.read_tree(store)


def read_products(store: Store) -> tuple[str, ...]:
    """The names of the known products, in alphabetical order."""
    from licensedesk.core.store import facts

    return facts.read_products(store)
