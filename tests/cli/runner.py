"""Runs the command line in this process, as the installed command does in its own."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from licensedesk.cli.app import main

PRODUCT = "Desktop Manager"
OTHER = "Backup = Restore"
"""A product whose name has spaces and an equals sign."""
ISSUER = "Example Software"


class Terminal(io.StringIO):
    """Takes or gives text as a terminal would."""

    def isatty(self) -> bool:
        return True


@dataclass(frozen=True)
class Run:
    code: int
    out: str
    err: str

    @property
    def value(self) -> Any:
        """The one JSON value, on the one line of standard output."""
        assert self.out.count("\n") == 1, self.out
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, Any]:
        assert self.value.keys() == {"error"}, self.value
        found: dict[str, Any] = self.value["error"]
        assert found.keys() == {"code", "message", "advice", "details"}
        return found


@dataclass(frozen=True)
class Cli:
    """The command line on one site's folder; `files` is where the issuer's files lie."""

    folder: Path
    files: Path

    def __call__(self, *argv: str | Path, typed: str = "", terminal: bool = False) -> Run:
        out, err = (Terminal(), Terminal()) if terminal else (io.StringIO(), io.StringIO())
        given = ["--site", str(self.folder), *(str(argument) for argument in argv)]
        with (
            mock.patch.object(sys, "stdin", Terminal(typed) if terminal else io.StringIO(typed)),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = main(given)
        return Run(code, out.getvalue(), err.getvalue())

    def done(self, *argv: str | Path) -> Any:
        """The JSON value of a command that must succeed."""
        run = self("--json", *argv)
        assert (run.code, run.err) == (0, ""), run
        return run.value

    def state(self) -> tuple[list[str], dict[str, str]]:
        """All that is stored: the database as text, every other file of the site by its digest."""
        return dump(self.folder / "site.db"), digests(self.folder)

    @contextlib.contextmanager
    def unchanged(self) -> Iterator[None]:
        before = self.state()
        yield
        assert self.state() == before

    def license_file(self, serial: str, quantity: int, *options: str) -> Path:
        """A license key file of the trusted issuer; permanent where no last day is among the options."""
        out = self.files / f"{serial}.lic"
        product = () if "--product" in options else ("--product", PRODUCT)
        self.done(
            *("issue", "license", "--key", self.files / "issuer.key", "--issuer", ISSUER),
            *("--serial", serial, "--quantity", str(quantity), "--out", out, *product, *options),
        )
        return out

    def add_nodes(self, host_name: str, *, managed: int = 0, discovered: int = 0) -> None:
        """Counted nodes, as an import leaves them."""
        from licensedesk.core.site import open_site
        from licensedesk.core.store.facts import read_tree
        from tests.core.example import add_nodes

        site = open_site(self.folder)
        source = read_tree(site.store).named(host_name).id
        add_nodes(site.store, source, product=PRODUCT, managed=managed, discovered=discovered)
        site.close()


def dump(database: Path) -> list[str]:
    if not database.exists():
        return []
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return list(connection.iterdump())


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith("site.db")
    }
