"""The license holding option of a relay, set together with its first quantities."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from licensedesk.core.actions import Plan, perform
from licensedesk.core.allocations import check_allocation, write_allocations
from licensedesk.core.changes import Changes
from licensedesk.core.errors import RefusedError
from licensedesk.core.holdings import Holdings
from licensedesk.core.scope import require_primary
from licensedesk.core.store.database import Store
from licensedesk.core.tree import ServerFact
from licensedesk.core.types import Actor, Day, Option, Role, ServerId, utc_day


def set_option(
    store: Store,
    *,
    server: ServerId,
    option: Option,
    quantities: Mapping[str, int],
    by: Actor,
    at: datetime,
    confirmed: bool = False,
    preview: bool = False,
) -> Changes:
    """Set a relay's option; `quantities` by product go with Distribution, as part of the same step.

    What was allocated to a relay that leaves Distribution returns to the primary.
    Raises RefusedError: `unknown-server`, `is-primary`, `not-a-relay`, `has-licenses`,
    `option-conflict`, `unknown-product`, `invalid-quantity`, `exceeds-undistributed`,
    `needs-confirmation`, `out-of-scope`.
    """

    def judge(before: Holdings) -> Plan:
        fact = before.tree.get(server)
        require_primary(before.tree, by, subject=fact.host_name)
        after = check_option(before, server=server, option=option, quantities=quantities, on=utc_day(at))

        def write() -> None:
            store.run('UPDATE server SET "option" = ? WHERE id = ?', (option.value, server))
            if option != Option.DISTRIBUTION:
                store.run("DELETE FROM allocation WHERE server_id = ?", (server,))
            for product, quantity in quantities.items():
                write_allocations(store, product=product, quantities={server: quantity}, by=by, at=at)

        return Plan(
            after=after,
            action="option",
            subject=fact.host_name,
            was={"option": fact.option, **_allocated(before, server)},
            becomes={"option": option.value, **_allocated(after, server)},
            write=write,
            flags=Changes(servers=True, licenses=True),
            desired=fact.option != option or after.allocations != before.allocations,
        )

    return perform(store, judge, by=by, at=at, confirmed=confirmed, preview=preview)


def check_option(
    before: Holdings, *, server: ServerId, option: Option, quantities: Mapping[str, int], on: Day
) -> Holdings:
    """The facts after the option is set, or the refusal: the one judgement for dialog and action."""
    fact = before.tree.get(server)
    require_relay(fact)
    registered = sum(len(terms) for (holder, _), terms in before.licenses.items() if holder == server)
    if registered and option != Option.REGISTRATION:
        raise RefusedError("has-licenses", server=fact.host_name, count=registered)
    if quantities and option != Option.DISTRIBUTION:
        raise RefusedError(
            "option-conflict",
            server=fact.host_name,
            option=option.value,
            needed=Option.DISTRIBUTION.value,
        )
    after = before.with_tree(before.tree.with_server(fact._replace(option=option.value)))
    for product, quantity in quantities.items():
        after = check_allocation(after, product=product, quantities={server: quantity}, on=on)
    return after


def require_relay(fact: ServerFact) -> None:
    """Raises RefusedError `is-primary`, `not-a-relay`."""
    if fact.role == Role.PRIMARY:
        raise RefusedError("is-primary", server=fact.host_name)
    if fact.role != Role.RELAY:
        raise RefusedError("not-a-relay", server=fact.host_name, role=fact.role)


def _allocated(holdings: Holdings, server: ServerId) -> dict[str, int]:
    return {
        product: quantity for (holder, product), quantity in holdings.allocations.items() if holder == server
    }
