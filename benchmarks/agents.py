"""Many agents in one process for benchmarks: each verifies with the site's key and signs with its own.

    python -m benchmarks.agents < settings.json

They share connections, whose loops one thread runs. They check what the real one checks of a message but
License.xml's schema, which each server does on a machine of its own; and they keep no files.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import selectors
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from licensedesk.core.documents.messages import (
    CONFIGURATION_TYPE,
    MESSAGE_LIMIT,
    REPORT_TYPE,
    Holding,
    new_report,
    read_configuration,
)
from licensedesk.core.files import sha256
from licensedesk.core.trust import (
    PublicKey,
    Signer,
    new_signer,
    open_envelope,
    signer_from_pem,
    signer_to_pem,
)

HOST = "127.0.0.1"
ACCOUNT = "agents"
_TOPICS_A_PACKET = 200


@dataclass(frozen=True)
class Member:
    server: str
    signer: Signer


@dataclass
class Fleet:
    """The agents' servers and keys; `password` is that of their account at the broker."""

    members: list[Member]
    file: Path
    password: str = ""
    process_id: int = 0

    @contextlib.contextmanager
    def running(
        self, *, port: int, ca_file: Path, deployments: tuple[str, ...], trusted: str, connections: int
    ) -> Iterator[None]:
        """Their process, subscribed to everything, until the end of the block."""
        settings = {
            "port": port,
            "ca_file": str(ca_file),
            "deployments": deployments,
            "trusted": trusted,
            "connections": connections,
            "password": self.password,
            "members": str(self.file),
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.agents"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdin
            assert process.stdout
            self.process_id = process.pid
            process.stdin.write(json.dumps(settings) + "\n")
            process.stdin.flush()
            assert process.stdout.readline() == "ready\n"
            yield
        finally:
            process.terminate()
            process.wait()


def new_fleet(count: int, file: Path) -> Fleet:
    members = [Member(secrets.token_hex(8), new_signer()) for _ in range(count)]
    pems = {one.server: signer_to_pem(one.signer, passphrase=None).decode() for one in members}
    file.write_text(json.dumps(pems))
    return Fleet(members, file)


class Connection:
    """Some of the agents, on one connection."""

    def __init__(self, number: int, members: dict[str, Signer], settings: dict[str, Any]) -> None:
        self._signers = members
        self._trusted = PublicKey.from_pem(settings["trusted"])
        self._counter = int(datetime.now(UTC).timestamp() * 1_000_000)
        self.waiting = 0
        client = Client(
            CallbackAPIVersion.VERSION2, client_id=f"agents-{number}", protocol=MQTTProtocolVersion.MQTTv5
        )
        client.max_inflight_messages_set(1000)
        client.username_pw_set(ACCOUNT, settings["password"])
        client.tls_set(settings["ca_file"])
        client.on_message = self._on_message
        client.on_subscribe = self._on_subscribe
        client.on_connect = self._on_connect
        self._topics = [
            f"licensedesk/{deployment}/{server}/license"
            for deployment in settings["deployments"]
            for server in members
        ]
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.ReceiveMaximum = 1000
        self.client = client
        client.connect(HOST, settings["port"], properties=properties)
        self.waiting = -(-len(self._topics) // _TOPICS_A_PACKET)

    def _on_connect(self, client: Client, *_: Any) -> None:
        for begin in range(0, len(self._topics), _TOPICS_A_PACKET):
            client.subscribe([(topic, 1) for topic in self._topics[begin : begin + _TOPICS_A_PACKET]])

    def _on_subscribe(self, *_: Any) -> None:
        self.waiting -= 1

    def _on_message(self, client: Client, _data: Any, message: MQTTMessage) -> None:
        _, deployment, server, _ = message.topic.split("/")
        verified = open_envelope(
            bytes(message.payload),
            file="message",
            limit=MESSAGE_LIMIT,
            trusted=[self._trusted],
            payload_type=CONFIGURATION_TYPE,
        )
        found = read_configuration(verified.payload)
        assert (found.deployment, found.server_id) == (deployment, server)
        assert sha256(found.content) == found.sha256
        self._counter += 1
        report = new_report(
            deployment=deployment,
            server_id=server,
            message_id=found.message_id,
            version=found.version,
            sha256=found.sha256,
            state=Holding.APPLIED,
            code="",
            detail="",
            counter=self._counter,
            agent_version="benchmark",
            at=datetime.now(UTC),
        )
        envelope = self._signers[server].sign(report.to_payload(), payload_type=REPORT_TYPE)
        client.publish(f"licensedesk/{deployment}/{server}/report", envelope, 1, retain=True)

    def turn(self, *, readable: bool) -> None:
        """Read what is there, also what TLS has read ahead; write what waits."""
        if readable:
            self.client.loop_read()
            while self._read_ahead():
                self.client.loop_read()
        while self.client.want_write():
            self.client.loop_write()

    def _read_ahead(self) -> int:
        socket = self.client.socket()
        return socket.pending() if isinstance(socket, ssl.SSLSocket) else 0


def main() -> None:
    settings = json.loads(sys.stdin.readline())
    pems = json.loads(Path(settings["members"]).read_text())
    signers = {server: signer_from_pem(pem.encode(), passphrase=None) for server, pem in pems.items()}
    servers, count = list(signers), settings["connections"]
    selector = selectors.DefaultSelector()
    connections = []
    for number in range(count):
        mine = {server: signers[server] for server in servers[number::count]}
        connection = Connection(number, mine, settings)
        connections.append(connection)
        socket = connection.client.socket()
        assert socket is not None
        selector.register(socket, selectors.EVENT_READ, connection)
    said = False
    while True:
        ready = {key.data for key, _ in selector.select(timeout=1)}
        for connection in ready or connections:
            connection.turn(readable=connection in ready)
            if not ready:
                connection.client.loop_misc()
        if not said and not any(connection.waiting for connection in connections):
            said = True
            sys.stdout.write("ready\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
