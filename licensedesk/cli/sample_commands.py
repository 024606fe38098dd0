"""`licensedesk sample`: a site to look around in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from licensedesk.cli.context import desk_of, user_name
from licensedesk.cli.help import Commands
from licensedesk.cli.output import say
from licensedesk.core.types import Actor

sample = Commands()


@sample.add("sample", example="licensedesk sample --dir ./sample")
def make_sample(
    ctx: typer.Context,
    folder: Annotated[
        Path | None, typer.Option("--dir", metavar="DIR", help="Folder to make it in [that of --site].")
    ] = None,
) -> None:
    """Make the sample site, to look around in.

    It has a tree of servers, licenses, some 200 nodes, and a range that is short of licenses. Its folder
    `files` has license key files to try, and the passphrase of its key.
    """
    from licensedesk.core.sample import FILES, build_sample

    desk = desk_of(ctx)
    target = folder.absolute() if folder else desk.folder
    site = build_sample(target, by=Actor(name=user_name()), at=desk.at)
    site.close()
    files = sorted(str(path) for path in (target / FILES).iterdir())
    value = {"site": str(target), "deployment": site.deployment, "files": files}

    def people() -> None:
        say(f"Made the sample site in {target}.")
        say(f"Look around: licensedesk --site {target} ranges")

    desk.answer(value, people)
