"""What every command works with: the site's folder and store, who acts and where, how to answer."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from licensedesk.cli.desktop import site_folder
from licensedesk.core.errors import RefusedError
from licensedesk.core.types import Actor, Day, utc_day

if TYPE_CHECKING:
    import typer

    from licensedesk.core.site import Site
    from licensedesk.core.store.database import Store
    from licensedesk.core.tree import Tree

T = TypeVar("T")


@dataclass
class Desk:
    """One run of the command line. `at` is its moment: read from the clock once, here alone."""

    json: bool = False
    folder_given: Path | None = None
    server: str | None = None
    passphrase_file: Path | None = None
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    _site: Site | None = None

    @property
    def today(self) -> Day:
        return utc_day(self.at)

    @property
    def folder(self) -> Path:
        """The site's folder, whether there is one or not."""
        return site_folder(self.folder_given)

    @property
    def site(self) -> Site:
        """The site, opened on first use. Raises as `open_site` does."""
        if self._site is None:
            from licensedesk.core.site import open_site

            self._site = open_site(self.folder)
        return self._site

    @property
    def store(self) -> Store:
        return self.site.store

    def tree(self) -> Tree:
        from licensedesk.core.store.facts import read_tree

        return read_tree(self.store)

    def actor(self, tree: Tree | None = None) -> Actor:
        """Who acts: the operating system's user, at the local server."""
        if self.server is None:
            return Actor(name=user_name())
        from licensedesk.core.scope import local_actor

        return local_actor(tree or self.tree(), name=user_name(), host_name=self.server)

    def close(self) -> None:
        if self._site is not None:
            self._site.close()
            self._site = None

    def answer(self, value: Any, people: Callable[[], None]) -> None:
        """The one result of a command: as JSON, or as `people` prints it."""
        from licensedesk.cli.output import print_json

        try:
            if self.json:
                print_json(value)
            else:
                people()
            sys.stdout.flush()
        except BrokenPipeError:
            # Who read the output has enough of it; what the command did is done.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def confirmed(self, act: Callable[[bool], T], *, yes: bool) -> T:
        """`act(confirmed)`; where a range would grow short, show before and after, and ask."""
        try:
            return act(yes)
        except RefusedError as refusal:
            if refusal.code != "needs-confirmation" or self.json:
                raise
            from licensedesk.cli.changes import show_changes

            show_changes(refusal.figures["changes"])
            if not ask(f"{refusal.message} Go on?"):
                raise
        return act(True)


def desk_of(ctx: typer.Context) -> Desk:
    found = ctx.find_root().obj
    if not isinstance(found, Desk):
        raise TypeError("a command runs below the root command")
    return found


def user_name() -> str:
    """The operating system's name of who runs this, as the audit log shall have it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run a user that has a number only.
        return str(os.getuid())


def ask(question: str) -> bool:
    """Yes or no on the terminal; an input that ends says no."""
    sys.stdout.flush()
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
