"""Where passphrases come from, in which order, and that they show nowhere."""

from __future__ import annotations

import getpass
import io
import sys
from pathlib import Path

import pytest

from licensedesk.cli import passphrase
from licensedesk.cli.context import Desk
from licensedesk.core import site_key
from licensedesk.core.errors import LicenseDeskError
from licensedesk.core.site import open_site
from licensedesk.core.site_key import read_passphrase
from tests.cli.runner import Cli, Terminal


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is typed at the prompts, in turn."""
    lines: list[str] = []
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(getpass, "getpass", lambda _: lines.pop(0))
    return lines


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """A key store of an operating system, which a test machine has none of."""
    store: dict[str, bytes] = {}

    def keep(site: object, secret: bytes) -> bool:
        store["secret"] = secret
        return True

    monkeypatch.setattr(site_key, "kept_passphrase", lambda _: store.get("secret"))
    monkeypatch.setattr(site_key, "keep_passphrase", keep)
    return store


@pytest.mark.parametrize(
    ("content", "read"),
    [(b"horse", b"horse"), (b"horse\n", b"horse"), (b"horse\r\n", b"horse"), (b"a b \n\n", b"a b \n")],
)
def test_one_newline_at_the_end_of_a_file_is_none_of_it(tmp_path: Path, content: bytes, read: bytes) -> None:
    (tmp_path / "secret").write_bytes(content)
    assert read_passphrase(tmp_path / "secret") == read


def test_the_option_comes_before_the_variable_the_key_store_and_the_prompt(
    empty: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: list[str], kept: dict[str, bytes]
) -> None:
    for name in ("option", "variable"):
        (tmp_path / name).write_text(name)
    desk = Desk(folder_given=empty.folder)
    typed.append("typed")
    assert passphrase.site_passphrase(desk) == b"typed"
    kept["secret"] = b"kept"
    assert passphrase.site_passphrase(desk) == b"kept"
    monkeypatch.setenv(passphrase.FILE_VARIABLE, str(tmp_path / "variable"))
    assert passphrase.site_passphrase(desk) == b"variable"
    desk.passphrase_file = tmp_path / "option"
    assert passphrase.site_passphrase(desk) == b"option"
    desk.close()


def test_with_json_nothing_is_asked(empty: Cli, typed: list[str], kept: dict[str, bytes]) -> None:
    typed.append("typed")
    desk = Desk(json=True, folder_given=empty.folder)
    with pytest.raises(LicenseDeskError, match="no-passphrase"):
        passphrase.site_passphrase(desk)
    desk.close()
    assert typed == ["typed"]


def test_a_new_passphrase_is_typed_twice(typed: list[str]) -> None:
    typed += ["horse", "horse"]
    assert passphrase.new_passphrase(Desk()) == b"horse"
    typed += ["horse", "house"]
    with pytest.raises(LicenseDeskError, match="passphrases-differ"):
        passphrase.new_passphrase(Desk())


@pytest.mark.parametrize("line", ["", None])
def test_no_passphrase_makes_no_site(
    tmp_path: Path, typed: list[str], monkeypatch: pytest.MonkeyPatch, line: str | None
) -> None:
    def ends(question: str) -> str:
        if line is None:
            raise EOFError
        return line

    monkeypatch.setattr(getpass, "getpass", ends)
    run = Cli(tmp_path / "site", tmp_path)("init", "--name", "N", "--primary", "a", terminal=True)
    assert run.code == 3
    assert "needs the passphrase" in run.err
    assert not (tmp_path / "site").exists()


def test_what_is_typed_at_init_opens_the_key(tmp_path: Path, typed: list[str]) -> None:
    typed += ["horse", "horse"]
    cli = Cli(tmp_path / "site", tmp_path)
    run = cli("init", "--name", "N", "--primary", "a", terminal=True)
    assert run.code == 0
    site = open_site(cli.folder)
    assert site_key.unlock(site, b"horse").key.key_id
    site.close()
    assert "horse" not in run.out + run.err + (cli.folder / "keys" / "site.key").read_text()


@pytest.mark.parametrize("has_store", [True, False])
def test_init_keeps_the_passphrase_where_it_is_told_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: list[str], has_store: bool, kept: dict[str, bytes]
) -> None:
    if not has_store:
        monkeypatch.setattr(site_key, "keep_passphrase", lambda *_: False)
    typed += ["horse", "horse"]
    argv = ("init", "--name", "N", "--primary", "a", "--keep-passphrase")
    run = Cli(tmp_path / "site", tmp_path)(*argv, terminal=True)
    assert run.code == 0
    assert kept == ({"secret": b"horse"} if has_store else {})
    assert ("no key store" in run.err) is not has_store


def test_without_a_terminal_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("horse\n"))
    assert passphrase.prompt("Passphrase") is None
