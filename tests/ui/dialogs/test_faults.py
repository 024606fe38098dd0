"""A bug of ours in an action: the dialog can be used, and closed, after it; nothing was changed."""

from __future__ import annotations

from typing import NoReturn

import pytest
from PySide6.QtWidgets import QWidget

from licensedesk.core import servers
from licensedesk.core.store.facts import read_tree
from licensedesk.ui.dialogs.add_server import open_add_relay
from licensedesk.ui.widgets.dialog import Dialog
from tests.ui.desk import Desk


def test_a_dialog_whose_action_breaks_is_not_left_waiting(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_given: object, **_more: object) -> NoReturn:
        raise ZeroDivisionError

    monkeypatch.setattr(servers, "add_server", broken)
    before = read_tree(desk.site.store).servers
    over = desk.show(QWidget())
    open_add_relay(desk.session, over, under=desk.id("b"))
    dialog = desk.dialog(Dialog)
    desk.until(lambda: dialog.focusWidget() is not None)
    for letter in "new.example.com":
        desk.write(dialog.focusWidget() or dialog, letter)
    desk.until(dialog.main_button.isEnabled)
    desk.click(dialog.main_button)
    desk.until(lambda: desk.faults)
    (fault,) = desk.faults
    assert isinstance(fault[0], ZeroDivisionError)
    desk.faults.clear()
    assert not dialog.busy
    assert dialog.main_button.isEnabled()
    dialog.reject()
    desk.until(lambda: not dialog.isVisible())
    assert read_tree(desk.site.store).servers == before
