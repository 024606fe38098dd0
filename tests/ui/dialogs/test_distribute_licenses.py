from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QSpinBox, QWidget

from licensedesk.core.allocations import allocate
from licensedesk.core.licenses import deregister
from licensedesk.core.options import set_option
from licensedesk.core.types import Actor, Option, ServerId
from licensedesk.ui.dialogs.distribute_licenses import DistributeLicensesDialog, open_distribute_licenses
from licensedesk.ui.session import EVERYTHING
from tests.ui.desk import Desk

PRODUCT = "Desktop Manager"
OTHER = Actor(name="other")


def opened(desk: Desk, *, relay: str = "", more: int = 0, product: str = PRODUCT) -> DistributeLicensesDialog:
    over = desk.show(QWidget())
    open_distribute_licenses(desk.session, over, product=product, relay=relay, more=more)
    dialog = desk.dialog(DistributeLicensesDialog)
    desk.until(lambda: dialog.draft is not None)
    return dialog


@pytest.fixture
def dialog(desk: Desk) -> DistributeLicensesDialog:
    """With d chosen, nothing filled in."""
    return opened(desk, relay=desk.id("d"))


def quantities(dialog: DistributeLicensesDialog) -> list[tuple[str, int]]:
    return [(row.relay.host_name.partition(".")[0], row.new) for row in dialog.model.rows]


def texts(dialog: DistributeLicensesDialog, key: str) -> list[str]:
    column = next(one for one in dialog.model.columns if one.key == key)
    return [column.text(row) for row in dialog.model.rows]


def spin_box(dialog: DistributeLicensesDialog) -> QSpinBox:
    """The editor that is open in the table."""
    (field,) = dialog.table.viewport().findChildren(QSpinBox)
    return field


def test_it_begins_with_what_relays_have(dialog: DistributeLicensesDialog) -> None:
    assert quantities(dialog) == [("c", 40), ("d", 10)]
    assert texts(dialog, "range") == ["Unchanged", "Unchanged, short by 2"]
    assert dialog.undistributed.text() == "100 of 150"
    assert not dialog.main_button.isEnabled()
    assert dialog.main_button.toolTip() == "No quantity is changed."
    assert dialog.reason.text() == ""


def test_distributing_from_the_keyboard_alone(dialog: DistributeLicensesDialog, desk: Desk) -> None:
    dialog.table.setFocus()
    desk.write(dialog.table, "1")
    field = spin_box(dialog)
    desk.write(field, "7")
    assert field.value() == 17
    assert dialog.undistributed.text() == "93 of 150"
    assert texts(dialog, "range")[1] == "Covers 2, room for 5"
    assert dialog.main_button.text() == "Distribute 7 Licenses"
    changes = [(one.host_name, one.after.remaining) for one in dialog.before_after.model.rows if one.after]
    assert changes == [("a.example.com", 9), ("d.example.com", 5)]
    desk.press(field, Qt.Key.Key_Return)
    # Enter closed the spin box, not the dialog.
    assert dialog.isVisible()
    assert desk.row("d").held == 10
    dialog.main_button.setFocus()
    desk.press(dialog.main_button, Qt.Key.Key_Space)
    desk.until(lambda: desk.row("d").held == 17)
    desk.until(lambda: desk.said == [f"Licenses of {PRODUCT} were distributed."])
    assert desk.row("a").held == 93


def test_the_arrows_of_the_spin_box_and_enter_for_the_next_row(
    dialog: DistributeLicensesDialog, desk: Desk
) -> None:
    dialog.table.select_key(desk.id("c"))
    dialog.edit()
    field = spin_box(dialog)
    desk.press(field, Qt.Key.Key_Down, Qt.Key.Key_Down)
    assert quantities(dialog) == [("c", 38), ("d", 10)]
    assert dialog.main_button.text() == "Take Back 2 Licenses"
    desk.press(field, Qt.Key.Key_Return)
    current = dialog.table.current_row()
    assert current is not None
    assert current.relay.id == desk.id("d")


def test_escape_takes_back_what_was_typed_and_leaves_the_dialog_open(
    dialog: DistributeLicensesDialog, desk: Desk
) -> None:
    dialog.edit()
    field = spin_box(dialog)
    field.setValue(99)
    assert quantities(dialog)[1] == ("d", 99)
    desk.press(field, Qt.Key.Key_Escape)
    assert quantities(dialog)[1] == ("d", 10)
    assert dialog.isVisible()


def test_tab_leaves_the_table_with_the_value_kept(dialog: DistributeLicensesDialog, desk: Desk) -> None:
    dialog.activateWindow()
    dialog.edit()
    field = spin_box(dialog)
    field.setValue(11)
    desk.press(field, Qt.Key.Key_Tab)
    assert quantities(dialog)[1] == ("d", 11)
    focus = QApplication.focusWidget()
    assert focus is not None
    assert not dialog.table.isAncestorOf(focus)


def test_more_than_there_is_is_refused_before_it_is_tried(
    dialog: DistributeLicensesDialog, desk: Desk
) -> None:
    dialog.set_quantities({desk.id("d"): 111})
    assert not dialog.main_button.isEnabled()
    assert "at most 110" in dialog.reason.text()
    assert dialog.main_button.toolTip() == dialog.reason.text()
    assert dialog.undistributed.text() == "⚠ 1 more than the 150 that are valid"
    assert texts(dialog, "range") == ["Unchanged", "1 too many"]
    desk.press(dialog.main_button, Qt.Key.Key_Return)
    assert desk.row("d").held == 10


def test_moving_between_relays_leaves_the_primary_alone(dialog: DistributeLicensesDialog, desk: Desk) -> None:
    dialog.set_quantities({desk.id("d"): 12, desk.id("c"): 38})
    assert dialog.main_button.text() == "Move 2 Licenses"
    assert [one.host_name for one in dialog.before_after.model.rows] == ["c.example.com", "d.example.com"]
    assert texts(dialog, "range") == ["All used", "Covers 2"]


def test_one_license_is_no_plural(dialog: DistributeLicensesDialog, desk: Desk) -> None:
    dialog.set_quantities({desk.id("d"): 11})
    assert dialog.main_button.text() == "Distribute 1 License"
    assert texts(dialog, "range")[1] == "Still short by 1"
    dialog.set_quantities({desk.id("d"): 9})
    assert texts(dialog, "range")[1] == "Short by 3"


def test_the_strategies_fill_in_and_leave_locked_rows(dialog: DistributeLicensesDialog, desk: Desk) -> None:
    assert dialog.fill_in.quantity.value() == 50
    dialog.fill_in.cover_button.click()
    assert quantities(dialog) == [("c", 40), ("d", 12)]
    dialog.fill_in.reset_button.click()
    dialog.fill_in.equally_button.click()
    assert quantities(dialog) == [("c", 25), ("d", 25)]
    dialog.fill_in.by_use_button.click()
    assert quantities(dialog) == [("c", 38), ("d", 12)]
    dialog.table.select_key(desk.id("c"))
    dialog.lock_action.trigger()
    assert texts(dialog, "lock") == ["Locked", ""]
    assert dialog.fill_in.quantity.value() == 12
    dialog.fill_in.quantity.setValue(60)
    dialog.fill_in.equally_button.click()
    assert quantities(dialog) == [("c", 38), ("d", 60)]
    dialog.lock_action.trigger()
    assert texts(dialog, "lock") == ["", ""]


def test_a_click_on_the_lock_locks_and_one_on_the_quantity_edits(
    dialog: DistributeLicensesDialog, desk: Desk
) -> None:
    model = dialog.model
    dialog.table.clicked.emit(model.index(1, len(model.columns) - 1))
    assert dialog.locked == {desk.id("d")}
    dialog.table.clicked.emit(model.index(1, model.edited))
    assert spin_box(dialog).value() == 10


def test_another_product(dialog: DistributeLicensesDialog, desk: Desk) -> None:
    dialog.set_quantities({desk.id("d"): 17})
    dialog.product.setCurrentText("Asset Monitor")
    dialog.product.activated.emit(dialog.product.currentIndex())
    desk.until(lambda: quantities(dialog) == [("c", 20), ("d", 0)])
    assert dialog.undistributed.text() == "40 of 60"
    assert not dialog.valid


def test_what_another_console_changes_is_shown_beside_what_was_filled_in(
    dialog: DistributeLicensesDialog, desk: Desk
) -> None:
    dialog.set_quantities({desk.id("d"): 17})
    allocate(
        desk.site.store,
        product=PRODUCT,
        quantities={desk.id("c"): 30, desk.id("d"): 14},
        by=OTHER,
        at=desk.session.now(),
        confirmed=True,
    )
    desk.session.changed.emit(EVERYTHING)
    desk.until(lambda: "had 10 and now has 14, you filled in 17" in dialog.notice.text)
    assert quantities(dialog) == [("c", 30), ("d", 17)]
    assert dialog.main_button.text() == "Distribute 3 Licenses"
    dialog.main_button.click()
    desk.until(lambda: desk.row("d").held == 17)
    assert desk.row("c").held == 30


def test_a_relay_that_is_no_longer_there_is_named(dialog: DistributeLicensesDialog, desk: Desk) -> None:
    dialog.set_quantities({desk.id("d"): 17})
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
    desk.until(lambda: "d.example.com can no longer be given licenses" in dialog.notice.text)
    assert quantities(dialog) == [("c", 40)]
    assert not dialog.valid


def test_a_refusal_by_the_action_keeps_what_was_filled_in(
    dialog: DistributeLicensesDialog, desk: Desk
) -> None:
    dialog.set_quantities({desk.id("d"): 60})
    # A license is deregistered before this window hears of it: only 100 are left.
    deregister(
        desk.site.store,
        issuer="Example Software",
        serial="DM-1002",
        by=OTHER,
        at=desk.session.now(),
        confirmed=True,
    )
    allocate(
        desk.site.store,
        product=PRODUCT,
        quantities={desk.id("c"): 45},
        by=OTHER,
        at=desk.session.now(),
        confirmed=True,
    )
    dialog.main_button.click()
    desk.until(lambda: dialog.notice.text)
    assert dialog.isVisible()
    assert desk.row("d").held == 10
    desk.until(lambda: quantities(dialog) == [("c", 45), ("d", 60)])
    assert not dialog.valid


def test_another_console_that_was_faster_is_not_overwritten(
    dialog: DistributeLicensesDialog, desk: Desk
) -> None:
    dialog.set_quantities({desk.id("d"): 17})
    allocate(desk.site.store, product=PRODUCT, quantities={desk.id("d"): 14}, by=OTHER, at=desk.session.now())
    dialog.main_button.click()
    desk.until(lambda: "now has 14, you filled in 17" in dialog.notice.text)
    assert desk.row("d").held == 14
    assert dialog.main_button.text() == "Distribute 3 Licenses"
    dialog.main_button.click()
    desk.until(lambda: desk.row("d").held == 17)


def test_without_a_relay_it_says_what_to_do(empty_desk: Desk) -> None:
    over = empty_desk.show(QWidget())
    open_distribute_licenses(empty_desk.session, over)
    dialog = empty_desk.dialog(DistributeLicensesDialog)
    empty_desk.until(dialog.table.empty.isVisible)
    assert "issuer" in dialog.table.empty.sentence
    assert not dialog.valid


def test_an_unknown_relay_chooses_the_first(desk: Desk) -> None:
    dialog = opened(desk, relay=ServerId("0" * 16), more=5)
    current = dialog.table.current_row()
    assert current is not None
    assert current.relay.host_name == "c.example.com"
    assert not dialog.valid


def test_every_input_is_named(dialog: DistributeLicensesDialog) -> None:
    dialog.edit()
    for widget in (dialog.product, dialog.fill_in.quantity, dialog.table, spin_box(dialog)):
        assert widget.accessibleName()
