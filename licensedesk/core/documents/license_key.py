"""License key files `*.lic`: a product license as its issuer signed it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from licensedesk.core.documents.xml import MIB, parse_signed, to_bytes
from licensedesk.core.errors import LicenseFileError, RefusedError
from licensedesk.core.files import sha256
from licensedesk.core.names import clean_text, visible
from licensedesk.core.trust import KeyId, PublicKey, open_envelope
from licensedesk.core.types import Kind

if TYPE_CHECKING:
    from lxml import etree

PAYLOAD_TYPE = "application/vnd.licensedesk.product-license+xml"
MAX_FILE = MIB
MAX_QUANTITY = 999_999_999
_NAMESPACE = "urn:licensedesk:product-license:1"
_KIND = "product license"


@dataclass(frozen=True, slots=True)
class ProductLicense:
    """What was bought. Identity is (issuer, serial). A permanent license has no `valid_until`; a term or
    trial license has one, not before `valid_from`. Both days are inclusive, in UTC.
    """

    issuer: str
    serial: str
    product: str
    quantity: int
    kind: Kind
    valid_from: date
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who is trusted to license which products, and the key that proves it."""

    name: str
    key: PublicKey
    products: frozenset[str]


@dataclass(frozen=True, slots=True)
class LicenseKey:
    """A verified license key file; `original` is the file as it was read, `key_id` the key that signed it."""

    license: ProductLicense
    key_id: KeyId
    payload_sha256: str
    original: bytes


def check_license(one: ProductLicense) -> None:
    """Refuse what no reader would take: RefusedError `invalid-name`, `invalid-quantity`, `invalid-date`."""
    for text in (one.issuer, one.serial, one.product):
        if clean_text(text) != text:
            raise RefusedError("invalid-name", name=visible(text), reason="it is not in Unicode's form NFC")
    if not 1 <= one.quantity <= MAX_QUANTITY:
        raise RefusedError("invalid-quantity", quantity=one.quantity)
    if one.kind is Kind.PERMANENT:
        if one.valid_until is not None:
            raise RefusedError(
                "invalid-date", date=one.valid_until.isoformat(), reason="a permanent license has no last day"
            )
    elif one.valid_until is None:
        raise RefusedError("invalid-date", date=None, reason=f"a {one.kind} license needs its last day")
    elif one.valid_until < one.valid_from:
        reason = f"it is before the first day, {one.valid_from.isoformat()}"
        raise RefusedError("invalid-date", date=one.valid_until.isoformat(), reason=reason)


def license_to_xml(one: ProductLicense) -> bytes:
    """The payload to sign; the same license gives the same bytes. Refuses as `check_license` does."""
    from lxml import etree

    check_license(one)
    root = etree.Element(f"{{{_NAMESPACE}}}ProductLicense", nsmap={None: _NAMESPACE})  # type: ignore[dict-item]  # the stubs know no default namespace
    values = {
        "Issuer": one.issuer,
        "Serial": one.serial,
        "Product": one.product,
        "Quantity": str(one.quantity),
        "Kind": one.kind.value,
        "ValidFrom": one.valid_from.isoformat(),
        "ValidUntil": None if one.valid_until is None else one.valid_until.isoformat(),
    }
    for name, value in values.items():
        if value is not None:
            etree.SubElement(root, f"{{{_NAMESPACE}}}{name}").text = value
    return to_bytes(root)


def _license_of(root: etree._Element) -> ProductLicense:
    """From a root that is valid against the schema. ValueError: a day that no calendar has."""
    values = {str(child.tag).rpartition("}")[2]: child.text or "" for child in root}
    until = values.get("ValidUntil")
    return ProductLicense(
        issuer=values["Issuer"],
        serial=values["Serial"],
        product=values["Product"],
        quantity=int(values["Quantity"]),
        kind=Kind(values["Kind"]),
        valid_from=date.fromisoformat(values["ValidFrom"]),
        valid_until=None if until is None else date.fromisoformat(until),
    )


def _license_from_xml(payload: bytes, *, file: str) -> ProductLicense:
    root = parse_signed(payload, file=file, schema="ProductLicense.xsd", kind=_KIND)
    try:
        one = _license_of(root)
        check_license(one)
    except ValueError as error:
        raise LicenseFileError("schema", file=file, kind=_KIND, reason=str(error)) from error
    except RefusedError as error:
        # Quantities follow a pattern of the schema; what is left are names and days, both with a reason.
        subject = error.figures.get("name") or error.figures.get("date")
        reason = error.figures["reason"] if subject is None else f"{subject}: {error.figures['reason']}"
        raise LicenseFileError("schema", file=file, kind=_KIND, reason=reason) from error
    return one


def _issuer_of(one: ProductLicense, key: PublicKey, trusted: Collection[Issuer], *, file: str) -> Issuer:
    """The trusted issuer that the license names, if `key`, which signed it, is that issuer's."""
    named = [issuer for issuer in trusted if issuer.name == one.issuer]
    if not named:
        raise LicenseFileError("untrusted-issuer", file=file, issuer=one.issuer, key_id=key.key_id)
    signer = next((issuer for issuer in named if issuer.key.key_id == key.key_id), None)
    if signer is None:
        # One issuer's key must not make another issuer's licenses.
        raise LicenseFileError("bad-signature", file=file, signer=one.issuer)
    return signer


def _open(raw: bytes, *, file: str, trusted: Collection[Issuer]) -> tuple[bytes, PublicKey]:
    keys = [issuer.key for issuer in trusted]
    try:
        verified = open_envelope(raw, file=file, limit=MAX_FILE, trusted=keys, payload_type=PAYLOAD_TYPE)
    except LicenseFileError as error:
        match error.code:
            case "not-an-envelope":
                raise LicenseFileError("not-a-license-key", **error.figures) from error
            case "wrong-type":
                reason = f"it is signed as {visible(error.figures['found'])}"
                raise LicenseFileError("not-a-license-key", file=file, reason=reason) from error
            case "untrusted-key":
                key_id = error.figures["key_id"]
                # The name in it is not read: nobody trusted vouches for it.
                owner = f"the owner of key {key_id}"
                raise LicenseFileError("untrusted-issuer", file=file, issuer=owner, key_id=key_id) from error
            case "bad-signature":
                key_id = error.figures["signer"]
                name = next(issuer.name for issuer in trusted if issuer.key.key_id == key_id)
                raise LicenseFileError("bad-signature", file=file, signer=name) from error
        raise
    return verified.payload, verified.key


def read_license_key(raw: bytes, *, file: str, trusted: Collection[Issuer]) -> LicenseKey:
    """The license in a license key file, signed by the issuer that it names and that may license its product.

    Whether it has expired is judged by `core.licenses`. Raises LicenseFileError: `too-large`,
    `not-a-license-key`, `untrusted-issuer`, `bad-signature`, `bad-encoding`, `doctype-forbidden`, `schema`,
    `product-not-licensed-by-issuer`.
    """
    payload, key = _open(raw, file=file, trusted=trusted)
    one = _license_from_xml(payload, file=file)
    issuer = _issuer_of(one, key, trusted, file=file)
    if one.product not in issuer.products:
        raise LicenseFileError(
            "product-not-licensed-by-issuer", file=file, issuer=one.issuer, product=one.product
        )
    return LicenseKey(license=one, key_id=key.key_id, payload_sha256=sha256(payload), original=raw)
