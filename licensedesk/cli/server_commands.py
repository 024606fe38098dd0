"""`licensedesk server`: the tree of servers and their license holding options."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from licensedesk.cli import values
from licensedesk.cli.changes import changes_json, show
from licensedesk.cli.complete import host_names, products
from licensedesk.cli.context import Desk, desk_of
from licensedesk.cli.enrol_commands import enrol
from licensedesk.cli.help import Commands
from licensedesk.cli.output import Column, print_table
from licensedesk.cli.parameters import Host, Preview, Yes
from licensedesk.core.changes import Changes
from licensedesk.core.types import Option, Role, ServerId, stamp

if TYPE_CHECKING:
    from licensedesk.core.distribution.status import ServerStatus

app = Commands("Build the tree of servers: relays and managed servers.")
TREE, HOLDING, SENDING = "The tree", "Holding licenses", "Sending License.xml"


class NewRole(StrEnum):
    """Roles that can be added; there is one primary only."""

    RELAY = "relay"
    MANAGED = "managed"


Under = Annotated[
    str,
    typer.Option(metavar="PARENT", help="The management server above it.", autocompletion=host_names),
]
ChildrenTo = Annotated[
    str | None,
    typer.Option(metavar="H", help="Where the servers below it go.", autocompletion=host_names),
]
NodesTo = Annotated[
    str | None,
    typer.Option(metavar="H", help="The managing source that takes its nodes.", autocompletion=host_names),
]


@app.add("list", example="licensedesk server list", panel=TREE)
def show_list(ctx: typer.Context) -> None:
    """All servers, with option, range and what they last reported."""
    desk = desk_of(ctx)
    rows = _rows(desk)
    columns = (
        Column("Host name"),
        Column("Role"),
        Column("Under"),
        Column("Option"),
        Column("Range (sharing source)"),
        Column("State"),
    )
    names = ("host_name", "role", "parent", "option", "range", "state")
    desk.answer(rows, lambda: print_table(columns, [[row[name] for name in names] for row in rows], empty=""))


@app.add("add", example="licensedesk server add b.example.com --under a.example.com --role relay", panel=TREE)
def add(
    ctx: typer.Context,
    host: Host,
    under: Under,
    role: Annotated[NewRole, typer.Option(help="A relay has servers below it, a managed server none.")],
    preview: Preview = False,
) -> None:
    """Add a relay or a managed server."""
    from licensedesk.core.servers import add_server

    desk = desk_of(ctx)
    parent = desk.tree().named(under)
    added = add_server(
        desk.store,
        host_name=host,
        under=parent.id,
        role=Role(role),
        by=desk.actor(),
        at=desk.at,
        preview=preview,
    )
    server = None if preview else _row(desk, added.server)
    done = f"Added {host.lower()} under {parent.host_name}."
    _answer(desk, server, added.changes, done, preview=preview)


@app.add("move", example="licensedesk server move d.example.com --under c.example.com", panel=TREE)
def move(ctx: typer.Context, host: Host, under: Under, yes: Yes = False, preview: Preview = False) -> None:
    """Place a server, with all below it, under another management server."""
    from licensedesk.core.servers import move_server

    desk = desk_of(ctx)
    tree = desk.tree()
    server, parent = tree.named(host), tree.named(under)

    def act(confirmed: bool) -> Changes:
        return move_server(
            desk.store,
            server=server.id,
            under=parent.id,
            by=desk.actor(tree),
            at=desk.at,
            confirmed=confirmed,
            preview=preview,
        )

    _change(
        desk, server.id, act, f"Moved {server.host_name} under {parent.host_name}.", yes=yes, preview=preview
    )


@app.add("rename", example="licensedesk server rename d.example.com delta.example.com", panel=TREE)
def rename(
    ctx: typer.Context,
    host: Host,
    new: Annotated[str, typer.Argument(metavar="NEW", help="Its new host name.")],
    preview: Preview = False,
) -> None:
    """Give a server another host name; all that is known of it stays."""
    from licensedesk.core.servers import rename_server

    desk = desk_of(ctx)
    server = desk.tree().named(host)
    changes = rename_server(
        desk.store, server=server.id, host_name=new, by=desk.actor(), at=desk.at, preview=preview
    )
    done = f"Renamed {server.host_name} to {new.lower()}."
    _answer(desk, _row(desk, server.id), changes, done, preview=preview)


@app.add(
    "remove", example="licensedesk server remove d.example.com --nodes-to b.example.com --yes", panel=TREE
)
def remove(
    ctx: typer.Context,
    host: Host,
    children_to: ChildrenTo = None,
    nodes_to: NodesTo = None,
    yes: Yes = False,
    preview: Preview = False,
) -> None:
    """Remove a server; what was distributed to it returns to the primary."""
    from licensedesk.core.removal import remove_server

    desk = desk_of(ctx)
    tree = desk.tree()
    server = tree.named(host)
    children, nodes = (tree.named(name).id if name else None for name in (children_to, nodes_to))
    row = _row(desk, server.id)

    def act(confirmed: bool) -> Changes:
        return remove_server(
            desk.store,
            server=server.id,
            children_to=children,
            nodes_to=nodes,
            by=desk.actor(tree),
            at=desk.at,
            confirmed=confirmed,
            preview=preview,
        )

    changes = desk.confirmed(act, yes=yes)
    _answer(desk, row, changes, f"Removed {server.host_name}.", preview=preview)


@app.add(
    "option",
    example="licensedesk server option d.example.com distribution --quantity 'Desktop Manager=10'",
    panel=HOLDING,
)
def option(
    ctx: typer.Context,
    host: Host,
    choice: Annotated[
        Option,
        typer.Argument(
            metavar="none|distribution|registration",
            help="none: shares with the range above it; distribution: gets a quantity from the primary; "
            "registration: registers license keys of its own.",
        ),
    ],
    quantity: Annotated[
        list[str] | None,
        typer.Option(
            metavar="P=N", help="With distribution: N licenses of product P.", autocompletion=products
        ),
    ] = None,
    yes: Yes = False,
    preview: Preview = False,
) -> None:
    """Set the license holding option of a relay."""
    from licensedesk.core.options import set_option

    desk = desk_of(ctx)
    given = values.quantities(quantity or (), metavar="P=N")
    tree = desk.tree()
    server = tree.named(host)

    def act(confirmed: bool) -> Changes:
        return set_option(
            desk.store,
            server=server.id,
            option=choice,
            quantities=given,
            by=desk.actor(tree),
            at=desk.at,
            confirmed=confirmed,
            preview=preview,
        )

    done = f"The license holding option of {server.host_name} is {choice.value}."
    _change(desk, server.id, act, done, yes=yes, preview=preview)


app.add("enrol", example="licensedesk server enrol d.example.com --out d.enrol", panel=SENDING)(enrol)


@app.add("suspend", example="licensedesk server suspend e.example.com", panel=SENDING)
def suspend(ctx: typer.Context, host: Host) -> None:
    """Send a server nothing and wait for nothing from it; its nodes count as before."""
    _set_suspended(desk_of(ctx), host, suspended=True)


@app.add("resume", example="licensedesk server resume e.example.com", panel=SENDING)
def resume(ctx: typer.Context, host: Host) -> None:
    """End a suspension."""
    _set_suspended(desk_of(ctx), host, suspended=False)


def _set_suspended(desk: Desk, host: str, *, suspended: bool) -> None:
    from licensedesk.core.servers import suspend_server

    server = desk.tree().named(host)
    changes = suspend_server(desk.store, server=server.id, suspended=suspended, by=desk.actor(), at=desk.at)
    done = f"{server.host_name} is {'suspended' if suspended else 'resumed'}."
    _answer(desk, _row(desk, server.id), changes, done, preview=False)


def _change(
    desk: Desk, server: ServerId, act: Callable[[bool], Changes], done: str, *, yes: bool, preview: bool
) -> None:
    changes = desk.confirmed(act, yes=yes)
    _answer(desk, _row(desk, server), changes, done, preview=preview)


def _answer(desk: Desk, server: Any, changes: Changes, done: str, *, preview: bool) -> None:
    value = {"server": server, **changes_json(changes)}
    desk.answer(value, lambda: show(changes, done, preview=preview))


def _row(desk: Desk, server: ServerId) -> dict[str, Any]:
    return next(row for row in _rows(desk) if row["id"] == server)


def _rows(desk: Desk) -> list[dict[str, Any]]:
    from licensedesk.core.distribution.status import read_status
    from licensedesk.core.server_list import list_servers

    by = desk.actor()
    status = read_status(desk.store, by=by, at=desk.at)
    found = {server.line.server: server for server in status.servers}
    return [
        {
            "id": row.id,
            "host_name": row.host_name,
            "role": row.role,
            "parent": row.parent,
            "option": row.option,
            "range": row.range,
            "enrolled": "no",
            "suspended": row.suspended,
            "state": None,
            "version": None,
            "last_report": None,
            **(_ledger_fields(found[row.id]) if row.id in found else {}),
        }
        for row in list_servers(desk.store, by=by)
    ]


def _ledger_fields(found: ServerStatus) -> dict[str, Any]:
    """What is known of the agent of a relay or managed server; the primary has none."""
    line = found.line
    return {
        "enrolled": line.enrolled.value,
        "state": found.state.value,
        "version": line.held_version,
        "last_report": stamp(line.reported_at) if line.reported_at else None,
    }
