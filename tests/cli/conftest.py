"""Sites for the tests of the command line: copies of two that are made once a run, by the command line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.runner import ISSUER, OTHER, PRODUCT, Cli


@pytest.fixture(autouse=True)
def no_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tester's shell sets is not theirs."""
    for name in ("LICENSEDESK_SITE", "LICENSEDESK_PASSPHRASE_FILE", "LICENSEDESK_DEBUG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def empty_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`site` with its primary a.example.com alone, and the files of an issuer."""
    folder = tmp_path_factory.mktemp("cli")
    cli = Cli(folder / "site", folder / "files")
    cli.done("issue", "key", "--out", cli.files)
    passphrase = cli.files / "passphrase"
    passphrase.write_text("correct horse\n")
    cli.done("--passphrase-file", passphrase, "init", "--name", "Example Corp", "--primary", "a.example.com")
    return folder


@pytest.fixture(scope="session")
def example_template(tmp_path_factory: pytest.TempPathFactory, empty_template: Path) -> Path:
    """The tree and figures of 1-domain.md: {a, b} holds 100, {d} 10, {c, e} 40; e is a managed server."""
    folder = tmp_path_factory.mktemp("cli") / "example"
    shutil.copytree(empty_template, folder)
    cli = Cli(folder / "site", folder / "files")
    key = cli.files / "issuer.pub"
    cli.done("issuer", "add", ISSUER, key, "--product", PRODUCT, "--product", OTHER)
    for name, under, role in (("b", "a", "relay"), ("c", "a", "relay"), ("d", "b", "relay")):
        cli.done("server", "add", f"{name}.example.com", "--under", f"{under}.example.com", "--role", role)
    cli.done("server", "add", "e.example.com", "--under", "c.example.com", "--role", "managed")
    cli.done("license", "register", cli.license_file("DM-1", 150))
    cli.done("server", "option", "d.example.com", "distribution", "--quantity", f"{PRODUCT}=10")
    cli.done("server", "option", "c.example.com", "distribution")
    cli.done("license", "allocate", "c.example.com=40", "--product", PRODUCT)
    return folder


@pytest.fixture
def empty(tmp_path: Path, empty_template: Path) -> Cli:
    """A site with nothing but its primary."""
    return _copy(empty_template, tmp_path)


@pytest.fixture
def cli(tmp_path: Path, example_template: Path) -> Cli:
    """The example of 1-domain.md."""
    return _copy(example_template, tmp_path)


def _copy(template: Path, folder: Path) -> Cli:
    shutil.copytree(template / "site", folder / "site")
    shutil.copytree(template / "files", folder / "files")
    return Cli(folder / "site", folder / "files")
