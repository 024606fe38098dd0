"""The tree of servers in memory: parents before children, so that everything is one pass over an array."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count, islice, repeat
from operator import itemgetter
from typing import NamedTuple

from licensedesk.core.errors import RefusedError
from licensedesk.core.types import Option, Role, ServerId


class ServerFact(NamedTuple):
    """What ranges depend on, of one server. A tuple: a site may have 100,000 of them."""

    id: ServerId
    host_name: str
    role: str
    parent: ServerId | None
    option: str


# By position: attributes of a named tuple take four times as long, and these are asked 100,000 times.
_ID, _OPTION = itemgetter(0), itemgetter(4)


def sharing_sources(parents: Sequence[int], holders: Sequence[bool]) -> list[int]:
    """The index of each server's sharing source: itself where it holds licenses, else its parent's.

    `parents[i]` is the index of i's parent, always below i; the primary (index 0) holds by definition.
    """
    sources = list(range(len(parents)))
    for index in range(1, len(sources)):
        if not holders[index]:
            sources[index] = sources[parents[index]]
    return sources


@dataclass(frozen=True)
class Tree:
    """All servers of a site, management servers first, every parent before its children.

    Managed servers, nearly all of a large site, come last, those of one parent together, so that ranges
    take them by the slice. Made by `of`, which puts them so.
    """

    servers: tuple[ServerFact, ...]
    parents: list[int] = field(compare=False)
    """The index of each server's parent; the primary, at 0, is its own."""

    @classmethod
    def of(cls, servers: Iterable[ServerFact]) -> Tree:
        """The servers in any order; each parent must be among them and there must be one root."""
        management: dict[str | None, list[ServerFact]] = defaultdict(list)
        managed: dict[str | None, list[ServerFact]] = defaultdict(list)
        for server in servers:
            (managed if server[2] == "managed" else management)[server[3]].append(server)
        ordered = management.pop(None, [])
        parents = [0] * len(ordered)
        for position, server in enumerate(ordered):
            below = management.pop(server[0], ())
            ordered.extend(below)
            parents.extend(repeat(position, len(below)))
        leaves: list[ServerFact] = []
        for position in range(len(ordered)):
            found = managed.get(ordered[position][0], ())
            leaves.extend(found)
            parents.extend(repeat(position, len(found)))
        return cls((*ordered, *leaves), parents)

    @cached_property
    def _management(self) -> int:
        """How many management servers there are."""
        return bisect_left(self.servers, True, key=lambda server: server[2] == "managed")

    @cached_property
    def index(self) -> dict[ServerId, int]:
        return dict(zip(map(_ID, self.servers), count()))

    @cached_property
    def management_index(self) -> dict[ServerId, int]:
        """`index` of the management servers alone, which are few."""
        return dict(zip(map(_ID, self.servers[: self._management]), count()))

    @cached_property
    def _by_name(self) -> dict[str, int]:
        return {server.host_name: position for position, server in enumerate(self.servers)}

    @cached_property
    def holders(self) -> list[bool]:
        """Which servers are management servers for holding licenses."""
        options = map(_OPTION, islice(self.servers, 1, self._management))
        return [True, *map("none".__ne__, options), *repeat(False, len(self.servers) - self._management)]

    @cached_property
    def sources(self) -> list[int]:
        management = sharing_sources(self.parents[: self._management], self.holders[: self._management])
        return [*management, *map(management.__getitem__, self.parents[self._management :])]

    @cached_property
    def members(self) -> dict[ServerId, tuple[ServerFact, ...]]:
        """The servers of each range, its source first, by the id of the source."""
        ranges: dict[int, list[ServerFact]] = defaultdict(list)
        for position in range(self._management):
            ranges[self.sources[position]].append(self.servers[position])
        start = self._management
        while start < len(self.servers):
            parent = self.parents[start]
            # The parents of managed servers rise: the next one begins after the last of the same.
            end = bisect_right(self.parents, parent, start)
            ranges[self.sources[parent]].extend(self.servers[start:end])
            start = end
        return {found[0].id: tuple(found) for found in ranges.values()}

    @cached_property
    def children(self) -> dict[ServerId, tuple[ServerFact, ...]]:
        below: dict[ServerId, list[ServerFact]] = defaultdict(list)
        for server in self.servers:
            if server.parent is not None:
                below[server.parent].append(server)
        return {parent: tuple(found) for parent, found in below.items()}

    @property
    def primary(self) -> ServerFact:
        return self.servers[0]

    def get(self, server: ServerId) -> ServerFact:
        """Raises RefusedError `unknown-server`."""
        try:
            return self.servers[self.index[server]]
        except KeyError:
            raise RefusedError("unknown-server", server=server) from None

    def named(self, host_name: str) -> ServerFact:
        """The server with that host name, in any case of letters. Raises RefusedError `unknown-server`."""
        try:
            return self.servers[self._by_name[host_name.lower()]]
        except KeyError:
            raise RefusedError("unknown-server", server=host_name) from None

    def source_of(self, server: ServerId) -> ServerFact:
        """The sharing source of the range a server belongs to."""
        self.get(server)
        return self.servers[self.sources[self.index[server]]]

    def ancestors(self, server: ServerId) -> Iterator[ServerFact]:
        """From the server's parent up to the primary."""
        at = self.get(server)
        while at.parent is not None:
            at = self.get(at.parent)
            yield at

    def subtree(self, server: ServerId) -> list[ServerFact]:
        """The server and all below it, parents first."""
        found = [self.get(server)]
        for fact in found:
            found.extend(self.children.get(fact.id, ()))
        return found

    def with_server(self, server: ServerFact) -> Tree:
        """The tree with one server added, or put in the place of the one with the same id."""
        rest = [fact for fact in self.servers if fact.id != server.id]
        return Tree.of([*rest, server])

    def with_servers(self, servers: Iterable[ServerFact]) -> Tree:
        changed = {server.id: server for server in servers}
        rest = [fact for fact in self.servers if fact.id not in changed]
        return Tree.of([*rest, *changed.values()])

    def without(self, server: ServerId) -> Tree:
        return Tree.of(fact for fact in self.servers if fact.id != server)


def is_management(server: ServerFact) -> bool:
    return server.role != Role.MANAGED


def holds_by_distribution(server: ServerFact) -> bool:
    return server.option == Option.DISTRIBUTION


def may_register(server: ServerFact) -> bool:
    """The primary, or a relay with License registration."""
    return server.role == Role.PRIMARY or server.option == Option.REGISTRATION
