"""What holds for every test: Qt without a screen, no unexpected log record, campaigns of a known length."""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

pytest_plugins = ["pytester"]

# Before Qt is loaded anywhere; a test that wants a screen starts a process of its own on `x_display`.
os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ.pop("DISPLAY", None)
os.environ.pop("WAYLAND_DISPLAY", None)

# Time limits belong to benchmarks; the quick run takes the same examples every time.
hypothesis.settings.register_profile("quick", max_examples=50, deadline=None, derandomize=True)
hypothesis.settings.register_profile("full", max_examples=2_000, deadline=None, print_blob=True)

PROGRAMS = {"mosquitto": ("mosquitto",), "xvfb": ("Xvfb", "xdotool")}
"""What the tests of a marker start; script/setup installs it where it may."""


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    parser.addoption("--full", action="store_true", help="run the long campaigns whole, not a tenth")
    if not pluginmanager.hasplugin("pytest-qt"):
        # Left out by script/test where Qt's system libraries are missing; its settings stay known.
        parser.addini("qt_api", "a setting of pytest-qt")
        parser.addini("qt_log_level_fail", "a setting of pytest-qt")


def pytest_configure(config: pytest.Config) -> None:
    hypothesis.settings.load_profile("full" if config.getoption("full") else "quick")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Campaigns are not traced: they walk the same lines a thousand times, in three times the time."""
    for item in items:
        if isinstance(item, pytest.Function) and "campaign" in item.fixturenames:
            item.add_marker(pytest.mark.no_cover)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    without_qt = not config.pluginmanager.hasplugin("pytest-qt")
    return True if without_qt and collection_path == Path(__file__).parent / "ui" else None


def pytest_report_header(config: pytest.Config) -> str | None:
    if config.pluginmanager.hasplugin("pytest-qt"):
        return None
    return "left out: tests/ui, since Qt's system libraries are missing (script/setup names them)"


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("full") and not item.config.getoption("full"):
        pytest.skip("a long campaign: script/test --full")
    for marker, programs in PROGRAMS.items():
        missing = [name for name in programs if find_program(name) is None]
        if item.get_closest_marker(marker) and missing:
            reason = f"{' and '.join(missing)} not installed: see script/setup"
            # A tester's machine may lack it; CI has to run everything.
            pytest.fail(reason, pytrace=False) if "CI" in os.environ else pytest.skip(reason)


def find_program(name: str) -> str | None:
    """The path of a program; Debian keeps servers where a user's PATH does not look."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


# -- log records -------------------------------------------------------------------------------------


class LogGuard(logging.Handler):
    """Collects warnings and worse; a test says beforehand which ones it expects by calling it."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._records: list[logging.LogRecord] = []
        self._expected: list[tuple[str, int, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self._records.append(record)

    def __call__(self, logger: str, level: int, pattern: str) -> None:
        """Expect at least one record of this logger and level whose message has the pattern in it."""
        self._expected.append((logger, level, pattern))

    def check(self) -> None:
        """Fail the test for a record that nobody expected, and for one that was expected and never came."""
        unmet = list(self._expected)
        for record in self._records:
            matching = [one for one in self._expected if _matches(record, *one)]
            if not matching:
                where = f"{record.name}, {record.pathname}:{record.lineno}"
                pytest.fail(
                    f"unexpected log record: {record.levelname} {record.getMessage()} ({where})",
                    pytrace=False,
                )
            unmet = [one for one in unmet if one not in matching]
        if unmet:
            pytest.fail(f"expected log records that never came: {unmet}", pytrace=False)


def _matches(record: logging.LogRecord, logger: str, level: int, pattern: str) -> bool:
    named = record.name == logger and record.levelno == level
    return named and re.search(pattern, record.getMessage()) is not None


@pytest.fixture(autouse=True)
def expected_log() -> Iterator[LogGuard]:
    """Call it with (logger, level, pattern) for each record of WARNING or worse that belongs to the test."""
    guard = LogGuard()
    logging.getLogger().addHandler(guard)
    yield guard
    logging.getLogger().removeHandler(guard)
    guard.check()


# -- campaigns ---------------------------------------------------------------------------------------


@pytest.fixture
def campaign(request: pytest.FixtureRequest) -> Callable[[int], int]:
    """Rounds to run, given the whole length: all of them with --full, else a tenth; shown at the end."""

    def rounds(whole: int) -> int:
        count = whole if request.config.getoption("full") else max(1, whole // 10)
        request.node.user_properties.append(("campaign", f"{count:,} of {whole:,} rounds"))
        return count

    return rounds


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    lines = {
        f"{report.nodeid}: {value} {report.outcome}"
        for reports in terminalreporter.stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport)
        for name, value in report.user_properties
        if name == "campaign"
    }
    if lines:
        terminalreporter.section("campaigns")
        for line in sorted(lines):
            terminalreporter.write_line(line)


# -- a screen ----------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def x_display() -> Iterator[dict[str, str]]:
    """The environment of a process that shall open real windows, on an Xvfb of 1280 x 800 of its own."""
    server = find_program("Xvfb")
    assert server, "mark the test with xvfb"
    reading, writing = os.pipe()
    # Xvfb chooses a free number itself and writes it once it answers.
    command = [server, "-displayfd", str(writing), "-screen", "0", "1280x800x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL) as process:
        os.close(writing)
        with os.fdopen(reading) as answer:
            number = answer.readline().strip()
        try:
            assert number, "Xvfb did not start"
            yield {**os.environ, "DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
        finally:
            process.terminate()
