"""Two programs on one site see each other's changes within two seconds; a local server sees only its own."""

from __future__ import annotations

import json
import time

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from licensedesk.core.changes import Changes
from licensedesk.core.servers import rename_server
from licensedesk.core.types import Actor
from tests.ui.office import Office, OfficeMaker, command, elsewhere

LIVE_SECONDS = 2.0
ADD_SERVER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from licensedesk.core.servers import add_server
from licensedesk.core.site import open_site
from licensedesk.core.store.facts import read_tree
from licensedesk.core.types import Actor, Role
site = open_site(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
tree = read_tree(site.store)
add_server(site.store, host_name="new.example.com", role=Role.MANAGED, under=tree.primary.id,
           by=Actor(name="other"), at=datetime.now(UTC))
sys.stdin.read()
"""


def actions(menu: QMenu) -> list[QAction]:
    found = []
    for action in menu.actions():
        inner = action.menu()
        found += actions(inner) if isinstance(inner, QMenu) else [action] if action.text() else []
    return found


def menu_actions(office: Office) -> dict[str, QAction]:
    found = []
    for action in office.window.menuBar().actions():
        menu = action.menu()
        assert isinstance(menu, QMenu)
        found += actions(menu)
    return {action.objectName(): action for action in found}


def test_what_another_process_changes_is_seen_within_two_seconds(office: Office) -> None:
    office.window.show_view("servers")
    with elsewhere(ADD_SERVER, str(office.session.folder)) as other:
        assert other.stdin is not None
        before = office.foot
        other.stdin.write("go\n")
        other.stdin.flush()
        office.until(lambda: office.site.store.value("SELECT 1 FROM server WHERE host_name LIKE 'new.%'"))
        began = time.monotonic()
        office.until(lambda: "of 8 servers" in office.foot)
        assert time.monotonic() - began < LIVE_SECONDS
        assert office.foot != before


def test_the_command_line_sees_what_the_window_does(office: Office) -> None:
    rename_server(
        office.site.store,
        server=office.id("app-1"),
        host_name="renamed.example.com",
        by=Actor(name="admin"),
        at=office.session.now(),
    )
    names = [row["host_name"] for row in json.loads(command(office.session.folder, "server", "list"))]
    assert "renamed.example.com" in names


def test_names_in_the_frame_follow(office: Office) -> None:
    assert "Example Corp" in office.window.windowTitle()
    command(office.session.folder, "site", "set", "name", "Other Corp")
    command(office.session.folder, "server", "rename", "a.example.com", "top.example.com")
    office.until(lambda: "Other Corp" in office.window.windowTitle())
    office.until(lambda: "top.example.com" in office.window.windowTitle())
    office.until(lambda: "Other Corp" in office.window.foot.bar.message)


def test_a_renamed_local_server_is_found_again(office_maker: OfficeMaker) -> None:
    office = office_maker(host_name="c.example.com")
    office.open()
    command(office.session.folder, "server", "rename", "c.example.com", "south.example.com")
    office.until(lambda: office.session.local_host_name == "south.example.com")
    with office.qtbot.waitSignal(office.session.opened, timeout=5000):
        office.session.open(failed=office.refused.append)
    assert office.session.actor.server == office.id("south")
    assert not office.refused


def test_reports_alone_do_not_have_everything_read_again(office: Office) -> None:
    told: list[Changes] = []
    office.session.changed.connect(told.append)
    office.until(lambda: not office.runner.busy)
    told.clear()
    with office.site.store.writing():
        office.site.store.run("UPDATE ledger SET attempts = attempts")
    # The distributor, too, may tell of its own that the ledger is to be read.
    office.until(lambda: any(changes.ledger and changes.events for changes in told))
    assert not any(changes.servers or changes.nodes or changes.licenses for changes in told)


# -- local server ------------------------------------------------------------------------------------


def test_a_local_server_that_is_removed_is_said(office_maker: OfficeMaker) -> None:
    office = office_maker(host_name="c.example.com")
    office.open()
    folder = office.session.folder
    command(folder, "server", "option", "c.example.com", "none", "--yes")
    removing = ("--children-to", "a.example.com", "--nodes-to", "a.example.com", "--yes")
    command(folder, "server", "remove", "c.example.com", *removing)
    office.until(lambda: "unknown-server" in [error.code for error in office.refused])
