"""Documents: whose are issued anew by which action, their numbers, and their bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from licensedesk.core.allocations import allocate
from licensedesk.core.backup import renumber
from licensedesk.core.distribution.distributor import Distributor
from licensedesk.core.distribution.ledger_store import version_of
from licensedesk.core.distribution.stamps import TICK
from licensedesk.core.distribution.uploads import issue_missing, range_terms, read_stamps
from licensedesk.core.documents.license_xml import LicenseDocument, read_license_xml, write_license_xml
from licensedesk.core.licenses import deregister
from licensedesk.core.options import set_option
from licensedesk.core.removal import remove_server
from licensedesk.core.servers import add_server, move_server, rename_server, suspend_server
from licensedesk.core.site import site_version
from licensedesk.core.store.facts import read_holdings
from licensedesk.core.types import Option, Role, parse_stamp
from tests.core.distribution.desk import Desk
from tests.core.example import AT, BY, OTHER, PRODUCT, Example, refused, states_read


def versions(example: Example) -> dict[str, int]:
    """The document version of each range, by the host name of its source."""
    rows = example.store.rows(
        "SELECT s.host_name, d.version FROM document d JOIN server s ON s.id = d.source_id"
    )
    return dict(rows)


@contextmanager
def reissued(example: Example, sources: str, *, version: int = 1) -> Iterator[None]:
    """Exactly the documents of these ranges are issued anew, at the version that the counter has then."""
    before, counter = versions(example), site_version(example.store)
    yield
    assert site_version(example.store) == counter + version
    after = versions(example)
    assert {name for name in after if after[name] != before.get(name)} == set(sources)
    assert all(after[name] == counter + version for name in sources)
    holdings = read_holdings(example.store)
    assert set(after) == {source.host_name for source in holdings.sources}
    for source in holdings.sources:
        content = example.store.value("SELECT content FROM document WHERE source_id = ?", (source.id,))
        document = read_license_xml(content)
        assert (document.source, document.version) == (source.host_name, after[source.host_name])
        assert document.products == range_terms(holdings, source)


def test_an_allocation_touches_its_two_ranges(example: Example) -> None:
    with reissued(example, "ad"):
        allocate(example.store, product=PRODUCT, quantities={example.id("d"): 11}, by=BY, at=AT)


def test_an_allocation_of_another_product_touches_its_two_ranges(example: Example) -> None:
    example.register("O-1", 50, product=OTHER)
    with reissued(example, "ac"):
        allocate(example.store, product=OTHER, quantities={example.id("c"): 1}, by=BY, at=AT)


def test_a_registration_touches_the_range_of_its_server(example: Example) -> None:
    with reissued(example, "a"):
        example.register("A-7", 7)


def test_a_deregistration_touches_the_range_of_its_server(example: Example) -> None:
    example.register("A-7", 7)
    with reissued(example, "a"):
        deregister(example.store, issuer=example.issuer.name, serial="A-7", by=BY, at=AT, confirmed=True)


@pytest.mark.parametrize(
    ("act", "touched"),
    [
        pytest.param(
            lambda e: set_option(
                e.store, server=e.id("e"), option=Option.DISTRIBUTION, quantities={}, by=BY, at=AT
            ),
            "e",
            id="a range of its own",
        ),
        pytest.param(
            lambda e: set_option(
                e.store, server=e.id("d"), option=Option.NONE, quantities={}, by=BY, at=AT, confirmed=True
            ),
            "a",
            id="a range dissolved",
        ),
        pytest.param(
            lambda e: remove_server(
                e.store, server=e.id("d"), children_to=None, nodes_to=None, by=BY, at=AT, confirmed=True
            ),
            "a",
            id="a holder removed",
        ),
        pytest.param(
            lambda e: remove_server(
                e.store, server=e.id("e"), children_to=None, nodes_to=None, by=BY, at=AT, confirmed=True
            ),
            "",
            id="a member removed",
        ),
        pytest.param(
            lambda e: add_server(e.store, host_name="m", under=e.id("d"), role=Role.MANAGED, by=BY, at=AT),
            "",
            id="a server added",
        ),
        pytest.param(
            lambda e: move_server(e.store, server=e.id("e"), under=e.id("d"), by=BY, at=AT, confirmed=True),
            "",
            id="a server moved",
        ),
        pytest.param(
            lambda e: rename_server(e.store, server=e.id("d"), host_name="z", by=BY, at=AT),
            "z",
            id="a holder renamed",
        ),
    ],
)
def test_what_an_action_issues_anew(example: Example, act: Callable[[Example], object], touched: str) -> None:
    with reissued(example, touched):
        act(example)


def test_what_changes_nothing_takes_no_number(example: Example) -> None:
    with reissued(example, "", version=0):
        rename_server(example.store, server=example.id("e"), host_name="f", by=BY, at=AT)
        suspend_server(example.store, server=example.id("d"), suspended=True, by=BY, at=AT)


def test_renumbering_issues_all_anew(example: Example) -> None:
    with reissued(example, "acd", version=1_000_000):
        renumber(example.store, by=BY, at=AT)


def test_the_upload_stamp_rises_whatever_the_clock_says(example: Example) -> None:
    before = read_stamps(example.store).uploaded_at
    assert before is not None
    example.register("A-7", 7)
    assert read_stamps(example.store).uploaded_at == max(AT, before + TICK)
    allocate(
        example.store,
        product=PRODUCT,
        quantities={example.id("d"): 11},
        by=BY,
        at=AT - timedelta(days=100),
    )
    after = read_stamps(example.store).uploaded_at
    assert after == max(AT, before + TICK) + TICK
    content = example.store.value("SELECT content FROM document WHERE source_id = ?", (example.id("d"),))
    assert parse_stamp(read_license_xml(content).uploaded_at) == after


def test_the_same_content_has_the_same_bytes(example: Example) -> None:
    for serial in ("A-9", "A-8", "A-7"):
        example.register(serial, 1)
        example.register(f"{serial}-other", 1, product=OTHER)
    content = bytes(
        example.store.value("SELECT content FROM document WHERE source_id = ?", (example.id("a"),))
    )
    document = read_license_xml(content)
    turned = tuple(reversed(document.products))
    again = LicenseDocument(
        document.deployment,
        document.version,
        document.uploaded_at,
        document.source_id,
        document.source,
        turned,
    )
    assert write_license_xml(document) == write_license_xml(again) == content


def test_a_document_that_is_too_large_refuses_the_action(
    example: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    example.register("A-7", 7)
    content = example.store.value("SELECT content FROM document WHERE source_id = ?", (example.id("a"),))
    size, limit = len(content), len(content) - 1
    deregister(example.store, issuer=example.issuer.name, serial="A-7", by=BY, at=AT, confirmed=True)
    monkeypatch.setattr("licensedesk.core.documents.license_xml.LICENSE_LIMIT", limit)
    with refused(example.site, "document-too-large", source="a", size=size, limit=limit):
        example.register("A-7", 7)


def test_a_document_that_was_replaced_is_still_known_by_its_digest(example: Example) -> None:
    """So that the ledger can say which version a server holds that is not current."""
    held = {}
    for quantity in (11, 12, 13):
        allocate(example.store, product=PRODUCT, quantities={example.id("d"): quantity}, by=BY, at=AT)
        [(digest, version)] = example.store.rows(
            "SELECT digest, version FROM document WHERE source_id = ?", (example.id("d"),)
        )
        held[digest] = version
    assert len(held) == 3
    assert {digest: version_of(example.store, digest) for digest in held} == held
    assert version_of(example.store, "0" * 64) is None


def test_the_missing_documents_are_issued_in_one_transaction(example: Example) -> None:
    example.store.run("DELETE FROM document WHERE source_id = ?", (example.id("d"),))
    with states_read(example.store) as taken:
        issue_missing(example.store, at=AT)
    assert [one for one in taken if not one.startswith(("SELECT", "BEGIN DEFERRED"))] == ["BEGIN IMMEDIATE"]
    assert set(versions(example)) == {"a", "c", "d"}
    with states_read(example.store) as taken:
        issue_missing(example.store, at=AT)
    assert "BEGIN IMMEDIATE" not in taken


def test_the_documents_of_an_older_site_are_issued_at_the_first_start(desk: Desk) -> None:
    desk.store.run("DELETE FROM document")
    desk.store.run("DELETE FROM document_digest")
    desk.store.run("DELETE FROM bplicense")
    version = site_version(desk.store)
    desk.invite("d")
    assert desk.line("d").desired_version is None
    distributor: Distributor = desk.open()
    assert versions(desk.example) == {"a": version + 1, "c": version + 1, "d": version + 1}
    assert read_stamps(desk.store).due
    assert desk.line("d").desired_version == version + 1
    desk.all_current(distributor)
    distributor.close()
    desk.open().close()
    assert site_version(desk.store) == version + 1
