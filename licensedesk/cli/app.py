"""The command `licensedesk`: global options, the commands by name, and how each run ends.

A group's file is imported when one of its commands runs, so that a start loads only what it needs.
"""

from __future__ import annotations

import importlib
import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from typer.main import get_command

from licensedesk import __version__
from licensedesk.cli import faults
from licensedesk.cli.context import Desk
from licensedesk.cli.desktop import SITE_VARIABLE, open_desktop
from licensedesk.cli.help import WIDTH, Commands, DeskGroup, Later, Line
from licensedesk.cli.passphrase import FILE_VARIABLE
from licensedesk.extras import missing_extra

PROGRAM = "licensedesk"


class Entry(NamedTuple):
    """Where a command stands (module of this package, name in it), and its line in the list."""

    module: str
    name: str
    panel: str
    text: str


SITE, SERVERS, NODES, ISSUERS = "Site", "Servers and licenses", "Nodes", "For issuers of licenses"
SENDING = "Sending License.xml"
COMMANDS = {
    "init": Entry(
        "site_commands", "init", SITE, "Create a site: its folder, database, primary server and key."
    ),
    "site": Entry("site_commands", "app", SITE, "Show and change the settings of the site."),
    "audit": Entry("audit_commands", "app", SITE, "Read the audit log, and prove that it is whole."),
    "backup": Entry("backup_commands", "backup", SITE, "Write database, settings and key into one file."),
    "restore": Entry("backup_commands", "restore", SITE, "Put a backup in the place of the site."),
    "sample": Entry("sample_commands", "sample", SITE, "Make the sample site, to look around in."),
    "server": Entry(
        "server_commands", "app", SERVERS, "Build the tree of servers: relays and managed servers."
    ),
    "issuer": Entry("issuer_commands", "app", SERVERS, "Say whose license key files this site trusts."),
    "license": Entry(
        "license_commands", "app", SERVERS, "Register license key files and distribute licenses."
    ),
    "ranges": Entry("range_commands", "ranges", SERVERS, "Held, used and remaining of every range."),
    "status": Entry(
        "distribution_commands", "status", SENDING, "Who has which License.xml, and why not the current one."
    ),
    "distribute": Entry(
        "distribution_commands", "distribute", SENDING, "Send License.xml to every server that needs it."
    ),
    "watch": Entry(
        "watch_command", "watch", SENDING, "Distribute by itself, as a service, until it is ended."
    ),
    "broker-config": Entry(
        "broker_commands", "broker_config", SENDING, "Write what a Mosquitto broker needs for this site."
    ),
    "node": Entry("node_commands", "app", NODES, "Discovered nodes: import, list, manage, exclude, delete."),
    "demo": Entry("demo", "demo", SENDING, "Watch License.xml reach three agents in a site of its own."),
    "issue": Entry("issue_commands", "app", ISSUERS, "Make a key pair, and sign license key files."),
}


def _load(name: str) -> Any:
    entry = COMMANDS[name]
    module = importlib.import_module(f"{__package__}.{entry.module}")
    commands: Commands = getattr(module, entry.name)
    return commands.built(name)


class Root(DeskGroup):
    """All commands by name; each is loaded when it is run."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**{**given, "commands": Later(COMMANDS, _load)})

    def listed(self, ctx: Any) -> list[Line]:
        return [Line(entry.panel, name, entry.text) for name, entry in COMMANDS.items()]


app = typer.Typer(
    name=PROGRAM,
    cls=Root,
    invoke_without_command=True,
    rich_markup_mode=None,
    context_settings={"max_content_width": WIDTH},
    epilog="licensedesk --site ./desk init --name 'Example Corp' --primary a.example.com\n"
    "licensedesk --site ./desk server add b.example.com --under a.example.com --role relay",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"{PROGRAM} {__version__}")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    site: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help=f"Folder of the site [else {SITE_VARIABLE}, else the data folder]."),
    ] = None,
    server: Annotated[
        str | None, typer.Option(metavar="HOST", help="Local server: see and do what its administrator may.")
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON value, for programs; never ask.")
    ] = False,
    passphrase_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help=f"File with the passphrase of the site's key [else {FILE_VARIABLE}]."
        ),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Hold, apportion and deliver product licenses over a tree of management servers.

    Without a command the desktop opens.
    """
    ctx.obj = Desk(json=json, folder_given=site, server=server, passphrase_file=passphrase_file)
    ctx.call_on_close(ctx.obj.close)
    if ctx.invoked_subcommand is None:
        if json:
            ctx.fail("Missing command.")
        desk = ctx.obj
        raise typer.Exit(open_desktop(desk.folder, server=desk.server, passphrase_file=desk.passphrase_file))


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit code is as in the contract (6-command-line.md)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a character gets its number, not a failure.
            stream.reconfigure(errors="backslashreplace")
    as_json, arguments = hoist_json(sys.argv[1:] if argv is None else argv)
    try:
        found = get_command(app).main(arguments, prog_name=PROGRAM, standalone_mode=False)
    except ImportError as error:
        if missing_extra(error):
            raise
        return faults.report(error, as_json=as_json, argv=arguments)
    except Exception as error:  # noqa: BLE001 - the one place where every run ends
        return faults.report(error, as_json=as_json, argv=arguments)
    return found if isinstance(found, int) else faults.DONE


def hoist_json(argv: Sequence[str]) -> tuple[bool, list[str]]:
    """Whether `--json` stands anywhere before `--`; and the arguments with it at the front."""
    end = argv.index("--") if "--" in argv else len(argv)
    if "--json" not in argv[:end]:
        return False, list(argv)
    rest = [argument for argument in argv[:end] if argument != "--json"]
    return True, ["--json", *rest, *argv[end:]]
