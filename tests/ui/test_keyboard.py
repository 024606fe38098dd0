"""The day's work from the keyboard alone: from a license key file to the ledger, without a mouse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog

from licensedesk.core.distribution.uploads import read_stamps
from licensedesk.core.license_list import list_licenses
from licensedesk.core.local_agents import LocalAgent
from licensedesk.core.types import Option
from licensedesk.ui.dialogs.distribute_licenses import DistributeLicensesDialog
from licensedesk.ui.dialogs.holding_option import HoldingOptionDialog
from licensedesk.ui.dialogs.node_action import NodeActionDialog
from licensedesk.ui.dialogs.register_license import RegisterLicenseDialog
from licensedesk.ui.dialogs.unlock import UnlockDialog
from licensedesk.ui.pages.license_distribution import LicenseDistributionView
from licensedesk.ui.pages.nodes import NodesView
from tests.ui.keys import Key, Keyboard
from tests.ui.office import Office, OfficeMaker, running_agents

PRODUCT = "Desktop Manager"


@pytest.fixture
def agents(tmp_path: Path, office_maker: OfficeMaker) -> Iterator[dict[str, LocalAgent]]:
    with running_agents(tmp_path / "site", tmp_path / "installs") as found:
        yield found


@pytest.fixture
def opened(office_maker: OfficeMaker) -> Office:
    made = office_maker()
    made.open()
    made.window.show_first_view()
    made.window.activateWindow()
    made.until(lambda: QApplication.activeWindow() is made.window)
    return made


@pytest.fixture
def keys(opened: Office) -> Keyboard:
    return Keyboard(opened.window, opened.until)


def test_register_a_file(
    opened: Office, keys: Keyboard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "site" / "files" / "DM-1003.lic"
    # The system's own dialog, which answers when a name is typed into it.
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_given: ([str(file)], ""))
    keys.press("Ctrl+R")
    dialog = opened.dialog(RegisterLicenseDialog)
    keys.push(dialog.choose_button)
    opened.until(dialog.main_button.isEnabled)
    assert dialog.main_button.text() == "Register 1 License"
    keys.push(dialog.main_button)
    opened.until(lambda: dialog.notice.text.startswith("1 license registered."))
    registered = list_licenses(opened.site.store, on=opened.session.today(), by=opened.session.actor)
    assert "DM-1003" in {one.serial for one in registered}
    assert opened.row("a").held == 125


def test_distribute_licenses(opened: Office, keys: Keyboard) -> None:
    keys.press("Ctrl+D")
    dialog = opened.dialog(DistributeLicensesDialog)
    opened.until(lambda: dialog.draft is not None)
    keys.tab_to(dialog.table)
    keys.press(Key.Key_Down)
    keys.write("20")
    keys.press(Key.Key_Return)
    keys.push(dialog.main_button)
    opened.until(lambda: opened.row("d").held == 20)
    assert opened.row("a").held == 90


def test_change_an_option(opened: Office, keys: Keyboard) -> None:
    keys.menu("l", "License Holding Option…")
    dialog = opened.dialog(HoldingOptionDialog)
    opened.until(dialog.relay.count)
    keys.tab_to(dialog.relay)
    for _ in range(dialog.relay.count()):
        if dialog.relay.server != opened.id("e"):
            keys.press(Key.Key_Down)
    assert dialog.relay.server == opened.id("e")
    keys.tab_to(dialog.options[Option.NONE])
    keys.press(Key.Key_Down)
    assert dialog.options[Option.DISTRIBUTION].isChecked()
    field = dialog.quantities[PRODUCT]
    keys.tab_to(field)
    keys.press("Ctrl+A")
    keys.write("25")
    keys.push(dialog.main_button)
    opened.until(lambda: opened.site.store.value("SELECT count(*) FROM allocation") == 4)
    assert opened.row("e").held == 25
    assert opened.row("a").held == 75


def show_waiting_of(opened: Office, keys: Keyboard, name: str) -> NodesView:
    """Discovered Nodes, of one Managing Source alone."""
    keys.press("Ctrl+6")
    view = opened.window.view
    assert isinstance(view, NodesView)
    opened.until(lambda: view.filters.choices is not None and view.model.total)
    keys.tab_to(view.filters.sources)
    keys.press(Key.Key_Space)
    keys.write(f"{name}.example")
    keys.press(Key.Key_Down, Key.Key_Space, Key.Key_Return)
    assert view.filters.wanted.sources == (opened.id(name),)
    return view


def test_find_the_waiting_nodes_of_a_range_and_manage_them(opened: Office, keys: Keyboard) -> None:
    view = show_waiting_of(opened, keys, "b")
    waiting = opened.site.store.value(
        "SELECT count(*) FROM node WHERE state = 'discovered' AND source_id = ?", (opened.id("b"),)
    )
    opened.until(lambda: view.model.total == waiting)
    used = opened.row("a").used
    assert view.main_button is not None
    keys.push(view.main_button)
    dialog = opened.dialog(NodeActionDialog)
    opened.until(dialog.main_button.isEnabled)
    keys.push(dialog.main_button)
    opened.until(lambda: not view.model.total)
    assert opened.row("a").used == used + 2
    assert not opened.site.store.value(
        "SELECT count(*) FROM node WHERE state = 'discovered' AND source_id = ?", (opened.id("b"),)
    )


def test_distribute_license_xml_and_read_the_ledger(
    opened: Office, keys: Keyboard, agents: dict[str, LocalAgent]
) -> None:
    keys.press("Ctrl+Return")
    dialog = opened.dialog(UnlockDialog)
    keys.tab_to(dialog.passphrase)
    keys.write("sample")
    keys.press(Key.Key_Return)
    opened.until(lambda: all(agent.license.exists() for agent in agents.values()))
    opened.until(lambda: read_stamps(opened.site.store).distributed_at)
    opened.until(lambda: QApplication.activeModalWidget() is None)
    keys.press("Ctrl+3")
    view = opened.window.view
    assert isinstance(view, LicenseDistributionView)
    opened.until(lambda: sum(row.state.value == "current" for row in view.model.rows) == len(agents))
    keys.tab_to(view.table)
    keys.press("Ctrl+A", "Ctrl+C")
    copied = QApplication.clipboard().text().splitlines()
    current = [line for line in copied if "current" in line.lower()]
    assert len([line for line in current for name in agents if f"{name}.example.com" in line]) == 3


def test_the_menu_area_is_walked_by_arrows(opened: Office, keys: Keyboard) -> None:
    keys.tab_to(opened.window.sidebar.focusProxy() or opened.window.sidebar)
    keys.press(Key.Key_End)
    assert opened.window.sidebar.current == "audit"
    keys.press(Key.Key_Home)
    assert opened.window.sidebar.current == "overview"
    assert QApplication.keyboardModifiers() == Qt.KeyboardModifier.NoModifier
