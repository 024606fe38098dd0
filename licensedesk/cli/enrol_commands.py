"""`licensedesk server enrol`: the file with which a server's agent joins the site."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from licensedesk.cli.context import ask, desk_of
from licensedesk.cli.output import say
from licensedesk.cli.parameters import Host
from licensedesk.core.errors import RefusedError


def enrol(
    ctx: typer.Context,
    host: Host,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The enrolment file to write; it is secret.")],
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Void the key the agent has, and replace FILE.")
    ] = False,
) -> None:
    """Write the file with which the agent of a server joins the site; valid once, for 14 days."""
    from licensedesk.cli.passphrase import site_passphrase
    from licensedesk.core.distribution.connection import console_settings
    from licensedesk.core.distribution.enrolment import invite_to_file
    from licensedesk.core.files import is_there
    from licensedesk.core.site_key import unlock

    desk = desk_of(ctx)
    tree = desk.tree()
    actor = desk.actor(tree)
    server = tree.named(host)
    target = out.absolute()
    if is_there(target) and not yes:
        raise RefusedError("file-exists", path=str(out))
    signer = unlock(desk.site, site_passphrase(desk))

    def make(confirmed: bool) -> None:
        invite_to_file(
            desk.site, target, server=server.id, signer=signer, by=actor, at=desk.at, confirmed=confirmed
        )

    try:
        make(yes)
    except RefusedError as refusal:
        if refusal.code != "needs-yes" or desk.json or not ask(f"{refusal.message} Go on?"):
            raise
        make(True)
    value = {"server": server.host_name, "file": str(target)}

    def people() -> None:
        say(f"Wrote {target}. It is secret: carry it to {server.host_name} and delete it there after use.")
        say(f"There: licensedesk-agent --install-dir DIR enrol {target.name}")
        if not console_settings(desk.site).url.startswith("folder:"):
            say("The broker does not know it yet: write its files again, with `licensedesk broker-config`.")

    desk.answer(value, people)
