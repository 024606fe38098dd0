"""Who needs a message, and why: the ledger decides, and a clock can only delay."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from licensedesk.core.distribution.ledger import Enrolled
from licensedesk.core.distribution.plan import (
    FURTHEST_RETRY,
    Why,
    reached,
    retry_after_report,
    retry_delay,
    unexplained,
    why_send,
)
from licensedesk.core.distribution.stamps import TICK, Stamps
from tests.core.distribution.test_ledger import HELD, OLD, SENT, line
from tests.core.example import AT

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
LATER, EARLIER = AT + MINUTE, AT - MINUTE
LIFE: dict[str, Any] = {**SENT, **HELD, "sent_at": AT - 45 * DAY}


def dice(seed: int = 1) -> random.Random:
    return random.Random(seed)  # noqa: S311 - the same each time


def refused(code: str) -> dict[str, Any]:
    return {**SENT, "reported_code": code, "reported_message": "m-1"}


@pytest.mark.parametrize(
    ("changed", "by_itself", "by_a_run"),
    [
        pytest.param({}, Why.NEW, Why.NEW, id="never sent"),
        pytest.param({**SENT, "sent_digest": OLD}, Why.NEW, Why.NEW, id="newer document"),
        pytest.param({**SENT, **HELD}, None, None, id="current"),
        pytest.param({**LIFE, "expires_at": AT + 45 * DAY}, None, None, id="half of the message's life left"),
        pytest.param(
            {**LIFE, "expires_at": AT + 45 * DAY - TICK * 2}, Why.RENEWAL, Why.RENEWAL, id="less than half"
        ),
        pytest.param({**SENT, "retry_at": LATER}, None, Why.AGAIN, id="not answered, and not yet due"),
        pytest.param({**SENT, "retry_at": AT}, Why.AGAIN, Why.AGAIN, id="not answered, and due"),
        pytest.param(SENT, Why.AGAIN, Why.AGAIN, id="reported otherwise, without a delay"),
        pytest.param({**SENT, "retry_at": AT + DAY}, Why.AGAIN, Why.AGAIN, id="the clock was set back"),
        pytest.param({**refused("STORE-FAILED"), "retry_at": LATER}, None, Why.RETRY, id="storing failed"),
        pytest.param(
            {**refused("APPLY-FAILED"), "retry_at": EARLIER}, Why.RETRY, Why.RETRY, id="retry is due"
        ),
        pytest.param({**refused("EXPIRED"), "retry_at": AT}, Why.SIGNED_ANEW, Why.SIGNED_ANEW, id="expired"),
        pytest.param(refused("EXPIRED"), None, Why.SIGNED_ANEW, id="expired a second time"),
        pytest.param(
            {**refused("ROLLBACK"), "attempts": 20}, None, Why.SIGNED_ANEW, id="rollback after many attempts"
        ),
        pytest.param(refused("SCHEMA"), None, None, id="waits for a person"),
        pytest.param(
            {**refused("EQUIVOCATION"), "retry_at": EARLIER}, None, None, id="waits, whatever the time"
        ),
        pytest.param({**SENT, **HELD, "unknown": True}, Why.AGAIN, Why.AGAIN, id="unknown"),
        pytest.param({"suspended": True}, None, None, id="suspended"),
        pytest.param({"enrolled": Enrolled.NO}, None, None, id="not enrolled"),
        pytest.param({"enrolled": Enrolled.INVITED}, Why.NEW, Why.NEW, id="invited"),
        pytest.param({"desired_digest": None}, None, None, id="there is no document"),
    ],
)
def test_who_is_sent_a_message(changed: dict[str, Any], by_itself: Why | None, by_a_run: Why | None) -> None:
    found = line(**changed)
    assert why_send(found, at=AT, eager=False) == by_itself
    assert why_send(found, at=AT, eager=True) == by_a_run


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (None, True),
        (AT, True),
        (EARLIER, True),
        (LATER, False),
        (AT + FURTHEST_RETRY, False),
        (AT + FURTHEST_RETRY + TICK, True),
    ],
)
def test_a_moment_further_ahead_than_any_delay_is_of_a_wrong_clock(
    moment: datetime | None, expected: bool
) -> None:
    assert reached(moment, at=AT) is expected


@pytest.mark.parametrize(
    ("code", "before", "expected"),
    [
        pytest.param("EXPIRED", {}, AT, id="signed anew at once"),
        pytest.param("EXPIRED", {"attempts": 20}, AT, id="after many attempts to a server that was off"),
        pytest.param("ROLLBACK", {"reported_code": "EXPIRED", "reported_at": EARLIER}, AT, id="another code"),
        pytest.param(
            "EXPIRED", {"reported_code": "EXPIRED", "reported_at": AT}, AT, id="refused after it was sent"
        ),
        pytest.param(
            "EXPIRED", {"reported_code": "EXPIRED", "reported_at": EARLIER}, None, id="the second time waits"
        ),
        pytest.param("SCHEMA", {}, None, id="waits for a person"),
    ],
)
def test_what_a_rejection_leads_to(code: str, before: dict[str, Any], expected: datetime | None) -> None:
    found = retry_after_report(
        line(**SENT, **before, retry_at=LATER),
        acknowledged=False,
        answers=True,
        code=code,
        at=AT,
        jitter=dice(),
    )
    assert found == expected


def test_failures_are_tried_again_later_and_later() -> None:
    def delay(attempts: int) -> timedelta:
        before = line(**SENT, attempts=attempts)
        jitter = dice()
        found = retry_after_report(
            before, acknowledged=False, answers=True, code="APPLY-FAILED", at=AT, jitter=jitter
        )
        assert found is not None
        return found - AT

    delays = [delay(attempts) for attempts in range(12)]
    assert delays == sorted(delays)
    assert delays[0] < 3 * MINUTE
    assert delays[-1] == delays[-2] > timedelta(hours=3)


def test_a_report_of_something_older_moves_no_retry() -> None:
    before = line(**SENT, retry_at=LATER)
    assert (
        retry_after_report(before, acknowledged=False, answers=False, code="ROLLBACK", at=AT, jitter=dice())
        == LATER
    )


def test_whoever_is_current_is_not_tried_again() -> None:
    before = line(**SENT, retry_at=LATER)
    for answers in (True, False):
        assert (
            retry_after_report(before, acknowledged=True, answers=answers, code="", at=AT, jitter=dice())
            is None
        )


class Even(random.Random):
    """Dice that fall in the middle."""

    def uniform(self, a: float, b: float) -> float:
        assert (a, b) == (0.5, 1.5)
        return 1.0


def test_each_delay_is_twice_the_one_before_up_to_six_hours() -> None:
    delays = [retry_delay(attempts, jitter=Even()) / MINUTE for attempts in (0, 1, 2, 3, 8, 9, 100)]
    assert delays == [1, 2, 4, 8, 256, 360, 360]


@pytest.mark.parametrize("attempts", [0, 1, 5, 9, 10_000])
def test_delays_have_their_bounds(attempts: int) -> None:
    jitter = dice(attempts)
    for _ in range(200):
        delay = retry_delay(attempts, jitter=jitter)
        assert timedelta(seconds=30) <= delay <= FURTHEST_RETRY


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        pytest.param({"reported_at": AT - DAY}, True, id="nothing explains it"),
        pytest.param({**SENT, **HELD}, False, id="it is current"),
        pytest.param({"enrolled": Enrolled.INVITED}, False, id="it is not enrolled"),
        pytest.param({"suspended": True}, False, id="it is suspended"),
        pytest.param({"enrolled_at": AT}, False, id="it was enrolled since"),
        pytest.param({"sent_at": AT}, False, id="it was sent something since"),
        pytest.param({"reported_at": AT}, False, id="it has reported since"),
        pytest.param({"retry_at": AT}, False, id="a retry is planned"),
        pytest.param({"desired_digest": None}, False, id="there is nothing to send"),
    ],
)
def test_where_ledger_and_time_stamps_disagree(changed: dict[str, Any], named: bool) -> None:
    found = line(**changed)
    assert unexplained([found], Stamps(AT - DAY, AT)) == ([found] if named else [])
    assert unexplained([found], Stamps(AT, AT - DAY)) == [], "the time stamps say so too"
    assert unexplained([found], Stamps(AT, None)) == []
    assert unexplained([found], Stamps(None, None)) == []
