"""The in-memory twin behaves as a broker does: retained, repeated, forgotten, away."""

from __future__ import annotations

import pytest

from licensedesk.core.errors import SurroundingsError
from licensedesk.core.transports.base import AgentTransport, Arrivals, ConsoleTransport
from licensedesk.core.transports.memory import MemoryAgent, MemoryBroker, MemoryConsole
from tests.fakes.console import SERVER


def ends(broker: MemoryBroker) -> tuple[ConsoleTransport, AgentTransport]:
    console, agent = MemoryConsole(broker), MemoryAgent(broker, SERVER)
    console.start()
    agent.start()
    console.poll(timeout=0)
    return console, agent


def test_there_and_back() -> None:
    console, agent = ends(MemoryBroker())
    console.publish(SERVER, b"message")
    assert agent.receive(timeout=1) == b"message"
    assert agent.receive(timeout=0) is None
    agent.report(b"report")
    assert console.poll(timeout=1) == Arrivals(sent=(SERVER,), reports=((SERVER, b"report"),))
    assert console.poll(timeout=0) == Arrivals()


def test_what_is_retained_comes_to_whoever_comes_later() -> None:
    broker = MemoryBroker()
    console, agent = ends(broker)
    console.publish(SERVER, b"message")
    agent.report(b"report")
    later_console, later_agent = MemoryConsole(broker), MemoryAgent(broker, SERVER)
    later_console.start()
    later_agent.start()
    assert later_agent.receive(timeout=1) == b"message"
    assert later_console.poll(timeout=1).reports == ((SERVER, b"report"),)


def test_clear_and_forget() -> None:
    broker = MemoryBroker()
    console, agent = ends(broker)
    console.publish(SERVER, b"message")
    agent.report(b"report")
    console.clear(SERVER)
    assert (broker.messages, broker.reports, broker.presence) == ({}, {}, {})
    console.publish(SERVER, b"message")
    broker.forget()
    assert broker.messages == {}


def test_away() -> None:
    broker = MemoryBroker()
    console, _ = ends(broker)
    broker.away = True
    for action in (
        console.start,
        lambda: console.publish(SERVER, b"message"),
        lambda: console.clear(SERVER),
    ):
        with pytest.raises(SurroundingsError) as refusal:
            action()
        assert refusal.value.code == "transport-unavailable"
    assert broker.messages == {}


def test_presence_and_wake() -> None:
    broker = MemoryBroker()
    console, agent = ends(broker)
    agent.wake()
    assert agent.receive(timeout=10) is None
    console.wake()
    assert console.poll(timeout=600) == Arrivals()
    agent.close()
    assert console.poll(timeout=1).presence == ((SERVER, False),)
    console.close()
    broker.report(SERVER, b"report")
    assert console.poll(timeout=0) == Arrivals()
