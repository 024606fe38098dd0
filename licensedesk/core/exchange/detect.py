"""Reading a scanner's file of whatever known format it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from licensedesk.core.errors import LicenseFileError
from licensedesk.core.exchange.csv_nodes import header_of, read_csv
from licensedesk.core.exchange.devices import Row, shown
from licensedesk.core.exchange.glpi import read_glpi
from licensedesk.core.exchange.nmap import read_nmap
from licensedesk.core.exchange.ocs import read_ocs
from licensedesk.core.exchange.source import Reading, open_source, unreadable

FORMATS = {"nmap": ("nmap",), "glpi": ("glpi", "ocs"), "ocs": ("ocs",), "csv": ("csv",)}
"""What may be asked for, and the formats that it takes."""
_READERS: dict[str, Callable[..., Iterator[Row]]] = {
    "nmap": read_nmap,
    "glpi": read_glpi,
    "ocs": read_ocs,
    "csv": read_csv,
}
_ROOTS = {b"nmaprun": "nmap", b"REQUEST": "ocs"}
_HEAD = 1 << 16
_PROLOG = re.compile(
    rb"(?:\s++|<\?(?:[^?]|\?(?!>))*\?>|<!--(?:[^-]|-(?!->))*-->|<!DOCTYPE\s+[\w:.-]++\s*+>)*"
)
_DOCTYPE = re.compile(rb"<!DOCTYPE\s+[\w:.-]+\s*[^\s>\w:.-]|<!DOCTYPE\s+[\w:.-]+\s+\w", re.IGNORECASE)
"""A document type that says more than a name."""
_ROOT = re.compile(rb"<([\w.:-]+)[\s/>]")


def read_devices(
    path: Path,
    *,
    format: str | None = None,  # noqa: A002 - the option's name
    reading: Reading | None = None,
) -> Iterator[Row]:
    """The devices and refused rows of a file, in its order, in one pass and flat memory.

    A fault may show at the file's very end: whoever stores the rows must be able to take them back.
    `format` is a key of `FORMATS`, or None to look; `reading` knows how far it is. Raises LicenseFileError,
    at any row: `truncated-file`, `unknown-format`, `unreadable-file`, `too-large`, `bad-encoding`,
    `doctype-forbidden`.
    """
    with open_source(path) as file, (reading or Reading([])).of(file):
        try:
            found = _format_of(file, path.name)
            if format is not None and found not in FORMATS[format]:
                reason = f"it looks like {found}, not like {format}"
                raise LicenseFileError("unknown-format", file=path.name, reason=reason)
            yield from _READERS[found](file, name=path.name)
        except OSError as error:
            raise unreadable(path, error) from error


def format_of(path: Path) -> str:
    """The format that a file begins like: a key of `FORMATS`. Raises LicenseFileError as `read_devices`."""
    with open_source(path) as file:
        try:
            return _format_of(file, path.name)
        except OSError as error:
            raise unreadable(path, error) from error


def _format_of(file: BinaryIO, name: str) -> str:
    head = file.read(_HEAD)
    file.seek(0)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise LicenseFileError("bad-encoding", file=name, reason="it is UTF-16")
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        raise LicenseFileError("unknown-format", file=name, reason="it is empty")
    if text[0] in b"{[":
        return "glpi"
    if text[0] in b"<":
        return _xml_format(text, name)
    line = text.decode("utf-8", "replace").splitlines()
    header = line[1] if line[0].startswith("sep=") and len(line) > 1 else line[0]
    if header_of(header) is None:
        reason = f"it begins with {shown(line[0])}"
        raise LicenseFileError("unknown-format", file=name, reason=reason)
    return "csv"


def _xml_format(text: bytes, name: str) -> str:
    prolog = _PROLOG.match(text)
    rest = text[prolog.end() if prolog else 0 :]
    if _DOCTYPE.match(rest):
        raise LicenseFileError("doctype-forbidden", file=name)
    root = _ROOT.match(rest)
    if root is None or root[1] not in _ROOTS:
        reason = (
            f"its element is {shown(root[1].decode('utf-8', 'replace'))}" if root else "it is no whole XML"
        )
        raise LicenseFileError("unknown-format", file=name, reason=reason)
    return _ROOTS[root[1]]
