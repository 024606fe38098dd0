"""The distributor's view of the site in memory: one moment of it, kept in step with its own writing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from licensedesk.core.distribution import signing_time
from licensedesk.core.distribution.alerts import Alarm, open_alarms
from licensedesk.core.distribution.ledger import Line
from licensedesk.core.distribution.ledger_store import read_lines
from licensedesk.core.distribution.reports import Agent, read_agents
from licensedesk.core.settings import read_settings
from licensedesk.core.site import Site, site_version
from licensedesk.core.types import ServerId


class Board:
    """Version, documents and lines are of one transaction: a version never goes with two contents.

    `documents` are by sharing source, `lifetime` is that of a configuration message, `behind` are the
    servers that are waited for before a distribution is a success, `alarms` the events that hold.
    """

    lines: dict[ServerId, Line]
    agents: dict[ServerId, Agent]
    documents: dict[ServerId, bytes]
    version: int
    lifetime: timedelta
    signed_at: datetime | None
    behind: set[ServerId]
    alarms: set[Alarm]

    def __init__(self, site: Site) -> None:
        self.site = site
        self.readings = 0
        self.read()

    def read(self) -> None:
        """Take in the site as it stands now; within a transaction, as that sees it."""
        store = self.site.store
        with store.reading():
            self._head = self._read_head()
            self.version = site_version(store)
            self.lines = {line.server: line for line in read_lines(store)}
            self.agents = read_agents(store)
            self.documents = dict(store.rows("SELECT source_id, content FROM document"))
            self.lifetime = timedelta(days=int(read_settings(store)["message_days"] or 0))
            self.signed_at = signing_time.read(store)
            self.alarms = open_alarms(store)
        self.behind = {line.server for line in self.lines.values() if _behind(line)}
        self.readings += 1

    @property
    def stale(self) -> bool:
        """An administrator has acted since. Every action ends with an audit entry, and nothing that the
        distributor itself writes does; the entry's hash also tells a restored database from this one.
        """
        return self._read_head() != self._head

    def _read_head(self) -> str:
        head: str = self.site.store.value("SELECT audit_hash FROM site")
        return head

    def put(self, lines: Iterable[Line]) -> None:
        """Lines as they are after something was written."""
        for line in lines:
            self.lines[line.server] = line
            if _behind(line):
                self.behind.add(line.server)
            else:
                self.behind.discard(line.server)


def _behind(line: Line) -> bool:
    return line.counts and not line.acknowledged
