"""The distributor's view of the site in memory: one moment of it, kept in step with its own writing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from licensedesk.core.distribution.ledger import Line
from licensedesk.core.distribution.ledger_store import read_lines
from licensedesk.core.distribution.reports import Agent, read_agents
from licensedesk.core.settings import read_settings
from licensedesk.core.site import Site, site_version
from licensedesk.core.types import ServerId


@dataclass(slots=True)
class Board:
    """Version, documents and lines are of one transaction: a version never goes with two contents.

    `revision` is the site's count of transactions at that moment, `documents` are by sharing source,
    `lifetime` is that of a configuration message.
    """

    site: Site
    revision: int
    version: int
    lines: dict[ServerId, Line]
    agents: dict[ServerId, Agent]
    documents: dict[ServerId, bytes]
    lifetime: timedelta

    @classmethod
    def read(cls, site: Site) -> Board:
        store = site.store
        with store.reading():
            return cls(
                site=site,
                revision=store.revision(),
                version=site_version(store),
                lines={line.server: line for line in read_lines(store)},
                agents=read_agents(store),
                documents=dict(store.rows("SELECT source_id, content FROM document")),
                lifetime=timedelta(days=int(read_settings(store)["message_days"] or 0)),
            )

    @property
    def stale(self) -> bool:
        """Somebody else, or another part of this program, has changed the site since."""
        return self.site.store.revision() != self.revision

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """A transaction whose changes the caller also makes here, so that the board stays as fresh."""
        store = self.site.store
        with store.writing():
            fresh = store.revision() == self.revision + 1
            yield
        if fresh:
            self.revision += 1
