"""Whom the site trusts: add an issuer or further products, remove one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject

from licensedesk.core.changes import Changes
from licensedesk.ui.operations.base import Done, Failed, change, say
from licensedesk.ui.session import Session
from licensedesk.ui.task_runner import Task

_KEY_LIMIT = 65536


def add_issuer(
    session: Session,
    *,
    name: str,
    key_file: Path,
    products: Sequence[str],
    owner: QObject,
    done: Done,
    failed: Failed,
) -> Task[Changes]:
    """Trust the issuer whose public key is in a file."""

    def work() -> Changes:
        from licensedesk.core.files import read_bounded
        from licensedesk.core.issuers import add_issuer as act
        from licensedesk.core.trust import PublicKey

        key = PublicKey.from_pem(read_bounded(key_file, limit=_KEY_LIMIT), file=key_file.name)
        return act(
            session.site.store,
            name=name,
            key=key,
            products=products,
            by=session.actor,
            at=session.now(),
        )

    sentence = say("{0} is trusted.").format(name)
    return change(session, work, sentence=sentence, owner=owner, done=done, failed=failed)


def remove_issuer(
    session: Session, *, name: str, owner: QObject, done: Done, failed: Failed
) -> Task[Changes]:
    def work() -> Changes:
        from licensedesk.core.issuers import remove_issuer as act

        return act(session.site.store, name=name, by=session.actor, at=session.now())

    sentence = say("{0} is no longer trusted.").format(name)
    return change(session, work, sentence=sentence, owner=owner, done=done, failed=failed)
