"""Files on any platform: atomic writes, digests, bounded reads, locks, and the program's own resources."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, BinaryIO, NoReturn, TextIO

from licensedesk.core.errors import LicenseFileError, SurroundingsError
from licensedesk.core.names import visible

if os.name == "nt":  # pragma: no cover - exercised on Windows only
    import msvcrt
else:
    import fcntl


_crash_hook: Callable[[str], None] | None = None


def on_crash_point(hook: Callable[[str], None] | None) -> None:
    """Have `hook` called with the name of every crash point passed; None makes them inert again.

    For tests that kill the process, or fail it, exactly there.
    """
    global _crash_hook  # noqa: PLW0603 - one process, one hook; nothing else is kept here
    _crash_hook = hook


def crash_point(name: str) -> None:
    """A named place at which a test may end the process."""
    if _crash_hook is not None:
        _crash_hook(name)


def resource(*parts: str) -> Path:
    """A file of `resources/`: inside the wheel, or beside the package in a checkout."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "resources"
    return (inside if inside.is_dir() else package.parent / "resources").joinpath(*parts)


def sha256(content: bytes) -> str:
    """64 lower-case hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def read_bounded(path: Path, *, limit: int, follow_links: bool = True) -> bytes:
    """The whole regular file, at most `limit` bytes, never waiting on a FIFO or device.

    Raises LicenseFileError: `unreadable-file` (missing, no right to read, directory, FIFO, or a symbolic
    link while `follow_links` is off), `too-large`.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags if follow_links else flags | getattr(os, "O_NOFOLLOW", 0))
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise LicenseFileError("unreadable-file", file=path.name, reason="it is not a regular file")
            content = b"" if status.st_size > limit else file.read(limit + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise LicenseFileError("unreadable-file", file=path.name, reason=reason) from error
    if max(status.st_size, len(content)) > limit:
        size = max(status.st_size, len(content))
        raise LicenseFileError("too-large", file=path.name, size=size, limit=limit)
    return content


def open_regular(path: Path) -> BinaryIO:
    """The open file, whatever its size, never waiting on a FIFO or device.

    Raises LicenseFileError `unreadable-file`.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise LicenseFileError("unreadable-file", file=path.name, reason=reason) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise LicenseFileError("unreadable-file", file=path.name, reason="it is not a regular file")
    return os.fdopen(descriptor, "rb")


def is_there(path: Path) -> bool:
    """Whether something has that name, be it a link to nothing.

    Raises SurroundingsError `unwritable` where nobody can tell: a name that is too long or has a zero in it,
    a folder that may not be entered.
    """
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise_disk_fault(error, path)
    except ValueError as error:
        raise SurroundingsError("unwritable", path=visible(str(path)), reason=str(error)) from error
    return True


def is_empty(folder: Path) -> bool:
    """Whether a site could be made there: nothing is there yet, or a folder with nothing in it.

    Raises SurroundingsError `unwritable`.
    """
    if not is_there(folder):
        return True
    try:
        return folder.is_dir() and not any(folder.iterdir())
    except OSError as error:
        raise_disk_fault(error, folder)


def write_atomic(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Replace `path` by `content`, whole or not at all, also when the machine stops: temporary file in
    the same folder, fsync, re-read, replace, fsync of the folder.

    A symbolic link at `path` is replaced, never followed. Crash points, with the file's name:
    `write:NAME:created`, `:written`, `:replaced`.
    Raises SurroundingsError: `disk-full`, or `unwritable` for any other fault of the disk.
    """
    with _replacing(path) as descriptor, os.fdopen(descriptor, "w+b") as file:
        if hasattr(os, "fchmod"):
            os.fchmod(file.fileno(), mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        file.seek(0)
        if file.read() != content:
            raise OSError(errno.EIO, "the file does not read back as written")


@contextlib.contextmanager
def written_whole(path: Path, *, encoding: str) -> Iterator[TextIO]:
    """A text file, written piece by piece, that takes the place of `path` when the block ends well.

    Mode 0600. For what is too long to be held in memory: other than by `write_atomic` it is not read again.
    Crash points, with the file's name: `write:NAME:created`, `:written`, `:replaced`.
    Raises SurroundingsError: `disk-full`, `unwritable`.
    """
    with _replacing(path) as descriptor, open(descriptor, "w", encoding=encoding, newline="") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[int]:
    """The descriptor of a new file beside `path`; the block closes it, and it takes the place of `path`."""
    temporary = None
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
        crash_point(f"write:{path.name}:created")
        yield descriptor
        crash_point(f"write:{path.name}:written")
        os.replace(temporary, path)
        temporary = None
        crash_point(f"write:{path.name}:replaced")
        sync_folder(path.parent)
    except OSError as error:
        raise_disk_fault(error, path)
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)


def remove_leftovers(path: Path) -> None:
    """Delete what writes of `path` left behind when their process was killed. Only the one process that
    writes `path` may call it; a folder that cannot be read or written is left as it is.
    """
    with contextlib.suppress(OSError):
        for leftover in path.parent.glob(f".{path.name}.*.tmp"):
            leftover.unlink(missing_ok=True)


_WORKING, _MAKING = ".licensedesk-", ".licensedesk.new-"


@contextlib.contextmanager
def working_folder(parent: Path) -> Iterator[Path]:
    """A folder in `parent`, readable to its owner alone, that is gone when the block ends. Those that killed
    processes left there are removed first: a lock that dies with its process tells them from others' work.

    Raises SurroundingsError `disk-full`, `unwritable`.
    """
    try:
        parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(parent)
        folder = Path(tempfile.mkdtemp(dir=parent, prefix=_MAKING))
    except OSError as error:
        raise_disk_fault(error, parent)
    try:
        with exclusive_lock(folder / "lock", holder=f"process {os.getpid()}"):
            if os.name != "nt":  # where nothing is renamed that holds an open file
                # Only now: under this name nobody finds it without its lock.
                folder = folder.rename(folder.with_name(folder.name.replace(_MAKING, _WORKING)))
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_abandoned(parent: Path) -> None:
    own = getattr(os, "geteuid", lambda: 0)()
    for found in parent.glob(f"{_WORKING}*"):
        lock = found / "lock"
        # Whatever is in the way, or somebody else's: it is left for the next time.
        with contextlib.suppress(OSError, HeldElsewhereError, SurroundingsError):
            status = found.lstat()
            if status.st_uid == own and stat.S_ISDIR(status.st_mode) and lock.is_file():
                with exclusive_lock(lock, holder=""):
                    shutil.rmtree(found, ignore_errors=True)


def refuse_linked_folders(path: Path, *, below: Path) -> None:
    """Raises SurroundingsError `unwritable` where a folder between `below` and `path` is a symbolic link,
    so that nobody who can place one has files written elsewhere.
    """
    for folder in path.relative_to(below).parents:
        if os.path.islink(below / folder) and folder.parts:
            raise SurroundingsError("unwritable", path=str(below / folder), reason="it is a symbolic link")


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut, where the platform can."""
    if os.name == "nt":  # pragma: no cover - folders cannot be synced there
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def raise_disk_fault(error: OSError, path: Path) -> NoReturn:
    """An operating system's error on `path` as one of ours."""
    full = error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
    reason = error.strerror or type(error).__name__
    raise SurroundingsError("disk-full" if full else "unwritable", path=str(path), reason=reason) from error


class HeldElsewhereError(Exception):
    """The lock is held by another process; `holder` is what that process wrote about itself."""

    def __init__(self, holder: str) -> None:
        super().__init__(holder)
        self.holder = holder


@contextlib.contextmanager
def exclusive_lock(path: Path, *, holder: str) -> Iterator[None]:
    """Hold a lock that the operating system drops when the process ends, however it ends.

    `holder` is kept in the file for whoever finds it taken; a disk that is full or read-only does not stop
    the lock. Raises HeldElsewhereError at once when another process has it.
    """
    with _open_lock(path) as file:
        try:
            if os.name == "nt":  # pragma: no cover
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
            else:
                fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise HeldElsewhereError(path.read_text(encoding="utf-8", errors="replace").strip()) from error
        with contextlib.suppress(OSError):
            os.ftruncate(file.fileno(), 0)
            os.write(file.fileno(), holder.encode("utf-8"))
        yield


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _open_lock(path: Path) -> IO[bytes]:
    """Read-only where the file is there and cannot be written: a lock needs no right to write."""
    try:
        return open(path, "ab", buffering=0, opener=_private)
    except OSError as error:
        if not path.exists():
            raise_disk_fault(error, path)
        return open(path, "rb", buffering=0)
