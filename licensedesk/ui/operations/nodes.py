"""What is done to nodes: import, export, and every change of their state, one or a million."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from licensedesk.core.types import ServerId
from licensedesk.ui.figures import number
from licensedesk.ui.node_words import done_sentence, nodes
from licensedesk.ui.operations.base import Failed, say
from licensedesk.ui.session import Session
from licensedesk.ui.task_runner import Progress, Task
from licensedesk.ui.vocabulary import counted

if TYPE_CHECKING:
    from licensedesk.core.exchange.source import Reading
    from licensedesk.core.nodes.files import FileFault
    from licensedesk.core.nodes.filters import NodeFilter
    from licensedesk.core.nodes.intake import ImportResult
    from licensedesk.core.nodes.queries import Sort
    from licensedesk.core.nodes.states import Chosen, NodesChanged
    from licensedesk.core.nodes.work import Watch

_MB = 1_000_000


def _watched(task: Task[Any], *, total: int | None, text: str) -> Watch:
    from licensedesk.core.nodes.work import Watch

    return Watch(progress=lambda done: task.report(done, total, text), cancelled=lambda: task.cancelled)


def _reading(task: Task[Any], reading: Reading) -> Watch:
    """Of files whose number of rows is not known: how much of them is read tells how long it still takes."""
    from licensedesk.core.nodes.work import Watch

    def tell(rows: int) -> None:
        done, size = (math.ceil(bytes_of / _MB) for bytes_of in (reading.done, reading.size))
        task.report(done, size, counted(rows, one=say("MB, {0} row"), several=say("MB, {0} rows")))

    return Watch(progress=tell, cancelled=lambda: task.cancelled)


def change_nodes(
    session: Session,
    *,
    chosen: Callable[[], Chosen],
    act: str,
    product: str | None,
    as_many_as_fit: bool,
    sort: Callable[[], Sort],
    total: int,
    owner: QObject,
    done: Callable[[NodesChanged], object],
    failed: Failed,
    progress: Callable[[Progress], object],
    stopped: Callable[[], object],
) -> Task[NodesChanged]:
    """`act` is one of the core's; `chosen` and `sort` are made on the writer thread.

    Cancelled, it leaves all nodes as they were.
    """

    def work(task: Task[NodesChanged]) -> NodesChanged:
        from licensedesk.core.nodes.judging import Act
        from licensedesk.core.nodes.states import change_nodes as change

        return change(
            session.site.store,
            chosen(),
            act=Act(act),
            product=product,
            as_many_as_fit=as_many_as_fit,
            sort=sort(),
            by=session.actor,
            at=session.now(),
            watch=_watched(task, total=total, text=say("nodes")),
        )

    def succeeded(result: NodesChanged) -> None:
        session.took(result.changes, done_sentence(act, result.changed, result.left))
        done(result)

    return session.act(work, owner=owner, done=succeeded, failed=failed, progress=progress, stopped=stopped)


def import_nodes(
    session: Session,
    *,
    files: Sequence[Path],
    source: ServerId,
    product: str | None,
    manage: bool,
    as_reported: bool,
    dry_run: bool,
    total: int | None,
    owner: QObject,
    done: Callable[[ImportResult], object],
    failed: Failed,
    progress: Callable[[Progress], object],
    stopped: Callable[[], object],
) -> Task[ImportResult]:
    """All files in one transaction: cancelled or refused, nothing of any of them is stored.

    `total` is the number of rows, where a dry run has told it.
    """

    def work(task: Task[ImportResult]) -> ImportResult:
        from licensedesk.core.exchange.source import Reading
        from licensedesk.core.nodes.files import read_files
        from licensedesk.core.nodes.importing import import_devices

        reading = Reading(files)
        known = _watched(task, total=total, text=say("rows"))
        return import_devices(
            session.site.store,
            read_files(files, reading=reading),
            source=source,
            product=product,
            manage=manage,
            as_reported=as_reported,
            by=session.actor,
            at=session.now(),
            dry_run=dry_run,
            watch=_reading(task, reading) if total is None else known,
        )

    def succeeded(result: ImportResult) -> None:
        if not dry_run:
            pattern = say("Imported: {0} new, {1} updated, {2} unchanged, {3} managed, {4} refused.")
            figures = (result.new, result.updated, result.unchanged, result.managed, result.refused_count)
            session.took(result.changes, pattern.format(*map(number, figures)))
        done(result)

    return session.act(work, owner=owner, done=succeeded, failed=failed, progress=progress, stopped=stopped)


def check_files(
    session: Session,
    *,
    files: Sequence[Path],
    owner: QObject,
    done: Callable[[list[FileFault]], object],
    progress: Callable[[Progress], object],
    stopped: Callable[[], object],
) -> Task[list[FileFault]]:
    """Which of several files cannot be read, so that the others can be imported without them."""

    def work(task: Task[list[FileFault]]) -> list[FileFault]:
        from licensedesk.core.exchange.source import Reading
        from licensedesk.core.nodes.files import check_files as check

        reading = Reading(files)
        return check(files, reading=reading, watch=_reading(task, reading))

    return session.act(work, owner=owner, done=done, progress=progress, stopped=stopped)


def export_nodes(
    session: Session,
    *,
    file: Path,
    wanted: Callable[[], NodeFilter],
    sort: Callable[[], Sort],
    total: int | None,
    owner: QObject,
    done: Callable[[int], object],
    failed: Failed,
    progress: Callable[[Progress], object],
    stopped: Callable[[], object],
) -> Task[int]:
    """All nodes that match, as CSV; the file is whole, or as it was before."""

    def work(task: Task[int]) -> int:
        from licensedesk.core.nodes.exporting import export_matching

        return export_matching(
            session.site.store,
            file,
            wanted(),
            by=session.actor,
            sort=sort(),
            watch=_watched(task, total=total, text=say("nodes")),
        )

    def succeeded(count: int) -> None:
        session.said.emit(say("{0} written to {1}.").format(nodes(count), str(file)))
        done(count)

    return session.act(work, owner=owner, done=succeeded, failed=failed, progress=progress, stopped=stopped)
