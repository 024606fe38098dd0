"""The one who clicks: an event every few milliseconds, whatever is open, until all are done."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QAbstractButton, QApplication

from licensedesk.ui.application import Desktop, Start
from licensedesk.ui.dialogs.getting_started import GettingStartedDialog
from licensedesk.ui.widgets.dialog import Dialog
from tests.ui.clicker.answers import Answers
from tests.ui.clicker.faults import Faults, SecondConsole
from tests.ui.clicker.hands import Hands
from tests.ui.clicker.seen import Seen, all_dialogs
from tests.ui.clicker.visits import Visits, all_actions
from tests.ui.clicker.work import Work

FAULT_EVERY = 25
"""Events between switching a fault on or off."""
SAMPLE_AFTER = 120
"""Events after which a first start ends with the sample site, if it did not come so far by itself."""
MOST_LED, LED_MS = 600, 40
BEAT_MS = 20
LONGEST_SECONDS = 6.0
"""Past it the window hung. What is not its own doing, other programs on the same cores, may take some."""
Event = Callable[[], None]


class Clicker:
    """`settled` is called once all events are done, the faults are over, and nothing goes on any more."""

    def __init__(self, site: Path, files: Path, *, host_name: str | None, events: int, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - the same clicks every time
        self._left = events
        self._begun = False
        self._patience = 60
        """Half seconds for what was begun last to come to its end."""
        self.done: Counter[str] = Counter()
        self.hung: list[str] = []
        self.longest = 0.0
        self.led = 0
        """Steps beyond the events, to what these have not reached."""
        settings = QSettings(str(files.parent / "clicker.ini"), QSettings.Format.IniFormat)
        self.seen = Seen()
        self.seen.begin()
        self.desktop = Desktop(Start(site, host_name=host_name, settings=settings))
        self.answers = Answers(files, site.parent / "out", random.Random(~seed))  # noqa: S311 - as above
        self.seen.watch(self.desktop.session)
        self.console = SecondConsole(site, seed, host_name or "")
        self.hands = Hands(self.desktop, self.answers, self._chance)
        self.work = Work(self.desktop, self.hands, self.answers, self._chance)
        self.faults = Faults(self.desktop.session, self.console, self._chance)
        self.visits = Visits(self.desktop.session, self.desktop.window, self._chance)
        self.settled: Callable[[], object] = QApplication.quit
        hands = self.hands
        self._events: dict[Event, int] = {
            hands.click: 30,
            hands.press: 14,
            hands.write: 10,
            self._visit: 14,
            self._work: 10,
            hands.context: 6,
            hands.drag: 5,
            hands.double: 4,
            hands.choose: 4,
            hands.escape: 3,
            hands.wheel: 2,
            hands.hover: 2,
            hands.drop: 2,
            hands.close: 1,
            hands.resize: 1,
        }
        self._next: list[Event] = []
        """Events that are next whatever chance says."""
        self._beat = QTimer()
        self._beat.setInterval(BEAT_MS)
        self._beat.timeout.connect(self._on_beat)
        self._beaten = 0.0
        self._last = ""

    def begin(self) -> None:
        """As soon as there is anything to click on."""
        QApplication.setQuitOnLastWindowClosed(False)
        self.desktop.show()
        QTimer.singleShot(500, self._begin)

    def _begin(self) -> None:
        self._rest()
        self._beat.start()
        self._step()

    # -- is it alive? --------------------------------------------------------------------------------
    def _on_beat(self) -> None:
        """Comes in every loop, that of a menu or dialog too; only what blocks the thread keeps it away."""
        pause = time.monotonic() - self._beaten
        self.longest = max(self.longest, pause)
        if pause > LONGEST_SECONDS:
            self.hung.append(f"{self._last} {pause:.1f} s")
        self._rest()

    def _rest(self) -> None:
        self._beaten = time.monotonic()

    # -- one event -----------------------------------------------------------------------------------
    def _step(self) -> None:
        if self.hands.dragging:
            QTimer.singleShot(5, self._step)
            return
        if self._left <= 0:
            self.faults.end()
            self._lead()
            return
        self._left -= 1
        # Before the event: a menu or dialog that it opens may run a loop of its own until it is clicked away.
        QTimer.singleShot(self._chance.choice((2, 2, 2, 10, 40)), self._step)
        if self._left % FAULT_EVERY == 0 and self.desktop.session.is_open:
            self._switch_fault()
            self._rest()
        self._be_there()
        self.seen.look(self.desktop.window)
        act = self._next.pop(0) if self._next else self._any_event()
        self._last = act.__name__.lstrip("_")
        self.done[self._last] += 1
        act()

    def _switch_fault(self) -> None:
        if self.faults.on:
            self.faults.end()
            return
        kind, hands, work = self.faults.draw(), self.hands, self.work
        freed: list[Event] = [hands.escape, hands.escape]
        if kind == "removed":
            self._next = [*freed, work.begin_editing, self._remove_edited, self._work]
            return
        self.faults.begin(kind)
        if kind == "vanished":
            self._next = [*freed, work.begin_registering, hands.hover, work.vanish, hands.hover, work.submit]
        elif kind == "wrong_passphrase":
            self._next = [*freed, work.begin_unlocking, work.mistype, work.submit]
        else:
            # Whatever the fault is, something is to be written while it is on.
            self._next = [*freed, work.begin_writing, work.submit]

    def _any_event(self) -> Event:
        (act,) = self._chance.choices(list(self._events), weights=list(self._events.values()))
        return act

    def _be_there(self) -> None:
        """A window that was closed is opened again, as by starting the program."""
        desktop = self.desktop
        if not desktop.window.isVisible():
            desktop.window.show()
            if not desktop.session.is_open:
                desktop._open_site()
        if not desktop.session.is_open and self._left % SAMPLE_AFTER == 0:
            for one in self.hands.top.findChildren(QAbstractButton):
                if "Sample" in one.text():
                    one.click()

    def _visit(self) -> None:
        """To where every action, view and dialog is; or on with the dialog that is open."""
        if self.hands.top is self.desktop.window:
            self.visits.go()
        elif self._chance.random() < 0.3:
            self.hands.escape()
        else:
            self.hands.click()

    def _work(self) -> None:
        if isinstance(self.hands.top, Dialog):
            self.work.work()
        else:
            self._visit()

    def _remove_edited(self) -> None:
        self.faults.begin("removed")

    def _lead(self) -> None:
        """To what chance has not reached, without faults: on a busy machine that is more."""
        self._rest()
        if not self.led:
            self.visits.lead(self.unreached())
        self.led += 1
        self.seen.look(self.desktop.window)
        if self.hands.top is not self.desktop.window:
            self.hands.escape()
        elif self.visits.left:
            self.visits.go()
        if self.visits.left and self.led < MOST_LED:
            QTimer.singleShot(LED_MS, self._lead)
        else:
            QTimer.singleShot(LED_MS, self.end)

    def unreached(self) -> set[str]:
        """Actions that were never triggered; every way to a dialog, where one was never open."""
        names = set(all_actions()) - self.seen.actions.keys()
        if all_dialogs() - self.seen.windows.keys() - {GettingStartedDialog.__name__}:
            names |= {*all_actions(), "change-passphrase"}
        return names - {"stop", "quit"}

    # -- the end -------------------------------------------------------------------------------------
    def end(self) -> None:
        """Close what is open, and wait for what goes on."""
        self.faults.end()
        self.seen.look(self.desktop.window)
        for _ in range(20):
            top = QApplication.activePopupWidget() or QApplication.activeModalWidget()
            if top is not None:
                top.close()
        QTimer.singleShot(500, self._judge_end)

    def _judge_end(self) -> None:
        waits = self._waits_for()
        if waits and self._patience:
            self._patience -= 1
            self.end()
            return
        self.hung += waits
        self._beat.stop()
        self.settled()

    def _waits_for(self) -> list[str]:
        """What has not come to an end."""
        modal = QApplication.activeModalWidget()
        found = [] if modal is None else [f"{type(modal).__name__} {modal.windowTitle()} stays open"]
        return [*found, "work goes on"] if self.desktop.runner.busy else found
