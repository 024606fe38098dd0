"""Copying, selecting, columns and sorting from the menus: of the table or field that had the focus last."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QMenu

from licensedesk.ui.pages.event_list import EventListView
from licensedesk.ui.pages.nodes import NodesView
from tests.ui.office import Office


@pytest.fixture
def view(office: Office) -> NodesView:
    """Discovered Nodes, with its rows, and the focus in the table."""
    office.window.show_view("discovered")
    shown = office.window.view
    assert isinstance(shown, NodesView)
    office.until(lambda: shown.model.total and shown.model.row_at(0))
    office.window.activateWindow()
    office.until(lambda: QApplication.activeWindow() is office.window)
    shown.table.setFocus()
    office.until(shown.table.hasFocus)
    return shown


def opened(office: Office, name: str) -> dict[str, bool]:
    """What can be chosen in the Edit menu, by name."""
    menu = office.window.menus_by_name["edit"]
    menu.aboutToShow.emit()
    can = {action.objectName(): action.isEnabled() for action in menu.actions() if action.objectName()}
    menu.aboutToHide.emit()
    return {name: can[name] for name in (name, "select-all")}


def submenu(office: Office, title: str) -> list[QAction]:
    view_menu = office.window.menus_by_name["view"]
    below = next(one for one in office.window.findChildren(QMenu) if one.title().replace("&", "") == title)
    assert below.menuAction() in view_menu.actions()
    below.aboutToShow.emit()
    return below.actions()


def test_rows_are_copied_with_and_without_headings(view: NodesView, office: Office) -> None:
    assert opened(office, "copy") == {"copy": False, "select-all": True}
    view.table.selectRow(0)
    assert opened(office, "copy") == {"copy": True, "select-all": True}
    (row,) = view.table.selected_rows()
    office.window.menus.shown("copy").trigger()
    assert QApplication.clipboard().text().startswith(f"{row.host_name}\t")
    office.window.menus.shown("copy-headings").trigger()
    headings, line = QApplication.clipboard().text().splitlines()
    assert headings.startswith("Host name\t")
    assert line.startswith(f"{row.host_name}\t")


def test_all_rows_are_selected(view: NodesView, office: Office) -> None:
    office.window.menus.shown("select-all").trigger()
    assert view.table.selected_count() == view.model.total


def test_a_menu_that_is_open_does_not_change_what_is_copied(view: NodesView, office: Office) -> None:
    view.table.selectRow(1)
    menu = office.window.menus_by_name["edit"]
    menu.popup(office.window.mapToGlobal(office.window.rect().topLeft()))
    assert office.window.menus.edit.target is view.table
    menu.close()


def test_in_a_field_it_is_its_text(view: NodesView, office: Office) -> None:
    view.filters.text.setText("db-")
    view.filters.text.setFocus()
    office.until(view.filters.text.hasFocus)
    assert opened(office, "copy") == {"copy": False, "select-all": True}
    office.window.menus.shown("select-all").trigger()
    assert view.filters.text.selectedText() == "db-"
    office.window.menus.shown("copy").trigger()
    assert QApplication.clipboard().text() == "db-"


def test_the_rows_of_another_view_are_not_meant(view: NodesView, office: Office) -> None:
    view.table.selectRow(0)
    office.window.show_view("events")
    events = office.window.view
    assert isinstance(events, EventListView)
    assert office.window.menus.edit.rows is events.table


def test_columns_are_shown_and_hidden(view: NodesView, office: Office) -> None:
    entries = {one.text(): one for one in submenu(office, "Columns")}
    assert entries["IP address"].isChecked()
    entries["IP address"].trigger()
    place = next(at for at, one in enumerate(view.model.columns) if one.title == "IP address")
    assert view.table.isColumnHidden(place)


def test_sorting_once_more_turns_it_round(view: NodesView, office: Office) -> None:
    def by(title: str) -> QAction:
        return next(one for one in submenu(office, "Sort By") if one.text() == title)

    by("Operating system").trigger()
    assert (view.model.sort_column, view.model.descending) == ("os", False)
    assert by("Operating system").isChecked()
    by("Operating system").trigger()
    assert (view.model.sort_column, view.model.descending) == ("os", True)


def test_a_view_without_a_table_says_so(office: Office) -> None:
    office.window.show_view("map")
    (only,) = submenu(office, "Columns")
    assert only.text() == "There is no table in this view."
    assert not only.isEnabled()
