"""A relay of a site that trusts no issuer yet: what is missing is said, and is the primary's to see to."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from licensedesk.core.options import set_option
from licensedesk.core.sample import FILES
from licensedesk.core.servers import add_server
from licensedesk.core.site import open_site
from licensedesk.core.store.facts import read_tree
from licensedesk.core.types import Actor, Option, Role
from licensedesk.ui.dialogs.import_nodes import ImportNodesDialog, open_import_nodes
from licensedesk.ui.dialogs.register_license import RegisterLicenseDialog, open_register_license
from licensedesk.ui.pages.license_details import LicenseDetailsView
from licensedesk.ui.theme import Theme
from tests.ui.desk import Desk


@pytest.fixture
def desk(qtbot: QtBot, theme: Theme, tmp_path: Path, empty_folder: Path) -> Iterator[Desk]:
    """At a relay that may register licenses."""
    shutil.copytree(empty_folder, tmp_path / "site")
    site = open_site(tmp_path / "site")
    by, at, primary = Actor(name="admin"), datetime.now(UTC), read_tree(site.store).primary.id
    added = add_server(site.store, host_name="r.example.com", under=primary, role=Role.RELAY, by=by, at=at)
    set_option(site.store, server=added.server, option=Option.REGISTRATION, quantities={}, by=by, at=at)
    site.close()
    yield from Desk.opened(qtbot, tmp_path, host_name="r.example.com")


def test_license_details_say_what_is_missing(desk: Desk) -> None:
    view = desk.show(LicenseDetailsView(desk.session))
    desk.until(view.table.empty.isVisible)
    assert "issuer" in view.table.empty.sentence
    assert not any(one.isVisible() for one in view.table.empty.findChildren(QPushButton))


def test_no_node_can_be_meant_for_a_product(desk: Desk) -> None:
    open_import_nodes(desk.session, desk.show(QWidget()))
    dialog = desk.dialog(ImportNodesDialog)
    desk.until(lambda: "No product is known yet" in dialog.notice.text)
    assert dialog.notice.buttons == []


def test_a_license_that_came_to_be_untrusted(desk: Desk, sample_folder: Path) -> None:
    """As when the primary withdraws its trust between choice and registration."""
    open_register_license(desk.session, desk.show(QWidget()), files=[sample_folder / FILES / "DM-1003.lic"])
    dialog = desk.dialog(RegisterLicenseDialog)
    desk.until(lambda: dialog.model.rows and dialog.model.rows[0].result)
    (result,) = (row.result for row in dialog.model.rows)
    assert result is not None
    assert result.error is not None
    assert result.error.code == "untrusted-issuer"
    dialog._done([result])
    assert "0 of 1 file registered." in dialog.notice.text
    assert dialog.notice.buttons == []
