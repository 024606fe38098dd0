"""The distributor's view in memory: who is still waited for, as lines change."""

from __future__ import annotations

from dataclasses import replace

from licensedesk.core.distribution.board import Board
from tests.core.distribution.desk import Desk


def test_who_is_behind_is_kept_up_with_the_lines(current: Desk) -> None:
    board, d = Board(current.example.site), current.id("d")
    assert board.behind == set()
    line = board.lines[d]
    board.put([replace(line, reported_state="stored")])
    assert board.behind == {d}
    # What is suspended is not waited for.
    board.put([replace(line, reported_state="stored", suspended=True)])
    assert board.behind == set()
    board.put([replace(line, unknown=True)])
    assert board.behind == {d}
    board.put([line])
    assert (board.behind, board.lines[d]) == (set(), line)
