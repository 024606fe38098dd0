"""The distribution from the window: with real agents over a folder, and with what stands in its way."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from licensedesk.core.distribution.uploads import read_stamps
from licensedesk.core.events import EventCode, open_subjects
from licensedesk.core.local_agents import LocalAgent
from licensedesk.ui import courier
from licensedesk.ui.dialogs.unlock import UnlockDialog
from licensedesk.ui.pages.license_distribution import LicenseDistributionView
from tests.ui.office import HOLD_DISTRIBUTOR, Office, OfficeMaker, command, elsewhere, release, running_agents


@pytest.fixture
def agents(tmp_path: Path, office_maker: OfficeMaker) -> Iterator[dict[str, LocalAgent]]:
    """Three of the sample's servers, enrolled and switched on; the site lies in tmp_path."""
    with running_agents(tmp_path / "site", tmp_path / "installs") as found:
        yield found


@pytest.fixture
def passphrase_file(tmp_path: Path) -> Path:
    file = tmp_path / "passphrase"
    file.write_bytes(b"sample\n")
    return file


def shown(office: Office) -> LicenseDistributionView:
    office.window.show_view("license-distribution")
    view = office.window.view
    assert isinstance(view, LicenseDistributionView)
    office.until(lambda: view.model.rows)
    return view


def states(view: LicenseDistributionView) -> dict[str, str]:
    return {row.line.host_name.partition(".")[0]: row.state.value for row in view.model.rows}


def enter(dialog: UnlockDialog, passphrase: str) -> None:
    dialog.passphrase.selectAll()
    QTest.keyClicks(dialog.passphrase, passphrase)
    QTest.keyClick(dialog.passphrase, Qt.Key.Key_Return)


def test_unlock_distribute_and_watch_it_arrive(
    office_maker: OfficeMaker, agents: dict[str, LocalAgent]
) -> None:
    office = office_maker()
    office.open()
    view = shown(office)
    # An agent that has reported already is pending, another still invited.
    assert set(states(view).values()) <= {"invited", "pending", "not enrolled"}
    progressed: list[object] = []
    office.session.courier.progressed.connect(progressed.append)  # type: ignore[union-attr]
    office.click(view.now_button)
    dialog = office.dialog(UnlockDialog)
    assert isinstance(dialog.focusWidget(), QLineEdit)
    enter(dialog, "wrong")
    office.until(lambda: dialog.notice.text)
    assert dialog.isVisible()
    assert dialog.notice.text.startswith("The passphrase does not open the site's key.")
    assert dialog.passphrase.selectedText() == "wrong"
    assert not dialog.busy
    enter(dialog, "sample")
    # Ledger, stamps, foot and progress move while one looks: nothing is pressed any more.
    office.until(lambda: all(states(view)[name] == "current" for name in agents))
    office.until(view.progress.isHidden)
    office.until(lambda: "3 of 7 servers current" in office.foot)
    assert progressed
    assert {agent.license.read_bytes()[:5] for agent in agents.values()} == {b"<?xml"}
    office.until(lambda: read_stamps(office.site.store).distributed_at)
    office.until(lambda: view.stamps.verdict.accessibleName() == "Nothing to distribute")
    # Where the key was open before the courier was ready, the run of the start came first and gave way.
    office.until(lambda: [run.outcome for run in view.history.rows][:1] == ["complete"])
    assert office.window.foot.bar.message == "License.xml is current on 3 servers."
    # Once more: nobody needs anything.
    office.click(view.now_button)
    office.until(lambda: "nothing was sent" in office.window.foot.bar.message)


def test_verify_heals_and_retry_asks_the_selected(
    office_maker: OfficeMaker, agents: dict[str, LocalAgent], passphrase_file: Path
) -> None:
    office = office_maker(passphrase_file=passphrase_file)
    office.open()
    view = shown(office)
    office.until(lambda: all(states(view)[name] == "current" for name in agents))
    assert office.session.signer is not None
    torn = agents["app-1"].license
    whole = torn.read_bytes()
    torn.write_bytes(b"edited")
    view.table.select_key(office.id("app-1"))
    office.until(lambda: view.verify_button.text() == "Verify Selected")
    office.click(view.verify_button)
    office.until(lambda: torn.read_bytes() == whole)
    office.until(lambda: view.history.rows[0].reason == "verify" and view.history.rows[0].outcome)
    assert view.history.rows[0].servers == 1
    office.click(view.retry_button)
    office.until(lambda: view.history.rows[0].reason == "retry" and view.history.rows[0].outcome)


def test_cancel_gives_up_the_run(
    office_maker: OfficeMaker, agents: dict[str, LocalAgent], passphrase_file: Path
) -> None:
    for agent in agents.values():
        agent.stop()
    office = office_maker(passphrase_file=passphrase_file)
    office.open()
    view = shown(office)
    office.until(view.progress.isVisible)
    assert "of 3 servers current" in view.progress.text
    view.progress.cancelled.emit()
    office.until(view.progress.isHidden)
    assert office.window.foot.bar.message == "Stopped: License.xml is current on 0 of 3 servers."
    office.until(lambda: view.history.rows and view.history.rows[0].outcome == "cancelled")


def test_a_run_that_nobody_answers_is_not_shown_for_ever(
    office_maker: OfficeMaker,
    agents: dict[str, LocalAgent],
    passphrase_file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(courier, "_QUIET_SECONDS", 1.0)
    agents["app-2"].stop()
    office = office_maker(passphrase_file=passphrase_file)
    office.open()
    view = shown(office)
    office.until(lambda: "the others have not taken it yet" in office.window.foot.bar.message)
    assert view.progress.isHidden()
    # It is still waited for.
    agents["app-2"].start()
    office.until(lambda: states(view)["app-2"] == "current")


def test_due_at_start_and_locked(office_maker: OfficeMaker, agents: dict[str, LocalAgent]) -> None:
    office = office_maker()
    office.open()
    office.until(lambda: office.notice)
    assert office.notice.startswith("License.xml has changed and is to be distributed.")
    (press,) = [one for one in office.window.notice.buttons if one.text() == "Unlock and Distribute"]
    office.click(press)
    enter(office.dialog(UnlockDialog), "sample")
    office.until(lambda: "3 of 7 servers current" in office.foot)
    assert not office.notice


def test_due_at_start_with_the_passphrase_of_the_environment(
    office_maker: OfficeMaker,
    agents: dict[str, LocalAgent],
    passphrase_file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LICENSEDESK_PASSPHRASE_FILE", str(passphrase_file))
    office = office_maker()
    office.open()
    office.until(lambda: "3 of 7 servers current" in office.foot)
    assert not office.notice


def test_a_passphrase_file_that_is_not_there_is_asked_for(
    office_maker: OfficeMaker, agents: dict[str, LocalAgent], tmp_path: Path
) -> None:
    office = office_maker(passphrase_file=tmp_path / "gone")
    office.open()
    office.until(lambda: office.notice.startswith("License.xml has changed"))
    assert office.session.signer is None


def test_not_at_start_where_the_setting_says_so(
    office_maker: OfficeMaker, agents: dict[str, LocalAgent], passphrase_file: Path, tmp_path: Path
) -> None:
    command(tmp_path / "site", "site", "set", "distribute_at_start", "false")
    office = office_maker(passphrase_file=passphrase_file)
    office.open()
    office.until(lambda: office.session.signer)
    QTest.qWait(1500)
    office.until(lambda: office.foot)
    assert "0 of 7 servers current" in office.foot
    assert not any(agent.license.exists() for agent in agents.values())


def test_another_console_holds_the_lock(
    office_maker: OfficeMaker,
    agents: dict[str, LocalAgent],
    passphrase_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(courier, "RETRY_SECONDS", 0.5)
    with elsewhere(HOLD_DISTRIBUTOR, str(tmp_path / "site")) as other:
        office = office_maker(passphrase_file=passphrase_file)
        office.open()
        office.until(lambda: "Another console distributes now: other@elsewhere, process 1." in office.foot)
        # Pressed all the same: said at once, and done when it is pressed again later.
        began = time.monotonic()
        office.click(office.window.foot.bar.button)
        office.until(lambda: office.notice.startswith("Another console distributes now"))
        assert time.monotonic() - began < 2
        release(other)
    # What was due at the start goes on by itself.
    office.until(lambda: "3 of 7 servers current" in office.foot)
    assert "Another console" not in office.foot


def test_the_folder_goes_and_comes_back(
    office_maker: OfficeMaker,
    agents: dict[str, LocalAgent],
    passphrase_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(courier, "RETRY_SECONDS", 0.5)
    share = tmp_path / "site" / "share"
    share.mkdir()
    command(tmp_path / "site", "site", "set", "transport", f"folder:{share}/exchange")
    office = office_maker(passphrase_file=passphrase_file)
    office.open()
    office.until((share / "exchange").is_dir)
    share.rename(tmp_path / "away")
    office.until(lambda: "does not answer" in office.foot)
    office.click(office.window.foot.bar.button)
    office.until(lambda: "does not answer" in office.notice)
    (tmp_path / "away").rename(share)
    office.until(lambda: "does not answer" not in office.foot)


def test_the_licenses_are_verified_at_the_start_whatever_is_away(
    office_maker: OfficeMaker, tmp_path: Path
) -> None:
    command(tmp_path / "site", "site", "set", "transport", f"folder:{tmp_path}/not/mounted")
    office = office_maker()
    office.site.store.run("UPDATE license SET quantity = quantity + 1")
    office.open()
    office.until(lambda: "does not answer" in office.foot)
    assert open_subjects(office.site.store, EventCode.LICENSE_DAMAGED)


def test_the_transport_is_changed_while_the_window_is_open(office: Office, tmp_path: Path) -> None:
    command(tmp_path / "site", "site", "set", "transport", f"folder:{tmp_path}/elsewhere")
    office.until((tmp_path / "elsewhere").is_dir)


def test_the_courier_ends_with_the_session(office: Office) -> None:
    named = [one for one in threading.enumerate() if one.name == "licensedesk-distributor"]
    assert len(named) == 1
    office.session.close()
    assert not named[0].is_alive()
    with elsewhere(HOLD_DISTRIBUTOR, str(office.session.folder)):
        """The lock is free again."""


def test_a_holder_that_is_no_primary_has_no_courier(office_maker: OfficeMaker, tmp_path: Path) -> None:
    office = office_maker(host_name="c.example.com")
    office.open()
    assert office.session.courier is None
    assert not office.window.foot.bar.button.isEnabled()
    with elsewhere(HOLD_DISTRIBUTOR, str(tmp_path / "site")):
        """Its window does not keep the primary's console from distributing."""
