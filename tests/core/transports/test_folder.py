"""The folder transport: two sides and a folder between them, which may be away or hostile."""

from __future__ import annotations

import os
import shutil
import threading
import time
from pathlib import Path

import pytest

from licensedesk.core.documents.messages import MESSAGE_LIMIT, REPORT_LIMIT
from licensedesk.core.errors import LicenseFileError, SurroundingsError
from licensedesk.core.files import read_bounded
from licensedesk.core.transports import folder as module
from licensedesk.core.transports.base import Arrivals
from licensedesk.core.transports.folder import MESSAGE_NAME, REPORT_NAME, FolderAgent, FolderConsole
from tests.fakes.console import SERVER


@pytest.fixture
def share(tmp_path: Path) -> Path:
    return tmp_path / "share"


@pytest.fixture
def console(share: Path) -> FolderConsole:
    console = FolderConsole(share)
    console.start()
    return console


@pytest.fixture
def agent(share: Path) -> FolderAgent:
    agent = FolderAgent(share, SERVER, poll_seconds=0.01)
    agent.start()
    return agent


class Clock:
    """The monotonic clock of the folder transport, set ahead."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = 0.0
        true = time.monotonic
        monkeypatch.setattr(time, "monotonic", lambda: true() + self.ahead)


def test_there_and_back(console: FolderConsole, agent: FolderAgent) -> None:
    assert agent.receive(timeout=0) is None
    console.publish(SERVER, b"message")
    assert console.poll(timeout=0) == Arrivals(sent=(SERVER,))
    assert agent.receive(timeout=0) == b"message"
    assert agent.receive(timeout=0.02) is None
    agent.report(b"report")
    assert console.poll(timeout=0) == Arrivals(reports=((SERVER, b"report"),))
    assert console.poll(timeout=0.01) == Arrivals()


def test_the_same_message_again_is_another_message(console: FolderConsole, agent: FolderAgent) -> None:
    for _ in range(3):
        console.publish(SERVER, b"message")
        assert agent.receive(timeout=0) == b"message"


def test_a_file_that_changed_under_the_same_signature_is_read_in_the_end(
    console: FolderConsole, agent: FolderAgent, share: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a file system that keeps whole seconds and makes up its inode numbers."""
    console.publish(SERVER, b"one")
    assert agent.receive(timeout=0) == b"one"
    path = share / SERVER / MESSAGE_NAME
    before = path.stat()
    path.write_bytes(b"two")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert agent.receive(timeout=0) is None
    monkeypatch.setattr(module, "_REREAD_EVERY", -1.0)
    assert agent.receive(timeout=0) == b"two"
    assert agent.receive(timeout=0) is None


def test_a_new_console_reads_the_last_reports_again(
    console: FolderConsole, agent: FolderAgent, share: Path
) -> None:
    agent.report(b"first")
    agent.report(b"second")
    console.poll(timeout=0)
    again = FolderConsole(share)
    again.start()
    assert again.poll(timeout=0).reports == ((SERVER, b"second"),)
    again.close()


def test_clear_leaves_nothing_behind(console: FolderConsole, agent: FolderAgent, share: Path) -> None:
    console.publish(SERVER, b"message")
    agent.report(b"report")
    (share / SERVER / f".{MESSAGE_NAME}.x.tmp").write_bytes(b"half")
    console.clear(SERVER)
    console.clear(SERVER)
    assert list(share.iterdir()) == []
    assert console.poll(timeout=0) == Arrivals(sent=(SERVER,))


def test_clear_leaves_what_is_of_somebody_else(
    console: FolderConsole, agent: FolderAgent, share: Path
) -> None:
    console.publish(SERVER, b"message")
    agent.report(b"report")
    (share / SERVER / "notes.txt").write_text("not ours")
    console.clear(SERVER)
    assert [path.name for path in (share / SERVER).iterdir()] == ["notes.txt"]


def test_a_place_that_cannot_be_cleared_is_a_fault_of_that_place(console: FolderConsole, share: Path) -> None:
    (share / SERVER / MESSAGE_NAME).mkdir(parents=True)
    with pytest.raises(SurroundingsError) as refusal:
        console.clear(SERVER)
    assert (refusal.value.code, refusal.value.figures["path"]) == ("unwritable", str(share / SERVER))


def test_a_report_replaced_under_the_same_signature_is_read_when_it_has_settled(
    console: FolderConsole, agent: FolderAgent, share: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent.report(b"one")
    assert console.poll(timeout=0).reports == ((SERVER, b"one"),)
    path = share / SERVER / REPORT_NAME
    before = path.stat()
    path.write_bytes(b"two")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert console.poll(timeout=0).reports == ()
    clock = Clock(monkeypatch)
    clock.ahead = module._SETTLES
    assert console.poll(timeout=0).reports == ((SERVER, b"two"),)
    # Read once more then, and left alone after that.
    for _ in range(2):
        clock.ahead += module._SETTLES
        assert console.poll(timeout=0).reports == ()
    path.write_bytes(b"new")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    clock.ahead += module._SETTLES
    assert console.poll(timeout=0).reports == ()


def test_a_report_that_cannot_be_read_for_a_moment_is_read_after_it(
    console: FolderConsole, agent: FolderAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a file server lets nobody in while it replaces a file."""
    agent.report(b"report")
    clock = Clock(monkeypatch)

    def refuse(path: Path, **_given: object) -> bytes:
        raise LicenseFileError("unreadable-file", file=path.name, reason="busy") from OSError(16, "busy")

    monkeypatch.setattr(module, "read_bounded", refuse)
    assert console.poll(timeout=0).reports == ()
    monkeypatch.setattr(module, "read_bounded", read_bounded)
    assert console.poll(timeout=0).reports == ()
    clock.ahead += module._SETTLES
    assert console.poll(timeout=0).reports == ((SERVER, b"report"),)


def test_a_report_that_stays_unreadable_is_told_once_and_tried_on(
    console: FolderConsole, agent: FolderAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent.report(b"report")
    clock = Clock(monkeypatch)

    def refuse(path: Path, **_given: object) -> bytes:
        raise LicenseFileError("unreadable-file", file=path.name, reason="denied") from PermissionError(13)

    monkeypatch.setattr(module, "read_bounded", refuse)
    told: list[tuple[str, bytes]] = []
    for _ in range(4):
        told += console.poll(timeout=0).reports
        clock.ahead += module._SETTLES
    assert told == [(SERVER, b"")]
    monkeypatch.setattr(module, "read_bounded", read_bounded)
    assert console.poll(timeout=0).reports == ((SERVER, b"report"),)


def test_a_console_waits_for_reports(console: FolderConsole, agent: FolderAgent) -> None:
    threading.Timer(0.1, agent.report, [b"report"]).start()
    assert console.poll(timeout=10).reports == ((SERVER, b"report"),)


def test_an_agent_waits_for_messages_until_it_is_woken(console: FolderConsole, agent: FolderAgent) -> None:
    threading.Timer(0.05, console.publish, [SERVER, b"message"]).start()
    assert agent.receive(timeout=10) == b"message"
    threading.Timer(0.05, agent.wake).start()
    began = time.monotonic()
    assert agent.receive(timeout=10) is None
    assert time.monotonic() - began < 5


def test_a_console_is_woken_from_its_wait_and_before_it(console: FolderConsole) -> None:
    for delay in (0.05, 0.0):
        waker = threading.Timer(delay, console.wake)
        waker.start()
        if not delay:
            waker.join()
        began = time.monotonic()
        assert not console.poll(timeout=30)
        assert time.monotonic() - began < 10


# -- faults ------------------------------------------------------------------------------------------


def test_a_share_that_is_not_mounted_is_not_made(tmp_path: Path) -> None:
    console = FolderConsole(tmp_path / "mount" / "share")
    with pytest.raises(SurroundingsError) as refusal:
        console.start()
    assert refusal.value.code == "transport-unavailable"
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "share").write_text("")
    with pytest.raises(SurroundingsError) as refusal:
        FolderConsole(tmp_path / "share").start()
    assert refusal.value.code == "transport-unavailable"


def test_a_folder_that_goes_away(console: FolderConsole, agent: FolderAgent, share: Path) -> None:
    shutil.rmtree(share)
    for action in (
        lambda: console.publish(SERVER, b"message"),
        lambda: console.clear(SERVER),
        lambda: console.poll(timeout=0),
    ):
        with pytest.raises(SurroundingsError) as refusal:
            action()
        assert refusal.value.code == "transport-unavailable"
    agent.report(b"first")
    agent.report(b"second")
    assert agent.receive(timeout=0.02) is None
    share.mkdir()
    assert agent.receive(timeout=0.02) is None
    assert console.poll(timeout=0).reports == ((SERVER, b"second"),)


def test_a_report_that_waits_is_sent_at_the_end(agent: FolderAgent, share: Path) -> None:
    agent.report(b"report")
    share.mkdir()
    agent.close()
    assert (share / SERVER / REPORT_NAME).read_bytes() == b"report"


def test_one_server_that_cannot_be_written_does_not_stop_the_others(
    console: FolderConsole, share: Path
) -> None:
    other = "0123456789abcdef"
    (share / other).write_text("a file where the server's folder belongs")
    (share / "third" / MESSAGE_NAME).mkdir(parents=True)
    for server_id in (other, "third", SERVER):
        console.publish(server_id, b"message")
    arrived = console.poll(timeout=0)
    assert arrived.sent == (SERVER,)
    assert [server_id for server_id, _ in arrived.refused] == [other, "third"]
    assert all(reason for _, reason in arrived.refused)


def test_a_linked_folder_is_neither_written_nor_read(
    console: FolderConsole, agent: FolderAgent, share: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / REPORT_NAME).write_bytes(b"of somebody else")
    (share / SERVER).symlink_to(elsewhere)
    console.publish(SERVER, b"message")
    agent.report(b"report")
    arrived = console.poll(timeout=0)
    assert (arrived.reports, arrived.sent, len(arrived.refused)) == ((), (), 1)
    with pytest.raises(SurroundingsError) as refusal:
        console.clear(SERVER)
    assert refusal.value.code == "unwritable"
    assert [path.name for path in elsewhere.iterdir()] == [REPORT_NAME]
    assert (elsewhere / REPORT_NAME).read_bytes() == b"of somebody else"


def test_foreign_things_in_the_folder_are_left_alone(console: FolderConsole, share: Path) -> None:
    (share / "..hidden").mkdir()
    (share / "a b" / REPORT_NAME).mkdir(parents=True)
    (share / "file").write_text("")
    assert console.poll(timeout=0) == Arrivals()


@pytest.mark.parametrize("kind", ["link", "fifo", "folder", "huge"])
def test_a_message_that_is_none(agent: FolderAgent, share: Path, tmp_path: Path, kind: str) -> None:
    path = share / SERVER / MESSAGE_NAME
    _hostile(path, tmp_path / "secret", kind=kind, size=1 << 30)
    with pytest.raises(LicenseFileError) as refusal:
        agent.receive(timeout=0)
    assert refusal.value.code == ("too-large" if kind == "huge" else "unreadable-file")
    assert refusal.value.figures.get("limit", MESSAGE_LIMIT) == MESSAGE_LIMIT
    assert agent.receive(timeout=0.03) is None, "told once"


@pytest.mark.parametrize("kind", ["link", "fifo", "folder", "huge"])
def test_a_report_that_is_none(console: FolderConsole, share: Path, tmp_path: Path, kind: str) -> None:
    _hostile(share / SERVER / REPORT_NAME, tmp_path / "secret", kind=kind, size=REPORT_LIMIT + 1)
    assert console.poll(timeout=0).reports == ((SERVER, b""),)
    assert console.poll(timeout=0).reports == ()


def _hostile(path: Path, secret: Path, *, kind: str, size: int) -> None:
    path.parent.mkdir(parents=True)
    secret.write_bytes(b"secret")
    match kind:
        case "link":
            path.symlink_to(secret)
        case "fifo":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case _:
            with path.open("wb") as file:
                file.truncate(size)
