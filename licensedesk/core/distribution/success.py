"""BPCONFIG: written only when every server that counts has applied what is current at that moment."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from licensedesk.core.distribution.ledger import Line
from licensedesk.core.distribution.ledger_store import read_lines
from licensedesk.core.distribution.signing_time import write_config
from licensedesk.core.distribution.stamps import KEY, success_stamp
from licensedesk.core.distribution.uploads import read_stamps
from licensedesk.core.store.database import Store


def complete(lines: Collection[Line]) -> bool:
    """Every enrolled, not suspended server has applied its current document; at least one counts."""
    counting = [line for line in lines if line.counts]
    return bool(counting) and all(line.acknowledged for line in counting)


def record_success(store: Store, *, at: datetime) -> None:
    """Write the time stamp of a success, if it still is one when the site is locked."""
    with store.writing():
        if complete(read_lines(store)):
            write_config(store, KEY, success_stamp(read_stamps(store), at=at))
