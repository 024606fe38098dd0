"""The apply command: no shell, a time limit, its whole process group."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import psutil
import pytest

from licensedesk.agent.applying import apply_license


def run(tmp_path: Path, program: str, *, seconds: float = 20, stopped: bool = False) -> str | None:
    return apply_license(
        [sys.executable, "-c", program],
        license_file=tmp_path / "License.xml",
        folder=tmp_path,
        seconds=seconds,
        stopped=lambda: stopped,
    )


def test_it_runs_in_the_install_directory_and_knows_where_the_license_is(tmp_path: Path) -> None:
    assert run(tmp_path, "import os; open('seen', 'w').write(os.environ['LICENSE_XML'])") is None
    assert (tmp_path / "seen").read_text() == str(tmp_path / "License.xml")


def test_its_exit_code_and_the_end_of_its_output_are_told(tmp_path: Path) -> None:
    reason = run(tmp_path, "print('x' * 5000); print('the end'); raise SystemExit(3)")
    assert reason is not None
    assert reason.startswith("it ended with 3: xxx")
    assert reason.endswith("the end")
    assert len(reason) < 500


def test_what_it_says_of_its_error_is_told(tmp_path: Path) -> None:
    assert run(tmp_path, "import sys; sys.exit('no such license')") == "it ended with 1: no such license"


def test_of_much_output_the_end_is_told_whatever_it_is(tmp_path: Path) -> None:
    program = "import sys; sys.stdout.buffer.write(b'\\xff' * 300_000 + b' the end'); sys.exit(1)"
    reason = run(tmp_path, program)
    assert reason == "it ended with 1: " + "\ufffd" * 392 + " the end"


def test_arguments_are_no_shell(tmp_path: Path) -> None:
    command = ["echo", "$(touch evil)", ";", "touch", "evil"]
    done = apply_license(command, license_file=tmp_path, folder=tmp_path, seconds=9, stopped=lambda: False)
    assert done is None
    assert not (tmp_path / "evil").exists()


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    reason = apply_license(
        ["/no/such/program"], license_file=tmp_path, folder=tmp_path, seconds=9, stopped=lambda: False
    )
    assert reason == "/no/such/program cannot be run: No such file or directory"


# A shell has begun long before the second is over, however busy the machine.
CHILDREN = ["sh", "-c", "sleep 600 & echo $! > child; echo waiting; wait"]


@pytest.mark.parametrize(
    ("seconds", "stopped", "reason"),
    [(1.0, False, "it took longer than 1 s: waiting"), (60, True, "the agent was stopped meanwhile")],
)
def test_it_and_what_it_started_are_killed(
    tmp_path: Path, seconds: float, *, stopped: bool, reason: str
) -> None:
    began = time.monotonic()

    def stop() -> bool:
        return stopped and (tmp_path / "child").exists() and (tmp_path / "child").read_text() != ""

    told = apply_license(
        CHILDREN,
        license_file=tmp_path,
        folder=tmp_path,
        seconds=seconds,
        stopped=stop,
    )
    assert told is not None
    assert told.startswith(reason)
    assert time.monotonic() - began < 15
    child = int((tmp_path / "child").read_text())
    while _runs(child):
        assert time.monotonic() - began < 15, "the kill did not reach what the command had started"
        time.sleep(0.01)


def _runs(process: int) -> bool:
    try:
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_what_it_leaves_running_does_not_hold_up_the_agent(tmp_path: Path) -> None:
    program = (
        "import pathlib, subprocess, sys;"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
        "pathlib.Path('child').write_text(str(child.pid)); raise SystemExit(int(sys.argv[-1] == 'fail'))"
    )
    began = time.monotonic()
    assert run(tmp_path, program) is None
    psutil.Process(int((tmp_path / "child").read_text())).kill()
    assert run(tmp_path, program.replace("sys.argv[-1] == 'fail'", "True")) == "it ended with 1"
    psutil.Process(int((tmp_path / "child").read_text())).kill()
    assert time.monotonic() - began < 15
