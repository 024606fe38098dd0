"""Real processes for the kill campaign: forks consoles and agents that end themselves by SIGKILL.

Run as a program with the folder of a world. Each line of standard input is a JSON command; the answer is a
JSON line with the process id. `crash` names the crash point at which the child dies, `after` how often it
passes it before. Forking saves the second that every new interpreter takes.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from licensedesk.agent.places import Places
from licensedesk.agent.service import Service
from licensedesk.agent.state import read_identity
from licensedesk.agent.updater import Updater
from licensedesk.core.distribution.connection import console_settings
from licensedesk.core.distribution.distributor import Distributor
from licensedesk.core.files import on_crash_point
from licensedesk.core.site import open_site
from licensedesk.core.site_key import unlock
from licensedesk.core.transports.factory import open_agent_transport, open_console_transport
from licensedesk.core.trust import Signer
from licensedesk.core.types import Actor


def now() -> datetime:
    return datetime.now(UTC)


def console(folder: Path, signer: Signer, *, patience: float) -> None:
    """One start: compare, distribute if due, and listen until all is said."""
    site = open_site(folder / "site")
    transport = open_console_transport(console_settings(site), deployment=site.deployment)
    jitter = random.Random(1)  # noqa: S311 - spreads retries
    distributor = Distributor(
        site, transport=transport, signer=signer, by=Actor(name="root@desk"), clock=now, jitter=jitter
    )
    distributor.open()
    distributor.step(timeout=0)
    if distributor.due:
        distributor.distribute(reason="start")
    deadline = time.monotonic() + patience
    while not all(line.acknowledged for line in distributor.lines) and time.monotonic() < deadline:
        distributor.step(timeout=0.05)
    distributor.close()


def agent(folder: Path, name: str) -> None:
    places = Places(folder / "agents" / name)
    identity = read_identity(places)
    updater = Updater(places, identity=identity, apply=lambda: None)
    updater.clean()
    transport = open_agent_transport(
        identity.transport,
        deployment=identity.enrolment.deployment,
        server_id=identity.enrolment.server_id,
        poll_seconds=0.02,
    )
    Service(updater, transport, check_seconds=1.0).run()


def die_at(name: str, after: int) -> None:
    left = after

    def hook(passed: str) -> None:
        nonlocal left
        if passed == name:
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    on_crash_point(hook)


def child(folder: Path, signer: Signer, command: dict[str, Any]) -> None:
    if command["crash"]:
        die_at(command["crash"], command["after"])
    if command["role"] == "console":
        console(folder, signer, patience=command["patience"])
    else:
        agent(folder, command["role"])


def main() -> None:
    folder = Path(sys.argv[1])
    site = open_site(folder / "site")
    signer = unlock(site, b"x")
    site.close()
    for line in sys.stdin:
        command = json.loads(line)
        if command["role"] == "wait":
            _, status = os.waitpid(command["pid"], 0)
            answer = os.waitstatus_to_exitcode(status)
        else:
            answer = os.fork()
            if answer == 0:
                child(folder, signer, command)
                os._exit(0)
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
