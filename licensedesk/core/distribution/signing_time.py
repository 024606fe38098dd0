"""The latest time at which this site has signed, kept where a clock that is set back does not reach it.

Agents hold against a message the latest time that was ever signed for them. Where a clock ran ahead by more
than a message's life and was set right, all new messages would be expired for them, for as long as it ran
ahead. So a message that was refused as EXPIRED is signed anew as of this time, if it is the later one.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from licensedesk.core.store.database import Store
from licensedesk.core.types import parse_stamp, stamp

KEY = "LicenseDesk/LastSigned"
"""Its row in BPCONFIG, beside the time stamp of the last success."""
COARSE = timedelta(hours=1)
"""Not every message is worth a write: the shortest life of one is a day."""


def read(store: Store) -> datetime | None:
    found = store.value("SELECT value FROM bpconfig WHERE key = ?", (KEY,))
    return parse_stamp(found) if found else None


def note(store: Store, known: datetime | None, *, at: datetime) -> datetime:
    """Write down, before anything is signed at that time, how far signing has come; the new latest time."""
    if known is not None and at <= known + COARSE:
        return known
    with store.writing():
        write_config(store, KEY, at)
    return at


def write_config(store: Store, key: str, at: datetime) -> None:
    """Set a time stamp in BPCONFIG, inside a transaction."""
    store.run(
        "INSERT INTO bpconfig (key, value) VALUES (?, ?)"
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (key, stamp(at)),
    )
