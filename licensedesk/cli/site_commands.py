"""`licensedesk init` and `licensedesk site`: create a site, show and change its settings."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from licensedesk.cli.context import Desk, desk_of, first_passphrase, user_name
from licensedesk.cli.help import Commands
from licensedesk.cli.output import Column, print_table, say
from licensedesk.core.types import Actor

init = Commands()
app = Commands("Show and change the settings of the site.")


@init.add("init", example="licensedesk --site ./desk init --name 'Example Corp' --primary a.example.com")
def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Option(metavar="N", help="Name of the site, as it is shown.")],
    primary: Annotated[str, typer.Option(metavar="HOST", help="Host name of the primary management server.")],
    database: Annotated[
        str | None, typer.Option(metavar="URL", help="Only SQLite in the site's folder, for now.")
    ] = None,
    transport: Annotated[
        str | None,
        typer.Option(
            metavar="KIND:PLACE",
            help="How License.xml gets to the servers: folder:PATH or mqtt:HOST:PORT [folder:exchange].",
        ),
    ] = None,
) -> None:
    """Create a site: its folder, database, primary server and key.

    The key signs what is sent to the servers. Its passphrase is asked for, or read from --passphrase-file.
    """
    from licensedesk.core.site import NewSite, create_site

    desk = desk_of(ctx)
    new = NewSite(name=name, primary=primary, transport=transport, database=database)
    site = create_site(
        desk.folder, new, passphrase=first_passphrase(desk), by=Actor(name=user_name()), at=desk.at
    )
    site.close()
    host = primary.lower()
    value = {"site": str(desk.folder), "deployment": site.deployment, "primary": host}

    def people() -> None:
        say(f"Created the site {name} in {desk.folder}, with the primary management server {host}.")
        say("Next: add servers (licensedesk server add), and trust an issuer (licensedesk issuer add).")

    desk.answer(value, people)


@app.add("show", example="licensedesk site show")
def show(ctx: typer.Context) -> None:
    """All settings, and the version that the site has reached."""
    _answer_settings(desk_of(ctx))


@app.add("set", example="licensedesk site set default_product 'Desktop Manager'")
def change(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY", help="Name of a setting, as `site show` lists it.")],
    value: Annotated[str, typer.Argument(metavar="VALUE", help="What it becomes.")],
) -> None:
    """Change one setting."""
    from licensedesk.core.settings import set_setting

    desk = desk_of(ctx)
    set_setting(desk.store, key=key, value=value, by=desk.actor(), at=desk.at)
    _answer_settings(desk)


def _answer_settings(desk: Desk) -> None:
    values = _settings(desk)
    rows = list(values.items())
    desk.answer(values, lambda: print_table((Column("Setting"), Column("Value")), rows, empty=""))


def _settings(desk: Desk) -> dict[str, Any]:
    from licensedesk.core.settings import read_settings
    from licensedesk.core.site import site_version

    with desk.store.reading():
        return {
            "site": str(desk.folder),
            "deployment": desk.site.deployment,
            "primary": desk.tree().primary.host_name,
            **read_settings(desk.store),
            "version": site_version(desk.store),
        }
