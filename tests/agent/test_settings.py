"""agent.toml: what it may say, and that anything else is told instead of being overlooked."""

from __future__ import annotations

from pathlib import Path

import pytest

from licensedesk.agent.settings import TEMPLATE, AgentSettings, read_settings
from licensedesk.core.errors import SurroundingsError


def settings(tmp_path: Path, text: str) -> AgentSettings:
    path = tmp_path / "agent.toml"
    path.write_text(text)
    return read_settings(path)


def test_without_a_file_and_with_the_template_all_is_as_usual(tmp_path: Path) -> None:
    assert read_settings(tmp_path / "agent.toml") == settings(tmp_path, TEMPLATE) == AgentSettings()


def test_the_template_shows_what_can_be_set(tmp_path: Path) -> None:
    uncommented = "\n".join(
        line.removeprefix("# ") if line.startswith("# ") and "=" in line else line
        for line in TEMPLATE.splitlines()
    )
    expected = AgentSettings(apply_command=("/usr/local/bin/reload-licenses",))
    assert settings(tmp_path, uncommented) == expected


def test_all_of_it(tmp_path: Path) -> None:
    text = """
    [apply]
    command = ["a", "b c"]
    time_limit_seconds = 5
    [agent]
    check_seconds = 2
    poll_seconds = 0.1
    """
    assert settings(tmp_path, text) == AgentSettings(("a", "b c"), 5.0, 2.0, 0.1)


@pytest.mark.parametrize(
    "text",
    [
        "apply =",
        "apply = 1",
        "[aply]",
        "[apply]\ncomand = []",
        '[apply]\ncommand = "rm -rf /"',
        "[apply]\ncommand = [1]",
        '[apply]\ncommand = ["a\\u0000"]',
        "[apply]\ntime_limit_seconds = true",
        "[apply]\ntime_limit_seconds = '5'",
        "[agent]\ncheck_seconds = 0",
        "[agent]\ncheck_seconds = nan",
        "[agent]\npoll_seconds = 1e9",
        "a = " + "[" * 5000,
        "#" * 70_000,
    ],
)
def test_anything_else_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SurroundingsError) as refusal:
        settings(tmp_path, text)
    assert refusal.value.code == "invalid-agent-settings"
    assert refusal.value.figures["reason"]
