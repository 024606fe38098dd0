"""An agent process on a real Mosquitto with its own password, from enrolment to a rejected message."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from licensedesk.agent.command import main
from licensedesk.agent.places import Places
from licensedesk.agent.service import now
from licensedesk.core.transports.base import ConsoleTransport
from licensedesk.core.transports.factory import open_console_transport
from tests.fakes.console import DEPLOYMENT, SERVER, ConsoleTwin, license_xml
from tests.fakes.mosquitto import CONSOLE, Mosquitto

pytestmark = pytest.mark.mosquitto


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    mosquitto = Mosquitto(tmp_path / "broker")
    mosquitto.write()
    mosquitto.start()
    yield mosquitto
    mosquitto.kill()


def reported(transport: ConsoleTransport, twin: ConsoleTwin, wanted: tuple[str, str, int]) -> None:
    deadline = time.monotonic() + 30
    seen: list[tuple[str, str, int]] = []
    while wanted not in seen:
        assert time.monotonic() < deadline, seen
        for server_id, raw in transport.poll(timeout=0.2).reports:
            report = twin.read(raw, server_id=server_id)
            seen.append((report.state.value, report.code, report.version))


def test_from_enrolment_to_a_refused_message(broker: Mosquitto, console: ConsoleTwin, tmp_path: Path) -> None:
    places, file = Places(tmp_path / "install"), tmp_path / "d.enrol"
    file.write_bytes(console.enrolment(transport=broker.settings(SERVER)))
    assert main(["--install-dir", str(places.install), "enrol", str(file)]) == 0
    transport = open_console_transport(broker.settings(CONSOLE), deployment=DEPLOYMENT)
    transport.start()
    command = [sys.executable, "-m", "licensedesk.agent", "--install-dir", str(places.install), "run"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            reported(transport, console, ("empty", "", 0))
            transport.publish(SERVER, console.message(1, license_xml(10), at=now()))
            reported(transport, console, ("applied", "", 1))
            transport.publish(SERVER, ConsoleTwin().message(2, license_xml(11), at=now()))
            reported(transport, console, ("applied", "UNTRUSTED", 1))
            assert not console.reports[SERVER].proof
            assert places.license.read_bytes() == license_xml(10)
            assert psutil.Process(process.pid).memory_info().rss <= 60 << 20
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=10) == 0
        finally:
            process.kill()
            transport.close()
