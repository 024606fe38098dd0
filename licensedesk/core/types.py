"""Words of the domain as types: ids, days, who acts, and the closed sets of 1-domain.md."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import NewType

ServerId = NewType("ServerId", str)
"""16 hexadecimal digits, random, never reused; the host name is only its label."""
ProductId = NewType("ProductId", int)
NodeId = NewType("NodeId", int)
Day = date
"""A UTC day; validity and figures are by day, passed in as `on=`."""


class Role(StrEnum):
    PRIMARY = "primary"
    RELAY = "relay"
    MANAGED = "managed"


class Option(StrEnum):
    """The license holding option of a relay."""

    NONE = "none"
    DISTRIBUTION = "distribution"
    REGISTRATION = "registration"


class NodeState(StrEnum):
    DISCOVERED = "discovered"
    MANAGED = "managed"
    EXCLUDED = "excluded"


class Kind(StrEnum):
    """The kind of a product license."""

    PERMANENT = "permanent"
    TERM = "term"
    TRIAL = "trial"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts, and at which local server: None is the primary, which sees and may do all."""

    name: str
    server: ServerId | None = None


def stamp(at: datetime) -> str:
    """A time stamp as stored and shown to programs: UTC, microseconds, `2026-11-21T09:14:00.000000Z`.

    Of fixed length, so that text order is time order. A naive datetime is a bug of ours.
    """
    if at.tzinfo is None:
        raise ValueError("a time stamp needs its time zone")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_stamp(text: str) -> datetime:
    """The reverse of `stamp`; also takes other ISO 8601 forms that carry a time zone."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"no time zone in {text!r}")
    return at.astimezone(UTC)


def utc_day(at: datetime) -> Day:
    """The UTC day on which a moment falls."""
    return at.astimezone(UTC).date()
