"""Writing nodes as CSV, so that reading the file with `csv_nodes` gives the same values."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, TextIO

from licensedesk.core.exchange.csv_nodes import COLUMNS, GUARDED
from licensedesk.core.files import written_whole


class NodeRow(NamedTuple):
    """One node as exported, in the order of `COLUMNS`."""

    host_name: str
    ip: str
    macs: Iterable[str]
    os: str
    inventory_id: str
    product: str
    state: str


def write_nodes(file: TextIO, rows: Iterable[NodeRow]) -> int:
    """Write header and rows to a text file opened with `newline=""`; returns how many rows."""
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    count = 0
    for host_name, ip, macs, system, inventory_id, product, state in rows:
        texts = (_guarded(text) for text in (host_name, ip, " ".join(macs), system, inventory_id, product))
        writer.writerow((*texts, state))
        count += 1
    return count


def export_nodes(path: Path, rows: Iterable[NodeRow]) -> int:
    """Write the file whole or not at all, row by row; returns how many rows.

    With a byte order mark, without which spreadsheets take UTF-8 for an older code page.
    Raises SurroundingsError `disk-full`, `unwritable`.
    """
    with written_whole(path, encoding="utf-8-sig") as file:
        return write_nodes(file, rows)


def _guarded(text: str) -> str:
    return f"'{text}" if text and text[0] in GUARDED else text
