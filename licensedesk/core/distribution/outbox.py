"""Sending: a queue of servers, each given a message signed for it from one moment of the site."""

from __future__ import annotations

import random
import secrets
from collections import deque
from collections.abc import Collection, Iterable, Set
from datetime import datetime

from licensedesk.core.distribution import signing_time
from licensedesk.core.distribution.board import Board
from licensedesk.core.distribution.ledger import Line
from licensedesk.core.distribution.ledger_store import Sent
from licensedesk.core.distribution.plan import reached, retry_delay, sendable
from licensedesk.core.documents.messages import CONFIGURATION_TYPE, new_configuration
from licensedesk.core.files import crash_point
from licensedesk.core.transports.base import ConsoleTransport
from licensedesk.core.trust import Signer
from licensedesk.core.types import ServerId, stamp

_PATIENCE = 3
"""A message that is not answered is sent again later than one whose storing failed: 2 ** 3 minutes."""


class Outbox:
    """`underway` has what was published and neither taken by the transport nor answered yet."""

    def __init__(self, transport: ConsoleTransport, *, jitter: random.Random) -> None:
        self.underway: dict[ServerId, Sent] = {}
        self._transport = transport
        self._jitter = jitter
        self._queue: deque[ServerId] = deque()
        self._queued: set[ServerId] = set()
        self._put_off: dict[ServerId, datetime] = {}

    def free(self, server: ServerId, *, at: datetime) -> bool:
        """Nothing is on its way to the server, or it has been for so long that the transport lost it; and
        the transport did not refuse it a moment ago.
        """
        sent = self.underway.get(server)
        return (sent is None or reached(sent.retry_at, at=at)) and reached(self._put_off.get(server), at=at)

    def put_off(self, refused: Iterable[tuple[str, str]], *, at: datetime) -> None:
        """The transport did not take these messages (server, reason): try them again, but not at once."""
        for name, _ in refused:
            sent = self.underway.pop(ServerId(name), None)
            attempts = sent.attempts if sent else 0
            self._put_off[ServerId(name)] = at + retry_delay(attempts, jitter=self._jitter)

    def forget(self, server: ServerId) -> None:
        """What was on its way is taken back."""
        self.underway.pop(server, None)
        self._put_off.pop(server, None)

    def __len__(self) -> int:
        return len(self._queue)

    @property
    def queued(self) -> Set[ServerId]:
        return self._queued

    def add(self, servers: Iterable[ServerId]) -> None:
        """Queue servers that are not queued yet."""
        for server in servers:
            if server not in self._queued:
                self._queued.add(server)
                self._queue.append(server)

    def clear(self) -> int:
        """Forget what is queued; how much it was."""
        left = len(self._queue)
        self._queue.clear()
        self._queued.clear()
        return left

    def publish(
        self, board: Board, signer: Signer, *, stopped: Collection[ServerId], most: int, at: datetime
    ) -> int:
        """Sign and publish up to `most` messages; how many it was. `stopped` are the sources of ranges that
        are sent nothing.

        Raises SurroundingsError `transport-unavailable`; the server then stays queued.
        """
        published = 0
        if self._queue:
            board.signed_at = signing_time.note(board.site.store, board.signed_at, at=at)
        while self._queue and published < most:
            server = self._queue[0]
            line = board.lines.get(server)
            if line is not None and sendable(line) and line.range_source not in stopped:
                self._send(board, line, signer, at=at)
                published += 1
            self._queue.popleft()
            self._queued.discard(server)
        return published

    def _send(self, board: Board, line: Line, signer: Signer, *, at: datetime) -> None:
        key = board.agents[line.server].key
        # Not only in answer to that message: another one may have been published meanwhile.
        expired = line.reported_code == "EXPIRED"
        issued_at = max(at, board.signed_at or at) if expired else at
        expires_at = issued_at + board.lifetime
        configuration = new_configuration(
            board.documents[line.range_source],
            deployment=board.site.deployment,
            server_id=line.server,
            version=board.version,
            message_id=secrets.token_hex(8),
            issued_at=stamp(issued_at),
            expires_at=stamp(expires_at),
            enrolled_key=key.key_id if key else "",
        )
        envelope = signer.sign(configuration.to_payload(), payload_type=CONFIGURATION_TYPE)
        crash_point("distribute:signed")
        self._transport.publish(line.server, envelope)
        crash_point("distribute:published")
        attempts = line.attempts + 1 if line.sent_digest == line.desired_digest else 1
        self.underway[line.server] = Sent(
            server=line.server,
            digest=configuration.sha256,
            version=board.version,
            message=configuration.message_id,
            at=at,
            expires_at=expires_at,
            attempts=attempts,
            retry_at=at + retry_delay(attempts + _PATIENCE, jitter=self._jitter),
        )
