"""What the agent stores, heals, applies and reports; what is refused leaves its files byte by byte."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import stat
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from licensedesk.agent.places import Places
from licensedesk.agent.rules import unreadable
from licensedesk.agent.state import enrol, read_identity
from licensedesk.agent.updater import Updater
from licensedesk.core.documents.messages import MESSAGE_LIMIT, Holding, Report
from licensedesk.core.errors import LicenseFileError
from licensedesk.core.files import on_crash_point, sha256
from tests.agent.conftest import Agent, no_room
from tests.fakes.console import START, ConsoleTwin, license_xml

FIRST = license_xml(10)
SECOND = license_xml(20, version=2)


def figures(report: Report) -> tuple[str, str, int, str]:
    return report.state, report.code, report.version, report.sha256


def applied(version: int, content: bytes, code: str = "") -> tuple[str, str, int, str]:
    return Holding.APPLIED, code, version, sha256(content)


# -- storing -----------------------------------------------------------------------------------------


def test_an_accepted_message_is_stored_applied_and_reported(agent: Agent) -> None:
    report = agent.take(agent.console.message(1, FIRST))
    assert figures(report) == applied(1, FIRST)
    assert (agent.license, agent.applied) == (FIRST, [FIRST])


def test_the_next_version_replaces_it(agent: Agent) -> None:
    agent.take(agent.console.message(1, FIRST))
    report = agent.take(agent.console.message(2, SECOND))
    assert figures(report) == applied(2, SECOND)
    assert (agent.license, agent.applied) == (SECOND, [FIRST, SECOND])


def test_a_new_version_of_the_same_content_is_not_applied_again(agent: Agent) -> None:
    agent.take(agent.console.message(1, FIRST))
    assert figures(agent.take(agent.console.message(2, FIRST))) == applied(2, FIRST)
    assert agent.applied == [FIRST]


def test_modes(agent: Agent) -> None:
    agent.take(agent.console.message(1, FIRST))
    modes = {
        str(path.relative_to(agent.places.install)): stat.S_IMODE(path.stat().st_mode)
        for path in agent.places.install.rglob("*")
    }
    assert modes == {
        "Software": 0o755,
        "Software/Conf": 0o755,
        "Software/Conf/Cache": 0o755,
        "Software/Conf/Cache/License.xml": 0o644,
        "agent": 0o700,
        "agent/identity.json": 0o600,
        "agent/license.message": 0o600,
        "agent/state.json": 0o600,
    }


def test_without_an_apply_command_stored_counts_as_applied(agent: Agent) -> None:
    agent.updater._apply = None
    assert figures(agent.take(agent.console.message(1, FIRST))) == applied(1, FIRST)


def test_an_agent_that_holds_nothing_says_so(agent: Agent) -> None:
    assert figures(agent.start()) == (Holding.EMPTY, "", 0, "")
    assert agent.check() is None


# -- refusing ----------------------------------------------------------------------------------------


def bad_messages(console: ConsoleTwin) -> dict[str, bytes]:
    """After version 7 of FIRST was accepted."""
    good = console.configuration(8, SECOND)
    return {
        "TOO-LARGE": b"{" + b" " * MESSAGE_LIMIT + b"}",
        "MALFORMED": b'{"payload":NaN}',
        "UNTRUSTED": ConsoleTwin().message(8, SECOND),
        "WRONG-TYPE": console.signed(good, payload_type="application/vnd.licensedesk.report+json"),
        "WRONG-DEPLOYMENT": console.signed(replace(good, deployment="deployment-2")),
        "WRONG-SERVER": console.message(8, SECOND, server_id="0" * 16),
        "ROLLBACK": console.message(6, SECOND),
        "EQUIVOCATION": console.message(7, SECOND),
        "EXPIRED": console.message(8, SECOND, at=START - timedelta(days=91)),
        "DIGEST": console.signed(replace(good, sha256="0" * 64)),
        "SCHEMA": console.message(8, b"<License/>"),
    }


@pytest.mark.parametrize("code", bad_messages(ConsoleTwin()))
def test_a_refused_message_changes_nothing_but_is_reported(agent: Agent, code: str) -> None:
    agent.take(agent.console.message(7, FIRST))
    before = agent.files()
    report = agent.take(bad_messages(agent.console)[code])
    assert figures(report) == applied(7, FIRST, code)
    assert report.detail
    assert agent.files() == before
    assert agent.check() is None, "the reason stays said"


def test_an_old_message_played_back_is_a_rollback_also_after_a_restart(agent: Agent) -> None:
    old = agent.console.message(1, FIRST)
    agent.take(old)
    agent.take(agent.console.message(2, SECOND))
    agent.start()
    assert figures(agent.take(old)) == applied(2, SECOND, "ROLLBACK")
    assert agent.license == SECOND


def test_a_message_that_cannot_even_be_read(agent: Agent) -> None:
    error = LicenseFileError("unreadable-file", file="license.message", reason="it is not a regular file")
    report = agent.console.read(agent.updater.reject(unreadable(error), now=START))
    assert (report.code, report.message_id) == ("MALFORMED", "")


def test_a_message_from_far_ahead_is_accepted_and_told(agent: Agent) -> None:
    ahead = agent.console.message(1, FIRST, at=START + timedelta(days=400))
    report = agent.take(ahead)
    assert figures(report) == applied(1, FIRST, "CLOCK-AHEAD")
    assert "2027-12-26T09:14" in report.detail
    assert figures(agent.take(agent.console.message(2, SECOND))) == applied(2, SECOND), "not expired"


def test_that_it_could_not_be_applied_matters_more_than_the_clock(agent: Agent) -> None:
    agent.failure = "it ended with 1"
    ahead = agent.console.message(1, FIRST, at=START + timedelta(days=400))
    assert agent.take(ahead).code == "APPLY-FAILED"


def test_the_believed_time_outlives_a_restart(agent: Agent) -> None:
    agent.take(agent.console.message(1, FIRST, at=START))
    agent.start(at=START - timedelta(days=300))
    old = agent.console.message(2, SECOND, at=START - timedelta(days=100))
    assert agent.take(old, at=START - timedelta(days=300)).code == "EXPIRED"


# -- enrolment ---------------------------------------------------------------------------------------


def test_the_key_is_proven_until_a_message_says_that_it_is_enrolled(agent: Agent) -> None:
    invited = agent.console.signed(replace(agent.console.configuration(1, FIRST), enrolled_key=""))
    assert agent.take(invited).proof
    assert agent.take(invited).proof
    other = agent.console.signed(replace(agent.console.configuration(1, FIRST), enrolled_key="0" * 64))
    assert agent.take(other).proof
    report = agent.take(agent.console.message(1, FIRST))
    assert (report.proof, report.public_key) == ("", "")
    assert not agent.start().proof
    assert agent.take(invited).proof, "a console restored from before the enrolment does not know the key"


def test_a_new_enrolment_has_a_new_key_and_keeps_what_is_held(agent: Agent) -> None:
    agent.take(agent.console.message(3, FIRST))
    pinned = agent.console.pinned.copy()
    agent.console.pinned.clear()
    enrol(agent.places, agent.console.enrolment(), file="d.enrol")
    report = agent.start()
    assert figures(report) == applied(3, FIRST)
    assert report.proof
    assert agent.console.pinned != pinned


def test_another_site_begins_anew(agent: Agent) -> None:
    agent.take(agent.console.message(3, FIRST))
    other = ConsoleTwin(deployment="deployment-2")
    enrol(agent.places, other.enrolment(), file="d.enrol")
    agent.console = other
    assert figures(agent.start()) == (Holding.EMPTY, "", 0, sha256(FIRST))
    content = license_xml(1, deployment="deployment-2")
    assert figures(agent.take(other.message(1, content))) == applied(1, content)


# -- healing -----------------------------------------------------------------------------------------

DAMAGES: dict[str, Callable[[Places], object]] = {
    "edited": lambda places: places.license.write_bytes(SECOND),
    "torn": lambda places: places.license.write_bytes(FIRST[:100]),
    "emptied": lambda places: places.license.write_bytes(b""),
    "deleted": lambda places: places.license.unlink(),
    "folder deleted": lambda places: shutil.rmtree(places.install / "Software"),
    "too large": lambda places: places.license.write_bytes(b" " * (MESSAGE_LIMIT + 1)),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
@pytest.mark.parametrize("when", ["check", "start", "verify"])
def test_a_damaged_license_is_written_anew_applied_and_reported(
    agent: Agent, damage: Callable[[Places], object], when: str
) -> None:
    message = agent.console.message(1, FIRST)
    agent.take(message)
    damage(agent.places)
    how: dict[str, Callable[[], Report | None]] = {
        "check": agent.check,
        "start": agent.start,
        "verify": lambda: agent.take(message),
    }
    report = how[when]()
    assert report is not None
    assert figures(report) == applied(1, FIRST, "DRIFT")
    assert report.detail
    assert agent.license == FIRST
    assert agent.applied == [FIRST, FIRST]
    assert agent.check() is None


@pytest.mark.parametrize(
    ("damage", "detail"),
    [
        ("edited", f"License.xml had the digest {sha256(SECOND)}"),
        ("deleted", "License.xml was missing"),
        ("too large", "License.xml has 2,097,153 bytes; at most 2,097,152 are read."),
    ],
)
def test_a_drift_says_what_was_found(agent: Agent, damage: str, detail: str) -> None:
    agent.take(agent.console.message(1, FIRST))
    DAMAGES[damage](agent.places)
    report = agent.check()
    assert report is not None
    assert report.detail == detail


def test_what_is_as_accepted_is_not_written_again(agent: Agent) -> None:
    agent.take(agent.console.message(1, FIRST))
    files = (agent.places.license, agent.places.message)
    before = [(path.stat().st_ino, path.stat().st_mtime_ns) for path in files]
    assert agent.check() is None
    agent.start()
    assert [(path.stat().st_ino, path.stat().st_mtime_ns) for path in files] == before


def test_the_first_look_is_told(agent: Agent) -> None:
    agent.take(agent.console.message(1, FIRST))
    anew = Updater(agent.places, identity=read_identity(agent.places), apply=None)
    raw = anew.check(now=START)
    assert raw is not None
    assert figures(agent.console.read(raw)) == applied(1, FIRST)
    assert anew.check(now=START) is None


def test_each_drift_is_told(agent: Agent) -> None:
    agent.take(agent.console.message(1, FIRST))
    for _ in range(3):
        agent.places.license.write_bytes(b"edited")
        report = agent.check()
        assert report is not None
        assert report.code == "DRIFT"


def test_a_drift_stays_said_when_its_message_comes_again(agent: Agent) -> None:
    """At every start the transport brings the last message once more."""
    message = agent.console.message(1, FIRST)
    agent.take(message)
    agent.places.license.write_bytes(b"edited")
    drift = agent.start()
    assert agent.take(message) == drift
    assert agent.start().code == ""
    assert agent.take(message).code == ""
    agent.places.license.write_bytes(b"edited")
    assert agent.start().code == "DRIFT"
    # Another drift that the same message finds is another report, even if it is the same edit.
    agent.places.license.write_bytes(b"edited")
    again = agent.take(message)
    assert (again.code, again.counter) == ("DRIFT", agent.updater.state.counter)
    assert agent.take(message) == again
    # A verify is another message: what it finds is news.
    assert agent.take(agent.console.message(1, FIRST)).code == ""


def test_a_new_message_over_a_damaged_license_is_no_drift(agent: Agent) -> None:
    agent.take(agent.console.message(1, FIRST))
    agent.places.license.write_bytes(b"edited")
    assert figures(agent.take(agent.console.message(2, SECOND))) == applied(2, SECOND)


@pytest.mark.parametrize("content", [None, b"", b"torn", FIRST])
def test_a_damaged_envelope_is_restored_while_the_agent_runs(agent: Agent, content: bytes | None) -> None:
    agent.take(agent.console.message(1, FIRST))
    before = agent.files()
    agent.places.message.unlink()
    if content is not None:
        agent.places.message.write_bytes(content)
    assert agent.check() is None
    assert agent.files() == before
    assert stat.S_IMODE(agent.places.message.stat().st_mode) == 0o600


def test_an_envelope_that_was_lost_while_it_stood_still_has_to_be_sent_again(agent: Agent) -> None:
    message = agent.console.message(2, FIRST)
    agent.take(message)
    agent.places.message.write_bytes(b"torn")
    assert figures(agent.start()) == (Holding.DAMAGED, "DRIFT", 2, sha256(FIRST))
    assert agent.check() is None
    assert agent.take(agent.console.message(1, SECOND)).code == "ROLLBACK", "it remembers the version"
    assert agent.take(agent.console.message(2, SECOND)).code == "EQUIVOCATION"
    assert figures(agent.take(message)) == applied(2, FIRST)
    assert figures(agent.start()) == applied(2, FIRST)


def test_what_is_lost_is_said_again_when_something_else_was_said_or_found(agent: Agent) -> None:
    agent.take(agent.console.message(2, FIRST))
    agent.places.message.unlink()
    assert agent.start().code == "DRIFT"
    assert agent.check() is None
    # Another message was refused meanwhile: that is what the last report says.
    assert agent.take(agent.console.message(1, SECOND)).code == "ROLLBACK"
    report = agent.check()
    assert report is not None
    assert report.code == "DRIFT"
    assert agent.check() is None
    # Or the file that it can no longer write anew has changed.
    agent.places.license.unlink()
    report = agent.check()
    assert report is not None
    assert figures(report) == (Holding.DAMAGED, "DRIFT", 2, "")
    assert agent.check() is None


def test_a_signed_envelope_put_in_its_place_has_to_be_one_that_is_accepted(agent: Agent) -> None:
    agent.take(agent.console.message(1, FIRST))
    agent.places.message.write_bytes(agent.console.message(2, b"<License/>"))
    assert figures(agent.start()) == (Holding.DAMAGED, "DRIFT", 1, sha256(FIRST))
    assert agent.license == FIRST


def test_an_older_envelope_put_in_its_place_is_not_believed(agent: Agent) -> None:
    agent.take(agent.console.message(1, FIRST))
    older = agent.places.message.read_bytes()
    agent.take(agent.console.message(2, SECOND))
    agent.places.message.write_bytes(older)
    assert figures(agent.start()) == (Holding.DAMAGED, "DRIFT", 2, sha256(SECOND))
    assert agent.license == SECOND


@pytest.mark.parametrize("content", [b"", b"{}", b'{"version":"x"}', b"\xff", "time"])
def test_a_damaged_state_is_made_from_the_envelope(agent: Agent, content: bytes | str) -> None:
    old = agent.console.message(1, FIRST)
    agent.take(agent.console.message(2, SECOND))
    if isinstance(content, str):
        members = json.loads(agent.places.state.read_bytes())
        content = json.dumps({**members, "highest_issued": content}).encode()
    agent.places.state.write_bytes(content)
    assert figures(agent.start()) == applied(2, SECOND)
    assert agent.take(old).code == "ROLLBACK"


def test_counters_rise_over_restarts_and_clocks(agent: Agent) -> None:
    reports = [
        agent.start(),
        agent.take(agent.console.message(1, FIRST)),
        agent.start(at=START - timedelta(days=9)),
        agent.start(at=START + timedelta(days=1)),
    ]
    counters = [report.counter for report in reports]
    assert counters == sorted(set(counters))
    assert counters[-1] == int((START + timedelta(days=1)).timestamp() * 1_000_000)


# -- applying ----------------------------------------------------------------------------------------


def test_a_failed_apply_is_told_and_tried_again_on_the_next_message(agent: Agent) -> None:
    agent.failure = "it ended with 1"
    message = agent.console.message(1, FIRST)
    report = agent.take(message)
    assert figures(report) == (Holding.STORED, "APPLY-FAILED", 1, sha256(FIRST))
    assert report.detail == "it ended with 1"
    assert agent.check() is None
    assert len(agent.applied) == 1, "a check alone does not run it again"
    agent.failure = None
    assert figures(agent.take(message)) == applied(1, FIRST)
    assert len(agent.applied) == 2


def test_an_unfinished_apply_is_finished_at_the_next_start(agent: Agent) -> None:
    agent.failure = "the agent was stopped meanwhile"
    agent.take(agent.console.message(1, FIRST))
    agent.failure = None
    assert figures(agent.start()) == applied(1, FIRST)


# -- disks and links ---------------------------------------------------------------------------------


def test_a_full_disk_keeps_the_old_one_whole(agent: Agent) -> None:
    agent.take(agent.console.message(1, FIRST))
    before = agent.files()
    message = agent.console.message(2, SECOND)
    with no_room():
        report = agent.take(message)
    assert figures(report) == applied(1, FIRST, "STORE-FAILED")
    assert agent.files() == before
    assert "license.message" in report.detail
    again = agent.take(message)
    assert figures(again) == applied(2, SECOND)
    assert report.message_id == again.message_id


def test_where_only_the_state_cannot_be_written_the_report_says_so(agent: Agent) -> None:
    message, bad = agent.console.message(1, FIRST), agent.console.message(2, b"<License/>")
    agent.take(message)
    with no_room():
        report = agent.take(message)
        assert figures(report) == applied(1, FIRST, "STORE-FAILED")
        assert "state.json" in report.detail
        # What became of the message matters more.
        assert agent.take(bad).code == "SCHEMA"
    assert figures(agent.take(message)) == applied(1, FIRST)


def test_what_it_remembers_is_written_though_its_folder_is_gone(agent: Agent) -> None:
    agent.take(agent.console.message(1, FIRST))
    shutil.rmtree(agent.places.private)
    report = agent.take(agent.console.message(2, b"<License/>"))
    assert report.code == "SCHEMA"
    assert json.loads(agent.places.state.read_bytes())["counter"] == report.counter


def fill(disk: Path) -> None:
    with (disk / "filler").open("wb", buffering=0) as filler, contextlib.suppress(OSError):
        while filler.write(b"x" * 512):
            pass


def test_a_disk_without_room_for_another_file(agent: Agent, small_disk: Callable[..., Path]) -> None:
    disk = small_disk(kilobytes=24)
    shutil.move(agent.places.install, disk / "install")
    agent.places = Places(disk / "install")
    agent.start()
    agent.take(agent.console.message(1, FIRST))
    fill(disk)
    report = agent.take(agent.console.message(2, SECOND))
    assert figures(report) == applied(1, FIRST, "STORE-FAILED")
    assert agent.license == FIRST
    (disk / "filler").unlink()
    assert figures(agent.take(agent.console.message(3, SECOND))) == applied(3, SECOND)


@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EIO])
def test_whichever_write_fails_the_next_message_is_taken(agent: Agent, fault: int) -> None:
    """Fail the first step of writing, then the second, and so on until none is left to fail."""
    agent.take(agent.console.message(1, FIRST))
    version, failed = 1, True
    while failed:
        version += 1
        content = license_xml(version, version=version)
        failed = _take_with_a_fault(
            agent, agent.console.message(version, content), at=version - 2, fault=fault
        )
        assert agent.license in {license_xml(version - 1, version=version - 1), content} | {FIRST}
        assert figures(agent.take(agent.console.message(version, content)))[:3] == (
            Holding.APPLIED,
            "",
            version,
        )
        assert agent.license == content
    assert version > 9, "three files with three steps each"


def _take_with_a_fault(agent: Agent, message: bytes, *, at: int, fault: int) -> bool:
    """Whether there was a step number `at` that could fail; the report must then tell it."""
    passed = 0

    def fail(point: str) -> None:
        nonlocal passed
        if point.startswith("write:"):
            passed += 1
            if passed == at + 1:
                raise OSError(fault, "a fault of the disk")

    on_crash_point(fail)
    try:
        report = agent.take(message)
    finally:
        on_crash_point(None)
    assert (report.code == "STORE-FAILED") is (passed > at)
    return passed > at


def test_a_read_only_disk(agent: Agent, small_disk: Callable[..., Path]) -> None:
    disk = small_disk()
    shutil.move(agent.places.install, disk / "install")
    agent.places = Places(disk / "install")
    agent.start()
    agent.take(agent.console.message(1, FIRST))
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    assert figures(agent.take(agent.console.message(2, SECOND))) == applied(1, FIRST, "STORE-FAILED")
    assert figures(agent.start()) == applied(1, FIRST, "STORE-FAILED")
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    assert figures(agent.take(agent.console.message(2, SECOND))) == applied(2, SECOND)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere; see the read-only disk")
def test_folders_without_the_right_to_write(agent: Agent) -> None:
    agent.take(agent.console.message(1, FIRST))
    folders = [agent.places.private, agent.places.license.parent]
    for folder in folders:
        folder.chmod(0o555)
    try:
        assert figures(agent.take(agent.console.message(2, SECOND))) == applied(1, FIRST, "STORE-FAILED")
        assert figures(agent.start()) == applied(1, FIRST, "STORE-FAILED")
    finally:
        for folder in folders:
            folder.chmod(0o755)
    assert figures(agent.take(agent.console.message(2, SECOND))) == applied(2, SECOND)


def test_what_cannot_be_healed_is_damaged_until_it_can(agent: Agent) -> None:
    agent.take(agent.console.message(1, FIRST))
    agent.places.license.write_bytes(b"edited")
    with no_room():
        report = agent.check()
        assert report is not None
        assert figures(report) == (Holding.DAMAGED, "STORE-FAILED", 1, sha256(b"edited"))
        assert agent.check() is None
    report = agent.check()
    assert report is not None
    assert figures(report) == applied(1, FIRST, "DRIFT")


@pytest.mark.parametrize("linked", ["Software", "Software/Conf", "Software/Conf/Cache"])
def test_a_linked_folder_is_never_written_into(agent: Agent, tmp_path: Path, linked: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    target = elsewhere / "Software/Conf/Cache"
    target.mkdir(parents=True)
    link = agent.places.install / linked
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(elsewhere / linked)
    report = agent.take(agent.console.message(1, FIRST))
    assert (report.code, report.state) == ("STORE-FAILED", Holding.DAMAGED)
    assert "symbolic link" in report.detail
    assert list(target.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["Software/Conf/Cache/License.xml", "agent/license.message", "agent/state.json"]
)
def test_a_linked_file_is_replaced_and_its_target_left_alone(agent: Agent, tmp_path: Path, name: str) -> None:
    agent.take(agent.console.message(1, FIRST))
    target = tmp_path / "target"
    target.write_bytes(b"of somebody else")
    place = agent.places.install / name
    place.unlink()
    place.symlink_to(target)
    agent.check()
    agent.take(agent.console.message(2, SECOND))
    assert not place.is_symlink()
    assert target.read_bytes() == b"of somebody else"
    assert agent.license == SECOND


def test_a_link_to_a_true_copy_is_replaced_as_well(agent: Agent, tmp_path: Path) -> None:
    """What it leads to may be changed at any time by whoever it belongs to."""
    agent.take(agent.console.message(1, FIRST))
    for place in (agent.places.license, agent.places.message):
        target = tmp_path / place.name
        place.rename(target)
        place.symlink_to(target)
    report = agent.check()
    assert report is not None
    assert figures(report) == applied(1, FIRST, "DRIFT")
    assert not agent.places.license.is_symlink()
    assert not agent.places.message.is_symlink()


def test_a_linked_envelope_is_not_believed_at_a_start(agent: Agent, tmp_path: Path) -> None:
    agent.take(agent.console.message(1, FIRST))
    agent.places.message.rename(tmp_path / "copy")
    agent.places.message.symlink_to(tmp_path / "copy")
    assert figures(agent.start()) == (Holding.DAMAGED, "DRIFT", 1, sha256(FIRST))


def test_leftovers_of_a_killed_agent_are_removed(agent: Agent) -> None:
    agent.take(agent.console.message(1, FIRST))
    before = agent.files()
    for path in (agent.places.license, agent.places.message, agent.places.state):
        path.with_name(f".{path.name}.abc.tmp").write_bytes(b"half")
    agent.start()
    assert agent.files() == before
