"""One batch of arrivals: what the transport took, what a report answers, and who is gone meanwhile."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from licensedesk.core.allocations import allocate
from licensedesk.core.distribution.board import Board
from licensedesk.core.distribution.distributor import Distributor
from licensedesk.core.distribution.inbox import Batch, take
from licensedesk.core.distribution.ledger import State
from licensedesk.core.distribution.ledger_store import Sent
from licensedesk.core.documents.messages import Holding
from licensedesk.core.removal import remove_server
from licensedesk.core.transports.base import Arrivals
from licensedesk.core.types import ServerId
from tests.core.distribution.desk import MINUTE, Desk
from tests.core.example import AT, BY, PRODUCT, dump


@pytest.fixture
def board(invited: Desk) -> Board:
    return Board(invited.example.site)


def published(desk: Desk, board: Board) -> dict[ServerId, Sent]:
    """A message m-1 is on its way to d."""
    server = desk.id("d")
    line = board.lines[server]
    assert line.desired_digest
    assert line.desired_version
    return {
        server: Sent(
            server=server,
            digest=line.desired_digest,
            version=line.desired_version,
            message="m-1",
            at=AT,
            expires_at=AT + timedelta(days=90),
            attempts=1,
            retry_at=AT + MINUTE,
        )
    }


def arrived(board: Board, arrivals: Arrivals, underway: dict[ServerId, Sent]) -> Batch:
    return take(board, arrivals, underway, jitter=random.Random(1), at=AT)  # noqa: S311 - the same each time


def test_what_is_answered_was_taken_whatever_the_transport_says(invited: Desk, board: Board) -> None:
    underway, server = published(invited, board), invited.id("d")
    older = invited.agents["d"].report(None, message_id="m-0")
    arrived(board, Arrivals(reports=((server, older),)), underway)
    assert board.lines[server].sent_message is None
    answer = invited.agents["d"].report(None, message_id="m-1")
    arrived(board, Arrivals(reports=((server, answer),)), underway)
    assert (board.lines[server].sent_message, board.lines[server].answered) == ("m-1", True)
    assert invited.line("d") == board.lines[server]
    assert underway == {}


def test_the_board_says_of_a_line_what_the_ledger_says(current: Desk) -> None:
    """Who is sent what is decided from the board; the ledger is what the next console reads."""
    server, agent = current.id("d"), current.agents["d"]
    old = current.line("d")
    allocate(current.store, product=PRODUCT, quantities={server: 11}, by=BY, at=AT)
    board, later = Board(current.example.site), current.now + MINUTE
    still = agent.report(None, sha256=old.desired_digest, version=old.desired_version, state=Holding.APPLIED)
    for arrivals in (Arrivals(reports=((server, still),)), Arrivals(presence=((server, True),))):
        take(board, arrivals, {}, jitter=random.Random(1), at=later)  # noqa: S311 - the same each time
        assert board.lines[server] == current.line("d")
    line = board.lines[server]
    assert (line.held_version, line.enrolled_at) == (old.desired_version, old.enrolled_at)
    assert (line.reported_at, line.online_at) == (later, later)


def test_what_a_transport_took_that_was_not_on_its_way_is_nothing(invited: Desk, board: Board) -> None:
    before = dump(invited.store)
    assert not arrived(board, Arrivals(sent=(invited.id("d"), "f" * 16)), {})
    assert dump(invited.store) == before


def test_a_message_to_a_server_that_is_gone_by_now_leaves_nothing(invited: Desk, board: Board) -> None:
    underway, server = published(invited, board), invited.id("d")
    remove_server(invited.store, server=server, children_to=None, nodes_to=None, by=BY, at=AT)
    arrived(board, Arrivals(sent=(server,)), underway)
    assert underway == {}
    assert server not in board.lines
    assert invited.store.value("SELECT count(*) FROM ledger") == 0


def test_what_else_is_found_of_a_server_that_is_not_believed_is_told(
    current: Desk, distributor: Distributor
) -> None:
    server = current.id("d")
    for changed, code in (({"counter": 0}, "counter-went-back"), ({"version": 9999}, "implausible-version")):
        current.broker.report(server, current.agents["d"].report(None, **changed))
        distributor.step(timeout=0)
        assert (current.state("d"), current.line("d").refused_code) == (State.UNKNOWN, code)
