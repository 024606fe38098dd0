"""What is switched on and off under the clicks: the faults of the surroundings, and some of our own."""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn
from unittest import mock

from licensedesk.ui.session import Session
from licensedesk.ui.task_runner import Lane

Off = Callable[[], object]
READING = ("licensedesk.core.nodes.queries.count_nodes", "licensedesk.core.overview.read_overview")
ACTING = (
    "licensedesk.core.allocations.write_allocations",
    "licensedesk.core.nodes.states.change_nodes",
    "licensedesk.core.servers.add_server",
)
KINDS = (
    *("lock", "damage", "gone", "full", "broker_away", "break_reading", "break_acting"),
    *("changed", "changed", "removed", "vanished", "wrong_passphrase"),
)
CHUNK = 1 << 16
MOST_PAGES = 4_294_967_294


class InjectedError(Exception):
    """Raised by a function that is broken on purpose."""


class SecondConsole:
    """A process that is given one order after the other; it is waited for when the next one is given."""

    def __init__(self, site: Path, seed: int, kept: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.ui.clicker.console", str(site), str(seed), kept],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._owes = False
        self.answers: Counter[str] = Counter()

    def order(self, what: str, **more: str) -> None:
        self.wait()
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": what, **more}) + "\n")
        self._process.stdin.flush()
        self._owes = True

    def wait(self) -> None:
        if self._owes:
            assert self._process.stdout is not None
            self.answers[json.loads(self._process.stdout.readline())] += 1
            self._owes = False

    def end(self) -> None:
        self.wait()
        self._process.communicate(timeout=30)


class Faults:
    """One at a time, each as often as the others."""

    def __init__(self, session: Session, console: SecondConsole, chance: random.Random) -> None:
        self._session = session
        self._site = session.folder
        self._console = console
        self._chance = chance
        self._off: Off | None = None
        self._deck: list[str] = []
        self.seen: Counter[str] = Counter()

    @property
    def own_disk(self) -> bool:
        """Whether the site lies on a disk of its own, which may be filled."""
        return self._site.parent.stat().st_dev != self._site.parent.parent.stat().st_dev

    @property
    def on(self) -> bool:
        return self._off is not None

    def draw(self) -> str:
        """The name of the next one."""
        if not self._deck:
            self._deck = [*KINDS]
            self._chance.shuffle(self._deck)
        return self._deck.pop()

    def begin(self, name: str) -> None:
        self.end()
        self.seen[name] += 1
        off: Off = getattr(self, name)()
        self._off = off

    def end(self) -> None:
        if self._off is not None:
            self._off()
            self._off = None

    # -- the second console --------------------------------------------------------------------------
    def changed(self) -> Off:
        """It does something, at the same time."""
        self._console.order("change")
        return self._console.wait

    def removed(self) -> Off:
        """It removes the server that is chosen here, under the dialog that edits it."""
        self._console.order("remove", server=self._session.server)
        return self._console.wait

    def lock(self) -> Off:
        self._console.order("hold")
        self._console.wait()
        return lambda: self._console.order("let_go")

    def damage(self) -> Off:
        self._console.order("damage")
        self._console.wait()

        def mend() -> None:
            self._console.order("mend")
            self._console.wait()

        return mend

    # -- the surroundings ----------------------------------------------------------------------------
    def gone(self) -> Off:
        """The database is elsewhere for a while."""
        path = self._site / "site.db"
        away = path.with_suffix(".away")
        path.rename(away)

        def back() -> None:
            if path.exists():
                # A backup was restored meanwhile.
                away.unlink()
            else:
                away.rename(path)

        return back

    def full(self) -> Off:
        return self._fill_disk() if self.own_disk else self._let_nothing_grow()

    def _fill_disk(self) -> Off:
        filler = self._site.parent / "filler"
        size = CHUNK
        with filler.open("wb", buffering=0) as file:
            while size:
                try:
                    file.write(bytes(size))
                except OSError:
                    size //= 2
        return filler.unlink

    def _let_nothing_grow(self) -> Off:
        """The database alone is at its largest, for who has no disk to fill."""

        def limit(pages: int) -> None:
            store, runner = self._session.site.store, self._session.runner
            for lane in Lane:
                runner.run(
                    lane,
                    lambda _task: store.value(f"PRAGMA max_page_count = {pages}"),
                    owner=self._session,
                    done=lambda _pages: None,
                )

        limit(1)
        return lambda: limit(MOST_PAGES)

    def broker_away(self) -> Off:
        folder = self._site / "exchange"
        away = folder.with_name("exchange-away")
        if not folder.exists():
            return lambda: None
        folder.rename(away)
        # What is no folder cannot be made one: it stays away.
        folder.write_text("")

        def back() -> None:
            with contextlib.suppress(FileNotFoundError):
                folder.unlink() if folder.is_file() else shutil.rmtree(folder)
            away.rename(folder)

        return back

    def vanished(self) -> Off:
        """A file goes away that is chosen in a dialog: who clicks sees to it, as to the next."""
        return lambda: None

    def wrong_passphrase(self) -> Off:
        return lambda: None

    # -- faults of ours ------------------------------------------------------------------------------
    def break_reading(self) -> Off:
        return self._broken(READING)

    def break_acting(self) -> Off:
        return self._broken(ACTING)

    @staticmethod
    def _broken(names: tuple[str, ...]) -> Off:
        def broken(*_given: Any, **_more: Any) -> NoReturn:
            raise InjectedError

        patches = contextlib.ExitStack()
        for name in names:
            patches.enter_context(mock.patch(name, broken))
        return patches.close
