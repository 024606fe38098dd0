"""Runs from start to end: whom they send to, when they are a success, and what stands in their way."""

from __future__ import annotations

import itertools
import shutil
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from licensedesk.core import audit
from licensedesk.core.allocations import allocate
from licensedesk.core.backup import back_up, renumber, restore
from licensedesk.core.distribution import history
from licensedesk.core.distribution.distributor import Distributor
from licensedesk.core.distribution.ledger import State
from licensedesk.core.distribution.signing_time import KEY as SIGNED_KEY
from licensedesk.core.distribution.stamps import KEY
from licensedesk.core.distribution.uploads import read_stamps
from licensedesk.core.errors import SurroundingsError
from licensedesk.core.removal import remove_server
from licensedesk.core.servers import add_server, move_server, suspend_server
from licensedesk.core.settings import set_setting
from licensedesk.core.site import open_site, site_version
from licensedesk.core.store.database import Store
from licensedesk.core.transports.base import Arrivals
from licensedesk.core.transports.memory import MemoryConsole
from licensedesk.core.types import Role, parse_stamp, stamp
from tests.core.distribution.desk import MINUTE, Desk
from tests.core.example import AT, BY, PRODUCT, Example


def upload(desk: Desk, name: str = "d", quantity: int = 11) -> None:
    allocate(desk.store, product=PRODUCT, quantities={desk.id(name): quantity}, by=BY, at=desk.now)


def suspend(desk: Desk, name: str, *, suspended: bool = True) -> None:
    suspend_server(desk.store, server=desk.id(name), suspended=suspended, by=BY, at=desk.now)


def runs(desk: Desk) -> list[tuple[str, int, int, str | None]]:
    found = history.list_runs(desk.store, limit=10)
    return [(run.reason, run.servers, run.current, run.outcome) for run in found]


# -- whom a run sends to -----------------------------------------------------------------------------


def test_a_change_of_one_allocation_is_sent_to_the_two_ranges_it_touches(
    current: Desk, distributor: Distributor
) -> None:
    upload(current, "d")
    assert distributor.due
    assert distributor.distribute(reason="demand") == 2
    distributor.step(timeout=0)
    assert current.messages() == "bd"
    assert current.states() == {
        "b": State.SENT,
        "c": State.CURRENT,
        "d": State.SENT,
        "e": State.CURRENT,
    }


def test_a_moved_server_alone_is_sent_its_new_document(current: Desk, distributor: Distributor) -> None:
    move_server(current.store, server=current.id("e"), under=current.id("d"), by=BY, at=AT, confirmed=True)
    distributor.distribute(reason="demand")
    distributor.step(timeout=0)
    assert current.messages() == "e"
    document = current.store.value("SELECT content FROM document WHERE source_id = ?", (current.id("d"),))
    assert current.message("e").content == document
    assert current.message("e").version == site_version(current.store)


def test_an_added_server_alone_is_sent_its_document(current: Desk, distributor: Distributor) -> None:
    added = add_server(current.store, host_name="m", under=current.id("d"), role=Role.MANAGED, by=BY, at=AT)
    current.invite("m")
    distributor.distribute(reason="demand")
    distributor.step(timeout=0)
    assert list(current.broker.messages) == [added.server]


def test_force_and_only(current: Desk, distributor: Distributor) -> None:
    assert not distributor.due
    assert distributor.distribute(reason="demand") == 0
    assert distributor.settled
    assert distributor.distribute(reason="verify", force=True, only=[current.id("d")]) == 1
    distributor.step(timeout=0)
    assert current.messages() == "d"
    assert distributor.progress.waiting == 1
    current.answer("d")
    distributor.step(timeout=0)
    assert distributor.settled
    assert runs(current)[0] == ("verify", 1, 1, "complete")


def test_what_waits_for_a_person_is_sent_to_who_is_named(current: Desk, distributor: Distributor) -> None:
    upload(current)
    distributor.distribute(reason="demand")
    distributor.step(timeout=0)
    current.answer("d", code="SCHEMA", state="stored", sha256="")
    current.answer("b")
    distributor.step(timeout=0)
    current.broker.messages.clear()
    for reason in ("start", "demand"):
        assert distributor.distribute(reason=reason) == 0
    current.now += timedelta(days=1)
    distributor.step(timeout=0)
    assert current.messages() == ""
    assert distributor.distribute(reason="retry", only=[current.id("d")]) == 1
    distributor.step(timeout=0)
    current.answer("d")
    distributor.step(timeout=0)
    assert current.state("d") == State.CURRENT
    assert current.alarms() == set()


def test_without_the_key_nothing_is_sent(invited: Desk) -> None:
    distributor = invited.open(signer=None)
    with pytest.raises(SurroundingsError) as refusal:
        distributor.distribute(reason="demand")
    assert refusal.value.code == "no-passphrase"
    distributor.step(timeout=0)
    assert invited.messages() == ""
    invited.broker.report(invited.id("d"), invited.agents["d"].report(None))
    distributor.step(timeout=0)
    assert invited.line("d").reported_state == "empty", "reports are taken all the same"
    distributor.close()


# -- success -----------------------------------------------------------------------------------------


def test_success_comes_with_the_last_that_counts(invited: Desk, distributor: Distributor) -> None:
    suspend(invited, "e")
    for name in "bcd":
        invited.broker.report(invited.id(name), invited.agents[name].report(None))
    distributor.step(timeout=0)
    distributor.distribute(reason="start")
    distributor.step(timeout=0)
    assert invited.messages() == "bcd", "a suspended server is sent nothing"
    for number, name in enumerate("bcd"):
        assert read_stamps(invited.store).distributed_at is None, number
        invited.answer(name)
        invited.now += MINUTE
        distributor.step(timeout=0)
    stamps = read_stamps(invited.store)
    assert stamps.distributed_at == invited.now
    assert not stamps.due
    assert runs(invited)[0] == ("start", 3, 3, "complete")


def test_stored_but_not_applied_is_no_success(invited: Desk, distributor: Distributor) -> None:
    distributor.distribute(reason="start")
    distributor.step(timeout=0)
    invited.answer("bcd")
    invited.answer("e", state="stored", code="APPLY-FAILED", detail="it ended with 1")
    distributor.step(timeout=0)
    assert read_stamps(invited.store).distributed_at is None
    assert runs(invited)[0][-1] is None


def test_an_upload_during_a_distribution_is_no_success(current: Desk, distributor: Distributor) -> None:
    upload(current, quantity=11)
    distributor.distribute(reason="demand")
    distributor.step(timeout=0)
    current.answer("b")
    distributor.step(timeout=0)
    current.answer("d")
    upload(current, quantity=12)
    distributor.step(timeout=0)
    assert read_stamps(current.store).due
    # d belongs to the run that goes on; b was done, and waits for the next one.
    current.now += timedelta(seconds=2)
    distributor.step(timeout=0)
    current.answer("d")
    distributor.step(timeout=0)
    assert current.states()["d"] == State.CURRENT
    assert current.states()["b"] == State.PENDING
    assert read_stamps(current.store).due
    assert distributor.due
    current.all_current(distributor)


def test_an_upload_at_the_moment_of_success_wins(
    current: Desk, distributor: Distributor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the last report and the writing of BPCONFIG, another console uploads."""
    from licensedesk.core.distribution import distributor as module

    upload(current, quantity=11)
    before = read_stamps(current.store).distributed_at

    def point(name: str) -> None:
        if name == "distribute:before-success":
            upload(current, quantity=12)

    distributor.distribute(reason="demand")
    distributor.step(timeout=0)
    current.answer("bd")
    monkeypatch.setattr(module, "crash_point", point)
    distributor.step(timeout=0)
    assert read_stamps(current.store).distributed_at == before
    monkeypatch.undo()
    current.all_current(distributor)


def test_a_change_that_concerns_nobody_is_a_success_at_once(current: Desk, distributor: Distributor) -> None:
    add_server(current.store, host_name="m", under=current.id("d"), role=Role.MANAGED, by=BY, at=AT)
    assert read_stamps(current.store).due
    distributor.step(timeout=0)
    assert not read_stamps(current.store).due


# -- suspended, resumed, removed ---------------------------------------------------------------------


def test_a_suspended_server_catches_up_when_it_is_resumed(current: Desk, distributor: Distributor) -> None:
    suspend(current, "d")
    upload(current)
    distributor.distribute(reason="demand")
    distributor.step(timeout=0)
    assert current.messages() == "b"
    current.answer("b")
    distributor.step(timeout=0)
    assert not read_stamps(current.store).due, "who is suspended is not waited for"
    suspend(current, "d", suspended=False)
    assert current.state("d") == State.PENDING
    assert distributor.due
    distributor.distribute(reason="demand")
    distributor.step(timeout=0)
    current.answer("d")
    distributor.step(timeout=0)
    assert set(current.states().values()) == {State.CURRENT}
    assert "stamps-disagree" not in {entry.action for entry in audit.entries(current.store, limit=100)}


def test_a_run_waits_no_longer_for_who_is_suspended_or_removed(
    current: Desk, distributor: Distributor
) -> None:
    upload(current)
    distributor.distribute(reason="demand")
    suspend(current, "b")
    distributor.step(timeout=0)
    assert current.messages() == "d"
    remove_server(
        current.store,
        server=current.id("d"),
        children_to=None,
        nodes_to=None,
        by=BY,
        at=AT,
        confirmed=True,
    )
    distributor.step(timeout=0)
    assert distributor.settled
    assert runs(current)[0] == ("demand", 2, 0, "incomplete")


def test_removal_leaves_nothing_on_the_transport(current: Desk, distributor: Distributor) -> None:
    server = current.id("d")
    distributor.distribute(reason="verify", only=[server], force=True)
    distributor.step(timeout=0)
    current.answer("d", code="SCHEMA", state="stored")
    distributor.step(timeout=0)
    assert server in current.broker.messages
    assert current.alarms() == {("message-rejected", "d")}
    remove_server(current.store, server=server, children_to=None, nodes_to=None, by=BY, at=AT, confirmed=True)
    distributor.step(timeout=0)
    assert server not in current.broker.messages
    assert server not in current.broker.reports
    assert current.store.rows("SELECT * FROM clearance") == []
    assert current.alarms() == set(), "and no event about it"
    current.broker.report(server, current.agents["d"].report(None, counter=10**6))
    distributor.step(timeout=0)
    assert current.store.rows("SELECT * FROM ledger WHERE server_id = ?", (server,)) == []


def test_a_removed_server_that_cannot_be_cleared_holds_up_nobody(
    current: Desk, distributor: Distributor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where somebody has put a link in the place of its folder."""
    stuck, other = current.id("d"), current.id("e")
    clear = current.broker.clear

    def refuse(server_id: str) -> None:
        if server_id == stuck:
            raise SurroundingsError("unwritable", path=server_id, reason="it is a symbolic link")
        clear(server_id)

    monkeypatch.setattr(current.broker, "clear", refuse)
    for server in (stuck, other):
        remove_server(
            current.store, server=server, children_to=None, nodes_to=None, by=BY, at=AT, confirmed=True
        )
    distributor.step(timeout=0)
    assert current.store.rows("SELECT server FROM clearance") == [(stuck,)]
    distributor.distribute(reason="forced", force=True)
    distributor.step(timeout=0)
    assert set(current.broker.messages) == {current.id("b"), current.id("c")}
    monkeypatch.undo()
    set_setting(current.store, key="name", value="Changed", by=BY, at=AT)
    distributor.step(timeout=0)
    assert current.store.rows("SELECT server FROM clearance") == []


def test_a_clearance_waits_for_a_transport_that_is_away(current: Desk, distributor: Distributor) -> None:
    server = current.id("d")
    remove_server(current.store, server=server, children_to=None, nodes_to=None, by=BY, at=AT, confirmed=True)
    current.broker.away = True
    for _ in range(2):
        with pytest.raises(SurroundingsError) as away:
            distributor.step(timeout=0)
        assert away.value.code == "transport-unavailable"
    current.broker.away = False
    distributor.step(timeout=0)
    assert server not in current.broker.reports


# -- retries, renewal, expiry ------------------------------------------------------------------------


def test_what_is_not_answered_is_sent_again_with_growing_delay(
    current: Desk, distributor: Distributor
) -> None:
    upload(current)
    distributor.distribute(reason="demand")
    sent: list[datetime] = []
    for _ in range(600):
        distributor.step(timeout=0)
        line = current.line("d")
        if line.sent_at and (not sent or sent[-1] != line.sent_at):
            sent.append(line.sent_at)
        current.now += 2 * MINUTE
    gaps = [after - before for before, after in itertools.pairwise(sent)]
    assert len(gaps) >= 3
    assert min(gaps) >= 4 * MINUTE
    assert gaps[-1] > 2 * gaps[0]
    assert current.state("d") == State.UNREACHABLE
    assert current.line("d").attempts == len(sent)


class RefusingConsole(MemoryConsole):
    """A disk or broker that does not take the message of one server."""

    refused = ""

    def publish(self, server_id: str, message: bytes) -> None:
        if server_id != self.refused:
            super().publish(server_id, message)

    def poll(self, *, timeout: float) -> Arrivals:
        refused = ((self.refused, "the disk is full"),) if self.refused else ()
        return replace(super().poll(timeout=timeout), refused=refused)


def test_what_a_transport_does_not_take_is_put_off(invited: Desk) -> None:
    transport = RefusingConsole(invited.broker)
    distributor = invited.open(transport=transport)
    transport.refused = invited.id("d")
    distributor.distribute(reason="demand")
    distributor.step(timeout=0)
    assert invited.messages() == "bce", "the others are not concerned"
    assert invited.line("d").sent_at is None
    transport.refused = ""
    invited.now += timedelta(seconds=2)
    distributor.step(timeout=0)
    assert invited.messages() == "bce", "not at once"
    invited.now += 10 * MINUTE
    distributor.step(timeout=0)
    assert invited.messages() == "bcde"
    assert invited.line("d").sent_at == invited.now
    distributor.close()


def test_a_message_that_the_transport_lost_is_sent_again(current: Desk, distributor: Distributor) -> None:
    upload(current)
    distributor.distribute(reason="demand")
    transport = distributor._transport
    assert isinstance(transport, MemoryConsole)
    distributor._outbox.publish(
        distributor._board, current.signer, stopped=frozenset(), most=10, at=current.now
    )
    transport._sent.clear()
    current.broker.messages.clear()
    distributor.step(timeout=0)
    assert current.state("d") == State.PENDING
    current.now += timedelta(hours=10)
    distributor.step(timeout=0)
    assert current.messages() == "bd"


class ForgettingConsole(MemoryConsole):
    """Its broker died and is back, empty."""

    back = False

    def poll(self, *, timeout: float) -> Arrivals:
        back, self.back = self.back, False
        return replace(super().poll(timeout=timeout), reconnected=back)


def test_what_a_broker_forgot_is_sent_again_at_once(invited: Desk) -> None:
    transport = ForgettingConsole(invited.broker)
    distributor = invited.open(transport=transport)
    distributor.distribute(reason="demand")
    distributor.step(timeout=0)
    invited.answer("b")
    distributor.step(timeout=0)
    invited.broker.forget()
    transport.back = True
    for _ in range(2):
        distributor.step(timeout=0)
    assert invited.messages() == "cde", "but not to who has answered"
    distributor.close()


def test_messages_are_renewed_when_half_of_their_life_is_over(
    current: Desk, distributor: Distributor
) -> None:
    set_setting(current.store, key="message_days", value="10", by=BY, at=AT)
    distributor.distribute(reason="verify", force=True)
    distributor.step(timeout=0)
    assert parse_stamp(current.message("d").expires_at) == current.now + timedelta(days=10)
    current.answer("bcde")
    distributor.step(timeout=0)
    current.broker.messages.clear()
    current.now += timedelta(days=5)
    distributor.step(timeout=0)
    assert current.messages() == ""
    current.now += MINUTE
    distributor.step(timeout=0)
    assert current.messages() == "bcde"
    assert current.state("d") == State.CURRENT
    assert parse_stamp(current.message("d").expires_at) == current.now + timedelta(days=10)


def test_an_expired_message_is_signed_anew_once_by_itself(current: Desk, distributor: Distributor) -> None:
    upload(current)
    distributor.distribute(reason="demand")
    sent = []
    for _ in range(4):
        current.now += timedelta(seconds=2)
        distributor.step(timeout=0)
        if "d" in current.messages():
            sent.append(current.message("d").message_id)
            current.answer("d", code="EXPIRED", state="applied", sha256="0" * 64)
            current.broker.messages.clear()
    assert len(sent) == 2
    assert current.state("d") == State.REJECTED
    assert ("message-rejected", "d") in current.alarms()
    distributor.distribute(reason="start")
    distributor.step(timeout=0)
    current.answer("d")
    current.answer("b")
    distributor.step(timeout=0)
    assert current.states() == dict.fromkeys("bcde", State.CURRENT)


def test_a_clock_that_had_run_ahead_leaves_no_agent_behind(current: Desk, distributor: Distributor) -> None:
    """Agents hold the latest signed time against a message: as of that time it is signed anew."""
    current.now += timedelta(days=1000)
    distributor.distribute(reason="verify", force=True)
    distributor.step(timeout=0)
    current.answer("bcde")
    distributor.step(timeout=0)
    ahead = current.now
    assert current.store.value("SELECT value FROM bpconfig WHERE key = ?", (SIGNED_KEY,)) == stamp(ahead)
    current.now = AT + timedelta(hours=1)
    upload(current)
    distributor.distribute(reason="demand")
    distributor.step(timeout=0)
    assert parse_stamp(current.message("d").issued_at) == current.now
    current.answer("d", code="EXPIRED", sha256="0" * 64)
    current.now += timedelta(seconds=2)
    distributor.step(timeout=0)
    current.now += timedelta(seconds=2)
    distributor.step(timeout=0)
    assert parse_stamp(current.message("d").issued_at) == ahead
    assert parse_stamp(current.message("d").expires_at) == ahead + timedelta(days=90)
    assert parse_stamp(current.message("b").issued_at) < ahead, "the others are not concerned"


# -- cancelled, died, refused ------------------------------------------------------------------------


def test_a_cancelled_run_sends_no_more(current: Desk, distributor: Distributor) -> None:
    upload(current)
    assert distributor.distribute(reason="demand") == 2
    assert distributor.cancel() == 2
    current.now += timedelta(days=1)
    distributor.step(timeout=0)
    assert current.messages() == ""
    assert runs(current)[0] == ("demand", 2, 0, "cancelled")
    assert distributor.settled
    assert current.state("d") == State.PENDING
    assert distributor.due


def test_a_run_is_recorded_as_far_as_it_came(current: Desk, distributor: Distributor) -> None:
    upload(current)
    distributor.distribute(reason="demand")
    distributor.step(timeout=0)
    current.answer("d")
    distributor.step(timeout=0)
    assert (distributor.progress.servers, distributor.progress.current, distributor.progress.waiting) == (
        2,
        1,
        1,
    )
    distributor.close()
    assert runs(current)[0] == ("demand", 2, 1, "incomplete")


def test_the_run_of_a_console_that_died_is_ended_by_the_next(current: Desk, distributor: Distributor) -> None:
    upload(current)
    distributor.distribute(reason="demand")
    assert runs(current)[0] == ("demand", 2, 0, None)
    distributor._resources.close()
    other = current.open()
    assert runs(current)[0] == ("demand", 2, 0, "incomplete")
    other.close()


def test_a_second_console_sees_who_has_the_lock(current: Desk, distributor: Distributor) -> None:
    site = open_site(current.example.site.folder)
    second = Desk(Example(site, current.example.issuer), current.signer)
    with pytest.raises(SurroundingsError) as busy:
        second.open()
    assert busy.value.code == "console-busy"
    assert busy.value.figures["holder"].startswith("root@desk@")
    upload(second)
    site.close()
    assert distributor.distribute(reason="demand") == 2, "it may act, and the other one sends"
    distributor.close()
    current.open().close()


def test_reports_survive_a_database_that_is_away(
    current: Desk, distributor: Distributor, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(current)
    distributor.distribute(reason="demand")
    distributor.step(timeout=0)
    current.answer("bd")
    with monkeypatch.context() as patch:

        def locked(_store: Store) -> None:
            raise SurroundingsError("database-locked", seconds=5)

        patch.setattr(Store, "writing", locked)
        with pytest.raises(SurroundingsError):
            distributor.step(timeout=0)
    assert current.state("d") == State.SENT
    distributor.step(timeout=0)
    assert current.states() == dict.fromkeys("bcde", State.CURRENT)


def test_a_transport_that_is_away_loses_nothing(current: Desk, distributor: Distributor) -> None:
    upload(current)
    distributor.distribute(reason="demand")
    current.broker.away = True
    with pytest.raises(SurroundingsError):
        distributor.step(timeout=0)
    assert current.state("d") == State.PENDING
    current.broker.away = False
    distributor.step(timeout=0)
    assert current.messages() == "bd"


# -- disagreement, damage, rolled back ---------------------------------------------------------------


def test_the_ledger_wins_over_the_time_stamps_and_audit_says_so(
    current: Desk, distributor: Distributor
) -> None:
    current.now += MINUTE
    upload(current)
    # Somebody says by hand that all is distributed.
    current.store.run("UPDATE bpconfig SET value = ? WHERE key = ?", (stamp(current.now + MINUTE), KEY))
    assert not read_stamps(current.store).due
    assert distributor.due
    current.now += 2 * MINUTE
    assert distributor.distribute(reason="demand") == 2
    entry = audit.entries(current.store, limit=1)[0]
    assert (entry.action, entry.after) == ("stamps-disagree", {"servers": ["b", "d"]})
    assert audit.verify(current.store).intact


def test_a_damaged_license_stops_exactly_its_range(current: Desk, distributor: Distributor) -> None:
    upload(current)
    original = current.store.value("SELECT original FROM license")
    current.store.run("UPDATE license SET original = ?", (b"{}",))
    assert distributor.distribute(reason="demand") == 1
    distributor.step(timeout=0)
    assert current.messages() == "d"
    assert current.alarms() == {("license-damaged", "a")}
    current.now += timedelta(days=1)
    distributor.step(timeout=0)
    assert current.messages() == "d"
    assert current.example.held()["ab"] == 150 - 40 - 11, "the counts stay"
    current.store.run("UPDATE license SET original = ?", (original,))
    distributor.distribute(reason="demand")
    distributor.step(timeout=0)
    assert current.messages() == "bd"
    assert current.alarms() == set()


@pytest.mark.parametrize(
    "change", ["quantity = 151", "kind = 'term', valid_until = '2030-01-01'", "valid_from = '2020-01-01'"]
)
def test_a_row_that_says_other_than_its_file_is_damage(
    current: Desk, distributor: Distributor, change: str
) -> None:
    current.store.run(f"UPDATE license SET {change}")
    distributor.distribute(reason="verify", force=True)
    assert current.alarms() == {("license-damaged", "a")}
    distributor.step(timeout=0)
    assert current.messages() == "cde"


def test_a_site_put_back_without_restore_says_so_and_is_renumbered(
    current: Desk, distributor: Distributor
) -> None:
    path = current.store.path
    current.store.value("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copyfile(path, path.with_name("copy"))
    upload(current)
    current.all_current(distributor)
    distributor.close()
    current.example.site.close()
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    shutil.copyfile(path.with_name("copy"), path)

    site = open_site(current.example.site.folder)
    again = Desk(
        Example(site, current.example.issuer), current.signer, broker=current.broker, agents=current.agents
    )
    console = again.open()
    console.step(timeout=0)
    assert again.states() == dict.fromkeys("bd", State.UNKNOWN) | dict.fromkeys("ce", State.CURRENT)
    assert again.alarms() == {("site-rolled-back", "b"), ("site-rolled-back", "d")}
    renumber(site.store, by=BY, at=again.now)
    again.all_current(console)
    assert again.alarms() == set()
    console.close()
    site.close()


def test_after_a_restore_everybody_is_sent_a_message_above_all_others(
    current: Desk, distributor: Distributor
) -> None:
    site = current.example.site
    file, _ = back_up(site, None, with_key=False, by=BY, at=AT)
    upload(current)
    current.all_current(distributor)
    used = site_version(current.store)
    distributor.close()
    site.close()
    restored = restore(site.folder, file, by=BY, at=AT)
    again = Desk(
        Example(restored, current.example.issuer),
        current.signer,
        broker=current.broker,
        agents=current.agents,
    )
    console = again.open()
    assert console.due
    console.distribute(reason="start")
    console.step(timeout=0)
    assert again.message("d").version == used + 1_000_000
    again.answer("bcde")
    console.step(timeout=0)
    assert again.states() == dict.fromkeys("bcde", State.CURRENT)
    assert again.alarms() == set()
    console.close()
    restored.close()


def test_a_rollback_answer_to_the_last_message_names_the_way_out(
    current: Desk, distributor: Distributor
) -> None:
    upload(current)
    distributor.distribute(reason="demand")
    distributor.step(timeout=0)
    current.answer("d", code="ROLLBACK", sha256="0" * 64, version=1)
    distributor.step(timeout=0)
    assert current.alarms() == {("message-rejected", "d"), ("site-rolled-back", "d")}


def test_the_service_sends_what_is_new_without_being_asked(invited: Desk) -> None:
    distributor = invited.open(automatic=True)
    distributor.step(timeout=0)
    assert invited.messages() == "bcde"
    invited.answer("bcde")
    distributor.step(timeout=0)
    invited.broker.messages.clear()
    upload(invited)
    invited.now += timedelta(seconds=2)
    distributor.step(timeout=0)
    assert invited.messages() == "bd"
    distributor.close()
