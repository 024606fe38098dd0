"""A screen of its own, Xvfb, whose picture is read while it changes, with xdotool as its keyboard and mouse.

So that two programs are measured alike: from outside, from the key or click to the last pixel that follows.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

WIDTH, HEIGHT = 1280, 800
Area = tuple[int, int, int, int]
"""Left, top, width, height in pixels."""
_PIXEL = 4
_COLOUR = 12
_HEADER_WORDS = 25
_EVERY = 3
"""So many lines of pixels apart an area is looked at: no text is flatter."""
_LOOK_SECONDS = 0.001
_PATIENCE = 30.0


class Screen:
    """`environment` is for the programs that shall show their windows here, with a home of their own."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.environment = {
            **os.environ,
            "DISPLAY": name,
            "QT_QPA_PLATFORM": "xcb",
            # The settings of who runs this are neither read nor changed.
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_RUNTIME_DIR": str(folder),
        }
        with (folder / "Xvfb_screen0").open("rb") as file:
            self._picture = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        # An XWD file: header, colours, then the pixels, line by line.
        header = struct.unpack(f">{_HEADER_WORDS}I", self._picture[: _HEADER_WORDS * 4])
        self._line = header[12]
        self._start = header[0] + header[19] * _COLOUR
        self._tool = subprocess.Popen(
            ["xdotool", "-"],
            stdin=subprocess.PIPE,
            text=True,
            env=self.environment,
            stdout=subprocess.DEVNULL,
        )

    def close(self) -> None:
        if self._tool.stdin is not None:
            self._tool.stdin.close()
        self._tool.wait()
        self._picture.close()

    def do(self, command: str) -> None:
        """A line of xdotool; it is done by a process that runs already, a moment after this returns."""
        assert self._tool.stdin is not None
        self._tool.stdin.write(command + "\n")
        self._tool.stdin.flush()

    def show_whole(self, title: str) -> None:
        """Wait for the window with this in its title, let it fill the screen and have the keyboard."""
        search = ["search", "--sync", "--onlyvisible", "--name", title]
        place = ["windowmove", "0", "0", "windowsize", str(WIDTH), str(HEIGHT)]
        subprocess.run(
            ["xdotool", *search, *place, "windowfocus"],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            check=True,
            timeout=30,
        )

    def look(self, area: Area) -> bytes:
        left, top, width, height = area
        first = self._start + left * _PIXEL
        lines = range(first + top * self._line, first + (top + height) * self._line, _EVERY * self._line)
        return b"".join(self._picture[at : at + width * _PIXEL] for at in lines)

    def seconds_to_paint(self, area: Area, command: str, *, still: float = 1.0) -> float | None:
        """From the command to the last change in the area, followed by so many seconds without any.

        None where nothing has changed.
        """
        before, began = self.look(area), time.perf_counter()
        self.do(command)
        last = None
        while time.perf_counter() - (last or began) < still and time.perf_counter() - began < _PATIENCE:
            now = self.look(area)
            if now != before:
                before, last = now, time.perf_counter()
            time.sleep(_LOOK_SECONDS)
        return last - began if last is not None else None

    def wait_still(self, area: Area, *, still: float = 1.0) -> None:
        """Until nothing has changed there for so long; a TimeoutError where that never comes."""
        latest = time.perf_counter() + _PATIENCE
        while self.seconds_to_paint(area, "sleep 0", still=still) is not None:
            if time.perf_counter() > latest:
                raise TimeoutError("still")


@contextlib.contextmanager
def screen() -> Iterator[Screen]:
    """A screen without a window manager, as long as the block runs."""
    reading, writing = os.pipe()
    with tempfile.TemporaryDirectory() as name:
        command = ["Xvfb", "-displayfd", str(writing), "-fbdir", name, "-nolisten", "tcp"]
        command += ["-screen", "0", f"{WIDTH}x{HEIGHT}x24"]
        with subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL) as process:
            os.close(writing)
            with os.fdopen(reading) as answer:
                number = answer.readline().strip()
            found = Screen(f":{number}", Path(name))
            try:
                yield found
            finally:
                found.close()
                process.terminate()


@contextlib.contextmanager
def running(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A program that is ended, whatever it does, when the block has run."""
    process = subprocess.Popen(
        command,
        env=environment,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
