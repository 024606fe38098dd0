"""Actions on licenses: distribute, register, deregister, holding option."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from licensedesk.core.changes import Changes
from licensedesk.core.types import Option, ServerId
from licensedesk.ui.figures import number
from licensedesk.ui.operations.base import Done, Failed, change, say
from licensedesk.ui.session import Session
from licensedesk.ui.task_runner import Task
from licensedesk.ui.vocabulary import counted

if TYPE_CHECKING:
    from licensedesk.core.licenses import FileResult


def distribute_licenses(
    session: Session,
    *,
    product: str,
    quantities: Mapping[ServerId, int],
    seen: Mapping[ServerId, int],
    owner: QObject,
    done: Done,
    failed: Failed,
) -> Task[Changes]:
    """The administrator saw before and after of every range in the dialog: it is confirmed.

    `seen` is what the relays had on the screen; another console's change of it is not overwritten.
    """

    def work() -> Changes:
        from licensedesk.core.allocations import allocate

        return allocate(
            session.site.store,
            product=product,
            quantities=quantities,
            by=session.actor,
            at=session.now(),
            seen=seen,
            confirmed=True,
        )

    sentence = say("Licenses of {0} were distributed.").format(product)
    return change(session, work, sentence=sentence, owner=owner, done=done, failed=failed)


def register_files(
    session: Session,
    *,
    files: Collection[Path],
    server: ServerId,
    owner: QObject,
    done: Callable[[list[FileResult]], object],
    failed: Failed,
) -> Task[Any]:
    """Register license key files: one result a file; the good ones are registered."""

    def work(_task: Task[Any]) -> list[FileResult]:
        from licensedesk.core.issuers import trusted_issuers
        from licensedesk.core.licenses import register_files as register

        store = session.site.store
        return register(
            store,
            files,
            server=server,
            trusted=trusted_issuers(store),
            by=session.actor,
            at=session.now(),
        )

    def succeeded(results: list[FileResult]) -> None:
        count = sum(result.status == "registered" for result in results)
        if count:
            one, several = say("Registered: {1} of {0} file."), say("Registered: {1} of {0} files.")
            said = counted(len(results), number(count), one=one, several=several)
            session.took(Changes(licenses=True, events=True), said)
        done(results)

    return session.act(work, owner=owner, done=succeeded, failed=failed)


def deregister(
    session: Session, *, issuer: str, serial: str, owner: QObject, done: Done, failed: Failed
) -> Task[Changes]:
    def work() -> Changes:
        from licensedesk.core.licenses import deregister as act

        return act(
            session.site.store,
            issuer=issuer,
            serial=serial,
            by=session.actor,
            at=session.now(),
            confirmed=True,
        )

    sentence = say("License {0} was deregistered.").format(serial)
    return change(session, work, sentence=sentence, owner=owner, done=done, failed=failed)


def set_option(
    session: Session,
    *,
    server: ServerId,
    host_name: str,
    option: Option,
    quantities: Mapping[str, int],
    owner: QObject,
    done: Done,
    failed: Failed,
) -> Task[Changes]:
    def work() -> Changes:
        from licensedesk.core.options import set_option as act

        return act(
            session.site.store,
            server=server,
            option=option,
            quantities=quantities,
            by=session.actor,
            at=session.now(),
            confirmed=True,
        )

    sentence = say("The license holding option of {0} was set.").format(host_name)
    return change(session, work, sentence=sentence, owner=owner, done=done, failed=failed)
