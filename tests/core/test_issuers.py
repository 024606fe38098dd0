"""Whom the site trusts: adding, widening and removing issuers."""

from __future__ import annotations

import pytest

from licensedesk.core import audit
from licensedesk.core.issuers import IssuerRow, add_issuer, list_issuers, remove_issuer, trusted_issuers
from licensedesk.core.licenses import deregister
from licensedesk.core.settings import read_settings
from licensedesk.core.site import Site
from licensedesk.core.store.facts import read_products
from licensedesk.core.trust import new_signer
from licensedesk.core.types import Actor
from tests.core.example import AT, BY, OTHER, PRODUCT, Example, refused


def test_a_new_site_trusts_nobody(site: Site) -> None:
    assert list_issuers(site.store) == []
    assert trusted_issuers(site.store) == []
    assert read_products(site.store) == ()


def test_an_issuer_and_its_products_become_known(site: Site) -> None:
    key = new_signer().key
    done = add_issuer(site.store, name="Acme", key=key, products=["Zeta", "Alpha"], by=BY, at=AT)
    assert done.trust
    assert list_issuers(site.store) == [IssuerRow("Acme", key.key_id, ("Alpha", "Zeta"))]
    assert read_products(site.store) == ("Alpha", "Zeta")
    [trusted] = trusted_issuers(site.store)
    assert (trusted.name, trusted.key, trusted.products) == ("Acme", key, frozenset({"Alpha", "Zeta"}))
    # The first product that a site knows is its default.
    assert read_settings(site.store)["default_product"] == "Zeta"
    entry = audit.entries(site.store, limit=1)[0]
    assert (entry.action, entry.subject, entry.before) == ("issuer-add", "Acme", {"products": []})
    assert entry.after == {"key_id": key.key_id, "products": ["Alpha", "Zeta"]}


def test_the_same_issuer_may_license_further_products(site: Site) -> None:
    key = new_signer().key
    for products in (["One"], ["Two", "One"], ["Two"], ["Zero", "Four", "Three"]):
        add_issuer(site.store, name="Acme", key=key, products=products, by=BY, at=AT)
    every = ["Four", "One", "Three", "Two", "Zero"]
    assert list_issuers(site.store) == [IssuerRow("Acme", key.key_id, tuple(every))]
    assert read_settings(site.store)["default_product"] == "One"
    entry = audit.entries(site.store, limit=1)[0]
    assert entry.before == {"products": ["One", "Two"]}
    assert entry.after == {"key_id": key.key_id, "products": every}


def test_two_issuers_may_license_one_product(site: Site) -> None:
    for name in ("Beta", "Acme"):
        add_issuer(site.store, name=name, key=new_signer().key, products=["One"], by=BY, at=AT)
    assert [(row.name, row.products) for row in list_issuers(site.store)] == [
        ("Acme", ("One",)),
        ("Beta", ("One",)),
    ]


def test_a_name_and_a_key_belong_together(site: Site) -> None:
    key, other = new_signer().key, new_signer().key
    add_issuer(site.store, name="Acme", key=key, products=["One"], by=BY, at=AT)
    with refused(site, "name-taken", name="Acme"):
        add_issuer(site.store, name="Acme", key=other, products=["One"], by=BY, at=AT)
    with refused(site, "key-taken", issuer="Acme", key_id=key.key_id):
        add_issuer(site.store, name="Beta", key=key, products=["One"], by=BY, at=AT)


@pytest.mark.parametrize("bad", ["", " ", "x" * 256, "a\x00b", "a\u202eb", "a\udc80", "tab\t"], ids=ascii)
def test_names_that_cannot_be_shown(site: Site, bad: str) -> None:
    from licensedesk.core.errors import RefusedError

    for name, product in ((bad, "One"), ("Acme", bad)):
        with pytest.raises(RefusedError) as refusal:
            add_issuer(site.store, name=name, key=new_signer().key, products=["Fine", product], by=BY, at=AT)
        assert refusal.value.code == "invalid-name"
    assert list_issuers(site.store) == []
    assert read_products(site.store) == ()


def test_an_issuer_with_registered_licenses_stays(example: Example) -> None:
    with refused(example.site, "has-licenses", server="Acme", count=1):
        remove_issuer(example.store, name="Acme", by=BY, at=AT)
    deregister(example.store, issuer="Acme", serial="A-150", by=BY, at=AT, confirmed=True)
    beta = new_signer().key
    add_issuer(example.store, name="Beta", key=beta, products=[PRODUCT], by=BY, at=AT)
    remove_issuer(example.store, name="Acme", by=BY, at=AT)
    assert list_issuers(example.store) == [IssuerRow("Beta", beta.key_id, (PRODUCT,))]
    # Its products stay known: what was registered and allocated of them is still counted.
    assert read_products(example.store) == (PRODUCT, OTHER)
    entry = audit.entries(example.store, limit=1)[0]
    assert (entry.action, entry.subject, entry.after) == ("issuer-remove", "Acme", {})
    assert entry.before == {"key_id": example.issuer.signer.key.key_id, "products": [PRODUCT, OTHER]}


def test_a_removed_issuer_may_be_trusted_again_with_another_key(example: Example) -> None:
    deregister(example.store, issuer="Acme", serial="A-150", by=BY, at=AT, confirmed=True)
    remove_issuer(example.store, name="Acme", by=BY, at=AT)
    key = new_signer().key
    add_issuer(example.store, name="Acme", key=key, products=[PRODUCT], by=BY, at=AT)
    assert list_issuers(example.store) == [IssuerRow("Acme", key.key_id, (PRODUCT,))]


@pytest.mark.parametrize("name", ["", "acme", "Beta", "\udcff", "a\x00"], ids=ascii)
def test_no_such_issuer(example: Example, name: str) -> None:
    with refused(example.site, "unknown-issuer", issuer=name):
        remove_issuer(example.store, name=name, by=BY, at=AT)


def test_only_the_primarys_administrator_trusts(example: Example) -> None:
    carl = Actor(name="carl", server=example.id("c"))
    with refused(example.site, "out-of-scope", local="c", subject="Beta"):
        add_issuer(example.store, name="Beta", key=new_signer().key, products=["One"], by=carl, at=AT)
    with refused(example.site, "out-of-scope", local="c", subject="Acme"):
        remove_issuer(example.store, name="Acme", by=carl, at=AT)
