"""License.xml: same content, same bytes; what is read back is what was written; nothing else is read."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensedesk.core.documents.license_xml import (
    LICENSE_LIMIT,
    LicenseDocument,
    read_license_xml,
    write_license_xml,
)
from licensedesk.core.documents.messages import CONFIGURATION_TYPE, MESSAGE_LIMIT, new_configuration
from licensedesk.core.errors import LicenseFileError, RefusedError
from licensedesk.core.names import clean_text
from licensedesk.core.terms import LicenseTerm, ProductTerms
from licensedesk.core.trust import new_signer
from licensedesk.core.types import Kind

DAY = date(2026, 11, 21)
TERM = LicenseTerm("S-1", "Example Software", 100, Kind.PERMANENT, date(2026, 1, 1), None)
LATER = LicenseTerm("S-2", "Example Software", 50, Kind.TERM, date(2026, 6, 1), date(2026, 12, 31))


def document(*products: ProductTerms) -> LicenseDocument:
    return LicenseDocument(
        deployment="d1",
        version=31,
        uploaded_at="2026-11-21T09:14:00.000000Z",
        source_id="00ff00ff00ff00ff",
        source="hq.example.com",
        products=products,
    )


REGISTERED = ProductTerms("Desktop Manager", licenses=(TERM, LATER), distributed=50)
ALLOCATED = ProductTerms("Asset Console", allocation=10)
EXPECTED = """<?xml version="1.0" encoding="UTF-8"?>
<License xmlns="urn:licensedesk:license:1" deployment="d1" version="31"\
 uploadedAt="2026-11-21T09:14:00.000000Z">
  <SharingSource id="00ff00ff00ff00ff" hostName="hq.example.com"/>
  <Product name="Asset Console">
    <Allocation quantity="10"/>
  </Product>
  <Product name="Desktop Manager">
    <ProductLicense issuer="Example Software" serial="S-1" quantity="100" kind="permanent"\
 validFrom="2026-01-01"/>
    <ProductLicense issuer="Example Software" serial="S-2" quantity="50" kind="term" validFrom="2026-06-01"\
 validUntil="2026-12-31"/>
    <DistributedToRelays quantity="50"/>
  </Product>
</License>
"""


def test_the_form_on_disk() -> None:
    assert write_license_xml(document(REGISTERED, ALLOCATED)).decode() == EXPECTED


def test_the_order_of_what_is_given_does_not_matter() -> None:
    other = ProductTerms("Desktop Manager", licenses=(LATER, TERM), distributed=50)
    assert write_license_xml(document(ALLOCATED, other)) == write_license_xml(document(REGISTERED, ALLOCATED))


@pytest.mark.parametrize(
    ("product", "on", "held"),
    [
        ("Desktop Manager", DAY, 100),
        ("Desktop Manager", date(2026, 5, 31), 50),
        ("Desktop Manager", date(2027, 1, 1), 50),
        ("Desktop Manager", date(2025, 12, 31), -50),
        ("Asset Console", date(2025, 12, 31), 10),
        ("Unknown", DAY, 0),
    ],
)
def test_held_is_computed_by_whoever_reads(product: str, on: date, held: int) -> None:
    assert read_license_xml(EXPECTED.encode()).held(product, on=on) == held


def _is_clean(text: str) -> bool:
    try:
        return clean_text(text) == text
    except RefusedError:
        return False


clean = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=40).filter(_is_clean)
days = st.dates(date(1970, 1, 1), date(2200, 1, 1))
terms = st.builds(
    lambda serial, issuer, quantity, kind, start, length: LicenseTerm(
        serial, issuer, quantity, kind, start, None if length is None else start + timedelta(days=length)
    ),
    clean,
    clean,
    st.integers(0, 999_999_999),
    st.sampled_from(Kind),
    days,
    st.none() | st.integers(0, 4000),
)
licensed = st.builds(
    ProductTerms,
    clean,
    licenses=st.lists(terms, max_size=5, unique_by=lambda term: (term.issuer, term.serial)).map(tuple),
    distributed=st.integers(0, 10**14),
)
allocated = st.builds(ProductTerms, clean, allocation=st.integers(0, 999_999_999))


@given(st.lists(licensed | allocated, max_size=4, unique_by=lambda one: one.product))
def test_what_is_written_is_read_back(products: list[ProductTerms]) -> None:
    content = write_license_xml(document(*products))
    again = read_license_xml(content)
    assert write_license_xml(again) == content
    assert sorted(one.product for one in again.products) == sorted(one.product for one in products)
    assert all(again.held(one.product, on=DAY) == one.held(DAY) for one in products)


def test_more_than_a_mebibyte_is_refused() -> None:
    many = tuple(
        LicenseTerm(f"S-{number}", "Example Software", 1, Kind.PERMANENT, DAY, None) for number in range(9000)
    )
    with pytest.raises(RefusedError) as refusal:
        write_license_xml(document(ProductTerms("Desktop Manager", licenses=many)))
    assert refusal.value.code == "document-too-large"
    assert refusal.value.figures["size"] > refusal.value.figures["limit"] == LICENSE_LIMIT


@pytest.mark.parametrize("character", ["S", "é", "\\", '"'])
def test_whatever_can_be_written_can_be_sent(character: str) -> None:
    """The most that is not refused fits into a message, also where JSON takes two bytes for one."""
    terms = [replace(TERM, serial=f"{number:05}{character * 200}") for number in range(LICENSE_LIMIT // 300)]

    def written(most: int) -> bytes:
        return write_license_xml(document(ProductTerms("P", licenses=tuple(terms[:most]))))

    def too_many(number: int) -> bool:
        try:
            return not written(number)
        except RefusedError:
            return True

    content = written(bisect_left(range(len(terms)), True, key=too_many) - 1)
    assert len(content) > LICENSE_LIMIT // 2
    message = new_configuration(
        content,
        deployment="d" * 64,
        server_id="s" * 64,
        version=10**15,
        message_id="m" * 64,
        issued_at="2026-11-21T09:14:00.000000Z",
        expires_at="2027-11-21T09:14:00.000000Z",
        enrolled_key="0" * 64,
    )
    sent = new_signer().sign(message.to_payload(), payload_type=CONFIGURATION_TYPE)
    assert len(sent) <= MESSAGE_LIMIT


BAD = {
    "another element": EXPECTED.replace("<Allocation", "<Gift"),
    "an attribute too many": EXPECTED.replace('version="31"', 'version="31" held="1000"'),
    "a figure that is none": EXPECTED.replace('quantity="100"', 'quantity="1e9"'),
    "a negative figure": EXPECTED.replace('quantity="100"', 'quantity="-1"'),
    "a figure with a leading zero": EXPECTED.replace('quantity="100"', 'quantity="0100"'),
    "a kind that is none": EXPECTED.replace('kind="term"', 'kind="eternal"'),
    "a day that does not exist": EXPECTED.replace("2026-12-31", "2026-02-30"),
    "a moment that does not exist": EXPECTED.replace("T09:14", "T29:14"),
    "a product twice": EXPECTED.replace("Asset Console", "Desktop Manager"),
    "a license twice": EXPECTED.replace("S-2", "S-1"),
    "both licenses and allocation": EXPECTED.replace(
        '<DistributedToRelays quantity="50"/>', '<Allocation quantity="1"/>'
    ),
    "no namespace": EXPECTED.replace(' xmlns="urn:licensedesk:license:1"', ""),
    "an invisible character": EXPECTED.replace("Asset Console", "Asset\u202econsole"),
    "a name not in NFC": EXPECTED.replace("Asset Console", "Cafe\u0301"),
    "an empty name": EXPECTED.replace("Asset Console", ""),
    "cut off": EXPECTED[:-20],
    "nothing": "",
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD.keys())
def test_another_form_is_refused(content: str) -> None:
    with pytest.raises(LicenseFileError) as refusal:
        read_license_xml(content.encode(), file="a.xml")
    assert refusal.value.code == "schema"
    assert {name: refusal.value.figures[name] for name in ("file", "kind")} == {
        "file": "a.xml",
        "kind": "License.xml",
    }
    assert refusal.value.figures["reason"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (
            EXPECTED.replace("<License ", '<!DOCTYPE License [<!ENTITY x "y">]><License ').encode(),
            "doctype-forbidden",
        ),
        (EXPECTED.encode("utf-16"), "bad-encoding"),
        (EXPECTED.encode() + b" " * LICENSE_LIMIT, "too-large"),
    ],
)
def test_what_is_no_such_document(content: bytes, code: str) -> None:
    with pytest.raises(LicenseFileError) as refusal:
        read_license_xml(content)
    assert refusal.value.code == code
