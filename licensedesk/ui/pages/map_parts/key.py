"""What the signs on the cards say: the states of License.xml, with how many servers are in each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QWidget

from licensedesk.ui.figures import number
from licensedesk.ui.widgets.chips import Chip, ChipLabel
from licensedesk.ui.widgets.page import label

if TYPE_CHECKING:
    from licensedesk.ui.widgets.map_cards import MapNode


def states_of(nodes: Sequence[MapNode]) -> tuple[Chip, ...]:
    """The most frequent first."""
    counted = Counter(node.state for node in nodes if node.state is not None)
    return tuple(
        Chip(f"{chip.text} {number(count)}", chip.state, chip.icon) for chip, count in counted.most_common()
    )


class MapKey(QWidget):
    """One line; nothing is shown while there is no server that License.xml is for."""

    def __init__(self) -> None:
        super().__init__()
        self.chips: tuple[Chip, ...] = ()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(8)
        self._row.addWidget(label("License.xml", "secondary"))
        self._row.addStretch()
        self.hide()

    def show_states(self, chips: tuple[Chip, ...]) -> None:
        if chips == self.chips:
            return
        self.chips = chips
        while self._row.count() > 2:
            item = self._row.takeAt(1)
            shown = item.widget() if item is not None else None
            if shown is not None:
                shown.deleteLater()
        for at, chip in enumerate(chips, start=1):
            self._row.insertWidget(at, ChipLabel(chip))
        self.setVisible(bool(chips))
