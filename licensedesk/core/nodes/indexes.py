"""The indexes of the node table while very many of its rows change in one transaction."""

from __future__ import annotations

from licensedesk.core.store.database import Store

LEAST = 50_000
"""Fewer changed rows never set the indexes aside."""
_CACHE = -32_000
"""KiB of database pages in memory from then on: without indexes to change, more of them gain nothing."""


class Indexes:
    """Sets the indexes aside once a good part of all nodes has changed, and builds them anew at the end.

    Building an index by sorting takes a tenth of putting a million rows into it one by one. All of it
    happens inside the transaction: whoever reads meanwhile has the old indexes, and a crash too. Rows are
    found by id alone until `restore`.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        nodes = store.value("SELECT coalesce(sum(nodes), 0) FROM node_count")
        self._enough = max(LEAST, nodes // 4)
        self._changed = 0
        self._aside: list[str] = []

    def expect(self, rows: int) -> None:
        """Called before so many more rows are changed."""
        self._changed += rows
        if self._changed >= self._enough and not self._aside:
            self._set_aside()

    def restore(self) -> None:
        """To be called before the end of the transaction, and before the rows are searched."""
        for sql in self._aside:
            self._store.run(sql)
        self._aside = []

    def _set_aside(self) -> None:
        found = self._store.rows(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'node'"
            " AND sql IS NOT NULL"
        )
        for name, _ in found:
            self._store.run(f'DROP INDEX "{name}"')
        self._store.rows(f"PRAGMA cache_size = {_CACHE}")
        self._aside = [sql for _, sql in found]
