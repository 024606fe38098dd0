"""`licensedesk issue`: what an issuer does, who needs no site for it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from licensedesk.cli import values
from licensedesk.cli.context import desk_of
from licensedesk.cli.help import Commands
from licensedesk.cli.output import say
from licensedesk.cli.passphrase import prompt
from licensedesk.core.errors import RefusedError, SurroundingsError
from licensedesk.core.types import Kind

app = Commands("Make a key pair, and sign license key files.")
KeyPassphrase = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="File with the passphrase of the issuer's key [it has none]."),
]


@app.add("key", example="licensedesk issue key --out ./issuer")
def make_key(
    ctx: typer.Context,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for issuer.key and issuer.pub.")],
    key_passphrase_file: KeyPassphrase = None,
) -> None:
    """Make a key pair: issuer.key stays secret, issuer.pub goes to every site."""
    from licensedesk.core.issue import make_issuer_key

    passphrase = _of_file(key_passphrase_file)
    made = make_issuer_key(out, passphrase=passphrase)
    value = {"file": str(made.key_file), "public_file": str(made.public_file), "key_id": made.key_id}

    def people() -> None:
        say(f"Wrote {made.key_file} (keep it secret, and keep a copy) and {made.public_file}.")

    desk_of(ctx).answer(value, people)


@app.add(
    "license",
    example="licensedesk issue license --key issuer.key --issuer 'Example Software' --serial DM-0001 \\\n"
    "    --product 'Desktop Manager' --quantity 100 --until 2027-03-31 --out DM-0001.lic",
)
def make_license(
    ctx: typer.Context,
    key: Annotated[Path, typer.Option(metavar="FILE", help="The issuer's private key (issuer.key).")],
    issuer: Annotated[str, typer.Option(metavar="N", help="Name of the issuer, as sites trust it.")],
    serial: Annotated[str, typer.Option(metavar="S", help="Serial, unique at this issuer.")],
    product: Annotated[str, typer.Option(metavar="P", help="The product that is licensed.")],
    quantity: Annotated[str, typer.Option(metavar="Q", help="Number of licenses.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="The license key file to write.")],
    kind: Annotated[
        Kind | None, typer.Option(help="[permanent, or term where --until is given]", show_default=False)
    ] = None,
    from_day: Annotated[
        str | None, typer.Option("--from", metavar="D", help="First day, as 2026-11-21 [today].")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="D", help="Last day; none for a permanent license.")
    ] = None,
    key_passphrase_file: KeyPassphrase = None,
) -> None:
    """Sign a license key file."""
    from licensedesk.core.documents.license_key import ProductLicense
    from licensedesk.core.files import is_there, write_atomic
    from licensedesk.core.issue import issue_license

    desk = desk_of(ctx)
    last = values.day(until) if until else None
    one = ProductLicense(
        issuer=issuer,
        serial=serial,
        product=product,
        quantity=values.quantity(quantity),
        kind=kind or (Kind.TERM if last else Kind.PERMANENT),
        valid_from=values.day(from_day) if from_day else desk.today,
        valid_until=last,
    )
    signer = _signer(key, key_passphrase_file, may_ask=not desk.json)
    content = issue_license(one, signer=signer)
    if is_there(out):
        raise RefusedError("file-exists", path=str(out))
    write_atomic(out, content, mode=0o644)
    desk.answer(
        {"file": str(out), **_license_json(one)},
        lambda: say(
            f"Wrote {out}: {one.quantity:,} of {one.product}, serial {one.serial}, {_validity(one)}."
        ),
    )


def _signer(key: Path, passphrase_file: Path | None, *, may_ask: bool) -> Any:
    from licensedesk.core.issue import read_issuer_key

    given = _of_file(passphrase_file)
    try:
        return read_issuer_key(key, passphrase=given)
    except SurroundingsError as error:
        typed = (
            prompt("Passphrase of the issuer's key") if error.code == "no-passphrase" and may_ask else None
        )
        if typed is None:
            raise
        return read_issuer_key(key, passphrase=typed)


def _license_json(one: Any) -> dict[str, Any]:
    return {
        "issuer": one.issuer,
        "serial": one.serial,
        "product": one.product,
        "quantity": one.quantity,
        "kind": one.kind.value,
        "valid_from": one.valid_from.isoformat(),
        "valid_until": _iso(one.valid_until),
    }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _validity(one: Any) -> str:
    end = f"to {one.valid_until.isoformat()}" if one.valid_until else "without end"
    return f"valid from {one.valid_from.isoformat()} {end}"


def _of_file(named: Path | None) -> bytes | None:
    from licensedesk.core.site_key import read_passphrase

    return read_passphrase(named) if named else None
