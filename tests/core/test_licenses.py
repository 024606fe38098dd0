"""Registering license keys, alone and as files, listing them, and taking them out of use."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from licensedesk.core import audit, events
from licensedesk.core.changes import Changes
from licensedesk.core.errors import SurroundingsError
from licensedesk.core.issuers import add_issuer, remove_issuer, trusted_issuers
from licensedesk.core.license_list import list_licenses
from licensedesk.core.licenses import (
    FileResult,
    deregister,
    register,
    register_files,
    registering_servers,
)
from licensedesk.core.options import set_option
from licensedesk.core.removal import remove_server
from licensedesk.core.servers import add_server
from licensedesk.core.site import site_version
from licensedesk.core.types import Actor, Kind, Option, Role, ServerId, stamp
from tests.core.example import (
    AT,
    BY,
    ON,
    OTHER,
    PRODUCT,
    Example,
    SampleIssuer,
    dump,
    files,
    refused,
    states_read,
)

DAY = timedelta(1)


def give_option(example: Example, server: str, option: Option) -> None:
    set_option(example.store, server=example.id(server), option=option, quantities={}, by=BY, at=AT)


def drop(example: Example, serial: str, **given: Any) -> Changes:
    return deregister(example.store, issuer="Acme", serial=serial, **{"by": BY, "at": AT, **given})


def register_all(
    example: Example, folder: Path, contents: Sequence[bytes], *, on: str = "a", only_check: bool = False
) -> list[FileResult]:
    paths = []
    for number, content in enumerate(contents):
        paths.append(folder / f"{number}.lic")
        paths[-1].write_bytes(content)
    return register_files(
        example.store,
        paths,
        server=example.id(on),
        trusted=trusted_issuers(example.store),
        by=BY,
        at=AT,
        only_check=only_check,
    )


def outcomes(results: Sequence[FileResult]) -> list[str]:
    return [one.error.code if one.error else one.status for one in results]


# -- one key -----------------------------------------------------------------------------------------


def test_a_license_is_registered_with_its_original_bytes(example: Example) -> None:
    key = example.issuer.key("S-7", 25, last=ON + 30 * DAY)
    version = site_version(example.store)
    done = register(example.store, key, server=example.id("a"), by=BY, at=AT)
    assert done.licenses
    assert done.version == version + 1
    assert done.warnings == ()
    row = next(one for one in list_licenses(example.store, on=ON, by=BY) if one.serial == "S-7")
    assert (row.issuer, row.product, row.quantity, row.kind) == ("Acme", PRODUCT, 25, Kind.TERM)
    assert (row.valid_from, row.valid_until) == (date(2026, 1, 1), ON + 30 * DAY)
    assert (row.server, row.state) == ("a", "valid")
    assert (row.registered_at, row.registered_by) == ("2026-11-21T09:14:00.000000Z", BY.name)
    assert example.store.rows("SELECT original, payload_sha256 FROM license WHERE serial = 'S-7'") == [
        (key.original, key.payload_sha256)
    ]
    entry = audit.entries(example.store, limit=1)[0]
    assert (entry.action, entry.subject, entry.before) == ("license-register", "Acme S-7", {})
    assert entry.after == {
        "server": "a",
        "product": PRODUCT,
        "quantity": 25,
        "kind": "term",
        "valid_from": "2026-01-01",
        "valid_until": "2026-12-21",
        "sha256": key.payload_sha256,
    }


@pytest.mark.parametrize(
    ("server", "option"), [("b", "none"), ("c", "distribution"), ("d", "distribution"), ("e", "none")]
)
def test_no_relay_without_license_registration_registers(example: Example, server: str, option: str) -> None:
    key = example.issuer.key("S-1", 1)
    for preview in (True, False):
        with refused(example.site, "not-authorised-to-register", server=server, option=option):
            register(example.store, key, server=example.id(server), by=BY, at=AT, preview=preview)


def test_registering_on_a_server_that_is_not_there(example: Example) -> None:
    with refused(example.site, "unknown-server", server="0" * 16):
        register(example.store, example.issuer.key("S-1", 1), server=ServerId("0" * 16), by=BY, at=AT)


def test_an_expired_license_is_refused_and_the_last_day_is_inclusive(example: Example) -> None:
    example.register("TODAY", 1, last=ON)
    with refused(example.site, "expired", serial="GONE", issuer="Acme", valid_until="2026-11-20"):
        example.register("GONE", 1, last=ON - DAY)


def test_a_license_is_valid_on_its_first_day(example: Example) -> None:
    key = example.issuer.key("TODAY", 20, first=ON)
    done = register(example.store, key, server=example.id("a"), by=BY, at=AT)
    assert done.warnings == ()
    assert example.held()["ab"] == 120


def test_a_license_that_is_not_yet_valid_counts_from_its_day(example: Example) -> None:
    key = example.issuer.key("LATER", 20, first=ON + 3 * DAY, last=ON + 5 * DAY)
    done = register(example.store, key, server=example.id("a"), by=BY, at=AT)
    assert [(one.code, one.figures) for one in done.warnings] == [
        ("not-yet-valid", {"serial": "LATER", "valid_from": "2026-11-24"})
    ]
    assert done.ranges == ()
    held = {days: example.held(on=ON + days * DAY)["ab"] for days in (0, 2, 3, 5, 6)}
    assert held == {0: 100, 2: 100, 3: 120, 5: 120, 6: 100}
    states = {days: list_licenses(example.store, on=ON + days * DAY, by=BY)[1].state for days in (2, 3, 5, 6)}
    assert states == {2: "not-yet-valid", 3: "valid", 5: "valid", 6: "expired"}


@pytest.mark.parametrize("server", ["a", "e"])
def test_a_license_is_registered_once_wherever_it_is(example: Example, server: str) -> None:
    give_option(example, "b", Option.REGISTRATION)
    give_option(example, "e", Option.REGISTRATION)
    key = example.register("ONCE", 5, on="b")
    with refused(
        example.site,
        "duplicate-license",
        serial="ONCE",
        issuer="Acme",
        server="b",
        registered_at="2026-11-21T09:14:00.000000Z",
    ):
        register(example.store, key, server=example.id(server), by=BY, at=AT + DAY)


def test_the_same_serial_with_other_content_is_a_conflict_also_after_deregistration(
    example: Example,
) -> None:
    example.register("S", 5)
    other = example.issuer.key("S", 6)
    with refused(example.site, "conflicting-license", serial="S", issuer="Acme"):
        register(example.store, other, server=example.id("a"), by=BY, at=AT)
    drop(example, "S")
    with refused(example.site, "conflicting-license", serial="S", issuer="Acme"):
        register(example.store, other, server=example.id("a"), by=BY, at=AT)


def test_a_serial_is_used_up_though_the_server_it_was_registered_on_is_gone(example: Example) -> None:
    give_option(example, "e", Option.REGISTRATION)
    example.register("S", 5, on="e")
    drop(example, "S")
    remove_server(example.store, server=example.id("e"), children_to=None, nodes_to=None, by=BY, at=AT)
    with refused(example.site, "conflicting-license", serial="S", issuer="Acme"):
        example.register("S", 6)
    example.register("S", 5)


def test_a_deregistered_license_may_be_registered_again_anywhere(example: Example) -> None:
    give_option(example, "b", Option.REGISTRATION)
    key = example.register("S", 5)
    drop(example, "S", at=AT + DAY)
    register(example.store, key, server=example.id("b"), by=BY, at=AT + 2 * DAY)
    assert example.held() == {"a": 100, "b": 5, "d": 10, "ce": 40}
    drop(example, "S", at=AT + 3 * DAY, confirmed=True)
    register(example.store, key, server=example.id("a"), by=BY, at=AT + 4 * DAY)
    assert example.held() == {"a": 105, "b": 0, "d": 10, "ce": 40}
    rows = [one for one in list_licenses(example.store, on=ON, by=BY) if one.serial == "S"]
    assert [(one.server, one.state) for one in rows] == [
        ("a", "deregistered"),
        ("b", "deregistered"),
        ("a", "valid"),
    ]
    assert example.store.rows(
        "SELECT deregistered_at, deregistered_by FROM license WHERE serial = 'S' ORDER BY id"
    ) == [
        ("2026-11-22T09:14:00.000000Z", BY.name),
        ("2026-11-24T09:14:00.000000Z", BY.name),
        (None, None),
    ]


def test_the_same_serial_of_another_issuer_is_another_license(example: Example) -> None:
    beta = SampleIssuer(name="Beta")
    add_issuer(example.store, name="Beta", key=beta.signer.key, products=[PRODUCT], by=BY, at=AT)
    register(example.store, beta.key("A-150", 7), server=example.id("a"), by=BY, at=AT)
    assert example.held()["ab"] == 107
    drop(example, "A-150", confirmed=True)
    assert example.held()["ab"] == -43
    deregister(example.store, issuer="Beta", serial="A-150", by=BY, at=AT, confirmed=True)
    assert example.held()["ab"] == -50


def test_an_issuer_removed_after_its_file_was_verified(example: Example) -> None:
    beta = SampleIssuer(name="Beta")
    add_issuer(example.store, name="Beta", key=beta.signer.key, products=[PRODUCT], by=BY, at=AT)
    key = beta.key("S", 7)
    remove_issuer(example.store, name="Beta", by=BY, at=AT)
    with refused(example.site, "untrusted-issuer", issuer="Beta"):
        register(example.store, key, server=example.id("a"), by=BY, at=AT)


def test_another_key_under_the_name_of_the_issuer_whose_file_was_verified(example: Example) -> None:
    """As after a key was lost to somebody else: what was verified with it before counts no more."""
    lost, anew = SampleIssuer(name="Beta"), SampleIssuer(name="Beta")
    add_issuer(example.store, name="Beta", key=lost.signer.key, products=[PRODUCT], by=BY, at=AT)
    key = lost.key("S", 7)
    remove_issuer(example.store, name="Beta", by=BY, at=AT)
    add_issuer(example.store, name="Beta", key=anew.signer.key, products=[PRODUCT], by=BY, at=AT)
    with refused(example.site, "untrusted-issuer", issuer="Beta"):
        register(example.store, key, server=example.id("a"), by=BY, at=AT)
    register(example.store, anew.key("S", 7), server=example.id("a"), by=BY, at=AT)


def test_a_product_that_the_issuer_may_license_no_more(example: Example) -> None:
    beta = SampleIssuer(name="Beta")
    add_issuer(example.store, name="Beta", key=beta.signer.key, products=[PRODUCT, OTHER], by=BY, at=AT)
    key = beta.key("S", 7, product=OTHER)
    remove_issuer(example.store, name="Beta", by=BY, at=AT)
    add_issuer(example.store, name="Beta", key=beta.signer.key, products=[PRODUCT], by=BY, at=AT)
    with refused(example.site, "product-not-licensed-by-issuer", issuer="Beta", product=OTHER):
        register(example.store, key, server=example.id("a"), by=BY, at=AT)


def test_a_product_that_the_site_does_not_know(example: Example) -> None:
    stranger = SampleIssuer(products=frozenset({"Third"}), signer=example.issuer.signer)
    with refused(example.site, "product-not-licensed-by-issuer", issuer="Acme", product="Third"):
        register(example.store, stranger.key("S", 1, product="Third"), server=example.id("a"), by=BY, at=AT)


# -- deregistration ------------------------------------------------------------------------------------


def test_deregistration_keeps_the_record_and_is_audited(example: Example) -> None:
    example.register("S", 5)
    version = site_version(example.store)
    assert drop(example, "S").version == version + 1
    entry = audit.entries(example.store, limit=1)[0]
    assert (entry.action, entry.subject, entry.after) == ("license-deregister", "Acme S", {})
    assert entry.before == {"server": "a", "product": PRODUCT, "quantity": 5}
    assert example.held() == {"ab": 100, "d": 10, "ce": 40}


@pytest.mark.parametrize(
    ("vendor", "serial"),
    [("Acme", "X"), ("acme", "A-150"), ("", ""), ("Acme", "A-150\x00"), ("Acme", "\udcff"), ("\udcff", "S")],
    ids=ascii,
)
def test_deregistering_what_is_not_registered(example: Example, vendor: str, serial: str) -> None:
    with refused(example.site, "unknown-license", issuer=vendor, serial=serial):
        deregister(example.store, issuer=vendor, serial=serial, by=BY, at=AT)


def test_deregistering_twice(example: Example) -> None:
    example.register("S", 5)
    drop(example, "S")
    with refused(example.site, "unknown-license", issuer="Acme", serial="S"):
        drop(example, "S")


def test_a_deregistration_that_leaves_a_range_short_needs_a_confirmation(example: Example) -> None:
    example.register("S", 5)
    example.add_nodes("b", managed=101)
    preview = drop(example, "S", preview=True)
    changes = [change.as_json() for change in preview.ranges]
    with refused(example.site, "needs-confirmation", count=1, ranges=["a"], changes=changes):
        drop(example, "S")
    assert drop(example, "S", confirmed=True).ranges == preview.ranges
    assert example.remaining() == {"ab": -1, "d": 10, "ce": 40}


# -- who sees and may ----------------------------------------------------------------------------------


def test_a_holder_sees_registers_and_deregisters_only_in_its_own_range(example: Example) -> None:
    give_option(example, "b", Option.REGISTRATION)
    give_option(example, "e", Option.REGISTRATION)
    bea = Actor(name="bea", server=example.id("b"))
    register(example.store, example.issuer.key("B", 3), server=example.id("b"), by=bea, at=AT)
    example.register("E", 4, on="e")
    assert [one.serial for one in list_licenses(example.store, on=ON, by=bea)] == ["B"]
    assert [one.serial for one in list_licenses(example.store, on=ON, by=BY)] == ["A-150", "B", "E"]
    for server in ("a", "e", "c"):
        with refused(example.site, "out-of-scope", local="b", subject=server):
            register(example.store, example.issuer.key("N", 1), server=example.id(server), by=bea, at=AT)
    with refused(example.site, "out-of-scope", local="b", subject="e"):
        drop(example, "E", by=bea)
    drop(example, "B", by=bea)
    assert [(one.serial, one.state) for one in list_licenses(example.store, on=ON, by=bea)] == [
        ("B", "deregistered")
    ]


def test_what_was_registered_on_a_relay_is_seen_by_the_holder_above_it(example: Example) -> None:
    give_option(example, "e", Option.REGISTRATION)
    example.register("E", 4, on="e")
    drop(example, "E")
    give_option(example, "e", Option.NONE)
    carl = Actor(name="carl", server=example.id("c"))
    assert [one.serial for one in list_licenses(example.store, on=ON, by=carl)] == ["E"]


def test_what_was_registered_on_a_relay_that_is_gone_is_the_primarys_to_see(example: Example) -> None:
    give_option(example, "e", Option.REGISTRATION)
    example.register("E", 4, on="e")
    drop(example, "E")
    remove_server(example.store, server=example.id("e"), children_to=None, nodes_to=None, by=BY, at=AT)
    carl = Actor(name="carl", server=example.id("c"))
    assert list_licenses(example.store, on=ON, by=carl) == []
    assert [one.serial for one in list_licenses(example.store, on=ON, by=BY)] == ["A-150", "E"]


def test_where_licenses_may_be_registered(example: Example) -> None:
    add_server(example.store, host_name="m", under=example.id("e"), role=Role.MANAGED, by=BY, at=AT)
    give_option(example, "b", Option.REGISTRATION)
    give_option(example, "e", Option.REGISTRATION)
    found = {
        host_name: [server.host_name for server in registering_servers(example.store, by=actor)]
        for host_name in "abc"
        for actor in [Actor(name="x", server=example.id(host_name))]
    }
    assert found == {"a": ["a", "b", "e"], "b": ["b"], "c": []}


def test_a_license_that_no_action_could_have_written(example: Example) -> None:
    example.store.rows("PRAGMA ignore_check_constraints = 1")
    example.store.run("UPDATE license SET valid_from = 'yesterday'")
    with pytest.raises(SurroundingsError) as raised:
        list_licenses(example.store, on=ON, by=BY)
    assert raised.value.code == "damaged-database"
    assert raised.value.figures["reason"] == "the list of licenses cannot be read"


# -- files -----------------------------------------------------------------------------------------------


def test_many_files_one_result_each_and_the_good_ones_are_registered(
    example: Example, tmp_path: Path
) -> None:
    issuer = example.issuer
    stranger = SampleIssuer(name="Stranger")
    good, other = issuer.file("F-1", 1), issuer.file("F-2", 2, product=OTHER)
    results = register_all(
        example,
        tmp_path,
        [
            good,
            b"",
            issuer.file("F-3", 3, last=ON - DAY),
            stranger.file("F-4", 4),
            other,
            good,
            issuer.file("F-1", 9),
            issuer.file("A-150", 150),
        ],
    )
    assert outcomes(results) == [
        "registered",
        "not-a-license-key",
        "expired",
        "untrusted-issuer",
        "registered",
        "duplicate-license",
        "conflicting-license",
        "duplicate-license",
    ]
    assert [Path(one.file).name for one in results] == [f"{number}.lic" for number in range(8)]
    assert example.held()["ab"] == 101
    assert example.held(product=OTHER)["ab"] == 2
    expired = results[2].key
    assert expired is not None, "what was read is shown, though it is refused"
    assert expired.license.serial == "F-3"


def test_checking_says_what_registering_would_and_registers_nothing(example: Example, tmp_path: Path) -> None:
    issuer = example.issuer
    contents = [
        issuer.file("F-1", 1),
        issuer.file("F-1", 1),
        issuer.file("F-1", 2),
        issuer.file("A-150", 150),
        issuer.file("F-2", 1, last=ON - DAY),
        issuer.file("F-2", 1, last=ON - DAY),
        issuer.file("F-3", 1),
        issuer.file("A-150", 151),
    ]
    before = dump(example.store)
    checked = register_all(example, tmp_path, contents, only_check=True)
    assert dump(example.store) == before
    done = register_all(example, tmp_path, contents)
    assert outcomes(checked) == [
        "ok",
        "duplicate-license",
        "conflicting-license",
        "duplicate-license",
        "expired",
        "expired",
        "ok",
        "conflicting-license",
    ]
    assert {one.status for one in checked} == {"ok", "refused"}
    assert {one.status for one in done} == {"registered", "refused"}
    assert [one.replace("registered", "ok") for one in outcomes(done)] == outcomes(checked)
    assert [one.error.figures if one.error else None for one in checked] == [
        one.error.figures if one.error else None for one in done
    ]


def test_a_serial_with_other_content_is_an_event(example: Example, tmp_path: Path) -> None:
    contents = [example.issuer.file("A-150", 151), example.issuer.file("A-150", 150)]
    with states_read(example.store) as taken:
        register_all(example, tmp_path, contents)
    assert not [one for one in taken if one.startswith(("INSERT", "UPDATE"))], "begun and ended at once"
    (event,) = events.list_events(example.store, limit=10)
    assert (event.code, event.subject, event.at) == ("conflicting-license", "Acme A-150", stamp(AT))
    assert event.figures == {"issuer": "Acme", "serial": "A-150"}
    assert event.ended_at == stamp(AT), "of a moment"


def test_things_that_are_no_files(example: Example, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "big").write_bytes(b"x" * (1 << 20) + b"x")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    names = ["missing", "fifo", ".", "big", "link", "nul\x00name"]
    before, kept = dump(example.store), files(example.site.folder)
    results = register_files(
        example.store,
        [tmp_path / name for name in names],
        server=example.id("a"),
        trusted=trusted_issuers(example.store),
        by=BY,
        at=AT,
    )
    assert outcomes(results) == ["unreadable-file"] * 3 + ["too-large"] + ["unreadable-file"] * 2
    assert dump(example.store) == before
    assert files(example.site.folder) == kept


def test_files_are_registered_on_a_relay_too(example: Example, tmp_path: Path) -> None:
    give_option(example, "e", Option.REGISTRATION)
    results = register_all(example, tmp_path, [example.issuer.file("F", 6)], on="e")
    assert outcomes(results) == ["registered"]
    assert results[0].changes is not None
    assert [change.host_name for change in results[0].changes.ranges] == ["e"]
    assert outcomes(register_all(example, tmp_path, [example.issuer.file("G", 6)], on="d")) == [
        "not-authorised-to-register"
    ]
