"""`licensedesk-agent` as a person and as a script use it; `run` as a real process over a folder."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from licensedesk.agent.command import main
from licensedesk.agent.places import Places
from licensedesk.agent.service import sole_agent
from licensedesk.core.files import sha256
from licensedesk.core.transports.folder import FolderConsole
from tests.fakes.console import DEPLOYMENT, SERVER, ConsoleTwin, license_xml

FIRST = license_xml(10)
SECOND = license_xml(20, version=2)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path / "install")


@pytest.fixture
def share(tmp_path: Path) -> Path:
    folder = tmp_path / "share"
    folder.mkdir()
    return folder


@pytest.fixture
def command(places: Places, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, Any]]:
    """Runs with --json; the exit code and the one value on standard output."""

    def run(*arguments: object) -> tuple[int, Any]:
        words = ["--install-dir", str(places.install), "--json", *(str(word) for word in arguments)]
        code = main(words)
        output = capsys.readouterr()
        assert output.err == ""
        return code, json.loads(output.out)

    return run


@pytest.fixture
def enrolled(command: Callable[..., Any], console: ConsoleTwin, tmp_path: Path, share: Path) -> ConsoleTwin:
    file = tmp_path / "d.enrol"
    file.write_bytes(console.enrolment())
    code, value = command("enrol", file, "--folder", share)
    assert code == 0
    assert value["server"] == "d.example.com"
    assert value["transport"] == f"folder:{share}"
    return console


def test_enrol_makes_a_key_that_only_the_agent_can_read(
    enrolled: ConsoleTwin, places: Places, command: Callable[..., Any]
) -> None:
    assert stat.S_IMODE(places.identity.stat().st_mode) == 0o600
    assert stat.S_IMODE(places.private.stat().st_mode) == 0o700
    assert "command" in places.settings.read_text()
    code, status = command("status")
    assert (code, status) == (
        0,
        {
            "server": "d.example.com",
            "deployment": DEPLOYMENT,
            "version": 0,
            "sha256": "",
            "state": "empty",
            "matches_envelope": False,
            "last_report": None,
        },
    )


def test_apply_is_the_way_over_an_air_gap(
    enrolled: ConsoleTwin, command: Callable[..., Any], places: Places, tmp_path: Path
) -> None:
    message, out = tmp_path / "license.message", tmp_path / "stick" / "report.message"
    out.parent.mkdir()
    message.write_bytes(enrolled.message(3, FIRST, at=now()))
    code, status = command("apply", message, "--report", out)
    assert code == 0
    assert (status["state"], status["version"], status["sha256"]) == ("applied", 3, sha256(FIRST))
    assert status["matches_envelope"] is True
    assert places.license.read_bytes() == FIRST
    report = enrolled.read(out.read_bytes())
    assert (report.state, report.version, report.code) == ("applied", 3, "")

    message.write_bytes(enrolled.message(2, SECOND, at=now()))
    code, status = command("apply", message)
    assert code == 1
    assert status["last_report"]["code"] == "ROLLBACK"
    assert places.license.read_bytes() == FIRST


def test_verify_heals(
    enrolled: ConsoleTwin, command: Callable[..., Any], places: Places, tmp_path: Path
) -> None:
    (tmp_path / "m").write_bytes(enrolled.message(3, FIRST, at=now()))
    command("apply", tmp_path / "m")
    places.license.write_bytes(b"edited")
    code, status = command("status")
    assert (code, status["matches_envelope"], status["state"]) == (0, False, "damaged")
    code, status = command("verify")
    assert (code, status["matches_envelope"], status["last_report"]["code"]) == (0, True, "DRIFT")
    assert places.license.read_bytes() == FIRST


def test_verify_beside_a_running_agent_only_looks(
    enrolled: ConsoleTwin,
    command: Callable[..., Any],
    places: Places,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "m").write_bytes(enrolled.message(3, FIRST, at=now()))
    command("apply", tmp_path / "m")
    with sole_agent(places):
        assert command("verify")[0] == 0
        places.license.write_bytes(b"edited")
        assert command("verify")[0] == 1
        assert places.license.read_bytes() == b"edited"
        assert main(["--install-dir", str(places.install), "verify"]) == 1
        assert "The agent that runs here writes License.xml anew within 30 s." in capsys.readouterr().out
        code, value = command("apply", tmp_path / "m")
        assert (code, value["error"]["code"]) == (3, "agent-running")


@pytest.mark.parametrize(
    ("arguments", "exit_code", "code"),
    [
        (["status"], 3, "no-enrolment"),
        (["run"], 3, "no-enrolment"),
        (["verify"], 3, "no-enrolment"),
        (["apply", "nothing"], 3, "no-enrolment"),
        (["enrol", "nothing"], 1, "unreadable-file"),
    ],
)
def test_refusals(command: Callable[..., Any], arguments: list[str], exit_code: int, code: str) -> None:
    result, value = command(*arguments)
    assert (result, value["error"]["code"]) == (exit_code, code)
    assert set(value["error"]) == {"code", "message", "advice", "details"}


def test_a_damaged_identity(enrolled: ConsoleTwin, command: Callable[..., Any], places: Places) -> None:
    good = places.identity.read_bytes()
    for content in (
        b"",
        good[:-50],
        good.replace(b"PRIVATE", b"PUBLIC"),
        b'{"enrolment":"{}","key":"","folder":""}',
    ):
        places.identity.write_bytes(content)
        code, value = command("status")
        assert (code, value["error"]["code"]) == (3, "damaged-enrolment")


def test_an_enrolment_file_that_is_none_leaves_the_old_one(
    enrolled: ConsoleTwin, command: Callable[..., Any], places: Places, tmp_path: Path
) -> None:
    before = places.identity.read_bytes()
    (tmp_path / "bad.enrol").write_bytes(enrolled.enrolment().replace(b'"sig":"', b'"sig":"AAAA'))
    code, value = command("enrol", tmp_path / "bad.enrol")
    assert (code, value["error"]["code"]) == (1, "bad-signature")
    assert places.identity.read_bytes() == before


def test_for_people(
    enrolled: ConsoleTwin, places: Places, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install = ["--install-dir", str(places.install)]
    assert main([*install, "status"]) == 0
    assert "state         empty" in capsys.readouterr().out
    assert main([*install, "enrol", str(tmp_path / "d.enrol")]) == 0
    assert "d.example.com is ready" in capsys.readouterr().out
    assert main([*install, "apply", "nothing"]) == 1
    assert "nothing cannot be read" in capsys.readouterr().err


def test_a_bug_of_ours_ends_with_70(
    enrolled: ConsoleTwin,
    places: Places,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(_path: Path) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("licensedesk.agent.command.read_settings", fail)
    assert main(["--install-dir", str(places.install), "status"]) == 70
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_wrong_usage_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--install-dir", "x", "fly"])
    assert end.value.code == 2
    assert "invalid choice" in capsys.readouterr().err


# -- as a process ------------------------------------------------------------------------------------


def now() -> Any:
    from licensedesk.agent.service import now as real

    return real()


@pytest.fixture
def process(enrolled: ConsoleTwin, places: Places) -> Iterator[subprocess.Popen[bytes]]:
    places.settings.write_text("[agent]\ncheck_seconds = 0.2\npoll_seconds = 0.05\n")
    words = [sys.executable, "-m", "licensedesk.agent", "--install-dir", str(places.install), "run"]
    with subprocess.Popen(words, stderr=subprocess.PIPE) as process:
        yield process
        process.kill()


def received(
    console: FolderConsole, twin: ConsoleTwin, wanted: tuple[str, str, int], *, seconds: float = 20
) -> None:
    deadline = time.monotonic() + seconds
    seen = []
    while time.monotonic() < deadline:
        for _, raw in console.poll(timeout=0.1).reports:
            report = twin.read(raw)
            seen.append((report.state.value, report.code, report.version))
            if seen[-1] == wanted:
                return
    pytest.fail(f"{wanted} was not reported, but {seen}")


def test_run_over_a_folder_until_sigterm(
    process: subprocess.Popen[bytes], enrolled: ConsoleTwin, places: Places, share: Path
) -> None:
    console = FolderConsole(share)
    console.start()
    received(console, enrolled, ("empty", "", 0))
    console.publish(SERVER, enrolled.message(1, FIRST, at=now()))
    received(console, enrolled, ("applied", "", 1))
    assert places.license.read_bytes() == FIRST

    places.license.write_bytes(b"edited by hand")
    received(console, enrolled, ("applied", "DRIFT", 1))
    assert places.license.read_bytes() == FIRST

    memory = psutil.Process(process.pid).memory_info().rss
    assert memory <= 60 << 20, f"{memory >> 20} MiB"
    second = [sys.executable, "-m", "licensedesk.agent", "--install-dir", str(places.install), "run"]
    refused = subprocess.run(second, capture_output=True, text=True, check=False)
    assert (refused.returncode, "Another agent works" in refused.stderr) == (3, True)

    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0


def test_run_in_this_process(enrolled: ConsoleTwin, places: Places, share: Path) -> None:
    """The same where coverage sees it."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    threading.Timer(0.3, os.kill, [os.getpid(), signal.SIGTERM]).start()
    try:
        assert main(["--install-dir", str(places.install), "run"]) == 0
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    received(FolderConsole(share), enrolled, ("empty", "", 0))


def test_an_install_directory_that_cannot_be_made(
    command: Callable[..., Any], places: Places, tmp_path: Path
) -> None:
    places.install.write_text("a file")
    (tmp_path / "d.enrol").write_bytes(ConsoleTwin().enrolment())
    code, value = command("enrol", tmp_path / "d.enrol")
    assert (code, value["error"]["code"]) == (3, "unwritable")


def test_verify_passes_on_what_is_not_about_another_agent(
    enrolled: ConsoleTwin, command: Callable[..., Any], places: Places, tmp_path: Path
) -> None:
    places.private.rename(tmp_path / "elsewhere")
    places.private.symlink_to(tmp_path / "elsewhere")
    code, value = command("verify")
    assert (code, value["error"]["code"]) == (3, "unwritable")


def test_sigterm_ends_it_while_it_applies(enrolled: ConsoleTwin, places: Places, share: Path) -> None:
    command = [sys.executable, "-c", "import os, time; open('applying', 'w').close(); time.sleep(600)"]
    places.settings.write_text(f"[apply]\ncommand = {json.dumps(command)}\n")
    console = FolderConsole(share)
    console.start()
    console.publish(SERVER, enrolled.message(1, FIRST, at=now()))
    words = [sys.executable, "-m", "licensedesk.agent", "--install-dir", str(places.install), "run"]
    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 20
        while not (places.install / "applying").exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    received(console, enrolled, ("stored", "APPLY-FAILED", 1))
