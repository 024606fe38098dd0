"""`licensedesk demo`: License.xml on its way to three real agents, told as a story."""

from __future__ import annotations

import contextlib
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from licensedesk.cli.context import desk_of, user_name
from licensedesk.cli.help import Commands
from licensedesk.cli.output import Column, print_table, say
from licensedesk.core.errors import SurroundingsError
from licensedesk.core.files import is_empty
from licensedesk.core.sentences import sentence_for
from licensedesk.core.types import Actor

demo = Commands()
STORY: Mapping[str, tuple[str, str]] = {
    "built": ("{primary} is the primary; below it the relay {relay} and the managed servers {managed}.", ""),
    "registered": ("License key {serial} is registered on {on}: {quantity} of {product}.", ""),
    "apportioned": ("{quantity} are distributed to {relay}; {left} stay with {primary}.", ""),
    "enrolled": ("Three agents are enrolled and run, each a process of its own: {servers}.", ""),
    "holds": ("  {server} has License.xml version {version}: the range of {source} holds {held}.", ""),
    "switched-off": ("{server} is switched off.", ""),
    "allocated": ("{relay} gets {quantity} instead of {before}; a new License.xml goes to its range.", ""),
    "behind": ("The console knows who is behind: {why}", ""),
    "switched-on": ("{server} is switched on again.", ""),
    "edited": ("Somebody edits License.xml on {server} by hand: {quantity} licenses.", ""),
    "healed": ("Its agent has seen it, written the signed one anew, and reported it as an event.", ""),
}


@demo.add("demo", example="licensedesk demo")
def show(
    ctx: typer.Context,
    folder: Annotated[
        Path | None,
        typer.Option("--dir", metavar="DIR", help="Where to make it, and keep it [a temporary folder]."),
    ] = None,
) -> None:
    """Watch License.xml reach three servers: one is off and catches up, one is tampered with and healed."""
    from licensedesk.core.demo import Demo

    desk = desk_of(ctx)
    began = time.monotonic()
    steps: list[dict[str, Any]] = []

    def tell(code: str, figures: Mapping[str, Any]) -> None:
        seconds = round(time.monotonic() - began, 2)
        message = story_sentence(code, figures)
        steps.append({"seconds": seconds, "step": code, "message": message.strip(), **figures})
        if not desk.json:
            say(f"{seconds:5.1f} s  {message}")
            sys.stdout.flush()

    with contextlib.ExitStack() as stack:
        place = _place(folder, stack)
        status = Demo(place, by=Actor(name=user_name()), clock=_now, tell=tell).run()
    seconds = round(time.monotonic() - began, 2)
    value = {
        "dir": str(place) if folder else None,
        "seconds": seconds,
        "steps": steps,
        **status.as_json(),
    }

    def people() -> None:
        rows = [
            [one.line.host_name, one.line.range_host_name, one.line.held_version, one.state.value]
            for one in status.servers
        ]
        titles = (Column("Server"), Column("Range"), Column("Version", figure=True), Column("State"))
        print_table(titles, rows, empty="")
        say(f"Told in {seconds:.1f} s.")
        if folder:
            say(f"It is kept: licensedesk --site {place / 'site'} status; the passphrase stands in {place}.")

    desk.answer(value, people)


def story_sentence(code: str, figures: Mapping[str, Any]) -> str:
    shown = dict(figures)
    if code == "behind":
        shown["why"] = sentence_for(figures["code"], figures)
    return sentence_for(code, shown, table=STORY)


def _now() -> datetime:
    return datetime.now(UTC)


def _place(folder: Path | None, stack: contextlib.ExitStack) -> Path:
    """The folder given, which must be empty or not there; else one that is gone at the end."""
    if folder is None:
        return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="licensedesk-demo-")))
    place = folder.absolute()
    if not is_empty(place):
        raise SurroundingsError("site-exists", path=str(place))
    return place
