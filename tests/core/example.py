"""The example that every test of the domain starts from: the tree and figures of 1-domain.md.

Primary a, relay b under a, relay c under a, relay d under b, relay e under c; d and c have the option
Distribution with 10 and 40; a has 150 registered. So {a, b} holds 100, {d} holds 10, {c, e} holds 40.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from licensedesk.core.documents.license_key import Issuer, LicenseKey, ProductLicense, read_license_key
from licensedesk.core.errors import LicenseDeskError
from licensedesk.core.issue import issue_license
from licensedesk.core.licenses import register
from licensedesk.core.ranges import RangeRow, range_rows
from licensedesk.core.site import Site
from licensedesk.core.store.database import Store
from licensedesk.core.store.facts import read_holdings, read_tree
from licensedesk.core.trust import Signer, new_signer
from licensedesk.core.types import Actor, Day, Kind, ServerId

AT = datetime(2026, 11, 21, 9, 14, tzinfo=UTC)
ON = AT.date()
BY = Actor(name="root@desk")
PRODUCT = "Desk Agent"
OTHER = "Patch Agent"


@dataclass(frozen=True)
class SampleIssuer:
    """A vendor with its key pair, who makes license keys of any content."""

    name: str = "Acme"
    signer: Signer = field(default_factory=new_signer)
    products: frozenset[str] = frozenset({PRODUCT, OTHER})

    @property
    def trusted(self) -> Issuer:
        return Issuer(self.name, self.signer.key, self.products)

    def file(
        self,
        serial: str,
        quantity: int,
        *,
        product: str = PRODUCT,
        first: Day = date(2026, 1, 1),
        last: Day | None = None,
    ) -> bytes:
        """A license key file; of kind term where a last day is given."""
        kind = Kind.PERMANENT if last is None else Kind.TERM
        one = ProductLicense(self.name, serial, product, quantity, kind, first, last)
        return issue_license(one, signer=self.signer)

    def key(self, serial: str, quantity: int, **given: Any) -> LicenseKey:
        return read_license_key(self.file(serial, quantity, **given), file=serial, trusted=[self.trusted])


@dataclass(frozen=True)
class Example:
    """A site with the tree of the example; servers by the letter that is their host name."""

    site: Site
    issuer: SampleIssuer

    @property
    def store(self) -> Store:
        return self.site.store

    def id(self, host_name: str) -> ServerId:
        return read_tree(self.store).named(host_name).id

    def held(self, *, on: Day = ON, product: str = PRODUCT) -> dict[str, int]:
        """Held of every range, by its members: source first, the others in alphabetical order."""
        return {members(row): row.held for row in self.rows(on=on, product=product)}

    def remaining(self, *, on: Day = ON, product: str = PRODUCT) -> dict[str, int]:
        return {members(row): row.remaining for row in self.rows(on=on, product=product)}

    def rows(self, *, on: Day = ON, product: str = PRODUCT) -> list[RangeRow]:
        return range_rows(read_holdings(self.store), on=on, product=product)

    def register(self, serial: str, quantity: int, *, on: str = "a", **given: Any) -> LicenseKey:
        key = self.issuer.key(serial, quantity, **given)
        register(self.store, key, server=self.id(on), by=BY, at=AT)
        return key

    def add_nodes(
        self, source: str, *, managed: int = 0, discovered: int = 0, excluded: int = 0, product: str = PRODUCT
    ) -> None:
        add_nodes(
            self.store,
            self.id(source),
            product=product,
            managed=managed,
            discovered=discovered,
            excluded=excluded,
        )


def members(row: RangeRow) -> str:
    source, *others = (server.host_name for server in row.servers)
    assert source == row.source.host_name
    return source + "".join(sorted(others))


def add_nodes(store: Store, source: ServerId, *, product: str, **numbers: int) -> None:
    """Rows of nodes with their exact counts, as an import leaves them."""
    product_id = store.value("SELECT id FROM product WHERE name = ?", (product,))
    with store.writing():
        for state, number in numbers.items():
            if number:
                _insert_nodes(store, source, product_id, state, number)


def _insert_nodes(store: Store, source: ServerId, product_id: int, state: str, number: int) -> None:
    # Only what the table demands: other columns of a node are no matter of these tests.
    needed = [
        name
        for _, name, _, not_null, default, key in store.rows("PRAGMA table_info(node)")
        if not_null and default is None and not key
    ]
    given = {"source_id": source, "product_id": product_id, "state": state}
    values = [given.get(column, "") for column in needed]
    columns = ", ".join(needed)
    marks = ", ".join("?" * len(needed))
    store.run_many(f"INSERT INTO node ({columns}) VALUES ({marks})", [values] * number)
    store.run(
        "INSERT INTO node_count (source_id, product_id, state, nodes) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (source_id, product_id, state) DO UPDATE SET nodes = nodes + excluded.nodes",
        (source, product_id, state, number),
    )


def dump(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, so that two states can be compared."""
    tables = [name for (name,) in store.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {table: sorted(store.rows(f'SELECT * FROM "{table}"'), key=repr) for table in sorted(tables)}


def files(folder: Path) -> dict[str, bytes]:
    """Every file of a site but the database's own log, which readers touch as well."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(("-wal", "-shm"))
    }


@contextmanager
def states_read(store: Store) -> Iterator[list[str]]:
    """What the database was asked: the statements that stood alone, and each transaction by its BEGIN.

    Where it is one, all that was read and written belongs together.
    """
    taken: list[str] = []
    inside = False

    def note(statement: str) -> None:
        nonlocal inside
        word = statement.split(maxsplit=1)[0].upper()
        if not inside and word in {"BEGIN", "SELECT", "INSERT", "UPDATE", "DELETE"}:
            taken.append(statement)
        inside = (inside or word == "BEGIN") and word not in {"COMMIT", "ROLLBACK"}

    connection = store.database.connection()
    connection.set_trace_callback(note)
    try:
        yield taken
    finally:
        connection.set_trace_callback(None)


@contextmanager
def refused(site: Site, code: str, **figures: Any) -> Iterator[None]:
    """The block is refused with this code and exactly these figures, and nothing has changed by it."""
    before, kept = dump(site.store), files(site.folder)
    with pytest.raises(LicenseDeskError) as refusal:
        yield
    assert (refusal.value.code, refusal.value.figures) == (code, figures)
    assert "?" not in refusal.value.message
    assert dump(site.store) == before
    assert files(site.folder) == kept
