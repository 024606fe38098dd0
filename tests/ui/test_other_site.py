"""Another site is opened by another program."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog

from tests.ui.office import Office


@pytest.fixture
def chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "another site"
    folder.mkdir()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_given: str(folder))
    return folder


def test_it_is_opened_in_a_window_of_its_own(
    office: Office, chosen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "told"
    program = tmp_path / "python"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > "{told}.new" && mv "{told}.new" "{told}"\n')
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    office.window.menus.shown("open-site").trigger()
    office.until(told.exists)
    assert told.read_text().splitlines() == ["-m", "licensedesk", "--site", str(chosen)]
    assert office.window.isVisible()


def test_a_program_that_cannot_be_started_is_said(
    office: Office, chosen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nothing"))
    office.window.menus.shown("open-site").trigger()
    assert "could not be started" in office.notice
    assert f"{chosen} was not opened" in office.notice


def test_given_up_it_does_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_given: "")
    monkeypatch.setattr(sys, "executable", "/nothing")
    office.window.menus.shown("open-site").trigger()
    assert office.notice == ""
