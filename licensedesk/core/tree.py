"""The tree of servers in memory: parents before children, so that everything is one pass over an array."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count, islice
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
_ID, _PARENT, _OPTION = itemgetter(0), itemgetter(3), itemgetter(4)

_NOBODY: list[ServerFact] = []


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
    """All servers of a site in an order in which every parent comes before its children."""

    servers: tuple[ServerFact, ...]

    @classmethod
    def of(cls, servers: Iterable[ServerFact]) -> Tree:
        """The servers in any order; each parent must be among them and there must be one root.

        Managed servers, which are many and have nothing below them, come last.
        """
        children: dict[str | None, list[ServerFact]] = defaultdict(list)
        leaves: list[ServerFact] = []
        for server in servers:
            (leaves if server[2] == "managed" else children[server[3]]).append(server)
        ordered = children.pop(None, [])
        for server in ordered:
            ordered.extend(children.pop(server[0], ()))
        return cls((*ordered, *leaves))

    @cached_property
    def index(self) -> dict[ServerId, int]:
        return dict(zip(map(_ID, self.servers), count()))

    @cached_property
    def _by_name(self) -> dict[str, int]:
        return {server.host_name: position for position, server in enumerate(self.servers)}

    @cached_property
    def parents(self) -> list[int]:
        """The index of each server's parent; the primary, at 0, is its own."""
        below = islice(self.servers, 1, None)
        return [0, *map(self.index.__getitem__, map(_PARENT, below))]

    @cached_property
    def holders(self) -> list[bool]:
        """Which servers are management servers for holding licenses."""
        below = islice(self.servers, 1, None)
        return [True, *map("none".__ne__, map(_OPTION, below))]

    @cached_property
    def sources(self) -> list[int]:
        return sharing_sources(self.parents, self.holders)

    @cached_property
    def members(self) -> dict[ServerId, tuple[ServerFact, ...]]:
        """The servers of each range, its source first, by the id of the source."""
        ranges: list[list[ServerFact]] = [[] if holds else _NOBODY for holds in self.holders]
        for source, server in zip(self.sources, self.servers, strict=True):
            ranges[source].append(server)
        return {found[0].id: tuple(found) for found in ranges if found is not _NOBODY}

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
