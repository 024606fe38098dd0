"""How runs start and end: what is loaded, help, usage, our bugs, a closed pipe, completion."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

import licensedesk
from licensedesk.cli import app, faults
from tests.cli.runner import PRODUCT, Cli, Run


def commands() -> Iterator[tuple[str, TyperCommand]]:
    """Every command with its words, as `server add`."""
    root = get_command(app.app)
    assert isinstance(root, TyperGroup)
    context = typer.Context(root)
    for name in root.list_commands(context):
        found = root.get_command(context, name)
        if isinstance(found, TyperGroup):
            for inner, command in found.commands.items():
                assert isinstance(command, TyperCommand)
                yield f"{name} {inner}", command
        else:
            assert isinstance(found, TyperCommand)
            yield name, found


ALL = dict(commands())


# -- help ----------------------------------------------------------------------------------------------


def test_help_lists_every_command_with_what_it_is_for(empty: Cli) -> None:
    run = empty("--help")
    assert (run.code, run.err) == (0, "")
    for name, entry in app.COMMANDS.items():
        assert f"\n{entry.panel}:\n" in run.out
        assert any(line.split()[:1] == [name] and entry.text in line for line in run.out.splitlines())


@pytest.mark.parametrize("name", ALL)
def test_every_command_explains_itself_with_an_example(empty: Cli, name: str) -> None:
    run = empty(*name.split(), "--help")
    assert (run.code, run.err) == (0, "")
    example = run.out.partition("\nExample:\n")[2].strip()
    assert example.startswith("licensedesk ")
    assert f" {name} " in f"{example} "
    for parameter in ALL[name].params:
        if getattr(parameter, "help", None):
            assert parameter.help[:20] in " ".join(run.out.split())  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ALL)
def test_an_example_is_a_command_that_is_understood(name: str) -> None:
    """Its options and arguments are such as the command has; nothing is run."""
    import shlex

    words = shlex.split((ALL[name].epilog or "").replace("\\\n", " "))
    at = words.index(name.rpartition(" ")[2])
    ALL[name].make_context(name, words[at + 1 :])


def test_a_group_without_a_command_shows_its_help(empty: Cli) -> None:
    run = empty("server")
    assert (run.code, run.out) == (2, "")
    assert "rename" in run.err


# -- usage ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (("server",), "Missing command"),
        (("nonsense",), "No such command 'nonsense'"),
        (("server", "ad"), "Did you mean"),
        (("ranges", "--colour"), "No such option"),
        (("server", "add", "x"), "Missing option '--under'"),
        (("server", "add", "x", "--under", "a.example.com", "--role", "primary"), "'primary' is not one of"),
        (("license", "register"), "Missing argument"),
        (("license", "allocate", "d.example.com"), "is not of the form HOST=QUANTITY"),
        (("license", "allocate", "=5"), "is not of the form HOST=QUANTITY"),
        (("license", "allocate", "d=1", "d=2"), "'d' is given twice"),
        (("audit", "list", "--limit", "0"), "greater than or equal to 1"),
        (("audit", "list", "--limit", "many"), "integer"),
    ],
)
def test_wrong_usage_ends_with_2(cli: Cli, argv: tuple[str, ...], says: str) -> None:
    with cli.unchanged():
        run = cli("--json", *argv)
        assert (run.code, run.error["code"], run.err) == (2, "usage", "")
        assert says in run.error["message"]
        people = cli(*argv)
    assert (people.code, people.out) == (2, "")
    assert says in people.err or "Usage:" in people.err


def test_json_needs_a_command(empty: Cli) -> None:
    run = empty("--json")
    assert (run.code, run.error["code"], run.error["message"]) == (2, "usage", "Missing command.")


# -- the desktop ---------------------------------------------------------------------------------------


def test_without_a_command_the_desktop_opens(empty: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)
    from licensedesk.ui import application

    opened: list[application.Start] = []

    def opens(start: application.Start) -> int:
        opened.append(start)
        return 0

    monkeypatch.setattr(application, "main", opens)
    assert empty("--server", "d.example.com") == Run(0, "", "")
    assert opened == [application.Start(empty.folder, host_name="d.example.com")]


def test_without_a_display_a_sentence_says_so(empty: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    run = empty()
    assert (run.code, run.out) == (3, "")
    assert "no display" in run.err


def test_without_its_library_it_is_said_what_to_install() -> None:
    program = (
        "import sys; sys.modules['PySide6'] = None; from licensedesk.cli.app import main; sys.exit(main())"
    )
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, env=environment
    )
    assert (run.returncode, run.stdout) == (3, "")
    assert "pip install 'licensedesk[desktop]'" in run.stderr


def test_version(empty: Cli) -> None:
    run = empty("--version")
    assert (run.code, run.out) == (0, f"licensedesk {licensedesk.__version__}\n")


# -- our bugs ------------------------------------------------------------------------------------------


@pytest.fixture
def bug(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*given: Any, **named: Any) -> None:
        raise ZeroDivisionError("a bug of ours")

    monkeypatch.setattr("licensedesk.cli.range_commands.range_rows", fails)


@pytest.mark.usefixtures("bug")
def test_a_bug_ends_with_70_and_a_report_to_copy(cli: Cli) -> None:
    with cli.unchanged():
        run = cli("ranges")
    assert (run.code, run.out) == (70, "")
    assert "ZeroDivisionError: a bug of ours" in run.err
    assert f"LicenseDesk {licensedesk.__version__}, Python" in run.err
    assert "ranges" in run.err
    assert "Traceback" not in run.err
    assert str(Path.home()) not in run.err.replace(str(cli.folder), "")


@pytest.mark.usefixtures("bug")
def test_a_bug_is_json_too(cli: Cli) -> None:
    run = cli("--json", "ranges")
    assert (run.code, run.error["code"]) == (70, "bug")


@pytest.mark.usefixtures("bug")
def test_a_developer_asks_for_the_traceback(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(faults.DEBUG_VARIABLE, "1")
    assert "Traceback (most recent call last)" in cli("ranges").err


def test_ctrl_c_ends_as_a_signal_does(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*given: Any, **named: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("licensedesk.cli.range_commands.range_rows", interrupted)
    with cli.unchanged():
        assert cli("ranges").code == 130


# -- characters ----------------------------------------------------------------------------------------


def test_a_terminal_that_lacks_a_character_gets_its_number(empty: Cli) -> None:
    empty.done("site", "set", "name", "Zürich 東京")
    with process(empty, "site", "show", PYTHONIOENCODING="ascii") as running:
        out, err = running.communicate()
    assert (running.returncode, err) == (0, "")
    assert "Z\\xfcrich \\u6771\\u4eac" in out


def test_json_is_the_same_through_any_pipe(empty: Cli) -> None:
    value = empty.done("site", "set", "name", "Zürich 東京")
    with process(empty, "--json", "site", "show", PYTHONIOENCODING="ascii") as running:
        out, _ = running.communicate()
    assert json.loads(out) == value


def test_a_path_that_is_no_text_is_named(empty: Cli) -> None:
    run = empty("license", "check", "key-\udcff.lic")
    assert run.code == 1
    assert "key-\\udcff.lic" in run.out


# -- processes -----------------------------------------------------------------------------------------

LOADED = "import sys; from licensedesk.cli.app import main; main(sys.argv[1:]); print(*sys.modules)"


def loaded_by(*argv: str) -> set[str]:
    run = subprocess.run([sys.executable, "-c", LOADED, *argv], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in run.stdout.splitlines()[-1].split()}


NOT_FOR_HELP = {"rich", "peewee", "lxml", "cryptography", "securesystemslib", "keyring", "PySide6"}


def test_help_loads_no_library_but_typer() -> None:
    assert not NOT_FOR_HELP & loaded_by("--help")
    assert not NOT_FOR_HELP & loaded_by("server", "--help")


@pytest.mark.parametrize("command", ["ranges", "server list", "license list", "audit verify", "site show"])
def test_reading_loads_no_signature_code(cli: Cli, command: str) -> None:
    loaded = loaded_by("--site", str(cli.folder), *command.split())
    assert "peewee" in loaded
    assert not (NOT_FOR_HELP - {"peewee"}) & loaded


def process(cli: Cli, *argv: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "licensedesk", "--site", str(cli.folder), *argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


def test_a_reader_that_has_enough_is_no_failure(cli: Cli) -> None:
    with process(cli, "ranges") as running:
        assert running.stdout
        assert running.stderr
        running.stdout.close()
        assert (running.wait(), running.stderr.read()) == (0, "")


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("licensedesk se", ["server"]),
        ("licensedesk server re", ["rename", "remove", "resume"]),
        ("licensedesk --site {site} server move d", ["d.example.com"]),
        ("licensedesk --site {site} server move d.example.com --under a", ["a.example.com"]),
        ("licensedesk --site {site} ranges --product D", [PRODUCT]),
        ("licensedesk --site /nowhere server move d", []),
    ],
)
def test_the_shell_completes(cli: Cli, words: str, offered: list[str]) -> None:
    line = words.format(site=cli.folder)
    run = subprocess.run(
        [sys.executable, "-m", "licensedesk"],
        capture_output=True,
        text=True,
        check=True,
        env={
            **os.environ,
            "_LICENSEDESK_COMPLETE": "complete_bash",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(line.split()) - 1),
        },
    )
    assert ([line for line in run.stdout.splitlines() if line], run.stderr) == (offered, "")


def test_the_completion_of_a_shell_can_be_shown(empty: Cli) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "licensedesk", "--show-completion", "bash"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"},
    )
    assert "_LICENSEDESK_COMPLETE=complete_bash" in run.stdout
