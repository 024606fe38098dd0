"""Runs the apply command of agent.toml: no shell, a time limit, and nothing of it left when that is over."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections import deque
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_TAIL: Final = 400
"""Bytes of its output that go into the report."""
_LOOK_EVERY: Final = 0.05


def apply_license(
    command: Sequence[str], *, license_file: Path, folder: Path, seconds: float, stopped: Callable[[], bool]
) -> str | None:
    """Run `command` in `folder`; None when it succeeded, else why not, with the end of its output.

    The path of License.xml is in its environment as LICENSE_XML. It and all it started are killed after
    `seconds`, or as soon as `stopped`.
    """
    try:
        process = subprocess.Popen(  # noqa: S603 - the administrator's own command, an argument vector
            command,
            cwd=folder,
            env={**os.environ, "LICENSE_XML": str(license_file)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        return f"{command[0]} cannot be run: {error.strerror}"
    output: deque[int] = deque(maxlen=_TAIL)
    reader = threading.Thread(target=_drain, args=(process.stdout, output), daemon=True)
    reader.start()
    reason = _wait(process, seconds=seconds, stopped=stopped)
    if reason is None:
        return None
    # What it started may hold the pipe open for longer than it ran itself.
    reader.join(timeout=1)
    return f"{reason}{_shown(output)}"


def _wait(process: subprocess.Popen[bytes], *, seconds: float, stopped: Callable[[], bool]) -> str | None:
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = process.wait(timeout=_LOOK_EVERY)
            return None if code == 0 else f"it ended with {code}"
        if time.monotonic() >= deadline:
            reason = f"it took longer than {seconds:g} s"
        elif stopped():
            reason = "the agent was stopped meanwhile"
        else:
            continue
        _kill(process)
        return reason


def _kill(process: subprocess.Popen[bytes]) -> None:
    if os.name == "nt":  # pragma: no cover - no process groups there
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _drain(pipe: IO[bytes], output: deque[int]) -> None:
    with pipe:
        while chunk := os.read(pipe.fileno(), 65536):
            output.extend(chunk[-_TAIL:])


def _shown(output: deque[int]) -> str:
    text = " ".join(bytes(output).decode("utf-8", errors="replace").split())
    return f": {text}" if text else ""
