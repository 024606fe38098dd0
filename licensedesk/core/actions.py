"""The frame of every administrator's action: judge, confirm, write, number, audit; or only preview.

Source: 1-domain.md, Rules. An action is given as a function from the facts to a Plan; the preview runs
the same function on the same kind of facts and stops before anything is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from licensedesk.core import audit
from licensedesk.core.changes import Changes, Notice, RangeChange
from licensedesk.core.distribution.uploads import record_upload
from licensedesk.core.errors import RefusedError
from licensedesk.core.holdings import Holdings
from licensedesk.core.ranges import compare
from licensedesk.core.store.database import Store
from licensedesk.core.store.facts import read_holdings
from licensedesk.core.types import Actor, Day, utc_day


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An action judged and allowed, but not done.

    `action`, `subject`, `was` and `becomes` make its audit entry; `flags` names what becomes stale;
    `desired` says that what some server should hold changes, so that the next version is taken.
    """

    after: Holdings
    action: str
    subject: str
    write: Callable[[], None]
    flags: Changes
    was: Mapping[str, Any] = field(default_factory=dict)
    becomes: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[Notice, ...] = ()
    desired: bool = False


def perform(
    store: Store,
    judge: Callable[[Holdings], Plan],
    *,
    by: Actor,
    at: datetime,
    confirmed: bool,
    preview: bool = False,
) -> Changes:
    """Do what `judge` plans, in one transaction; with `preview` change nothing.

    Raises what `judge` raises, and RefusedError `needs-confirmation` where a range would be short that
    was not, or shorter than before, and `confirmed` is false.
    """
    on = utc_day(at)
    if preview:
        with store.reading():
            before = read_holdings(store)
            plan = judge(before)
        return _outcome(plan, compare(before, plan.after, on=on), on=on, version=None)
    with store.writing():
        before = read_holdings(store)
        plan = judge(before)
        ranges = compare(before, plan.after, on=on)
        if not confirmed:
            require_confirmation(ranges)
        plan.write()
        version = record_upload(store, before=before, after=plan.after, at=at) if plan.desired else None
        audit.append(
            store,
            by=by,
            at=at,
            action=plan.action,
            subject=plan.subject,
            before=plan.was,
            after=plan.becomes,
        )
        return _outcome(plan, ranges, on=on, version=version)


def require_confirmation(ranges: tuple[RangeChange, ...]) -> None:
    """Raises RefusedError `needs-confirmation` with the changes, where a range would grow short."""
    short = [change for change in ranges if change.grows_short]
    if short:
        names = list(dict.fromkeys(change.host_name for change in short))
        changes = [change.as_json() for change in ranges]
        raise RefusedError("needs-confirmation", count=len(names), ranges=names, changes=changes)


def _outcome(plan: Plan, ranges: tuple[RangeChange, ...], *, on: Day, version: int | None) -> Changes:
    warnings = (*plan.warnings, *_shortages(ranges), *_over_distributed(plan.after, ranges, on=on))
    return replace(plan.flags, ranges=ranges, warnings=warnings, version=version)


def _shortages(ranges: tuple[RangeChange, ...]) -> list[Notice]:
    return [
        Notice(
            "range-short",
            {"source": change.host_name, "product": change.product, "shortage": change.after.shortage},
        )
        for change in ranges
        if change.after and change.after.shortage
    ]


def _over_distributed(after: Holdings, ranges: tuple[RangeChange, ...], *, on: Day) -> list[Notice]:
    """Where licenses of the primary are distributed that are not, or no longer, valid."""
    products = dict.fromkeys(change.product for change in ranges)
    missing = {
        product: after.distributed.get(product, 0) - after.valid_on_primary(product, on=on)
        for product in products
    }
    return [
        Notice("over-distributed", {"product": product, "count": count})
        for product, count in missing.items()
        if count > 0
    ]
