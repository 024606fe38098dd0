"""Registered product licenses: register license key files, deregister."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from licensedesk.core import events
from licensedesk.core.actions import Plan, perform
from licensedesk.core.changes import Changes, Notice
from licensedesk.core.errors import LicenseDeskError, RefusedError
from licensedesk.core.events import EventCode
from licensedesk.core.files import read_bounded
from licensedesk.core.holdings import Holdings, Key
from licensedesk.core.scope import require_sees, sees
from licensedesk.core.store.database import Store
from licensedesk.core.store.facts import read_tree
from licensedesk.core.terms import LicenseTerm
from licensedesk.core.tree import ServerFact, may_register
from licensedesk.core.types import Actor, Day, ServerId, stamp, utc_day

if TYPE_CHECKING:
    from licensedesk.core.documents.license_key import Issuer, LicenseKey

FILE_LIMIT = 1 << 20
"""Bytes of a license key file, judged before it is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileResult:
    """What came of one file: `registered`, `ok` (when only checked) or `refused` with the error."""

    file: str
    status: str
    key: LicenseKey | None = None
    error: LicenseDeskError | None = None
    changes: Changes | None = None


def registering_servers(store: Store, *, by: Actor) -> list[ServerFact]:
    """Where licenses may be registered, of the servers that are seen; the primary first."""
    tree = read_tree(store)
    return [server for server in tree.servers if may_register(server) and sees(tree, by, server.id)]


def register_files(
    store: Store,
    files: Collection[Path],
    *,
    server: ServerId,
    trusted: Collection[Issuer],
    by: Actor,
    at: datetime,
    only_check: bool = False,
) -> list[FileResult]:
    """Register many license key files: one result a file, in their order; the good ones are registered.

    With `only_check` nothing is registered, and each file is judged as if those before it had been. A fault
    of the surroundings ends the whole call.
    """
    results = []
    found: dict[tuple[str, str], LicenseKey] = {}
    for file in files:
        result = _register_file(
            store, file, server=server, trusted=trusted, by=by, at=at, only_check=only_check
        )
        if result.key is not None and result.status == "ok":
            given = result.key.license
            first = found.setdefault((given.issuer, given.serial), result.key)
            if first is not result.key:
                error = _refusal_after(first, result.key, server=read_tree(store).get(server), at=at)
                result = replace(result, status="refused", error=error, changes=None)
        results.append(result)
    return results


def _refusal_after(
    first: LicenseKey, second: LicenseKey, *, server: ServerFact, at: datetime
) -> RefusedError:
    """What registering `second` would meet, had `first` of the same identity been registered."""
    given = second.license
    if first.payload_sha256 != second.payload_sha256:
        return RefusedError("conflicting-license", serial=given.serial, issuer=given.issuer)
    return RefusedError(
        "duplicate-license",
        serial=given.serial,
        issuer=given.issuer,
        server=server.host_name,
        registered_at=stamp(at),
    )


def _register_file(
    store: Store,
    file: Path,
    *,
    server: ServerId,
    trusted: Collection[Issuer],
    by: Actor,
    at: datetime,
    only_check: bool,
) -> FileResult:
    from licensedesk.core.documents.license_key import read_license_key

    key = None
    try:
        content = read_bounded(file, limit=FILE_LIMIT)
        key = read_license_key(content, file=file.name, trusted=trusted)
        changes = register(store, key, server=server, by=by, at=at, preview=only_check)
    except RefusedError as error:
        if error.code == EventCode.CONFLICTING_LICENSE and not only_check:
            _note_conflict(store, error, at=at)
        return FileResult(file=str(file), status="refused", key=key, error=error)
    return FileResult(file=str(file), status="ok" if only_check else "registered", key=key, changes=changes)


def _note_conflict(store: Store, error: RefusedError, *, at: datetime) -> None:
    """A serial used twice is an event: one of the two files was not made by whom it says."""
    subject = f"{error.figures['issuer']} {error.figures['serial']}"
    with store.writing():
        events.happened(store, EventCode.CONFLICTING_LICENSE, subject=subject, figures=error.figures, at=at)


def register(
    store: Store, key: LicenseKey, *, server: ServerId, by: Actor, at: datetime, preview: bool = False
) -> Changes:
    """Register one verified license key on the primary or a relay with License registration.

    Raises RefusedError: `unknown-server`, `out-of-scope`, `not-authorised-to-register`, `expired`,
    `duplicate-license`, `conflicting-license`; `untrusted-issuer`, `product-not-licensed-by-issuer` where
    that has changed since it was verified.
    """
    given = key.license

    def judge(before: Holdings) -> Plan:
        fact = before.tree.get(server)
        require_sees(before.tree, by, server)
        on = utc_day(at)
        _require_registrable(store, fact, key, on=on)
        place = (server, given.product)
        term = LicenseTerm(
            given.serial, given.issuer, given.quantity, given.kind, given.valid_from, given.valid_until
        )
        early = () if given.valid_from <= on else (_counts_later(key),)
        return Plan(
            after=before.with_licenses(place, (*before.licenses.get(place, ()), term)),
            action="license-register",
            subject=f"{given.issuer} {given.serial}",
            becomes=_figures(key, fact),
            write=lambda: _insert(store, key, fact, by=by, at=at),
            flags=Changes(licenses=True),
            warnings=early,
            desired=True,
        )

    return perform(store, judge, by=by, at=at, confirmed=True, preview=preview)


def _require_registrable(store: Store, fact: ServerFact, key: LicenseKey, *, on: Day) -> None:
    given = key.license
    if not may_register(fact):
        raise RefusedError("not-authorised-to-register", server=fact.host_name, option=fact.option)
    if given.valid_until is not None and given.valid_until < on:
        until = given.valid_until.isoformat()
        raise RefusedError("expired", serial=given.serial, issuer=given.issuer, valid_until=until)
    _require_trusted(store, key)
    for digest, host, registered_at, gone in store.rows(
        "SELECT l.payload_sha256, coalesce(s.host_name, l.host_name), l.registered_at, l.deregistered_at"
        " FROM license l LEFT JOIN server s ON s.id = l.server_id WHERE l.issuer = ? AND l.serial = ?",
        (given.issuer, given.serial),
    ):
        if digest != key.payload_sha256:
            raise RefusedError("conflicting-license", serial=given.serial, issuer=given.issuer)
        if gone is None:
            raise RefusedError(
                "duplicate-license",
                serial=given.serial,
                issuer=given.issuer,
                server=host,
                registered_at=registered_at,
            )


def _require_trusted(store: Store, key: LicenseKey) -> None:
    """Whom the file was verified for may be trusted no more, or under that name another may be."""
    given = key.license
    if store.value("SELECT key_id FROM issuer WHERE name = ?", (given.issuer,)) != key.key_id:
        raise RefusedError("untrusted-issuer", issuer=given.issuer)
    licensed = store.value(
        "SELECT 1 FROM issuer_product ip JOIN issuer i ON i.id = ip.issuer_id"
        " JOIN product p ON p.id = ip.product_id WHERE i.name = ? AND p.name = ?",
        (given.issuer, given.product),
    )
    if licensed is None:
        raise RefusedError("product-not-licensed-by-issuer", issuer=given.issuer, product=given.product)


def _counts_later(key: LicenseKey) -> Notice:
    figures = {"serial": key.license.serial, "valid_from": key.license.valid_from.isoformat()}
    return Notice("not-yet-valid", figures)


def _figures(key: LicenseKey, fact: ServerFact) -> dict[str, Any]:
    given = key.license
    return {
        "server": fact.host_name,
        "product": given.product,
        "quantity": given.quantity,
        "kind": given.kind.value,
        "valid_from": given.valid_from.isoformat(),
        "valid_until": given.valid_until.isoformat() if given.valid_until else None,
        "sha256": key.payload_sha256,
    }


def _insert(store: Store, key: LicenseKey, fact: ServerFact, *, by: Actor, at: datetime) -> None:
    given = key.license
    store.run(
        "INSERT INTO license (issuer, serial, product_id, quantity, kind, valid_from, valid_until,"
        " payload_sha256, original, server_id, host_name, registered_at, registered_by)"
        " SELECT ?, ?, id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM product WHERE name = ?",
        (
            given.issuer,
            given.serial,
            given.quantity,
            given.kind.value,
            given.valid_from.isoformat(),
            given.valid_until.isoformat() if given.valid_until else None,
            key.payload_sha256,
            key.original,
            fact.id,
            fact.host_name,
            stamp(at),
            by.name,
            given.product,
        ),
    )


def deregister(
    store: Store,
    *,
    issuer: str,
    serial: str,
    by: Actor,
    at: datetime,
    confirmed: bool = False,
    preview: bool = False,
) -> Changes:
    """Take a license out of use; its record stays, with who and when.

    Raises RefusedError: `unknown-license`, `out-of-scope`, `needs-confirmation`.
    """

    def judge(before: Holdings) -> Plan:
        (server, product), gone = _registered(before, issuer=issuer, serial=serial)
        require_sees(before.tree, by, server)
        return Plan(
            after=check_deregistration(before, issuer=issuer, serial=serial),
            action="license-deregister",
            subject=f"{issuer} {serial}",
            was={
                "server": before.tree.get(server).host_name,
                "product": product,
                "quantity": gone.quantity,
            },
            write=lambda: _mark_deregistered(store, gone, by=by, at=at),
            flags=Changes(licenses=True),
            desired=True,
        )

    return perform(store, judge, by=by, at=at, confirmed=confirmed, preview=preview)


def check_deregistration(before: Holdings, *, issuer: str, serial: str) -> Holdings:
    """The facts without that license, for dialog and action. Raises RefusedError `unknown-license`."""
    key, gone = _registered(before, issuer=issuer, serial=serial)
    return before.with_licenses(key, (term for term in before.licenses[key] if term is not gone))


def _registered(before: Holdings, *, issuer: str, serial: str) -> tuple[Key, LicenseTerm]:
    # In the facts, not in SQL: the driver would not take every text that may be asked for.
    for key, terms in before.licenses.items():
        for term in terms:
            if (term.issuer, term.serial) == (issuer, serial):
                return key, term
    raise RefusedError("unknown-license", issuer=issuer, serial=serial)


def _mark_deregistered(store: Store, term: LicenseTerm, *, by: Actor, at: datetime) -> None:
    store.run(
        "UPDATE license SET deregistered_at = ?, deregistered_by = ?"
        " WHERE issuer = ? AND serial = ? AND deregistered_at IS NULL",
        (stamp(at), by.name, term.issuer, term.serial),
    )
