"""A plain install from the wheel is the agent: with its resources, without a window and a database.

The wheel is built from this checkout and installed by pip, both without a network, into an environment
that holds nothing but the libraries the wheel declares and what these declare in turn, copied file by
file from the locked ones. What is not declared is not there, as after an installation from an index.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import zipfile
from email import message_from_bytes
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
OFFLINE = ("--no-index", "--no-deps")
# Everything a server runs, with the libraries that are loaded only when they are needed.
PROGRAM = """
import importlib, pkgutil, sys
import lxml.etree, paho.mqtt.client
from securesystemslib.signer import CryptoSigner
import licensedesk.agent, licensedesk.core.documents, licensedesk.core.transports, licensedesk.core.trust
from licensedesk.core.files import resource
for package in (licensedesk.agent, licensedesk.core.documents, licensedesk.core.transports):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
CryptoSigner.generate_ed25519()
print(resource("schemas", "ProductLicense.xsd"))
print(*{name.partition(".")[0] for name in sys.modules})
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([*PIP, "wheel", *OFFLINE, "--no-build-isolation", "-w", folder, ROOT], check=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def plain(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs of an environment with a plain install."""
    folder = tmp_path_factory.mktemp("plain")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    paths = sysconfig.get_paths("venv", {"base": str(folder), "platbase": str(folder)})
    for library in _declared_by(wheel):
        for file in metadata.distribution(library).files or ():
            target = Path(paths["purelib"], *file.parts)
            if ".." not in file.parts and file.suffix != ".pyc":
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(Path(str(file.locate())), target)
    python = str(Path(paths["scripts"], "python"))
    subprocess.run([*PIP, "--python", python, "install", *OFFLINE, wheel], check=True)
    subprocess.run([*PIP, "--python", python, "check"], check=True)
    return Path(paths["scripts"])


def _declared_by(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        declared = message_from_bytes(archive.read(name)).get_all("Requires-Dist", [])
    found: set[str] = set()
    waiting = [(Requirement(text), "") for text in declared]
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        found.add(requirement.name)
        needed = [Requirement(text) for text in metadata.requires(requirement.name) or ()]
        waiting += [(one, extra) for one in needed for extra in ("", *requirement.extras)]
    return found


def test_the_wheel_holds_the_resources_and_nothing_of_the_workshop(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    resources = {path.relative_to(ROOT) for path in (ROOT / "resources").rglob("*") if path.is_file()}
    assert resources
    assert {f"licensedesk/{path.as_posix()}" for path in resources} <= names
    assert "licensedesk/py.typed" in names
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"licensedesk"}


def test_the_agent_runs_without_window_and_database(plain: Path) -> None:
    command = [str(plain / "python"), "-I", "-c", PROGRAM]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    schema, *modules = result.stdout.split()
    assert Path(schema).is_relative_to(plain.parent)
    assert Path(schema).is_file()
    assert not {"PySide6", "peewee", "pysqlite3", "typer", "rich"} & set(modules)


def test_the_command_of_the_agent_is_there(plain: Path) -> None:
    result = subprocess.run(
        [str(plain / "licensedesk-agent"), "--help"], capture_output=True, text=True, check=True
    )
    assert "enrol" in result.stdout


def test_the_console_says_what_to_install(plain: Path) -> None:
    result = subprocess.run(
        [str(plain / "licensedesk"), "ranges"], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout) == (3, "")
    assert result.stderr == (
        "licensedesk: typer is not installed; install it with: pip install 'licensedesk[console]'\n"
    )
