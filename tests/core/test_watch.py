"""The service: what it sends by itself, what it waits for, and what it tells."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from licensedesk.core import audit, backup, events
from licensedesk.core.allocations import allocate
from licensedesk.core.delivery import open_distributor
from licensedesk.core.distribution.enrolment import invite
from licensedesk.core.distribution.history import list_runs
from licensedesk.core.settings import set_setting
from licensedesk.core.site import NewSite, create_site
from licensedesk.core.site_key import unlock
from licensedesk.core.store.database import copy_database
from licensedesk.core.transports.base import Arrivals
from licensedesk.core.watch import SiteWatch
from tests.core.example import BY, PRODUCT, Example
from tests.fakes.stick import Stick

Act = Callable[[], object]


def now() -> datetime:
    return datetime.now(UTC)


class Played:
    """A watch that is played through: before each of its steps the next act takes place, then it stops."""

    def __init__(self, example: Example, *acts: Act) -> None:
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.paused: list[float] = []
        self._acts = iter(acts)
        SiteWatch(
            site=example.site,
            signer=unlock(example.site, b"correct horse"),
            by=BY,
            clock=now,
            stopped=self._stopped,
            pause=self.paused.append,
            tell=lambda event, figures: self.told.append((event, dict(figures))),
        ).run()

    def _stopped(self) -> bool:
        for act in self._acts:
            act()
            return False
        return True

    @property
    def events(self) -> list[str]:
        return [event for event, _ in self.told]

    def of(self, event: str) -> list[dict[str, Any]]:
        return [figures for told, figures in self.told if told == event]


def nothing() -> None:
    """An act: time passes."""


@pytest.fixture
def stick(example: Example, tmp_path: Path) -> Stick:
    """The server e of the range {c, e}: invited and enrolled, its files carried by hand."""
    signer = unlock(example.site, b"correct horse")
    stick = Stick(tmp_path / "e", example.site.folder / "exchange", example.id("e"))
    stick.install.mkdir()
    file = stick.install / "e.enrol"
    file.write_bytes(invite(example.site, server=example.id("e"), signer=signer, by=BY, at=now()))
    stick.enrol(file)
    return stick


def change(example: Example, quantity: int) -> None:
    quantities = {example.id("c"): quantity}
    allocate(example.store, product=PRODUCT, quantities=quantities, by=BY, at=now())


def test_what_is_due_at_start_is_sent(example: Example, stick: Stick) -> None:
    played = Played(example, nothing, nothing, stick.carry, nothing, nothing)
    assert played.events == ["watching", "distributing", "server", "complete", "stopped"]
    (begun,) = played.of("distributing")
    assert (begun["reason"], begun["servers"]) == ("start", 1)
    (server,) = played.of("server")
    assert (server["server"], server["state"], server["code"]) == ("e", "current", "")
    # Once more: nothing is due.
    assert Played(example, nothing, nothing).events == ["watching", "stopped"]


def test_a_change_is_sent_when_it_happens(example: Example, stick: Stick) -> None:
    Played(example, nothing, nothing, stick.carry, nothing, nothing)
    played = Played(
        example, nothing, lambda: change(example, 41), nothing, nothing, stick.carry, nothing, nothing
    )
    assert played.events == ["watching", "distributing", "server", "complete", "stopped"]
    assert played.of("distributing")[0]["reason"] == "change"
    assert b'"41"' in stick.license.read_bytes()
    assert [run.reason for run in list_runs(example.store, limit=9)] == ["change", "start"]


def test_with_the_setting_off_the_start_sends_nothing(example: Example, stick: Stick) -> None:
    set_setting(example.store, key="distribute_at_start", value="false", by=BY, at=now())
    assert Played(example, nothing, nothing, nothing).events == ["watching", "stopped"]
    assert not stick.message.exists()
    # What is changed after it began is sent all the same.
    acts = (nothing, lambda: change(example, 41), *[nothing] * 4, stick.carry, nothing, nothing)
    played = Played(example, *acts)
    assert played.events == ["watching", "distributing", "server", "complete", "stopped"]


def test_a_transport_that_is_away_is_said_once(example: Example, stick: Stick) -> None:
    exchange = stick.exchange
    exchange.mkdir()
    away = exchange.with_name("away")

    def lose() -> None:
        exchange.rename(away)
        exchange.write_text("no folder")

    def find() -> None:
        exchange.unlink()
        away.rename(exchange)

    acts = (nothing, nothing, lose, *[nothing] * 5, find, nothing, nothing, stick.carry, nothing, nothing)
    played = Played(example, *acts)
    assert played.events == [
        *("watching", "distributing", "away", "back", "distributing", "server", "complete", "stopped")
    ]
    assert played.of("away")[0]["code"] == played.of("back")[0]["code"] == "transport-unavailable"
    assert [one["reason"] for one in played.of("distributing")] == ["start", "back"]
    assert len(played.paused) >= 3


def test_the_audit_chain_is_walked_after_the_start_a_part_at_each_step(
    example: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "_PART", 2)
    example.store.run("UPDATE audit SET subject = 'forged' WHERE seq = 8")
    three_parts = [nothing] * 3
    assert Played(example, nothing, *three_parts).of("alert") == []
    (alert,) = Played(example, nothing, *three_parts, nothing).of("alert")
    assert (alert["code"], alert["entry"]) == ("audit-broken", 8)
    # Once: it holds already.
    assert Played(example, nothing, *three_parts, nothing).of("alert") == []


def test_the_licenses_are_verified_at_the_start_whatever_is_away(example: Example, stick: Stick) -> None:
    stick.exchange.write_text("no folder")
    example.store.run("UPDATE license SET quantity = 151")
    played = Played(example, nothing, nothing)
    assert played.events == ["away", "stopped"]
    assert events.open_subjects(example.store, events.EventCode.LICENSE_DAMAGED) == {"a"}


def test_another_console_is_waited_for(example: Example, stick: Stick) -> None:
    other = open_distributor(example.site, signer=None, by=BY, clock=now)
    acts = (other.__enter__, nothing, nothing, lambda: other.__exit__(None, None, None), nothing, nothing)
    played = Played(example, *acts)
    assert played.events == ["away", "watching", "back", "distributing", "stopped"]
    assert played.of("away")[0]["code"] == "console-busy"


def test_another_transport_is_changed_to(example: Example, stick: Stick, tmp_path: Path) -> None:
    def move() -> None:
        set_setting(example.store, key="transport", value=f"folder:{tmp_path}/new", by=BY, at=now())

    played = Played(example, nothing, nothing, move, nothing, nothing, nothing)
    assert played.events[:2] == ["watching", "distributing"]
    assert (tmp_path / "new" / stick.server_id / "license.message").exists()


def test_a_restored_site_is_gone_on_with(example: Example, stick: Stick, tmp_path: Path) -> None:
    kept, _ = backup.back_up(example.site, tmp_path / "kept", with_key=True, by=BY, at=now())

    def restore() -> None:
        backup.restore(example.site.folder, kept, by=BY, at=now()).close()

    acts = (nothing, nothing, stick.carry, nothing, restore, *[nothing] * 4, stick.carry, *[nothing] * 3)
    played = Played(example, *acts)
    assert played.events == [
        *("watching", "distributing", "server", "complete"),
        *("distributing", "server", "complete", "stopped"),
    ]
    first, second = (one["version"] for one in played.of("distributing"))
    assert second > first + backup.RESTORE_SKIP - 10


@pytest.mark.parametrize("same", [True, False])
def test_only_the_same_site_is_gone_on_with(
    example: Example, stick: Stick, tmp_path: Path, *, same: bool
) -> None:
    """A file put in the place of the database: of this deployment, or of another one."""
    folder = example.site.folder

    def replace() -> None:
        if same:
            copy_database(example.store, tmp_path / "other.db")
        else:
            new = NewSite("Other", "a")
            create_site(tmp_path / "other", new, passphrase=b"other", by=BY, at=now()).close()
            (tmp_path / "other/site.db").replace(tmp_path / "other.db")
        for name in ("site.db", "site.db-wal", "site.db-shm"):
            (folder / name).unlink(missing_ok=True)
        (tmp_path / "other.db").replace(folder / "site.db")

    played = Played(example, nothing, nothing, replace, *[nothing] * 4)
    assert played.of("away")[0]["code"] == "damaged-database"
    assert ("back" in played.events) == same
    assert not [one for one in played.of("distributing") if one["reason"] == "start"][1:]


def test_alerts_are_told_when_they_begin(example: Example, stick: Stick) -> None:
    example.add_nodes("d", managed=12)
    played = Played(example, nothing, nothing, nothing)
    (alert,) = played.of("alert")
    assert (alert["code"], alert["source"], alert["shortage"]) == ("range-short", "d", 2)
    assert [event.code for event in events.list_events(example.store, limit=9)] == ["range-short"]
    assert Played(example, nothing, nothing).of("alert") == []


def test_a_broker_without_a_connection_is_told(
    example: Example, stick: Stick, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transport that connects again by itself raises nothing: it says what is the matter."""
    from licensedesk.core import watch
    from licensedesk.core.transports.folder import FolderConsole

    monkeypatch.setattr(watch, "PATIENCE", watch.PATIENCE * 0)
    there = FolderConsole.poll
    trouble = iter(["", "", "gone", "gone", ""])

    def poll(self: FolderConsole, *, timeout: float) -> Arrivals:
        arrivals = there(self, timeout=0)
        return Arrivals(sent=arrivals.sent, reports=arrivals.reports, trouble=next(trouble, ""))

    monkeypatch.setattr(FolderConsole, "poll", poll)
    played = Played(example, *[nothing] * 7)
    assert played.events == ["watching", "distributing", "away", "back", "stopped"]
    assert played.of("away")[0]["reason"] == "gone"
