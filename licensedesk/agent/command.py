"""The command `licensedesk-agent`: enrol, run, status, verify, apply."""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from licensedesk.agent.places import Places
from licensedesk.agent.service import Service, new_updater, now, sole_agent
from licensedesk.agent.settings import TEMPLATE, read_settings
from licensedesk.agent.state import enrol, read_identity
from licensedesk.core.documents.enrolment import ENROLMENT_LIMIT
from licensedesk.core.documents.messages import MESSAGE_LIMIT, Holding
from licensedesk.core.errors import LicenseDeskError, RefusedError, SurroundingsError
from licensedesk.core.files import read_bounded, write_atomic
from licensedesk.core.transports.factory import open_agent_transport

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from licensedesk.agent.updater import Updater

DONE: Final = 0
REFUSED: Final = 1
SURROUNDINGS: Final = 3
OUR_BUG: Final = 70


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code of 6-command-line.md."""
    arguments = _parser().parse_args(argv)
    try:
        places = Places(arguments.install_dir.absolute())
        action: Callable[[Places, argparse.Namespace], int] = arguments.action
        return action(places, arguments)
    except LicenseDeskError as error:
        _show_refusal(error, as_json=arguments.json)
        return REFUSED if isinstance(error, RefusedError) else SURROUNDINGS
    except Exception:  # noqa: BLE001 - the last place: whatever comes here is a bug of ours
        traceback.print_exc()
        return OUR_BUG


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="licensedesk-agent", description="Keeps License.xml of this server current, and reports it."
    )
    parser.add_argument("--install-dir", type=Path, required=True, help="the folder this agent looks after")
    parser.add_argument("--json", action="store_true", help="one JSON value on standard output")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = _add(commands, "enrol", _enrol, "make a key pair and join the site of an enrolment file")
    command.add_argument("file", type=Path, help="the *.enrol file made by `licensedesk server enrol`")
    command.add_argument("--folder", default="", help="this server's own path to the shared folder")
    _add(commands, "run", _run, "receive, store and apply License.xml in the foreground")
    _add(commands, "status", _status, "show what this server holds")
    _add(commands, "verify", _verify, "re-read License.xml, write it anew where it is not as accepted")
    command = _add(commands, "apply", _apply, "take one message file, for servers without a network")
    command.add_argument("file", type=Path, help="the license.message file")
    command.add_argument("--report", type=Path, help="write the report here, to be carried back")
    return parser


def _add(
    commands: Any, name: str, action: Callable[[Places, argparse.Namespace], int], text: str
) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    command.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    command.set_defaults(action=action)
    return command


def _show_refusal(error: LicenseDeskError, *, as_json: bool) -> None:
    if as_json:
        details = error.figures
        refusal = {"code": error.code, "message": error.message, "advice": error.advice, "details": details}
        _write(json.dumps({"error": refusal}, default=str))
    else:
        sys.stderr.write(f"{error.message} {error.advice}".strip() + "\n")


def _write(text: str) -> None:
    sys.stdout.write(text + "\n")


# -- the commands ------------------------------------------------------------------------------------


def _enrol(places: Places, arguments: argparse.Namespace) -> int:
    raw = read_bounded(arguments.file, limit=ENROLMENT_LIMIT)
    folder = str(Path(arguments.folder).absolute()) if arguments.folder else ""
    places.prepare(places.settings)
    with sole_agent(places):
        identity = enrol(places, raw, file=arguments.file.name, folder=folder)
        if not places.settings.exists():
            write_atomic(places.settings, TEMPLATE.encode("utf-8"), mode=0o644)
    enrolment = identity.enrolment
    result = {
        "server": enrolment.host_name,
        "server_id": enrolment.server_id,
        "deployment": enrolment.deployment,
        "key_id": identity.signer.key.key_id,
        "transport": identity.transport.url,
    }
    text = f"{enrolment.host_name} is ready. Start: licensedesk-agent --install-dir {places.install} run"
    _write(json.dumps(result) if arguments.json else text)
    return DONE


def _run(places: Places, _arguments: argparse.Namespace) -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    identity, settings = read_identity(places), read_settings(places.settings)
    with sole_agent(places):
        transport = open_agent_transport(
            identity.transport,
            deployment=identity.enrolment.deployment,
            server_id=identity.enrolment.server_id,
            poll_seconds=settings.poll_seconds,
        )
        services: list[Service] = []
        updater = new_updater(
            places, identity=identity, settings=settings, stopped=lambda: services[0].stopping
        )
        updater.clean()
        services.append(Service(updater, transport, check_seconds=settings.check_seconds))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: services[0].stop())
        services[0].run()
    return DONE


def _status(places: Places, arguments: argparse.Namespace) -> int:
    identity = read_identity(places)
    _show_status(places, _idle_updater(places), server=identity.enrolment.host_name, as_json=arguments.json)
    return DONE


def _idle_updater(places: Places) -> Updater:
    """One that only looks."""
    return new_updater(places, identity=read_identity(places), settings=read_settings(places.settings))


def _show_status(places: Places, updater: Updater, *, server: str, as_json: bool) -> None:
    digest, holding = updater.holding
    status = {
        "server": server,
        "deployment": updater.state.deployment,
        "version": updater.state.version,
        "sha256": digest,
        "state": holding.value,
        "matches_envelope": updater.matches_envelope,
        "last_report": updater.state.last_report,
    }
    if as_json:
        _write(json.dumps(status))
        return
    last = updater.state.last_report or {}
    _write(f"server        {server}")
    _write(f"License.xml   {places.license}")
    _write(f"state         {holding.value}, message version {updater.state.version}, digest {digest or '-'}")
    _write(f"as accepted   {'yes' if status['matches_envelope'] else 'no'}")
    reason = f"{last.get('code', '')} {last.get('detail', '')}".strip()
    _write(f"last report   {last.get('reported_at', '-')} {reason}".rstrip())


def _verify(places: Places, arguments: argparse.Namespace) -> int:
    """Heals, where no agent runs that does it within its next check anyway."""
    identity = read_identity(places)
    beside = False
    try:
        with sole_agent(places):
            updater = _idle_updater(places)
            updater.clean()
            updater.say(now=now())
    except SurroundingsError as error:
        if error.code != "agent-running":
            raise
        beside = True
        updater = _idle_updater(places)
    _show_status(places, updater, server=identity.enrolment.host_name, as_json=arguments.json)
    good = updater.holding[1] in {Holding.APPLIED, Holding.EMPTY}
    if beside and updater.holding[1] is Holding.DAMAGED and not arguments.json:
        seconds = read_settings(places.settings).check_seconds
        _write(f"The agent that runs here writes License.xml anew within {seconds:g} s.")
    return DONE if good else REFUSED


def _apply(places: Places, arguments: argparse.Namespace) -> int:
    identity = read_identity(places)
    with sole_agent(places):
        updater = _idle_updater(places)
        updater.clean()
        raw = updater.take(read_bounded(arguments.file, limit=MESSAGE_LIMIT), now=now())
    if arguments.report:
        write_atomic(arguments.report.absolute(), raw, mode=0o644)
    _show_status(places, updater, server=identity.enrolment.host_name, as_json=arguments.json)
    last = updater.state.last_report or {}
    return DONE if last.get("code", "") in {"", "DRIFT", "CLOCK-AHEAD"} else REFUSED
