"""The MQTT 5 transport: QoS 1, retained, on `licensedesk/<deployment>/<server id>/license|report|presence`.

State is kept in retained messages, not in the broker's sessions: every connection starts clean, its session
ends with it, and the subscription brings the last state again. So nothing depends on what a broker remembers.
"""

from __future__ import annotations

import logging
import random
import secrets
import ssl
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from licensedesk.core.documents.messages import MESSAGE_LIMIT, REPORT_LIMIT
from licensedesk.core.errors import SurroundingsError
from licensedesk.core.transports.base import Arrivals

if TYPE_CHECKING:
    from collections.abc import Callable

    from licensedesk.core.transports.base import TransportSettings

_log = logging.getLogger(__name__)

_KEEPALIVE: Final = 60
_OVERHEAD: Final = 1024
"""Bytes of a packet beside its payload: topic and properties."""
WINDOW: Final = 1000
"""Messages handed over and not yet acknowledged: enough to keep a broker busy, little enough to hold."""
_UNLIMITED: Final = 65_535
"""What the broker takes at once where it does not say (MQTT 5)."""
_PATIENCE: Final = 30.0
"""Seconds without any acknowledgement after which a full window means that the broker is gone."""
ONLINE: Final = b"online"
OFFLINE: Final = b"offline"


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


class _Link:
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
        self.client.on_connect_fail = self._on_connect_fail
        self._largest_packet = largest_packet
        self.most_in_flight = _UNLIMITED
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
        self.most_in_flight = getattr(properties, "ReceiveMaximum", _UNLIMITED)
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


def _tls(settings: TransportSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cadata=settings.ca_pem or None)
    except (ssl.SSLError, ValueError) as error:
        reason = f"the certificate authority cannot be read: {error}"
        raise SurroundingsError("transport-unavailable", transport=settings.url, reason=reason) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def topic(deployment: str, server_id: str, what: str) -> str:
    """`what` is license, report or presence; `server_id` may be the wildcard `+`."""
    return f"licensedesk/{deployment}/{server_id}/{what}"


class MqttConsole:
    """The console's side. Acknowledgements and reports gather in deques until `poll` takes them."""

    def __init__(
        self,
        settings: TransportSettings,
        *,
        host: str,
        port: int,
        deployment: str,
        window: int = WINDOW,
        patience: float = _PATIENCE,
    ) -> None:
        self._deployment = deployment
        self._patience = patience
        self._link = _Link(
            settings,
            host=host,
            port=port,
            # Random: a second console must not throw out the first.
            client_id=f"licensedesk-console-{secrets.token_hex(4)}",
            largest_packet=REPORT_LIMIT + _OVERHEAD,
            backoff=CONSOLE_BACKOFF,
        )
        self._link.on_up = self._subscribe
        client = self._link.client
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.on_subscribe = self._on_subscribe
        self._window = window
        self._in_flight = 0
        self._room = threading.Condition()
        self._pending: dict[int, str] = {}
        """Server by packet id; touched by the thread that publishes and polls, and by no other."""
        self._acknowledged: deque[tuple[int, str]] = deque()
        self._sent: list[str] = []
        self._refused: list[tuple[str, str]] = []
        self._received: deque[tuple[str, str, bytes]] = deque()
        self._something = threading.Event()
        self._subscribed = threading.Event()
        self._reconnected = False

    # -- in the network's thread -------------------------------------------------------------------

    def _subscribe(self) -> None:
        wanted = [(topic(self._deployment, "+", what), 1) for what in ("report", "presence")]
        self._link.client.subscribe(wanted)

    def _on_subscribe(self, _client: Client, _data: Any, _mid: int, reasons: Any, _properties: Any) -> None:
        if any(reason.is_failure for reason in reasons):
            self._link.reason = "it does not let the console read reports"
        elif self._subscribed.is_set():
            self._reconnected = True
            self._something.set()
        else:
            self._subscribed.set()
        self._link.settled.set()

    def _on_publish(self, _client: Client, _data: Any, mid: int, reason: Any, _properties: Any) -> None:
        self._acknowledged.append((mid, str(reason) if reason.is_failure else ""))
        with self._room:
            self._in_flight -= 1
            self._room.notify()
        if not self._something.is_set():
            self._something.set()

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        try:
            _, _, server_id, what = message.topic.split("/")
        except ValueError:  # a broker that sends what was not subscribed, or no text at all
            return
        self._received.append((server_id, what, bytes(message.payload)))
        if not self._something.is_set():
            self._something.set()

    # -- in the console's thread -------------------------------------------------------------------

    def start(self, *, timeout: float = 10.0) -> None:
        self._link.start()
        self._link.settled.wait(timeout)
        if not self._subscribed.is_set():
            unavailable = self._link.unavailable()
            self._link.stop()
            raise unavailable

    def publish(self, server_id: str, message: bytes) -> None:
        self._hand_over(topic(self._deployment, server_id, "license"), message, server_id)

    def clear(self, server_id: str) -> None:
        for what in ("license", "report", "presence"):
            self._hand_over(topic(self._deployment, server_id, what), b"", "")

    def _hand_over(self, where: str, payload: bytes, server_id: str) -> None:
        with self._room:
            if not self._room.wait_for(self._has_room, self._patience):
                raise self._link.unavailable()
            self._in_flight += 1
        if len(self._acknowledged) > WINDOW:
            # Packet ids come round again after 65,535: none may be left in `_pending` by then.
            self._match()
        self._pending[self._link.client.publish(where, payload, qos=1, retain=True).mid] = server_id

    def _has_room(self) -> bool:
        return self._in_flight < min(self._window, self._link.most_in_flight)

    def poll(self, *, timeout: float) -> Arrivals:
        if timeout > 0:
            self._something.wait(timeout)
        self._something.clear()
        self._match()
        # Asked for before it is taken back: a connection that comes meanwhile is told by the next poll.
        reconnected = self._reconnected
        if reconnected:
            self._reconnected = False
        reports, presence = self._came()
        arrivals = Arrivals(
            sent=tuple(self._sent),
            refused=tuple(self._refused),
            reports=reports,
            presence=presence,
            trouble="" if self._link.connected.is_set() else self._link.reason,
            reconnected=reconnected,
        )
        self._sent, self._refused = [], []
        return arrivals

    def _match(self) -> None:
        """Which servers the acknowledged packets were for."""
        # Only this thread takes; what is appended meanwhile is left for the next poll.
        for _ in range(len(self._acknowledged)):
            mid, reason = self._acknowledged.popleft()
            server_id = self._pending.pop(mid, "")
            if server_id and reason:
                self._refused.append((server_id, reason))
            elif server_id:
                self._sent.append(server_id)

    def _came(self) -> tuple[tuple[tuple[str, bytes], ...], tuple[tuple[str, bool], ...]]:
        reports: list[tuple[str, bytes]] = []
        presence: list[tuple[str, bool]] = []
        for _ in range(len(self._received)):
            server_id, what, payload = self._received.popleft()
            if what == "report" and payload:
                reports.append((server_id, payload))
            elif what == "presence" and payload:
                presence.append((server_id, payload == ONLINE))
        return tuple(reports), tuple(presence)

    def close(self) -> None:
        deadline = time.monotonic() + 2.0
        while self._link.connected.is_set() and self._pending and time.monotonic() < deadline:
            self.poll(timeout=0.05)
        self._link.stop()


class MqttAgent:
    """The agent's side: reads its own topic, writes its own report, and one report at a time.

    A second report waits until the first is acknowledged, and a third takes the second's place: an older
    state never arrives after a newer one, whatever is sent again after a broken connection.
    """

    def __init__(
        self,
        settings: TransportSettings,
        *,
        host: str,
        port: int,
        deployment: str,
        server_id: str,
        backoff: Backoff = AGENT_BACKOFF,
    ) -> None:
        self._topics = {
            what: topic(deployment, server_id, what) for what in ("license", "report", "presence")
        }
        self._link = _Link(
            settings,
            host=host,
            port=port,
            client_id=f"licensedesk-{server_id}",
            largest_packet=MESSAGE_LIMIT + _OVERHEAD,
            backoff=backoff,
        )
        self._link.on_up = self._on_up
        client = self._link.client
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.will_set(self._topics["presence"], OFFLINE, qos=1, retain=True)
        self._messages: deque[bytes] = deque(maxlen=1)
        self._tokens: SimpleQueue[None] = SimpleQueue()
        self._lock = threading.RLock()
        self._unsent: bytes | None = None
        self._on_way: int | None = None

    # -- in the network's thread -------------------------------------------------------------------

    def _on_up(self) -> None:
        client = self._link.client
        client.subscribe(self._topics["license"], qos=1)
        client.publish(self._topics["presence"], ONLINE, qos=0, retain=True)
        self._send()

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        if message.payload:
            self._messages.append(bytes(message.payload))
            self._tokens.put(None)

    def _on_publish(self, _client: Client, _data: Any, mid: int, _reason: Any, _properties: Any) -> None:
        with self._lock:
            if mid == self._on_way:
                self._on_way = None
        self._send()

    # -- in the agent's thread ---------------------------------------------------------------------

    def start(self) -> None:
        self._link.start()

    def receive(self, *, timeout: float) -> bytes | None:
        try:
            self._tokens.get(timeout=timeout)
            return self._messages.popleft()
        except (Empty, IndexError):
            return None

    def report(self, raw: bytes) -> None:
        with self._lock:
            self._unsent = raw
        self._send()

    def _send(self) -> None:
        with self._lock:
            if self._unsent is None or self._on_way is not None:
                return
            self._on_way = self._link.client.publish(
                self._topics["report"], self._unsent, qos=1, retain=True
            ).mid
            self._unsent = None

    def wake(self) -> None:
        self._tokens.put(None)

    def close(self) -> None:
        deadline = time.monotonic() + 2.0
        while self._link.connected.is_set() and time.monotonic() < deadline:
            with self._lock:
                if self._on_way is None and self._unsent is None:
                    break
            time.sleep(0.02)
        if self._link.connected.is_set():
            self._link.client.publish(self._topics["presence"], OFFLINE, qos=0, retain=True)
        self._link.stop()
