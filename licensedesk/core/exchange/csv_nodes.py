"""Reading nodes from CSV: columns by header name in any order, comma, semicolon or tab, UTF-8.

A CSV has no mark of its end. A cut is known by a quotation mark left open, by half a character, and by a
last line without line end that has fewer fields than the header, nothing in its last field, or a value that
is refused. A file cut just after a line end, or within a last field that is valid all the same, cannot be
told from a whole one. Files of `export_csv` end each line with the state: only the former is left for them.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, BinaryIO

from licensedesk.core.errors import LicenseFileError, RefusedError
from licensedesk.core.exchange.devices import (
    FoundDevice,
    RefusedRow,
    Row,
    canonical_mac,
    checked_host_name,
    checked_ip,
    checked_text,
    described_os,
    is_ipv4,
    is_plain_id,
    is_plain_name,
    shown,
    universal_mac,
    universal_macs,
)
from licensedesk.core.exchange.source import Utf8Text
from licensedesk.core.types import NodeState

if TYPE_CHECKING:
    from _csv import Reader

COLUMNS = ("host_name", "ip", "macs", "os", "inventory_id", "product", "state")
GUARDED = frozenset("=+-@'")
"""A text that begins so is written after an apostrophe, so that no spreadsheet takes it for a formula."""
_DELIMITERS = ",;\t"
_HEADER = 1 << 16
_CHUNK = 1 << 20
_CACHED = 600
"""Characters of a field that a cache may hold; more than any that is accepted has."""
_STATES = {"": False, **{state.value: state is NodeState.MANAGED for state in NodeState}}


def header_of(line: str) -> tuple[str, list[str]] | None:
    """Delimiter and column names of a header line; None where it names neither host_name nor ip."""
    best: tuple[str, list[str]] | None = None
    known = 0
    if len(line) > _HEADER:
        return None
    for delimiter in _DELIMITERS:
        fields = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
        names = [re.sub(r"[\s-]+", "_", field.strip().lower()) for field in fields]
        score = len(set(names) & set(COLUMNS))
        if score > known and {"host_name", "ip"} & set(names):
            best, known = (delimiter, names), score
    return best


class _Lines:
    """The lines of a CSV file in pieces of bounded size."""

    def __init__(self, text: Utf8Text) -> None:
        self.ended = False
        self.tail = False
        """The line given last is the file's last and has no line end."""
        self.rows = 0
        """Set by the reader: rows made of the lines so far."""
        self._text = text

    def __iter__(self) -> Iterator[str]:
        carry, rows, size = "", 0, 0
        while chunk := self._text.read(_CHUNK):
            size = len(chunk) + (size if self.rows == rows else 0)
            rows = self.rows
            if size > 2 * _CHUNK:
                reason = f"a row of more than {_CHUNK} characters; a quotation mark may be missing"
                raise LicenseFileError("unknown-format", file=self._text.name, reason=reason)
            end = chunk.rfind("\n") + 1
            if end:
                yield from io.StringIO(carry + chunk[:end], newline="\n")
                carry = ""
            carry += chunk[end:]
        if carry:
            self.tail = True
            yield carry
        self.ended = True


def read_csv(file: BinaryIO, *, name: str) -> Iterator[Row]:
    """The devices of an open CSV file called `name`, row by row.

    Raises LicenseFileError `unknown-format`, `truncated-file`, `bad-encoding`, at any row.
    """
    source = _Lines(Utf8Text(file, name))
    lines = iter(source)
    first = next(lines, "")
    before = 1
    if re.fullmatch(r"sep=.\s*", first):  # what spreadsheets write to name the delimiter
        first = next(lines, "")
        before = 2
    header = header_of(first)
    if header is None:
        raise LicenseFileError("unknown-format", file=name, reason="its first line names no host_name or ip")
    if source.tail:
        raise LicenseFileError("truncated-file", file=name, reason="it ends within its first line")
    delimiter, names = header
    for column in COLUMNS:
        if names.count(column) > 1:
            raise LicenseFileError("unknown-format", file=name, reason=f"it has two columns {column}")
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        yield from _rows(reader, source, names, before, name)
    except csv.Error as error:
        if source.ended:
            reason = "a quotation mark is left open"
            raise LicenseFileError("truncated-file", file=name, reason=reason) from error
        reason = f"line {before + reader.line_num}: {error}"
        raise LicenseFileError("unknown-format", file=name, reason=reason) from error


def _rows(reader: Reader, source: _Lines, names: list[str], before: int, name: str) -> Iterator[Row]:
    width = len(names)
    # Each row gets one empty field at its end: where a column is missing, index -1 finds it.
    host, ip, macs, os, inventory_id, product, state = (
        names.index(column) if column in names else -1 for column in COLUMNS
    )
    line = before + 1
    for row in reader:
        source.rows += 1
        if source.tail and (len(row) < width or not row[-1].strip()):
            raise _cut(name)
        if len(row) == width:
            row.append("")
            try:
                yield _device(
                    line, row[host], row[ip], row[macs], row[os], row[inventory_id], row[product], row[state]
                )
            except RefusedError as refusal:
                if source.tail:
                    raise _cut(name) from refusal
                if any(field.strip() for field in row):
                    yield RefusedRow(line, refusal.code, refusal.figures)
        elif any(field.strip() for field in row):
            yield RefusedRow(line, "invalid-row", {"found": len(row), "expected": width})
        line = before + reader.line_num + 1


def _cut(name: str) -> LicenseFileError:
    return LicenseFileError("truncated-file", file=name, reason="it ends within its last line")


def _device(  # noqa: PLR0917 - by position, since keywords cost a tenth of the time here
    line: int, host: str, ip: str, macs: str, os: str, inventory_id: str, product: str, state: str
) -> FoundDevice:
    # The usual form of each field is known by one look; what is not goes the long way.
    address = ip if is_ipv4(ip) else _address(ip)
    system, family = _system(os[:_CACHED]) if os else ("", "")
    return FoundDevice(
        line,
        host if is_plain_name(host) else _host_name(host, address),
        address,
        (universal_mac(macs) or _macs(macs)) if macs else (),
        system,
        family,
        inventory_id if is_plain_id(inventory_id) else _label(inventory_id),
        _product(product[:_CACHED]) if product else "",
        _STATES[state] if state in _STATES else _reported(state),
    )


def _unguarded(text: str) -> str:
    return text[1:] if text[:1] == "'" and text[1:2] in GUARDED else text


def _address(text: str) -> str:
    return checked_ip(text) if text and not text.isspace() else ""


def _host_name(text: str, address: str) -> str:
    return checked_host_name(_unguarded(text) if text and not text.isspace() else address)


def _label(text: str) -> str:
    return checked_text(_unguarded(text)) if text and not text.isspace() else ""


@lru_cache(maxsize=1024)
def _product(text: str) -> str:
    return _label(text)


@lru_cache(maxsize=1024)
def _system(text: str) -> tuple[str, str]:
    return described_os(_unguarded(text))


def _macs(text: str) -> tuple[str, ...]:
    parts = [part for part in re.split(r"[\s,;|/]+", text) if part]
    for part in parts:
        if not canonical_mac(part):
            raise RefusedError("invalid-address", address=shown(part))
    return universal_macs(parts)


def _reported(state: str) -> bool:
    plain = state.strip().lower()
    if plain not in _STATES:
        raise RefusedError("invalid-state", state=shown(state))
    return _STATES[plain]
