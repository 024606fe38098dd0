"""Several scanner files as one: an inventory tool writes a file for each device."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from licensedesk.core.errors import LicenseDeskError
from licensedesk.core.exchange.detect import format_of, read_devices
from licensedesk.core.exchange.devices import RefusedRow, Row
from licensedesk.core.exchange.source import Reading, unreadable
from licensedesk.core.nodes.work import CHUNK, Watch

_ROWS = 1 << 32
"""More rows than a file can have: a row is numbered by its file's place times this, and its own number."""


@dataclass(frozen=True, slots=True)
class FileFault:
    """A file that cannot be imported, and why."""

    path: Path
    error: LicenseDeskError


@dataclass(frozen=True, slots=True)
class FileLook:
    """What a file is, by its first bytes: `size` in bytes, and its format or why it cannot be imported."""

    path: Path
    size: int = 0
    format: str = ""
    error: LicenseDeskError | None = None


def look(path: Path) -> FileLook:
    try:
        return FileLook(path, size=path.stat().st_size, format=format_of(path))
    except OSError as error:
        return FileLook(path, error=unreadable(path, error))
    except LicenseDeskError as error:
        return FileLook(path, error=error)


def read_files(paths: Sequence[Path], *, reading: Reading | None = None) -> Iterator[Row]:
    """The rows of all files, one after the other; `place_of` tells which file a row's number is of, and
    `reading` how far it is.

    Raises LicenseFileError, at any row, as `detect.read_devices` does.
    """
    for place, path in enumerate(paths):
        if place == 0:
            yield from read_devices(path, reading=reading)
            continue
        for row in read_devices(path, reading=reading):
            number = place * _ROWS + row.row
            yield replace(row, row=number) if isinstance(row, RefusedRow) else row._replace(row=number)


def place_of(row: int) -> tuple[int, int]:
    """The place of the file, from 0, and the row's number in it."""
    return divmod(row, _ROWS)


def check_files(
    paths: Sequence[Path], *, reading: Reading | None = None, watch: Watch | None = None
) -> list[FileFault]:
    """Read all files to their ends; `watch` is told the rows. Raises CancelledError."""
    watch = watch or Watch()
    faults = []
    rows = 0
    for path in paths:
        try:
            for _ in read_devices(path, reading=reading):
                rows += 1
                if rows % CHUNK == 0:
                    watch.at(rows)
        except LicenseDeskError as error:
            faults.append(FileFault(path, error))
        watch.at(rows)
    return faults
