"""What explains a range adds up to what is counted, on every day."""

from __future__ import annotations

from datetime import date

import pytest

from licensedesk.core.errors import RefusedError
from licensedesk.core.explain import Explanation, explain
from licensedesk.core.ranges import range_rows
from licensedesk.core.store.facts import read_holdings
from licensedesk.core.types import Day, ServerId
from tests.core.example import ON, OTHER, PRODUCT, Example


def explained(example: Example, host: str, *, on: Day = ON, product: str = PRODUCT) -> Explanation:
    return explain(read_holdings(example.store), source=example.id(host), product=product, on=on)


@pytest.mark.parametrize("on", [ON, date(2027, 3, 31), date(2027, 4, 1)])
def test_the_terms_add_up_to_every_figure(example: Example, on: Day) -> None:
    example.register("A-5", 5, last=date(2027, 3, 31))
    example.add_nodes("b", managed=4, discovered=2)
    example.add_nodes("a", managed=1)
    example.add_nodes("d", managed=12, discovered=5)
    holdings = read_holdings(example.store)
    rows = range_rows(holdings, on=on)
    assert len(rows) == 6
    for row in rows:
        found = explain(holdings, source=row.source.id, product=row.product, on=on)
        valid = sum(term.quantity for term in found.licenses if term.valid(on))
        distributed = sum(share.quantity for share in found.distributed)
        held = valid - distributed if found.allocation is None else found.allocation
        assert held == row.held
        assert sum(share.quantity for share in found.managed) == row.used
        assert sum(share.quantity for share in found.discovered) == row.waiting


def test_the_primarys_terms_are_its_licenses_less_what_it_distributed(example: Example) -> None:
    found = explained(example, "a")
    assert [(term.serial, term.quantity) for term in found.licenses] == [("A-150", 150)]
    assert {share.host_name: share.quantity for share in found.distributed} == {"c": 40, "d": 10}
    assert found.allocation is None


def test_an_allocation_is_the_only_term_of_a_relay_that_has_one(example: Example) -> None:
    found = explained(example, "d")
    assert (found.allocation, found.licenses, found.distributed) == (10, (), ())


def test_of_another_product_nothing_is_explained_away(example: Example) -> None:
    found = explained(example, "a", product=OTHER)
    assert found.as_json() == {
        "licenses": [],
        "distributed": [],
        "allocation": None,
        "managed": [],
        "discovered": [],
    }


def test_an_expired_license_is_shown_and_does_not_count(example: Example) -> None:
    example.register("A-5", 5, last=date(2027, 3, 31))
    licenses = explained(example, "a", on=date(2027, 4, 1)).as_json()["licenses"]
    assert [(one["serial"], one["valid_until"], one["counts"]) for one in licenses] == [
        ("A-150", None, True),
        ("A-5", "2027-03-31", False),
    ]


def test_an_unknown_server_has_no_terms(example: Example) -> None:
    with pytest.raises(RefusedError, match="unknown-server"):
        explain(read_holdings(example.store), source=ServerId("0" * 16), product=PRODUCT, on=ON)
