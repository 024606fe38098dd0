"""What the map of ranges is drawn from: the tree, what each range holds and uses, and who is current."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from licensedesk.core.details import Facts, read_product_facts
from licensedesk.core.server_overview import ServerOverview, read_overview
from licensedesk.core.store.database import Store
from licensedesk.core.types import Actor


@dataclass(frozen=True, slots=True)
class RangeMap:
    """`facts` are of one product; `servers` are those that are seen, parents first."""

    facts: Facts
    servers: tuple[ServerOverview, ...]


def read_range_map(store: Store, *, product: str, by: Actor, at: datetime) -> RangeMap:
    """One consistent state, of the first product where there is none of that name.

    Raises RefusedError `unknown-server` where the local server is gone.
    """
    with store.reading():
        return RangeMap(
            read_product_facts(store, product=product, by=by), tuple(read_overview(store, by=by, at=at))
        )
