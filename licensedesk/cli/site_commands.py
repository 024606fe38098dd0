"""`licensedesk init` and `licensedesk site`: create a site, show and change its settings."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from licensedesk.cli.context import Desk, ask, desk_of, user_name
from licensedesk.cli.help import Commands
from licensedesk.cli.output import Column, print_table, say, warn
from licensedesk.cli.passphrase import new_passphrase
from licensedesk.core.errors import RefusedError
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
    keep_passphrase: Annotated[
        bool, typer.Option("--keep-passphrase", help="Keep it in this computer's key store too.")
    ] = False,
) -> None:
    """Create a site: its folder, database, primary server and key.

    The key signs what is sent to the servers. Its passphrase is asked for, or read from --passphrase-file.
    """
    from licensedesk.core.site import NewSite, create_site
    from licensedesk.core.site_key import keep_passphrase as keep

    desk = desk_of(ctx)
    new = NewSite(name=name, primary=primary, transport=transport, database=database)
    passphrase = new_passphrase(desk)
    site = create_site(desk.folder, new, passphrase=passphrase, by=Actor(name=user_name()), at=desk.at)
    kept = keep(site, passphrase) if keep_passphrase else True
    site.close()
    host = primary.lower()
    value = {"site": str(desk.folder), "deployment": site.deployment, "primary": host}

    def people() -> None:
        say(f"Created the site {name} in {desk.folder}, with the primary management server {host}.")
        say("Next: add servers (licensedesk server add), and trust an issuer (licensedesk issuer add).")
        if not kept:
            warn("This computer has no key store; the passphrase is kept nowhere.")

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


@app.add("renumber", example="licensedesk site renumber --yes")
def renumber(
    ctx: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Skip a million versions, for a site rolled back without `restore`, whose agents answer ROLLBACK."""
    from licensedesk.core import backup
    from licensedesk.core.scope import require_primary
    from licensedesk.core.site import site_version

    desk = desk_of(ctx)
    tree = desk.tree()
    actor = desk.actor(tree)
    require_primary(tree, actor, subject=tree.primary.host_name)
    refusal = RefusedError("confirm-renumber", version=site_version(desk.store), skip=backup.RESTORE_SKIP)
    if not yes and (desk.json or not ask(f"{refusal.message} Go on?")):
        raise refusal
    backup.renumber(desk.store, by=actor, at=desk.at)
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
