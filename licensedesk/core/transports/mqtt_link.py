"""One MQTT 5 connection that keeps itself up: TLS, clean start, and waits that spread a fleet's return."""

from __future__ import annotations

import logging
import random
import socket
import ssl
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from licensedesk.core.errors import SurroundingsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from licensedesk.core.transports.base import TransportSettings

_log = logging.getLogger(__name__)

_KEEPALIVE: Final = 60
WINDOW: Final = 1000
"""Messages handed over and not yet acknowledged: enough to keep a broker busy, little enough to hold."""
UNLIMITED: Final = 65_535
"""What the broker takes at once where it does not say (MQTT 5)."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits between attempts to connect: doubling from `first` to `most` seconds, each up to that at random,
    so that thousands of agents do not come back to a restarted broker in the same second.
    """

    first: int = 4
    most: int = 120

    def seconds(self, failures: int) -> int:
        longest = min(self.most, self.first * 2 ** min(failures, 16))
        return random.randint(1, max(1, longest))  # noqa: S311 - spreads load, protects nothing


AGENT_BACKOFF: Final = Backoff()
CONSOLE_BACKOFF: Final = Backoff(first=1, most=10)


class Link:
    """One connection that keeps itself up in a thread of its own; callbacks run in that thread."""

    def __init__(
        self,
        settings: TransportSettings,
        *,
        host: str,
        port: int,
        client_id: str,
        largest_packet: int,
        backoff: Backoff,
    ) -> None:
        self._url = settings.url
        self._host = host
        self._port = port
        self._backoff = backoff
        self._failures = 0
        self.reason = "it does not answer"
        self.connected = threading.Event()
        self.settled = threading.Event()
        """The first attempt has ended, well or not; the owner sets it when all is well."""
        self.client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
        )
        # A connection that is already refused or lost must not hold up the agent's other work.
        self.client.connect_timeout = 10.0
        self.client.max_inflight_messages_set(WINDOW)
        self.client.max_queued_messages_set(0)
        if settings.username:
            self.client.username_pw_set(settings.username, settings.password)
        if settings.tls:
            self.client.tls_set_context(_tls(settings))
        self.client.on_connect = self._on_connect
        self.client.on_disconnect = self._on_disconnect
        self.client.on_socket_open = _send_at_once
        self.client.on_connect_fail = self._on_connect_fail
        self._largest_packet = largest_packet
        self.most_in_flight = UNLIMITED
        self.on_up: Callable[[], None] = lambda: None

    def start(self) -> None:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = 0
        properties.MaximumPacketSize = self._largest_packet
        properties.ReceiveMaximum = WINDOW
        self._wait_before_next()
        self.client.connect_async(
            self._host, self._port, keepalive=_KEEPALIVE, clean_start=True, properties=properties
        )
        self.client.loop_start()

    def _on_connect(self, _client: Client, _data: Any, _flags: Any, reason: Any, properties: Any) -> None:
        if reason.is_failure:
            self._failed(str(reason))
            return
        self._failures = 0
        # MQTT 5: more unacknowledged messages than this end the connection.
        self.most_in_flight = getattr(properties, "ReceiveMaximum", UNLIMITED)
        self.on_up()
        self.connected.set()

    def _on_disconnect(self, _client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        was_connected = self.connected.is_set()
        self.connected.clear()
        # A refused connection is told by its own reason, not by that of the end that follows it.
        self._failed(str(reason) if was_connected else self.reason)

    def _on_connect_fail(self, _client: Client, _data: Any) -> None:
        # paho calls this while it handles the error.
        self._failed(f"{self._host}:{self._port}: {sys.exc_info()[1] or 'nothing answers'}")

    def _failed(self, reason: str) -> None:
        self.reason = reason
        self._failures += 1
        self._wait_before_next()
        self.settled.set()
        _log.info("%s: %s", self._url, reason)

    def _wait_before_next(self) -> None:
        seconds = self._backoff.seconds(self._failures)
        self.client.reconnect_delay_set(min_delay=seconds, max_delay=seconds)

    def unavailable(self) -> SurroundingsError:
        return SurroundingsError("transport-unavailable", transport=self._url, reason=self.reason)

    def stop(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()
        self.connected.clear()
        # paho leaves its sockets to the garbage collector: the pair that wakes its thread, and a connection
        # that was being made just now.
        self.client.reinitialise()


def _send_at_once(_client: Client, _data: Any, connection: Any) -> None:
    """Packets are small and answered one by one: waiting to fill a segment costs 40 ms each way."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class _TlsSocket(ssl.SSLSocket):
    """Closed where the handshake fails: paho drops it open."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


def _tls(settings: TransportSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cadata=settings.ca_pem or None)
    except (ssl.SSLError, ValueError) as error:
        reason = f"the certificate authority cannot be read: {error}"
        raise SurroundingsError("transport-unavailable", transport=settings.url, reason=reason) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = _TlsSocket
    return context
