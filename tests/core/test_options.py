"""The license holding option of a relay: exactly one, and what stands against a change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from licensedesk.core import audit
from licensedesk.core.changes import Changes
from licensedesk.core.licenses import deregister
from licensedesk.core.options import set_option
from licensedesk.core.servers import add_server
from licensedesk.core.site import site_version
from licensedesk.core.types import Actor, Option, Role
from tests.core.example import AT, BY, OTHER, PRODUCT, Example, refused

NONE, DISTRIBUTION, REGISTRATION = Option.NONE, Option.DISTRIBUTION, Option.REGISTRATION


def give(
    example: Example, server: str, option: Option, quantities: Mapping[str, int] | None = None, **given: Any
) -> Changes:
    return set_option(
        example.store,
        server=example.id(server),
        option=option,
        quantities=quantities or {},
        **{"by": BY, "at": AT, **given},
    )


def allocations(example: Example) -> dict[tuple[str, str], int]:
    rows = example.store.rows(
        "SELECT s.host_name, p.name, a.quantity FROM allocation a JOIN server s ON s.id = a.server_id"
        " JOIN product p ON p.id = a.product_id"
    )
    return {(server, product): quantity for server, product, quantity in rows}


@pytest.mark.parametrize("option", Option)
def test_only_relays_have_an_option(example: Example, option: Option) -> None:
    add_server(example.store, host_name="m", under=example.id("d"), role=Role.MANAGED, by=BY, at=AT)
    with refused(example.site, "is-primary", server="a"):
        give(example, "a", option)
    with refused(example.site, "not-a-relay", server="m", role="managed"):
        give(example, "m", option)


def test_the_first_quantities_are_part_of_the_step(example: Example) -> None:
    example.register("P-50", 50, product=OTHER)
    version = site_version(example.store)
    done = give(example, "b", DISTRIBUTION, {PRODUCT: 30, OTHER: 20})
    assert allocations(example) == {
        ("b", PRODUCT): 30,
        ("b", OTHER): 20,
        ("c", PRODUCT): 40,
        ("d", PRODUCT): 10,
    }
    assert example.held() == {"a": 70, "b": 30, "d": 10, "ce": 40}
    assert done.version == version + 1, "one step, one version"
    entry = audit.entries(example.store, limit=1)[0]
    assert (entry.action, entry.subject) == ("option", "b")
    assert entry.before == {"option": "none"}
    assert entry.after == {"option": "distribution", PRODUCT: 30, OTHER: 20}


def test_one_quantity_too_many_undoes_the_whole_step(example: Example) -> None:
    with refused(example.site, "exceeds-undistributed", product=OTHER, requested=1, maximum=0, total=0):
        give(example, "b", DISTRIBUTION, {PRODUCT: 30, OTHER: 1})


@pytest.mark.parametrize("option", [NONE, REGISTRATION])
def test_quantities_go_with_distribution_only(example: Example, option: Option) -> None:
    figures = {"server": "d", "option": option.value, "needed": "distribution"}
    with refused(example.site, "option-conflict", **figures):
        give(example, "d", option, {PRODUCT: 5})


@pytest.mark.parametrize("quantity", [-1, 1_000_000_000, 10**30, 1.5, "7", True, None])
def test_quantities_that_are_none(example: Example, quantity: Any) -> None:
    with refused(example.site, "invalid-quantity", quantity=quantity):
        give(example, "b", DISTRIBUTION, {PRODUCT: quantity})


def test_an_unknown_product(example: Example) -> None:
    with refused(example.site, "unknown-product", product="Nothing"):
        give(example, "b", DISTRIBUTION, {"Nothing": 5})


@pytest.mark.parametrize("option", [NONE, DISTRIBUTION])
def test_license_registration_is_left_only_without_registered_licenses(
    example: Example, option: Option
) -> None:
    give(example, "e", REGISTRATION)
    example.register("R-1", 5, on="e")
    example.register("R-2", 5, on="e", first=AT.date().replace(year=2030))
    with refused(example.site, "has-licenses", server="e", count=2):
        give(example, "e", option)
    give(example, "e", REGISTRATION)  # it has it already: nothing to refuse
    deregister(example.store, issuer="Acme", serial="R-1", by=BY, at=AT)
    with refused(example.site, "has-licenses", server="e", count=1):
        give(example, "e", option)
    deregister(example.store, issuer="Acme", serial="R-2", by=BY, at=AT)
    give(example, "e", option)


@pytest.mark.parametrize("option", [NONE, REGISTRATION])
def test_what_was_distributed_returns_to_the_primary(example: Example, option: Option) -> None:
    give(example, "c", option)
    assert allocations(example) == {("d", PRODUCT): 10}
    # Given again, it begins with nothing.
    give(example, "c", DISTRIBUTION)
    assert example.held() == {"ab": 140, "d": 10, "ce": 0}


def test_over_distributed_licenses_return_too(example: Example) -> None:
    deregister(example.store, issuer="Acme", serial="A-150", by=BY, at=AT, confirmed=True)
    give(example, "c", NONE)
    assert example.held() == {"abce": -10, "d": 10}


def test_a_range_that_would_be_short_needs_a_confirmation(example: Example) -> None:
    example.add_nodes("b", managed=40)
    preview = give(example, "b", DISTRIBUTION, {PRODUCT: 39}, preview=True)
    changes = [change.as_json() for change in preview.ranges]
    assert [(one.code, one.figures) for one in preview.warnings] == [
        ("range-short", {"source": "b", "product": PRODUCT, "shortage": 1})
    ]
    with refused(example.site, "needs-confirmation", count=1, ranges=["b"], changes=changes):
        give(example, "b", DISTRIBUTION, {PRODUCT: 39})
    assert give(example, "b", DISTRIBUTION, {PRODUCT: 40}).warnings == ()
    give(example, "b", DISTRIBUTION, {PRODUCT: 39}, confirmed=True)
    assert example.remaining() == {"a": 61, "b": -1, "d": 10, "ce": 40}


def test_the_same_option_again_changes_nothing_that_servers_hold(example: Example) -> None:
    version = site_version(example.store)
    assert give(example, "c", DISTRIBUTION).version is None
    assert give(example, "b", NONE).version is None
    assert give(example, "c", DISTRIBUTION, {PRODUCT: 40}).version is None
    assert site_version(example.store) == version
    assert give(example, "c", DISTRIBUTION, {PRODUCT: 41}).version == version + 1


def test_only_the_primarys_administrator_sets_options(example: Example) -> None:
    with refused(example.site, "out-of-scope", local="c", subject="e"):
        give(example, "e", REGISTRATION, by=Actor(name="carl", server=example.id("c")))
