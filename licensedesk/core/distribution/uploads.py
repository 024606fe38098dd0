"""What servers should hold has changed: next version, documents of the touched ranges, upload stamp.

One function, called by every action inside its transaction. Source: 3-protocol.md, License.xml.
"""

from __future__ import annotations

from datetime import datetime

from licensedesk.core.distribution.stamps import KEY, Stamps, upload_stamp
from licensedesk.core.files import sha256
from licensedesk.core.holdings import Holdings
from licensedesk.core.store.database import Store
from licensedesk.core.store.facts import read_holdings
from licensedesk.core.terms import ProductTerms
from licensedesk.core.tree import ServerFact
from licensedesk.core.types import ServerId, parse_stamp, stamp


def record_upload(
    store: Store, *, before: Holdings | None, after: Holdings, at: datetime, skip: int = 1
) -> int:
    """Take the next number, issue the documents whose terms changed, set BPLICENSE; the new version.

    `before` None issues all documents anew. `skip` is by how much the counter rises: more than 1 only
    where numbers may have been used that this database does not know of (restore, renumber).
    Raises RefusedError `document-too-large`.
    """
    store.run("UPDATE site SET version = version + ?", (skip,))
    version: int = store.value("SELECT version FROM site")
    uploaded_at = stamp(upload_stamp(read_stamps(store), at=at))
    store.run(
        "INSERT INTO bplicense (id, uploaded_at) VALUES (1, ?)"
        " ON CONFLICT (id) DO UPDATE SET uploaded_at = excluded.uploaded_at",
        (uploaded_at,),
    )
    _issue_changed(store, before, after, version=version, issued_at=uploaded_at)
    return version


def issue_missing(store: Store, *, at: datetime) -> None:
    """Issue the documents of a site from before there were any: as an upload, at the next version."""
    holdings = read_holdings(store)
    issued = {source for (source,) in store.rows("SELECT source_id FROM document")}
    if not {source.id for source in holdings.sources} <= issued:
        with store.writing():
            holdings = read_holdings(store)
            record_upload(store, before=holdings, after=holdings, at=at)


def read_stamps(store: Store) -> Stamps:
    uploaded = store.value("SELECT uploaded_at FROM bplicense")
    distributed = store.value("SELECT value FROM bpconfig WHERE key = ?", (KEY,))
    return Stamps(
        parse_stamp(uploaded) if uploaded else None, parse_stamp(distributed) if distributed else None
    )


def _issue_changed(
    store: Store, before: Holdings | None, after: Holdings, *, version: int, issued_at: str
) -> None:
    issued = {source for (source,) in store.rows("SELECT source_id FROM document")}
    sources = {source.id: source for source in after.sources}
    for gone in issued - sources.keys():
        store.run("DELETE FROM document WHERE source_id = ?", (gone,))
    old = {} if before is None else _contents(before)
    for source, content in _contents(after).items():
        if source not in issued or old.get(source) != content:
            _issue(store, sources[source], content[1], version=version, issued_at=issued_at)


Content = tuple[str, tuple[ProductTerms, ...]]
"""What a document says beside its numbers: the source's host name, and the terms by product."""


def _contents(holdings: Holdings) -> dict[ServerId, Content]:
    return {source.id: (source.host_name, range_terms(holdings, source)) for source in holdings.sources}


def range_terms(holdings: Holdings, source: ServerFact) -> tuple[ProductTerms, ...]:
    """The terms of every product of which the range holds, or has distributed, anything."""
    terms = (holdings.terms(source, product) for product in holdings.products_at(source.id))
    return tuple(sorted(terms, key=lambda found: found.product))


def _issue(
    store: Store, source: ServerFact, terms: tuple[ProductTerms, ...], *, version: int, issued_at: str
) -> None:
    # lxml is imported only where a document is written.
    from licensedesk.core.documents.license_xml import LicenseDocument, write_license_xml

    deployment = store.value("SELECT deployment FROM site")
    document = LicenseDocument(deployment, version, issued_at, source.id, source.host_name, terms)
    content = write_license_xml(document)
    digest = sha256(content)
    store.run(
        "INSERT INTO document (source_id, version, issued_at, digest, content) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (source_id) DO UPDATE SET version = excluded.version,"
        " issued_at = excluded.issued_at, digest = excluded.digest, content = excluded.content",
        (source.id, version, issued_at, digest, content),
    )
    store.run(
        "INSERT INTO document_digest (digest, version, source_host_name) VALUES (?, ?, ?)"
        " ON CONFLICT (digest) DO NOTHING",
        (digest, version, source.host_name),
    )
