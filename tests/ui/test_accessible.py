"""Whoever does not see the screen, or has no mouse: names, Tab and letters in every view and dialog."""

from __future__ import annotations

import pkgutil
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFocusEvent, QFontMetrics, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QApplication,
    QCalendarWidget,
    QComboBox,
    QDateEdit,
    QDialog,
    QLabel,
    QLineEdit,
    QMenuBar,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QSpinBox,
    QTabBar,
    QTableView,
    QWidget,
)

from licensedesk.ui import dialogs
from licensedesk.ui.main_window import VIEWS
from licensedesk.ui.widgets.fault_dialog import FaultDialog
from licensedesk.ui.widgets.focus import tab_stops
from licensedesk.ui.widgets.several import SeveralButton
from tests.ui.office import Office
from tests.ui.walk import Walk

LARGEST = (1280, 800)
MOST_TABS = 60


# -- names -------------------------------------------------------------------------------------------


def nameless(top: QWidget) -> list[str]:
    """What can be reached with Tab or a click, and says nothing of itself."""
    return [
        f"{type(one).__name__} in {type(one.parentWidget()).__name__} has no name"
        for one in [top, *top.findChildren(QWidget)]
        if takes_focus(one, top) and not said_of(one)
    ]


def takes_focus(widget: QWidget, top: QWidget) -> bool:
    # Parts of a composed widget speak through it; a bar of menus or tabs reads out its entries.
    composed = isinstance(widget.parentWidget(), QComboBox) and isinstance(widget, QLineEdit)
    if isinstance(widget, QMenuBar | QTabBar | QScrollArea) or composed:
        return False
    parent = widget.parentWidget()
    if isinstance(parent, QAbstractScrollArea) and parent.viewport() is widget:
        return False
    if widget.objectName().startswith("qt_"):
        return False
    return widget.isVisibleTo(top) and widget.focusPolicy() != Qt.FocusPolicy.NoFocus


def said_of(widget: QWidget) -> str:
    if widget.accessibleName():
        return widget.accessibleName()
    if isinstance(widget, QAbstractButton | QLabel):
        return widget.text()
    labels = widget.window().findChildren(QLabel)
    return next((one.text() for one in labels if one.buddy() is widget), "")


def with_signs(top: QWidget) -> list[str]:
    """Names are read out: an ampersand or dots at the end are none of them."""
    names = [one.accessibleName() for one in top.findChildren(QWidget) if one.isVisibleTo(top)]
    return [f"name with a sign: {name}" for name in names if "&" in name or name.endswith("…")]


# -- room --------------------------------------------------------------------------------------------


def cut(top: QWidget) -> list[str]:
    """Buttons that are narrower than their words, and headings that do not wrap and are."""
    buttons = [
        one.text()
        for one in top.findChildren(QPushButton)
        if one.isVisibleTo(top) and one.width() < one.minimumSizeHint().width()
    ]
    headings = [
        one.text()
        for one in top.findChildren(QLabel)
        if one.isVisibleTo(top)
        and not one.wordWrap()
        and one.property("role") in {"title", "section"}
        and one.width() < QFontMetrics(one.font()).horizontalAdvance(one.text())
    ]
    return [f"cut: {text}" for text in buttons + headings]


def too_large(top: QWidget) -> list[str]:
    fits = top.width() <= LARGEST[0] and top.height() <= LARGEST[1]
    return [] if fits else [f"{top.width()} x {top.height()}"]


# -- keyboard ----------------------------------------------------------------------------------------


def letters(top: QWidget) -> list[str]:
    """A letter that goes to two places, and an input whose label has none; products have no letters."""
    labels = [one for one in top.findChildren(QLabel) if one.isVisibleTo(top) and one.buddy() is not None]
    buttons = [one for one in top.findChildren(QAbstractButton) if one.isVisibleTo(top)]
    bars = [one for one in top.findChildren(QTabBar) if one.isVisibleTo(top)]
    tabs = [one.tabText(at) for one in bars for at in range(one.count())]
    texts = [*(one.text() for one in labels), *(one.text() for one in buttons), *tabs]
    if top.window() is not top or not isinstance(top, QDialog):
        bar = top.window().findChildren(QMenuBar)
        texts += [action.text() for menus in bar for action in menus.actions()]
    found = Counter(letter for text in texts if (letter := QKeySequence.mnemonic(text).toString()))
    twice = [f"{letter} twice" for letter, count in found.items() if count > 1]
    return twice + [f"no letter for {one.text()}" for one in labels if not said_by_letter(one)]


def said_by_letter(label: QLabel) -> bool:
    foreign = label.text() in {"Desktop Manager", "Asset Monitor"}
    return foreign or bool(QKeySequence.mnemonic(label.text()).toString())


def walked(top: QWidget) -> list[str]:
    """Where Tab does not come, or comes in another order than one reads."""
    stops = [
        one for one in tab_stops(top) if one.isEnabled() and not beside_a_radio(one) and not in_cell(one)
    ]
    if not stops:
        return ["nothing takes the focus"]
    top.activateWindow()
    stops[0].setFocus()
    passed = []
    for _ in range(MOST_TABS):
        focus = top.focusWidget()
        passed.append(focus)
        if focus is stops[-1] or focus is None:
            break
        QTest.keyClick(focus, Qt.Key.Key_Tab)
    missed = [f"Tab does not come to {said_of(one)}" for one in stops if one not in passed]
    return missed + [
        f"after {said_of(a)} comes {said_of(b)}" for a, b in pairwise(stops) if not follows(passed, a, b)
    ]


def beside_a_radio(one: QWidget) -> bool:
    """Of radio buttons Tab goes to the one that is chosen; arrows go on from there."""
    return isinstance(one, QRadioButton) and not one.isChecked()


def in_cell(one: QWidget) -> bool:
    """The editor of a cell is closed where the focus leaves it."""
    viewport = one.parentWidget()
    return viewport is not None and isinstance(viewport.parentWidget(), QAbstractItemView)


def follows(passed: Sequence[QWidget | None], before: QWidget, after: QWidget) -> bool:
    return before not in passed or after not in passed or passed.index(before) < passed.index(after)


def without_focus(top: QWidget) -> list[str]:
    """Something in it has the focus, so that one can begin to type."""
    return [] if top.focusWidget() is not None else ["nothing has the focus"]


# -- everywhere --------------------------------------------------------------------------------------


def looked_at(top: QWidget) -> list[str]:
    of_all = [*nameless(top), *with_signs(top), *cut(top), *letters(top)]
    if not isinstance(top, QDialog):
        return of_all
    title = [] if top.windowTitle() else ["no title"]
    return [*of_all, *title, *too_large(top), *without_focus(top), *walked(top)]


def every_dialog() -> Iterator[type[QDialog]]:
    for module in pkgutil.iter_modules(dialogs.__path__):
        found = vars(import_module(f"{dialogs.__name__}.{module.name}")).values()
        for one in found:
            if isinstance(one, type) and issubclass(one, QDialog) and one.__module__.endswith(module.name):
                yield one
    yield FaultDialog


def test_every_state_of_every_dialog(office: Office, tmp_path: Path) -> None:
    walk = Walk(office, tmp_path)
    wrong = walk.go(looked_at)
    assert "\n".join(f"{name}: {found}" for name, found in wrong.items()) == ""
    unseen = {one.__name__ for one in every_dialog()} - {one.__name__ for one in walk.seen}
    # What others are made of.
    assert unseen <= {"PreviewedDialog", "_FileDialog"}
    assert QApplication.activeModalWidget() is None


@pytest.mark.parametrize("key", ["license-details", "discovered", "audit"])
def test_what_opens_below_an_input_has_names(office: Office, key: str) -> None:
    """Calendars and lists to tick off are windows of their own."""
    office.window.show_view(key)
    office.until(lambda: not office.runner.busy)
    view = office.window.view
    assert view is not None
    for day in view.findChildren(QDateEdit):
        assert not day.findChildren(QCalendarWidget)
        QApplication.sendEvent(day, QFocusEvent(QEvent.Type.FocusIn))
        parts = day.calendarWidget().findChildren(QTableView) + day.calendarWidget().findChildren(QSpinBox)
        assert [one for one in (day.calendarWidget(), *parts) if not one.accessibleName()] == []
    for choice in view.findChildren(SeveralButton):
        choice.open_list()
        popup = QApplication.activePopupWidget()
        assert popup is not None
        assert nameless(popup) == []
        assert choice.accessibleDescription() == choice.text()
        popup.close()


@pytest.mark.parametrize("key", VIEWS)
def test_tab_goes_through_every_view(office: Office, key: str) -> None:
    office.window.show_view(key)
    office.until(lambda: not office.runner.busy)
    office.qtbot.wait(60)
    office.until(lambda: not office.runner.busy)
    assert office.window.view is not None
    assert [one for one in walked(office.window.view) if not one.startswith("after")] == []


@pytest.mark.parametrize("key", VIEWS)
def test_every_view_has_its_search(office: Office, key: str) -> None:
    """Ctrl+F goes to a field, in the views that have something to be searched."""
    office.window.show_view(key)
    office.until(lambda: not office.runner.busy)
    office.window.menus.shown("find").trigger()
    focus = office.window.focusWidget()
    assert isinstance(focus, QLineEdit) == (key != "overview")
    if isinstance(focus, QLineEdit):
        assert focus.window() is office.window
        assert "earch" in focus.accessibleName() or focus.placeholderText()


@pytest.mark.parametrize("key", VIEWS)
def test_f5_reads_the_view_again(office: Office, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    office.window.show_view(key)
    office.until(lambda: not office.runner.busy)
    view = office.window.view
    assert view is not None
    read: list[bool] = []
    monkeypatch.setattr(type(view), "reload", lambda _self: read.append(True))
    office.window.menus.shown("reload").trigger()
    assert read == [True]
