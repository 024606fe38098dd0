"""`licensedesk issuer`: whose license key files the site trusts, and for which products."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from licensedesk.cli.context import Desk, desk_of
from licensedesk.cli.help import Commands
from licensedesk.cli.output import Column, print_table, say

app = Commands("Say whose license key files this site trusts.")
_KEY_LIMIT = 8192
_COLUMNS = (Column("Issuer"), Column("Products"), Column("Key"))


@app.add("add", example="licensedesk issuer add 'Example Software' issuer.pub --product 'Desktop Manager'")
def add(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The issuer, as its license keys name it.")],
    key: Annotated[Path, typer.Argument(metavar="PUBLIC-KEY-FILE", help="Its public key (issuer.pub).")],
    product: Annotated[
        list[str], typer.Option(metavar="P", help="A product that it may license; repeat for several.")
    ],
) -> None:
    """Trust an issuer, or let a trusted one license further products."""
    from licensedesk.core.files import read_bounded
    from licensedesk.core.issuers import add_issuer
    from licensedesk.core.trust import PublicKey

    desk = desk_of(ctx)
    public = PublicKey.from_pem(read_bounded(key, limit=_KEY_LIMIT), file=key.name)
    add_issuer(desk.store, name=name, key=public, products=product, by=desk.actor(), at=desk.at)
    _answer(desk, f"{name} is trusted to license {', '.join(product)}.")


@app.add("list", example="licensedesk issuer list")
def show(ctx: typer.Context) -> None:
    """The trusted issuers and their products."""
    _answer(desk_of(ctx), None)


@app.add("remove", example="licensedesk issuer remove 'Example Software'")
def remove(
    ctx: typer.Context, name: Annotated[str, typer.Argument(metavar="NAME", help="The issuer.")]
) -> None:
    """No longer trust an issuer; refused while licenses of it are registered."""
    from licensedesk.core.issuers import remove_issuer

    desk = desk_of(ctx)
    remove_issuer(desk.store, name=name, by=desk.actor(), at=desk.at)
    _answer(desk, f"{name} is no longer trusted.")


def _answer(desk: Desk, done: str | None) -> None:
    from licensedesk.core.issuers import list_issuers

    issuers = list_issuers(desk.store)
    value = [
        {"name": issuer.name, "key_id": issuer.key_id, "products": list(issuer.products)}
        for issuer in issuers
    ]

    def people() -> None:
        if done:
            say(done)
        rows = [(issuer.name, ", ".join(issuer.products), issuer.key_id[:16]) for issuer in issuers]
        print_table(_COLUMNS, rows, empty="No issuer is trusted yet: licensedesk issuer add.")

    desk.answer(value, people)
