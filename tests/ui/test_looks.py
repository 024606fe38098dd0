"""What a person would see at once: words cut in a button, one thing over another."""

from __future__ import annotations

from itertools import combinations

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QComboBox, QLineEdit, QPushButton, QWidget

from licensedesk.ui.main_window import VIEWS
from tests.ui.office import Office


def place(widget: QWidget, view: QWidget) -> QRect:
    return QRect(widget.mapTo(view, QPoint(0, 0)), widget.size())


@pytest.mark.parametrize("key", VIEWS)
@pytest.mark.parametrize("size", [(1280, 800), (900, 560)])
def test_no_button_is_cut_or_covered(office: Office, key: str, size: tuple[int, int]) -> None:
    window = office.window
    window.resize(*size)
    window.show_view(key)
    office.until(lambda: not office.runner.busy)
    office.qtbot.wait(50)
    view = window.view
    assert view is not None
    buttons = [one for one in view.findChildren(QPushButton) if one.isVisible()]
    assert [one.text() for one in buttons if one.width() < one.sizeHint().width()] == []
    inputs = [one for kind in (QLineEdit, QComboBox) for one in view.findChildren(kind) if one.isVisible()]
    places = {one: place(one, view) for one in (*buttons, *inputs) if one.parent() not in inputs}
    over = [
        (one.accessibleName(), other.accessibleName())
        for one, other in combinations(places, 2)
        if places[one].intersects(places[other])
    ]
    assert over == []
    assert all(view.rect().contains(one) for one in places.values())
