"""The queue of what is sent: in which order, how much at once, and to whom not, or not yet."""

from __future__ import annotations

from datetime import timedelta

import pytest

from licensedesk.core.distribution.board import Board
from licensedesk.core.distribution.outbox import Outbox
from licensedesk.core.transports.memory import MemoryConsole
from licensedesk.core.types import ServerId
from tests.core.distribution.desk import MINUTE, Desk
from tests.core.distribution.test_plan import Even
from tests.core.example import AT, dump

SECOND = timedelta(seconds=1)
NOBODY = ServerId("f" * 16)


@pytest.fixture
def board(invited: Desk) -> Board:
    return Board(invited.example.site)


@pytest.fixture
def outbox(invited: Desk) -> Outbox:
    return Outbox(MemoryConsole(invited.broker), jitter=Even())


def publish(desk: Desk, outbox: Outbox, board: Board, *, most: int = 99, stopped: str = "") -> int:
    sources = {desk.id(name) for name in stopped}
    return outbox.publish(board, desk.signer, stopped=sources, most=most, at=AT)


def test_as_many_as_are_wanted_are_published_in_their_order(
    invited: Desk, outbox: Outbox, board: Board
) -> None:
    b, c, d, e = map(invited.id, "bcde")
    outbox.add([e, b, d])
    outbox.add([b, c])
    assert (len(outbox), outbox.queued) == (4, {b, c, d, e})
    assert publish(invited, outbox, board, most=3) == 3
    assert invited.messages() == "bde"
    assert (len(outbox), outbox.queued) == (1, {c})
    assert publish(invited, outbox, board, most=3) == 1
    assert publish(invited, outbox, board, most=3) == 0
    assert invited.messages() == "bcde"
    assert set(outbox.underway) == {b, c, d, e}


def test_an_empty_queue_writes_nothing(invited: Desk, outbox: Outbox, board: Board) -> None:
    before = dump(invited.store)
    publish(invited, outbox, board)
    assert dump(invited.store) == before


def test_who_is_stopped_or_gone_is_passed_over(invited: Desk, outbox: Outbox, board: Board) -> None:
    outbox.add([NOBODY, *map(invited.id, "bcde")])
    # b is of the range of a, which goes on; c and e are of that of c.
    assert publish(invited, outbox, board, stopped="cd") == 1
    assert invited.messages() == "b"
    assert len(outbox) == 0


def test_what_was_forgotten_can_be_queued_again(invited: Desk, outbox: Outbox, board: Board) -> None:
    outbox.add(map(invited.id, "bd"))
    assert outbox.clear() == 2
    assert publish(invited, outbox, board) == 0
    outbox.add(map(invited.id, "d"))
    assert publish(invited, outbox, board) == 1
    assert invited.messages() == "d"


def test_a_server_is_free_again_when_the_transport_has_lost_its_message(
    invited: Desk, outbox: Outbox, board: Board
) -> None:
    d = invited.id("d")
    assert outbox.free(d, at=AT)
    outbox.add([d])
    publish(invited, outbox, board)
    # The first message waits 2 ** (1 + 3) minutes for its answer.
    assert not outbox.free(d, at=AT + 16 * MINUTE - SECOND)
    assert outbox.free(d, at=AT + 16 * MINUTE)
    outbox.forget(d)
    assert outbox.free(d, at=AT)


def test_what_the_transport_refuses_is_put_off_longer_with_each_attempt(
    invited: Desk, outbox: Outbox, board: Board
) -> None:
    b, d = map(invited.id, "bd")
    outbox.add([d])
    publish(invited, outbox, board)
    outbox.put_off([(d, "too large"), (b, "too large")], at=AT)
    assert outbox.underway == {}
    # b was tried for the first time, d once before.
    for server, minutes in ((b, 1), (d, 2)):
        assert not outbox.free(server, at=AT + minutes * MINUTE - SECOND)
        assert outbox.free(server, at=AT + minutes * MINUTE)
    outbox.forget(d)
    assert outbox.free(d, at=AT)
