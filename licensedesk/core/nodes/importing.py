"""Importing found devices under one managing source: found again or new, in one transaction.

Source: 1-domain.md, Rules: found again, import, managed nodes reported by a relay itself.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from datetime import datetime
from itertools import islice

from licensedesk.core import audit
from licensedesk.core.errors import RefusedError
from licensedesk.core.exchange.devices import FoundDevice, RefusedRow
from licensedesk.core.nodes.intake import ImportResult, Intake, Order
from licensedesk.core.nodes.work import CHUNK, Watch, digest_of, large_cache
from licensedesk.core.scope import require_sees
from licensedesk.core.store.database import Store
from licensedesk.core.store.facts import read_holdings
from licensedesk.core.tree import is_management
from licensedesk.core.types import Actor, ServerId


class _DryRunError(Exception):
    """Undoes a dry run."""


def import_devices(
    store: Store,
    devices: Iterable[FoundDevice | RefusedRow],
    *,
    source: ServerId,
    product: str | None,
    manage: bool,
    as_reported: bool,
    by: Actor,
    at: datetime,
    dry_run: bool = False,
    watch: Watch | None = None,
) -> ImportResult:
    """Store what a scan found; nothing at all where anything is raised, by `devices` too.

    `product` is what new nodes are meant for where the file does not say; None is the site's default.
    `manage` manages nodes of the file while licenses remain, in its order; `as_reported` those that the
    file says are managed, whether licenses remain or not.

    Raises RefusedError: `unknown-server`, `not-a-management-server`, `unknown-product`, `out-of-scope`;
    LicenseFileError from `devices`; CancelledError.
    """
    order = Order(source=source, product=product, manage=manage, as_reported=as_reported, at=at)
    with large_cache(store), contextlib.suppress(_DryRunError), store.writing():
        result = _import(store, devices, order, by=by, watch=watch or Watch())
        if dry_run:
            raise _DryRunError
    return result


def _import(
    store: Store,
    devices: Iterable[FoundDevice | RefusedRow],
    order: Order,
    *,
    by: Actor,
    watch: Watch,
) -> ImportResult:
    before = read_holdings(store)
    server = before.tree.get(order.source)
    require_sees(before.tree, by, order.source)
    if not is_management(server):
        raise RefusedError("not-a-management-server", server=server.host_name)
    intake = Intake(store, before, order)
    rows = iter(devices)
    while chunk := list(islice(rows, CHUNK)):
        intake.take(chunk)
        watch.at(intake.result.read)
    result = intake.finish()
    audit.append(
        store,
        by=by,
        at=order.at,
        action="node-import",
        subject=server.host_name,
        before={"product": order.product, "manage": order.manage, "as_reported": order.as_reported},
        after={**result.figures(), "ids": digest_of(intake.listed())},
    )
    return result
