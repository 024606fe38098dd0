"""The states that a person sees, as a table, and the reason of each."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from licensedesk.core.distribution.ledger import Enrolled, Line, State, reason_of, state_of
from licensedesk.core.types import ServerId
from tests.core.example import AT

OLD, NEW = "0" * 64, "1" * 64
SENT: dict[str, Any] = {"sent_digest": NEW, "sent_message": "m-1", "sent_at": AT}
HELD: dict[str, Any] = {"reported_digest": NEW, "reported_state": "applied"}


def line(**changed: Any) -> Line:
    """An enrolled server that was never sent anything."""
    settings: dict[str, Any] = {
        "server": ServerId("00"),
        "host_name": "d",
        "range_source": ServerId("00"),
        "range_host_name": "d",
        "enrolled": Enrolled.YES,
        "suspended": False,
        "desired_digest": NEW,
        "desired_version": 2,
    }
    return Line(**{**settings, **changed})


@pytest.mark.parametrize(
    ("changed", "state", "reason"),
    [
        pytest.param({}, State.PENDING, "never-sent", id="never sent"),
        pytest.param({**SENT, "sent_digest": OLD}, State.PENDING, "newer-document", id="older sent"),
        pytest.param(SENT, State.SENT, "waiting-for-report", id="sent"),
        pytest.param(
            {**SENT, "reported_digest": OLD, "reported_state": "applied"},
            State.SENT,
            "waiting-for-report",
            id="the report is of the document before",
        ),
        pytest.param(
            {**SENT, "sent_at": AT - timedelta(minutes=15)}, State.SENT, "waiting-for-report", id="15 minutes"
        ),
        pytest.param(
            {**SENT, "sent_at": AT - timedelta(minutes=15, seconds=1)},
            State.UNREACHABLE,
            "no-report",
            id="longer than 15 minutes",
        ),
        pytest.param({**SENT, "online": True}, State.SENT, "waiting-for-report", id="sent, and there"),
        pytest.param({**SENT, "online": False}, State.SENT, "agent-away", id="sent, and away"),
        pytest.param(
            {**SENT, "online": False, "sent_at": AT - timedelta(hours=1)},
            State.UNREACHABLE,
            "agent-away",
            id="away for longer than 15 minutes",
        ),
        pytest.param({"online": False}, State.PENDING, "never-sent", id="away, and never sent"),
        pytest.param({**SENT, **HELD, "online": False}, State.CURRENT, "", id="away, and applied"),
        pytest.param({**SENT, **HELD}, State.CURRENT, "", id="applied"),
        pytest.param(HELD, State.CURRENT, "", id="applied though the ledger knows of no message"),
        pytest.param(
            {**SENT, **HELD, "reported_state": "stored"}, State.SENT, "waiting-for-report", id="only stored"
        ),
        pytest.param(
            {**SENT, **HELD, "reported_code": "ROLLBACK", "reported_message": "m-0"},
            State.CURRENT,
            "",
            id="current, and refused an older message",
        ),
        pytest.param(
            {**SENT, "reported_code": "SCHEMA", "reported_message": "m-1"},
            State.REJECTED,
            "SCHEMA",
            id="rejected",
        ),
        pytest.param(
            {**SENT, "reported_code": "SCHEMA", "reported_message": "m-0"},
            State.SENT,
            "waiting-for-report",
            id="another message was rejected",
        ),
        pytest.param(
            {**SENT, "sent_digest": OLD, "reported_code": "SCHEMA", "reported_message": "m-1"},
            State.PENDING,
            "newer-document",
            id="the document before was rejected",
        ),
        pytest.param(
            {**SENT, **HELD, "reported_state": "stored", "reported_code": "DRIFT", "reported_message": "m-1"},
            State.SENT,
            "waiting-for-report",
            id="a drift is no rejection",
        ),
        pytest.param(
            {
                **SENT,
                **HELD,
                "reported_state": "stored",
                "reported_code": "CLOCK-AHEAD",
                "reported_message": "m-1",
            },
            State.SENT,
            "waiting-for-report",
            id="nor is a clock that is behind",
        ),
        pytest.param(
            {**SENT, "sent_at": AT - timedelta(hours=1), "reported_at": AT - timedelta(minutes=1)},
            State.SENT,
            "waiting-for-report",
            id="heard of since, though not in answer",
        ),
        pytest.param({**SENT, **HELD, "unknown": True}, State.UNKNOWN, "counter-went-back", id="unknown"),
        pytest.param({"enrolled": Enrolled.NO}, State.NOT_ENROLLED, "agent-not-enrolled", id="not enrolled"),
        pytest.param({"enrolled": Enrolled.INVITED}, State.INVITED, "waiting-for-enrolment", id="invited"),
        pytest.param(
            {**SENT, **HELD, "suspended": True}, State.SUSPENDED, "server-suspended", id="suspended"
        ),
        pytest.param({**HELD, "desired_digest": None}, State.PENDING, "never-sent", id="no document yet"),
        pytest.param(
            {"desired_digest": None, "reported_state": "applied"},
            State.PENDING,
            "never-sent",
            id="neither a document nor one that is held",
        ),
    ],
)
def test_states(changed: dict[str, Any], state: State, reason: str) -> None:
    found = line(**changed)
    assert state_of(found, at=AT) == state
    assert reason_of(found, at=AT) == reason
    assert found.acknowledged is (state == State.CURRENT or found.suspended)


def test_nothing_answers_a_message_that_was_never_sent() -> None:
    assert not line().answered
    assert line(**SENT, reported_message="m-1").answered


@pytest.mark.parametrize(
    ("enrolled", "suspended", "counts"),
    [
        (Enrolled.YES, False, True),
        (Enrolled.YES, True, False),
        (Enrolled.INVITED, False, False),
        (Enrolled.NO, False, False),
    ],
)
def test_who_is_waited_for(enrolled: Enrolled, suspended: bool, counts: bool) -> None:
    assert line(enrolled=enrolled, suspended=suspended).counts is counts


@pytest.mark.parametrize("at", [AT, AT + timedelta(days=1000), AT - timedelta(days=1000)])
def test_a_current_server_is_current_whatever_the_clock_says(at: datetime) -> None:
    assert state_of(line(**SENT, **HELD), at=at) == State.CURRENT
