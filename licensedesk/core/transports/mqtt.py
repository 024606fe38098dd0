"""The MQTT 5 transport: QoS 1, retained, on `licensedesk/<deployment>/<server id>/license|report|presence`.

State is kept in retained messages, not in the broker's sessions: every connection starts clean, its session
ends with it, and the subscription brings the last state again. So nothing depends on what a broker remembers.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
import threading
import time
from collections import deque
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final

from paho.mqtt.client import Client, MQTTMessage

from licensedesk.core.documents.messages import MESSAGE_LIMIT, REPORT_LIMIT
from licensedesk.core.transports.base import Arrivals
from licensedesk.core.transports.mqtt_link import AGENT_BACKOFF, CONSOLE_BACKOFF, WINDOW, Backoff, Link

if TYPE_CHECKING:
    from licensedesk.core.transports.base import TransportSettings

_log = logging.getLogger(__name__)

_OVERHEAD: Final = 1024
"""Bytes of a packet beside its payload: topic and properties."""
_PATIENCE: Final = 30.0
"""Seconds without any acknowledgement after which a full window means that the broker is gone."""
ONLINE: Final = b"online"
OFFLINE: Final = b"offline"


def topic(deployment: str, server_id: str, what: str) -> str:
    """`what` is license, report or presence; `server_id` may be the wildcard `+`."""
    return f"licensedesk/{deployment}/{server_id}/{what}"


def _client_id(server_id: str, password: str) -> str:
    """Always the same for an agent, so that a broker ends its old connection for its new one; and known to
    nobody with another account, who could end it as well.
    """
    secret = hmac.new(password.encode("utf-8"), server_id.encode("utf-8"), hashlib.sha256)
    return f"licensedesk-{server_id}-{secret.hexdigest()[:16]}"


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
        self._link = Link(
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

    def wake(self) -> None:
        self._something.set()

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
        self._link = Link(
            settings,
            host=host,
            port=port,
            client_id=_client_id(server_id, settings.password),
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
        self._last: bytes | None = None
        self._on_way: int | None = None

    # -- in the network's thread -------------------------------------------------------------------

    def _on_up(self) -> None:
        client = self._link.client
        client.subscribe(self._topics["license"], qos=1)
        client.publish(self._topics["presence"], ONLINE, qos=0, retain=True)
        with self._lock:
            # A broker that has died may have forgotten the last report, before or after the console had it.
            if self._on_way is None and self._unsent is None:
                self._unsent = self._last
        self._send()

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        if message.payload:
            self._messages.append(bytes(message.payload))
            self._tokens.put(None)

    def _on_publish(self, _client: Client, _data: Any, mid: int, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            _log.info("the broker does not take the report: %s", reason)
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
            self._unsent = self._last = raw
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
