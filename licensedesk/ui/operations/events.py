"""Events and the audit log: look for events, acknowledge them, export the log."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from licensedesk.core.changes import Changes
from licensedesk.ui.figures import number
from licensedesk.ui.operations.base import Failed, say
from licensedesk.ui.session import Session
from licensedesk.ui.task_runner import Progress, Task
from licensedesk.ui.vocabulary import counted

if TYPE_CHECKING:
    from licensedesk.core.audit import Verdict
    from licensedesk.core.audit_list import AuditFilter


def check_alerts(session: Session, *, audited: Verdict | None = None, owner: QObject) -> Task[int]:
    """Fire and end events by what holds now; views of events read again where there were any.

    `audited` is what a walk of the audit chain has just found, if it was walked.
    """

    def work(_task: Task[int]) -> int:
        from licensedesk.core.alert_rules import check

        return check(session.site.store, at=session.now(), audited=audited)

    def succeeded(count: int) -> None:
        if count:
            session.took(Changes(events=True))

    return session.act(work, owner=owner, done=succeeded)


def acknowledge(session: Session, *, events: Collection[int], owner: QObject, failed: Failed) -> Task[int]:
    """Mark events as seen by this administrator."""

    def work(_task: Task[int]) -> int:
        from licensedesk.core.event_list import acknowledge_all

        return acknowledge_all(session.site.store, events, by=session.actor, at=session.now())

    def succeeded(count: int) -> None:
        session.took(Changes(events=True), say("Acknowledged: {0}.").format(number(count)))

    return session.act(work, owner=owner, done=succeeded, failed=failed)


def export_audit(
    session: Session,
    *,
    chosen: AuditFilter,
    file: Path,
    owner: QObject,
    done: Callable[[], object],
    failed: Failed,
    progress: Callable[[Progress], object],
) -> Task[Any]:
    """What is filtered, as CSV."""

    def work(task: Task[Any]) -> int:
        from licensedesk.core.audit_list import export_entries

        return export_entries(session.site.store, chosen, file, progress=task.report)

    def succeeded(count: int) -> None:
        one, several = say("{0} entry was exported to {1}."), say("{0} entries were exported to {1}.")
        session.said.emit(counted(count, file.name, one=one, several=several))
        done()

    return session.act(work, owner=owner, done=succeeded, failed=failed, progress=progress, stopped=done)
