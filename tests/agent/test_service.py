"""The loop: report at start, take what comes, look after License.xml, end when told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from licensedesk.agent.service import Service, new_updater, sole_agent
from licensedesk.agent.settings import AgentSettings
from licensedesk.agent.state import read_identity
from licensedesk.core.errors import LicenseFileError, SurroundingsError
from licensedesk.core.transports.memory import MemoryAgent, MemoryBroker
from tests.agent.conftest import Agent
from tests.fakes.console import SERVER, START, license_xml

FIRST = license_xml(10)
SECOND = license_xml(20, version=2)


def until(true: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.005)


@contextmanager
def running(agent: Agent, broker: MemoryBroker, *, check_seconds: float = 60) -> Iterator[Service]:
    transport = MemoryAgent(broker, SERVER)
    service = Service(agent.updater, transport, check_seconds=check_seconds, clock=lambda: START)
    thread = threading.Thread(target=service.run)
    thread.start()
    try:
        yield service
    finally:
        service.stop()
        thread.join(timeout=10)
        assert not thread.is_alive()


def report(agent: Agent, broker: MemoryBroker) -> tuple[str, str, int]:
    read = agent.console.read(broker.reports[SERVER])
    return read.state, read.code, read.version


def test_it_reports_at_start_and_takes_what_comes(agent: Agent) -> None:
    broker = MemoryBroker()
    with running(agent, broker):
        until(lambda: report(agent, broker) == ("empty", "", 0) if broker.reports else False)
        broker.publish(SERVER, agent.console.message(1, FIRST))
        until(lambda: report(agent, broker) == ("applied", "", 1))
        broker.publish(SERVER, b"?")
        until(lambda: report(agent, broker) == ("applied", "MALFORMED", 1))
        assert broker.presence == {SERVER: True}
    assert broker.presence == {SERVER: False}
    assert agent.license == FIRST


def test_it_heals_by_itself(agent: Agent) -> None:
    broker = MemoryBroker()
    broker.publish(SERVER, agent.console.message(1, FIRST))
    with running(agent, broker, check_seconds=0.01):
        until(lambda: broker.reports and report(agent, broker) == ("applied", "", 1))
        agent.places.license.write_bytes(b"edited")
        until(lambda: report(agent, broker) == ("applied", "DRIFT", 1))
        assert agent.license == FIRST


def test_a_message_that_cannot_be_read_is_reported(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    broker = MemoryBroker()
    faults = [LicenseFileError("too-large", file="license.message", size=1 << 30, limit=1 << 21)]
    receive = MemoryAgent.receive

    def failing(self: MemoryAgent, *, timeout: float) -> bytes | None:
        if faults:
            raise faults.pop()
        return receive(self, timeout=timeout)

    monkeypatch.setattr(MemoryAgent, "receive", failing)
    with running(agent, broker):
        until(lambda: broker.reports and report(agent, broker) == ("empty", "TOO-LARGE", 0))


def test_one_agent_per_install_directory(agent: Agent) -> None:
    with sole_agent(agent.places):
        with pytest.raises(SurroundingsError) as refusal, sole_agent(agent.places):
            pytest.fail("two agents at once")
        assert refusal.value.code == "agent-running"
        assert "process" in refusal.value.figures["holder"]
    with sole_agent(agent.places):
        pass


def test_the_apply_command_of_the_settings(agent: Agent) -> None:
    settings = AgentSettings(apply_command=("sh", "-c", 'cat "$LICENSE_XML" > copy; exit 5'))
    updater = new_updater(agent.places, identity=read_identity(agent.places), settings=settings)
    told = agent.console.read(updater.take(agent.console.message(1, SECOND), now=START))
    assert (told.code, told.detail) == ("APPLY-FAILED", "it ended with 5")
    assert (agent.places.install / "copy").read_bytes() == SECOND
