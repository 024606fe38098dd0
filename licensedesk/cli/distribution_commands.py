"""`licensedesk status` and `licensedesk distribute`: who has which License.xml, and sending it."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from licensedesk.cli.complete import host_names
from licensedesk.cli.context import Desk, desk_of
from licensedesk.cli.faults import INTERRUPTED, NOT_CURRENT
from licensedesk.cli.help import Commands
from licensedesk.cli.output import Cell, Column, Marked, print_table, say
from licensedesk.core.sentences import sentence_for

if TYPE_CHECKING:
    from collections.abc import Collection

    from licensedesk.core.distribution.status import ServerStatus, Status

status = Commands()
distribute = Commands()
VERDICTS = {
    "never-uploaded": "Nothing was uploaded yet: no distribution is due.",
    "never-distributed": "No distribution has succeeded whole yet: one is due.",
    "uploaded-since": "The upload is more recent: a distribution is due.",
    "nothing-new": "The upload is not more recent: no distribution is due.",
}
_HISTORY = 100


@status.add("status", example="licensedesk status")
def show_status(ctx: typer.Context) -> None:
    """The two time stamps, and who has which License.xml and why not the current one."""
    desk = desk_of(ctx)
    found = _status(desk, desk.at)

    def people() -> None:
        say(f"Version {found.version:,}.")
        say(f"Last upload (BPLICENSE): {_moment(found.stamps.uploaded_at)}")
        say(f"Last distribution that succeeded whole (BPCONFIG): {_moment(found.stamps.distributed_at)}")
        say(VERDICTS[found.stamps.reason.value])
        _show_servers(found.servers)
        say(_summary(found))

    desk.answer(found.as_json(), people)


@distribute.add("distribute", example="licensedesk distribute --wait 60")
def send(
    ctx: typer.Context,
    hosts: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[HOST]...",
            help="Send to these, also where a refusal waits for a person [all that need it].",
            autocompletion=host_names,
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Send also to servers that are current, whatever the time stamps.")
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Have servers read License.xml again, heal it and report.")
    ] = False,
    wait: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, max=86_400, help="How long reports are waited for.")
    ] = 30.0,
    history: Annotated[
        bool, typer.Option("--history", help="Show the last distributions, and send nothing.")
    ] = False,
) -> None:
    """Send License.xml to every server that needs it, and wait for its report.

    Exit code 4 says that a server that is sent to is not current when the wait ends: --wait gives it longer.
    """
    desk = desk_of(ctx)
    _require_primary(desk)
    if history:
        _show_history(desk)
        return
    reason = "verify" if verify else "forced" if force else "demand"
    current, stopped = _deliver(desk, hosts or [], reason, again=force or verify, wait=wait)
    found = _status(desk, datetime.now(UTC))

    def people() -> None:
        _show_servers([server for server in found.servers if server.code])
        say(_summary(found))

    desk.answer(found.as_json(), people)
    if stopped:
        raise typer.Exit(INTERRUPTED)
    if not current:
        raise typer.Exit(NOT_CURRENT)


def _deliver(desk: Desk, hosts: list[str], reason: str, *, again: bool, wait: float) -> tuple[bool, bool]:
    """Whether all that were sent to are current, and whether somebody has stopped it."""
    from licensedesk.cli.passphrase import site_passphrase
    from licensedesk.cli.progress import ProgressLine
    from licensedesk.cli.stopping import stop_requests
    from licensedesk.core.delivery import Order, deliver, open_distributor, targets
    from licensedesk.core.distribution.ledger_store import read_lines
    from licensedesk.core.site_key import unlock

    tree = desk.tree()
    only = targets(tree, read_lines(desk.store, tree), hosts)
    signer = unlock(desk.site, site_passphrase(desk))
    order = Order(reason=reason, only=only, again=again, wait=timedelta(seconds=wait))
    with (
        open_distributor(desk.site, signer=signer, by=desk.actor(tree), clock=_now) as distributor,
        stop_requests() as stop,
        ProgressLine(shown=not desk.json) as line,
    ):
        current = deliver(distributor, order, clock=_now, stopped=stop.is_set, progressed=line.show)
        return current, stop.is_set()


def _now() -> datetime:
    return datetime.now(UTC)


def _require_primary(desk: Desk) -> None:
    from licensedesk.core.scope import require_primary

    if desk.server is not None:
        tree = desk.tree()
        require_primary(tree, desk.actor(tree), subject="distribution")


def _status(desk: Desk, at: datetime) -> Status:
    from licensedesk.core.distribution.status import read_status

    return read_status(desk.store, by=desk.actor(), at=at)


def _show_servers(servers: Collection[ServerStatus]) -> None:
    # A folder knows nothing of who is there.
    agents = any(server.line.online is not None for server in servers)
    columns = (
        Column("Server"),
        Column("Range (sharing source)"),
        Column("Version", figure=True),
        Column("Holds", figure=True),
        Column("State"),
        *((Column("Agent"),) if agents else ()),
        Column("Why"),
    )
    rows = [_row(server, agents=agents) for server in servers]
    if rows:
        print_table(columns, rows, empty="")


_AGENT = {None: None, True: "connected", False: "away"}


def _row(server: ServerStatus, *, agents: bool) -> list[Cell]:
    line = server.line
    why = sentence_for(server.code, server.figures) if server.code else None
    state: Cell = Marked(server.state.value) if server.state in _BAD else server.state.value
    return [
        line.host_name,
        line.range_host_name,
        line.desired_version,
        line.held_version,
        state,
        *([_AGENT[line.online]] if agents else []),
        why,
    ]


_BAD = frozenset({"rejected", "unreachable", "unknown"})


def _summary(found: Status) -> str:
    from licensedesk.core.distribution.ledger import State

    total = len(found.servers)
    current = found.counts[State.CURRENT]
    return f"{current:,} of {total:,} servers are current."


def _moment(at: datetime | None) -> str:
    return "never" if at is None else f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _show_history(desk: Desk) -> None:
    from licensedesk.core.distribution.history import list_runs

    runs = list_runs(desk.store, limit=_HISTORY)
    columns = (
        Column("Began at (UTC)"),
        Column("By"),
        Column("Why"),
        Column("Version", figure=True),
        Column("Servers", figure=True),
        Column("Current", figure=True),
        Column("Outcome"),
    )
    rows = [
        [run.began_at[:19], run.by, run.reason, run.version, run.servers, run.current, run.outcome]
        for run in runs
    ]
    value = [dataclasses.asdict(run) for run in runs]
    desk.answer(value, lambda: print_table(columns, rows, empty="Nothing was distributed yet."))
