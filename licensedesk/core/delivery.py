"""Running a distribution from start to end: open the site's distributor, and step until all have answered."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from licensedesk.core.distribution.connection import console_settings
from licensedesk.core.distribution.distributor import Distributor
from licensedesk.core.distribution.plan import sendable, why_send
from licensedesk.core.errors import RefusedError
from licensedesk.core.transports.factory import open_console_transport
from licensedesk.core.types import Actor, Role, ServerId

if TYPE_CHECKING:
    from licensedesk.core.distribution.ledger import Line
    from licensedesk.core.site import Site
    from licensedesk.core.tree import Tree
    from licensedesk.core.trust import Signer

STEP_SECONDS = 0.2
"""How long a step waits for reports, and so how late a stop or the end of the wait is noticed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be distributed, and how long it is waited for.

    `only` None are all servers. `again` sends also to those that are current, so that they read their file
    again, heal it and report. `reason` is what the history says: demand, forced, verify, start, change.
    """

    reason: str
    only: frozenset[ServerId] | None = None
    again: bool = False
    wait: timedelta


@contextlib.contextmanager
def open_distributor(
    site: Site, *, signer: Signer | None, by: Actor, clock: Callable[[], datetime], automatic: bool = False
) -> Iterator[Distributor]:
    """The distributor of a site on its transport, connected and with the lock, until the end of the block.

    Raises SurroundingsError: `console-busy`, `transport-unavailable`.
    """
    distributor = Distributor(
        site,
        transport=open_console_transport(console_settings(site), deployment=site.deployment),
        signer=signer,
        by=by,
        clock=clock,
        jitter=random.Random(),  # noqa: S311 - spreads load, protects nothing
        automatic=automatic,
    )
    distributor.open()
    try:
        yield distributor
    finally:
        distributor.close()


def targets(tree: Tree, lines: Collection[Line], host_names: Collection[str]) -> frozenset[ServerId] | None:
    """The servers of these host names; None, which is all, where there are none.

    Raises RefusedError: `unknown-server`; `is-primary`, `not-enrolled`, `server-suspended` for one that
    nothing can be sent to.
    """
    if not host_names:
        return None
    by_server = {line.server: line for line in lines}
    found = [tree.named(host_name) for host_name in host_names]
    for server in found:
        if server.role == Role.PRIMARY:
            raise RefusedError("is-primary", server=server.host_name)
        line = by_server[server.id]
        if line.suspended:
            raise RefusedError("server-suspended", server=server.host_name)
        if not sendable(line):
            raise RefusedError("not-enrolled", server=server.host_name)
    return frozenset(server.id for server in found)


def deliver(
    distributor: Distributor,
    order: Order,
    *,
    clock: Callable[[], datetime],
    stopped: Callable[[], bool],
    progressed: Callable[[Distributor], None],
) -> bool:
    """Distribute, and wait for the answers; whether every server that is sent to is current then.

    Ends early where waiting longer changes nothing, and where `stopped` says so: the run is then recorded
    as cancelled. `progressed` is called after every step. Raises as `Distributor.distribute` and `.step`.
    """
    # What was reported while no console listened comes first: it may be all that is missing.
    distributor.step(timeout=0)
    # By a clock that nobody sets.
    end = time.monotonic() + order.wait.total_seconds()
    distributor.distribute(reason=order.reason, only=order.only, force=order.again)
    while True:
        if stopped():
            distributor.cancel()
            break
        moved = distributor.step(timeout=STEP_SECONDS)
        progressed(distributor)
        left = timedelta(seconds=end - time.monotonic())
        if left <= timedelta():
            break
        if (distributor.settled or not moved) and _nothing_to_wait_for(
            distributor, order, until=clock() + left
        ):
            break
    return all(line.acknowledged for line in _sent_to(distributor, order))


def _sent_to(distributor: Distributor, order: Order) -> list[Line]:
    return [
        line
        for line in distributor.lines
        if sendable(line) and (order.only is None or line.server in order.only)
    ]


def _nothing_to_wait_for(distributor: Distributor, order: Order, *, until: datetime) -> bool:
    """Each is current, after it has answered where that was asked for, or refused what is sent for good."""
    if distributor.progress.queued:
        return False
    asked = order.again or order.only is not None
    return all(
        (line.acknowledged and (line.answered or not asked))
        or line.range_source in distributor.stopped
        or (line.rejection and why_send(line, at=until, eager=False) is None)
        for line in _sent_to(distributor, order)
    )
