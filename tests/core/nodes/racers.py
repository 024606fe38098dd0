"""Processes that live through all rounds of a race, and start each at the same moment."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path

from licensedesk.core.allocations import allocate
from licensedesk.core.errors import RefusedError
from licensedesk.core.nodes.judging import Act
from licensedesk.core.nodes.states import change_nodes
from licensedesk.core.site import open_site
from licensedesk.core.store.database import Store
from licensedesk.core.types import NodeId, ServerId
from tests.core.example import AT, BY, PRODUCT

Attempt = Callable[[Store, int], object]
WAIT_SECONDS = 60


@contextmanager
def racers(folder: Path, attempts: Sequence[Attempt], *, tries: int) -> Iterator[Callable[[], list[int]]]:
    """A process for each attempt; what is yielded runs one round, and gives how many tries of each went."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(len(attempts))
    pipes = [context.Pipe() for _ in attempts]
    processes = [
        context.Process(target=_race, args=(folder, attempt, tries, barrier, theirs), daemon=True)
        for attempt, (_, theirs) in zip(attempts, pipes, strict=True)
    ]

    def round_of_all() -> list[int]:
        for ours, _ in pipes:
            ours.send("go")
        answers = []
        for ours, _ in pipes:
            assert ours.poll(WAIT_SECONDS), "a racer does not answer"
            answers.append(ours.recv())
        return answers

    for process in processes:
        process.start()
    try:
        yield round_of_all
    finally:
        for ours, _ in pipes:
            ours.send("end")
        for process in processes:
            process.join(WAIT_SECONDS)
            assert process.exitcode == 0


def _race(folder: Path, attempt: Attempt, tries: int, barrier: Barrier, pipe: Connection) -> None:
    site = open_site(folder)
    while pipe.recv() == "go":
        barrier.wait(WAIT_SECONDS)
        pipe.send(sum(_goes(site.store, attempt, number) for number in range(tries)))
    site.close()


def _goes(store: Store, attempt: Attempt, number: int) -> bool:
    try:
        attempt(store, number)
    except RefusedError as refusal:
        if refusal.code not in {"no-license-remaining", "exceeds-undistributed"}:
            raise
        return False
    return True


def manage_one(nodes: list[NodeId], store: Store, number: int) -> None:
    change_nodes(store, [nodes[number]], act=Act.MANAGE, by=BY, at=AT)


def allocate_one(relay: ServerId, store: Store, number: int) -> None:
    """Set the relay one higher than it has: nobody else sets it."""
    sql = "SELECT quantity FROM allocation WHERE server_id = ?"
    quantity: int = store.value(sql, (relay,))
    allocate(store, product=PRODUCT, quantities={relay: quantity + 1}, by=BY, at=AT)
