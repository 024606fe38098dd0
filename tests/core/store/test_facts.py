"""Facts that no action could have left in the database are damage, and said in a sentence."""

from __future__ import annotations

import pytest

from licensedesk.core.errors import SurroundingsError
from licensedesk.core.store.facts import read_holdings, read_tree
from tests.core.example import Example

DAMAGE = [
    "DELETE FROM server WHERE host_name = 'a'",
    "DELETE FROM server WHERE host_name = 'b'",
    "DELETE FROM server",
    "UPDATE server SET role = 'rely' WHERE host_name = 'a'",
    "UPDATE server SET parent_id = 'nobody' WHERE host_name = 'e'",
    "UPDATE server SET parent_id = id WHERE host_name = 'e'",
    "UPDATE server SET parent_id = (SELECT id FROM server WHERE host_name = 'd') WHERE host_name = 'b'",
    "UPDATE server SET role = 'managed' WHERE host_name = 'c'",
]
FACTS = [
    "UPDATE license SET server_id = 'nobody'",
    "UPDATE license SET kind = 'gift'",
    "UPDATE license SET valid_from = 'yesterday'",
    "UPDATE license SET valid_until = '2026-02-30'",
    "UPDATE allocation SET server_id = 'nobody' WHERE quantity = 10",
    "INSERT INTO node_count (source_id, product_id, state, nodes) VALUES ('nobody', 1, 'managed', 1)",
]


def spoil(example: Example, sql: str) -> None:
    example.store.rows("PRAGMA foreign_keys = 0")
    example.store.rows("PRAGMA ignore_check_constraints = 1")
    assert example.store.run(sql)


@pytest.mark.parametrize("sql", DAMAGE)
def test_what_is_no_tree(example: Example, sql: str) -> None:
    spoil(example, sql)
    with pytest.raises(SurroundingsError) as raised:
        read_tree(example.store)
    assert raised.value.code == "damaged-database"
    assert raised.value.figures["reason"] == "the tree of servers cannot be read"


@pytest.mark.parametrize("sql", FACTS)
def test_what_cannot_be_counted(example: Example, sql: str) -> None:
    spoil(example, sql)
    read_tree(example.store)
    with pytest.raises(SurroundingsError) as raised:
        read_holdings(example.store)
    assert raised.value.code == "damaged-database"
    assert raised.value.figures["reason"] == "what is held and used cannot be read"
