"""Settings of the site."""

from __future__ import annotations

from PySide6.QtCore import QObject

from licensedesk.core.changes import Changes
from licensedesk.ui.operations.base import Done, Failed, change, say
from licensedesk.ui.session import Session
from licensedesk.ui.task_runner import Task


def set_setting(
    session: Session,
    *,
    key: str,
    value: str,
    owner: QObject,
    done: Done | None = None,
    failed: Failed | None = None,
) -> Task[Changes]:
    def work() -> Changes:
        from licensedesk.core.settings import set_setting as act

        return act(session.site.store, key=key, value=value, by=session.actor, at=session.now())

    sentence = say("The setting was saved.")
    return change(session, work, sentence=sentence, owner=owner, done=done, failed=failed)
