"""Opening a file to import: a regular file of bounded size, whatever the path points at."""

from __future__ import annotations

import codecs
import io
import os
import stat
from pathlib import Path
from typing import BinaryIO

from licensedesk.core.errors import LicenseFileError

SIZE_LIMIT = 1 << 30
"""Bytes of a file to import (1 GiB)."""
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
