"""A site, its servers' agents, a broker and a clock, all in one process and driven step by step.

Console and agents are the real code on real files; only the network and the clock are twins. A kill is an
exception at a named crash point, after which nothing is left but what stands on disk.
"""

from __future__ import annotations

import contextlib
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from licensedesk.agent.places import Places
from licensedesk.agent.state import enrol, read_identity
from licensedesk.agent.updater import Updater
from licensedesk.core.distribution.distributor import Distributor
from licensedesk.core.distribution.enrolment import invite
from licensedesk.core.distribution.ledger_store import read_lines
from licensedesk.core.distribution.uploads import read_stamps
from licensedesk.core.files import on_crash_point
from licensedesk.core.site import Site, open_site
from licensedesk.core.trust import Signer
from licensedesk.core.types import Actor, ServerId
from tests.simulation.network import Network

START = datetime(2026, 11, 21, 9, 14, tzinfo=UTC)
BY = Actor(name="root@desk")
STEPS_TO_SETTLE = 60


class KilledError(BaseException):
    """kill -9, as far as one process can play it: no handler of the product catches it."""


@dataclass
class Clocks:
    """The true time only goes on; what console and agents read may be wrong by an offset each."""

    true: datetime = START
    console_off: timedelta = timedelta()
    agents_off: timedelta = timedelta()

    def console(self) -> datetime:
        return self.true + self.console_off

    def agents(self) -> datetime:
        return self.true + self.agents_off


@dataclass
class AgentTwin:
    """One install directory. `said` is its last report, None where License.xml may differ from it."""

    server: ServerId
    places: Places
    updater: Updater | None = None
    snapshot: Path | None = None
    said: bytes | None = None

    def start(self) -> None:
        self.updater = Updater(self.places, identity=read_identity(self.places), apply=None)
        self.updater.clean()

    @property
    def license(self) -> bytes | None:
        path = self.places.license
        return path.read_bytes() if path.exists() else None


@dataclass
class World:
    """`kind` is the distributor under test."""

    folder: Path
    signer: Signer
    dice: random.Random
    kind: type[Distributor] = Distributor
    clocks: Clocks = field(default_factory=Clocks)
    console: Distributor | None = None
    site: Site = field(init=False)
    network: Network = field(init=False)
    agents: dict[ServerId, AgentTwin] = field(init=False)
    rolled_back: bool = False
    copy: Path | None = None

    def __post_init__(self) -> None:
        self.network = Network(self.dice)
        self.site = self._open_site()
        names = dict(self.site.store.rows("SELECT host_name, id FROM server WHERE role <> 'primary'"))
        self.agents = {
            ServerId(server): AgentTwin(ServerId(server), Places(self.folder / "agents" / name))
            for name, server in names.items()
        }

    def _open_site(self) -> Site:
        site = open_site(self.folder / "site")
        # No machine stops in a simulation.
        site.store.database.pragma("synchronous", "off")
        return site

    def close(self) -> None:
        on_crash_point(None)
        if self.console is not None:
            self.stop_console()
        self.site.close()

    # -- the console -------------------------------------------------------------------------------

    def start_console(self, *, automatic: bool = False) -> None:
        """As the desktop or the service does: take the lock, see what came, distribute if due."""
        console = self.kind(
            self.site,
            transport=self.network,
            signer=self.signer,
            by=BY,
            clock=self.clocks.console,
            jitter=self.dice,
            automatic=automatic,
        )
        console.open()
        self.console = console
        console.step(timeout=0)
        if console.due:
            console.distribute(reason="start")

    def stop_console(self) -> None:
        assert self.console is not None
        console, self.console = self.console, None
        console.close()

    def kill_console(self, act: Callable[[], object], *, after: int) -> None:
        """Do something, and die at the n-th crash point that it passes, if it passes so many."""
        try:
            with crash_after(after):
                act()
        except KilledError:
            self.drop_console()

    def drop_console(self) -> None:
        console, self.console = self.console, None
        if console is not None:
            # The operating system lets go of the lock; nobody ends the run.
            console._resources.close()
        self.site.close()
        self.site = self._open_site()

    # -- the agents --------------------------------------------------------------------------------

    def switch_on(self, agent: AgentTwin) -> None:
        agent.start()
        assert agent.updater is not None
        self.network.report(agent.server, self._noted(agent, agent.updater.say(now=self.clocks.agents())))
        self.network.connect(agent.server, lambda raw: self._take(agent, raw))

    def switch_off(self, agent: AgentTwin) -> None:
        self.network.disconnect(agent.server)
        agent.updater = None

    def _take(self, agent: AgentTwin, raw: bytes) -> bytes:
        assert agent.updater is not None
        return self._noted(agent, agent.updater.take(raw, now=self.clocks.agents()))

    def check(self, agent: AgentTwin) -> None:
        if agent.updater is not None:
            report = agent.updater.check(now=self.clocks.agents())
            if report is not None:
                self.network.report(agent.server, self._noted(agent, report))

    @staticmethod
    def _noted(agent: AgentTwin, report: bytes) -> bytes:
        agent.said = report
        return report

    def kill_agent(self, agent: AgentTwin, *, after: int) -> None:
        """Deliver what is on its way, and die in the midst of it."""
        if agent.updater is None:
            return
        agent.said = None
        try:
            with crash_after(after):
                for server, raw in [one for one in self.network.to_agents if one[0] == agent.server]:
                    self.network.to_agents.remove((server, raw))
                    self.network.report(server, self._take(agent, raw))
        except KilledError:
            self.switch_off(agent)

    def take_snapshot(self, agent: AgentTwin) -> None:
        target = agent.places.install.with_name(f"{agent.places.install.name}.snapshot")
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(agent.places.install, target)
        agent.snapshot = target

    def restore_snapshot(self, agent: AgentTwin) -> None:
        if agent.snapshot is None:
            return
        was_on = agent.updater is not None
        self.switch_off(agent)
        shutil.rmtree(agent.places.install)
        shutil.copytree(agent.snapshot, agent.places.install)
        agent.said = None
        if was_on:
            self.switch_on(agent)

    def enrol_anew(self, agent: AgentTwin) -> None:
        at = self.clocks.console()
        raw = invite(self.site, server=agent.server, signer=self.signer, by=BY, at=at, confirmed=True)
        self.switch_off(agent)
        enrol(agent.places, raw, file="again.enrol")
        agent.said = None
        self.switch_on(agent)

    # -- the site ----------------------------------------------------------------------------------

    def copy_database(self) -> None:
        self.site.store.value("PRAGMA wal_checkpoint(TRUNCATE)")
        self.copy = self.folder / "copy.db"
        shutil.copyfile(self.site.store.path, self.copy)

    def put_copy_back(self) -> None:
        """What nobody should do: the database of some days ago, without `restore`."""
        if self.copy is None:
            return
        self.drop_console()
        self.site.close()
        for suffix in ("-wal", "-shm"):
            self.site.store.path.with_name(self.site.store.path.name + suffix).unlink(missing_ok=True)
        shutil.copyfile(self.copy, self.site.store.path)
        self.site = self._open_site()
        self.rolled_back = True

    # -- the end -----------------------------------------------------------------------------------

    def settle(self) -> None:
        """All that is on its way arrives, until nothing moves any more."""
        assert self.console is not None
        for _ in range(STEPS_TO_SETTLE):
            while self.network.deliver():
                pass
            moved = self.console.step(timeout=1)
            self.clocks.true += timedelta(seconds=1)
            if not moved and not self.network.to_agents and not self.console.progress.queued:
                return
        raise AssertionError("it never comes to rest")

    def start_once(self) -> None:
        """Every server up, every clock sane, one start."""
        if self.console is not None:
            self.stop_console()
        self.clocks.console_off = self.clocks.agents_off = timedelta()
        for agent in self.agents.values():
            self.switch_off(agent)
            self.switch_on(agent)
        self.start_console()
        self.settle()

    def wanted(self) -> dict[ServerId, bytes]:
        """The current document of each server's range."""
        documents = dict(self.site.store.rows("SELECT source_id, content FROM document"))
        return {line.server: documents[line.range_source] for line in read_lines(self.site.store)}

    def stale(self) -> list[ServerId]:
        """Servers whose License.xml is not their range's current document."""
        return [server for server, content in self.wanted().items() if self.agents[server].license != content]

    # -- what must hold at any time ----------------------------------------------------------------

    def check_truth(self) -> None:
        """What the ledger calls current is so, but for what nobody has told it yet."""
        wanted = self.wanted()
        lines = read_lines(self.site.store)
        for line in lines:
            agent = self.agents[line.server]
            told = agent.said is not None and self.network.heard.get(line.server) == agent.said
            if line.acknowledged and told and not self.rolled_back:
                assert agent.license == wanted[line.server], f"{line.host_name} is not current"
        stamps = read_stamps(self.site.store)
        if self.console is not None and self.kind is Distributor:
            mirrored = {line.server: line for line in self.console.lines}
            assert self.console._board.stale or mirrored == {line.server: line for line in lines}
        if not stamps.due and stamps.distributed_at is not None:
            assert stamps.uploaded_at is not None


@contextlib.contextmanager
def crash_after(count: int) -> Iterator[None]:
    left = count

    def hook(_name: str) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise KilledError

    on_crash_point(hook)
    try:
        yield
    finally:
        on_crash_point(None)
