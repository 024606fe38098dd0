"""The sample site, to look around in: the tree of 1-domain.md with licenses, nodes, and a short range.

It is made by the same actions as any site, some weeks of them, so that lists and logs have something true
to show. Its days are relative to `at`: it is as fresh in years to come.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from licensedesk.core.allocations import allocate
from licensedesk.core.errors import LicenseFileError, SurroundingsError
from licensedesk.core.files import is_empty, raise_disk_fault, resource, write_atomic
from licensedesk.core.issuers import add_issuer, trusted_issuers
from licensedesk.core.licenses import register
from licensedesk.core.nodes.filters import NodeFilter
from licensedesk.core.nodes.importing import import_devices
from licensedesk.core.nodes.judging import Act
from licensedesk.core.nodes.states import change_nodes
from licensedesk.core.options import set_option
from licensedesk.core.sample_nodes import NETWORKS, PRINTER, found_by
from licensedesk.core.servers import add_server
from licensedesk.core.site import NewSite, Site, create_site, open_site
from licensedesk.core.site_key import read_passphrase
from licensedesk.core.store.facts import read_tree
from licensedesk.core.types import Actor, Day, Kind, Option, Role, ServerId, utc_day

if TYPE_CHECKING:
    from licensedesk.core.documents.license_key import ProductLicense
    from licensedesk.core.trust import Signer

PASSPHRASE = b"sample"
"""Of the sample's signing key: nothing that it signs is trusted anywhere else."""
PRODUCT = "Desktop Manager"
SECOND_PRODUCT = "Asset Monitor"
ISSUER = "Example Software"
FILES = "files"
"""Folder in the site with what a newcomer may try: license key files, the issuer's public key."""
_PASSPHRASE_FILE = "passphrase"  # noqa: S105 - the name of a file

_SERVERS = (
    ("b", "a", Role.RELAY),
    ("c", "a", Role.RELAY),
    ("d", "b", Role.RELAY),
    ("e", "c", Role.RELAY),
    ("app-1", "a", Role.MANAGED),
    ("app-2", "c", Role.MANAGED),
    ("app-3", "d", Role.MANAGED),
)
_ALLOCATIONS = {PRODUCT: {"c": 40, "d": 10}, SECOND_PRODUCT: {"c": 20}}


@dataclass(frozen=True, slots=True)
class Offer:
    """A license key file of the sample: registered already, or left to be tried."""

    serial: str
    product: str
    quantity: int
    first: Day
    last: Day | None
    registered: bool


def host(name: str) -> str:
    return f"{name}.example.com"


def build_sample(folder: Path, *, by: Actor, at: datetime) -> Site:
    """Make the sample site in `folder`, whole or not at all; the site, open.

    Raises SurroundingsError: `site-exists`, `disk-full`, `unwritable`.
    """
    if not is_empty(folder):
        raise SurroundingsError("site-exists", path=str(folder))
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as building:
            _fill(Path(building, "site"), by=by, at=at)
            if folder.exists():
                folder.rmdir()
            Path(building, "site").rename(folder)
    except OSError as error:
        raise_disk_fault(error, folder)
    return open_site(folder)


def sample_passphrase(folder: Path) -> str | None:
    """Of the sample site in `folder`, where a newcomer finds it; None where the site is no sample."""
    try:
        return read_passphrase(folder / FILES / _PASSPHRASE_FILE).decode()
    except (LicenseFileError, UnicodeDecodeError):
        return None


def _fill(folder: Path, *, by: Actor, at: datetime) -> None:
    new = NewSite("Example Corp", host("a"))
    site = create_site(folder, new, passphrase=PASSPHRASE, by=by, at=at - timedelta(days=40))
    try:
        ids = _build_tree(site, by=by, at=at - timedelta(days=40))
        _register(site, ids["a"], by=by, at=at)
        _distribute(site, ids, by=by, at=at - timedelta(days=30))
        for days in (20, 1):
            # The same scan twice: what was found again has been seen yesterday.
            _discover(site, ids, again=days == 1, by=by, at=at - timedelta(days=days))
        change_nodes(site.store, NodeFilter(text=PRINTER), act=Act.EXCLUDE, by=by, at=at - timedelta(hours=2))
        write_atomic(folder / FILES / _PASSPHRASE_FILE, PASSPHRASE + b"\n")
        site.store.value("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        site.close()


def _build_tree(site: Site, *, by: Actor, at: datetime) -> Mapping[str, ServerId]:
    ids = {"a": read_tree(site.store).primary.id}
    for name, under, role in _SERVERS:
        added = add_server(site.store, host_name=host(name), under=ids[under], role=role, by=by, at=at)
        ids[name] = added.server
    return ids


def offers(*, on: Day) -> list[Offer]:
    """The license key files, with their days relative to `on`."""
    # Before the first action of the sample, whatever the day is.
    begin = date(on.year - 1, 1, 1)
    ends = month_end(on, months=4)
    return [
        Offer("DM-1001", PRODUCT, 100, begin, None, registered=True),
        Offer("DM-1002", PRODUCT, 50, begin, ends, registered=True),
        Offer("AM-2001", SECOND_PRODUCT, 60, begin, None, registered=True),
        Offer("DM-1003", PRODUCT, 25, begin, None, registered=False),
        Offer("AM-2002-expired", SECOND_PRODUCT, 40, begin, date(on.year - 1, 12, 31), registered=False),
    ]


def month_end(on: Day, *, months: int) -> Day:
    """The last day of the month that comes so many months after that of `on`."""
    months_on = on.year * 12 + on.month + months
    return date(months_on // 12, months_on % 12 + 1, 1) - timedelta(days=1)


def _register(site: Site, primary: ServerId, *, by: Actor, at: datetime) -> None:
    from licensedesk.core.documents.license_key import ProductLicense, read_license_key
    from licensedesk.core.issue import read_issuer_key

    signer = read_issuer_key(resource("sample", "issuer.key"))
    then = at - timedelta(days=35)
    for product in (PRODUCT, SECOND_PRODUCT):
        add_issuer(site.store, name=ISSUER, key=signer.key, products=[product], by=by, at=then)
    trusted = trusted_issuers(site.store)
    files = site.folder / FILES
    files.mkdir(mode=0o700)
    write_atomic(files / "issuer.pub", signer.key.pem.encode("ascii"), mode=0o644)
    for offer in offers(on=utc_day(at)):
        kind = Kind.TERM if offer.last else Kind.PERMANENT
        one = ProductLicense(
            ISSUER, offer.serial, offer.product, offer.quantity, kind, offer.first, offer.last
        )
        content = _write_license(files / f"{offer.serial}.lic", one, signer=signer)
        if offer.registered:
            key = read_license_key(content, file=offer.serial, trusted=trusted)
            register(site.store, key, server=primary, by=by, at=then)


def _write_license(path: Path, one: ProductLicense, *, signer: Signer) -> bytes:
    from licensedesk.core.issue import issue_license

    content = issue_license(one, signer=signer)
    write_atomic(path, content, mode=0o644)
    return content


def _distribute(site: Site, ids: Mapping[str, ServerId], *, by: Actor, at: datetime) -> None:
    for name in ("c", "d"):
        set_option(site.store, server=ids[name], option=Option.DISTRIBUTION, quantities={}, by=by, at=at)
    for product, quantities in _ALLOCATIONS.items():
        by_id = {ids[name]: quantity for name, quantity in quantities.items()}
        allocate(site.store, product=product, quantities=by_id, by=by, at=at)


def _discover(site: Site, ids: Mapping[str, ServerId], *, again: bool, by: Actor, at: datetime) -> None:
    for name in NETWORKS:
        devices = found_by(name, products=(PRODUCT, SECOND_PRODUCT), again=again)
        # d reports what it manages: two nodes more than it holds licenses for.
        import_devices(
            site.store,
            devices,
            source=ids[name],
            product=None,
            manage=False,
            as_reported=True,
            by=by,
            at=at,
        )
