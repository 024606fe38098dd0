"""What one view asks another to show, where a filter of the core does not say it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from licensedesk.core.types import ServerId


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeWanted:
    """For License Details: a product and a range by its sharing source; `tab` is a name of `RangeTabs`."""

    product: str = ""
    source: ServerId | None = None
    tab: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerWanted:
    """For License Distribution: only the servers in these states (their words in the ledger)."""

    states: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsWanted:
    """For the Event List: only what nobody has acknowledged yet."""

    unacknowledged: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NodesWanted:
    """For the views of nodes: what they are filtered by, and nothing else; empty is everything.

    `range_source` is the sharing source of a range whose servers are filled in as the managing sources.
    """

    sources: tuple[ServerId, ...] = ()
    range_source: ServerId | None = None
    product: str = ""
    os: str = ""
    seen_before: date | None = None
    text: str = ""
