"""`licensedesk license`: register license key files, list them, distribute licenses to relays."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from licensedesk.cli import values
from licensedesk.cli.changes import changes_json, show, show_warnings
from licensedesk.cli.complete import host_names, issuers
from licensedesk.cli.context import Desk, desk_of
from licensedesk.cli.faults import REFUSED
from licensedesk.cli.help import Commands
from licensedesk.cli.output import Column, Marked, print_table, say
from licensedesk.cli.parameters import OnDate, Preview, Product, Yes
from licensedesk.core.changes import Changes
from licensedesk.core.errors import RefusedError

app = Commands("Register license key files and distribute licenses.")
Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="License key files (*.lic).")]
OnHost = Annotated[
    str | None,
    typer.Option(
        "--on", metavar="HOST", help="Where they are registered [local server].", autocompletion=host_names
    ),
]
_FILE_COLUMNS = (
    Column("File"),
    Column("Result"),
    Column("Product"),
    Column("Quantity", figure=True),
    Column("Valid until"),
    Column("Issuer"),
    Column("Serial"),
)
_LIST_COLUMNS = (
    Column("Issuer"),
    Column("Serial"),
    Column("Product"),
    Column("Quantity", figure=True),
    Column("Kind"),
    Column("Valid from"),
    Column("Valid until"),
    Column("Server"),
    Column("State"),
)


@app.add("register", example="licensedesk license register DM-0001.lic DM-0002.lic")
def register(ctx: typer.Context, files: Files, on: OnHost = None) -> None:
    """Register license key files: a result for each, the good ones are registered."""
    _register(desk_of(ctx), files, on, only_check=False)


@app.add("check", example="licensedesk license check DM-0001.lic")
def check(ctx: typer.Context, files: Files, on: OnHost = None) -> None:
    """Judge license key files as `register` would, and register nothing."""
    _register(desk_of(ctx), files, on, only_check=True)


def _register(desk: Desk, files: list[Path], on: str | None, *, only_check: bool) -> None:
    from licensedesk.core.issuers import trusted_issuers
    from licensedesk.core.licenses import register_files
    from licensedesk.core.scope import local_server

    tree = desk.tree()
    actor = desk.actor(tree)
    server = tree.named(on) if on else local_server(tree, actor)
    results = register_files(
        desk.store,
        files,
        server=server.id,
        trusted=trusted_issuers(desk.store),
        by=actor,
        at=desk.at,
        only_check=only_check,
    )
    value = [_file_json(result) for result in results]

    def people() -> None:
        print_table(_FILE_COLUMNS, [_file_cells(row) for row in value], empty="")
        for result in results:
            if result.error:
                say(f"{result.file}: {result.error.message} {result.error.advice}")
            show_warnings(result.changes.warnings if result.changes else ())

    desk.answer(value, people)
    if any(result.error for result in results):
        raise typer.Exit(REFUSED)


def _file_json(result: Any) -> dict[str, Any]:
    given = result.key.license if result.key else None
    return {
        "file": result.file,
        "status": result.status,
        "code": result.error.code if result.error else None,
        "message": result.error.message if result.error else None,
        "issuer": given.issuer if given else None,
        "serial": given.serial if given else None,
        "product": given.product if given else None,
        "quantity": given.quantity if given else None,
        "kind": given.kind.value if given else None,
        "valid_from": given.valid_from.isoformat() if given else None,
        "valid_until": given.valid_until.isoformat() if given and given.valid_until else None,
    }


def _file_cells(row: dict[str, Any]) -> list[Any]:
    result = Marked(f"refused: {row['code']}") if row["code"] else row["status"]
    names = ("product", "quantity", "valid_until", "issuer", "serial")
    return [row["file"], result, *(row[name] for name in names)]


@app.add("list", example="licensedesk license list --on-date 2027-04-01")
def show_list(ctx: typer.Context, on_date: OnDate = None) -> None:
    """All licenses that are or were registered, with their state on a day."""
    desk = desk_of(ctx)
    rows = _list(desk, on_date)
    names = (
        "issuer",
        "serial",
        "product",
        "quantity",
        "kind",
        "valid_from",
        "valid_until",
        "server",
        "state",
    )
    cells = [[row[name] for name in names] for row in rows]
    empty = "No license is registered yet: licensedesk license register."
    desk.answer(rows, lambda: print_table(_LIST_COLUMNS, cells, empty=empty))


def _list(desk: Desk, on_date: str | None) -> list[dict[str, Any]]:
    from licensedesk.core.license_list import list_licenses

    on = values.coming_day(on_date, today=desk.today)
    return [
        {
            "issuer": row.issuer,
            "serial": row.serial,
            "product": row.product,
            "quantity": row.quantity,
            "kind": row.kind.value,
            "valid_from": row.valid_from.isoformat(),
            "valid_until": row.valid_until.isoformat() if row.valid_until else None,
            "server": row.server,
            "state": row.state,
            "registered_at": row.registered_at,
            "registered_by": row.registered_by,
        }
        for row in list_licenses(desk.store, on=on, by=desk.actor())
    ]


@app.add("deregister", example="licensedesk license deregister 'Example Software' DM-0001 --preview")
def deregister(
    ctx: typer.Context,
    issuer: Annotated[str, typer.Argument(metavar="ISSUER", autocompletion=issuers)],
    serial: Annotated[str, typer.Argument(metavar="SERIAL")],
    yes: Yes = False,
    preview: Preview = False,
) -> None:
    """Take a license out of use; its record stays."""
    from licensedesk.core import licenses

    desk = desk_of(ctx)

    def act(confirmed: bool) -> Changes:
        return licenses.deregister(
            desk.store,
            issuer=issuer,
            serial=serial,
            by=desk.actor(),
            at=desk.at,
            confirmed=confirmed,
            preview=preview,
        )

    changes = desk.confirmed(act, yes=yes)
    same = [row for row in _list(desk, None) if (row["issuer"], row["serial"]) == (issuer, serial)]
    value = [{**same[-1], **changes_json(changes)}]
    desk.answer(value, lambda: show(changes, f"Deregistered {serial} of {issuer}.", preview=preview))


@app.add(
    "allocate",
    example="licensedesk license allocate c.example.com=40 d.example.com=10 --product 'Desktop Manager'",
)
def allocate(
    ctx: typer.Context,
    pairs: Annotated[
        list[str],
        typer.Argument(
            metavar="HOST=QUANTITY...",
            help="Relays with the option distribution, and what each shall have.",
            autocompletion=host_names,
        ),
    ],
    product: Product = None,
    yes: Yes = False,
    preview: Preview = False,
) -> None:
    """Distribute licenses: set what relays have of a product, judged as one step."""
    from licensedesk.core import allocations

    desk = desk_of(ctx)
    given = values.quantities(pairs, metavar="HOST=QUANTITY")
    tree = desk.tree()
    name = product if product is not None else default_product(desk)
    quantities = {tree.named(host).id: quantity for host, quantity in given.items()}

    def act(confirmed: bool) -> Changes:
        return allocations.allocate(
            desk.store,
            product=name,
            quantities=quantities,
            by=desk.actor(tree),
            at=desk.at,
            confirmed=confirmed,
            preview=preview,
        )

    changes = desk.confirmed(act, yes=yes)
    done = f"Distributed licenses of {name} to {len(quantities):,} relay{'s' if len(quantities) > 1 else ''}."
    desk.answer(changes_json(changes), lambda: show(changes, done, preview=preview))


def default_product(desk: Desk) -> str:
    """The product meant where none is named. Raises RefusedError `unknown-product`: the site has none."""
    from licensedesk.core.settings import read_settings

    name = read_settings(desk.store)["default_product"]
    if not isinstance(name, str):
        raise RefusedError("unknown-product", product="-")
    return name
