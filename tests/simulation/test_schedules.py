"""Random schedules of everything that may go wrong; afterwards one start, and no server is stale."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from licensedesk.core.allocations import allocate
from licensedesk.core.backup import renumber
from licensedesk.core.distribution.distributor import Distributor
from licensedesk.core.distribution.ledger import State, state_of
from licensedesk.core.distribution.ledger_store import read_lines
from licensedesk.core.distribution.signing_time import write_config
from licensedesk.core.distribution.stamps import KEY
from licensedesk.core.distribution.uploads import range_terms, read_stamps
from licensedesk.core.documents.license_xml import read_license_xml
from licensedesk.core.errors import RefusedError, SurroundingsError
from licensedesk.core.servers import move_server, suspend_server
from licensedesk.core.site import open_site
from licensedesk.core.store.facts import read_holdings, read_tree
from licensedesk.core.trust import Signer
from tests.core.example import PRODUCT
from tests.simulation.world import BY, AgentTwin, World

SEED = 20261121
EVENTS = 25
PARTS = 40
"""Of the campaign: short enough for the time limit of a test on a loaded machine, and so that tests that run
side by side share it.
"""
PARTS_WHEN_QUICK = 16
HALF = 500
"""Schedules of each half of the campaign of rollbacks."""
Fresh = Callable[[], tuple[Path, Signer]]


# -- what may happen ---------------------------------------------------------------------------------


def upload(world: World) -> None:
    tree = read_tree(world.site.store)
    relay = tree.named(world.dice.choice("cd")).id
    quantities = {relay: world.dice.randint(0, 60)}
    at = world.clocks.console()
    allocate(world.site.store, product=PRODUCT, quantities=quantities, by=BY, at=at, confirmed=True)


def upload_in_the_same_microsecond(world: World) -> None:
    upload(world)
    upload(world)


def move(world: World) -> None:
    tree = read_tree(world.site.store)
    server, under = tree.named(world.dice.choice("mn")), tree.named(world.dice.choice("acd"))
    at = world.clocks.console()
    move_server(world.site.store, server=server.id, under=under.id, by=BY, at=at, confirmed=True)


def suspend_or_resume(world: World) -> None:
    server = random_agent(world).server
    suspended = bool(world.site.store.value("SELECT suspended FROM server WHERE id = ?", (server,)))
    at = world.clocks.console()
    suspend_server(world.site.store, server=server, suspended=not suspended, by=BY, at=at)


def enrol_anew(world: World) -> None:
    world.enrol_anew(random_agent(world))


def time_passes(world: World) -> None:
    world.clocks.true += timedelta(seconds=world.dice.choice([0, 1, 120, 3600, 20_000]))


def console_clock_jumps(world: World) -> None:
    world.clocks.console_off = _offset(world)


def agents_clock_jumps(world: World) -> None:
    world.clocks.agents_off = _offset(world)


def all_clocks_jump(world: World) -> None:
    world.clocks.console_off = world.clocks.agents_off = _offset(world)


def _offset(world: World) -> timedelta:
    return timedelta(hours=world.dice.choice([0, 0, 0, -1, 1, -30, 30, -5000, 5000]))


def console_starts_or_stops(world: World) -> None:
    if world.console is None:
        world.start_console(automatic=world.dice.random() < 0.3)
    else:
        world.stop_console()


def console_works(world: World) -> None:
    if world.console is None:
        world.start_console()
    console = world.console
    assert console is not None
    for _ in range(world.dice.randint(1, 4)):
        console.step(timeout=world.dice.choice([0, 1]))
        world.network.deliver()


def distribute_now(world: World) -> None:
    if world.console is not None:
        world.console.distribute(reason="demand", force=world.dice.random() < 0.3)


def console_is_killed(world: World) -> None:
    if world.console is None:
        world.kill_console(world.start_console, after=world.dice.randint(0, 12))
    else:
        act = world.dice.choice([console_works, distribute_now, upload, move, upload_between])
        world.kill_console(lambda: act(world), after=world.dice.randint(0, 12))
    assert world.site.store.value("PRAGMA quick_check") == "ok"


def upload_between(world: World) -> None:
    """The scenario that must never lose a license: an upload between sending and the reports."""
    if world.console is not None:
        world.console.distribute(reason="demand")
        world.console.step(timeout=0)
        upload(world)
        while world.network.deliver():
            pass
        world.console.step(timeout=1)


def second_console(world: World) -> None:
    other = open_site(world.folder / "site")
    rival = Distributor(
        other,
        transport=world.network,
        signer=world.signer,
        by=BY,
        clock=world.clocks.console,
        jitter=world.dice,
    )
    try:
        if world.console is not None:
            with pytest.raises(SurroundingsError) as busy:
                rival.open()
            assert busy.value.code == "console-busy"
    finally:
        other.close()


def agent_goes_on_or_off(world: World) -> None:
    agent = random_agent(world)
    if agent.updater is None:
        world.switch_on(agent)
    else:
        world.switch_off(agent)


def agent_is_killed(world: World) -> None:
    world.kill_agent(random_agent(world), after=world.dice.randint(0, 12))


def snapshot(world: World) -> None:
    world.take_snapshot(random_agent(world))


def snapshot_is_restored(world: World) -> None:
    world.restore_snapshot(random_agent(world))


def license_is_edited(world: World) -> None:
    agent = random_agent(world)
    if agent.license is not None:
        agent.places.license.write_bytes(b"<License/>")
        agent.said = None


def agent_checks(world: World) -> None:
    world.check(random_agent(world))


def messages_arrive(world: World) -> None:
    for _ in range(world.dice.randint(1, 6)):
        world.network.deliver()


def broker_repeats(world: World) -> None:
    world.network.repeat()
    world.network.repeat_report()


def broker_forgets(world: World) -> None:
    world.network.forget()


def database_is_copied(world: World) -> None:
    world.copy_database()


def database_is_put_back(world: World) -> None:
    world.put_copy_back()


def site_is_renumbered(world: World) -> None:
    renumber(world.site.store, by=BY, at=world.clocks.console())


def random_agent(world: World) -> AgentTwin:
    return world.dice.choice(list(world.agents.values()))


HAPPENINGS: dict[Callable[[World], None], int] = {
    upload: 10,
    upload_in_the_same_microsecond: 3,
    upload_between: 6,
    move: 4,
    suspend_or_resume: 4,
    enrol_anew: 2,
    time_passes: 8,
    console_clock_jumps: 3,
    agents_clock_jumps: 2,
    all_clocks_jump: 2,
    console_starts_or_stops: 8,
    console_works: 20,
    distribute_now: 5,
    console_is_killed: 10,
    second_console: 2,
    agent_goes_on_or_off: 16,
    agent_is_killed: 6,
    snapshot: 4,
    snapshot_is_restored: 4,
    license_is_edited: 3,
    agent_checks: 3,
    messages_arrive: 15,
    broker_repeats: 5,
    broker_forgets: 3,
}
ROLLING_BACK: dict[Callable[[World], None], int] = {
    **HAPPENINGS,
    database_is_copied: 8,
    database_is_put_back: 5,
    site_is_renumbered: 1,
}


def play(world: World, happenings: dict[Callable[[World], None], int], done: list[str]) -> None:
    """A schedule; `done` says how far it came."""
    acts, weights = list(happenings), list(happenings.values())
    for act in world.dice.choices(acts, weights, k=EVENTS):
        done.append(act.__name__)
        act(world)
        world.check_truth()


# -- what must hold ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "part",
    [
        *range(PARTS_WHEN_QUICK),
        *(pytest.param(part, marks=pytest.mark.full) for part in range(PARTS_WHEN_QUICK, PARTS)),
    ],
)
def test_after_any_schedule_one_start_leaves_nobody_stale(
    part: int, fresh: Fresh, campaign: Callable[[int], int]
) -> None:
    for number in range(part, PARTS * campaign(10_000 // PARTS), PARTS):
        world = World(*fresh(), dice=random.Random(f"{SEED} {number}"))  # noqa: S311 - seeded
        done: list[str] = []
        try:
            play(world, HAPPENINGS, done)
            resume_all(world)
            world.start_once()
            expect_current(world)
        except (AssertionError, RefusedError) as error:
            raise AssertionError(f"schedule {number}: {done}") from error
        finally:
            world.close()


def resume_all(world: World) -> None:
    at = world.clocks.true
    for (server,) in world.site.store.rows("SELECT id FROM server WHERE suspended"):
        suspend_server(world.site.store, server=server, suspended=False, by=BY, at=at)


def expect_current(world: World) -> None:
    """Nobody is stale, and all is known to be so; but for what only an administrator can mend."""
    assert world.stale() == []
    lost = [line for line in read_lines(world.site.store) if line.refused_code in ENROLLED_AGAIN]
    for line in lost:
        assert state_of(line, at=world.clocks.true) in {State.UNKNOWN, State.INVITED}
        world.enrol_anew(world.agents[line.server])
    if lost:
        world.start_once()
    lines = read_lines(world.site.store)
    assert {state_of(line, at=world.clocks.true) for line in lines} == {State.CURRENT}
    stamps = read_stamps(world.site.store)
    assert stamps.uploaded_at is not None
    assert stamps.distributed_at is not None
    assert stamps.distributed_at >= stamps.uploaded_at
    expect_documents_of_the_terms(world)
    assert world.site.store.rows("SELECT code, subject FROM event WHERE ended_at IS NULL") == []


ENROLLED_AGAIN = {"counter-went-back", "token-expired", "bad-proof"}
"""An agent set back behind a report of its own from the future; an invitation made by a clock set back; an
agent set back to before it was enrolled again.
"""


def expect_documents_of_the_terms(world: World) -> None:
    holdings = read_holdings(world.site.store)
    for source in holdings.sources:
        content = world.site.store.value("SELECT content FROM document WHERE source_id = ?", (source.id,))
        assert read_license_xml(content).products == range_terms(holdings, source)


@pytest.mark.parametrize("first", [0, HALF])
def test_a_site_rolled_back_without_restore_says_so_and_is_renumbered(
    first: int, fresh: Fresh, campaign: Callable[[int], int]
) -> None:
    """Until it is renumbered it may be refused, but it never calls current what is not."""
    seen: Counter[str] = Counter()
    for number in range(first, first + campaign(HALF)):
        world = World(*fresh(), dice=random.Random(f"{SEED} back {number}"))  # noqa: S311 - seeded
        done: list[str] = []
        try:
            play(world, ROLLING_BACK, done)
            resume_all(world)
            world.start_once()
            lines = read_lines(world.site.store)
            stale = set(world.stale())
            assert not {line.server for line in lines if line.acknowledged} & stale
            if stale:
                seen["refused"] += 1
                codes = {
                    code for (code,) in world.site.store.rows("SELECT code FROM event WHERE ended_at IS NULL")
                }
                assert codes & {"site-rolled-back", "message-rejected", "counter-went-back", "report-refused"}
                renumber(world.site.store, by=BY, at=world.clocks.true)
                world.start_once()
            seen["schedules"] += 1
        except (AssertionError, RefusedError) as error:
            raise AssertionError(f"schedule {number}: {done}") from error
        finally:
            world.close()
    assert seen["refused"] > 0


# -- the simulation can fail -------------------------------------------------------------------------


class TimeStampsOnly(Distributor):
    """The two time stamps alone: due if the upload is newer, a success when all have answered."""

    @property
    def due(self) -> bool:
        self._follow_site()
        return read_stamps(self.site.store).due

    def _note_success(self) -> None:
        if all(line.answered for line in self.lines if line.counts):
            with self.site.store.writing():
                write_config(self.site.store, KEY, self._clock())

    def _queue_due(self, now: object) -> None:
        """Without a ledger nobody knows what to try again."""


def test_with_time_stamps_alone_servers_stay_stale(fresh: Fresh) -> None:
    stale = 0
    for number in range(40):
        dice = random.Random(f"{SEED} {number}")  # noqa: S311 - seeded
        world = World(*fresh(), dice=dice, kind=TimeStampsOnly)
        try:
            play(world, HAPPENINGS, [])
            resume_all(world)
            world.start_once()
            stale += bool(world.stale())
        finally:
            world.close()
    assert stale >= 4, "at least a tenth of the schedules leaves somebody stale"
