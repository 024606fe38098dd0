"""Actions on servers: add, move, rename, remove, suspend, enrol."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject

from licensedesk.core.changes import Changes
from licensedesk.core.types import Role, ServerId
from licensedesk.ui.operations.base import Done, Failed, change, say
from licensedesk.ui.session import Session
from licensedesk.ui.task_runner import Task


def add_server(
    session: Session,
    *,
    host_name: str,
    under: ServerId,
    role: Role,
    owner: QObject,
    done: Done,
    failed: Failed,
) -> Task[Changes]:
    def work() -> Changes:
        from licensedesk.core.servers import add_server as act

        return act(
            session.site.store,
            host_name=host_name,
            under=under,
            role=role,
            by=session.actor,
            at=session.now(),
        ).changes

    sentence = say("{0} was added.").format(host_name)
    return change(session, work, sentence=sentence, owner=owner, done=done, failed=failed)


def move_server(
    session: Session,
    *,
    server: ServerId,
    host_name: str,
    under: ServerId,
    owner: QObject,
    done: Done,
    failed: Failed,
) -> Task[Changes]:
    def work() -> Changes:
        from licensedesk.core.servers import move_server as act

        return act(
            session.site.store,
            server=server,
            under=under,
            by=session.actor,
            at=session.now(),
            confirmed=True,
        )

    sentence = say("{0} was moved.").format(host_name)
    return change(session, work, sentence=sentence, owner=owner, done=done, failed=failed)


def rename_server(
    session: Session,
    *,
    server: ServerId,
    host_name: str,
    was: str,
    owner: QObject,
    done: Done,
    failed: Failed,
) -> Task[Changes]:
    """`was` is the name that was shown: where it has another by now, it is refused."""

    def work() -> Changes:
        from licensedesk.core.servers import rename_server as act

        return act(
            session.site.store,
            server=server,
            host_name=host_name,
            was=was,
            by=session.actor,
            at=session.now(),
        )

    sentence = say("The server is now called {0}.").format(host_name)
    return change(session, work, sentence=sentence, owner=owner, done=done, failed=failed)


def remove_server(
    session: Session,
    *,
    server: ServerId,
    host_name: str,
    children_to: ServerId | None,
    nodes_to: ServerId | None,
    owner: QObject,
    done: Done,
    failed: Failed,
) -> Task[Changes]:
    def work() -> Changes:
        from licensedesk.core.removal import remove_server as act

        return act(
            session.site.store,
            server=server,
            children_to=children_to,
            nodes_to=nodes_to,
            by=session.actor,
            at=session.now(),
            confirmed=True,
        )

    sentence = say("{0} was removed.").format(host_name)
    return change(session, work, sentence=sentence, owner=owner, done=done, failed=failed)


def suspend_server(
    session: Session,
    *,
    server: ServerId,
    host_name: str,
    suspended: bool,
    owner: QObject,
    done: Done | None = None,
    failed: Failed | None = None,
) -> Task[Changes]:
    def work() -> Changes:
        from licensedesk.core.servers import suspend_server as act

        return act(session.site.store, server=server, suspended=suspended, by=session.actor, at=session.now())

    pattern = say("{0} is suspended.") if suspended else say("{0} is resumed.")
    sentence = pattern.format(host_name)
    return change(session, work, sentence=sentence, owner=owner, done=done, failed=failed)


def enrol_agent(
    session: Session,
    *,
    server: ServerId,
    host_name: str,
    file: Path,
    again: bool,
    owner: QObject,
    done: Callable[[Path], object],
    failed: Failed,
) -> Task[Any]:
    """Invite a server's agent and save its enrolment file, both or neither.

    `again`: it was said that the server was invited before, and that a new file voids its key.
    """
    signer = session.signer
    if signer is None:
        raise RuntimeError("the key is asked for before the dialog acts")

    def work(_task: Task[Any]) -> Path:
        from licensedesk.core.distribution.enrolment import invite_to_file

        invite_to_file(
            session.site,
            file,
            server=server,
            signer=signer,
            by=session.actor,
            at=session.now(),
            confirmed=again,
        )
        return file

    def succeeded(saved: Path) -> None:
        session.took(
            Changes(servers=True, ledger=True), say("The enrolment file of {0} was saved.").format(host_name)
        )
        done(saved)

    return session.act(work, owner=owner, done=succeeded, failed=failed)
