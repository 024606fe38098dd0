"""The folder transport: one machine, a shared folder, or an air gap.

`<folder>/<server id>/license.message` to the agent, `report.message` back, each replaced atomically.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import math
import os
import re
import stat
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final, NamedTuple

from licensedesk.core.documents.messages import MESSAGE_LIMIT, REPORT_LIMIT
from licensedesk.core.errors import LicenseFileError, SurroundingsError
from licensedesk.core.files import (
    raise_disk_fault,
    read_bounded,
    refuse_linked_folders,
    remove_leftovers,
    write_atomic,
)
from licensedesk.core.transports.base import Arrivals

MESSAGE_NAME: Final = "license.message"
REPORT_NAME: Final = "report.message"
_SERVER_ID = re.compile(r"[0-9A-Za-z_-]{1,64}", re.ASCII)
_LOOK_EVERY: Final = 0.2
"""Seconds between two looks of a console that waits."""
_REREAD_EVERY: Final = 30.0
"""Seconds after which a file is read although it looks the same: some file systems keep whole seconds."""
_SETTLES: Final = 3.0
"""Seconds after which what replaces a file cannot look the same on any of them."""

_log = logging.getLogger(__name__)

_Signature = tuple[int, int, int]


def _signature(path: Path) -> _Signature | None:
    """What changes when the file is replaced; None where there is none."""
    try:
        status = os.stat(path, follow_symlinks=False)
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


class _Seen(NamedTuple):
    """A report as it was read; `content` is a hash of it, None where it could not be."""

    signature: _Signature
    content: int | None
    read_again_at: float


def _read_report(path: Path) -> tuple[bytes | None, bool]:
    """Its bytes, none of one that can be no report; and whether another look would find the same. None where
    the file system just does not let it be read.
    """
    try:
        return read_bounded(path, limit=REPORT_LIMIT, follow_links=False), True
    except LicenseFileError as error:
        _log.info("%s: %s", path, error.message)
        cause = error.__cause__
        passing = isinstance(cause, OSError) and cause.errno not in {errno.ELOOP, errno.EISDIR}
        return (None, False) if passing else (b"", True)


def _unavailable(folder: Path, reason: str) -> SurroundingsError:
    return SurroundingsError("transport-unavailable", transport=f"folder:{folder}", reason=reason)


class FolderConsole:
    """The console's side. Report and message are readable to all: they are signed, and hold no secret."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sent: list[str] = []
        self._refused: list[tuple[str, str]] = []
        self._seen: dict[str, _Seen] = {}
        self._woken = threading.Event()

    def start(self) -> None:
        """Makes the folder, but not the one it stands in: that may be a share that is not mounted."""
        try:
            self._folder.mkdir(exist_ok=True)
            self._check()
        except OSError as error:
            raise _unavailable(self._folder, error.strerror or str(error)) from error

    def _check(self) -> None:
        try:
            there = stat.S_ISDIR(self._folder.stat().st_mode)
        except OSError:
            there = False
        if not there:
            raise _unavailable(self._folder, "it is not there")

    def publish(self, server_id: str, message: bytes) -> None:
        self._check()
        path = self._folder / server_id / MESSAGE_NAME
        try:
            refuse_linked_folders(path, below=self._folder)
            path.parent.mkdir(exist_ok=True)
            remove_leftovers(path)
            write_atomic(path, message, mode=0o644)
        except SurroundingsError as error:
            self._refused.append((server_id, error.message))
        except OSError as error:
            self._refused.append((server_id, error.strerror or str(error)))
        else:
            self._sent.append(server_id)

    def clear(self, server_id: str) -> None:
        """What somebody else has put beside our files is left, and the folder with it."""
        self._check()
        place = self._folder / server_id
        refuse_linked_folders(place / MESSAGE_NAME, below=self._folder)
        try:
            for name in (MESSAGE_NAME, REPORT_NAME):
                remove_leftovers(place / name)
                (place / name).unlink(missing_ok=True)
        except OSError as error:
            raise_disk_fault(error, place)
        with contextlib.suppress(OSError):
            place.rmdir()
        self._seen.pop(server_id, None)

    def poll(self, *, timeout: float) -> Arrivals:
        deadline = time.monotonic() + timeout
        while True:
            began = time.monotonic()
            arrivals = self._arrivals()
            remaining = deadline - time.monotonic()
            if arrivals or remaining <= 0:
                return arrivals
            # A folder with many servers is looked at less often than it takes to look.
            pause = max(_LOOK_EVERY, 5 * (time.monotonic() - began))
            if self._woken.wait(min(pause, remaining)):
                self._woken.clear()
                return self._arrivals()

    def _arrivals(self) -> Arrivals:
        arrivals = Arrivals(
            sent=tuple(self._sent), reports=tuple(self._new_reports()), refused=tuple(self._refused)
        )
        self._sent, self._refused = [], []
        return arrivals

    def _new_reports(self) -> list[tuple[str, bytes]]:
        reports = []
        try:
            with os.scandir(self._folder) as entries:
                names = [
                    entry.name
                    for entry in entries
                    if _SERVER_ID.fullmatch(entry.name) and not entry.is_symlink()
                ]
        except OSError as error:
            raise _unavailable(self._folder, error.strerror or str(error)) from error
        for server_id in names:
            report = self._new_report(server_id)
            if report is not None:
                reports.append((server_id, report))
        return reports

    def _new_report(self, server_id: str) -> bytes | None:
        """Read when it looks another, and once more when it has settled; None where it is the one known."""
        path, now = self._folder / server_id / REPORT_NAME, time.monotonic()
        signature, known = _signature(path), self._seen.get(server_id)
        same = known is not None and known.signature == signature
        if signature is None or (known and same and now < known.read_again_at):
            return None
        report, stays = _read_report(path)
        if report is None and same:
            # Twice in a row: whoever waits for it is told, and it is tried on.
            report = b""
        before = known.content if known and same else None
        content = None if report is None else hash(report)
        settled = content == before and stays
        self._seen[server_id] = _Seen(signature, content, math.inf if settled else now + _SETTLES)
        return report if content != before else None

    def wake(self) -> None:
        self._woken.set()

    def close(self) -> None:
        """There is nothing to let go of."""


@dataclass(slots=True)
class FolderAgent:
    """The agent's side: looks every `poll_seconds`."""

    folder: Path
    server_id: str
    poll_seconds: float = 1.0
    _seen: _Signature | None = None
    _last: bytes | None = None
    _read_at: float = 0.0
    _unsent: bytes | None = None
    _wakes: SimpleQueue[None] = field(default_factory=SimpleQueue)

    @property
    def _message(self) -> Path:
        return self.folder / self.server_id / MESSAGE_NAME

    @property
    def _report(self) -> Path:
        return self.folder / self.server_id / REPORT_NAME

    def start(self) -> None:
        remove_leftovers(self._report)

    def receive(self, *, timeout: float) -> bytes | None:
        deadline = time.monotonic() + timeout
        while True:
            self._send()
            message = self._look()
            remaining = deadline - time.monotonic()
            if message is not None or remaining <= 0:
                return message
            try:
                self._wakes.get(timeout=min(self.poll_seconds, remaining))
            except Empty:
                continue
            return None

    def _look(self) -> bytes | None:
        """The message where it was replaced since the last look, even by the same bytes."""
        signature = _signature(self._message)
        replaced = signature != self._seen
        if signature is None or not (replaced or time.monotonic() - self._read_at > _REREAD_EVERY):
            return None
        # Noted before it is read: what cannot be read is refused once, not at every look.
        self._seen, self._read_at = signature, time.monotonic()
        message = read_bounded(self._message, limit=MESSAGE_LIMIT, follow_links=False)
        known, self._last = self._last, message
        return message if replaced or message != known else None

    def report(self, raw: bytes) -> None:
        self._unsent = raw
        self._send()

    def _send(self) -> None:
        if self._unsent is None:
            return
        try:
            refuse_linked_folders(self._report, below=self.folder)
            self._report.parent.mkdir(exist_ok=True)
            write_atomic(self._report, self._unsent, mode=0o644)
        except (SurroundingsError, OSError) as error:
            _log.info("the report waits: %s", error)
        else:
            self._unsent = None

    def wake(self) -> None:
        self._wakes.put(None)

    def close(self) -> None:
        self._send()
