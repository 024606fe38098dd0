"""A site of 10,000 servers, 20 products and 1,000,000 nodes, made once and kept in the temporary folder.

Licenses, options and allocations come from the core's own actions; servers, nodes and agents, which would
take hours that way, are written as those actions would have left them.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from benchmarks.nodes import SYSTEMS
from benchmarks.ranges import relays
from licensedesk.core.allocations import allocate
from licensedesk.core.distribution.ledger_store import Reported, read_lines, write_reported
from licensedesk.core.documents.license_key import ProductLicense
from licensedesk.core.exchange.devices import described_os
from licensedesk.core.issue import issue_license
from licensedesk.core.issuers import add_issuer, trusted_issuers
from licensedesk.core.licenses import register_files
from licensedesk.core.nodes.addresses import ip_key
from licensedesk.core.nodes.counts import recount
from licensedesk.core.options import set_option
from licensedesk.core.site import NewSite, Site, create_site
from licensedesk.core.store.database import Store
from licensedesk.core.store.facts import read_tree
from licensedesk.core.trust import Signer, new_signer
from licensedesk.core.types import Actor, Kind, Option, ServerId, parse_stamp, stamp

SERVERS, NODES = 10_000, 1_000_000
FEW_NODES = 20_000
PRODUCTS = tuple(f"Product {number:02}" for number in range(1, 21))
HOLDERS = 200
PASSPHRASE = b"benchmark"
BY = Actor(name="benchmark")
AT = parse_stamp("2026-11-21T09:14:00Z")
_LICENSES = 2
_QUANTITY = 25_000
_ALLOCATED = 150
_MANAGED = 60
"""Of 100 nodes; the others wait."""


def large_site(servers: int = SERVERS, nodes: int = NODES) -> Path:
    """The folder of the site; made now if it is not there."""
    folder = Path(tempfile.gettempdir(), f"licensedesk-large-{servers}-{nodes}-1")
    if not folder.exists():
        print(f"making a site of {servers:,} servers and {nodes:,} nodes in {folder}", flush=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as building:
            made = Path(building, "site")
            build(made, servers, nodes)
            made.rename(folder)
    return folder


def copy_of_site(folder: Path, nodes: int = FEW_NODES) -> Path:
    """A site with as many servers, to be changed: a copy in this folder, which goes when that goes."""
    return shutil.copytree(large_site(nodes=nodes), folder / "site")


def report_another(site: Site, number: int) -> None:
    """A report of some server that was never heard of, as the distributor writes it."""
    with site.store.writing():
        line = [line for line in read_lines(site.store) if not line.reported_version][number]
        digest, version = line.desired_digest, line.desired_version
        assert digest is not None
        assert version is not None
        write_reported(
            site.store,
            [Reported(line.server, digest, version, "m", "applied", "", "", AT, "0.1.0", 2, None)],
        )


def allocate_another(site: Site, number: int) -> None:
    """Another quantity at some relay, by another administrator."""
    holders = [one.id for one in read_tree(site.store).servers if one.option == Option.DISTRIBUTION]
    holder = holders[number]
    allocate(site.store, product=PRODUCTS[0], quantities={holder: 100 + number}, by=BY, at=AT, confirmed=True)


def build(folder: Path, servers: int, nodes: int) -> None:
    new = NewSite("Large Corp", "hq.example.com")
    site = create_site(folder, new, passphrase=PASSPHRASE, by=BY, at=AT)
    try:
        _register(site)
        holders = _add_servers(site.store, servers)
        for holder in holders:
            set_option(
                site.store,
                server=holder,
                option=Option.DISTRIBUTION,
                quantities={},
                by=BY,
                at=AT,
                confirmed=True,
            )
        for product in PRODUCTS:
            quantities = dict.fromkeys(holders, _ALLOCATED)
            allocate(site.store, product=product, quantities=quantities, by=BY, at=AT, confirmed=True)
        _add_agents(site.store)
        _add_nodes(site.store, nodes)
        assert not recount(site.store)
        site.store.rows("ANALYZE")
    finally:
        site.close()


def _register(site: Site) -> None:
    issuer = new_signer()
    add_issuer(site.store, name="Acme", key=issuer.key, products=PRODUCTS, by=BY, at=AT)
    files = [
        _license(site.folder, product, number, issuer) for product in PRODUCTS for number in range(_LICENSES)
    ]
    primary = read_tree(site.store).primary.id
    results = register_files(
        site.store, files, server=primary, trusted=trusted_issuers(site.store), by=BY, at=AT
    )
    assert not [result.error for result in results if result.error]


def _license(folder: Path, product: str, number: int, issuer: Signer) -> Path:
    term = number % 2 == 1
    one = ProductLicense(
        issuer="Acme",
        serial=f"{product[-2:]}-{number}",
        product=product,
        quantity=_QUANTITY,
        kind=Kind.TERM if term else Kind.PERMANENT,
        valid_from=date(2026, 1, 1),
        valid_until=date(2036, 12, 31) if term else None,
    )
    file = folder / f"{one.serial}.lic"
    file.write_bytes(issue_license(one, signer=issuer))
    return file


def _add_servers(store: Store, servers: int) -> list[ServerId]:
    """A tree of seven levels; the relays that shall hold licenses."""
    chance = random.Random(7)  # noqa: S311 - the same site every time
    primary = read_tree(store).primary.id
    tree = [(name, parent, level) for name, parent, level in relays() if parent]
    levels = {name: level for name, _, level in tree}
    rows = [
        (name, f"relay-{number:04}", "relay", primary if parent == "primary" else parent)
        for number, (name, parent, _) in enumerate(tree)
    ]
    above = [name for name, level in levels.items() if level < 7]
    rows.extend(
        (f"{number:016x}", f"host-{number:05}", "managed", chance.choice(above))
        for number in range(1 << 32, (1 << 32) + servers - 1 - len(rows))
    )
    with store.writing():
        store.run_many(
            'INSERT INTO server (id, host_name, role, parent_id, "option", suspended, added_at)'
            f" VALUES (?, ?, ?, ?, 'none', 0, '{stamp(AT)}')",
            rows,
        )
    return [ServerId(name) for name in chance.sample(list(levels), HOLDERS)]


def _add_agents(store: Store) -> None:
    """All enrolled; nine of ten hold the License.xml of their range, the others were never sent it."""
    key = new_signer().key
    at = stamp(AT)
    with store.writing():
        store.run(
            "INSERT INTO enrolment (server_id, broker_password_hash, invited_at, key_id, public_key,"
            " enrolled_at, counter) SELECT id, '', ?, ?, ?, ?, 1 FROM server WHERE role <> 'primary'",
            (at, key.key_id, key.pem, at),
        )
        lines = read_lines(store)
        store.run_many(
            "INSERT INTO ledger (server_id, sent_digest, sent_version, sent_message, sent_at, attempts,"
            " reported_digest, reported_version, reported_message, reported_state, reported_at,"
            " reported_code, reported_detail, agent_version, unknown, refused_code)"
            " VALUES (?, ?, ?, 'm', ?, 1, ?, ?, 'm', 'applied', ?, '', '', '0.1.0', 0, '')",
            [
                (line.server, *sent, at, *sent, at)
                for number, line in enumerate(lines)
                for sent in [(line.desired_digest, line.desired_version)]
                if number % 10
            ],
        )


def _add_nodes(store: Store, nodes: int) -> None:
    chance = random.Random(1)  # noqa: S311 - the same figures every time
    sources = [
        server for (server,) in store.rows("SELECT id FROM server WHERE role <> 'managed' ORDER BY id")
    ]
    products = [product for (product,) in store.rows("SELECT id FROM product ORDER BY id")]
    with store.writing():
        store.run_many(
            "INSERT INTO node (id, source_id, state, product_id, host_name, ip, ip_key, macs, os, os_family,"
            " inventory_id, first_seen, last_seen) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (_node(number, sources, products, chance) for number in range(1, nodes + 1)),
        )
        store.run(
            "INSERT INTO node_count SELECT source_id, product_id, state, count(*) FROM node"
            " GROUP BY source_id, product_id, state"
        )


def _node(
    number: int, sources: Sequence[ServerId], products: Sequence[int], chance: random.Random
) -> tuple[object, ...]:
    word = "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=6))
    ip = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    os, family = described_os(SYSTEMS[number % len(SYSTEMS)])
    return (
        number,
        chance.choice(sources),
        "managed" if number % 100 < _MANAGED else "discovered",
        chance.choice(products),
        f"{word}-{number:07}.example.com",
        ip,
        ip_key(ip),
        f"00:1a:{chance.getrandbits(32).to_bytes(4, 'big').hex(':')}",
        os,
        family,
        f"id-{number:08x}",
        stamp(AT),
        stamp(AT + timedelta(seconds=number % 86_400)),
    )
