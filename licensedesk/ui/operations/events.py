"""Events: look for them, acknowledge them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from licensedesk.core.changes import Changes
from licensedesk.ui.session import Session
from licensedesk.ui.task_runner import Task

if TYPE_CHECKING:
    pass


def check_alerts(session: Session, *, verify_audit: bool, owner: QObject) -> Task[int]:
    """Fire and end events by what holds now; views of events read again where there were any."""

    def work(_task: Task[int]) -> int:
        from licensedesk.core.alert_rules import check

        return check(session.site.store, at=session.now(), verify_audit=verify_audit)

    def succeeded(count: int) -> None:
        if count:
            session.took(Changes(events=True))

    return session.act(work, owner=owner, done=succeeded)
