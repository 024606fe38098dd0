from __future__ import annotations

import re
import time
import zlib
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QHelpEvent, QImage, QWheelEvent
from PySide6.QtPrintSupport import QPrinter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from licensedesk.core.errors import SurroundingsError
from licensedesk.ui.theme import Appearance, Theme, tokens
from licensedesk.ui.tokens import DARK, State
from licensedesk.ui.widgets.chips import Chip
from licensedesk.ui.widgets.map_cards import MapNode
from licensedesk.ui.widgets.map_pictures import png_of, svg_of
from licensedesk.ui.widgets.map_print import print_map
from licensedesk.ui.widgets.map_scene import MapItem
from licensedesk.ui.widgets.map_view import MapView


def node(name: str, parent: str | None, index: int, figures: tuple[int, int] | None = None) -> MapNode:
    held, used = figures or (None, None)
    return MapNode(
        id=name,
        parent=parent,
        label=f"{name}.example.com",
        role="Relay",
        option="Distribution" if figures else "",
        range_label=f"Range {index}",
        range_index=index,
        is_source=figures is not None,
        held=held,
        used=used,
        remaining=figures[0] - figures[1] if figures else None,
    )


NODES = (
    node("a", None, 0, (100, 84)),
    node("b", "a", 0),
    node("c", "a", 1, (40, 38)),
    node("d", "b", 2, (10, 12)),
    node("e", "c", 1),
)


@pytest.fixture
def view(qtbot: QtBot, theme: Theme) -> MapView:
    made = MapView()
    qtbot.addWidget(made)
    made.resize(1000, 640)
    made.show()
    made.set_nodes(NODES)
    return made


def drawn(view: MapView) -> MapItem:
    assert view.drawn is not None
    return view.drawn


def middle_of(view: MapView, name: str) -> QPoint:
    return view.mapFromScene(drawn(view).areas[name].center())


def test_the_whole_tree_is_seen_at_first(view: MapView) -> None:
    seen = view.mapToScene(view.viewport().rect()).boundingRect()
    assert all(seen.contains(area) for area in drawn(view).areas.values())


def test_a_click_selects_and_a_drag_does_not(view: MapView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.server_selected) as told:
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=middle_of(view, "c"))
    assert told.args == ["c"]
    begin = middle_of(view, "d")
    with qtbot.assertNotEmitted(view.server_selected):
        QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=begin)
        QTest.mouseMove(view.viewport(), begin + QPoint(40, 0))
        QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=begin + QPoint(40, 0))
    assert view.selected == "c"


def test_selected_elsewhere_it_is_marked_and_nobody_is_told(view: MapView, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(view.server_selected):
        view.select("d")
    assert view.selected == "d"
    view.select("unknown")
    assert view.selected is None


@pytest.mark.parametrize(
    ("begin", "key", "end"),
    [
        (None, Qt.Key.Key_Down, "a"),
        ("a", Qt.Key.Key_Down, "b"),
        ("b", Qt.Key.Key_Right, "c"),
        ("c", Qt.Key.Key_Left, "b"),
        ("b", Qt.Key.Key_Left, "b"),
        ("d", Qt.Key.Key_Up, "b"),
        ("a", Qt.Key.Key_Up, "a"),
        ("e", Qt.Key.Key_Home, "a"),
    ],
)
def test_the_arrow_keys_walk_the_tree(view: MapView, begin: str | None, key: Qt.Key, end: str) -> None:
    view.select(begin)
    QTest.keyClick(view, key)
    assert view.selected == end


def test_what_is_selected_is_read_aloud(view: MapView) -> None:
    view.select("d")
    assert view.accessibleDescription() == (
        "d.example.com, Range 2 · sharing source · Distribution, 12 of 10 used, Shortage 2"
    )
    view.select("b")
    assert view.accessibleDescription() == "b.example.com, Range 0 · Relay · shares with a"


def test_enter_opens_the_selected_server(view: MapView, qtbot: QtBot) -> None:
    view.select("e")
    with qtbot.waitSignal(view.server_activated) as told:
        QTest.keyClick(view, Qt.Key.Key_Return)
    assert told.args == ["e"]


def test_zoom_by_keys_and_fit(view: MapView) -> None:
    before = view.transform().m11()
    QTest.keyClick(view, Qt.Key.Key_Plus)
    assert view.transform().m11() == pytest.approx(before * 1.2)
    for _ in range(60):
        QTest.keyClick(view, Qt.Key.Key_Minus)
    assert view.transform().m11() == pytest.approx(0.005)
    QTest.keyClick(view, Qt.Key.Key_0)
    assert view.transform().m11() == pytest.approx(before)


def turn_wheel(view: MapView, where: QPoint, turns: int) -> None:
    """The pointer came there without moving over the map, as a window opens under it."""
    event = QWheelEvent(
        QPointF(where),
        QPointF(view.viewport().mapToGlobal(where)),
        QPoint(),
        QPoint(0, 120 * turns),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view.viewport(), event)


@pytest.mark.parametrize("name", ["a", "d", "e"])
def test_what_is_under_the_pointer_stays_there_while_the_wheel_turns(view: MapView, name: str) -> None:
    where = middle_of(view, name)
    before = view.transform().m11()
    for turns in (1, 2, -1):
        turn_wheel(view, where, turns)
        assert (middle_of(view, name) - where).manhattanLength() <= 3
    assert view.transform().m11() == pytest.approx(before * 1.2**2)


def test_the_keys_zoom_around_the_middle(view: MapView) -> None:
    middle = view.viewport().rect().center()
    there = view.mapToScene(middle)
    QTest.keyClick(view, Qt.Key.Key_Plus)
    QTest.keyClick(view, Qt.Key.Key_Plus)
    assert (view.mapFromScene(there) - middle).manhattanLength() <= 2


def test_search_rings_what_it_finds_and_next_selects_it(view: MapView, qtbot: QtBot) -> None:
    assert view.find_text(" EXAMPLE ") == 5
    assert view.find_text("d.ex") == 1
    assert drawn(view).found == {"d"}
    with qtbot.waitSignal(view.server_selected):
        view.next_found()
    assert view.selected == "d"
    assert view.find_text("") == 0
    assert drawn(view).found == frozenset()


def test_new_figures_are_painted_in_place(view: MapView) -> None:
    view.zoom(1.5)
    item, scale = drawn(view), view.transform().m11()
    view.set_nodes((replace(NODES[0], used=90, state=Chip("current", State.OK)), *NODES[1:]))
    assert drawn(view) is item
    assert drawn(view).nodes["a"].used == 90
    assert view.transform().m11() == scale


@pytest.mark.parametrize(
    "nodes",
    [NODES[:4], (*NODES, node("f", "b", 0)), (*NODES[:4], replace(NODES[4], parent="a"))],
    ids=["removed", "added", "moved"],
)
def test_another_tree_is_laid_out_and_the_selection_stays(view: MapView, nodes: tuple[MapNode, ...]) -> None:
    view.select("d")
    view.set_nodes(nodes)
    assert set(drawn(view).areas) == {one.id for one in nodes}
    assert view.selected == "d"


def test_a_range_of_another_colour_is_seen(view: MapView) -> None:
    view.set_nodes((*NODES[:4], replace(NODES[4], range_index=5, range_label="Range 5")))
    assert drawn(view).nodes["e"].range_index == 5


def test_what_stands_at_a_point(view: MapView) -> None:
    item = drawn(view)
    found = item.node_at(item.areas["d"].center())
    assert found is not None
    assert found.id == "d"
    assert item.node_at(QPointF(-1_000, -1_000)) is None


def test_the_tool_tip_says_more_where_there_is_more(view: MapView) -> None:
    asked: list[str] = []

    def more(server: str) -> str:
        asked.append(server)
        return "Never sent <to> it." if server == "d" else ""

    view.more = more
    assert tool_tip_at(view, middle_of(view, "a")).endswith("84 of 100 used, 16 remaining")
    assert tool_tip_at(view, middle_of(view, "d")).endswith("Shortage 2<br>Never sent &lt;to&gt; it.")
    assert asked == ["a", "d"]


def tool_tip_at(view: MapView, where: QPoint) -> str:
    at = view.viewport().mapToGlobal(where)
    QApplication.sendEvent(view.viewport(), QHelpEvent(QEvent.Type.ToolTip, where, at))
    return QToolTip.text()


def test_an_empty_map_says_what_to_do(view: MapView) -> None:
    view.empty.say("No servers yet.", "Add a Server…")
    view.set_nodes(())
    assert view.empty.isVisible()
    QTest.keyClick(view, Qt.Key.Key_Down)
    assert view.selected is None


def test_pictures_have_all_cards(view: MapView, tmp_path: Path) -> None:
    image = QImage.fromData(png_of(drawn(view)))
    size = drawn(view).boundingRect().size()
    assert (image.width(), image.height()) == (size.toSize().width() * 2, size.toSize().height() * 2)
    text = svg_of(drawn(view)).decode()
    assert text.startswith("<?xml")
    assert text.count("sharing source") == 3
    assert "d.example.com" in text


def test_a_vector_graphic_in_parts_is_one_picture(view: MapView, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part is of ten servers, and the window's thread has a turn after each."""
    turns: list[float] = []
    monkeypatch.setattr(time, "sleep", turns.append)
    relay = replace(NODES[0], id="0", parent=None)
    below = [
        replace(NODES[0], id=str(at), parent="0", label=f"host-{at:03}", held=None) for at in range(1, 450)
    ]
    view.set_nodes((relay, *below))
    told: list[tuple[int, int]] = []
    tree = etree.fromstring(svg_of(drawn(view), lambda done, total: told.append((done, total))))
    texts = Counter(text.strip() for text in tree.itertext())
    assert [texts[f"host-{at:03}"] for at in range(1, 450)] == [1] * 449
    assert told == [(at, 450) for at in range(0, 450, 10)]
    assert len(turns) == 45
    assert all(turns)


def printed(view: MapView, file: Path) -> bytes:
    """What stands in the PDF of the map, unpacked, after its frame: pages, sizes, and the end."""
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(file))
    print_map(drawn(view), printer)
    raw = file.read_bytes()
    assert raw.startswith(b"%PDF")
    assert raw.rstrip().endswith(b"%%EOF")
    assert len(re.findall(rb"/Type\s*/Page\b", raw)) == 1
    (box,) = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", raw)
    assert float(box[0]) > float(box[1]), "landscape"
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", raw, re.DOTALL)
    return max(
        (zlib.decompress(one) for one in streams if one[:1] == b"x"), key=lambda one: one.count(b" Tf")
    )


def test_the_map_is_printed_with_letters_that_fit_their_cards(view: MapView, tmp_path: Path) -> None:
    page = printed(view, tmp_path / "map.pdf")
    sizes = [float(size) for size in re.findall(rb"/F\d+ ([\d.]+) Tf", page)]
    # Two lines on every card, and two more for figures.
    assert len(sizes) >= 2 * len(NODES)
    assert max(sizes) <= drawn(view).fonts.name_line


def test_the_map_is_printed_in_light_colours_also_from_a_dark_window(
    view: MapView, theme: Theme, tmp_path: Path
) -> None:
    light = printed(view, tmp_path / "light.pdf")
    theme.set_appearance(Appearance.DARK)
    assert printed(view, tmp_path / "dark.pdf") == light
    assert tokens() is DARK


@pytest.mark.qt_log_ignore("Returned false", "Painter not active, aborted")
def test_a_printer_that_takes_nothing(view: MapView) -> None:
    """One without a name, as where none is set up."""
    with pytest.raises(SurroundingsError) as refusal:
        print_map(drawn(view), QPrinter())
    assert refusal.value.message == "The printer cannot be read or written: it takes nothing."


def test_foreign_names_are_shown_with_their_invisible_characters(view: MapView) -> None:
    view.set_nodes((replace(NODES[0], label="a\u202e<b>.example.com"),))
    view.select("a")
    assert view.accessibleDescription().startswith("a\\u202e<b>.example.com")
