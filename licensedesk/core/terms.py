"""The terms of a range: what its held is made of. License.xml carries them, every reader counts them.

Source: 1-domain.md, Counting. The same arithmetic serves the console, the document and the agent's host.
"""

from __future__ import annotations

from dataclasses import dataclass

from licensedesk.core.types import Day, Kind


@dataclass(frozen=True, slots=True)
class LicenseTerm:
    """One registered product license; valid from its first to its last day, both inclusive, in UTC."""

    serial: str
    issuer: str
    quantity: int
    kind: Kind
    valid_from: Day
    valid_until: Day | None

    def valid(self, on: Day) -> bool:
        return self.valid_from <= on and (self.valid_until is None or on <= self.valid_until)


@dataclass(frozen=True, slots=True)
class ProductTerms:
    """Of one product: an allocation by the primary, or registered licenses less what was distributed."""

    product: str
    licenses: tuple[LicenseTerm, ...] = ()
    distributed: int = 0
    allocation: int | None = None

    def valid_total(self, on: Day) -> int:
        """The sum of the licenses that are valid on that day."""
        return sum(term.quantity for term in self.licenses if term.valid(on))

    def held(self, on: Day) -> int:
        """Negative where more is distributed than is valid on that day."""
        return self.valid_total(on) - self.distributed if self.allocation is None else self.allocation

    def earliest_expiry(self, on: Day) -> Day | None:
        """The first day on which a license valid on that day ends; None where none does."""
        ends = [term.valid_until for term in self.licenses if term.valid_until and term.valid(on)]
        return min(ends, default=None)
