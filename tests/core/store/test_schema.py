"""The models and what the migrations make are one schema, and it refuses what must never be false."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from peewee import SqliteDatabase

from licensedesk.core.nodes.counts import recount
from licensedesk.core.store.database import Store
from licensedesk.core.store.models import MODELS
from tests.core.example import Example, dump

HISTORY = "schema_migration"
"""The runner's own table; no model of ours."""


def schema(database: Any) -> dict[str, dict[str, Any]]:
    """Of every table: columns with type, nullability and key, foreign keys, checks, indexes."""

    def rows(sql: str) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = database.execute_sql(sql).fetchall()
        return found

    tables = dict(rows("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
    return {
        table: {
            "columns": sorted(row[1:] for row in rows(f'PRAGMA table_info("{table}")')),
            "foreign keys": sorted(row[2:] for row in rows(f'PRAGMA foreign_key_list("{table}")')),
            "checks": sorted(checks(sql)),
            "indexes": sorted(
                (unique, origin, tuple(column[2] for column in rows(f'PRAGMA index_info("{name}")')), where)
                for _, name, unique, origin, _ in rows(f'PRAGMA index_list("{table}")')
                for where in [condition(rows, name)]
            ),
        }
        for table, sql in tables.items()
        if table != HISTORY
    }


def checks(sql: str) -> Iterator[str]:
    """The texts of all CHECK constraints, by their balanced brackets."""
    for match in re.finditer(r"CHECK \(", sql):
        depth, end = 1, match.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(sql[end], 0)
            end += 1
        yield sql[match.end() : end - 1]


def condition(rows: Any, index: str) -> str:
    [(sql,)] = rows(f"SELECT sql FROM sqlite_master WHERE name = '{index}'")
    return (sql or "").partition(" WHERE ")[2]


def test_the_migrations_make_what_the_models_say(store: Store) -> None:
    modelled = SqliteDatabase(":memory:")
    with modelled.bind_ctx(MODELS):
        modelled.create_tables(MODELS, safe=False)
        wanted = schema(modelled)
    modelled.close()
    made = schema(store.database)
    assert made.keys() == wanted.keys()
    for table, parts in wanted.items():
        assert made[table] == parts, table


def test_the_comparison_sees_checks_and_conditions(store: Store) -> None:
    made = schema(store.database)
    assert "quantity BETWEEN 1 AND 999999999" in made["allocation"]["checks"]
    assert "(role = 'primary') = (parent_id IS NULL)" in made["server"]["checks"]
    assert (1, "c", ("issuer", "serial"), "deregistered_at IS NULL") in made["license"]["indexes"]


LICENSE = {
    "issuer": "'Acme'",
    "serial": "'S'",
    "product_id": "1",
    "quantity": "5",
    "kind": "'permanent'",
    "valid_from": "'2026-01-01'",
    "valid_until": "NULL",
    "payload_sha256": "''",
    "original": "x''",
    "server_id": "(SELECT id FROM server WHERE host_name = 'a')",
    "host_name": "'a'",
    "registered_at": "''",
    "registered_by": "''",
    "deregistered_at": "NULL",
    "deregistered_by": "NULL",
}
SERVER = {
    "id": "'f'",
    "host_name": "'f'",
    "role": "'relay'",
    "parent_id": "(SELECT id FROM server WHERE host_name = 'a')",
    '"option"': "'none'",
    "suspended": "0",
    "added_at": "''",
}


def insert(table: str, given: dict[str, str], **other: str) -> str:
    values = {**given, **other}
    return f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join(values.values())})"


ALLOCATION = {
    "server_id": "(SELECT id FROM server WHERE host_name = 'd')",
    "product_id": "2",
    "quantity": "1",
    "changed_at": "''",
    "changed_by": "''",
}
COUNT = {
    "source_id": "(SELECT id FROM server WHERE host_name = 'd')",
    "product_id": "1",
    "state": "'managed'",
    "nodes": "1",
}
EVENT = {"at": "''", "severity": "'info'", "code": "''", "subject": "''", "figures": "''"}

FINE = [
    insert("license", LICENSE),
    insert("license", LICENSE, kind="'term'", valid_until="'2026-01-01'"),
    insert("license", LICENSE, quantity="999999999"),
    insert("server", SERVER),
    insert("server", SERVER, role="'managed'"),
    insert("server", SERVER, **{'"option"': "'registration'"}),
    insert("allocation", ALLOCATION),
    insert("node_count", COUNT),
    insert("event", EVENT),
    "UPDATE site SET version = 0",
]
NEVER = [
    # one site, one primary, a tree
    "UPDATE site SET id = 2",
    "INSERT INTO site SELECT 2, name, deployment, version, revision, created_at, 0, '' FROM site",
    "UPDATE site SET version = -1",
    "UPDATE site SET name = NULL",
    insert("server", SERVER, role="'primary'", parent_id="NULL"),
    insert("server", SERVER, role="'primary'"),
    insert("server", SERVER, parent_id="NULL"),
    insert("server", SERVER, parent_id="'nobody'"),
    insert("server", SERVER, parent_id="'f'"),
    insert("server", SERVER, role="'spare'"),
    insert("server", SERVER, host_name="'a'"),
    insert("server", SERVER, host_name="NULL"),
    insert("server", SERVER, id="(SELECT id FROM server WHERE host_name = 'a')"),
    insert("server", SERVER, **{'"option"': "'both'"}),
    insert("server", SERVER, role="'managed'", **{'"option"': "'distribution'"}),
    "UPDATE server SET \"option\" = 'registration' WHERE role = 'primary'",
    "UPDATE server SET suspended = 1 WHERE role = 'primary'",
    "UPDATE server SET parent_id = id WHERE host_name = 'b'",
    "UPDATE server SET parent_id = NULL WHERE host_name = 'b'",
    # what a server still holds keeps it
    "DELETE FROM server WHERE host_name = 'a'",
    "DELETE FROM server WHERE host_name = 'b'",
    # products, issuers
    "INSERT INTO product (name) VALUES ('Desk Agent')",
    "DELETE FROM product WHERE name = 'Desk Agent'",
    "INSERT INTO issuer (name, key_id, public_key, added_at) VALUES ('Acme', 'x', '', '')",
    "INSERT INTO issuer (name, key_id, public_key, added_at) SELECT 'Beta', key_id, '', '' FROM issuer",
    "INSERT INTO issuer_product (issuer_id, product_id) VALUES (99, 1)",
    "INSERT INTO issuer_product (issuer_id, product_id) SELECT id, 99 FROM issuer",
    # licenses
    insert("license", LICENSE, quantity="0"),
    insert("license", LICENSE, quantity="1000000000"),
    insert("license", LICENSE, quantity="-1"),
    insert("license", LICENSE, kind="'gift'"),
    insert("license", LICENSE, kind="'term'"),
    insert("license", LICENSE, valid_until="'2027-01-01'"),
    insert("license", LICENSE, kind="'trial'", valid_until="'2025-12-31'"),
    insert("license", LICENSE, product_id="99"),
    insert("license", LICENSE, server_id="'nobody'"),
    insert("license", LICENSE, server_id="NULL"),
    insert("license", LICENSE, serial="'A-150'"),
    insert("license", LICENSE, deregistered_at="''"),
    insert("license", LICENSE, deregistered_by="''"),
    # allocations
    insert("allocation", ALLOCATION, quantity="0"),
    insert("allocation", ALLOCATION, quantity="1000000000"),
    insert("allocation", ALLOCATION, product_id="1"),
    insert("allocation", ALLOCATION, product_id="99"),
    insert("allocation", ALLOCATION, server_id="'nobody'"),
    # counters, audit, events
    insert("node_count", COUNT, nodes="-1"),
    insert("node_count", COUNT, state="'lost'"),
    insert("node_count", COUNT, source_id="'nobody'"),
    "INSERT INTO audit SELECT * FROM audit",
    insert("event", EVENT, severity="'fatal'"),
    # the distribution's one row
    "INSERT INTO bplicense (id, uploaded_at) VALUES (2, '')",
]


@pytest.mark.parametrize("sql", FINE)
def test_what_may_be(example: Example, sql: str) -> None:
    """The statements below fail for what is wrong in them, and for nothing else."""
    assert example.store.run(sql) > 0


@pytest.mark.parametrize("sql", NEVER)
def test_what_must_never_be(example: Example, sql: str) -> None:
    before = dump(example.store)
    with pytest.raises(Exception, match="constraint failed"):
        example.store.run(sql)
    assert dump(example.store) == before


def test_nodes_keep_their_server_and_their_states(example: Example) -> None:
    example.add_nodes("d", managed=2)
    for sql in (
        "DELETE FROM server WHERE host_name = 'd'",
        "UPDATE node SET state = 'lost'",
        "UPDATE node SET product_id = 99",
        "UPDATE node SET source_id = 'nobody'",
    ):
        before = dump(example.store)
        with pytest.raises(Exception, match="constraint failed"):
            example.store.run(sql)
        assert dump(example.store) == before


def test_what_goes_with_a_server(example: Example) -> None:
    server = example.id("d")
    example.store.run("DELETE FROM server WHERE id = ?", (server,))
    for table, column in (
        ("allocation", "server_id"),
        ("node_count", "source_id"),
        ("document", "source_id"),
    ):
        assert example.store.value(f"SELECT count(*) FROM {table} WHERE {column} = ?", (server,)) == 0


def test_counts_made_by_hand_are_found(example: Example) -> None:
    example.add_nodes("d", managed=2)
    assert recount(example.store) == {}
    example.store.run("UPDATE node_count SET nodes = nodes + 1")
    assert list(recount(example.store).values()) == [(2, 3)]
