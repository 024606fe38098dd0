"""Distributing licenses from the primary to relays: the quantities of a product, judged as one batch."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from licensedesk.core.actions import Plan, perform
from licensedesk.core.changes import Changes
from licensedesk.core.errors import RefusedError
from licensedesk.core.holdings import Holdings
from licensedesk.core.scope import require_primary
from licensedesk.core.store.database import Store
from licensedesk.core.tree import holds_by_distribution
from licensedesk.core.types import Actor, Day, Option, ServerId, stamp, utc_day

MOST = 999_999_999


def allocate(
    store: Store,
    *,
    product: str,
    quantities: Mapping[ServerId, int],
    by: Actor,
    at: datetime,
    seen: Mapping[ServerId, int] | None = None,
    confirmed: bool = False,
    preview: bool = False,
) -> Changes:
    """Set what relays with the option Distribution have of a product; relays not named keep theirs.

    `seen` is what somebody saw of them when deciding: refused where another console was faster.
    Raises RefusedError: `unknown-product`, `unknown-server`, `option-conflict`, `invalid-quantity`,
    `exceeds-undistributed`, `changed-meanwhile`, `needs-confirmation`, `out-of-scope`.
    """

    def judge(before: Holdings) -> Plan:
        require_primary(before.tree, by, subject=product)
        _require_unchanged(before, product, seen or {})
        after = check_allocation(before, product=product, quantities=quantities, on=utc_day(at))
        names = {server: before.tree.get(server).host_name for server in quantities}
        return Plan(
            after=after,
            action="allocate",
            subject=product,
            was={name: before.allocations.get((server, product), 0) for server, name in names.items()},
            becomes={names[server]: quantity for server, quantity in quantities.items()},
            write=lambda: write_allocations(store, product=product, quantities=quantities, by=by, at=at),
            flags=Changes(licenses=True),
            desired=after.allocations != before.allocations,
        )

    return perform(store, judge, by=by, at=at, confirmed=confirmed, preview=preview)


def check_allocation(
    before: Holdings, *, product: str, quantities: Mapping[ServerId, int], on: Day
) -> Holdings:
    """The facts after the batch, or the refusal: the one judgement for dialog, preview and action.

    A sum over the valid total is refused only where it grows: what licenses that expired left
    over-distributed can always be lowered.
    """
    before.product(product)
    for server, quantity in quantities.items():
        _require_distribution(before, server)
        require_quantity(quantity)
    after = before.with_allocations(product, quantities)
    total = before.valid_on_primary(product, on=on)
    asked, had = after.distributed.get(product, 0), before.distributed.get(product, 0)
    if asked > total and asked > had:
        requested = sum(quantities.values())
        raise RefusedError(
            "exceeds-undistributed",
            product=product,
            requested=requested,
            maximum=max(total, had) - (asked - requested),
            total=total,
        )
    return after


def require_quantity(quantity: Any) -> None:
    """0 to 999,999,999. Raises RefusedError `invalid-quantity`."""
    if isinstance(quantity, bool) or not isinstance(quantity, int) or not 0 <= quantity <= MOST:
        raise RefusedError("invalid-quantity", quantity=quantity)


def write_allocations(
    store: Store, *, product: str, quantities: Mapping[ServerId, int], by: Actor, at: datetime
) -> None:
    """Set the rows; a quantity of 0 has none. Inside a transaction."""
    product_id = store.value("SELECT id FROM product WHERE name = ?", (product,))
    for server, quantity in quantities.items():
        store.run("DELETE FROM allocation WHERE server_id = ? AND product_id = ?", (server, product_id))
        if quantity:
            store.run(
                "INSERT INTO allocation (server_id, product_id, quantity, changed_at, changed_by)"
                " VALUES (?, ?, ?, ?, ?)",
                (server, product_id, quantity, stamp(at), by.name),
            )


def _require_unchanged(before: Holdings, product: str, seen: Mapping[ServerId, int]) -> None:
    for server, was in seen.items():
        now = before.allocations.get((server, product), 0)
        if now != was:
            name = before.tree.get(server).host_name
            raise RefusedError("changed-meanwhile", server=name, product=product, was=was, now=now)


def _require_distribution(before: Holdings, server: ServerId) -> None:
    fact = before.tree.get(server)
    if not holds_by_distribution(fact):
        raise RefusedError(
            "option-conflict",
            server=fact.host_name,
            option=fact.option,
            needed=Option.DISTRIBUTION.value,
        )
