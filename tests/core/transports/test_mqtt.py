"""The MQTT transport on a real Mosquitto: who may do what, and brokers that die, forget and repeat."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import MQTTMessage

from licensedesk.core.documents.messages import MESSAGE_LIMIT
from licensedesk.core.errors import SurroundingsError
from licensedesk.core.transports.base import Arrivals, TransportSettings
from licensedesk.core.transports.factory import open_agent_transport, open_console_transport
from licensedesk.core.transports.mqtt import MqttAgent, MqttConsole, _client_id, topic
from licensedesk.core.transports.mqtt_link import Backoff, Link
from tests.fakes.console import DEPLOYMENT, SERVER
from tests.fakes.mosquitto import CONSOLE, HOST, OTHER, Mosquitto

pytestmark = pytest.mark.mosquitto
Closing = Callable[..., None]


def console_of(broker: Mosquitto, closing: Closing) -> MqttConsole:
    console = open_console_transport(broker.settings(CONSOLE), deployment=DEPLOYMENT)
    assert isinstance(console, MqttConsole)
    console.start()
    closing(console)
    return console


def agent_of(broker: Mosquitto, closing: Closing, *, server_id: str = SERVER, **more: Any) -> MqttAgent:
    settings = more.pop("settings", broker.settings(server_id))
    agent = MqttAgent(
        settings,
        host=HOST,
        port=broker.port,
        deployment=DEPLOYMENT,
        server_id=server_id,
        backoff=Backoff(first=1, most=1),
        **more,
    )
    agent.start()
    closing(agent)
    return agent


def gathered(console: MqttConsole, enough: Callable[[Arrivals], bool], *, seconds: float = 15) -> Arrivals:
    """All that arrives until it is enough."""
    deadline = time.monotonic() + seconds
    total = Arrivals()
    while not enough(total):
        assert time.monotonic() < deadline, f"only this arrived: {total}"
        more = console.poll(timeout=0.2)
        total = Arrivals(
            sent=total.sent + more.sent,
            refused=total.refused + more.refused,
            reports=total.reports + more.reports,
            presence=total.presence + more.presence,
        )
    return total


def received(agent: MqttAgent, message: bytes, *, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while agent.receive(timeout=0.2) != message:
        assert time.monotonic() < deadline, "the message did not arrive"


def test_no_other_account_ends_an_agents_connection(broker: Mosquitto, closing: Closing) -> None:
    """A broker ends the connection whose client id comes again, whoever it is that brings it."""
    console = console_of(broker, closing)
    agent_of(broker, closing)
    gathered(console, lambda total: (SERVER, True) in total.presence)
    link = Link(
        broker.settings(OTHER),
        host=HOST,
        port=broker.port,
        client_id=_client_id(SERVER, broker.passwords[OTHER]),
        largest_packet=MESSAGE_LIMIT,
        backoff=Backoff(first=1, most=1),
    )
    link.start()
    assert link.connected.wait(10)
    link.stop()
    console.publish(SERVER, b"message")
    total = gathered(console, lambda total: bool(total.sent))
    assert (SERVER, False) not in total.presence


def test_an_agent_says_that_its_report_is_not_taken(
    broker: Mosquitto, closing: Closing, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    access = broker.folder / "config/acl"
    lines = access.read_text().splitlines()
    access.write_text("".join(f"{line}\n" for line in lines if not line.endswith("/report")))
    broker.kill()
    broker.start()
    agent = agent_of(broker, closing)
    agent.report(b"report")
    deadline = time.monotonic() + 10
    while "does not take the report: Not authorized" not in caplog.text:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_an_agents_new_connection_ends_its_old_one(broker: Mosquitto, closing: Closing) -> None:
    """Or the will of the old one would say later that it is away."""
    console = console_of(broker, closing)
    agent_of(broker, closing)
    gathered(console, lambda total: (SERVER, True) in total.presence)
    agent_of(broker, closing)
    gathered(console, lambda total: (SERVER, False) in total.presence)


def test_messages_go_there_and_reports_come_back(broker: Mosquitto, closing: Closing) -> None:
    console = console_of(broker, closing)
    agent = agent_of(broker, closing)
    console.publish(SERVER, b"message")
    received(agent, b"message")
    agent.report(b"report")
    arrived = gathered(console, lambda total: bool(total.reports and total.sent))
    assert arrived.sent == (SERVER,)
    assert arrived.reports == ((SERVER, b"report"),)
    assert (SERVER, True) in arrived.presence


def test_a_server_that_was_off_gets_the_last_message_when_it_comes(
    broker: Mosquitto, closing: Closing
) -> None:
    console = console_of(broker, closing)
    for message in (b"first", b"second"):
        console.publish(SERVER, message)
    gathered(console, lambda total: len(total.sent) == 2)
    agent = agent_of(broker, closing)
    assert agent.receive(timeout=10) == b"second"
    assert agent.receive(timeout=0.1) is None


def test_a_console_that_was_off_gets_the_last_report(broker: Mosquitto, closing: Closing) -> None:
    agent = agent_of(broker, closing)
    for number in range(20):
        agent.report(b"report %d" % number)
    # One console has seen the last: so the broker has it.
    before = console_of(broker, closing)
    gathered(before, lambda total: (SERVER, b"report 19") in total.reports)
    before.close()
    arrived = gathered(console_of(broker, closing), lambda total: bool(total.reports))
    assert arrived.reports == ((SERVER, b"report 19"),)


def test_clear_leaves_nothing_behind(broker: Mosquitto, closing: Closing) -> None:
    console = console_of(broker, closing)
    agent = agent_of(broker, closing)
    agent.report(b"report")
    console.publish(SERVER, b"message")
    gathered(console, lambda total: bool(total.reports and total.sent))
    agent.close()
    console.clear(SERVER)
    console.close()
    arrived = console_of(broker, closing).poll(timeout=0.5)
    assert (arrived.reports, arrived.presence) == ((), ())
    assert agent_of(broker, closing).receive(timeout=0.5) is None


def test_an_agent_that_dies_is_offline(broker: Mosquitto, closing: Closing) -> None:
    console = console_of(broker, closing)
    agent = agent_of(broker, closing)
    gathered(console, lambda total: (SERVER, True) in total.presence)
    agent._link.client._sock_close()  # the connection breaks without a farewell
    arrived = gathered(console, lambda total: total.presence[-2:] == ((SERVER, False), (SERVER, True)))
    assert arrived.presence


# -- who may do what ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "password"), [(SERVER, "wrong"), ("nobody", "x"), ("", ""), (SERVER, "")])
def test_nobody_comes_in_without_the_right_password(broker: Mosquitto, name: str, password: str) -> None:
    settings = replace(broker.settings(CONSOLE), username=name, password=password)
    console = MqttConsole(settings, host=HOST, port=broker.port, deployment=DEPLOYMENT)
    with pytest.raises(SurroundingsError) as refusal:
        console.start(timeout=3)
    assert refusal.value.code == "transport-unavailable"
    assert "authori" in refusal.value.figures["reason"].lower()


# paho drops the socket of a failed handshake without closing it; the interpreter then does.
@pytest.mark.filterwarnings("ignore:.*ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning")
def test_a_broker_with_another_certificate_is_not_believed(broker: Mosquitto, tmp_path: Any) -> None:
    other = Mosquitto(tmp_path / "other")
    other.write()
    settings = replace(broker.settings(CONSOLE), ca_pem=(tmp_path / "other/config/ca.crt").read_text())
    console = MqttConsole(settings, host=HOST, port=broker.port, deployment=DEPLOYMENT)
    with pytest.raises(SurroundingsError) as refusal:
        console.start(timeout=3)
    assert "certificate" in refusal.value.figures["reason"]


def test_no_connection_without_tls(broker: Mosquitto) -> None:
    settings = replace(broker.settings(CONSOLE), tls=False)
    console = MqttConsole(settings, host=HOST, port=broker.port, deployment=DEPLOYMENT)
    with pytest.raises(SurroundingsError):
        console.start(timeout=2)


def test_an_agent_reads_and_writes_only_its_own_topics(broker: Mosquitto, closing: Closing) -> None:
    """The other agent's password opens neither this server's license nor its report."""
    console = console_of(broker, closing)
    thief = agent_of(broker, closing, server_id=SERVER, settings=broker.settings(OTHER))
    console.publish(SERVER, b"message")
    thief.report(b"forged")
    honest = agent_of(broker, closing, server_id=OTHER)
    honest.report(b"honest")
    arrived = gathered(console, lambda total: bool(total.reports))
    time.sleep(0.3)
    assert arrived.reports + console.poll(timeout=0.3).reports == ((OTHER, b"honest"),)
    assert thief.receive(timeout=0.3) is None


def test_an_agent_cannot_write_messages(broker: Mosquitto, closing: Closing) -> None:
    victim = agent_of(broker, closing, server_id=OTHER)
    rogue = agent_of(broker, closing)
    for server_id in (SERVER, OTHER):
        rogue._link.client.publish(topic(DEPLOYMENT, server_id, "license"), b"forged", qos=1, retain=True)
    assert victim.receive(timeout=0.5) is None
    assert rogue.receive(timeout=0.1) is None


def test_a_message_that_the_broker_does_not_take_is_told(broker: Mosquitto, closing: Closing) -> None:
    """A console whose account may not write: every other message is not concerned."""
    settings = broker.settings(OTHER)
    console = MqttConsole(settings, host=HOST, port=broker.port, deployment=DEPLOYMENT)
    console._subscribed.set()
    console.start()
    closing(console)
    console.publish(SERVER, b"message")
    arrived = gathered(console, lambda total: bool(total.refused))
    assert arrived.refused == ((SERVER, "Not authorized"),)
    assert arrived.sent == ()


def test_a_gigabyte_is_kept_out(broker: Mosquitto, closing: Closing) -> None:
    """The broker drops the connection of whoever sends more than a message may have; agents see nothing."""
    agent = agent_of(broker, closing)
    console = console_of(broker, closing)
    console.publish(SERVER, b"x" * (MESSAGE_LIMIT + 4096))
    assert agent.receive(timeout=1) is None


# -- brokers that die, forget, repeat ----------------------------------------------------------------


def test_a_broker_that_dies_and_forgets(broker: Mosquitto, closing: Closing) -> None:
    console = console_of(broker, closing)
    agent = agent_of(broker, closing)
    console.publish(SERVER, b"first")
    received(agent, b"first")
    agent.report(b"report 1")
    gathered(console, lambda total: bool(total.reports))
    broker.kill()
    agent.report(b"report 2")
    agent.report(b"report 3")
    broker.start()
    # Both come back by themselves; what was reported meanwhile arrives, in order, the last one at the end.
    arrived = gathered(console, lambda total: (SERVER, b"report 3") in total.reports, seconds=30)
    reports = [raw for _, raw in arrived.reports]
    assert reports == sorted(reports)
    console.publish(SERVER, b"second")
    received(agent, b"second")


def test_no_more_is_on_its_way_than_the_broker_takes(tmp_path: Path, closing: Closing) -> None:
    small = Mosquitto(tmp_path / "small")
    small.write()
    path = tmp_path / "small/config/mosquitto.conf"
    path.write_text(path.read_text().replace("max_inflight_messages 1000", "max_inflight_messages 3"))
    small.start()
    try:
        console = console_of(small, closing)
        for number in range(200):
            console.publish(f"{number:016x}", b"message")
            assert console._in_flight <= 3
        gathered(console, lambda total: len(total.sent) == 200)
        console.close()
    finally:
        small.kill()


def test_what_is_no_topic_of_ours_is_passed_over() -> None:
    settings = TransportSettings(f"mqtt:{HOST}:1", tls=False)
    console = MqttConsole(settings, host=HOST, port=1, deployment=DEPLOYMENT)
    for name in (
        b"short",
        b"licensedesk/d/\xff/report",
        b"licensedesk/d/a/b/report",
        b"licensedesk/d/a/other",
    ):
        message = MQTTMessage(topic=name)
        message.payload = b"payload"
        console._on_message(console._link.client, None, message)
    arrived = console.poll(timeout=0)
    assert (arrived.reports, arrived.presence) == ((), ())


def test_what_was_not_acknowledged_is_sent_when_the_broker_is_back(
    broker: Mosquitto, closing: Closing
) -> None:
    console = console_of(broker, closing)
    broker.kill()
    console.publish(SERVER, b"message")
    assert console.poll(timeout=0.3).sent == ()
    broker.start()
    assert gathered(console, lambda total: bool(total.sent), seconds=30).sent == (SERVER,)


def test_a_full_window_over_a_dead_broker_is_told(broker: Mosquitto, closing: Closing) -> None:
    settings = broker.settings(CONSOLE)
    console = MqttConsole(
        settings, host=HOST, port=broker.port, deployment=DEPLOYMENT, window=3, patience=0.2
    )
    console.start()
    closing(console)
    broker.kill()
    for _ in range(3):
        console.publish(SERVER, b"message")
    with pytest.raises(SurroundingsError) as refusal:
        console.publish(SERVER, b"message")
    assert refusal.value.code == "transport-unavailable"


def test_an_agent_starts_without_a_broker(broker: Mosquitto, closing: Closing) -> None:
    broker.kill()
    agent = agent_of(broker, closing)
    agent.report(b"report")
    assert agent.receive(timeout=0.2) is None
    broker.start()
    arrived = gathered(console_of(broker, closing), lambda total: bool(total.reports), seconds=30)
    assert arrived.reports == ((SERVER, b"report"),)


def test_wake_ends_a_wait(broker: Mosquitto, closing: Closing) -> None:
    agent = open_agent_transport(
        broker.settings(SERVER), deployment=DEPLOYMENT, server_id=SERVER, poll_seconds=1
    )
    closing(agent)
    agent.start()
    agent.wake()
    began = time.monotonic()
    assert agent.receive(timeout=30) is None
    assert time.monotonic() - began < 10
    console = console_of(broker, closing)
    while console.poll(timeout=0.2):
        pass
    threading.Timer(0.05, console.wake).start()
    began = time.monotonic()
    assert not console.poll(timeout=30)
    assert time.monotonic() - began < 10


def test_a_thousand_messages_and_reports(broker: Mosquitto, closing: Closing) -> None:
    console = console_of(broker, closing)
    agent = agent_of(broker, closing)
    ids = [f"{number:016x}" for number in range(3000)]
    for server_id in ids:
        console.publish(server_id, b"x" * 2000)
    assert sorted(gathered(console, lambda total: len(total.sent) == len(ids)).sent) == ids
    assert console._pending == {}
    for number in range(1000):
        agent.report(b"%04d" % number)
    arrived = gathered(console, lambda total: (SERVER, b"0999") in total.reports)
    reports = [raw for _, raw in arrived.reports]
    assert reports == sorted(reports)


# -- no broker at all --------------------------------------------------------------------------------


def test_nothing_answers() -> None:
    settings = TransportSettings(f"mqtt:{HOST}:1", tls=False)
    console = open_console_transport(settings, deployment=DEPLOYMENT)
    assert isinstance(console, MqttConsole)
    with pytest.raises(SurroundingsError) as refusal:
        console.start(timeout=0.5)
    assert refusal.value.code == "transport-unavailable"
    assert "refused" in refusal.value.figures["reason"]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Somebody who lets clients connect and says nothing."""
    with socket.create_server((HOST, 0)) as server:
        yield server


def _silence(listener: socket.socket) -> None:
    """The connection stays as it is."""


def _nobody(listener: socket.socket) -> None:
    listener.close()


def _hanging_up(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    connection.close()


@pytest.mark.parametrize(
    ("peer", "tls"), [(_silence, False), (_nobody, False), (_hanging_up, False), (_hanging_up, True)]
)
def test_close_leaves_no_socket_open(
    listener: socket.socket, peer: Callable[[socket.socket], None], tls: bool
) -> None:
    """Not until the garbage is collected either: that warns of open sockets, whenever it likes."""
    port = listener.getsockname()[1]
    settings = TransportSettings(url=f"mqtt:{HOST}:{port}", username="a", password="b", tls=tls)
    agent = MqttAgent(settings, host=HOST, port=port, deployment=DEPLOYMENT, server_id=SERVER)
    before = open_sockets()
    agent.start()
    peer(listener)
    time.sleep(0.2)
    agent.close()
    assert open_sockets() <= before


def open_sockets() -> int:
    folder = Path("/proc/self/fd")
    # The one with which they are listed is closed by now.
    listed = [folder / name for name in os.listdir(folder)]
    return sum(os.readlink(path).startswith("socket:") for path in listed if path.is_symlink())


def test_a_certificate_authority_that_is_none() -> None:
    settings = TransportSettings(f"mqtt:{HOST}:1", ca_pem="no certificate")
    with pytest.raises(SurroundingsError) as refusal:
        open_console_transport(settings, deployment=DEPLOYMENT)
    assert refusal.value.code == "transport-unavailable"


def test_waits_grow_and_are_spread() -> None:
    backoff = Backoff(first=4, most=120)
    many = [[backoff.seconds(failures) for _ in range(300)] for failures in (0, 3, 50)]
    assert [max(waits) for waits in many] <= [4, 32, 120]
    assert all(min(waits) >= 1 and len(set(waits)) > 3 for waits in many)
