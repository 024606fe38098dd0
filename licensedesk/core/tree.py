"""The tree of servers in memory: parents before children, so that everything is one pass over an array."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
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


def sharing_sources(parents: Sequence[int], holders: Sequence[bool]) -> list[int]:
    """The index of each server's sharing source: itself where it holds licenses, else its parent's.

    `parents[i]` is the index of i's parent, always below i; the primary (index 0) holds by definition.
    """
    sources: list[int] = []
    append = sources.append
    for index, (parent, holds) in enumerate(zip(parents, holders, strict=True)):
        append(index if holds else sources[parent])
    return sources


@dataclass(frozen=True)
class Tree:
    """All servers of a site in an order in which every parent comes before its children."""

    servers: tuple[ServerFact, ...]

    @classmethod
    def of(cls, rows: Iterable[ServerFact | tuple[str, str, str, str | None, str]]) -> Tree:
        """The rows in any order; each parent must be among them and there must be one root."""
        children: dict[str | None, list[tuple[str, str, str, str | None, str]]] = defaultdict(list)
        for row in rows:
            children[row[3]].append(row)
        ordered: list[ServerFact] = []
        waiting = deque(children.pop(None, ()))
        make = ServerFact._make
        while waiting:
            row = waiting.popleft()
            ordered.append(make(row))
            if row[0] in children:
                waiting.extend(children.pop(row[0]))
        return cls(tuple(ordered))

    @cached_property
    def index(self) -> dict[ServerId, int]:
        return {server.id: position for position, server in enumerate(self.servers)}

    @cached_property
    def _by_name(self) -> dict[str, int]:
        return {server.host_name: position for position, server in enumerate(self.servers)}

    @cached_property
    def parents(self) -> list[int]:
        index = self.index
        return [0 if server.parent is None else index[server.parent] for server in self.servers]

    @cached_property
    def holders(self) -> list[bool]:
        """Which servers are management servers for holding licenses."""
        return [server[2] == "primary" or server[4] != "none" for server in self.servers]

    @cached_property
    def sources(self) -> list[int]:
        return sharing_sources(self.parents, self.holders)

    @cached_property
    def members(self) -> dict[ServerId, tuple[ServerFact, ...]]:
        """The servers of each range, its source first, by the id of the source."""
        ranges: dict[int, list[ServerFact]] = defaultdict(list)
        for position, source in enumerate(self.sources):
            ranges[source].append(self.servers[position])
        return {self.servers[source].id: tuple(found) for source, found in ranges.items()}

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
