"""`licensedesk backup` and `licensedesk restore`: a whole site in one checked file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from licensedesk.cli.changes import notice_json, show_warnings
from licensedesk.cli.context import desk_of, user_name
from licensedesk.cli.help import Commands
from licensedesk.cli.output import say
from licensedesk.core.types import Actor

backup = Commands()
restore = Commands()


@backup.add("backup", example="licensedesk backup --out /safe/place/site.backup")
def write_backup(
    ctx: typer.Context,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The file to write [one in the site's backups].")
    ] = None,
    without_key: Annotated[
        bool, typer.Option("--without-key", help="Leave the site's key out; then keep it elsewhere.")
    ] = False,
) -> None:
    """Write database, settings and key into one file.

    The key stays encrypted with its passphrase.
    """
    from licensedesk.core.backup import back_up
    from licensedesk.core.scope import require_primary

    desk = desk_of(ctx)
    tree = desk.tree()
    actor = desk.actor(tree)
    require_primary(tree, actor, subject=tree.primary.host_name)
    target = out.absolute() if out else None
    file, warnings = back_up(desk.site, target, with_key=not without_key, by=actor, at=desk.at)
    value = {
        "file": str(file),
        "with_key": not without_key,
        "warnings": [notice_json(notice) for notice in warnings],
    }

    def people() -> None:
        say(f"Wrote {file}.")
        show_warnings(warnings)

    desk.answer(value, people)


@restore.add("restore", example="licensedesk restore /safe/place/site.backup")
def read_backup(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `backup` has written.")],
) -> None:
    """Put a backup in the place of the site.

    Where there is no site, it is made. The backup is checked before anything is replaced; what is replaced
    is kept in the site's backups. The version skips a million numbers, so that servers take what the
    restored site sends.
    """
    from licensedesk.core import backup as core
    from licensedesk.core.site import site_version

    desk = desk_of(ctx)
    site = core.restore(desk.folder, file, by=Actor(name=user_name()), at=desk.at)
    value = {"site": str(desk.folder), "deployment": site.deployment, "version": site_version(site.store)}
    site.close()
    desk.answer(
        value, lambda: say(f"Restored the site in {desk.folder}; its version is {value['version']:,}.")
    )
