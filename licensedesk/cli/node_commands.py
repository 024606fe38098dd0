"""`licensedesk node`: import what scanners found, list it, and decide which nodes are managed."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from licensedesk.cli.complete import products
from licensedesk.cli.context import desk_of
from licensedesk.cli.help import Commands
from licensedesk.cli.node_actions import act
from licensedesk.cli.node_filters import (
    FilterOs,
    FilterProduct,
    FilterRange,
    FilterSeen,
    FilterSource,
    FilterState,
    FilterText,
    node_filter,
)
from licensedesk.cli.node_import import import_file
from licensedesk.cli.output import Column, print_table, say
from licensedesk.cli.parameters import Preview

app = Commands("Discovered nodes: import, list, manage, exclude, delete.")
FINDING, DECIDING = "What was found", "What becomes of it"


app.add(
    "import",
    example="licensedesk node import scan.xml --from b.example.com --manage --dry-run",
    panel=FINDING,
)(import_file)


@app.add(
    "list",
    example="licensedesk node list --range d.example.com --state discovered --text pc-muc",
    panel=FINDING,
)
def show_list(
    ctx: typer.Context,
    source: FilterSource = None,
    range_of: FilterRange = None,
    state: FilterState = None,
    product: FilterProduct = None,
    os: FilterOs = None,
    seen_before: FilterSeen = None,
    text: FilterText = None,
    sort: Annotated[
        str, typer.Option(metavar="COLUMN", help="A field of the list; -COLUMN is the reverse order.")
    ] = "host_name",
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="At most N nodes.")] = 100,
    after: Annotated[int | None, typer.Option(metavar="ID", help="Those that follow this node.")] = None,
) -> None:
    """Nodes that match all that is given."""
    from licensedesk.core.nodes.queries import count_nodes, list_nodes
    from licensedesk.core.types import NodeId

    desk = desk_of(ctx)
    wanted = node_filter(desk, ctx.params)
    with desk.store.reading():
        by = desk.actor()
        rows = list_nodes(
            desk.store,
            wanted,
            by=by,
            sort=_sort(sort),
            limit=limit,
            after=NodeId(after) if after is not None else None,
        )
        # A list that ends here counts itself: searching a million names for the total takes 0.1 s.
        whole = after is None and len(rows) < limit
        total = len(rows) if whole else count_nodes(desk.store, wanted, by=by)
    nodes = [_node_json(row) for row in rows]

    def people() -> None:
        names = ("id", "host_name", "ip", "os", "managing_source", "state", "product", "last_seen")
        titles = ("Id", "Host name", "IP", "OS", "Managing source", "State", "Product", "Last seen (UTC)")
        columns = [Column(title, figure=title == "Id") for title in titles]
        print_table(columns, [_cells(node, names) for node in nodes], empty="No node matches.")
        if len(nodes) < total:
            last = f"; for the next ones: --after {nodes[-1]['id']}" if nodes else ""
            say(f"{len(nodes):,} of {total:,} nodes{last}")

    desk.answer({"total": total, "nodes": nodes}, people)


def _cells(node: dict[str, Any], names: tuple[str, ...]) -> list[Any]:
    shown = {**node, "id": str(node["id"]), "last_seen": node["last_seen"][:16].replace("T", " ")}
    return [shown[name] for name in names]


def _sort(text: str) -> Any:
    from licensedesk.core.nodes import queries

    name = text.removeprefix("-")
    try:
        column = queries.Column(name)
    except ValueError:
        known = ", ".join(queries.Column)
        raise typer.BadParameter(f"{name!r} is no column to sort by: {known}", param_hint="--sort") from None
    return queries.Sort(column, descending=text.startswith("-"))


def _node_json(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "host_name": row.host_name,
        "ip": row.ip,
        "macs": row.macs.split(),
        "os": row.os,
        "managing_source": row.source,
        "state": row.state,
        "product": row.product,
        "first_seen": row.first_seen,
        "last_seen": row.last_seen,
    }


# -- what becomes of nodes -----------------------------------------------------------------------------

Ids = Annotated[
    list[int] | None, typer.Option("--id", metavar="N", min=1, help="This node; repeat for several.")
]
All = Annotated[bool, typer.Option("--all", help="All nodes that match the filters.")]
After = Annotated[
    str | None,
    typer.Option(
        "--product", metavar="P", help="The product they are meant for from now on.", autocompletion=products
    ),
]
ForProduct = Annotated[
    str | None,
    typer.Option(
        "--for-product", metavar="P", help="Filter: meant for this product.", autocompletion=products
    ),
]
Fit = Annotated[
    bool, typer.Option("--as-many-as-fit", help="The first for which licenses remain, instead of none.")
]


@app.add("manage", example="licensedesk node manage --all --range b.example.com", panel=DECIDING)
def manage(
    ctx: typer.Context,
    ids: Ids = None,
    all_of: All = False,
    product: After = None,
    as_many_as_fit: Fit = False,
    source: FilterSource = None,
    range_of: FilterRange = None,
    state: FilterState = None,
    for_product: ForProduct = None,
    os: FilterOs = None,
    seen_before: FilterSeen = None,
    text: FilterText = None,
    preview: Preview = False,
) -> None:
    """Manage nodes: each uses one license of its product.

    With --all these are the discovered ones, unless --state says otherwise: what is excluded stays so.
    Either all fit, or with --as-many-as-fit the first in the order of their host names.
    """
    act(desk_of(ctx), "manage", ctx.params)


@app.add("discover", example="licensedesk node discover --id 12 --id 17", panel=DECIDING)
def discover(
    ctx: typer.Context,
    ids: Ids = None,
    all_of: All = False,
    product: After = None,
    source: FilterSource = None,
    range_of: FilterRange = None,
    state: FilterState = None,
    for_product: ForProduct = None,
    os: FilterOs = None,
    seen_before: FilterSeen = None,
    text: FilterText = None,
    preview: Preview = False,
) -> None:
    """Manage or exclude nodes no longer: they are discovered again, and use no license."""
    act(desk_of(ctx), "discover", ctx.params)


@app.add("exclude", example="licensedesk node exclude --all --text printer", panel=DECIDING)
def exclude(
    ctx: typer.Context,
    ids: Ids = None,
    all_of: All = False,
    source: FilterSource = None,
    range_of: FilterRange = None,
    state: FilterState = None,
    product: FilterProduct = None,
    os: FilterOs = None,
    seen_before: FilterSeen = None,
    text: FilterText = None,
    preview: Preview = False,
) -> None:
    """Exclude nodes: they use no license, wait for none, and stay so when they are found again."""
    act(desk_of(ctx), "exclude", ctx.params)


@app.add("delete", example="licensedesk node delete --all --seen-before 2026-01-01", panel=DECIDING)
def delete(
    ctx: typer.Context,
    ids: Ids = None,
    all_of: All = False,
    source: FilterSource = None,
    range_of: FilterRange = None,
    state: FilterState = None,
    product: FilterProduct = None,
    os: FilterOs = None,
    seen_before: FilterSeen = None,
    text: FilterText = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask on a terminal.")] = False,
    preview: Preview = False,
) -> None:
    """Delete nodes; a device that is found again is then a new node."""
    act(desk_of(ctx), "delete", ctx.params)
