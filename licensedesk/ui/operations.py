"""One function per action of the user: run the core's function on the writer thread, then tell every view.

Each takes what the dialog returned; `done` is called after the last thing that can fail, `failed` with
the refusal, and nothing was changed then. What a sentence says afterwards stands here, in one place.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QObject

from licensedesk.core.changes import Changes
from licensedesk.core.errors import LicenseDeskError
from licensedesk.core.types import Option, Role, ServerId
from licensedesk.ui.figures import number
from licensedesk.ui.session import Session
from licensedesk.ui.task_runner import Task

if TYPE_CHECKING:
    from licensedesk.core.licenses import FileResult
    from licensedesk.core.trust import Signer

Done = Callable[[Changes], object]
Failed = Callable[[LicenseDeskError], object]


def _tr(text: str) -> str:
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


# -- licenses ----------------------------------------------------------------------------------------


def distribute_licenses(
    session: Session,
    *,
    product: str,
    quantities: Mapping[ServerId, int],
    owner: QObject,
    done: Done,
    failed: Failed,
) -> Task[Changes]:
    """The administrator saw before and after of every range in the dialog: it is confirmed."""

    def work() -> Changes:
        from licensedesk.core.allocations import allocate

        return allocate(
            session.site.store,
            product=product,
            quantities=quantities,
            by=session.actor,
            at=session.now(),
            confirmed=True,
        )

    sentence = _tr("Licenses of {0} were distributed.").format(product)
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
            said = _tr("Registered: {0} of {1} files.").format(number(count), number(len(results)))
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

    sentence = _tr("License {0} was deregistered.").format(serial)
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

    sentence = _tr("The license holding option of {0} was set.").format(host_name)
    return change(session, work, sentence=sentence, owner=owner, done=done, failed=failed)


# -- servers -----------------------------------------------------------------------------------------


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

    sentence = _tr("{0} was added.").format(host_name)
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

    sentence = _tr("{0} was moved.").format(host_name)
    return change(session, work, sentence=sentence, owner=owner, done=done, failed=failed)


def rename_server(
    session: Session, *, server: ServerId, host_name: str, owner: QObject, done: Done, failed: Failed
) -> Task[Changes]:
    def work() -> Changes:
        from licensedesk.core.servers import rename_server as act

        return act(session.site.store, server=server, host_name=host_name, by=session.actor, at=session.now())

    sentence = _tr("The server is now called {0}.").format(host_name)
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

    sentence = _tr("{0} was removed.").format(host_name)
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

    pattern = _tr("{0} is suspended.") if suspended else _tr("{0} is resumed.")
    sentence = pattern.format(host_name)
    return change(session, work, sentence=sentence, owner=owner, done=done, failed=failed)


# -- settings ----------------------------------------------------------------------------------------


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

    sentence = _tr("The setting was saved.")
    return change(session, work, sentence=sentence, owner=owner, done=done, failed=failed)


# -- events ------------------------------------------------------------------------------------------


def check_alerts(session: Session, *, verify_audit: bool, owner: QObject) -> Task[int]:
    """Fire and end events by what holds now; views of events read again where there were any."""

    def work(_task: Task[int]) -> int:
        from licensedesk.core.alert_rules import check

        return check(session.site.store, at=session.now(), verify_audit=verify_audit)

    def succeeded(count: int) -> None:
        if count:
            session.took(Changes(events=True))

    return session.act(work, owner=owner, done=succeeded)


# -- the site's key ----------------------------------------------------------------------------------


def unlock(
    session: Session,
    *,
    passphrase: str,
    keep: bool,
    owner: QObject,
    done: Callable[[bool], object],
    failed: Failed,
) -> Task[Any]:
    """Open the site's key for this session; with `keep`, leave the passphrase to the system's key store.

    `done` is told whether it was kept as wished: not every system has a key store.
    """

    def work(_task: Task[Any]) -> tuple[Signer, bool]:
        from licensedesk.core.site_key import forget_passphrase, keep_passphrase
        from licensedesk.core.site_key import unlock as open_key

        signer = open_key(session.site, passphrase.encode())
        if keep:
            return signer, keep_passphrase(session.site, passphrase.encode())
        forget_passphrase(session.site)
        return signer, True

    def succeeded(outcome: tuple[Signer, bool]) -> None:
        signer, as_wished = outcome
        session.unlock(signer)
        done(as_wished)

    return session.act(work, owner=owner, done=succeeded, failed=failed)


def unlock_silently(session: Session, *, owner: QObject, done: Callable[[bool], object]) -> Task[Any]:
    """Open the key with a passphrase from LICENSEDESK_PASSPHRASE_FILE or the key store, if there is one.

    `done` is told whether the key is open; nothing is asked, and a passphrase that no longer fits is not
    a fault: it will be asked for.
    """

    def work(_task: Task[Any]) -> Signer | None:
        from licensedesk.core.site_key import known_passphrase
        from licensedesk.core.site_key import unlock as open_key

        passphrase = known_passphrase(session.site)
        try:
            return None if passphrase is None else open_key(session.site, passphrase)
        except LicenseDeskError:
            return None

    def succeeded(signer: Signer | None) -> None:
        if signer is not None:
            session.unlock(signer)
        done(signer is not None)

    return session.act(work, owner=owner, done=succeeded)


def enrol_agent(
    session: Session,
    *,
    server: ServerId,
    host_name: str,
    file: Path,
    owner: QObject,
    done: Callable[[Path], object],
    failed: Failed,
) -> Task[Any]:
    """Invite a server's agent and save its enrolment file; the dialog has asked where one was before."""
    signer = session.signer
    if signer is None:
        raise RuntimeError("the key is asked for before the dialog acts")

    def work(_task: Task[Any]) -> Path:
        from licensedesk.core.distribution.enrolment import invite
        from licensedesk.core.files import write_atomic

        content = invite(
            session.site, server=server, signer=signer, by=session.actor, at=session.now(), confirmed=True
        )
        write_atomic(file, content)
        return file

    def succeeded(saved: Path) -> None:
        session.took(
            Changes(servers=True, ledger=True), _tr("The enrolment file of {0} was saved.").format(host_name)
        )
        done(saved)

    return session.act(work, owner=owner, done=succeeded, failed=failed)
