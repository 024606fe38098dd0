"""The site as a whole: create, back up, restore."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shiboken6
from PySide6.QtCore import QObject

from licensedesk.core.changes import Changes
from licensedesk.core.errors import LicenseDeskError
from licensedesk.ui.operations.base import Done, Failed, change, say
from licensedesk.ui.session import Session
from licensedesk.ui.task_runner import Task

if TYPE_CHECKING:
    from licensedesk.core.site import NewSite


def create_site(
    session: Session,
    *,
    new: NewSite,
    passphrase: str,
    owner: QObject,
    done: Callable[[], object],
    failed: Failed,
) -> Task[Any]:
    """Make the site in the session's folder; the session is then opened by who asked."""

    def work(_task: Task[Any]) -> None:
        from licensedesk.core.site import create_site as act

        site = act(session.folder, new, passphrase=passphrase.encode(), by=session.actor, at=session.now())
        site.close()

    return session.act(work, owner=owner, done=lambda _nothing: done(), failed=failed)


def create_sample(
    session: Session, *, owner: QObject, done: Callable[[], object], failed: Failed
) -> Task[Any]:
    """Make the sample site in the session's folder."""

    def work(_task: Task[Any]) -> None:
        from licensedesk.core.sample import build_sample

        build_sample(session.folder, by=session.actor, at=session.now()).close()

    return session.act(work, owner=owner, done=lambda _nothing: done(), failed=failed)


def back_up(
    session: Session,
    *,
    file: Path,
    with_key: bool,
    owner: QObject,
    done: Callable[[Path], object],
    failed: Failed,
) -> Task[Any]:
    def work(_task: Task[Any]) -> Path:
        from licensedesk.core.backup import back_up as act

        saved, _warnings = act(session.site, file, with_key=with_key, by=session.actor, at=session.now())
        return saved

    def succeeded(saved: Path) -> None:
        session.took(Changes(), say("The site was backed up to {0}.").format(saved.name))
        done(saved)

    return session.act(work, owner=owner, done=succeeded, failed=failed)


def renumber(session: Session, *, owner: QObject, done: Done, failed: Failed) -> Task[Changes]:
    """Number above every message that the servers may hold; all documents are issued anew."""

    def work() -> Changes:
        from licensedesk.core.backup import renumber as act

        version = act(session.site.store, by=session.actor, at=session.now())
        return Changes(servers=True, ledger=True, settings=True, version=version)

    sentence = say("The site was renumbered; distribute License.xml now.")
    return change(session, work, sentence=sentence, owner=owner, done=done, failed=failed)


def restore(
    session: Session, *, file: Path, owner: QObject, done: Callable[[], object], failed: Failed
) -> Task[Any]:
    """Put a backup in the place of the site, open or too damaged to be; then open it, and read all again.

    Neither the courier nor any thread keeps a connection to what was replaced.
    """
    courier = session.release()
    before = session.site if session.is_open else None

    def work(_task: Task[Any]) -> None:
        from licensedesk.core.backup import restore as act

        if courier is not None:
            # It must not write into the state that is replaced.
            courier.join()
        try:
            act(session.folder, file, by=session.actor, at=session.now()).close()
        finally:
            if before is not None:
                before.close()

    def succeeded(_nothing: None) -> None:
        # The key may be encrypted with another passphrase now.
        session.lock()
        session.reopen()
        session.said.emit(say("The site was restored from {0}.").format(file.name))
        if shiboken6.isValid(owner):
            done()

    def refused(error: LicenseDeskError) -> None:
        as_before()
        if shiboken6.isValid(owner):
            failed(error)
        else:
            session.refused.emit(error)

    def as_before() -> None:
        if before is not None:
            session.reopen()

    # The session owns it: the site is opened again also where the dialog is gone by then.
    return session.act(work, owner=session, done=succeeded, failed=refused, stopped=as_before)
