"""Servers of the tree: add, move, rename, suspend, resume. Removing one stands in `removal`."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from licensedesk.core.actions import Plan, perform
from licensedesk.core.changes import Changes
from licensedesk.core.errors import RefusedError
from licensedesk.core.holdings import Holdings
from licensedesk.core.names import canonical_host_name
from licensedesk.core.placement import place, require_within_limits
from licensedesk.core.scope import require_primary
from licensedesk.core.store.database import Store
from licensedesk.core.tree import ServerFact, Tree
from licensedesk.core.types import Actor, Option, Role, ServerId, stamp


@dataclass(frozen=True, slots=True)
class Added:
    """A new server's id, and what adding it changed."""

    server: ServerId
    changes: Changes


def new_server_id() -> ServerId:
    return ServerId(secrets.token_hex(8))


def add_server(
    store: Store,
    *,
    host_name: str,
    under: ServerId,
    role: Role,
    by: Actor,
    at: datetime,
    preview: bool = False,
) -> Added:
    """Add a relay or a managed server below a management server.

    Raises RefusedError: `invalid-name`, `name-taken`, `is-primary` (there is only one), `out-of-scope`,
    and those of `placement.place`.
    """
    server = new_server_id()

    def judge(before: Holdings) -> Plan:
        fact = ServerFact(server, canonical_host_name(host_name), role.value, under, Option.NONE.value)
        require_primary(before.tree, by, subject=fact.host_name)
        require_free_name(before.tree, fact)
        after = before.with_tree(place(before.tree, fact, under=under))
        return Plan(
            after=after,
            action="server-add",
            subject=fact.host_name,
            becomes={"under": before.tree.get(under).host_name, "role": role.value, "id": server},
            write=lambda: _insert(store, fact, at=at),
            flags=Changes(servers=True),
            desired=True,
        )

    changes = perform(store, judge, by=by, at=at, confirmed=True, preview=preview)
    return Added(server, changes)


def move_server(
    store: Store,
    *,
    server: ServerId,
    under: ServerId,
    by: Actor,
    at: datetime,
    confirmed: bool = False,
    preview: bool = False,
) -> Changes:
    """Place a server, with all below it, under another management server.

    Raises RefusedError: those of `placement.place`, `needs-confirmation`, `out-of-scope`.
    """

    def judge(before: Holdings) -> Plan:
        fact = before.tree.get(server)
        require_primary(before.tree, by, subject=fact.host_name)
        after = before.with_tree(place(before.tree, fact, under=under))
        was, becomes = before.tree.get(fact.parent or fact.id), before.tree.get(under)
        return Plan(
            after=after,
            action="server-move",
            subject=fact.host_name,
            was={"under": was.host_name},
            becomes={"under": becomes.host_name},
            write=lambda: _update(store, server, "parent_id", under),
            flags=Changes(servers=True, licenses=True),
            desired=was != becomes,
        )

    return perform(store, judge, by=by, at=at, confirmed=confirmed, preview=preview)


def rename_server(
    store: Store,
    *,
    server: ServerId,
    host_name: str,
    was: str | None = None,
    by: Actor,
    at: datetime,
    preview: bool = False,
) -> Changes:
    """Give a server another host name; its id, and so all that is known of it, stays.

    `was` is the name that the administrator saw. Raises RefusedError: `renamed-meanwhile` where it has
    another by now, `invalid-name`, `name-taken`, `path-too-long`, `out-of-scope`.
    """

    def judge(before: Holdings) -> Plan:
        fact = before.tree.get(server)
        require_primary(before.tree, by, subject=fact.host_name)
        if was is not None and was != fact.host_name:
            raise RefusedError("renamed-meanwhile", was=was, server=fact.host_name)
        becomes = fact._replace(host_name=canonical_host_name(host_name))
        require_free_name(before.tree, becomes)
        tree = before.tree.with_server(becomes)
        require_within_limits(tree, server)
        holds = tree.holders[tree.index[server]]
        return Plan(
            after=before.with_tree(tree),
            action="server-rename",
            subject=fact.host_name,
            was={"host_name": fact.host_name},
            becomes={"host_name": becomes.host_name},
            write=lambda: _update(store, server, "host_name", becomes.host_name),
            flags=Changes(servers=True, licenses=True),
            desired=holds and fact != becomes,
        )

    return perform(store, judge, by=by, at=at, confirmed=True, preview=preview)


def suspend_server(store: Store, *, server: ServerId, suspended: bool, by: Actor, at: datetime) -> Changes:
    """Suspend a server (it is sent nothing and not waited for; its nodes count), or resume it.

    Raises RefusedError: `unknown-server`, `is-primary`, `is-suspended`, `not-suspended`, `out-of-scope`.
    """

    def judge(before: Holdings) -> Plan:
        fact = before.tree.get(server)
        require_primary(before.tree, by, subject=fact.host_name)
        if fact.role == Role.PRIMARY:
            raise RefusedError("is-primary", server=fact.host_name)
        if is_suspended(store, server) == suspended:
            raise RefusedError("is-suspended" if suspended else "not-suspended", server=fact.host_name)
        return Plan(
            after=before,
            action="server-suspend" if suspended else "server-resume",
            subject=fact.host_name,
            was={"suspended": not suspended},
            becomes={"suspended": suspended},
            write=lambda: _set_suspended(store, server, suspended=suspended, at=at),
            flags=Changes(servers=True, ledger=True),
        )

    return perform(store, judge, by=by, at=at, confirmed=True)


def _set_suspended(store: Store, server: ServerId, *, suspended: bool, at: datetime) -> None:
    _update(store, server, "suspended", int(suspended))
    if not suspended:
        # What it missed is tried again at once.
        store.run("UPDATE ledger SET retry_at = ? WHERE server_id = ?", (stamp(at), server))


def is_suspended(store: Store, server: ServerId) -> bool:
    return bool(store.value("SELECT suspended FROM server WHERE id = ?", (server,)))


def require_free_name(tree: Tree, fact: ServerFact) -> None:
    """Raises RefusedError `name-taken` where another server has the host name."""
    if any(other.host_name == fact.host_name and other.id != fact.id for other in tree.servers):
        raise RefusedError("name-taken", name=fact.host_name)


def _insert(store: Store, fact: ServerFact, *, at: datetime) -> None:
    store.run(
        'INSERT INTO server (id, host_name, role, parent_id, "option", suspended, added_at)'
        " VALUES (?, ?, ?, ?, ?, 0, ?)",
        (*fact, stamp(at)),
    )


def _update(store: Store, server: ServerId, column: str, value: object) -> None:
    store.run(f"UPDATE server SET {column} = ? WHERE id = ?", (value, server))
