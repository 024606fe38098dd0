"""A broker without threads that the schedule drives: it delays, reorders, repeats and forgets.

Both ends have the interface of core.transports.base. Nothing arrives before the schedule says so.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from licensedesk.core.transports.base import Arrivals


class Network:
    """What the broker keeps (`messages`, `reports`) and what is on its way to either side."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self.messages: dict[str, bytes] = {}
        self.reports: dict[str, bytes] = {}
        self.last: dict[str, bytes] = {}
        self.to_agents: list[tuple[str, bytes]] = []
        self.to_console: list[tuple[str, bytes]] = []
        self.taken: list[str] = []
        self.online: dict[str, Callable[[bytes], bytes]] = {}
        self.published = 0
        self.reconnected = False
        self.heard: dict[str, bytes] = {}
        """The last report of each server that the console was given."""

    # -- the console's end -------------------------------------------------------------------------

    def start(self) -> None:
        self.taken, self.reconnected = [], False
        self.to_console = list(self.reports.items())

    def publish(self, server_id: str, message: bytes) -> None:
        self.published += 1
        self.messages[server_id] = message
        self.taken.append(server_id)
        if server_id in self.online:
            self.to_agents.append((server_id, message))

    def clear(self, server_id: str) -> None:
        self.messages.pop(server_id, None)
        self.reports.pop(server_id, None)
        self.to_agents = [one for one in self.to_agents if one[0] != server_id]
        self.to_console = [one for one in self.to_console if one[0] != server_id]

    def poll(self, *, timeout: float) -> Arrivals:
        """Of what is on its way, some; in order for each server, as a topic keeps it."""
        most = self._dice.randint(0, len(self.to_console)) if timeout == 0 else len(self.to_console)
        reports, self.to_console = self.to_console[:most], self.to_console[most:]
        self.heard |= dict(reports)
        taken, self.taken = self.taken, []
        reconnected, self.reconnected = self.reconnected, False
        return Arrivals(sent=tuple(taken), reports=tuple(reports), reconnected=reconnected)

    def wake(self) -> None:
        """Nobody waits: all runs in one thread."""

    def close(self) -> None:
        self.taken, self.to_console, self.heard = [], [], {}

    # -- the agents' end ---------------------------------------------------------------------------

    def connect(self, server_id: str, take: Callable[[bytes], bytes]) -> None:
        self.online[server_id] = take
        if server_id in self.messages:
            self.to_agents.append((server_id, self.messages[server_id]))

    def disconnect(self, server_id: str) -> None:
        self.online.pop(server_id, None)
        self.to_agents = [one for one in self.to_agents if one[0] != server_id]

    def report(self, server_id: str, raw: bytes) -> None:
        self.reports[server_id] = self.last[server_id] = raw
        self.to_console.append((server_id, raw))

    # -- what the schedule does --------------------------------------------------------------------

    def deliver(self) -> bool:
        """One message, not always the oldest; True if there was one."""
        if not self.to_agents:
            return False
        server_id, message = self.to_agents.pop(self._dice.randrange(len(self.to_agents)))
        if server_id in self.online:
            self.report(server_id, self.online[server_id](message))
        return True

    def repeat(self) -> None:
        """A message that is kept, or on its way, comes once more."""
        known = [one for one in (*self.messages.items(), *self.to_agents) if one[0] in self.online]
        if known:
            self.to_agents.append(self._dice.choice(known))

    def repeat_report(self) -> None:
        if self.reports:
            self.to_console.append(self._dice.choice(list(self.reports.items())))

    def forget(self) -> None:
        """As after kill -9 of a broker: what it had acknowledged is gone, and both sides connect anew."""
        self.messages.clear()
        self.reports.clear()
        self.to_agents.clear()
        self.to_console.clear()
        self.reconnected = True
        for server_id in self.online:
            # An agent that connects again says again what it said last.
            self.report(server_id, self.last[server_id])
