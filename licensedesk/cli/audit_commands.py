"""`licensedesk audit`: every administrator's action, and whether the log is whole."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any

import typer

from licensedesk.cli.context import Desk, desk_of
from licensedesk.cli.faults import REFUSED
from licensedesk.cli.help import Commands
from licensedesk.cli.output import Column, Marked, print_table, say, text_of

app = Commands("Read the audit log, and prove that it is whole.")


@app.add("list", example="licensedesk audit list --limit 20")
def show_list(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="The newest N entries.")] = 100,
) -> None:
    """The newest entries: who did what, when, and before and after."""
    from licensedesk.core.audit import entries

    desk = desk_of(ctx)
    _require_primary(desk)
    found = [dataclasses.asdict(entry) for entry in entries(desk.store, limit=limit)]
    columns = (
        Column("Entry", figure=True),
        Column("At (UTC)"),
        Column("By"),
        Column("Action"),
        Column("Subject"),
        Column("Before"),
        Column("After"),
    )
    rows = [
        [one["seq"], one["at"][:19], one["by"], one["action"], one["subject"], *map(_figures, _sides(one))]
        for one in found
    ]
    desk.answer(found, lambda: print_table(columns, rows, empty=""))


@app.add("verify", example="licensedesk audit verify")
def verify(ctx: typer.Context) -> None:
    """Check the whole chain; exit code 1 names the first entry that was changed or is missing."""
    from licensedesk.core import audit

    desk = desk_of(ctx)
    _require_primary(desk)
    verdict = audit.verify(desk.store)

    def people() -> None:
        if verdict.intact:
            say(f"The audit log is whole: {verdict.entries:,} entries.")
            say(f"Seal of entry {verdict.entries}, to be noted elsewhere and compared: {verdict.last_hash}")
        else:
            broken = Marked(f"Entry {verdict.first_bad} of the audit log was changed or is missing.")
            print_table((Column("Audit log"),), [[broken]], empty="")

    desk.answer(dataclasses.asdict(verdict), people)
    if not verdict.intact:
        raise typer.Exit(REFUSED)


def _require_primary(desk: Desk) -> None:
    from licensedesk.core.scope import require_primary

    if desk.server is not None:
        tree = desk.tree()
        require_primary(tree, desk.actor(tree), subject="audit log")


def _sides(one: dict[str, Any]) -> tuple[Any, Any]:
    return one["before"], one["after"]


def _figures(figures: dict[str, Any]) -> str:
    return ", ".join(f"{name} {_figure(value)}" for name, value in figures.items())


def _figure(value: Any) -> str:
    if isinstance(value, dict):
        return f"({_figures(value)})" if value else "-"
    if isinstance(value, list):
        return " ".join(map(_figure, value)) or "-"
    return text_of(value)
