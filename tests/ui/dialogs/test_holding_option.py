from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from licensedesk.core.allocations import allocate
from licensedesk.core.options import set_option
from licensedesk.core.removal import remove_server
from licensedesk.core.store.facts import read_tree
from licensedesk.core.types import Actor, Option
from licensedesk.ui.dialogs.holding_option import HoldingOptionDialog, open_holding_option
from licensedesk.ui.session import EVERYTHING
from tests.ui.desk import Desk

OTHER = Actor(name="other")
PRODUCT = "Desktop Manager"


def opened(desk: Desk, name: str) -> HoldingOptionDialog:
    desk.session.choose_server(desk.id(name))
    open_holding_option(desk.session, desk.show(QWidget()))
    dialog = desk.dialog(HoldingOptionDialog)
    desk.until(lambda: dialog.holdings is not None)
    return dialog


def chosen(dialog: HoldingOptionDialog) -> str | None:
    return dialog.option


def option_of(desk: Desk, name: str) -> str:
    return read_tree(desk.site.store).get(desk.id(name)).option


def test_distribution_with_its_first_quantity_from_the_keyboard_alone(desk: Desk) -> None:
    dialog = opened(desk, "b")
    dialog.activateWindow()
    desk.until(lambda: QApplication.focusWidget() is dialog.relay)
    assert chosen(dialog) == "none"
    assert not dialog.main_button.isEnabled()
    choice = dialog.options[Option.NONE]
    choice.setFocus()
    desk.press(choice, Qt.Key.Key_Down)
    assert chosen(dialog) == "distribution"
    box = dialog.quantities[PRODUCT]
    assert box.isVisible()
    box.setFocus()
    box.selectAll()
    desk.write(box, "35")
    after = {
        (one.host_name, one.product): one.after and one.after.remaining
        for one in dialog.before_after.model.rows
    }
    assert after["b.example.com", PRODUCT] == 3
    assert after["a.example.com", PRODUCT] == 13
    desk.press(box, Qt.Key.Key_Return)
    desk.until(lambda: option_of(desk, "b") == Option.DISTRIBUTION)
    assert desk.row("b").held == 35
    desk.until(lambda: desk.closed(dialog))
    assert len(desk.said) == 1


def test_an_option_taken_away_says_who_is_short(desk: Desk) -> None:
    dialog = opened(desk, "d")
    assert dialog.quantities[PRODUCT].value() == 10
    desk.click(dialog.options[Option.REGISTRATION])
    assert "Short of licenses after this: d.example.com" in dialog.notice.text
    assert not dialog.quantities[PRODUCT].isVisible()
    desk.click(dialog.main_button)
    desk.until(lambda: option_of(desk, "d") == Option.REGISTRATION)
    assert desk.row("a").held == 110
    assert desk.row("d").shortage == 12


def test_more_than_there_is_cannot_be_pressed(desk: Desk) -> None:
    dialog = opened(desk, "d")
    dialog.quantities[PRODUCT].setValue(111)
    assert "at most 110" in dialog.notice.text
    assert not dialog.main_button.isEnabled()
    assert "at most 110" in dialog.main_button.toolTip()
    dialog.quantities[PRODUCT].setValue(110)
    assert dialog.main_button.isEnabled()


def test_a_click_on_the_words_is_a_choice_too(desk: Desk) -> None:
    dialog = opened(desk, "b")
    for option, choice in dialog.options.items():
        QTest.mouseClick(choice, Qt.MouseButton.LeftButton)
        assert dialog.option == option
        assert choice.accessibleName()
        assert choice.accessibleDescription()


def test_another_relay_shows_its_own_option(desk: Desk) -> None:
    dialog = opened(desk, "b")
    dialog.relay.choose(desk.id("c"))
    assert dialog.option == Option.DISTRIBUTION
    assert dialog.quantities[PRODUCT].value() == 40
    assert not dialog.valid


def test_the_primary_has_none_so_that_a_relay_is_chosen_first(desk: Desk) -> None:
    dialog = opened(desk, "a")
    assert dialog.relay.server is None
    assert not dialog.valid
    dialog.relay.choose(desk.id("e"))
    assert dialog.option == Option.NONE


def test_quantities_that_were_not_touched_follow_another_console(desk: Desk) -> None:
    dialog = opened(desk, "d")
    dialog.quantities["Asset Monitor"].setValue(5)
    allocate(desk.site.store, product=PRODUCT, quantities={desk.id("d"): 14}, by=OTHER, at=desk.session.now())
    desk.session.changed.emit(EVERYTHING)
    desk.until(lambda: f"{PRODUCT} from 10 to 14" in dialog.notice.text)
    assert dialog.quantities[PRODUCT].value() == 14
    assert dialog.quantities["Asset Monitor"].value() == 5
    desk.click(dialog.main_button)
    desk.until(lambda: desk.row("d", "Asset Monitor").held == 5)
    assert desk.row("d").held == 14


def test_what_was_filled_in_stands_beside_another_consoles_value(desk: Desk) -> None:
    dialog = opened(desk, "d")
    dialog.quantities[PRODUCT].setValue(20)
    allocate(desk.site.store, product=PRODUCT, quantities={desk.id("d"): 14}, by=OTHER, at=desk.session.now())
    desk.session.changed.emit(EVERYTHING)
    desk.until(lambda: f"{PRODUCT} from 10 to 14" in dialog.notice.text)
    assert dialog.quantities[PRODUCT].value() == 20
    assert desk.row("d").held == 14


def test_an_option_set_by_another_console_is_told(desk: Desk) -> None:
    dialog = opened(desk, "d")
    set_option(
        desk.site.store,
        server=desk.id("d"),
        option=Option.NONE,
        quantities={},
        by=OTHER,
        at=desk.session.now(),
        confirmed=True,
    )
    desk.session.changed.emit(EVERYTHING)
    desk.until(lambda: "option from Distribution to None" in dialog.notice.text)
    assert dialog.option == Option.NONE
    assert not dialog.valid


def test_a_relay_removed_meanwhile_is_named(desk: Desk) -> None:
    dialog = opened(desk, "e")
    desk.click(dialog.options[Option.DISTRIBUTION])
    remove_server(
        desk.site.store,
        server=desk.id("e"),
        children_to=None,
        nodes_to=desk.id("c"),
        by=OTHER,
        at=desk.session.now(),
        confirmed=True,
    )
    desk.session.changed.emit(EVERYTHING)
    desk.until(lambda: "e.example.com is no longer a relay" in dialog.notice.text)
    assert not dialog.valid


def test_a_refusal_by_the_action_keeps_what_was_filled_in(desk: Desk) -> None:
    dialog = opened(desk, "b")
    desk.click(dialog.options[Option.DISTRIBUTION])
    dialog.quantities[PRODUCT].setValue(100)
    allocate(
        desk.site.store,
        product=PRODUCT,
        quantities={desk.id("c"): 60},
        by=OTHER,
        at=desk.session.now(),
        confirmed=True,
    )
    desk.click(dialog.main_button)
    desk.until(lambda: "at most" in dialog.notice.text)
    assert dialog.isVisible()
    assert option_of(desk, "b") == Option.NONE
    assert dialog.quantities[PRODUCT].value() == 100


@pytest.mark.parametrize("name", ["b", "c"])
def test_every_input_has_a_name(desk: Desk, name: str) -> None:
    dialog = opened(desk, name)
    assert dialog.relay.accessibleName() == "Relay"
    assert dialog.quantities[PRODUCT].accessibleName() == PRODUCT


def test_a_site_without_relays_says_so(empty_desk: Desk) -> None:
    open_holding_option(empty_desk.session, empty_desk.show(QWidget()))
    dialog = empty_desk.dialog(HoldingOptionDialog)
    empty_desk.until(lambda: "There is no relay yet" in dialog.notice.text)
    assert not dialog.valid
