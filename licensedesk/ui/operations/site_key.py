"""The site's signing key: open it for the session, and change its passphrase."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from licensedesk.core.errors import LicenseDeskError, SurroundingsError
from licensedesk.ui.operations.base import Failed, say
from licensedesk.ui.session import Session
from licensedesk.ui.task_runner import Task

if TYPE_CHECKING:
    from licensedesk.core.site import Site
    from licensedesk.core.trust import Signer


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
        from licensedesk.core.site_key import unlock as open_key

        signer = open_key(session.site, passphrase.encode())
        try:
            return signer, _kept(session.site, passphrase.encode(), keep=keep)
        except SurroundingsError:
            # A key store that does not answer is said below; the key is open all the same.
            return signer, not keep

    def succeeded(outcome: tuple[Signer, bool]) -> None:
        signer, as_wished = outcome
        session.unlock(signer)
        done(as_wished)

    return session.act(work, owner=owner, done=succeeded, failed=failed)


def _kept(site: Site, passphrase: bytes, *, keep: bool) -> bool:
    """Whether the key store holds what was wished for."""
    from licensedesk.core.site_key import forget_passphrase, keep_passphrase

    if keep:
        return keep_passphrase(site, passphrase)
    forget_passphrase(site)
    return True


def unlock_silently(session: Session, *, owner: QObject, done: Callable[[bool], object]) -> Task[Any]:
    """Open the key with a passphrase from LICENSEDESK_PASSPHRASE_FILE or the key store, if there is one.

    `done` is told whether the key is open; nothing is asked, and a passphrase that no longer fits is not
    a fault: it will be asked for.
    """

    def work(_task: Task[Any]) -> Signer | None:
        from licensedesk.core.site_key import known_passphrase
        from licensedesk.core.site_key import unlock as open_key

        try:
            passphrase = known_passphrase(session.site, given=session.passphrase_file)
            return None if passphrase is None else open_key(session.site, passphrase)
        except LicenseDeskError:
            return None

    def succeeded(signer: Signer | None) -> None:
        if signer is not None:
            session.unlock(signer)
        done(session.signer is not None)

    return session.act(work, owner=owner, done=succeeded)


def read_sample_passphrase(
    session: Session, *, owner: QObject, done: Callable[[str | None], object]
) -> Task[Any]:
    """What a newcomer cannot know: the sample site came without being asked for a passphrase."""

    def read(_store: object) -> str | None:
        from licensedesk.core.sample import sample_passphrase

        return sample_passphrase(session.folder)

    return session.read(read, owner=owner, done=done)


def change_passphrase(
    session: Session,
    *,
    old: str,
    new: str,
    owner: QObject,
    done: Callable[[], object],
    failed: Failed,
) -> Task[Any]:
    """Encrypt the key with another passphrase; one kept in the key store is replaced there, too."""

    def work(_task: Task[Any]) -> None:
        from licensedesk.core.site_key import change_passphrase as act
        from licensedesk.core.site_key import keep_passphrase, kept_passphrase

        act(session.site, old=old.encode(), new=new.encode())
        try:
            if kept_passphrase(session.site) is not None:
                keep_passphrase(session.site, new.encode())
        except SurroundingsError:
            # The old one that may be kept no longer fits: it will be asked for.
            return

    def succeeded(_nothing: None) -> None:
        session.said.emit(say("The passphrase was changed."))
        done()

    return session.act(work, owner=owner, done=succeeded, failed=failed)
