from __future__ import annotations

import stat
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QContextMenuEvent, QImage
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu, QWidget

from licensedesk.core.allocations import allocate
from licensedesk.core.errors import SurroundingsError
from licensedesk.core.options import set_option
from licensedesk.core.servers import add_server
from licensedesk.core.types import Actor, Option, Role
from licensedesk.ui.dialogs.add_server import AddServerDialog
from licensedesk.ui.dialogs.holding_option import HoldingOptionDialog
from licensedesk.ui.dialogs.license_details import LicenseDetailsDialog
from licensedesk.ui.mnemonics import plain
from licensedesk.ui.pages.map_of_ranges import MapOfRangesView
from licensedesk.ui.session import EVERYTHING
from licensedesk.ui.wanted import RangeWanted
from licensedesk.ui.widgets.chips import ChipLabel
from licensedesk.ui.widgets.map_cards import MapNode
from licensedesk.ui.widgets.map_scene import MapItem
from tests.ui.desk import Desk

OTHER = Actor(name="other")
PRODUCT = "Desktop Manager"


def opened(desk: Desk) -> MapOfRangesView:
    made = desk.show(MapOfRangesView(desk.session))
    desk.until(lambda: made.map.drawn is not None and not desk.runner.busy)
    return made


@pytest.fixture
def view(desk: Desk) -> MapOfRangesView:
    made = opened(desk)
    choose_product(made, desk, PRODUCT)
    return made


def drawn(view: MapOfRangesView) -> MapItem:
    assert view.map.drawn is not None
    return view.map.drawn


def choose_product(view: MapOfRangesView, desk: Desk, name: str) -> None:
    view.product.setCurrentText(name)
    view.product.activated.emit(view.product.currentIndex())
    desk.until(lambda: not desk.runner.busy)


def card(view: MapOfRangesView, name: str) -> MapNode:
    return next(node for node in drawn(view).nodes.values() if node.label == f"{name}.example.com")


def figures(view: MapOfRangesView, name: str) -> tuple[int | None, int | None, int | None]:
    node = card(view, name)
    return node.held, node.used, node.remaining


def middle(view: MapOfRangesView, name: str) -> QPoint:
    """Where the card of a server is on the screen."""
    area: QRectF = drawn(view).areas[card(view, name).id]
    return view.map.mapFromScene(area.center())


def click(view: MapOfRangesView, name: str) -> None:
    QTest.mouseClick(view.map.viewport(), Qt.MouseButton.LeftButton, pos=middle(view, name))


def test_holders_show_their_figures_and_every_server_its_range(view: MapOfRangesView, desk: Desk) -> None:
    assert figures(view, "a") == (100, 84, 16)
    assert figures(view, "c") == (40, 38, 2)
    assert figures(view, "d") == (10, 12, -2)
    assert card(view, "d").short
    assert figures(view, "b") == (None, None, None)
    assert {name: card(view, name).range_label for name in ("a", "b", "app-2", "app-3")} == {
        "a": "Range a",
        "b": "Range a",
        "app-2": "Range c",
        "app-3": "Range d",
    }
    assert [card(view, name).option for name in "acd"] == ["Primary", "Distribution", "Distribution"]
    state = card(view, "app-1").state
    assert state is not None
    assert state.text == "Not enrolled"
    assert drawn(view).spoken(desk.id("d")).endswith("12 of 10 used, Shortage 2, Not enrolled")


def test_another_product_has_other_figures_in_the_same_places(view: MapOfRangesView, desk: Desk) -> None:
    before = drawn(view)
    choose_product(view, desk, "Asset Monitor")
    assert figures(view, "a") == (40, 31, 9)
    assert figures(view, "d") == (0, 0, 0)
    assert drawn(view) is before


def test_a_click_chooses_the_server_everywhere(view: MapOfRangesView, desk: Desk) -> None:
    click(view, "c")
    assert desk.session.server == desk.id("c")
    desk.session.choose_server(desk.id("d"))
    assert view.map.selected == desk.id("d")
    chosen = view.chosen()
    assert chosen is not None
    assert chosen.fact.host_name == "d.example.com"


def test_a_double_click_opens_the_range_of_the_server(view: MapOfRangesView, desk: Desk) -> None:
    QTest.mouseDClick(view.map.viewport(), Qt.MouseButton.LeftButton, pos=middle(view, "e"))
    dialog = desk.dialog(LicenseDetailsDialog)
    desk.until(lambda: "c.example.com" in dialog.windowTitle())


def test_from_the_keyboard_alone(view: MapOfRangesView, desk: Desk) -> None:
    view.window().activateWindow()
    view.map.setFocus()
    desk.press(view.map, Qt.Key.Key_Home, Qt.Key.Key_Down)
    assert desk.session.server == desk.id("b")
    desk.press(view.map, Qt.Key.Key_Down, Qt.Key.Key_Return)
    dialog = desk.dialog(LicenseDetailsDialog)
    desk.until(lambda: "d.example.com" in dialog.windowTitle())


def test_finding_a_server(view: MapOfRangesView, desk: Desk) -> None:
    view.start_search()
    desk.write(view.search, "app")
    desk.until(lambda: view.found.text() == "3 servers found")
    desk.press(view.search, Qt.Key.Key_Return, Qt.Key.Key_Return)
    assert desk.session.server == desk.id("app-2")
    desk.write(view.search, "zzz")
    desk.until(lambda: view.found.text() == "No server of that name")
    desk.press(view.search, Qt.Key.Key_Escape)
    desk.until(lambda: not view.found.text())
    assert not drawn(view).found


def test_live_figures_leave_zoom_place_and_selection(view: MapOfRangesView, desk: Desk) -> None:
    click(view, "d")
    view.map.zoom(1.5)
    view.map.centerOn(drawn(view).areas[desk.id("d")].center())
    before = (view.map.transform().m11(), view.map.mapToScene(QPoint(0, 0)), drawn(view))
    allocate(desk.site.store, product=PRODUCT, quantities={desk.id("d"): 17}, by=OTHER, at=desk.session.now())
    desk.session.changed.emit(EVERYTHING)
    desk.until(lambda: figures(view, "d") == (17, 12, 5))
    assert (view.map.transform().m11(), view.map.mapToScene(QPoint(0, 0)), drawn(view)) == before
    assert view.map.selected == desk.id("d")


def test_another_tree_keeps_zoom_selection_and_the_colours_of_the_ranges(
    view: MapOfRangesView, desk: Desk
) -> None:
    click(view, "d")
    view.map.zoom(1.3)
    colours = {name: card(view, name).range_index for name in "acd"}
    set_option(
        desk.site.store,
        server=desk.id("b"),
        option=Option.DISTRIBUTION,
        quantities={PRODUCT: 5},
        by=OTHER,
        at=desk.session.now(),
        confirmed=True,
    )
    add_server(
        desk.site.store,
        host_name="new.example.com",
        under=desk.id("e"),
        role=Role.MANAGED,
        by=OTHER,
        at=desk.session.now(),
    )
    scale = view.map.transform().m11()
    desk.session.changed.emit(EVERYTHING)
    desk.until(lambda: len(drawn(view).nodes) == 9)
    assert card(view, "b").is_source
    assert card(view, "b").range_index not in colours.values()
    assert {name: card(view, name).range_index for name in "acd"} == colours
    assert view.map.transform().m11() == pytest.approx(scale)
    assert view.map.selected == desk.id("d")
    view.fit_button.click()
    assert view.map.transform().m11() < scale


def test_the_main_button_sets_the_option_of_the_selected_relay(view: MapOfRangesView, desk: Desk) -> None:
    click(view, "app-3")
    desk.click(view.option_button)
    dialog = desk.dialog(HoldingOptionDialog)
    desk.until(lambda: dialog.relay.currentText() == "d.example.com")


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_a_picture_is_saved(
    view: MapOfRangesView, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    begins = {".png": b"\x89PNG", ".svg": b"<?xml"}[suffix]
    file = tmp_path / f"map{suffix}"
    kind = "Vector graphics (*.svg)" if suffix == ".svg" else "Pictures (*.png)"
    # Typed without an ending, it gets that of the chosen kind.
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file.with_suffix("")), kind))
    desk.click(view.save_button)
    desk.until(lambda: desk.said == [f"The map was saved as {file}."])
    assert file.read_bytes().startswith(begins)
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    assert not view.pictures.progress.isVisible()
    if suffix == ".png":
        assert QImage(str(file)).width() > 1_000


def test_a_picture_that_cannot_be_written_says_why(view: MapOfRangesView, desk: Desk, tmp_path: Path) -> None:
    view.pictures.save_as(tmp_path / "missing" / "map.png")
    desk.until(lambda: "missing" in view.notice.text)
    assert not desk.said
    assert not view.pictures.progress.isVisible()


def test_a_picture_can_be_cancelled(view: MapOfRangesView, desk: Desk, tmp_path: Path) -> None:
    view.pictures.save_as(tmp_path / "map.svg")
    assert view.pictures.progress.isVisible()
    view.pictures.progress.cancelled.emit()
    desk.until(lambda: not view.pictures.progress.isVisible())
    assert bool(desk.said) == (tmp_path / "map.svg").exists()
    view.pictures.save_as(tmp_path / "again.svg")
    desk.until((tmp_path / "again.svg").exists)


class PrintsToFile(QPrintDialog):
    """Answers as if a printer had been chosen: one that writes a file."""

    file: Path

    def __init__(self, printer: QPrinter, parent: QWidget) -> None:
        super().__init__(printer, parent)
        printer.setOutputFileName(str(self.file))

    def exec(self) -> int:
        return 1


def test_the_map_is_printed(
    view: MapOfRangesView, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PrintsToFile, "file", tmp_path / "map.pdf", raising=False)
    monkeypatch.setattr("PySide6.QtPrintSupport.QPrintDialog", PrintsToFile)
    desk.click(view.print_button)
    desk.until(lambda: desk.said == ["The map was sent to the printer."])
    content = (tmp_path / "map.pdf").read_bytes()
    assert content.startswith(b"%PDF")
    assert content.rstrip().endswith(b"%%EOF")


def test_a_print_that_cannot_be_written_says_why(
    view: MapOfRangesView, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Qt would say that it was printed."""
    monkeypatch.setattr(PrintsToFile, "file", tmp_path / "none" / "map.pdf", raising=False)
    monkeypatch.setattr("PySide6.QtPrintSupport.QPrintDialog", PrintsToFile)
    desk.click(view.print_button)
    desk.until(lambda: view.notice.text)
    assert "map.pdf cannot be read or written: No such file or directory." in view.notice.text
    assert view.pictures.progress.isHidden()
    assert desk.said == []
    monkeypatch.setattr(PrintsToFile, "file", tmp_path / "map.pdf", raising=False)
    desk.click(view.print_button)
    desk.until(lambda: desk.said == ["The map was sent to the printer."])


def menu_at(view: MapOfRangesView, where: QPoint) -> list[str]:
    """What can be chosen in the context menu that opens there."""
    reason = QContextMenuEvent.Reason.Mouse
    view.map.contextMenuEvent(QContextMenuEvent(reason, where, view.map.viewport().mapToGlobal(where)))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    texts = [plain(action.text()) for action in menu.actions() if action.isEnabled()]
    menu.close()
    return texts


def test_the_context_menu_is_about_the_server_under_the_pointer(view: MapOfRangesView, desk: Desk) -> None:
    texts = menu_at(view, middle(view, "d"))
    assert "Move Server…" in texts
    assert desk.session.server == desk.id("d")
    # Beside all cards it is that of the selected server.
    assert menu_at(view, QPoint(2, 2)) == texts
    assert "Move Server…" not in menu_at(view, middle(view, "a"))


def test_by_the_menu_key_it_is_about_the_selected_server(view: MapOfRangesView, desk: Desk) -> None:
    desk.session.choose_server(desk.id("d"))
    elsewhere = middle(view, "a")
    view.map.contextMenuEvent(QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, elsewhere, elsewhere))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert desk.session.server == desk.id("d")
    assert "Move Server…" in [plain(action.text()) for action in menu.actions() if action.isEnabled()]
    assert "Zoom In" in [plain(action.text()) for action in menu.actions()]
    menu.close()


def test_what_was_refused_stays_while_reports_arrive(view: MapOfRangesView, desk: Desk) -> None:
    view.refuse(SurroundingsError("disk-full", path="map.png"))
    desk.session.changed.emit(EVERYTHING)
    desk.until(lambda: not desk.runner.busy)
    assert view.notice.text.startswith("There is no room to write map.png.")


def test_a_site_of_a_primary_alone_is_told_the_first_step(empty_desk: Desk) -> None:
    view = opened(empty_desk)
    assert len(drawn(view).nodes) == 1
    assert not view.product.isEnabled()
    assert "Only the primary stands here yet" in view.notice.text
    view.notice._button.click()
    empty_desk.dialog(AddServerDialog)


def test_the_signs_on_the_cards_are_told_in_words(view: MapOfRangesView, desk: Desk) -> None:
    assert [chip.text for chip in view.key.chips] == ["Not enrolled 7"]
    assert view.key.isVisible()
    with desk.site.store.writing():
        desk.site.store.run("UPDATE server SET suspended = 1 WHERE id = ?", (desk.id("b"),))
    view.refresh()
    desk.until(lambda: [chip.text for chip in view.key.chips] == ["Not enrolled 6", "Suspended 1"])
    desk.until(lambda: len(view.key.findChildren(ChipLabel)) == 2)
    shown = [one.accessibleName() for one in view.key.findChildren(ChipLabel)]
    assert shown == ["Not enrolled 6", "Suspended 1"]


def test_the_tool_tip_says_why_license_xml_is_not_current(view: MapOfRangesView, desk: Desk) -> None:
    assert view.map.more(desk.id("app-1")) == "app-1.example.com has no enrolled agent."
    assert view.map.more(desk.id("a")) == ""


def test_a_relays_administrator_sees_its_range(relay_desk: Desk) -> None:
    view = opened(relay_desk)
    labels = [node.label.partition(".")[0] for node in drawn(view).nodes.values()]
    assert labels == ["c", "e", "app-2"]
    assert not view.option_button.isEnabled()
    assert view.option_button.toolTip() == "Only the primary's administrator does this."


def test_another_view_may_ask_for_a_range(view: MapOfRangesView, desk: Desk) -> None:
    view.present(RangeWanted(source=desk.id("c")))
    assert view.map.selected == desk.id("c")


def test_every_input_has_a_name(view: MapOfRangesView) -> None:
    for widget in (view.search, view.product, view.map, view.option_button, view.save_button):
        assert widget.accessibleName()
