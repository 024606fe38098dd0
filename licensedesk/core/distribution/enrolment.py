"""Inviting a server's agent: the signed enrolment file with its one-time token.

Source: 3-protocol.md, The agent (Enrolment). The token is void once a key was pinned by it.
"""

from __future__ import annotations

import contextlib
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from licensedesk.core import audit
from licensedesk.core.distribution.connection import agent_settings, new_broker_password
from licensedesk.core.distribution.ledger_store import forget_line
from licensedesk.core.documents.enrolment import ENROLMENT_TYPE, Enrolment
from licensedesk.core.errors import RefusedError, SurroundingsError
from licensedesk.core.files import is_there, read_bounded, write_atomic
from licensedesk.core.scope import require_primary
from licensedesk.core.site import site_version
from licensedesk.core.store.facts import read_tree
from licensedesk.core.types import Actor, Role, ServerId, stamp

if TYPE_CHECKING:
    from licensedesk.core.site import Site
    from licensedesk.core.trust import Signer

TOKEN_LIFE = timedelta(days=14)
_LIMIT = 1 << 20
"""Bytes of a file that may be overwritten: one of before is far smaller."""


def invite_to_file(
    site: Site,
    file: Path,
    *,
    server: ServerId,
    signer: Signer,
    by: Actor,
    at: datetime,
    confirmed: bool = False,
) -> None:
    """Invite the agent of a server and write its enrolment file (mode 0600), both or neither: a file that
    cannot be written leaves the agent's key and token as they were.

    Raises as `invite`, SurroundingsError `disk-full`, `unwritable`, and LicenseFileError `too-large` where a
    file is there that can be no enrolment file.
    """
    before = read_bounded(file, limit=_LIMIT) if is_there(file) and file.is_file() else None
    wrote = False
    try:
        with site.store.writing():
            content = invite(site, server=server, signer=signer, by=by, at=at, confirmed=confirmed)
            wrote = True
            write_atomic(file, content)
    except BaseException:
        # The database may have no room though the file had.
        if wrote:
            _put_back(file, before)
        raise


def _put_back(file: Path, before: bytes | None) -> None:
    """As far as the disk lets it: what stood in the way is told anyhow."""
    with contextlib.suppress(OSError, SurroundingsError):
        if before is None:
            file.unlink(missing_ok=True)
        else:
            write_atomic(file, before)


def invite(
    site: Site, *, server: ServerId, signer: Signer, by: Actor, at: datetime, confirmed: bool = False
) -> bytes:
    """Invite the agent of a server, anew if need be; the bytes of its enrolment file.

    Raises RefusedError: `unknown-server`, `is-primary`, `out-of-scope`, `no-broker-ca`, `needs-yes` where it
    is enrolled or invited already (a new file voids the old key and token) and `confirmed` is false.
    """
    store = site.store
    with store.writing():
        tree = read_tree(store)
        fact = tree.get(server)
        require_primary(tree, by, subject=fact.host_name)
        if fact.role == Role.PRIMARY:
            raise RefusedError("is-primary", server=fact.host_name)
        password, password_hash = new_broker_password()
        transport = agent_settings(site, server=server, password=password)
        had = store.rows("SELECT key_id FROM enrolment WHERE server_id = ?", (server,))
        if had and not confirmed:
            raise RefusedError("needs-yes", server=fact.host_name)
        token, expires_at = secrets.token_urlsafe(32), at + TOKEN_LIFE
        if had:
            # What lies on the transport is for and from the agent that is void now.
            store.run(
                "INSERT INTO clearance (server, removed_at) VALUES (?, ?) ON CONFLICT DO NOTHING",
                (server, stamp(at)),
            )
        store.run("DELETE FROM enrolment WHERE server_id = ?", (server,))
        forget_line(store, server)
        store.run(
            "INSERT INTO enrolment (server_id, token, token_expires_at, broker_password_hash, invited_at,"
            " counter) VALUES (?, ?, ?, ?, ?, 0)",
            (server, token, stamp(expires_at), password_hash, stamp(at)),
        )
        audit.append(
            store,
            by=by,
            at=at,
            action="enrol",
            subject=fact.host_name,
            before={"key_id": had[0][0] if had else None},
            after={"token_until": stamp(expires_at)},
        )
        enrolment = Enrolment(
            deployment=site.deployment,
            server_id=server,
            host_name=fact.host_name,
            trusted_keys=(signer.key.pem,),
            transport=transport,
            version_floor=site_version(store),
            token=token,
            issued_at=stamp(at),
            expires_at=stamp(expires_at),
        )
        return signer.sign(enrolment.to_payload(), payload_type=ENROLMENT_TYPE)
