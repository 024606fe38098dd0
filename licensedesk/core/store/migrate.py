"""The numbered, frozen migrations: which are applied, which are pending, and applying them in order."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from peewee import SqliteDatabase

from licensedesk.core.errors import SurroundingsError

FOLDER = Path(__file__).with_name("migrations")
_HISTORY = "schema_migration"


@cache
def names(folder: Path = FOLDER) -> tuple[str, ...]:
    """The migrations that this program knows, in their order."""
    return tuple(sorted(path.stem for path in folder.glob("[0-9]*.py")))


def latest(folder: Path = FOLDER) -> str:
    return names(folder)[-1]


def applied(database: SqliteDatabase) -> tuple[str, ...]:
    rows = database.execute_sql(f"SELECT name FROM {_HISTORY} ORDER BY name").fetchall()
    return tuple(name for (name,) in rows)


def pending(database: SqliteDatabase, folder: Path = FOLDER) -> list[str]:
    done = applied(database)
    return [name for name in names(folder) if name not in done]


def refuse_newer(database: SqliteDatabase, folder: Path = FOLDER) -> None:
    """Raises SurroundingsError `newer-database` where a migration was applied that is not known here."""
    unknown = [name for name in applied(database) if name not in names(folder)]
    if unknown:
        raise SurroundingsError("newer-database", found=unknown[-1])


def apply(database: SqliteDatabase, folder: Path = FOLDER) -> None:
    """Apply what is pending, each in a transaction of its own."""
    # Imported here: only a new or older database needs it, every start would pay for it.
    from playhouse.migrations import Runner

    Runner(database, str(folder), table_name=_HISTORY).up()
