"""Whom the site trusts to issue licenses: their public keys, and the products each may license."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from licensedesk.core.actions import Plan, perform
from licensedesk.core.changes import Changes
from licensedesk.core.errors import RefusedError
from licensedesk.core.holdings import Holdings
from licensedesk.core.names import clean_text
from licensedesk.core.scope import require_primary
from licensedesk.core.store.database import Store
from licensedesk.core.types import Actor, stamp

if TYPE_CHECKING:
    from licensedesk.core.documents.license_key import Issuer
    from licensedesk.core.trust import PublicKey


@dataclass(frozen=True, slots=True)
class IssuerRow:
    """An issuer as listed; `products` in alphabetical order."""

    name: str
    key_id: str
    products: tuple[str, ...]


def list_issuers(store: Store) -> list[IssuerRow]:
    with store.reading():
        products = _products_by_issuer(store)
        rows = store.rows("SELECT name, key_id FROM issuer ORDER BY name")
    return [IssuerRow(name, key_id, tuple(sorted(products.get(name, ())))) for name, key_id in rows]


def trusted_issuers(store: Store) -> list[Issuer]:
    """The issuers with their keys, to verify license key files with."""
    from licensedesk.core.documents.license_key import Issuer
    from licensedesk.core.trust import PublicKey

    with store.reading():
        products = _products_by_issuer(store)
        rows = store.rows("SELECT name, public_key FROM issuer")
    return [
        Issuer(name=name, key=PublicKey.from_pem(pem, file=name), products=frozenset(products.get(name, ())))
        for name, pem in rows
    ]


def _products_by_issuer(store: Store) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for issuer, product in store.rows(
        "SELECT i.name, p.name FROM issuer_product ip JOIN issuer i ON i.id = ip.issuer_id"
        " JOIN product p ON p.id = ip.product_id"
    ):
        found.setdefault(issuer, []).append(product)
    return found


def add_issuer(
    store: Store, *, name: str, key: PublicKey, products: Iterable[str], by: Actor, at: datetime
) -> Changes:
    """Trust an issuer, or let a trusted one with the same key license further products.

    The first product a site knows becomes its default. Raises RefusedError: `invalid-name`,
    `name-taken` (by another key), `key-taken` (by another name), `out-of-scope`.
    """
    wanted = {clean_text(product): None for product in products}

    def judge(before: Holdings) -> Plan:
        issuer = clean_text(name)
        require_primary(before.tree, by, subject=issuer)
        had = _same_issuer(store, issuer, key)

        def write() -> None:
            if had is None:
                store.run(
                    "INSERT INTO issuer (name, key_id, public_key, added_at) VALUES (?, ?, ?, ?)",
                    (issuer, key.key_id, key.pem, stamp(at)),
                )
            for product in wanted:
                _let_license(store, issuer, product)

        return Plan(
            after=before,
            action="issuer-add",
            subject=issuer,
            was={"products": list(had.products) if had else []},
            becomes={"key_id": key.key_id, "products": sorted({*wanted, *(had.products if had else ())})},
            write=write,
            flags=Changes(trust=True, licenses=True),
        )

    return perform(store, judge, by=by, at=at, confirmed=True)


def _same_issuer(store: Store, name: str, key: PublicKey) -> IssuerRow | None:
    for issuer in list_issuers(store):
        if issuer.name == name and issuer.key_id == key.key_id:
            return issuer
        if issuer.name == name:
            raise RefusedError("name-taken", name=name)
        if issuer.key_id == key.key_id:
            raise RefusedError("key-taken", issuer=issuer.name, key_id=key.key_id)
    return None


def _let_license(store: Store, issuer: str, product: str) -> None:
    store.run("INSERT INTO product (name) VALUES (?) ON CONFLICT (name) DO NOTHING", (product,))
    store.run(
        "INSERT INTO issuer_product (issuer_id, product_id) SELECT i.id, p.id FROM issuer i, product p"
        " WHERE i.name = ? AND p.name = ? ON CONFLICT DO NOTHING",
        (issuer, product),
    )
    store.run(
        "INSERT INTO setting (key, value) VALUES ('default_product', ?) ON CONFLICT (key) DO NOTHING",
        (product,),
    )


def remove_issuer(store: Store, *, name: str, by: Actor, at: datetime) -> Changes:
    """No longer trust an issuer. Its products stay known to the site.

    Raises RefusedError: `unknown-issuer`, `has-licenses`, `out-of-scope`.
    """

    def judge(before: Holdings) -> Plan:
        require_primary(before.tree, by, subject=name)
        had = next((issuer for issuer in list_issuers(store) if issuer.name == name), None)
        if had is None:
            raise RefusedError("unknown-issuer", issuer=name)
        registered = store.value(
            "SELECT count(*) FROM license WHERE issuer = ? AND deregistered_at IS NULL", (name,)
        )
        if registered:
            raise RefusedError("has-licenses", server=name, count=registered)
        return Plan(
            after=before,
            action="issuer-remove",
            subject=name,
            was={"key_id": had.key_id, "products": list(had.products)},
            write=lambda: _delete(store, name),
            flags=Changes(trust=True),
        )

    return perform(store, judge, by=by, at=at, confirmed=True)


def _delete(store: Store, name: str) -> None:
    store.run("DELETE FROM issuer WHERE name = ?", (name,))
