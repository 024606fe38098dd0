"""The sample site has the figures of the design's picture, whenever it is made."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from licensedesk.core import audit
from licensedesk.core.errors import LicenseDeskError
from licensedesk.core.issuers import trusted_issuers
from licensedesk.core.licenses import register_files
from licensedesk.core.nodes.counts import recount
from licensedesk.core.ranges import range_rows
from licensedesk.core.sample import FILES, PASSPHRASE, PRODUCT, build_sample, month_end, offers
from licensedesk.core.sample_nodes import found_by
from licensedesk.core.site_key import unlock
from licensedesk.core.store.facts import read_holdings
from licensedesk.core.types import Actor, stamp, utc_day

BY = Actor(name="admin")
DAYS = [
    datetime(2026, 11, 21, 9, 14, tzinfo=UTC),
    datetime(2027, 1, 1, 0, 0, tzinfo=UTC),
    datetime(2028, 2, 29, 23, 59, tzinfo=UTC),
    datetime(2030, 12, 31, 12, 0, tzinfo=UTC),
]


@pytest.mark.parametrize("at", DAYS, ids=str)
def test_the_sample_has_the_figures_of_the_picture(tmp_path: Path, at: datetime) -> None:
    site = build_sample(tmp_path / "sample", by=BY, at=at)
    holdings = read_holdings(site.store)
    rows = range_rows(holdings, on=utc_day(at), product=PRODUCT)
    figures = [(row.source.host_name, row.held, row.used, row.waiting, row.to_buy) for row in rows]
    assert figures == [
        ("a.example.com", 100, 84, 3, 0),
        ("c.example.com", 40, 38, 0, 0),
        ("d.example.com", 10, 12, 5, 7),
    ]
    assert rows[0].earliest_expiry == month_end(utc_day(at), months=4)
    assert recount(site.store) == {}
    assert audit.verify(site.store).intact
    assert max(entry.at for entry in audit.entries(site.store, limit=100)) <= stamp(at)
    assert unlock(site, PASSPHRASE).key.key_id
    nodes = dict(site.store.rows("SELECT state, sum(nodes) FROM node_count GROUP BY state"))
    assert nodes == {"managed": 185, "discovered": 21, "excluded": 14}
    site.close()


def test_its_files_can_be_tried(tmp_path: Path) -> None:
    at = DAYS[0]
    site = build_sample(tmp_path / "sample", by=BY, at=at)
    files = sorted((site.folder / FILES).glob("*.lic"))
    results = register_files(
        site.store,
        files,
        server=read_holdings(site.store).tree.primary.id,
        trusted=trusted_issuers(site.store),
        by=BY,
        at=at,
    )
    codes = {Path(result.file).stem: result.error.code if result.error else None for result in results}
    assert codes == {
        offer.serial: "duplicate-license" if offer.registered else None for offer in offers(on=utc_day(at))
    } | {"AM-2002-expired": "expired"}
    site.close()


def test_every_scan_finds_the_same_devices() -> None:
    products = ("One", "Two")
    first, again = found_by("a", products=products), found_by("a", products=products, again=True)
    assert found_by("a", products=products) == first
    assert set(again) < set(first)
    assert len({device.inventory_id for device in first if device.inventory_id}) == 79


@pytest.mark.parametrize(
    ("day", "end"),
    [
        (date(2026, 11, 21), date(2027, 3, 31)),
        (date(2026, 10, 31), date(2027, 2, 28)),
        (date(2027, 8, 1), date(2027, 12, 31)),
        (date(2027, 9, 1), date(2028, 1, 31)),
    ],
)
def test_the_end_of_a_month(day: date, end: date) -> None:
    assert month_end(day, months=4) == end


def test_what_is_in_the_folder_stays(tmp_path: Path) -> None:
    (tmp_path / "sample").mkdir()
    (tmp_path / "sample" / "mine").write_text("mine")
    with pytest.raises(LicenseDeskError, match="site-exists"):
        build_sample(tmp_path / "sample", by=BY, at=DAYS[0])
    assert [path.name for path in tmp_path.rglob("*")] == ["sample", "mine"]
