"""The rules of the Event List: an event fires when its condition begins to hold, once, and ends with it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from licensedesk.core import events
from licensedesk.core.alert_rules import check
from licensedesk.core.allocations import allocate
from licensedesk.core.audit import verify
from licensedesk.core.distribution.ledger_store import read_lines
from licensedesk.core.events import Event
from licensedesk.core.settings import set_setting
from licensedesk.core.types import stamp
from tests.core.example import AT, BY, PRODUCT, Example, dump

LATER = AT + timedelta(hours=1)
UNANSWERED = timedelta(minutes=20)


def look(example: Example, *, at: datetime = AT, audited: bool = False) -> int:
    return check(example.store, at=at, audited=verify(example.store) if audited else None)


def found(example: Example) -> list[Event]:
    """Oldest first."""
    return events.list_events(example.store, limit=100)[::-1]


def codes(example: Example) -> list[tuple[str, str, bool]]:
    """Code, subject, and whether it still holds."""
    return [(one.code, one.subject, one.ended_at is None) for one in found(example)]


def test_nothing_holds_and_nothing_is_written(example: Example) -> None:
    before = dump(example.store)
    assert look(example) == 0
    assert dump(example.store) == before


def test_a_short_range_fires_once_ends_and_fires_again(example: Example) -> None:
    example.add_nodes("d", managed=12)
    assert look(example) == 1
    assert look(example, at=LATER) == 0
    (event,) = found(example)
    assert (event.code, event.subject) == ("range-short", f"d {PRODUCT}")
    assert event.figures == {"source": "d", "product": PRODUCT, "shortage": 2}
    allocate(
        example.store, product=PRODUCT, quantities={example.id("d"): 12}, by=BY, at=LATER, confirmed=True
    )
    assert look(example, at=LATER) == 1
    assert found(example)[0].ended_at == stamp(LATER)
    example.add_nodes("d", managed=1)
    assert look(example, at=LATER) == 1
    assert [still for _, _, still in codes(example)] == [False, True]


@pytest.mark.parametrize(
    ("days", "fires"),
    [(61, False), (60, True), (1, True), (0, True), (-1, False)],
    ids=["before the step", "on the step", "the day before", "its last day", "over"],
)
def test_a_key_that_ends_soon(example: Example, days: int, fires: bool) -> None:
    end = datetime(2030, 6, 30, tzinfo=UTC)
    example.register("T-5", 5, last=end.date())
    at = end - timedelta(days=days)
    look(example, at=at)
    expected = [("key-expiring", f"{example.issuer.name} T-5", True)] if fires else []
    assert [one for one in codes(example) if one[0] == "key-expiring"] == expected


def test_the_step_before_a_key_ends_is_a_setting(example: Example) -> None:
    example.register("T-5", 5, last=date(2030, 6, 30))
    at = datetime(2030, 6, 1, tzinfo=UTC)
    set_setting(example.store, key="expiry_days", value="7", by=BY, at=AT)
    assert look(example, at=at) == 0
    set_setting(example.store, key="expiry_days", value="30", by=BY, at=AT)
    assert look(example, at=at) == 1
    (event,) = found(example)
    assert event.figures == {
        "issuer": example.issuer.name,
        "serial": "T-5",
        "product": PRODUCT,
        "quantity": 5,
        "server": "a",
        "valid_until": "2030-06-30",
    }


def test_a_server_that_is_merely_sent_to_is_no_event(example: Example) -> None:
    sent(example, "b", at=AT)
    assert look(example, at=AT) == 0
    assert look(example, at=AT + UNANSWERED) == 1
    (event,) = found(example)
    assert (event.code, event.subject) == ("server-not-current", "b")
    assert (event.figures["source"], event.figures["reason"]) == ("a", "no-report")


def sent(example: Example, host_name: str, *, at: datetime) -> None:
    """As if its agent was enrolled, and the current document sent to it without an answer."""
    store, server = example.store, example.id(host_name)
    (line,) = [line for line in read_lines(store) if line.server == server]
    with store.writing():
        store.run(
            "INSERT INTO enrolment (server_id, broker_password_hash, invited_at, key_id, public_key,"
            " enrolled_at, counter) VALUES (?, '', ?, 'k', 'p', ?, 0)",
            (server, stamp(at), stamp(at)),
        )
        store.run(
            "INSERT OR REPLACE INTO ledger (server_id, sent_digest, sent_version, sent_message, sent_at,"
            " attempts, reported_code, reported_detail, agent_version, unknown, refused_code)"
            " VALUES (?, ?, ?, 'm', ?, 1, '', '', '', 0, '')",
            (server, line.desired_digest, line.desired_version, stamp(at)),
        )


def test_a_broken_chain_is_an_event_where_it_was_walked(example: Example) -> None:
    example.store.run("UPDATE audit SET subject = 'forged' WHERE seq = 2")
    assert look(example) == 0
    assert look(example, audited=True) == 1
    (event,) = found(example)
    assert (event.code, event.subject, event.figures) == ("audit-broken", "audit", {"entry": 2})
    # A look that does not verify does not end it either.
    assert look(example, at=LATER) == 0
    assert found(example)[0].ended_at is None
    # One that finds it whole does, as after a restore.
    example.store.run("UPDATE audit SET subject = 'Acme' WHERE seq = 2")
    assert look(example, at=LATER, audited=True) == 1
    assert found(example)[0].ended_at == stamp(LATER)
