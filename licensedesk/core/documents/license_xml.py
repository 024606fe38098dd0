"""License.xml: the terms of one range, as carried to every server of it. Same content, same bytes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from licensedesk.core.documents.xml import parse_signed, to_bytes
from licensedesk.core.errors import LicenseFileError, RefusedError
from licensedesk.core.names import clean_text
from licensedesk.core.terms import LicenseTerm, ProductTerms
from licensedesk.core.types import Kind, parse_stamp

if TYPE_CHECKING:
    from lxml.etree import _Element

LICENSE_LIMIT: Final = 1024 * 1024
"""Bytes of License.xml."""
CARRIED_LIMIT: Final = 3 * 512 * 1024 - 8 * 1024
"""Bytes of License.xml as a JSON string: four characters of base64 carry three of them, and the message of
2 MiB has room for its other members.
"""
_NAMESPACE: Final = "urn:licensedesk:license:1"
_PREFIXES: Final[Any] = {None: _NAMESPACE}
_KIND: Final = "License.xml"


@dataclass(frozen=True, slots=True)
class LicenseDocument:
    deployment: str
    version: int
    """The document version: the site's counter when these terms came to be."""
    uploaded_at: str
    source_id: str
    source: str
    """Host name of the sharing source."""
    products: tuple[ProductTerms, ...]

    def held(self, product: str, *, on: date) -> int:
        """Licenses that the range holds on a day; 0 of a product that it does not name."""
        return sum(terms.held(on) for terms in self.products if terms.product == product)


def write_license_xml(document: LicenseDocument) -> bytes:
    """Deterministic: products by name, licenses by issuer and serial, whatever their order.

    Raises RefusedError `document-too-large` above LICENSE_LIMIT, or where no message could carry it.
    """
    from lxml import etree

    root = etree.Element(f"{{{_NAMESPACE}}}License", nsmap=_PREFIXES)
    root.set("deployment", document.deployment)
    root.set("version", str(document.version))
    root.set("uploadedAt", document.uploaded_at)
    _child(root, "SharingSource", id=document.source_id, hostName=document.source)
    for terms in sorted(document.products, key=lambda terms: terms.product):
        _write_terms(root, terms)
    content = to_bytes(root)
    escaped = sum(content.count(character) for character in (b'"', b"\\", b"\n"))
    for size, limit in ((len(content), LICENSE_LIMIT), (len(content) + escaped, CARRIED_LIMIT)):
        if size > limit:
            raise RefusedError("document-too-large", source=document.source, size=size, limit=limit)
    return content


def _child(parent: _Element, tag: str, **attributes: str) -> _Element:
    from lxml import etree

    return etree.SubElement(parent, f"{{{_NAMESPACE}}}{tag}", attributes)


def _write_terms(root: _Element, terms: ProductTerms) -> None:
    element = _child(root, "Product", name=terms.product)
    if terms.allocation is not None:
        _child(element, "Allocation", quantity=str(terms.allocation))
        return
    for term in sorted(terms.licenses, key=lambda term: (term.issuer, term.serial)):
        license_element = _child(
            element,
            "ProductLicense",
            issuer=term.issuer,
            serial=term.serial,
            quantity=str(term.quantity),
            kind=term.kind.value,
            validFrom=term.valid_from.isoformat(),
        )
        if term.valid_until is not None:
            license_element.set("validUntil", term.valid_until.isoformat())
    _child(element, "DistributedToRelays", quantity=str(terms.distributed))


def read_license_xml(content: bytes, *, file: str = _KIND) -> LicenseDocument:
    """Raises LicenseFileError: `too-large`, `bad-encoding`, `doctype-forbidden`, `schema`."""
    root = parse_signed(content, file=file, schema="License.xsd", kind=_KIND, limit=LICENSE_LIMIT)
    try:
        _check_names(root)
        return _read_document(root)
    except RefusedError as error:
        raise LicenseFileError("schema", file=file, kind=_KIND, reason=error.message) from error
    except ValueError as error:  # a day or moment that has the form but does not exist
        raise LicenseFileError("schema", file=file, kind=_KIND, reason=str(error)) from error


def _check_names(root: _Element) -> None:
    """No text with characters that do not show, or in another form than NFC: one name, one spelling."""
    for element in root.iter():
        for value in _attributes(element).values():
            if clean_text(value) != value:
                raise ValueError(f"{value!a} is not in the normal form NFC")


def _attributes(element: _Element) -> dict[str, str]:
    return {str(name): str(value) for name, value in element.attrib.items()}


def _read_document(root: _Element) -> LicenseDocument:
    own = _attributes(root)
    source, *products = root
    named = _attributes(source)
    parse_stamp(own["uploadedAt"])
    return LicenseDocument(
        deployment=own["deployment"],
        version=int(own["version"]),
        uploaded_at=own["uploadedAt"],
        source_id=named["id"],
        source=named["hostName"],
        products=tuple(_read_terms(element) for element in products),
    )


def _read_terms(element: _Element) -> ProductTerms:
    product = _attributes(element)["name"]
    *licenses, last = element
    quantity = int(_attributes(last)["quantity"])
    if last.tag == f"{{{_NAMESPACE}}}Allocation":
        return ProductTerms(product, allocation=quantity)
    terms = tuple(_read_term(_attributes(license_element)) for license_element in licenses)
    return ProductTerms(product, licenses=terms, distributed=quantity)


def _read_term(attributes: dict[str, str]) -> LicenseTerm:
    until = attributes.get("validUntil")
    return LicenseTerm(
        serial=attributes["serial"],
        issuer=attributes["issuer"],
        quantity=int(attributes["quantity"]),
        kind=Kind(attributes["kind"]),
        valid_from=date.fromisoformat(attributes["validFrom"]),
        valid_until=None if until is None else date.fromisoformat(until),
    )
