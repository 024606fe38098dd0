"""Writing what a view shows as CSV, for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from licensedesk.core.exchange.csv_nodes import GUARDED
from licensedesk.core.files import write_atomic
from licensedesk.core.names import visible


def export_table(path: Path, headings: Sequence[str], rows: Iterable[Sequence[str | int]]) -> int:
    """Write the file whole or not at all; returns how many rows, headings not counted.

    With a byte order mark, without which spreadsheets take UTF-8 for an older code page, and with a quote
    before text that they would run as a formula. Raises SurroundingsError `disk-full`, `unwritable`.
    """
    shown = io.StringIO()
    writer = csv.writer(shown)
    writer.writerow(headings)
    count = 0
    for row in rows:
        writer.writerow([_cell(one) for one in row])
        count += 1
    write_atomic(path, shown.getvalue().encode("utf-8-sig"), mode=0o644)
    return count


def _cell(value: str | int) -> str | int:
    if isinstance(value, int):
        return value
    text = visible(value)
    return f"'{text}" if text and text[0] in GUARDED else text
