"""What a broker says of who is connected: kept and shown, and nothing is decided by it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from licensedesk.core.distribution.distributor import Distributor
from licensedesk.core.distribution.ledger import State
from licensedesk.core.distribution.status import ServerStatus, server_status
from licensedesk.core.removal import remove_server
from licensedesk.core.settings import set_setting
from licensedesk.core.transports.memory import MemoryAgent
from tests.core.distribution.desk import Desk
from tests.core.example import AT, BY

MINUTE = timedelta(minutes=1)


@pytest.fixture
def agent(invited: Desk) -> Iterator[MemoryAgent]:
    """The connection of d's agent, which says nothing but that it is there."""
    made = MemoryAgent(invited.broker, invited.id("d"))
    made.start()
    yield made
    if invited.broker.presence.get(made.server_id):
        made.close()


def status(desk: Desk) -> ServerStatus:
    return server_status(desk.line("d"), at=desk.now)


def heard(desk: Desk) -> tuple[object, object]:
    return desk.line("d").online, desk.line("d").online_at


def test_who_is_connected_is_kept_with_the_time_of_the_change(
    invited: Desk, distributor: Distributor, agent: MemoryAgent
) -> None:
    assert heard(invited) == (None, None)
    distributor.step(timeout=0)
    assert heard(invited) == (True, AT)
    assert {line.online for line in distributor.lines if line.host_name != "d"} == {None}
    invited.now += MINUTE
    agent.close()
    distributor.step(timeout=0)
    assert heard(invited) == (False, AT + MINUTE)
    assert {line.host_name: line.online for line in distributor.lines}["d"] is False


def test_what_is_known_is_not_written_again(
    invited: Desk, distributor: Distributor, agent: MemoryAgent
) -> None:
    distributor.step(timeout=0)
    distributor.close()
    invited.now += MINUTE
    again = invited.open()
    again.step(timeout=0)
    again.close()
    assert heard(invited) == (True, AT)


def test_an_agent_that_is_away_is_why_a_server_does_not_report(
    current: Desk, distributor: Distributor, agent: MemoryAgent
) -> None:
    distributor.distribute(reason="forced", force=True)
    distributor.step(timeout=0)
    assert status(current).code == ""
    current.answer("d", state="stored")
    distributor.distribute(reason="forced", force=True)
    distributor.step(timeout=0)
    assert (status(current).state, status(current).code) == (State.SENT, "waiting-for-report")
    agent.close()
    distributor.step(timeout=0)
    assert (status(current).state, status(current).code) == (State.SENT, "agent-away")
    assert status(current).figures["online_at"] == "2026-11-21T09:14:00.000000Z"
    current.now += timedelta(minutes=16)
    assert (status(current).state, status(current).code) == (State.UNREACHABLE, "agent-away")
    # What it reports counts, whatever the broker says of it.
    current.answer("d")
    distributor.step(timeout=0)
    assert (status(current).state, status(current).code) == (State.CURRENT, "")


def test_strangers_are_passed_over(desk: Desk) -> None:
    desk.invite("c")
    distributor = desk.open()
    for server in (desk.id("d"), desk.id("a"), "0" * 16):
        MemoryAgent(desk.broker, server).start()
    distributor.step(timeout=0)
    distributor.close()
    assert desk.store.rows("SELECT * FROM presence") == []


@pytest.mark.parametrize("how", ["enrolled anew", "another transport", "removed"])
def test_it_goes_with_what_it_was_about(
    how: str, invited: Desk, distributor: Distributor, agent: MemoryAgent
) -> None:
    distributor.step(timeout=0)
    if how == "enrolled anew":
        invited.invite("d", confirmed=True)
    elif how == "another transport":
        set_setting(invited.store, key="transport", value="folder:exchange", by=BY, at=AT)
    else:
        remove_server(invited.store, server=invited.id("d"), children_to=None, nodes_to=None, by=BY, at=AT)
    assert invited.store.rows("SELECT * FROM presence") == []
