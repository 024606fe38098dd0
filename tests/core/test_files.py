"""Files: whole or not at all, never more than asked for, never through a link, locks that end with us."""

from __future__ import annotations

import errno
import hashlib
import os
import socket
import stat
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from licensedesk.core import files
from licensedesk.core.errors import LicenseDeskError, LicenseFileError, SurroundingsError
from licensedesk.core.files import (
    HeldElsewhereError,
    crash_point,
    exclusive_lock,
    is_empty,
    is_there,
    on_crash_point,
    raise_disk_fault,
    read_bounded,
    refuse_linked_folders,
    remove_leftovers,
    resource,
    sha256,
    sync_folder,
    working_folder,
    write_atomic,
)

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def no_crash_hook() -> Iterator[None]:
    yield
    on_crash_point(None)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# -- what is there --------------------------------------------------------------------------------------


def test_a_link_to_nothing_is_there_and_no_place_for_a_site(tmp_path: Path) -> None:
    link, file, folder = tmp_path / "link", tmp_path / "file", tmp_path / "folder"
    link.symlink_to(tmp_path / "nothing")
    file.touch()
    folder.mkdir()
    assert [is_there(path) for path in (link, file, folder, tmp_path / "nothing", file / "in")] == [
        *(True, True, True, False, False)
    ]
    assert [is_empty(path) for path in (link, file, folder, tmp_path / "nothing", tmp_path)] == [
        *(False, False, True, True, False)
    ]


@pytest.mark.parametrize(("name", "reason"), [("x" * 300, "File name too long"), ("a\0b", "null")])
def test_a_name_that_nothing_can_have(tmp_path: Path, name: str, reason: str) -> None:
    for look in (is_there, is_empty):
        with pytest.raises(SurroundingsError) as refusal:
            look(tmp_path / name)
        assert refusal.value.code == "unwritable"
        assert reason in str(refusal.value.figures["reason"])
        assert "\0" not in refusal.value.message


# -- writing ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"x", b"\x00\xff" * 100_000])
def test_a_file_is_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    write_atomic(path, b"old")
    write_atomic(path, content)
    assert path.read_bytes() == content
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_the_mode_does_not_hang_on_the_umask(tmp_path: Path, mode: int) -> None:
    old = os.umask(0o077)
    try:
        write_atomic(tmp_path / "file", b"x", mode=mode)
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == mode


def test_a_link_is_replaced_and_never_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_bytes(b"precious")
    (tmp_path / "file").symlink_to(tmp_path / "precious")
    write_atomic(tmp_path / "file", b"new")
    assert (tmp_path / "precious").read_bytes() == b"precious"
    assert not (tmp_path / "file").is_symlink()


POINTS = ["write:file:created", "write:file:written", "write:file:replaced"]


@pytest.mark.parametrize("point", POINTS)
def test_a_write_that_fails_leaves_the_old_file_or_the_new_one(tmp_path: Path, point: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def fail(passed: str) -> None:
        if passed == point:
            raise OSError(errno.EIO, "Input/output error")

    on_crash_point(fail)
    with pytest.raises(SurroundingsError) as raised:
        write_atomic(path, b"new")
    assert (raised.value.code, raised.value.figures) == (
        "unwritable",
        {"path": str(path), "reason": "Input/output error"},
    )
    assert path.read_bytes() == (b"new" if point.endswith("replaced") else b"old")
    assert names(tmp_path) == ["file"]


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from licensedesk.core.files import on_crash_point, write_atomic

    on_crash_point(lambda point: point == sys.argv[2] and os.kill(os.getpid(), signal.SIGKILL))
    write_atomic(Path(sys.argv[1]), b"new" * 1000)
"""


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_write_leaves_the_old_file_or_the_new_one(tmp_path: Path, point: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED), str(path), point],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == -9
    assert path.read_bytes() == (b"new" * 1000 if point.endswith("replaced") else b"old")
    leftovers = [name for name in names(tmp_path) if name != "file"]
    assert len(leftovers) == (0 if point.endswith("replaced") else 1)
    (tmp_path / ".other.x.tmp").write_bytes(b"another's")
    remove_leftovers(path)
    assert names(tmp_path) == [".other.x.tmp", "file"]


def test_leftovers_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    remove_leftovers(tmp_path / "missing" / "file")
    assert names(tmp_path) == []


def test_what_is_read_back_otherwise_is_not_put_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def spoil(point: str) -> None:
        if point.endswith("created"):
            [temporary] = [one for one in tmp_path.iterdir() if one.name.endswith(".tmp")]
            monkeypatch.setattr(os, "fsync", lambda _: temporary.write_bytes(b"torn"))

    on_crash_point(spoil)
    with pytest.raises(SurroundingsError) as raised:
        write_atomic(path, b"new")
    assert raised.value.code == "unwritable"
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("place", ["missing/file", "plain/file"])
def test_a_folder_that_is_none(tmp_path: Path, place: str) -> None:
    (tmp_path / "plain").write_bytes(b"x")
    with pytest.raises(SurroundingsError) as raised:
        write_atomic(tmp_path / place, b"new")
    assert raised.value.code == "unwritable"


def test_a_folder_in_the_place_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(SurroundingsError) as raised:
        write_atomic(tmp_path / "file", b"new")
    assert raised.value.code == "unwritable"
    assert names(tmp_path) == ["file"]


def test_a_disk_that_takes_no_more(tmp_path: Path) -> None:
    # The limit on the size of files makes a real write fail, in a process of its own.
    script = """
        import resource, signal, sys
        from pathlib import Path
        from licensedesk.core.errors import LicenseDeskError
        from licensedesk.core.files import write_atomic

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        try:
            write_atomic(Path(sys.argv[1]), b"x" * 5000)
        except LicenseDeskError as error:
            print(error.code)
    """
    (tmp_path / "file").write_bytes(b"old")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(tmp_path / "file")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("disk-full\n", "")
    assert (tmp_path / "file").read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "disk-full"),
        (errno.EDQUOT, "disk-full"),
        (errno.EFBIG, "disk-full"),
        (errno.EACCES, "unwritable"),
        (errno.EROFS, "unwritable"),
        (errno.EIO, "unwritable"),
    ],
)
def test_faults_of_the_disk(tmp_path: Path, number: int, code: str) -> None:
    with pytest.raises(SurroundingsError) as raised:
        raise_disk_fault(OSError(number, os.strerror(number)), tmp_path)
    assert raised.value.code == code


def test_a_fault_without_words() -> None:
    with pytest.raises(SurroundingsError) as raised:
        raise_disk_fault(OSError(), Path("/x"))
    assert raised.value.figures == {"path": "/x", "reason": "OSError"}


# -- reading ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 99, 100])
def test_files_up_to_the_limit(tmp_path: Path, size: int) -> None:
    (tmp_path / "file").write_bytes(b"x" * size)
    assert read_bounded(tmp_path / "file", limit=100) == b"x" * size


@pytest.mark.parametrize("size", [101, 10_000])
def test_files_over_the_limit(tmp_path: Path, size: int) -> None:
    (tmp_path / "file").write_bytes(b"x" * size)
    with pytest.raises(LicenseFileError) as raised:
        read_bounded(tmp_path / "file", limit=100)
    assert raised.value.code == "too-large"
    assert raised.value.figures == {"file": "file", "size": size, "limit": 100}


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(LicenseFileError) as raised:
        read_bounded(tmp_path / "file", limit=1 << 20)
    assert (raised.value.code, raised.value.figures["size"]) == ("too-large", 1 << 40)


def test_a_file_whose_size_says_nothing() -> None:
    # Such files have a size of 0 and content.
    with pytest.raises(LicenseFileError) as raised:
        read_bounded(Path("/proc/self/status"), limit=10)
    assert (raised.value.code, raised.value.figures["size"]) == ("too-large", 11)


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tmp_path / "socket"))
    server.close()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for name in (".", "fifo", "socket", "missing", "loop", "nul\x00", "x" * 5000):
        with pytest.raises(LicenseFileError) as raised:
            read_bounded(tmp_path / name, limit=100)
        assert raised.value.code == "unreadable-file", name
        assert raised.value.figures["reason"]
    with pytest.raises(LicenseFileError) as raised:
        read_bounded(Path("/dev/zero"), limit=100)
    assert raised.value.figures["reason"] == "it is not a regular file"


def test_a_link_is_followed_only_where_wanted(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to("file")
    assert read_bounded(tmp_path / "link", limit=100) == b"x"
    assert read_bounded(tmp_path / "file", limit=100, follow_links=False) == b"x"
    with pytest.raises(LicenseFileError) as raised:
        read_bounded(tmp_path / "link", limit=100, follow_links=False)
    assert raised.value.code == "unreadable-file"


def test_folders_that_are_links(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    refuse_linked_folders(tmp_path / "a" / "b" / "file", below=tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "a" / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SurroundingsError) as raised:
        refuse_linked_folders(tmp_path / "a" / "link" / "c" / "file", below=tmp_path)
    assert raised.value.figures == {
        "path": str(tmp_path / "a" / "link"),
        "reason": "it is a symbolic link",
    }
    # What lies above is the business of whoever chose it.
    refuse_linked_folders(tmp_path / "a" / "link" / "file", below=tmp_path / "a" / "link")


# -- locks ------------------------------------------------------------------------------------------------


def test_a_lock_is_held_once_and_says_by_whom(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with exclusive_lock(path, holder="pid 7 at desk"):
        assert path.stat().st_mode & 0o777 == 0o600
        with pytest.raises(HeldElsewhereError) as held, exclusive_lock(path, holder="another"):
            pytest.fail("two hold it")
        assert held.value.holder == "pid 7 at desk"
    with exclusive_lock(path, holder="another"):
        assert path.read_text() == "another"


def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    script = """
        import sys, time
        from pathlib import Path
        from licensedesk.core.files import exclusive_lock

        with exclusive_lock(Path(sys.argv[1]), holder="the other"):
            print("held", flush=True)
            time.sleep(60)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), str(tmp_path / "lock")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(HeldElsewhereError) as held, exclusive_lock(tmp_path / "lock", holder="we"):
            pytest.fail("two hold it")
        assert held.value.holder == "the other"
        process.kill()
    with exclusive_lock(tmp_path / "lock", holder="we"):
        pass


def test_a_lock_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LicenseDeskError) as raised, exclusive_lock(tmp_path / "x" / "lock", holder="we"):
        pytest.fail("it cannot be held")
    assert raised.value.code == "unwritable"


# -- the rest ---------------------------------------------------------------------------------------------


def test_a_digest() -> None:
    assert sha256(b"License.xml") == hashlib.sha256(b"License.xml").hexdigest()


def test_resources_are_found_in_a_checkout_and_inside_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert resource("schemas", "ProductLicense.xsd").is_file()
    package = tmp_path / "licensedesk"
    (package / "resources").mkdir(parents=True)
    (package / "core").mkdir()
    monkeypatch.setattr(files, "__file__", str(package / "core" / "files.py"))
    assert resource("x") == package / "resources" / "x"


def test_a_crash_point_is_inert_without_a_hook() -> None:
    passed: list[str] = []
    crash_point("one")
    on_crash_point(passed.append)
    crash_point("two")
    on_crash_point(None)
    crash_point("three")
    assert passed == ["two"]


def test_a_folder_is_synced(tmp_path: Path) -> None:
    sync_folder(tmp_path)
    with pytest.raises(OSError, match="Not a directory"):
        sync_folder(ROOT / "README.md")


# -- working folders --------------------------------------------------------------------------------------


def test_a_working_folder_is_private_and_gone_afterwards(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        (folder / "inner").mkdir()
        raise RuntimeError

    with pytest.raises(RuntimeError), working_folder(tmp_path / "made") as folder:
        fail(folder)
    assert names(tmp_path / "made") == []


def test_nobody_takes_the_working_folder_of_another(tmp_path: Path) -> None:
    def work(_number: int) -> bool:
        with working_folder(tmp_path) as folder:
            (folder / "mine").touch()
            time.sleep(0.001)
            return (folder / "mine").exists()

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(work, range(400)))
    assert names(tmp_path) == []


def test_a_working_folder_where_there_can_be_none(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SurroundingsError) as raised, working_folder(tmp_path / "file"):
        pass
    assert raised.value.code == "unwritable"
