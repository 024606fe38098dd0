"""The original bytes of registered licenses, verified again at start and before they are distributed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from licensedesk.core.distribution import alerts
from licensedesk.core.documents.license_key import Issuer, read_license_key
from licensedesk.core.errors import LicenseDeskError
from licensedesk.core.issuers import trusted_issuers
from licensedesk.core.store.database import Store
from licensedesk.core.store.facts import read_tree
from licensedesk.core.types import ServerId


def check_originals(store: Store, *, at: datetime) -> frozenset[ServerId]:
    """The servers with a registered license that no longer verifies: an event each; the counts stay."""
    damaged = damaged_licenses(store)
    names = {server.id: server.host_name for server in read_tree(store).servers}
    alerts.note_damaged(store, damaged, names, at=at)
    return frozenset(damaged)


def damaged_licenses(store: Store) -> dict[ServerId, list[str]]:
    """Registered licenses whose bytes no longer verify, or say other than their row, by their server.

    Each is named as `issuer serial`. About 0.2 ms a license.
    """
    trusted = trusted_issuers(store)
    damaged: dict[ServerId, list[str]] = {}
    for server, original, *said in store.rows(
        "SELECT l.server_id, l.original, l.issuer, l.serial, p.name, l.quantity, l.kind, l.valid_from,"
        " l.valid_until FROM license l JOIN product p ON p.id = l.product_id WHERE l.deregistered_at IS NULL"
    ):
        if _signed(bytes(original), trusted) != said:
            damaged.setdefault(server, []).append(f"{said[0]} {said[1]}")
    return damaged


def _signed(original: bytes, trusted: Collection[Issuer]) -> list[Any]:
    """What the file says, as a row does; empty where it does not verify."""
    try:
        found = read_license_key(original, file="license", trusted=trusted).license
    except LicenseDeskError:
        return []
    first, last = found.valid_from.isoformat(), found.valid_until.isoformat() if found.valid_until else None
    return [found.issuer, found.serial, found.product, found.quantity, found.kind.value, first, last]
