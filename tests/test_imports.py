"""The walls of the house (ARCHITECTURE.md): which layer may import what, read from the source.

A wall that is broken is shown with the whole chain of imports that breaks it. Two kinds of wall:
between layers, where an import for type checking only counts too (it is knowledge of the other layer),
and against libraries that may not be installed, where only what runs counts.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "licensedesk"


@dataclass(frozen=True, slots=True)
class Import:
    """A name that a module imports: perhaps only for the type checker, or only when a function is called."""

    name: str
    line: int
    typing: bool = False
    lazy: bool = False


Modules = Mapping[str, tuple[Import, ...]]

# -- reading -----------------------------------------------------------------------------------------


def read_modules(root: Path, package: str) -> Modules:
    """Every module of the package with what it imports; packages that run on the way to a module included."""
    files = {_module_name(path, root): path for path in sorted((root / package).rglob("*.py"))}
    return {name: tuple(_imports_of(name, path, files)) for name, path in files.items()}


def _module_name(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports_of(name: str, path: Path, files: Mapping[str, Path]) -> Iterator[Import]:
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    if path.name != "__init__.py" or "." in name:
        # Python runs a package before anything in it.
        yield Import(name.rpartition(".")[0], 0)
    whole = ast.parse(path.read_text(encoding="utf-8"), str(path))
    yield from _walk(whole, package, files, typing=False, lazy=False)


def _walk(
    node: ast.AST, package: str, files: Mapping[str, Path], *, typing: bool, lazy: bool
) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        names: Iterator[str] = iter(())
        if isinstance(child, ast.Import):
            names = (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            names = _from_names(child, package, files)
        elif isinstance(child, ast.If) and _is_type_checking(child.test):
            guarded, other = ast.Module(child.body, []), ast.Module(child.orelse, [])
            yield from _walk(guarded, package, files, typing=True, lazy=lazy)
            yield from _walk(other, package, files, typing=typing, lazy=lazy)
        else:
            inside = lazy or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from _walk(child, package, files, typing=typing, lazy=inside)
        yield from (Import(name, child.lineno, typing, lazy) for name in names)  # type: ignore[attr-defined]


def _from_names(node: ast.ImportFrom, package: str, files: Mapping[str, Path]) -> Iterator[str]:
    base = node.module or ""
    if node.level:
        parts = package.split(".")
        above = ".".join(parts[: len(parts) - node.level + 1])
        base = f"{above}.{base}" if base else above
    for alias in node.names:
        submodule = f"{base}.{alias.name}"
        # `from package import module` imports a module; `from module import name` a name of it.
        yield submodule if submodule in files or not base.startswith(PACKAGE) else base


def _is_type_checking(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", None)
    return name == "TYPE_CHECKING"


# -- walls -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """What is `inside` must not reach what is `forbidden`, `but` for exceptions.

    `direct` looks at the modules' own imports only, else at all that these import in turn as well. `typing`
    and `lazy` say whether imports for the type checker and those within functions count.
    """

    inside: tuple[str, ...]
    forbidden: tuple[str, ...]
    but: tuple[str, ...] = ()
    direct: bool = False
    typing: bool = True
    lazy: bool = True

    def forbids(self, name: str) -> bool:
        return _within(name, self.forbidden) and not _within(name, self.but)


ANYTHING = ("",)
STANDARD = tuple(sorted(sys.stdlib_module_names))
PLAIN = (*STANDARD, PACKAGE, "cryptography", "lxml", "paho", "securesystemslib")
"""What a plain install has."""
AGENT_CORE = tuple(f"{PACKAGE}.core.{name}" for name in ("documents", "trust", "transports"))
AGENT_MAY = (*AGENT_CORE, f"{PACKAGE}.core.errors", f"{PACKAGE}.core.files", f"{PACKAGE}.agent")
"""All of ours that the agent may import; what these import in turn is theirs."""
DATABASE = ("peewee", "playhouse", "pysqlite3", "sqlite3", "psycopg")
QT = ("PySide6", "shiboken6")
NETWORK = ("http", "paho", "socket", "ssl", "urllib")
WIDGETS = tuple(
    f"{PACKAGE}.ui.{name}" for name in ("dialogs", "item_models", "main_window", "pages", "widgets")
)

WALLS = {
    "the core knows nothing of those who use it": Wall(
        inside=(f"{PACKAGE}.core",),
        forbidden=(f"{PACKAGE}.ui", f"{PACKAGE}.cli", f"{PACKAGE}.agent", *QT),
    ),
    "documents, trust and transports need no database": Wall(
        inside=AGENT_CORE, forbidden=(*DATABASE, f"{PACKAGE}.core.store"), typing=False
    ),
    "documents, trust and transports run on a plain install": Wall(
        inside=AGENT_CORE, forbidden=ANYTHING, but=PLAIN, typing=False
    ),
    "the agent imports five parts of the core and nothing else of ours": Wall(
        inside=(f"{PACKAGE}.agent",), forbidden=(f"{PACKAGE}.",), but=AGENT_MAY, direct=True
    ),
    "the agent runs on a plain install": Wall(
        inside=(f"{PACKAGE}.agent",), forbidden=ANYTHING, but=PLAIN, typing=False
    ),
    "the command line starts without a window": Wall(
        inside=(f"{PACKAGE}.cli", f"{PACKAGE}.__main__"),
        forbidden=(f"{PACKAGE}.ui", *QT),
        typing=False,
        lazy=False,
    ),
    "the command line draws nothing itself": Wall(
        inside=(f"{PACKAGE}.cli", f"{PACKAGE}.__main__"), forbidden=QT, direct=True
    ),
    "a widget asks, and touches neither database nor network": Wall(
        inside=WIDGETS,
        forbidden=(*DATABASE, *NETWORK, f"{PACKAGE}.core.store", f"{PACKAGE}.core.transports"),
        direct=True,
        typing=False,
    ),
    "no QtSql, which would open the site's file a second way, and no QtCharts": Wall(
        inside=(PACKAGE,), forbidden=("PySide6.QtSql", "PySide6.QtCharts"), direct=True
    ),
}


def _within(name: str, trees: tuple[str, ...]) -> bool:
    """`a.b` is within `a.b`, `a`, `a.` (which `a` itself is not), and the empty name."""
    return any(
        name == tree or name.startswith(tree if not tree or tree[-1] == "." else f"{tree}.") for tree in trees
    )


def breaches(modules: Modules, wall: Wall) -> list[str]:
    """One line for each module inside and each forbidden name it reaches: the shortest chain of imports."""
    inside = [name for name in modules if _within(name, wall.inside)]
    return [line for start in inside for line in _breaches_from(start, modules, wall)]


def _breaches_from(start: str, modules: Modules, wall: Wall) -> Iterator[str]:
    chains: dict[str, str] = {start: start}
    waiting = deque([start])
    while waiting:
        name = waiting.popleft()
        for imported in modules[name]:
            skipped = (imported.typing and not wall.typing) or (imported.lazy and not wall.lazy)
            if skipped or imported.name in chains:
                continue
            chains[imported.name] = f"{chains[name]}:{imported.line} -> {imported.name}"
            if wall.forbids(imported.name):
                yield chains[imported.name]
            elif imported.name in modules and not wall.direct:
                waiting.append(imported.name)


# -- the tests ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def modules() -> Modules:
    return read_modules(ROOT, PACKAGE)


@pytest.mark.parametrize("name", WALLS)
def test_no_wall_is_broken(name: str, modules: Modules) -> None:
    assert not (found := breaches(modules, WALLS[name])), f"{name}:\n  " + "\n  ".join(found)


@pytest.mark.parametrize("wall", WALLS.values(), ids=WALLS)
def test_a_wall_stands_around_code_that_is_there(wall: Wall, modules: Modules) -> None:
    top = {tree.split(".")[1] for tree in wall.inside if "." in tree}
    assert top <= {name.split(".")[1] for name in modules if "." in name}


def test_what_the_source_says_is_what_python_loads(modules: Modules) -> None:
    """The reading above would be worth nothing if modules came in by a way that it does not see."""
    wanted = [name for name in modules if _within(name, (f"{PACKAGE}.agent", *AGENT_CORE))]
    program = f"import importlib, sys\nfor m in {wanted}: importlib.import_module(m)\nprint(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()
    seen = set(wanted)
    waiting = deque(wanted)
    while waiting:
        new = {imported.name for imported in modules[waiting.popleft()] if imported.name in modules} - seen
        seen |= new
        waiting.extend(new)
    assert {name for name in loaded if _within(name, (PACKAGE,))} <= seen
    assert not [name for name in loaded if _within(name, (*QT, "peewee", "typer", "rich"))]


BREACHES = [
    # the wall's name; the files, path: source; the chain that must be shown
    (
        "the core knows nothing of those who use it",
        {
            "core/ranges.py": "from licensedesk.core import trust",
            "core/trust.py": "import licensedesk.ui.main_window",
        },
        "licensedesk.core.ranges:1 -> licensedesk.core.trust:1 -> licensedesk.ui.main_window",
    ),
    (
        "the core knows nothing of those who use it",
        {"core/ranges.py": "import typing\nif typing.TYPE_CHECKING:\n    from PySide6 import QtCore"},
        "licensedesk.core.ranges:3 -> PySide6.QtCore",
    ),
    (
        "documents, trust and transports need no database",
        {"core/documents/xml.py": "from .. import store", "core/store/__init__.py": "import peewee"},
        "licensedesk.core.documents.xml:1 -> licensedesk.core.store",
    ),
    (
        "documents, trust and transports run on a plain install",
        {"core/transports/mqtt.py": "def publish():\n    import typer"},
        "licensedesk.core.transports.mqtt:2 -> typer",
    ),
    (
        "the agent imports five parts of the core and nothing else of ours",
        {
            "agent/rules.py": "from licensedesk.core import files, ranges",
            "core/ranges.py": "",
            "core/files.py": "",
        },
        "licensedesk.agent.rules:1 -> licensedesk.core.ranges",
    ),
    (
        "the agent runs on a plain install",
        {
            "agent/rules.py": "from ..core import files",
            "core/files.py": "try:\n    import rich\nexcept ImportError:\n    rich = None",
        },
        "licensedesk.agent.rules:1 -> licensedesk.core.files:2 -> rich",
    ),
    (
        "the agent runs on a plain install",
        {
            "agent/rules.py": "import licensedesk.core.trust",
            "core/trust.py": "",
            "core/__init__.py": "import peewee",
        },
        "licensedesk.agent.rules:1 -> licensedesk.core.trust:0 -> licensedesk.core:1 -> peewee",
    ),
    (
        "the command line starts without a window",
        {"cli/app.py": "from licensedesk.ui import application", "ui/application.py": ""},
        "licensedesk.cli.app:1 -> licensedesk.ui.application",
    ),
    (
        "the command line draws nothing itself",
        {"cli/app.py": "def show():\n    from PySide6 import QtWidgets"},
        "licensedesk.cli.app:2 -> PySide6.QtWidgets",
    ),
    (
        "a widget asks, and touches neither database nor network",
        {"ui/pages/nodes.py": "import urllib.request"},
        "licensedesk.ui.pages.nodes:1 -> urllib.request",
    ),
    (
        "no QtSql, which would open the site's file a second way, and no QtCharts",
        {"ui/item_models/nodes.py": "from PySide6 import QtCore, QtSql"},
        "licensedesk.ui.item_models.nodes:1 -> PySide6.QtSql",
    ),
]


def _house(root: Path, files: Mapping[str, str]) -> Modules:
    for name, source in {"__init__.py": "", **files}.items():
        path = root / PACKAGE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        for folder in {path.parent, *path.parent.parents} & {root / PACKAGE, *(root / PACKAGE).rglob("*")}:
            (folder / "__init__.py").touch()
        path.write_text(source, encoding="utf-8")
    return read_modules(root, PACKAGE)


@pytest.mark.parametrize(("name", "files", "chain"), BREACHES)
def test_a_breach_is_shown_with_its_chain(
    name: str, files: dict[str, str], chain: str, tmp_path: Path
) -> None:
    assert chain in breaches(_house(tmp_path, files), WALLS[name])


def test_every_wall_has_a_breach_that_it_sees() -> None:
    assert {name for name, _, _ in BREACHES} == set(WALLS)


ALLOWED = [
    (
        "documents, trust and transports need no database",
        {"core/trust.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import peewee"},
    ),
    (
        "the agent imports five parts of the core and nothing else of ours",
        {
            "agent/rules.py": "from licensedesk import __version__\nfrom licensedesk.core import errors",
            "core/errors.py": "from licensedesk.core import sentences",
            "core/sentences.py": "",
        },
    ),
    (
        "the command line starts without a window",
        {
            "cli/app.py": "def desktop():\n    from licensedesk.ui import application",
            "ui/application.py": "import PySide6",
        },
    ),
    (
        "a widget asks, and touches neither database nor network",
        {"ui/pages/nodes.py": "from licensedesk.core import ranges", "core/ranges.py": "import peewee"},
    ),
]


@pytest.mark.parametrize(("name", "files"), ALLOWED)
def test_what_a_wall_allows_passes(name: str, files: dict[str, str], tmp_path: Path) -> None:
    assert breaches(_house(tmp_path, files), WALLS[name]) == []
