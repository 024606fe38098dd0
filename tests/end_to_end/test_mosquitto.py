"""The installed commands over a real Mosquitto that runs on exactly what broker-config wrote."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from licensedesk.agent.places import Places
from licensedesk.agent.state import read_identity
from tests.end_to_end.conftest import SERVERS
from tests.end_to_end.installed import Agent, Console, until
from tests.fakes.mosquitto import HOST, Mosquitto

pytestmark = pytest.mark.mosquitto


@pytest.fixture
def broker(quiet_console: Console) -> Iterator[Mosquitto]:
    """Running, with an account for each of the five servers; their agents do not run yet."""
    folder = quiet_console.folder
    broker = Mosquitto(folder / "broker")
    quiet_console.done("site", "set", "transport", f"mqtt:{HOST}:{broker.port}")
    configure(quiet_console, broker)
    quiet_console.enrol(*SERVERS)
    value = configure(quiet_console, broker)
    assert value["servers"] == 5
    broker.start()
    yield broker
    broker.kill()


def configure(console: Console, broker: Mosquitto) -> dict[str, object]:
    """The broker's files, where the fake looks for them."""
    data = broker.folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    found: dict[str, object] = console.done(
        "broker-config", "--out", broker.folder / "config", "--data", data
    )
    return found


def forget(broker: Mosquitto) -> None:
    """It dies, and comes back without anything that it had acknowledged."""
    broker.kill()
    for kept in (broker.folder / "data").iterdir():
        kept.unlink()


def test_license_xml_reaches_every_server(quiet_console: Console, broker: Mosquitto) -> None:
    console = quiet_console
    console.all_on()
    value = console.distributed()
    assert (value["servers"]["current"], value["due"]) == (5, False)
    held = console.held()
    assert held["north"] == held["north1"] != held["hq1"] == held["south"] == held["south1"]
    # Off while it is sent, it finds its message at the broker when it comes back.
    assert console.agents["south1"].off() == 0
    console.register("DM-2", 50)
    assert console.run("distribute", "--wait", "2").code == 4
    # The broker tells who is gone, and the console why nobody answers.
    assert console.ledger()["south1"]["code"] == "agent-away"
    console.agents["south1"].on()
    until(lambda: console.held()["south1"] == console.held()["south"], "south1 catches up")
    assert console.distributed()["due"] is False


def test_what_broker_config_writes_is_secret_and_stays(quiet_console: Console, broker: Mosquitto) -> None:
    site, config = quiet_console.site, broker.folder / "config"
    for path in (
        site / "keys/broker.password",
        site / "keys/broker-ca.pem",
        config / "passwords",
        config / "server.key",
    ):
        assert path.stat().st_mode & 0o777 == 0o600, path
    password = (site / "keys/broker.password").read_text()
    assert password not in (config / "passwords").read_text()
    kept = {path.name: path.read_bytes() for path in config.iterdir() if path.name != "passwords"}
    configure(quiet_console, broker)
    assert (site / "keys/broker.password").read_text() == password
    assert {path.name: path.read_bytes() for path in config.iterdir() if path.name != "passwords"} == kept


def test_a_folder_needs_no_broker(quiet_console: Console) -> None:
    refused = quiet_console.run("broker-config", "--out", quiet_console.folder / "broker")
    assert (refused.code, refused.value["error"]["code"]) == (1, "not-a-broker")
    assert not (quiet_console.folder / "broker").exists()


# -- who may what --------------------------------------------------------------------------------------


class Intruder:
    """A client with the account of one server's agent, connected until the end of the block."""

    def __init__(self, broker: Mosquitto, agent: Agent) -> None:
        account = read_identity(Places(agent.install)).transport
        self.user = account.username
        self.received: list[str] = []
        self.up, self.subscribed, self.judged = (threading.Event() for _ in range(3))
        self.taken = False
        self.client = Client(
            CallbackAPIVersion.VERSION2, client_id="intruder", protocol=MQTTProtocolVersion.MQTTv5
        )
        self.client.username_pw_set(account.username, account.password)
        self.client.tls_set(str(broker.folder / "config" / "ca.crt"))
        self.client.on_connect = lambda *_: self.up.set()
        self.client.on_message = lambda _c, _d, message: self.received.append(message.topic)
        self.client.on_subscribe = lambda *_: self.subscribed.set()
        self.client.on_publish = self._on_publish
        # Some versions of Mosquitto answer a forbidden message by hanging up.
        self.client.on_disconnect = lambda *_: self.judged.set()
        self.client.connect(HOST, broker.port)

    def _on_publish(
        self, _client: Client, _data: object, _mid: int, reason: Any, _properties: object
    ) -> None:
        self.taken = not reason.is_failure
        self.judged.set()

    def __enter__(self) -> Intruder:
        self.client.loop_start()
        assert self.up.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def may_write(self, topic: str) -> bool:
        """Whether the broker takes a message for the topic."""
        self.client.publish(topic, b"forged", qos=1, retain=True)
        assert self.judged.wait(10)
        return self.taken


def test_an_agent_reads_and_writes_nothing_of_another(quiet_console: Console, broker: Mosquitto) -> None:
    console = quiet_console
    console.all_on()
    console.distributed()
    ids = {row["host_name"]: row["id"] for row in console.done("server", "list")}
    site = f"licensedesk/{console.done('site', 'show')['deployment']}"
    agent = console.agents["hq1"]
    agent.off()
    with Intruder(broker, agent) as intruder:
        assert intruder.user == ids["hq1"]
        intruder.client.subscribe("licensedesk/#", qos=1)
        assert intruder.subscribed.wait(10)
        until(lambda: bool(intruder.received), "its own message")
        time.sleep(1)
        assert set(intruder.received) == {f"{site}/{ids['hq1']}/license"}
    for server, what, allowed in (
        ("hq1", "report", True),
        ("hq1", "license", False),
        ("north", "license", False),
        ("north", "report", False),
        ("north", "presence", False),
    ):
        with Intruder(broker, agent) as intruder:
            assert intruder.may_write(f"{site}/{ids[server]}/{what}") == allowed, (server, what)
    agent.on()
    assert console.distributed("--verify")["servers"]["current"] == 5
    assert {row["code"] for row in console.ledger().values()} == {""}


def test_an_account_ends_with_its_enrolment(quiet_console: Console, broker: Mosquitto) -> None:
    console = quiet_console
    console.all_on()
    console.distributed()
    old = console.agents["hq1"]
    old.off()
    secret = old.install / "agent" / "identity.json"
    stolen = secret.read_bytes()
    console.enrol("hq1", again=True)
    configure(console, broker)
    assert broker.process is not None
    broker.process.send_signal(signal.SIGHUP)
    fresh = secret.read_bytes()
    # The old password opens nothing any more.
    secret.write_bytes(stolen)
    old.on()
    console.agents["hq1"] = old
    assert console.run("distribute", "--wait", "3").code == 4
    old.off()
    secret.write_bytes(fresh)
    old.on()
    assert console.distributed()["servers"]["current"] == 5


# -- brokers that die and forget -----------------------------------------------------------------------


def test_a_broker_that_forgets_all_under_the_service(quiet_console: Console, broker: Mosquitto) -> None:
    console = quiet_console
    console.all_on()
    service = console.watch()
    until(console.all_current, "the first distribution")
    # One is off when the next version is sent; then the broker forgets what it has acknowledged.
    console.agents["south1"].off()
    console.register("DM-2", 50)
    until(lambda: console.states()["south1"] == "sent", "the broker has south1's message")
    forget(broker)
    until(lambda: service.said("away", code="transport-unavailable"), "the broker is missed")
    console.register("DM-3", 50)
    broker.start()
    console.agents["south1"].on()
    until(console.all_current, "everything becomes current again", seconds=60)
    assert len(set(console.held().values())) == 2
    assert service.said("back")
    assert service.stop() == 0
    assert console.done("status")["due"] is False


def test_a_broker_that_forgets_during_a_distribution(quiet_console: Console, broker: Mosquitto) -> None:
    console = quiet_console
    for name in ("north", "south", "hq1"):
        console.agents[name].on()
    process = console.begin("distribute", "--wait", "60")
    until(lambda: console.ledger()["south1"]["sent_at"] is not None, "all are sent to")
    forget(broker)
    broker.start()
    for name in ("north1", "south1"):
        console.agents[name].on()
    assert process.wait(90) == 0
    assert console.all_current()
    (run,) = console.done("distribute", "--history")
    assert (run["outcome"], run["current"]) == ("complete", 5)


def test_no_broker_at_all(quiet_console: Console, broker: Mosquitto) -> None:
    broker.kill()
    before = quiet_console.done("status")
    ended = quiet_console.run("distribute")
    assert (ended.code, ended.value["error"]["code"]) == (3, "transport-unavailable")
    after = quiet_console.done("status")
    assert after == before
    quiet_console.check_explained()
