"""What every operation does: run the core's function on the writer thread, then tell every view.

`done` is called after the last thing that can fail, `failed` with the refusal, and nothing was changed then.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QObject

from licensedesk.core.changes import Changes
from licensedesk.core.errors import LicenseDeskError
from licensedesk.ui.session import Session
from licensedesk.ui.task_runner import Task

Done = Callable[[Changes], object]
Failed = Callable[[LicenseDeskError], object]


def say(text: str) -> str:
    """A sentence of an operation, in the words of the window's language."""
    return QCoreApplication.translate("Operations", text)


def change(
    session: Session,
    work: Callable[[], Changes],
    *,
    sentence: str,
    owner: QObject,
    done: Done | None = None,
    failed: Failed | None = None,
) -> Task[Changes]:
    """Run one action that returns its Changes; the sentence is said when it has succeeded."""

    def succeeded(changes: Changes) -> None:
        session.took(changes, sentence)
        if done is not None:
            done(changes)

    return session.act(lambda _task: work(), owner=owner, done=succeeded, failed=failed)
