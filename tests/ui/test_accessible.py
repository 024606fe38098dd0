"""Whoever does not see the screen: every widget that takes the focus has a name, in all views and dialogs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QMenuBar,
    QPushButton,
    QScrollArea,
    QTabBar,
    QWidget,
)

from licensedesk.ui import commands
from licensedesk.ui.main_window import VIEWS
from tests.ui.office import Office

OWN_SERVER = (
    "holding-option",
    "rename-server",
    "move-server",
    "suspend-server",
    "remove-server",
    "enrol-agent",
)


def nameless(top: QWidget) -> list[str]:
    """What can be reached with Tab or a click, and says nothing of itself."""
    return [
        f"{type(one).__name__} in {type(one.parentWidget()).__name__}"
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


def cut(top: QWidget) -> list[str]:
    """Buttons that are narrower than their words."""
    return [
        one.text()
        for one in top.findChildren(QPushButton)
        if one.isVisibleTo(top) and one.width() < one.minimumSizeHint().width()
    ]


def settled(office: Office) -> None:
    office.until(lambda: not office.runner.busy)
    office.qtbot.wait(50)
    office.until(lambda: not office.runner.busy)


@pytest.mark.parametrize("key", VIEWS)
def test_views(office: Office, key: str) -> None:
    office.window.show_view(key)
    settled(office)
    assert nameless(office.window) == []
    assert cut(office.window) == []
    assert cut_headings(office.window) == []


def cut_headings(top: QWidget) -> list[str]:
    """Labels that do not wrap, and are narrower than their words."""
    return [
        one.text()
        for one in top.findChildren(QLabel)
        if one.isVisibleTo(top)
        and not one.wordWrap()
        and one.property("role") in {"title", "section"}
        and one.width() < QFontMetrics(one.font()).horizontalAdvance(one.text())
    ]


def arguments(office: Office) -> Iterator[tuple[str, dict[str, Any]]]:
    server = office.id("c")
    special: dict[str, dict[str, Any]] = {
        "deregister-license": {"issuer": "Example Software", "serial": "DM-1001"},
        "license-details": {"source": server},
    }
    for name in commands.COMMANDS:
        yield name, special.get(name, {"server": server} if name in OWN_SERVER else {})


@pytest.mark.parametrize("name", commands.COMMANDS)
def test_dialogs(office: Office, name: str) -> None:
    commands.start(name, office.session, office.window, **dict(arguments(office))[name])
    dialog = office.dialog(QDialog)
    settled(office)
    assert nameless(dialog) == []
    assert cut(dialog) == []
    assert dialog.width() <= 1280
    assert dialog.height() <= 800
    # Something in it has the focus, so that one can begin to type.
    assert dialog.focusWidget() is not None
    assert dialog.windowTitle()
    dialog.done(0)
    assert QApplication.activeModalWidget() is None
