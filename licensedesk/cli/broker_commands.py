"""`licensedesk broker-config`: what a Mosquitto broker needs for this site."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from licensedesk.cli.context import desk_of
from licensedesk.cli.help import Commands
from licensedesk.cli.output import say

broker_config = Commands()


@broker_config.add("broker-config", example="licensedesk broker-config --out /etc/mosquitto/licensedesk")
def write(
    ctx: typer.Context,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the files; the broker reads them.")],
    data: Annotated[Path, typer.Option(metavar="DIR", help="Where Mosquitto keeps its own data.")] = Path(
        "/var/lib/mosquitto"
    ),
) -> None:
    """Write Mosquitto's configuration, passwords, access list and certificates for this site.

    Write it before the first server is enrolled, since the enrolment files carry the certificate authority;
    and again after each enrolment or removal, then have Mosquitto read it (SIGHUP).
    """
    from licensedesk.core.broker import write_site_broker

    desk = desk_of(ctx)
    tree = desk.tree()
    made = write_site_broker(
        desk.site, out.absolute(), data_folder=data.absolute(), by=desk.actor(tree), at=desk.at
    )
    value = {
        "folder": str(out.absolute()),
        "files": {name: str(path) for name, path in made.files.items()},
        "transport": made.transport,
        "servers": made.servers,
    }

    def people() -> None:
        say(f"Wrote Mosquitto's files for {made.servers:,} enrolled or invited servers to {out}.")
        say(f"Start it with: mosquitto -c {made.files['mosquitto.conf']}")

    desk.answer(value, people)
