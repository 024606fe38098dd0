"""`licensedesk watch`: the distributor as a service, one line for everything that happens."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import typer

from licensedesk.cli.context import desk_of
from licensedesk.cli.help import Commands
from licensedesk.cli.output import print_json
from licensedesk.core.names import visible
from licensedesk.core.sentences import sentence_for
from licensedesk.core.types import stamp

watch = Commands()
LINES: Mapping[str, tuple[str, str]] = {
    "watching": ("Watching: version {version}, {servers:server/servers}, through {transport}.", ""),
    "distributing": ("Distributing version {version} to {servers:server/servers} ({reason}).", ""),
    "server": ("{server} is {state}, with version {held_version}.", ""),
    "complete": ("All {servers:server/servers} have version {version}.", ""),
    "back": ("It is over ({code}); going on.", ""),
    "stopped": ("Stopped.", ""),
}
"""The lines that are not the sentence of a code of their own."""


@watch.add("watch", example="licensedesk --passphrase-file /etc/licensedesk/passphrase watch")
def run(ctx: typer.Context) -> None:
    """Distribute by itself whenever something changes, in the foreground, until it is ended.

    For a site whose window is not always open; resources/systemd has a unit for it. What is away - broker,
    folder, another console - is waited for, and said once.
    """
    from licensedesk.cli.passphrase import site_passphrase
    from licensedesk.cli.stopping import stop_requests
    from licensedesk.core.scope import require_primary
    from licensedesk.core.site_key import unlock
    from licensedesk.core.watch import SiteWatch

    desk = desk_of(ctx)
    tree = desk.tree()
    actor = desk.actor(tree)
    require_primary(tree, actor, subject="distribution")
    signer = unlock(desk.site, site_passphrase(desk))

    def tell(event: str, figures: Mapping[str, Any]) -> None:
        at, message = stamp(_now()), line_of(event, figures)
        if desk.json:
            print_json({"at": at, "event": event, "message": message, **figures})
        else:
            sys.stdout.write(f"{at[:19]}  {visible(message)}\n")
        sys.stdout.flush()

    with stop_requests() as stop:
        SiteWatch(
            site=desk.site,
            signer=signer,
            by=actor,
            clock=_now,
            stopped=stop.is_set,
            pause=stop.wait,
            tell=tell,
        ).run()


def line_of(event: str, figures: Mapping[str, Any]) -> str:
    """One sentence for people, and for the `message` of programs."""
    code = figures.get("code", "")
    if event in {"alert", "away"} or (event == "server" and code):
        return sentence_for(code, figures)
    return sentence_for(event, figures, table=LINES)


def _now() -> datetime:
    return datetime.now(UTC)
