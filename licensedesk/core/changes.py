"""What an action changed (or, as a preview, would change), so that views know what to read again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from licensedesk.core.types import ServerId


@dataclass(frozen=True, slots=True)
class Standing:
    """Held, used and remaining of one range and product at a day; remaining may be negative."""

    servers: int
    held: int
    used: int

    @property
    def remaining(self) -> int:
        return self.held - self.used

    @property
    def shortage(self) -> int:
        return max(0, self.used - self.held)

    def as_json(self) -> dict[str, int]:
        return {
            "servers": self.servers,
            "held": self.held,
            "used": self.used,
            "remaining": self.remaining,
            "shortage": self.shortage,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeChange:
    """One range and product before and after an action; None where the range is not there."""

    source: ServerId
    host_name: str
    product: str
    before: Standing | None
    after: Standing | None

    @property
    def grows_short(self) -> bool:
        """Short after it, and not or less so before: such an action needs a confirmation."""
        before = self.before.shortage if self.before else 0
        return self.after is not None and self.after.shortage > before

    def as_json(self) -> dict[str, Any]:
        """The form that 6-command-line.md calls changes."""
        return {
            "source": self.host_name,
            "product": self.product,
            "before": self.before.as_json() if self.before else None,
            "after": self.after.as_json() if self.after else None,
        }


@dataclass(frozen=True, slots=True)
class Notice:
    """A warning: a code and named figures, like a refusal that does not refuse."""

    code: str
    figures: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The flags say which reads are stale; `ranges` and `warnings` are what the administrator is shown.

    `version` is the site's version after the action where what servers should hold changed, else None.
    """

    servers: bool = False
    licenses: bool = False
    nodes: bool = False
    trust: bool = False
    settings: bool = False
    ledger: bool = False
    events: bool = False
    ranges: tuple[RangeChange, ...] = ()
    warnings: tuple[Notice, ...] = ()
    version: int | None = None
