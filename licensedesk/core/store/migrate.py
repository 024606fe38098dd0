"""The numbered, frozen migrations: which are applied, which are pending, and applying them in order."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from peewee import SqliteDatabase

from licensedesk.core.errors import SurroundingsError

_FOLDER = Path(__file__).with_name("migrations")
_HISTORY = "schema_migration"


@cache
def names() -> tuple[str, ...]:
    """The migrations that this program knows, in their order."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("[0-9]*.py")))


def latest() -> str:
    return names()[-1]


def applied(database: SqliteDatabase) -> tuple[str, ...]:
    rows = database.execute_sql(f"SELECT name FROM {_HISTORY} ORDER BY name").fetchall()
    return tuple(name for (name,) in rows)


def pending(database: SqliteDatabase) -> list[str]:
    done = applied(database)
    return [name for name in names() if name not in done]


def refuse_newer(database: SqliteDatabase) -> None:
    """Raises SurroundingsError `newer-database` where a migration was applied that is not known here."""
    unknown = [name for name in applied(database) if name not in names()]
    if unknown:
        raise SurroundingsError("newer-database", found=unknown[-1])


def apply(database: SqliteDatabase) -> None:
    """Apply what is pending, each in a transaction of its own."""
    # Imported here: only a new or older database needs it, every start would pay for it.
    from playhouse.migrations import Runner

    Runner(database, str(_FOLDER), table_name=_HISTORY).up()
