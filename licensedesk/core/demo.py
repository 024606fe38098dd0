"""`licensedesk demo`: a site of its own, three agents as real processes, and License.xml on its way.

Nothing is staged: the actions, the distributor and the agents are those that everybody uses.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from licensedesk.core.allocations import allocate
from licensedesk.core.delivery import Order, deliver, open_distributor
from licensedesk.core.distribution.enrolment import invite
from licensedesk.core.distribution.status import Status, read_status, server_status
from licensedesk.core.documents.license_key import ProductLicense
from licensedesk.core.documents.license_xml import read_license_xml
from licensedesk.core.errors import SurroundingsError
from licensedesk.core.events import EventCode, list_events
from licensedesk.core.files import read_bounded, write_atomic
from licensedesk.core.issue import issue_license, make_issuer_key, read_issuer_key
from licensedesk.core.issuers import add_issuer, trusted_issuers
from licensedesk.core.licenses import register_files
from licensedesk.core.local_agents import LocalAgent
from licensedesk.core.options import set_option
from licensedesk.core.servers import add_server
from licensedesk.core.site import NewSite, Site, create_site
from licensedesk.core.site_key import unlock
from licensedesk.core.store.facts import read_tree
from licensedesk.core.types import Actor, Kind, Option, Role, ServerId, utc_day

if TYPE_CHECKING:
    from licensedesk.core.distribution.distributor import Distributor

PRODUCT = "Desktop Manager"
ISSUER = "Example Software"
PRIMARY, RELAY, OFFICE, BRANCH = (f"{name}.example.com" for name in ("hq", "north", "app1", "app2"))
SETTINGS = "[agent]\ncheck_seconds = 0.5\npoll_seconds = 0.1\n"
"""Agents that look more often than on a real server, since somebody is watching."""
PASSPHRASE_FILE = "passphrase"  # noqa: S105 - the name of a file
PATIENCE = timedelta(seconds=15)
AWAY = timedelta(seconds=1)
"""How long a distribution waits for the server that is switched off."""
_LIMIT = 1 << 20
Tell = Callable[[str, Mapping[str, Any]], None]


@dataclass(slots=True)
class Demo:
    """One run in `folder`, which must be empty or not there. `tell` is given each step, code and figures."""

    folder: Path
    by: Actor
    clock: Callable[[], datetime]
    tell: Tell
    agents: dict[str, LocalAgent] = field(default_factory=dict)
    _ids: dict[str, ServerId] = field(default_factory=dict)

    def run(self) -> Status:
        """The whole story; how everything stands at its end.

        Raises SurroundingsError: `demo-stuck` where something did not happen in time, and those of the
        actions and the transport.
        """
        passphrase = secrets.token_urlsafe(24).encode()
        new = NewSite("Demo", PRIMARY, transport=f"folder:{self.folder / 'exchange'}")
        site = create_site(self.folder / "site", new, passphrase=passphrase, by=self.by, at=self.clock())
        try:
            # So that a demo that is kept can be gone on with.
            write_atomic(self.folder / PASSPHRASE_FILE, passphrase)
            self._build(site)
            signer = unlock(site, passphrase)
            with (
                self._switched_on(site, signer),
                open_distributor(site, signer=signer, by=self.by, clock=self.clock) as distributor,
            ):
                self._arrive(distributor)
                self._miss_one(site, distributor)
                self._heal(site, distributor)
            return read_status(site.store, by=self.by, at=self.clock())
        finally:
            site.close()

    def _build(self, site: Site) -> None:
        store, by = site.store, self.by
        self._ids[PRIMARY] = read_tree(store).primary.id
        for name, under, role in (
            (RELAY, PRIMARY, Role.RELAY),
            (OFFICE, PRIMARY, Role.MANAGED),
            (BRANCH, RELAY, Role.MANAGED),
        ):
            self._ids[name] = add_server(
                store, host_name=name, under=self._ids[under], role=role, by=by, at=self.clock()
            ).server
        self.tell("built", {"primary": PRIMARY, "relay": RELAY, "managed": [OFFICE, BRANCH]})
        key = read_issuer_key(make_issuer_key(self.folder / "issuer").key_file)
        add_issuer(store, name=ISSUER, key=key.key, products=[PRODUCT], by=by, at=self.clock())
        self._register(site, "DM-1001", 100)
        set_option(
            store,
            server=self._ids[RELAY],
            option=Option.DISTRIBUTION,
            quantities={PRODUCT: 40},
            by=by,
            at=self.clock(),
        )
        self.tell("apportioned", {"relay": RELAY, "quantity": 40, "left": 60, "primary": PRIMARY})

    def _register(self, site: Site, serial: str, quantity: int) -> None:
        signer = read_issuer_key(self.folder / "issuer" / "issuer.key")
        at = self.clock()
        one = ProductLicense(
            issuer=ISSUER,
            serial=serial,
            product=PRODUCT,
            quantity=quantity,
            kind=Kind.PERMANENT,
            valid_from=utc_day(at),
            valid_until=None,
        )
        file = self.folder / "issuer" / f"{serial}.lic"
        write_atomic(file, issue_license(one, signer=signer), mode=0o644)
        (result,) = register_files(
            site.store,
            [file],
            server=self._ids[PRIMARY],
            trusted=trusted_issuers(site.store),
            by=self.by,
            at=at,
        )
        if result.error is not None:
            raise result.error
        self.tell("registered", {"serial": serial, "quantity": quantity, "product": PRODUCT, "on": PRIMARY})

    @contextlib.contextmanager
    def _switched_on(self, site: Site, signer: Any) -> Iterator[None]:
        for name in (RELAY, OFFICE, BRANCH):
            agent = LocalAgent(self.folder / "servers" / name)
            enrolment = invite(site, server=self._ids[name], signer=signer, by=self.by, at=self.clock())
            agent.enrol(enrolment, settings=SETTINGS)
            self.agents[name] = agent
        try:
            for agent in self.agents.values():
                agent.start()
            self.tell("enrolled", {"servers": list(self.agents)})
            yield
        finally:
            for agent in self.agents.values():
                agent.stop()

    # -- the three acts ----------------------------------------------------------------------------
    def _arrive(self, distributor: Distributor) -> None:
        if not self._deliver(distributor, "start", PATIENCE):
            raise self._stuck("all three servers to report")
        for name in self.agents:
            self._tell_held(name)

    def _miss_one(self, site: Site, distributor: Distributor) -> None:
        self.agents[BRANCH].stop()
        self.tell("switched-off", {"server": BRANCH})
        self._register(site, "DM-1002", 50)
        quantities = {self._ids[RELAY]: 70}
        allocate(site.store, product=PRODUCT, quantities=quantities, by=self.by, at=self.clock())
        self.tell("allocated", {"relay": RELAY, "quantity": 70, "before": 40})
        self._deliver(distributor, "demand", AWAY)
        for name in (RELAY, OFFICE):
            self._tell_held(name)
        away = next(line for line in distributor.lines if line.host_name == BRANCH)
        found = server_status(away, at=self.clock())
        self.tell(
            "behind", {"server": BRANCH, "state": found.state.value, "code": found.code, **found.figures}
        )
        self.agents[BRANCH].start()
        self.tell("switched-on", {"server": BRANCH})
        self._wait(
            distributor,
            lambda: all(line.acknowledged for line in distributor.lines),
            f"{BRANCH} to catch up",
        )
        self._tell_held(BRANCH)

    def _heal(self, site: Site, distributor: Distributor) -> None:
        license_file = self.agents[OFFICE].license
        good = read_bounded(license_file, limit=_LIMIT)
        edited = good.replace(b'quantity="100"', b'quantity="999"')
        if edited == good:
            raise self._stuck(f"the license of 100 in License.xml at {OFFICE}")
        license_file.write_bytes(edited)
        self.tell("edited", {"server": OFFICE, "quantity": 999})

        def reported() -> bool:
            found = list_events(site.store, limit=20)
            return any(event.code == EventCode.DRIFT and event.subject == OFFICE for event in found)

        self._wait(distributor, reported, f"the drift at {OFFICE} to be reported")
        if read_bounded(license_file, limit=_LIMIT) != good:
            raise self._stuck(f"License.xml at {OFFICE} to be healed")
        self.tell("healed", {"server": OFFICE})
        self._tell_held(OFFICE)

    # -- helpers -----------------------------------------------------------------------------------
    def _deliver(self, distributor: Distributor, reason: str, wait: timedelta) -> bool:
        order = Order(reason=reason, wait=wait)
        return deliver(distributor, order, clock=self.clock, stopped=lambda: False, progressed=lambda _: None)

    def _wait(self, distributor: Distributor, met: Callable[[], bool], what: str) -> None:
        deadline = self.clock() + PATIENCE
        while not met():
            if self.clock() > deadline:
                raise self._stuck(what)
            distributor.step(timeout=0.2)

    def _stuck(self, what: str) -> SurroundingsError:
        seconds = int(PATIENCE.total_seconds())
        return SurroundingsError(
            "demo-stuck", what=what, seconds=seconds, folder=str(self.folder / "servers")
        )

    def _tell_held(self, name: str) -> None:
        """What License.xml on that server's disk says."""
        document = read_license_xml(read_bounded(self.agents[name].license, limit=_LIMIT))
        held = document.held(PRODUCT, on=utc_day(self.clock()))
        figures = {"server": name, "version": document.version, "source": document.source, "held": held}
        self.tell("holds", {**figures, "product": PRODUCT})
