"""The interface of every transport, and what both sides need to open one.

A transport proves nothing: what it carries is signed, bound to one server and versioned. That a broker or
file system took a message means `sent`; only the server's own report means more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class TransportSettings:
    """Where the transport is and who one is there: in the enrolment file for an agent, in the site for
    the console. `url` is `folder:PATH` or `mqtt:HOST:PORT`; the rest matters to a broker only.
    """

    url: str
    username: str = ""
    password: str = field(default="", repr=False)
    ca_pem: str = ""
    """The certificate authority of the broker's certificate; empty: those the system trusts."""
    tls: bool = True


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What came in since the last `poll`, oldest first. A server may stand in it several times."""

    sent: tuple[str, ...] = ()
    """Ids of the servers whose message the broker or file system has taken."""
    refused: tuple[tuple[str, str], ...] = ()
    """Server id and reason, where a single message was not taken; the others are not concerned."""
    reports: tuple[tuple[str, bytes], ...] = ()
    """Server id (by place or topic, so unproven) and report envelope, unverified."""
    presence: tuple[tuple[str, bool], ...] = ()
    """Server id and whether its agent is connected; a broker's word, only to be shown."""
    trouble: str = ""
    """Why nothing goes through at the moment; it is tried again all the time."""
    reconnected: bool = False
    """The connection was lost and is back: a broker may have forgotten what it had taken."""

    def __bool__(self) -> bool:
        return bool(self.sent or self.refused or self.reports or self.presence or self.reconnected)


class ConsoleTransport(Protocol):
    """The console's side. One thread uses it: nothing is called back, `poll` hands out what came.

    Reports are state: after `start`, each server's last report arrives again. So nothing is lost when the
    console dies between taking a report and writing it down, and the same report may come twice.
    """

    def start(self) -> None:
        """Connect, or raise SurroundingsError `transport-unavailable`."""

    def publish(self, server_id: str, message: bytes) -> None:
        """Hand over the message that replaces the server's last one; its id comes back in `Arrivals.sent`.

        Returns at once, or when earlier messages have made room. Raises SurroundingsError
        `transport-unavailable` where none does: whatever has not come back in `sent` is to be sent again.
        """

    def clear(self, server_id: str) -> None:
        """Leave nothing of the server behind: message, report, presence.

        Raises SurroundingsError: `transport-unavailable`; `unwritable` where it is this server's place alone
        that cannot be cleared.
        """

    def poll(self, *, timeout: float) -> Arrivals:
        """All that has come, at once if there is any, else after at most `timeout` seconds, or sooner
        after `wake`.
        """

    def wake(self) -> None:
        """Make the `poll` of another thread return: the one that waits, or else the next one."""

    def close(self) -> None:
        """Let go of the connection; messages that were not taken yet may be lost."""


class AgentTransport(Protocol):
    """The agent's mirror of it."""

    def start(self) -> None:
        """Begin to connect; goes on in the background and never fails for a transport that is away."""

    def receive(self, *, timeout: float) -> bytes | None:
        """The next message for this server, also the same one again; None after `timeout` seconds, or
        sooner after `wake`.

        Raises LicenseFileError (`too-large`, `unreadable-file`) for one that cannot even be read.
        """

    def report(self, raw: bytes) -> None:
        """Replace this server's report; kept and sent when the transport is back, where it is away."""

    def wake(self) -> None:
        """Make a `receive` that waits in another thread return; safe in a signal handler."""

    def close(self) -> None:
        """Send what is left, briefly, and let go."""
