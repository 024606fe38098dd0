"""The test settings themselves: what must fail a test does fail it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent

BAD = {
    "log_record": """
        import logging
        def test_it():
            logging.getLogger("here").warning("nobody expects this")
    """,
    "expected_record_never_came": """
        import logging
        def test_it(expected_log):
            expected_log("here", logging.WARNING, "this")
    """,
    "slot_that_raises": """
        from PySide6.QtCore import QObject, Signal
        class Button(QObject):
            clicked = Signal()
        def test_it(qapp):
            def refuse():
                raise ValueError("in a slot")
            button = Button()
            button.clicked.connect(refuse)
            button.clicked.emit()
    """,
    "timer_that_raises": """
        from PySide6.QtCore import QTimer
        def test_it(qtbot):
            def refuse():
                raise ValueError("in a timer")
            QTimer.singleShot(0, refuse)
            qtbot.wait(20)
    """,
    "qt_warning": """
        from PySide6.QtCore import qWarning
        def test_it(qapp):
            qWarning("from Qt")
    """,
    "thread_that_raises": """
        import threading
        def test_it():
            def refuse():
                raise ValueError("in a thread")
            thread = threading.Thread(target=refuse)
            thread.start()
            thread.join()
    """,
    "warning": """
        import warnings
        def test_it():
            warnings.warn("old", DeprecationWarning)
    """,
    "unknown_marker": """
        import pytest
        @pytest.mark.mosqito
        def test_it():
            pass
    """,
}

GOOD = {
    "record_that_was_expected": """
        import logging
        def test_it(expected_log):
            expected_log("here", logging.WARNING, "some.*thing")
            logging.getLogger("here").warning("some other thing")
    """,
    "campaign": """
        def test_it(campaign):
            assert campaign(500) == 50
    """,
    "no_screen": """
        import os
        def test_it(qapp):
            assert qapp.platformName() == "offscreen"
            assert "DISPLAY" not in os.environ
    """,
}


@pytest.fixture
def suite(pytester: pytest.Pytester, pytestconfig: pytest.Config) -> pytest.Pytester:
    """An empty suite with the settings of this one."""
    if not pytestconfig.pluginmanager.hasplugin("pytest-qt"):
        pytest.skip("Qt's system libraries are missing: see script/setup")
    shutil.copy(HERE.parent / "pyproject.toml", pytester.path)
    (pytester.path / "tests").mkdir()
    shutil.copy(HERE / "conftest.py", pytester.path / "tests")
    return pytester


def _add(suite: pytest.Pytester, files: dict[str, str]) -> None:
    for path in suite.makepyfile(**{f"test_{name}": source for name, source in files.items()}).parent.glob(
        "test_*.py"
    ):
        path.rename(suite.path / "tests" / path.name)


def test_what_must_fail_fails(suite: pytest.Pytester) -> None:
    _add(suite, BAD)
    result = suite.runpytest_subprocess("-p", "no:randomly", "--continue-on-collection-errors")
    lines = result.outlines
    failed = {
        line.split("::")[0].split("/")[-1].split()[0]
        for line in lines
        if line.startswith(("FAILED", "ERROR"))
    }
    assert failed == {f"test_{name}.py" for name in BAD}, "\n".join(lines)


def test_what_may_pass_passes(suite: pytest.Pytester) -> None:
    _add(suite, GOOD)
    result = suite.runpytest_subprocess("-p", "no:randomly")
    result.assert_outcomes(passed=len(GOOD))
    result.stdout.fnmatch_lines(["*test_campaign.py::test_it: 50 of 500 rounds passed"])


def test_full_runs_campaigns_whole(suite: pytest.Pytester) -> None:
    _add(suite, {"campaign": "def test_it(campaign):\n    assert campaign(500) == 500"})
    suite.runpytest_subprocess("--full", "-n", "1").assert_outcomes(passed=1)


def test_a_suite_without_tests_is_no_success(suite: pytest.Pytester) -> None:
    assert suite.runpytest_subprocess().ret == pytest.ExitCode.NO_TESTS_COLLECTED


@pytest.mark.parametrize(("ci", "outcome"), [(True, "failed"), (False, "skipped")])
def test_a_missing_program_fails_in_ci_and_is_named_elsewhere(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, *, ci: bool, outcome: str
) -> None:
    conftest = suite.path / "tests" / "conftest.py"
    conftest.write_text(conftest.read_text(encoding="utf-8").replace('("mosquitto",)', '("no-such-broker",)'))
    _add(suite, {"broker": "import pytest\n@pytest.mark.mosquitto\ndef test_it():\n    pass"})
    monkeypatch.setenv("CI", "true")
    if not ci:
        monkeypatch.delenv("CI")
    result = suite.runpytest_subprocess()
    # A failure during set-up counts as an error.
    result.assert_outcomes(**{{"failed": "errors", "skipped": "skipped"}[outcome]: 1})
    result.stdout.fnmatch_lines(["*no-such-broker not installed: see script/setup*"])
