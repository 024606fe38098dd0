"""The domain once more, in plain Python over plain dicts, written from 1-domain.md and nothing else.

An action returns the codes of all rules that it breaks; where there are none, the model has changed.
Servers are known by their host names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date

Figures = dict[tuple[str, str], tuple[int, int, int]]
"""Members, held and used by (sharing source, product)."""


@dataclass
class Server:
    role: str
    parent: str | None
    option: str = "none"


@dataclass
class License:
    product: str
    quantity: int
    first: date
    last: date | None
    server: str

    def valid(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass
class Model:
    primary: str
    products: tuple[str, ...]
    levels: int
    relays: int
    path_bytes: int
    servers: dict[str, Server] = field(default_factory=dict)
    licenses: dict[str, License] = field(default_factory=dict)
    gone: dict[str, tuple[str, int]] = field(default_factory=dict)
    allocations: dict[tuple[str, str], int] = field(default_factory=dict)
    nodes: dict[int, tuple[str, str, str]] = field(default_factory=dict)

    # -- counting -----------------------------------------------------------------------------------

    def path(self, name: str) -> list[str]:
        """The server and all above it, up to the primary."""
        above = self.servers[name].parent
        return [name, *([] if above is None else self.path(above))]

    def holds(self, name: str) -> bool:
        return name == self.primary or self.servers[name].option != "none"

    def source(self, name: str) -> str:
        return next(one for one in self.path(name) if self.holds(one))

    def registered(self, name: str, product: str, day: date) -> int:
        mine = [one for one in self.licenses.values() if (one.server, one.product) == (name, product)]
        return sum(one.quantity for one in mine if one.valid(day))

    def held(self, name: str, product: str, day: date) -> int:
        if self.servers[name].option == "distribution":
            return self.allocations.get((name, product), 0)
        taken = sum(number for (_, of), number in self.allocations.items() if of == product)
        return self.registered(name, product, day) - (taken if name == self.primary else 0)

    def used(self, source: str, product: str) -> int:
        managed = [(found, of) for found, of, state in self.nodes.values() if state == "managed"]
        return sum(self.source(found) == source and of == product for found, of in managed)

    def figures(self, day: date) -> Figures:
        found: Figures = {}
        for name in filter(self.holds, self.servers):
            members = sum(self.source(one) == name for one in self.servers)
            for product in self.products:
                found[name, product] = (members, self.held(name, product, day), self.used(name, product))
        return found

    def valid_total(self, product: str, day: date) -> int:
        """What all ranges together must hold."""
        return sum(self.registered(name, product, day) for name in self.servers)

    # -- the tree -----------------------------------------------------------------------------------

    def broken_limits(self) -> set[str]:
        codes = set()
        for name, server in self.servers.items():
            path = self.path(name)
            if server.role != "managed" and len(path) > self.levels:
                codes.add("too-deep")
            if len("/".join(path[:-1])) > self.path_bytes:
                codes.add("path-too-long")
            below = [one for one in self.servers.values() if one.parent == name and one.role == "relay"]
            if len(below) > self.relays:
                codes.add("too-many-relays")
        return codes

    def add(self, name: str, under: str, role: str) -> set[str]:
        codes = {"name-taken"} if name in self.servers else set()
        codes |= {"is-primary"} if role == "primary" else set()
        codes |= {"not-a-management-server"} if self.servers[under].role == "managed" else set()
        if not codes:
            self.servers[name] = Server(role, under)
        return codes or self.broken_limits()

    def move(self, name: str, under: str) -> set[str]:
        codes = {"is-primary"} if name == self.primary else set()
        codes |= {"cycle"} if name in self.path(under) else set()
        codes |= {"not-a-management-server"} if self.servers[under].role == "managed" else set()
        if not codes:
            self.servers[name].parent = under
        return codes or self.broken_limits()

    def rename(self, name: str, to: str) -> set[str]:
        if to in self.servers and to != name:
            return {"name-taken"}
        self.servers = {to if key == name else key: one for key, one in self.servers.items()}
        for server in self.servers.values():
            server.parent = to if server.parent == name else server.parent
        for held in self.licenses.values():
            held.server = to if held.server == name else held.server
        self.allocations = {(to if key == name else key, p): n for (key, p), n in self.allocations.items()}
        self.nodes = {one: (to if at == name else at, *rest) for one, (at, *rest) in self.nodes.items()}  # type: ignore[misc]
        self.primary = to if self.primary == name else self.primary
        return self.broken_limits()

    def remove(self, name: str, children_to: str | None, nodes_to: str | None) -> set[str]:
        children = [one for one, server in self.servers.items() if server.parent == name]
        nodes = [one for one, (found, *_) in self.nodes.items() if found == name]
        codes = {"is-primary"} if name == self.primary else set()
        codes |= {"has-licenses"} if any(one.server == name for one in self.licenses.values()) else set()
        codes |= {"has-children"} if children and children_to is None else set()
        codes |= {"has-nodes"} if nodes and nodes_to is None else set()
        for to in filter(None, (children_to, nodes_to)):
            codes |= {"cycle"} if to == name else set()
            codes |= {"not-a-management-server"} if self.servers[to].role == "managed" else set()
        if children_to is not None and children and any(one in self.path(children_to) for one in children):
            codes.add("cycle")
        if not codes:
            for child in children:
                self.servers[child].parent = children_to
            for node in nodes:
                self.nodes[node] = (nodes_to or name, *self.nodes[node][1:])
            del self.servers[name]
            self.allocations = {key: n for key, n in self.allocations.items() if key[0] != name}
        return codes or self.broken_limits()

    # -- licenses -----------------------------------------------------------------------------------

    def set_option(self, name: str, option: str, quantities: dict[str, int], day: date) -> set[str]:
        role = self.servers[name].role
        codes = {"is-primary"} if role == "primary" else {"not-a-relay"} if role == "managed" else set()
        registered = any(one.server == name for one in self.licenses.values())
        codes |= {"has-licenses"} if registered and option != "registration" else set()
        codes |= {"option-conflict"} if quantities and option != "distribution" else set()
        if codes:
            return codes
        self.servers[name].option = option
        if option != "distribution":
            self.allocations = {key: n for key, n in self.allocations.items() if key[0] != name}
        for product, quantity in quantities.items():
            codes |= self.allocate(product, {name: quantity}, day)
        return codes

    def allocate(self, product: str, quantities: dict[str, int], day: date) -> set[str]:
        if any(self.servers[name].option != "distribution" for name in quantities):
            return {"option-conflict"}
        had = sum(number for (_, of), number in self.allocations.items() if of == product)
        for name, quantity in quantities.items():
            self.allocations[name, product] = quantity
        total = sum(number for (_, of), number in self.allocations.items() if of == product)
        fits = total <= max(had, self.registered(self.primary, product, day))
        return set() if fits else {"exceeds-undistributed"}

    def register(self, serial: str, license: License, day: date) -> set[str]:  # noqa: A002 - its word
        may = license.server == self.primary or self.servers[license.server].option == "registration"
        codes = set() if may else {"not-authorised-to-register"}
        codes |= {"expired"} if license.last is not None and license.last < day else set()
        content = (license.product, license.quantity)
        if serial in self.licenses:
            held = self.licenses[serial]
            same = (held.product, held.quantity) == content
            codes.add("duplicate-license" if same else "conflicting-license")
        elif self.gone.get(serial, content) != content:
            codes.add("conflicting-license")
        if not codes:
            self.licenses[serial] = license
        return codes

    def deregister(self, serial: str) -> set[str]:
        if serial not in self.licenses:
            return {"unknown-license"}
        gone = self.licenses.pop(serial)
        self.gone[serial] = (gone.product, gone.quantity)
        return set()

    # -- nodes --------------------------------------------------------------------------------------

    def change_nodes(
        self, chosen: Iterable[int], act: str, product: str | None, *, day: date, as_many_as_fit: bool
    ) -> set[str]:
        for node in chosen:
            found, was, state = self.nodes[node]
            becomes = {"manage": "managed", "exclude": "excluded", "discover": "discovered"}.get(act, state)
            after = (found, product or was, becomes)
            source = self.source(found)
            takes = becomes == "managed" and after != self.nodes[node]
            if act == "delete":
                del self.nodes[node]
            elif takes and self.held(source, after[1], day) - self.used(source, after[1]) < 1:
                if not as_many_as_fit:
                    return {"no-license-remaining"}
            else:
                self.nodes[node] = after
        return set()


def tried(model: Model, change: Callable[[Model], set[str]]) -> tuple[Model, set[str]]:
    """The model after a change, and the codes that stand against it; the model itself stays."""
    after = deepcopy(model)
    return after, change(after)


def grows_short(before: Figures, after: Figures) -> bool:
    """Whether any range is short that was not, or shorter than before."""
    short = {key: max(0, used - held) for key, (_, held, used) in before.items()}
    return any(max(0, used - held) > short.get(key, 0) for key, (_, held, used) in after.items())
