"""`licensedesk node import`: what scanners found, tried first or taken in."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from licensedesk.cli.changes import changes_json, show_changes, show_warnings
from licensedesk.cli.complete import host_names
from licensedesk.cli.context import desk_of
from licensedesk.cli.output import Column, print_table, say
from licensedesk.cli.parameters import Product
from licensedesk.core.sentences import sentence_for


class Format(StrEnum):
    """What scanners write. glpi takes the older XML of OCS and FusionInventory too."""

    NMAP = "nmap"
    GLPI = "glpi"
    CSV = "csv"


def import_file(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What a scanner wrote.")],
    source: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="HOST",
            help="The management server that found them: their managing source.",
            autocompletion=host_names,
        ),
    ],
    file_format: Annotated[
        Format | None, typer.Option("--format", help="[found out by itself]", show_default=False)
    ] = None,
    product: Product = None,
    manage: Annotated[
        bool, typer.Option("--manage", help="Manage as many as licenses remain for, in the file's order.")
    ] = False,
    as_reported: Annotated[
        bool, typer.Option("--as-reported", help="Manage those that the file says a relay manages already.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would happen, change nothing.")
    ] = False,
) -> None:
    """Import discovered nodes from nmap XML, GLPI, OCS or FusionInventory inventories, or CSV."""
    from licensedesk.cli.watching import watching
    from licensedesk.core.exchange.detect import read_devices
    from licensedesk.core.exchange.source import Reading
    from licensedesk.core.nodes.importing import import_devices

    desk = desk_of(ctx)
    tree = desk.tree()
    server = tree.named(source)
    reading = Reading([file])
    doing = "Trying" if dry_run else "Importing"
    with watching(f"{doing} {file.name}", quiet=desk.json, reading=reading) as watch:
        result = import_devices(
            desk.store,
            read_devices(file, format=file_format.value if file_format else None, reading=reading),
            source=server.id,
            product=product,
            manage=manage,
            as_reported=as_reported,
            by=desk.actor(tree),
            at=desk.at,
            dry_run=dry_run,
            watch=watch,
        )
    value = {**result.figures(), "refused": _refused_json(result.refused), **changes_json(result.changes)}
    value["refused_count"] = result.refused_count
    desk.answer(value, lambda: _print_import(result, file, dry_run=dry_run))


def _refused_json(rows: list[Any]) -> list[dict[str, Any]]:
    return [
        {"row": row.row, "code": row.code, "message": sentence_for(row.code, row.figures)} for row in rows
    ]


_SHOWN = 20


def _print_import(result: Any, file: Path, *, dry_run: bool) -> None:
    say(f"{'Dry run, nothing is changed' if dry_run else 'Imported'}: {file.name}")
    names = ("read", "new", "updated", "unchanged", "repeated", "refused", "managed")
    figures = result.figures()
    columns = tuple(Column(name.capitalize(), figure=True) for name in names)
    print_table(columns, [[figures[name] for name in names]], empty="")
    show_changes([change.as_json() for change in result.changes.ranges])
    for row in result.refused[:_SHOWN]:
        say(f"Row {row.row:,} is refused: {sentence_for(row.code, row.figures)}")
    if result.refused_count > _SHOWN:
        say(f"... and {result.refused_count - _SHOWN:,} rows more (all that are kept: --json).")
    show_warnings(result.changes.warnings)
