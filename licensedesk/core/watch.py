"""The service `licensedesk watch`: distributes by itself, and looks after the alert rules.

It goes on whatever is away - transport, database, or the lock that another console holds - and says so once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from licensedesk.core import alert_rules, events
from licensedesk.core.audit import Walk
from licensedesk.core.delivery import STEP_SECONDS, open_distributor
from licensedesk.core.distribution.connection import console_settings
from licensedesk.core.distribution.originals import check_originals
from licensedesk.core.distribution.status import server_status
from licensedesk.core.errors import LicenseDeskError, SurroundingsError
from licensedesk.core.settings import read_settings
from licensedesk.core.site import open_site, site_version
from licensedesk.core.types import Actor

if TYPE_CHECKING:
    from licensedesk.core.distribution.distributor import Distributor
    from licensedesk.core.site import Site
    from licensedesk.core.trust import Signer
    from licensedesk.core.types import ServerId

RETRY_SECONDS = 2.0
RULES_EVERY = timedelta(minutes=1)
PATIENCE = timedelta(seconds=3)
"""How long a transport may let nothing through before it is said."""
_MOST_EVENTS = 1000
Tell = Callable[[str, Mapping[str, Any]], None]


@dataclass(slots=True, kw_only=True)
class SiteWatch:
    """`tell` is given what happens as code and figures: watching, distributing, server, complete, alert,
    away, back, stopped; those of `server`, `alert` and `away` have a `code` of `sentences`. `pause` waits
    so many seconds, or less where it is `stopped` meanwhile.
    """

    site: Site
    signer: Signer
    by: Actor
    clock: Callable[[], datetime]
    stopped: Callable[[], bool]
    pause: Callable[[float], object]
    tell: Tell
    _away: str = ""
    _trouble_since: datetime | None = None
    _version: int = -1
    _event: int = 0
    _audit: Walk | None = field(default_factory=Walk)
    _originals_checked: bool = False
    _rules_at: datetime | None = None
    _reported: dict[ServerId, datetime] = field(default_factory=dict)
    _running: bool = False

    def run(self) -> None:
        """Until it is stopped. Raises only what no waiting mends: refusals, and bugs of ours."""
        while not self.stopped():
            try:
                self._reopen_replaced()
                self._check_originals()
                self._hold()
            except SurroundingsError as error:
                self._note_away(error)
                self.pause(RETRY_SECONDS)
        self.tell("stopped", {})

    def _reopen_replaced(self) -> None:
        """Go on with the database that a restore has put in the place of the open one."""
        try:
            self.site.store.require_in_place()
        except SurroundingsError:
            found = open_site(self.site.folder)
            if found.deployment != self.site.deployment:
                found.close()
                raise
            self.site.close()
            self.site = found
            self._audit = Walk()

    def _check_originals(self) -> None:
        """Once, at the start, whatever else is away; each distribution does it again."""
        if not self._originals_checked:
            check_originals(self.site.store, at=self.clock())
            self._originals_checked = True

    def _hold(self) -> None:
        """Distribute as long as all that it takes is there, and the transport is the one of the settings."""
        store, connection = self.site.store, console_settings(self.site)
        at_start = bool(read_settings(store)["distribute_at_start"])
        # With the setting off nothing is sent for what was changed before this start.
        automatic = at_start or self._version not in {-1, site_version(store)}
        with open_distributor(
            self.site, signer=self.signer, by=self.by, clock=self.clock, automatic=automatic
        ) as distributor:
            self._begin(distributor, automatic=automatic, transport=connection.url)
            revision = -1
            while not self.stopped():
                store.require_in_place()
                distributor.step(timeout=STEP_SECONDS)
                self._note_trouble(distributor)
                self._apply_rules()
                if store.revision() != revision:
                    revision = store.revision()
                    if console_settings(self.site) != connection:
                        return
                    if site_version(store) != self._version:
                        if not automatic:
                            return
                        self._distribute(distributor, "change")
                    self._note_events()
                self._note_servers(distributor)

    def _begin(self, distributor: Distributor, *, automatic: bool, transport: str) -> None:
        first = self._version == -1
        if first:
            self._version = site_version(self.site.store)
            self._event = self._newest_event()
            servers = len(distributor.lines)
            self.tell("watching", {"version": self._version, "servers": servers, "transport": transport})
        self._note_back()
        self._reported = {line.server: line.reported_at for line in distributor.lines if line.reported_at}
        # What was reported while nobody listened comes first: it may be all that is missing.
        distributor.step(timeout=0)
        if automatic and distributor.due:
            self._distribute(distributor, "start" if first else "back")

    def _distribute(self, distributor: Distributor, reason: str) -> None:
        count = distributor.distribute(reason=reason)
        self._version = site_version(self.site.store)
        self._running = count > 0
        if count:
            self.tell("distributing", {"reason": reason, "version": self._version, "servers": count})

    def _apply_rules(self) -> None:
        """Every minute; and once the audit chain is walked, a part of it at each step."""
        now = self.clock()
        verdict = self._audit.go_on(self.site.store) if self._audit is not None else None
        if verdict is not None:
            self._audit = None
        elif self._rules_at is not None and abs(now - self._rules_at) < RULES_EVERY:
            return
        self._rules_at = now
        alert_rules.check(self.site.store, at=now, audited=verdict)

    # -- what is told ------------------------------------------------------------------------------
    def _note_servers(self, distributor: Distributor) -> None:
        """Every server whose report has changed its line since the last look."""
        now = self.clock()
        for line in distributor.lines:
            if line.reported_at is not None and self._reported.get(line.server) != line.reported_at:
                self._reported[line.server] = line.reported_at
                found = server_status(line, at=now)
                self.tell("server", {**found.figures, "state": found.state.value, "code": found.code})
        if self._running and distributor.settled:
            self._running = False
            progress = distributor.progress
            self.tell("complete", {"version": self._version, "servers": progress.servers})

    def _note_events(self) -> None:
        """What began since the last look, of the events that the Event List shows."""
        if self._newest_event() == self._event:
            return
        newest = events.list_events(self.site.store, limit=_MOST_EVENTS)
        for event in reversed([event for event in newest if event.id > self._event]):
            self._event = event.id
            named = {"severity": event.severity.value, "code": event.code, "subject": event.subject}
            self.tell("alert", {**event.figures, **named})

    def _newest_event(self) -> int:
        found: int = self.site.store.value("SELECT coalesce(max(id), 0) FROM event")
        return found

    def _note_trouble(self, distributor: Distributor) -> None:
        """A broker that is back within moments is nothing to tell."""
        now = self.clock()
        if not distributor.trouble:
            self._trouble_since = None
            self._note_back()
            return
        self._trouble_since = self._trouble_since or now
        if abs(now - self._trouble_since) >= PATIENCE:
            url = console_settings(self.site).url
            reason = distributor.trouble
            self._note_away(SurroundingsError("transport-unavailable", transport=url, reason=reason))

    def _note_away(self, error: LicenseDeskError) -> None:
        if self._away != error.code:
            self._away = error.code
            self.tell("away", {**error.figures, "code": error.code})

    def _note_back(self) -> None:
        if self._away:
            self.tell("back", {"code": self._away})
            self._away = ""
