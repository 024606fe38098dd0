from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from licensedesk.ui.theme import Theme
from licensedesk.ui.widgets.cut import Choice, CutLabel, cut_label, shortened
from licensedesk.ui.widgets.dialog import Dialog

LONG = "relay-osaka-02.datacentre-kansai." * 7 + "example.com"


@pytest.fixture
def narrow(qtbot: QtBot, theme: Theme) -> CutLabel:
    made = cut_label(f"<b>{LONG}")
    qtbot.addWidget(made)
    made.resize(120, 24)
    made.show()
    return made


def test_a_long_name_is_cut_within_its_room_and_told_whole(narrow: CutLabel) -> None:
    assert narrow.is_cut
    assert narrow.text() == f"<b>{LONG}"
    assert narrow.minimumSizeHint().width() < 120
    where = QPoint(5, 5)
    QApplication.sendEvent(narrow, QHelpEvent(QHelpEvent.Type.ToolTip, where, narrow.mapToGlobal(where)))
    assert QToolTip.text() == f"&lt;b&gt;{LONG}"


def test_a_short_one_is_no_narrower_than_its_words(qtbot: QtBot, theme: Theme) -> None:
    made = cut_label("Overview")
    qtbot.addWidget(made)
    made.resize(made.sizeHint())
    assert not made.is_cut


def test_a_choice_grows_to_a_bound_and_cuts_what_is_longer(qtbot: QtBot, theme: Theme) -> None:
    made = Choice(least=100, most=200)
    qtbot.addWidget(made)
    made.show()
    made.addItem("Asset Monitor")
    assert made.sizeHint().width() < 200
    made.addItem(LONG)
    made.setCurrentIndex(1)
    made.resize(200, made.sizeHint().height())
    assert made.width() == 200
    # Between the words and the arrow stays the room that the ellipsis leaves.
    picture = made.grab().toImage().copy(172, 6, 6, made.height() - 12)
    assert len({picture.pixelColor(x, y).name() for x in range(6) for y in range(picture.height())}) == 1


def test_a_dialog_is_no_wider_than_a_screen_for_the_longest_name(qtbot: QtBot, theme: Theme) -> None:
    dialog = Dialog("Remove", main="Remove", danger=True)
    qtbot.addWidget(dialog)
    dialog.set_width(480)
    dialog.show()
    dialog.set_title(f"Remove {LONG}")
    dialog.set_main(f"Remove {LONG}")
    QApplication.processEvents()
    assert 480 < dialog.width() <= 1240
    assert dialog.main_button.accessibleName() == f"Remove {LONG}"
    assert len(shortened(LONG)) == 64
