"""Inviting and enrolling agents: one token, one key, and what voids them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

import pytest
from peewee import OperationalError

from licensedesk.core import audit
from licensedesk.core.distribution.connection import CA_FILE
from licensedesk.core.distribution.distributor import Distributor
from licensedesk.core.distribution.enrolment import TOKEN_LIFE, invite, invite_to_file
from licensedesk.core.distribution.ledger import Enrolled, State
from licensedesk.core.distribution.status import server_status
from licensedesk.core.documents.enrolment import open_enrolment
from licensedesk.core.errors import SurroundingsError
from licensedesk.core.servers import add_server
from licensedesk.core.settings import set_setting
from licensedesk.core.site import site_version
from licensedesk.core.trust import new_signer
from licensedesk.core.types import Actor, Role, stamp
from tests.core.distribution.desk import Desk, SigningAgent
from tests.core.example import AT, BY, dump, refused, states_read


def enrolled(desk: Desk, name: str) -> tuple[Any, ...]:
    return desk.store.rows(
        "SELECT key_id, token, counter FROM enrolment WHERE server_id = ?", (desk.id(name),)
    )[0]


def test_an_invitation(desk: Desk) -> None:
    assert desk.state("d") == State.NOT_ENROLLED
    desk.invite("d")
    found = desk.agents["d"].enrolment
    assert (found.deployment, found.server_id, found.host_name) == (
        desk.example.site.deployment,
        desk.id("d"),
        "d",
    )
    assert found.trusted_keys == (desk.signer.key.pem,)
    assert found.version_floor == site_version(desk.store)
    assert (found.issued_at, found.expires_at) == (stamp(AT), stamp(AT + TOKEN_LIFE))
    assert enrolled(desk, "d") == (None, found.token, 0)
    assert desk.state("d") == State.INVITED
    entry = audit.entries(desk.store, limit=1)[0]
    assert (entry.action, entry.subject, entry.after) == ("enrol", "d", {"token_until": found.expires_at})
    assert entry.before == {"key_id": None}
    assert found.token not in str(audit.entries(desk.store, limit=100))
    assert desk.store.rows("SELECT * FROM clearance") == [], "nothing of another agent lies on the transport"


def test_an_invitation_is_one_transaction(desk: Desk) -> None:
    server = desk.id("d")
    with states_read(desk.store) as taken:
        invite(desk.example.site, server=server, signer=desk.signer, by=BY, at=AT)
    assert taken == ["BEGIN IMMEDIATE"]


@pytest.mark.parametrize("before", [None, b"of an earlier invitation"])
def test_a_file_whose_invitation_is_undone_is_what_it_was(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: bytes | None
) -> None:
    """The database may have no room for what it is to commit though the file is written."""
    file = tmp_path / "d.enrol"
    if before is not None:
        file.write_bytes(before)
    state = dump(desk.store)
    site, server = desk.example.site, desk.id("d")

    def no_room() -> NoReturn:
        assert file.read_bytes() != before
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(site.store.database, "commit", no_room)
    with pytest.raises(SurroundingsError) as refusal:
        invite_to_file(site, file, server=server, signer=desk.signer, by=BY, at=AT)
    assert refusal.value.code == "disk-full"
    assert (file.read_bytes() if file.exists() else None) == before
    monkeypatch.undo()
    assert dump(desk.store) == state
    invite_to_file(site, file, server=server, signer=desk.signer, by=BY, at=AT)
    assert file.read_bytes() != before


def test_who_cannot_be_invited(desk: Desk) -> None:
    site, signer = desk.example.site, desk.signer
    with refused(site, "is-primary", server="a"):
        invite(site, server=desk.id("a"), signer=signer, by=BY, at=AT)
    with refused(site, "out-of-scope", local="d", subject="c"):
        invite(site, server=desk.id("c"), signer=signer, by=Actor(name="x", server=desk.id("d")), at=AT)
    desk.invite("d")
    with refused(site, "needs-yes", server="d"):
        invite(site, server=desk.id("d"), signer=signer, by=BY, at=AT)


def test_no_agent_is_invited_to_a_broker_that_it_could_not_believe(desk: Desk) -> None:
    site, signer = desk.example.site, desk.signer
    desk.invite("d")
    url, path = "mqtt:broker.example.com:8883", site.folder / CA_FILE
    set_setting(site.store, key="transport", value=url, by=BY, at=AT)
    # Said before a confirmation is asked for that would void a key for nothing.
    for name in ("d", "c"):
        with refused(site, "no-broker-ca", transport=url, file=str(path)):
            invite(site, server=desk.id(name), signer=signer, by=BY, at=AT)
    path.write_bytes(b"")
    raw = invite(site, server=desk.id("c"), signer=signer, by=BY, at=AT)
    assert open_enrolment(raw).transport.ca_pem == ""


def test_the_first_report_enrols(invited: Desk, distributor: Distributor) -> None:
    agent = invited.agents["d"]
    invited.broker.report(invited.id("d"), agent.report(None))
    distributor.step(timeout=0)
    assert enrolled(invited, "d") == (agent.signer.key.key_id, None, 1)
    line = invited.line("d")
    assert (line.enrolled, line.enrolled_at, line.reported_state) == (Enrolled.YES, invited.now, "empty")
    assert invited.state("d") == State.PENDING
    assert distributor.lines
    assert {each.server: each for each in distributor.lines}[line.server] == line


def test_a_message_tells_the_agent_when_its_key_is_enrolled(invited: Desk, distributor: Distributor) -> None:
    distributor.distribute(reason="start")
    distributor.step(timeout=0)
    assert invited.message("d").enrolled_key == ""
    invited.answer("d")
    distributor.step(timeout=0)
    distributor.distribute(reason="verify", only=[invited.id("d")])
    distributor.step(timeout=0)
    assert invited.message("d").enrolled_key == invited.agents["d"].signer.key.key_id


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        pytest.param({"proof": "0" * 64}, "bad-proof", id="a wrong proof"),
        pytest.param({"proof": ""}, "bad-proof", id="no proof"),
        pytest.param({"public_key": ""}, "not-a-key", id="no key"),
        pytest.param({"public_key": new_signer().key.pem}, "untrusted-key", id="another's key"),
        pytest.param({"deployment": "other"}, "WRONG-DEPLOYMENT", id="of another deployment"),
        pytest.param({"server_id": "0" * 16}, "WRONG-SERVER", id="of another server"),
        pytest.param({"version": 9999}, "implausible-version", id="of a version that was never made"),
    ],
)
def test_a_first_report_that_pins_nothing(
    invited: Desk, distributor: Distributor, changed: dict[str, Any], code: str
) -> None:
    before = enrolled(invited, "d")
    invited.broker.report(invited.id("d"), invited.agents["d"].report(None, **changed))
    distributor.step(timeout=0)
    assert enrolled(invited, "d") == before
    assert invited.line("d").refused_code == code
    assert invited.state("b") == State.INVITED
    invited.broker.report(invited.id("d"), invited.agents["d"].report(None))
    distributor.step(timeout=0)
    assert invited.line("d").enrolled == Enrolled.YES
    assert invited.alarms() == set()


def test_a_second_key_with_the_same_token_is_refused(invited: Desk, distributor: Distributor) -> None:
    first = invited.agents["d"]
    thief = SigningAgent(first.enrolment, first.console)
    invited.broker.report(invited.id("d"), first.report(None))
    distributor.step(timeout=0)
    invited.broker.report(invited.id("d"), thief.report(None, counter=99))
    distributor.step(timeout=0)
    assert enrolled(invited, "d") == (first.signer.key.key_id, None, 1)
    assert invited.alarms() == {("report-refused", "d")}


@pytest.mark.parametrize(("late", "pinned"), [(timedelta(), True), (timedelta(microseconds=1), False)])
def test_the_token_is_valid_for_fourteen_days(
    invited: Desk, distributor: Distributor, late: timedelta, pinned: bool
) -> None:
    invited.now += timedelta(days=14) + late
    invited.broker.report(invited.id("d"), invited.agents["d"].report(None))
    distributor.step(timeout=0)
    assert (enrolled(invited, "d")[0] is not None) is pinned
    if not pinned:
        status = server_status(invited.line("d"), at=invited.now)
        assert (status.state, status.code) == (State.INVITED, "token-expired")


def test_enrolling_again_voids_key_token_and_what_lies_on_the_transport(
    current: Desk, distributor: Distributor
) -> None:
    old = current.agents["d"]
    distributor.distribute(reason="verify", only=[current.id("d")])
    distributor.step(timeout=0)
    current.invite("d", confirmed=True)
    assert current.state("d") == State.INVITED
    current.broker.report(current.id("d"), old.report(None, counter=10**9))
    distributor.step(timeout=0)
    assert current.line("d").enrolled == Enrolled.INVITED, "the old key is void"
    assert current.id("d") not in current.broker.messages
    assert current.store.rows("SELECT * FROM clearance") == []
    current.broker.report(current.id("d"), current.agents["d"].report(None))
    distributor.step(timeout=0)
    assert enrolled(current, "d")[0] == current.agents["d"].signer.key.key_id


def test_a_report_judged_before_the_agent_was_voided_does_not_count(
    invited: Desk, distributor: Distributor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The administrator invites again, in another process, between the judging and the writing."""
    from licensedesk.core.distribution import inbox

    old, done = invited.agents["d"], list[str]()

    def point(name: str) -> None:
        if name == "distribute:before-ledger" and not done:
            done.append(name)
            invited.invite("d", confirmed=True)

    monkeypatch.setattr(inbox, "crash_point", point)
    invited.broker.report(invited.id("d"), old.report(None))
    distributor.step(timeout=0)
    assert done
    assert enrolled(invited, "d") == (None, invited.agents["d"].enrolment.token, 0)
    assert invited.line("d").enrolled == Enrolled.INVITED


def test_clearances_of_an_earlier_session_come_before_what_is_sent(invited: Desk) -> None:
    invited.broker.messages[invited.id("d")] = b"for the agent before"
    invited.broker.reports[invited.id("d")] = b"of the agent before"
    invited.invite("d", confirmed=True)
    distributor = invited.open()
    distributor.distribute(reason="start")
    distributor.step(timeout=0)
    assert invited.message("d").server_id == invited.id("d")
    distributor.close()


def test_a_server_that_nobody_invited_cannot_report(desk: Desk) -> None:
    server = add_server(desk.store, host_name="m", under=desk.id("a"), role=Role.MANAGED, by=BY, at=AT).server
    desk.invite("d")
    distributor = desk.open()
    desk.broker.report(server, desk.agents["d"].report(None))
    desk.broker.report("0" * 16, desk.agents["d"].report(None))
    distributor.step(timeout=0)
    assert desk.state("m") == State.NOT_ENROLLED
    assert desk.line("m").refused_code == "agent-not-enrolled"
    assert desk.alarms() == {("report-refused", "m")}
    distributor.close()
