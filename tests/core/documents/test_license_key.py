"""License key files: one license, of the issuer that signed it, or one refusal with its reason."""

from __future__ import annotations

import base64
import dataclasses
import json
import random
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from licensedesk.core.documents.license_key import (
    MAX_FILE,
    MAX_QUANTITY,
    PAYLOAD_TYPE,
    Issuer,
    LicenseKey,
    ProductLicense,
    check_license,
    license_to_xml,
    read_license_key,
)
from licensedesk.core.errors import LicenseFileError, RefusedError
from licensedesk.core.files import sha256
from licensedesk.core.issue import issue_license
from licensedesk.core.names import clean_text
from licensedesk.core.trust import Signer, open_envelope, signer_from_pem
from licensedesk.core.types import Kind


def signer(seed: int) -> Signer:
    key = Ed25519PrivateKey.from_private_bytes(bytes([seed] * 32))
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return signer_from_pem(pem, passphrase=None)


ACME, OTHER, STRANGER = signer(1), signer(2), signer(3)
TRUSTED = (
    Issuer("Acme", ACME.key, frozenset({"Desktop Manager", "Backup"})),
    Issuer("Other", OTHER.key, frozenset({"Desktop Manager"})),
)
TERM = ProductLicense(
    issuer="Acme",
    serial="S-1",
    product="Desktop Manager",
    quantity=50,
    kind=Kind.TERM,
    valid_from=date(2026, 1, 1),
    valid_until=date(2026, 12, 31),
)
RAW = issue_license(TERM, signer=ACME)


def changed(**values: Any) -> ProductLicense:
    return dataclasses.replace(TERM, **values)


def read(raw: bytes, *, trusted: tuple[Issuer, ...] = TRUSTED) -> LicenseKey:
    return read_license_key(raw, file="s-1.lic", trusted=trusted)


def refused(raw: bytes, **arguments: Any) -> LicenseFileError:
    with pytest.raises(LicenseFileError) as refusal:
        read(raw, **arguments)
    assert refusal.value.figures["file"] == "s-1.lic"
    assert refusal.value.message.isprintable()
    assert "?" not in refusal.value.message
    return refusal.value


def signed(payload: bytes | str, *, by: Signer = ACME, payload_type: str = PAYLOAD_TYPE) -> bytes:
    return by.sign(payload.encode() if isinstance(payload, str) else payload, payload_type=payload_type)


PAYLOAD = license_to_xml(TERM).decode()


@pytest.mark.parametrize(
    "one",
    [
        TERM,
        changed(kind=Kind.PERMANENT, valid_until=None, quantity=1),
        changed(kind=Kind.TRIAL, valid_until=TERM.valid_from, quantity=MAX_QUANTITY),
        changed(valid_from=date.min, valid_until=date.max, serial="<&>\"'", product="Backup"),
    ],
)
def test_a_license_comes_back_with_its_digest_and_its_file(one: ProductLicense) -> None:
    raw = issue_license(one, signer=ACME)
    digest = sha256(license_to_xml(one))
    assert read(raw) == LicenseKey(license=one, key_id=ACME.key.key_id, payload_sha256=digest, original=raw)


def test_the_file_as_it_stands() -> None:
    """The form is a contract with every issuer: a change of it needs a new namespace."""
    assert PAYLOAD == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ProductLicense xmlns="urn:licensedesk:product-license:1">\n'
        "  <Issuer>Acme</Issuer>\n"
        "  <Serial>S-1</Serial>\n"
        "  <Product>Desktop Manager</Product>\n"
        "  <Quantity>50</Quantity>\n"
        "  <Kind>term</Kind>\n"
        "  <ValidFrom>2026-01-01</ValidFrom>\n"
        "  <ValidUntil>2026-12-31</ValidUntil>\n"
        "</ProductLicense>\n"
    )


VENDOR = "application/vnd.licensedesk."
NOT_LICENSE_KEYS = {
    "nothing": (b"", "no JSON"),
    "text": (b"license", "no JSON"),
    "the payload alone": (PAYLOAD.encode(), "no JSON"),
    "another program's": (b'{"license": "x"}', "members"),
    "100,000 levels": (b"[" * 100_000, "deeper"),
    "member twice": (RAW.replace(b'{"payload"', b'{"payload":"","payload"'), "twice"),
    "two signatures": (
        json.dumps({**json.loads(RAW), "signatures": json.loads(RAW)["signatures"] * 2}).encode(),
        "one signature",
    ),
    **{
        kind: (signed(PAYLOAD, payload_type=f"{VENDOR}{kind}"), f"signed as {VENDOR}{kind}")
        for kind in ("configuration+json", "report+json", "enrolment+json")
    },
    "a type with a bidi character": (signed(PAYLOAD, payload_type="\u202e"), "signed as \\u202e"),
}


@pytest.mark.parametrize(("raw", "reason"), NOT_LICENSE_KEYS.values(), ids=NOT_LICENSE_KEYS.keys())
def test_what_is_no_license_key_file(raw: bytes, reason: str) -> None:
    refusal = refused(raw)
    assert refusal.code == "not-a-license-key"
    assert reason in refusal.figures["reason"]


def test_a_license_key_is_no_other_message() -> None:
    with pytest.raises(LicenseFileError) as refusal:
        open_envelope(RAW, file="x", limit=MAX_FILE, trusted=[ACME.key], payload_type="application/other")
    assert refusal.value.code == "wrong-type"


def test_a_file_of_a_stranger_names_its_key_and_nothing_it_says() -> None:
    refusal = refused(signed(PAYLOAD, by=STRANGER))
    assert refusal.code == "untrusted-issuer"
    assert refusal.figures["key_id"] == STRANGER.key.key_id
    assert "Acme" not in refusal.message
    assert refused(RAW, trusted=()).code == "untrusted-issuer"


def test_a_file_whose_payload_was_changed() -> None:
    members = json.loads(RAW)
    members["payload"] = base64.b64encode(PAYLOAD.replace("50", "5000").encode()).decode()
    for trusted in (TRUSTED, tuple(reversed(TRUSTED))):
        refusal = refused(json.dumps(members).encode(), trusted=trusted)
        assert (refusal.code, refusal.figures["signer"]) == ("bad-signature", "Acme")


def test_another_key_under_the_issuers_keyid() -> None:
    raw = signed(PAYLOAD, by=STRANGER).replace(STRANGER.key.key_id.encode(), ACME.key.key_id.encode())
    assert refused(raw).code == "bad-signature"


def test_one_issuers_key_makes_no_licenses_of_another() -> None:
    refusal = refused(signed(license_to_xml(changed(issuer="Other")), by=ACME))
    assert (refusal.code, refusal.figures["signer"]) == ("bad-signature", "Other")


def test_an_issuer_that_is_not_known_under_a_key_that_is() -> None:
    refusal = refused(signed(license_to_xml(changed(issuer="Acme Ltd")), by=ACME))
    assert (refusal.code, refusal.figures["issuer"]) == ("untrusted-issuer", "Acme Ltd")
    assert refusal.figures["key_id"] == ACME.key.key_id


def test_a_product_that_the_issuer_may_not_license() -> None:
    refusal = refused(issue_license(changed(issuer="Other", product="Backup"), signer=OTHER))
    assert refusal.code == "product-not-licensed-by-issuer"
    assert (refusal.figures["issuer"], refusal.figures["product"]) == ("Other", "Backup")


def test_an_issuer_may_have_two_keys_and_a_key_two_issuers() -> None:
    renewed = Issuer("Acme", STRANGER.key, frozenset({"Desktop Manager"}))
    brand = Issuer("Brand", ACME.key, frozenset({"Desktop Manager"}))
    trusted = (renewed, brand, *TRUSTED)
    assert read(RAW, trusted=trusted).license == TERM
    assert read(signed(PAYLOAD, by=STRANGER), trusted=trusted).license == TERM
    assert read(signed(license_to_xml(changed(issuer="Brand"))), trusted=trusted).license.issuer == "Brand"


def test_too_large() -> None:
    refusal = refused(RAW + b" " * MAX_FILE)
    assert (refusal.code, refusal.figures["limit"]) == ("too-large", MAX_FILE)


def without(name: str) -> str:
    return "".join(line for line in PAYLOAD.splitlines(keepends=True) if f"<{name}>" not in line)


DAY = "<ValidUntil>2026-12-31</ValidUntil>"
PAYLOADS = {
    "no XML": ("license", "schema", "Start tag"),
    "UTF-16": (PAYLOAD.encode("utf-16"), "bad-encoding", "byte 0"),
    "byte order mark": (PAYLOAD.encode("utf-8-sig"), "bad-encoding", "byte order mark"),
    "XXE": ('<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + PAYLOAD, "doctype-forbidden", ""),
    "member missing": (without("Serial"), "schema", "Serial"),
    "permanent, with a last day": (PAYLOAD.replace(">term<", ">permanent<"), "schema", "permanent license"),
    "term without last day": (without("ValidUntil"), "schema", "needs its last day"),
    "trial without last day": (
        without("ValidUntil").replace("term", "trial"),
        "schema",
        "needs its last day",
    ),
    "last day before the first": (
        PAYLOAD.replace("2026-12-31", "2025-12-31"),
        "schema",
        "before the first day",
    ),
    "kind unknown": (PAYLOAD.replace(">term<", ">Term<"), "schema", "Kind"),
    "quantity 0": (PAYLOAD.replace(">50<", ">0<"), "schema", "Quantity"),
    "30 February": (PAYLOAD.replace("2026-12-31", "2026-02-30"), "schema", "day is out of range"),
    "year 0": (PAYLOAD.replace("2026-01-01", "0000-01-01"), "schema", "year 0"),
    "day with a zone": (PAYLOAD.replace("2026-01-01", "2026-01-01Z"), "schema", "ValidFrom"),
    "day without dashes": (PAYLOAD.replace("2026-01-01", "20260101"), "schema", "ValidFrom"),
    "bidi": (PAYLOAD.replace("S-1", "S-\u202e1"), "schema", "U+202E"),
    "bidi by number": (PAYLOAD.replace("S-1", "S-&#x202e;1"), "schema", "U+202E"),
    "not NFC": (PAYLOAD.replace("S-1", "Mu\u0308"), "schema", "NFC"),
    "space before": (PAYLOAD.replace("S-1", " S-1"), "schema", "space"),
    "line break": (PAYLOAD.replace("S-1", "S\n1"), "schema", "U+000A"),
    "empty issuer": (PAYLOAD.replace("Acme", ""), "schema", "Issuer"),
    "serial of 256": (PAYLOAD.replace("S-1", "S" * 256), "schema", "Serial"),
    "10 MB serial": (PAYLOAD.replace("S-1", "S" * 700_000), "schema", "Serial"),
    "schema of its own": (
        PAYLOAD.replace(
            ":1",
            ':1" xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:schemaLocation="urn:x /x',
        ),
        "schema",
        "namespace",
    ),
}


@pytest.mark.parametrize(("payload", "code", "reason"), PAYLOADS.values(), ids=PAYLOADS.keys())
def test_a_signed_payload_is_still_judged(payload: str | bytes, code: str, reason: str) -> None:
    refusal = refused(signed(payload))
    assert refusal.code == code
    assert reason in refusal.figures.get("reason", "")


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (PAYLOAD.replace("S-1", "Mu\u0308"), "Mu\u0308: it is not in Unicode's form NFC"),
        (PAYLOAD.replace(">term<", ">permanent<"), "2026-12-31: a permanent license has no last day"),
        (without("ValidUntil"), "a term license needs its last day"),
        (
            PAYLOAD.replace("2026-12-31", "2025-12-31"),
            "2025-12-31: it is before the first day, 2026-01-01",
        ),
    ],
)
def test_a_payload_that_no_site_would_take_names_what_is_wrong_in_it(payload: str, reason: str) -> None:
    assert refused(signed(payload)).figures["reason"] == reason


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"quantity": 0}, "invalid-quantity"),
        ({"quantity": -1}, "invalid-quantity"),
        ({"quantity": MAX_QUANTITY + 1}, "invalid-quantity"),
        ({"valid_until": None}, "invalid-date"),
        ({"valid_until": date(2025, 12, 31)}, "invalid-date"),
        ({"kind": Kind.PERMANENT}, "invalid-date"),
        ({"issuer": ""}, "invalid-name"),
        ({"serial": "S\n1"}, "invalid-name"),
        ({"product": "Mu\u0308ller"}, "invalid-name"),
        ({"product": "P" * 256}, "invalid-name"),
        ({"serial": "\ud800"}, "invalid-name"),
        ({"serial": "\uffff"}, "invalid-name"),
    ],
)
def test_what_no_site_would_take_is_not_written(values: dict[str, Any], code: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        license_to_xml(changed(**values))
    assert refusal.value.code == code
    assert "?" not in refusal.value.message


# -- properties and campaigns ------------------------------------------------------------------------


def is_clean(text: str) -> bool:
    try:
        return clean_text(text) == text
    except RefusedError:
        return False


names = st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs", "Co"]), min_size=1, max_size=30).filter(
    is_clean
)


@st.composite
def licenses(draw: st.DrawFn) -> ProductLicense:
    kind, first = draw(st.sampled_from(Kind)), draw(st.dates())
    return ProductLicense(
        issuer=draw(names),
        serial=draw(names),
        product=draw(names),
        quantity=draw(st.integers(1, MAX_QUANTITY)),
        kind=kind,
        valid_from=first,
        valid_until=None if kind is Kind.PERMANENT else draw(st.dates(min_value=first)),
    )


@given(licenses())
def test_any_license_comes_back(one: ProductLicense) -> None:
    check_license(one)
    raw = issue_license(one, signer=ACME)
    assert issue_license(one, signer=ACME) == raw
    trusted = Issuer(one.issuer, ACME.key, frozenset({one.product}))
    assert read(raw, trusted=(trusted,)).license == one


@given(licenses(), st.data())
def test_licenses_that_differ_have_payloads_that_differ(one: ProductLicense, data: st.DataObject) -> None:
    other = data.draw(licenses() | st.just(dataclasses.replace(one)))
    assert (license_to_xml(one) == license_to_xml(other)) is (one == other)


def is_the_same_or_refused(raw: bytes) -> bool:
    """Whether it was read; another identity or content, or another error, fails the test."""
    try:
        found = read(raw)
    except LicenseFileError:
        return False
    assert (found.license, found.payload_sha256) == (TERM, sha256(PAYLOAD.encode())), raw
    return True


def mutant(chance: random.Random, raw: bytes) -> bytes:
    """One to four bytes changed, taken out or put in, or pieces of the file moved about."""
    data = bytearray(raw)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        at = chance.randrange(len(data))
        match chance.randrange(7):
            case 0:
                data[at] = chance.randrange(256)
            case 1:
                data[at] ^= 1 << chance.randrange(8)
            case 2:
                del data[at]
            case 3:
                data.insert(at, chance.randrange(256))
            case 4:
                data.insert(at, chance.choice(b' \n\t"{}[],:\\=A0'))
            case 5:
                end = min(len(data), at + chance.randrange(1, 60))
                data[at:at] = data[at:end]
            case _:
                other = chance.randrange(len(data))
                data[at], data[other] = data[other], data[at]
    return bytes(data)


def test_no_mutant_of_the_file_is_another_license(campaign: Callable[[int], int]) -> None:
    chance = random.Random(20260101)  # noqa: S311 - the same mutants each time
    same = sum(is_the_same_or_refused(mutant(chance, RAW)) for _ in range(campaign(10_000)))
    # White space that was put into the JSON or the base64 changes nothing, and shows that files are read.
    assert same > 0


def test_no_mutant_of_the_payload_under_a_true_signature_breaks_the_reader(
    campaign: Callable[[int], int],
) -> None:
    """The issuer signs anything at all: what is read is a license that could be issued as well."""
    chance = random.Random(20260102)  # noqa: S311 - the same mutants each time
    for _ in range(campaign(10_000)):
        raw = signed(mutant(chance, PAYLOAD.encode()))
        try:
            found = read(raw)
        except LicenseFileError:
            continue
        check_license(found.license)
        assert found.license.issuer == "Acme"


def test_no_truncation_of_the_file_is_read() -> None:
    assert read(RAW).license == TERM
    for size in range(len(RAW)):
        assert refused(RAW[:size]).code == "not-a-license-key"


def test_every_single_bit_of_the_file_matters(campaign: Callable[[int], int]) -> None:
    bits = list(range(len(RAW) * 8))
    random.Random(20260103).shuffle(bits)  # noqa: S311 - the same order each time
    for bit in bits[: campaign(len(bits))]:
        data = bytearray(RAW)
        data[bit // 8] ^= 1 << bit % 8
        is_the_same_or_refused(bytes(data))
