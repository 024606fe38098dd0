"""Opening a file to import: a regular file of bounded size, whatever the path points at."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

from licensedesk.core.errors import LicenseFileError

SIZE_LIMIT = 1 << 30
"""Bytes of a file to import (1 GiB)."""
ELEMENT_LIMIT = 32 << 20
"""Bytes from one device of an XML file to the next; a host with all its 65,535 ports open has 20 MB."""
_NOT_UTF8 = ("bad-encoding", "it has bytes of another encoding")


def open_source(path: Path) -> BinaryIO:
    """The open file, never waiting on a FIFO. Raises LicenseFileError `unreadable-file`, `too-large`."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise LicenseFileError("unreadable-file", file=path.name, reason="it is not a regular file")
    if status.st_size > SIZE_LIMIT:
        os.close(descriptor)
        raise LicenseFileError("too-large", file=path.name, size=status.st_size, limit=SIZE_LIMIT)
    return os.fdopen(descriptor, "rb")


def unreadable(path: Path, error: OSError | ValueError) -> LicenseFileError:
    """An error of the operating system while `path` was opened or read, as ours."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return LicenseFileError("unreadable-file", file=path.name, reason=reason)


class Reading:
    """How far into some files reading has come, in bytes: their rows are counted only at their ends."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self.size = sum(map(_size, paths))
        self._before = 0
        self._file: BinaryIO | None = None

    @contextlib.contextmanager
    def of(self, file: BinaryIO) -> Iterator[None]:
        """While the next of the files is open."""
        self._file = file
        try:
            yield
        finally:
            self._before, self._file = self.done, None

    @property
    def done(self) -> int:
        return self._before + (self._file.tell() if self._file is not None else 0)


def _size(path: Path) -> int:
    """Nothing of one that is refused when it is opened."""
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return 0


class Metered:
    """An open file for `iter_import`, which holds a wanted element whole: no more than a bounded part of
    the file is read for one. Call `done` with each element.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._name = name
        self._size = 0

    def read(self, size: int) -> bytes:
        """At most `size` bytes. Raises `too-large`."""
        raw = self._file.read(size)
        self._size += len(raw)
        if self._size > ELEMENT_LIMIT:
            raise LicenseFileError("too-large", file=self._name, size=self._size, limit=ELEMENT_LIMIT)
        return raw

    def done(self) -> None:
        self._size = 0

    def as_file(self) -> BinaryIO:
        """Itself, for who reads only."""
        return cast("BinaryIO", self)


class Utf8Text:
    """The text of an open file in pieces: without byte order mark, each line end a newline."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.name = name
        self._file = file
        decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._decoder = io.IncrementalNewlineDecoder(decoder, translate=True)

    def read(self, size: int) -> str:
        """The text of about `size` bytes; "" at the end. Raises `truncated-file`, `bad-encoding`."""
        while True:
            raw = self._file.read(size)
            try:
                text = self._decoder.decode(raw, final=not raw)
            except UnicodeDecodeError as error:
                # Half a character at the end is a cut; any other bad byte is another encoding.
                cut = error.reason == "unexpected end of data"
                code, reason = ("truncated-file", "it ends within a character") if cut else _NOT_UTF8
                raise LicenseFileError(code, file=self.name, reason=reason) from error
            if text or not raw:
                return text
