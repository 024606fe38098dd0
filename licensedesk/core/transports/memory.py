"""The in-memory twin of a broker, for tests: retained messages and reports, and faults on demand."""

from __future__ import annotations

import threading
from collections import deque
from queue import Empty, SimpleQueue

from licensedesk.core.errors import SurroundingsError
from licensedesk.core.transports.base import Arrivals


class MemoryBroker:
    """What a broker keeps. `away` makes it unreachable; `forget` drops what it acknowledged."""

    def __init__(self) -> None:
        self.messages: dict[str, bytes] = {}
        self.reports: dict[str, bytes] = {}
        self.presence: dict[str, bool] = {}
        self.away = False
        self._lock = threading.Lock()
        self._consoles: list[MemoryConsole] = []
        self._agents: dict[str, MemoryAgent] = {}

    def forget(self) -> None:
        """As after kill -9 of a broker: acknowledged, but gone."""
        with self._lock:
            self.messages.clear()
            self.reports.clear()

    def check(self) -> None:
        if self.away:
            raise SurroundingsError("transport-unavailable", transport="memory", reason="it is away")

    def add_console(self, console: MemoryConsole) -> None:
        with self._lock:
            self._consoles.append(console)
            console.arrived(reports=list(self.reports.items()), presence=list(self.presence.items()))

    def add_agent(self, agent: MemoryAgent) -> None:
        with self._lock:
            self._agents[agent.server_id] = agent
            self._announce(agent.server_id, online=True)
            if agent.server_id in self.messages:
                agent.arrived(self.messages[agent.server_id])

    def remove(self, end: MemoryConsole | MemoryAgent) -> None:
        with self._lock:
            if isinstance(end, MemoryConsole):
                self._consoles.remove(end)
            else:
                self._agents.pop(end.server_id, None)
                self._announce(end.server_id, online=False)

    def _announce(self, server_id: str, *, online: bool) -> None:
        self.presence[server_id] = online
        for console in self._consoles:
            console.arrived(presence=[(server_id, online)])

    def publish(self, server_id: str, message: bytes) -> None:
        with self._lock:
            self.messages[server_id] = message
            if server_id in self._agents:
                self._agents[server_id].arrived(message)

    def report(self, server_id: str, raw: bytes) -> None:
        with self._lock:
            self.reports[server_id] = raw
            for console in self._consoles:
                console.arrived(reports=[(server_id, raw)])

    def clear(self, server_id: str) -> None:
        with self._lock:
            for kept in (self.messages, self.reports, self.presence):
                kept.pop(server_id, None)


class MemoryConsole:
    def __init__(self, broker: MemoryBroker) -> None:
        self._broker = broker
        self._sent: list[str] = []
        self._reports: list[tuple[str, bytes]] = []
        self._presence: list[tuple[str, bool]] = []
        self._woken = False
        self._changed = threading.Condition()

    def start(self) -> None:
        self._broker.check()
        self._broker.add_console(self)

    def arrived(
        self,
        *,
        sent: list[str] | None = None,
        reports: list[tuple[str, bytes]] | None = None,
        presence: list[tuple[str, bool]] | None = None,
    ) -> None:
        with self._changed:
            self._sent += sent or []
            self._reports += reports or []
            self._presence += presence or []
            self._changed.notify_all()

    def publish(self, server_id: str, message: bytes) -> None:
        self._broker.check()
        self._broker.publish(server_id, message)
        self.arrived(sent=[server_id])

    def clear(self, server_id: str) -> None:
        self._broker.check()
        self._broker.clear(server_id)

    def poll(self, *, timeout: float) -> Arrivals:
        with self._changed:
            self._changed.wait_for(
                lambda: self._woken or self._sent or self._reports or self._presence, timeout
            )
            self._woken = False
            arrivals = Arrivals(
                sent=tuple(self._sent), reports=tuple(self._reports), presence=tuple(self._presence)
            )
            self._sent, self._reports, self._presence = [], [], []
        return arrivals

    def wake(self) -> None:
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def close(self) -> None:
        self._broker.remove(self)


class MemoryAgent:
    def __init__(self, broker: MemoryBroker, server_id: str) -> None:
        self.server_id = server_id
        self._broker = broker
        self._messages: deque[bytes] = deque(maxlen=1)
        self._tokens: SimpleQueue[None] = SimpleQueue()

    def start(self) -> None:
        self._broker.add_agent(self)

    def arrived(self, message: bytes) -> None:
        self._messages.append(message)
        self._tokens.put(None)

    def receive(self, *, timeout: float) -> bytes | None:
        try:
            self._tokens.get(timeout=timeout)
            return self._messages.popleft()
        except (Empty, IndexError):
            return None

    def report(self, raw: bytes) -> None:
        self._broker.report(self.server_id, raw)

    def wake(self) -> None:
        self._tokens.put(None)

    def close(self) -> None:
        self._broker.remove(self)
