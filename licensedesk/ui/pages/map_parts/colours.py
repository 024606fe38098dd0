"""Which of the eight colours a range has: the same as long as the view lives, whatever is added."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from licensedesk.core.server_overview import ServerOverview
    from licensedesk.core.types import ServerId

COLOURS = 8
"""The colours of Okabe and Ito, of which the palette has one each."""


class RangeColours:
    """A range that comes new takes the colour that is used least, and never that of the range above it."""

    def __init__(self) -> None:
        self._taken: dict[ServerId, int] = {}

    def assign(self, servers: Iterable[ServerOverview]) -> dict[ServerId, int]:
        """The colour's index by sharing source; the servers come parents first."""
        sources: dict[ServerId, ServerId] = {}
        found: dict[ServerId, int] = {}
        uses = Counter(self._taken.values())
        for server in servers:
            source = server.source.id
            sources[server.fact.id] = source
            if source in found:
                continue
            if source not in self._taken:
                above = server.source.parent
                beside = found.get(sources[above]) if above in sources and above is not None else None
                self._taken[source] = min(
                    (at for at in range(COLOURS) if at != beside), key=lambda at: (uses[at], at)
                )
                uses[self._taken[source]] += 1
            found[source] = self._taken[source]
        return found
