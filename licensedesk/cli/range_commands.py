"""`licensedesk ranges`: what every range holds and uses, and how that is counted."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from licensedesk.cli import values
from licensedesk.cli.complete import host_names
from licensedesk.cli.context import Desk, desk_of
from licensedesk.cli.help import Commands
from licensedesk.cli.output import Column, held_cell, print_table, remaining_cell, say
from licensedesk.cli.parameters import OnDate, Product
from licensedesk.core.explain import Explanation, explain
from licensedesk.core.holdings import Holdings
from licensedesk.core.ranges import RangeRow, option_label, range_rows
from licensedesk.core.types import Day, ServerId

ranges = Commands()
_COLUMNS = (
    Column("Range (sharing source)"),
    Column("Option"),
    Column("Product"),
    Column("Servers", figure=True),
    Column("Held", figure=True),
    Column("Used", figure=True),
    Column("Remaining", figure=True),
    Column("Waiting", figure=True),
    Column("To buy", figure=True),
    Column("Earliest expiry"),
)


@ranges.add("ranges", example="licensedesk ranges --product 'Desktop Manager' --on-date 2027-04-01")
def show_ranges(
    ctx: typer.Context,
    product: Product = None,
    on_date: OnDate = None,
    explain_source: Annotated[
        str | None,
        typer.Option(
            "--explain", metavar="SOURCE", help="How one range is counted.", autocompletion=host_names
        ),
    ] = None,
) -> None:
    """Held, used and remaining of every range.

    A range of shared licenses is one sharing source (the primary, or a relay that holds licenses) and the
    servers that use its licenses. A shortage is what is used beyond what is held.
    """
    from licensedesk.core.store.facts import read_holdings

    desk = desk_of(ctx)
    on = values.coming_day(on_date, today=desk.today)
    holdings = read_holdings(desk.store)
    if explain_source is not None:
        _explain(desk, holdings, explain_source, product, on=on)
        return
    rows = range_rows(holdings, on=on, product=product, source=_visible(desk, holdings))
    empty = "No product is known yet: licensedesk issuer add."
    cells = [_cells(row) for row in rows]
    desk.answer([_row_json(row) for row in rows], lambda: print_table(_COLUMNS, cells, empty=empty))


def _visible(desk: Desk, holdings: Holdings) -> ServerId | None:
    from licensedesk.core.scope import visible_source

    return visible_source(holdings.tree, desk.actor(holdings.tree))


def _explain(desk: Desk, holdings: Holdings, host: str, product: str | None, *, on: Day) -> None:
    from licensedesk.core.scope import require_sees

    tree = holdings.tree
    # Any server of a range explains it: its administrator need not know which one is the source.
    source = tree.source_of(tree.named(host).id)
    require_sees(tree, desk.actor(tree), source.id)
    found = [
        (row, explain(holdings, source=source.id, product=row.product, on=on))
        for row in range_rows(holdings, on=on, product=product, source=source.id)
    ]
    value = [{**_row_json(row), "terms": explanation.as_json()} for row, explanation in found]

    def people() -> None:
        for row, explanation in found:
            _print_explanation(row, explanation)

    desk.answer(value, people)


def _row_json(row: RangeRow) -> dict[str, Any]:
    return {
        "source": row.source.host_name,
        "option": option_label(row.source),
        "product": row.product,
        "servers": [server.host_name for server in row.servers],
        "held": row.held,
        "used": row.used,
        "remaining": row.remaining,
        "shortage": row.shortage,
        "waiting": row.waiting,
        "to_buy": row.to_buy,
        "earliest_expiry": row.earliest_expiry.isoformat() if row.earliest_expiry else None,
    }


def _cells(row: RangeRow) -> list[Any]:
    return [
        row.source.host_name,
        option_label(row.source),
        row.product,
        len(row.servers),
        held_cell(row.held),
        row.used,
        remaining_cell(row.remaining),
        row.waiting,
        row.to_buy,
        row.earliest_expiry,
    ]


def _print_explanation(row: RangeRow, terms: Explanation) -> None:
    say(f"How the range of {terms.source} is counted for {terms.product} on {terms.on.isoformat()}:")
    rows: list[tuple[Any, ...]] = [("Held", held_cell(row.held), _held_text(terms))]
    rows += [
        (f"  {term.issuer} {term.serial}", term.quantity, _term_text(term, on=terms.on))
        for term in terms.licenses
    ]
    rows += [
        (f"  to {share.host_name}", -share.quantity, "distributed by the primary")
        for share in terms.distributed
    ]
    rows.append(("Used", row.used, "managed nodes, by the server that found them"))
    rows += [(f"  {share.host_name}", share.quantity, "managed nodes") for share in terms.managed]
    rows.append(("Remaining", remaining_cell(row.remaining), f"{row.held:,} held - {row.used:,} used"))
    rows.append(("Waiting", row.waiting, "discovered nodes, which use no license yet"))
    rows += [(f"  {share.host_name}", share.quantity, "discovered nodes") for share in terms.discovered]
    rows.append(("Licenses to buy", row.to_buy, f"{row.waiting:,} waiting - {row.remaining:,} remaining"))
    columns = (Column("Figure"), Column("Licenses", figure=True), Column("Made of"))
    print_table(columns, rows, empty="")


def _held_text(terms: Explanation) -> str:
    if terms.allocation is not None:
        return "allocation by the primary"
    return "registered licenses" + (" - distributed to relays" if terms.distributed else "")


def _term_text(term: Any, *, on: Day) -> str:
    end = f"to {term.valid_until.isoformat()}" if term.valid_until else "without end"
    text = f"{term.kind.value}, valid from {term.valid_from.isoformat()} {end}"
    return text if term.valid(on) else f"{text}; does not count on this day"
