"""What arrives from agents and what it moves: nothing, where it is not proven."""

from __future__ import annotations

import base64
import json
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from licensedesk.core import events
from licensedesk.core.distribution.distributor import Distributor
from licensedesk.core.distribution.ledger import State
from licensedesk.core.distribution.ledger_store import forget_line
from licensedesk.core.distribution.status import read_status, server_status
from licensedesk.core.documents.messages import CONFIGURATION_TYPE, REPORT_TYPE, Holding
from licensedesk.core.site import site_version
from licensedesk.core.trust import new_signer
from tests.core.distribution.desk import MINUTE, Desk, SigningAgent
from tests.core.example import BY, dump

MOVED = ("reported_digest", "reported_version", "reported_state", "reported_code", "reported_at")


def figures(desk: Desk, name: str) -> list[Any]:
    return [getattr(desk.line(name), column) for column in MOVED]


def envelope(payload: bytes, agent: SigningAgent) -> bytes:
    return agent.signer.sign(payload, payload_type=REPORT_TYPE)


def changed_payload(raw: bytes, old: bytes, new: bytes, agent: SigningAgent) -> bytes:
    """The report with other bytes in its payload, signed by the agent all the same."""
    payload = base64.b64decode(json.loads(raw)["payload"])
    assert old in payload
    return envelope(payload.replace(old, new), agent)


def unsigned(desk: Desk) -> bytes:
    members = json.loads(desk.agents["d"].report(None))
    members["signatures"] = []
    return json.dumps(members).encode()


def foreign(desk: Desk) -> bytes:
    agent = desk.agents["d"]
    return SigningAgent(agent.enrolment, agent.console, counter=99).report(None)


def changed(desk: Desk, **fields: Any) -> bytes:
    return desk.agents["d"].report(None, **fields)


def otherwise(desk: Desk, **fields: Any) -> bytes:
    """The last report of d with other fields, and with the same counter."""
    payload = json.loads(base64.b64decode(json.loads(desk.broker.reports[desk.id("d")])["payload"]))
    return envelope(json.dumps({**payload, **fields}).encode(), desk.agents["d"])


def twisted(desk: Desk, old: str, new: str) -> bytes:
    agent = desk.agents["d"]
    return changed_payload(agent.report(None), old.encode(), new.encode(), agent)


@pytest.mark.parametrize(
    ("made", "code"),
    [
        pytest.param(lambda _: b"", "not-an-envelope", id="nothing"),
        pytest.param(lambda _: b"{" * 100_000, "too-large", id="too large"),
        pytest.param(lambda _: b"[" * 60_000, "not-an-envelope", id="60,000 levels"),
        pytest.param(lambda _: b'{"payload": NaN}', "not-an-envelope", id="not a number"),
        pytest.param(lambda _: b'{"payload": "\\ud800"}', "not-an-envelope", id="half a surrogate pair"),
        pytest.param(unsigned, "not-an-envelope", id="unsigned"),
        pytest.param(foreign, "untrusted-key", id="signed by a stranger"),
        pytest.param(lambda desk: desk.agents["c"].report(None), "untrusted-key", id="of another server"),
        pytest.param(
            lambda desk: desk.agents["d"].signer.sign(b"{}", payload_type=CONFIGURATION_TYPE),
            "wrong-type",
            id="another payload type",
        ),
        pytest.param(lambda desk: changed(desk, deployment="other"), "WRONG-DEPLOYMENT", id="deployment"),
        pytest.param(lambda desk: changed(desk, server_id="0" * 16), "WRONG-SERVER", id="server id"),
        pytest.param(
            lambda desk: twisted(desk, '"code":""', '"code":"","code":""'), "malformed", id="a member twice"
        ),
        pytest.param(lambda desk: twisted(desk, '"version":0', '"version":NaN'), "malformed", id="NaN"),
        pytest.param(lambda desk: twisted(desk, '"version":0', '"version":-1'), "malformed", id="negative"),
        pytest.param(lambda desk: twisted(desk, '"version":0', '"version":1e3'), "malformed", id="a float"),
        pytest.param(lambda desk: twisted(desk, '"empty"', '"happy"'), "malformed", id="unknown state"),
        pytest.param(
            lambda desk: twisted(desk, '"code":""', '"code":"","more":1'), "malformed", id="unknown member"
        ),
    ],
)
def test_reports_that_move_nothing(current: Desk, distributor: Distributor, made: Any, code: str) -> None:
    before, others = figures(current, "d"), {name: figures(current, name) for name in "bce"}
    current.broker.report(current.id("d"), made(current))
    distributor.step(timeout=0)
    assert figures(current, "d") == before
    assert {name: figures(current, name) for name in "bce"} == others
    assert current.line("d").refused_code == code
    assert set(current.states().values()) == {State.CURRENT}, "what it did report is true all the same"
    assert current.alarms() == {("report-refused", "d")}
    again = dump(current.store)
    current.broker.report(current.id("d"), made(current))
    distributor.step(timeout=0)
    assert dump(current.store) == again, "the same again is not written again"
    current.broker.report(current.id("d"), current.agents["d"].report(None, counter=1000))
    distributor.step(timeout=0)
    assert current.alarms() == set()
    assert current.line("d").refused_code == ""


@pytest.mark.parametrize("key", [5, None, [], {}, True, "", "-----BEGIN PUBLIC KEY-----", "\u0000"])
def test_first_reports_with_any_key(invited: Desk, distributor: Distributor, key: Any) -> None:
    agent = invited.agents["d"]
    raw = agent.report(None)
    payload = json.loads(base64.b64decode(json.loads(raw)["payload"]))
    invited.broker.report(
        invited.id("d"), envelope(json.dumps({**payload, "public_key": key}).encode(), agent)
    )
    distributor.step(timeout=0)
    assert invited.state("d") == State.INVITED
    assert invited.line("d").refused_code != ""


def test_an_older_counter_makes_the_server_unknown(current: Desk, distributor: Distributor) -> None:
    agent, before = current.agents["d"], figures(current, "d")
    agent.counter = -1
    current.broker.report(current.id("d"), agent.report(None))
    distributor.step(timeout=0)
    assert figures(current, "d") == before
    assert current.state("d") == State.UNKNOWN
    assert current.alarms() == {("counter-went-back", "d")}
    status = server_status(current.line("d"), at=current.now)
    assert status.code == "counter-went-back"
    # A stranger's report hides neither the state nor its reason.
    current.broker.report(current.id("d"), foreign(current))
    distributor.step(timeout=0)
    assert (current.state("d"), current.line("d").refused_code) == (State.UNKNOWN, "counter-went-back")
    # It is asked again, and the next higher counter clears it.
    distributor.distribute(reason="start")
    distributor.step(timeout=0)
    current.answer("d", counter=50)
    distributor.step(timeout=0)
    assert current.state("d") == State.CURRENT
    assert current.alarms() == set()


@pytest.mark.parametrize(
    "said", [{"sha256": "0" * 64}, {"sha256": "", "state": "empty", "version": 0}, {"version": 1}]
)
def test_another_holding_with_the_same_counter_makes_the_server_unknown(
    current: Desk, distributor: Distributor, said: dict[str, Any]
) -> None:
    """A machine restored from a snapshot counts on from the same number where its clock is set back too."""
    first, before = current.broker.reports[current.id("d")], figures(current, "d")
    current.broker.report(current.id("d"), otherwise(current, **said))
    distributor.step(timeout=0)
    assert figures(current, "d") == before
    assert current.state("d") == State.UNKNOWN
    assert current.alarms() == {("counter-went-back", "d")}
    # What it said before it was restored, repeated by a broker, does not make it current.
    current.broker.report(current.id("d"), first)
    distributor.step(timeout=0)
    assert current.state("d") == State.UNKNOWN
    # It is asked again, and the next higher counter clears it.
    distributor.distribute(reason="start")
    distributor.step(timeout=0)
    current.answer("d")
    distributor.step(timeout=0)
    assert current.state("d") == State.CURRENT
    assert current.alarms() == set()


def test_the_same_holding_with_the_same_counter_is_nothing_new(
    current: Desk, distributor: Distributor
) -> None:
    """As an agent does that cannot write down that it has said again what it said."""
    before = dump(current.store)
    current.broker.report(current.id("d"), otherwise(current, code="STORE-FAILED", detail="disk full"))
    distributor.step(timeout=0)
    assert dump(current.store) == before


def test_a_counter_without_a_report_in_the_ledger_contradicts_nothing(
    current: Desk, distributor: Distributor
) -> None:
    """The line is forgotten when an agent is enrolled anew; the new one may have reported before that."""
    with current.store.writing():
        forget_line(current.store, current.id("d"))
    distributor.close()
    with closing(current.open()) as anew:
        anew.step(timeout=0)
    assert current.state("d") == State.PENDING
    assert current.alarms() == set()


def test_the_same_report_again_is_nothing_new(current: Desk, distributor: Distributor) -> None:
    before = dump(current.store)
    for server, raw in list(current.broker.reports.items()):
        current.broker.report(server, raw)
    distributor.step(timeout=0)
    assert dump(current.store) == before


def test_a_server_that_holds_nothing_may_say_so_again(invited: Desk, distributor: Distributor) -> None:
    raw = invited.agents["d"].report(None)
    for _ in range(2):
        invited.broker.report(invited.id("d"), raw)
        distributor.step(timeout=0)
        assert invited.state("d") == State.PENDING
        assert invited.alarms() == set()


def test_an_agent_that_claims_a_version_nobody_made(current: Desk, distributor: Distributor) -> None:
    version, before = site_version(current.store), figures(current, "d")
    current.broker.report(current.id("d"), current.agents["d"].report(None, version=9999))
    distributor.step(timeout=0)
    assert site_version(current.store) == version, "no figure of an agent moves the counter"
    assert figures(current, "d") == before
    assert current.states() == {
        "b": State.CURRENT,
        "c": State.CURRENT,
        "d": State.UNKNOWN,
        "e": State.CURRENT,
    }
    assert current.alarms() == {("site-rolled-back", "d")}
    row = next(
        row
        for row in read_status(current.store, by=BY, at=current.now).as_json()["ledger"]
        if row["server"] == "d"
    )
    assert (row["state"], row["code"]) == ("unknown", "implausible-version")
    assert "never made" in row["detail"]


@pytest.mark.parametrize(
    ("said", "state", "code"),
    [
        ({"code": "STORE-FAILED", "state": Holding.DAMAGED}, State.REJECTED, "STORE-FAILED"),
        ({"code": "APPLY-FAILED", "state": Holding.STORED}, State.REJECTED, "APPLY-FAILED"),
        ({"code": "SCHEMA", "state": Holding.EMPTY, "sha256": ""}, State.REJECTED, "SCHEMA"),
        ({"state": Holding.STORED}, State.SENT, "waiting-for-report"),
        ({"sha256": "0" * 64}, State.SENT, "waiting-for-report"),
    ],
)
def test_a_server_says_why_it_is_not_current(
    invited: Desk, distributor: Distributor, said: dict[str, Any], state: State, code: str
) -> None:
    distributor.distribute(reason="start")
    distributor.step(timeout=0)
    invited.answer("d", detail="the disk is full", **said)
    invited.answer("bce")
    distributor.step(timeout=0)
    found = server_status(invited.line("d"), at=invited.now)
    assert (found.state, found.code) == (state, code)
    assert invited.line("d").reported_detail == "the disk is full"
    for name in "bce":
        assert invited.state(name) == State.CURRENT
    rejected = {("message-rejected", "d")} if state == State.REJECTED else set()
    assert invited.alarms() == rejected
    mirrored = {line.server: line for line in distributor.lines}
    assert mirrored == {invited.line(name).server: invited.line(name) for name in "bcde"}


def test_drift_is_told_once_each_time(current: Desk, distributor: Distributor) -> None:
    distributor.distribute(reason="verify", force=True)
    distributor.step(timeout=0)
    for _ in range(2):
        current.answer("d", code="DRIFT", detail="it was edited")
        distributor.step(timeout=0)
        assert current.state("d") == State.CURRENT
        assert current.alarms() == set()
        assert _shown(current) == ("current", "DRIFT")
    assert current.events() == [("drift", "d"), ("drift", "d")]
    current.answer("d")
    distributor.step(timeout=0)
    assert _shown(current) == ("current", "")


def test_a_clock_that_is_behind_is_told(current: Desk, distributor: Distributor) -> None:
    distributor.distribute(reason="verify", force=True)
    distributor.step(timeout=0)
    current.answer("d", code="CLOCK-AHEAD", detail="signed at noon, received at dawn")
    distributor.step(timeout=0)
    assert _shown(current) == ("current", "CLOCK-AHEAD")
    assert (current.alarms(), current.events()) == (set(), [("clock-ahead", "d")])
    (event,) = events.list_events(current.store, limit=10)
    assert event.figures == {
        "server": "d",
        "reason": "CLOCK-AHEAD",
        "detail": "signed at noon, received at dawn",
    }


def test_an_old_message_that_a_current_server_refuses_is_no_rollback(
    current: Desk, distributor: Distributor
) -> None:
    distributor.distribute(reason="verify", force=True)
    distributor.step(timeout=0)
    current.answer("d", code="ROLLBACK", message_id="some-older-one")
    distributor.step(timeout=0)
    assert current.state("d") == State.CURRENT
    assert current.alarms() == set()
    assert current.events() == [("message-rejected", "d")]
    assert _shown(current) == ("current", "ROLLBACK")


def test_old_messages_repeated_again_and_again_are_one_event_an_hour(
    current: Desk, distributor: Distributor
) -> None:
    distributor.distribute(reason="verify", force=True)
    distributor.step(timeout=0)
    for code in ("ROLLBACK", "WRONG-SERVER") * 5:
        current.answer("d", code=code, message_id="some-older-one")
        distributor.step(timeout=0)
        current.now += MINUTE
    assert current.events() == [("message-rejected", "d")]
    # Of another server, or later, it is another.
    current.answer("c", code="ROLLBACK", message_id="some-older-one")
    distributor.step(timeout=0)
    current.now += timedelta(hours=1)
    current.answer("d", code="ROLLBACK", message_id="some-older-one")
    distributor.step(timeout=0)
    assert current.events() == [("message-rejected", name) for name in "dcd"]


def test_a_stranger_beside_a_current_server_is_named(current: Desk, distributor: Distributor) -> None:
    current.broker.report(current.id("d"), b"{}")
    distributor.step(timeout=0)
    assert _shown(current) == ("current", "report-refused")
    assert current.events() == [("report-refused", "d")]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"code": "MALFORMED", "message_id": "", "sha256": "0" * 64}, "MALFORMED"),
        ({"code": "DRIFT", "message_id": "", "state": Holding.DAMAGED}, "DRIFT"),
    ],
)
def test_what_was_said_since_the_last_message_is_shown(
    current: Desk, distributor: Distributor, said: dict[str, Any], code: str
) -> None:
    distributor.distribute(reason="verify", force=True)
    distributor.step(timeout=0)
    current.answer("d", detail="it is torn", **said)
    distributor.step(timeout=0)
    found = server_status(current.line("d"), at=current.now + timedelta(minutes=10))
    assert (found.state, found.code) == (State.SENT, code)
    # Of a message that was sent after it, nothing was said yet.
    line = replace(current.line("d"), sent_at=current.now + timedelta(seconds=1))
    assert server_status(line, at=current.now).code == "waiting-for-report"


def _shown(desk: Desk) -> tuple[str, str]:
    """State and code of d in `status`; a code has its sentence."""
    rows = read_status(desk.store, by=BY, at=desk.now).as_json()["ledger"]
    [row] = [row for row in rows if row["server"] == "d"]
    assert bool(row["code"]) == bool(row["detail"])
    assert "?" not in row["detail"]
    return row["state"], row["code"]


def test_any_key_of_a_stranger_moves_nothing_in_bulk(current: Desk, distributor: Distributor) -> None:
    for name in "bcde":
        agent = current.agents[name]
        stranger = SigningAgent(agent.enrolment, agent.console, signer=new_signer(), counter=10**6)
        current.broker.report(current.id(name), stranger.report(None))
    distributor.step(timeout=0)
    assert set(current.states().values()) == {State.CURRENT}
