"""The sites that are photographed: the sample with agents that have reported, and a new one."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from licensedesk.core.allocations import allocate
from licensedesk.core.delivery import Order, deliver, open_distributor
from licensedesk.core.distribution.enrolment import invite
from licensedesk.core.events import EventCode, list_events
from licensedesk.core.local_agents import LocalAgent
from licensedesk.core.sample import PASSPHRASE, PRODUCT, build_sample, host
from licensedesk.core.settings import set_setting
from licensedesk.core.site import NewSite, Site, create_site
from licensedesk.core.site_key import unlock
from licensedesk.core.store.facts import read_tree
from licensedesk.core.types import Actor

ADMIN = Actor(name="admin")
ENROLLED = ("b", "c", "app-1", "app-2")
"""Servers of the sample with a real agent; the others show what is said of those without one."""
SWITCHED_OFF = "app-2"
EDITED = "app-1"
PATIENCE = timedelta(seconds=20)
EXPIRY_DAYS = 180
"""Long enough for the sample's license with a term to be among what needs attention."""


def sample_site(folder: Path) -> Path:
    """Its agents have reported; one heals a file edited by hand, one was off when something changed."""
    with closing(build_sample(folder, by=ADMIN, at=_now())) as site:
        # The pictures show what was left, not a distribution that begins.
        _set(site, "distribute_at_start", "false")
        _set(site, "expiry_days", str(EXPIRY_DAYS))
        agents = {name: _agent(site, name) for name in ENROLLED}
        try:
            _distribute(site)
            _edit_by_hand(site, agents[EDITED])
            agents[SWITCHED_OFF].stop()
            server = read_tree(site.store).named(host("c")).id
            allocate(site.store, product=PRODUCT, quantities={server: 42}, by=ADMIN, at=_now())
            _distribute(site, wait=timedelta(seconds=3))
        finally:
            for agent in agents.values():
                agent.stop()
    return folder


def new_site(folder: Path) -> Path:
    """Nothing but its primary: what each view says before there is anything to show."""
    new = NewSite("New Corp", "hq.example.com")
    with closing(create_site(folder, new, passphrase=PASSPHRASE, by=ADMIN, at=_now())) as site:
        _set(site, "distribute_at_start", "false")
    return folder


def _set(site: Site, key: str, value: str) -> None:
    set_setting(site.store, key=key, value=value, by=ADMIN, at=_now())


def _agent(site: Site, name: str) -> LocalAgent:
    server = read_tree(site.store).named(host(name)).id
    enrolment = invite(site, server=server, signer=unlock(site, PASSPHRASE), by=ADMIN, at=_now())
    agent = LocalAgent(site.folder.with_name("agents") / name)
    agent.enrol(enrolment, settings="[agent]\npoll_seconds = 0.1\ncheck_seconds = 1\n")
    agent.start()
    return agent


def _edit_by_hand(site: Site, agent: LocalAgent) -> None:
    """The agent mends its License.xml and says so, which is an event."""
    agent.license.write_bytes(agent.license.read_bytes() + b"<!-- edited -->\n")

    def reported() -> bool:
        return any(event.code == EventCode.DRIFT for event in list_events(site.store, limit=20))

    _distribute(site, until=reported)


def _distribute(site: Site, *, wait: timedelta = PATIENCE, until: Callable[[], bool] | None = None) -> None:
    with open_distributor(site, signer=unlock(site, PASSPHRASE), by=ADMIN, clock=_now) as distributor:
        if until is None:
            order = Order(reason="demand", wait=wait)
            deliver(distributor, order, clock=_now, stopped=lambda: False, progressed=lambda _: None)
            return
        deadline = time.monotonic() + wait.total_seconds()
        while not until() and time.monotonic() < deadline:
            distributor.step(timeout=0.2)


def _now() -> datetime:
    return datetime.now(UTC)
