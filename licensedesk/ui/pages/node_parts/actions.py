"""What can be done to the selected nodes, or to all that match: buttons that say which and how many."""

from __future__ import annotations

import html
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from licensedesk.core.types import NodeState
from licensedesk.ui.figures import number
from licensedesk.ui.node_words import act_button, act_scoped, act_short
from licensedesk.ui.widgets.page import button, label

ACTS = {
    NodeState.DISCOVERED: ("manage", "exclude", "set-product", "delete"),
    NodeState.MANAGED: ("discover", "exclude", "set-product", "delete"),
    NodeState.EXCLUDED: ("discover", "manage", "delete"),
}


class NodeActions(QWidget):
    """`start` is called with an act of the core; `main` is the page's own button, for managing."""

    def __init__(self, state: NodeState, main: QPushButton | None, start: Callable[[str], object]) -> None:
        super().__init__()
        self._acts = ACTS[state]
        self._main = main
        self.scope = label("", "secondary")
        self.needs = label("", "secondary")
        self.buttons = {act: button("", partial(start, act)) for act in self._acts}
        if main is not None:
            self.buttons.pop("manage").deleteLater()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.scope)
        row.addWidget(self.needs)
        row.addStretch()
        for one in self.buttons.values():
            row.addWidget(one)
        self.entries = self._make_entries(start)
        self.show_scope(0, None)

    def _make_entries(self, start: Callable[[str], object]) -> list[QAction]:
        entries = []
        for act in self._acts:
            entry = QAction(f"{act_short(act)}…", self)
            # Later, so that the menu is gone before the dialog is there.
            entry.triggered.connect(partial(self._later, partial(start, act)))
            if act == "delete":
                entry.setShortcut(QKeySequence(Qt.Key.Key_Delete))
                entry.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            entries.append(entry)
        return entries

    def _later(self, call: Callable[[], object], _checked: bool = False) -> None:
        QTimer.singleShot(0, self, call)

    def show_needs(self, words: str, each: str) -> None:
        self.needs.setText(words)
        self.needs.setToolTip(html.escape(each).replace("\n", "<br>"))

    def show_scope(self, selected: int, total: int | None) -> None:
        """So many are selected, of so many that match; None while they are not counted."""
        everything = not selected or selected == total
        count = total if everything else selected
        usable = bool(count)
        if not everything:
            self.scope.setText(self.tr("{0} selected of {1}").format(number(selected), number(total)))
        self.scope.setVisible(not everything)
        for act in self._acts:
            one = self.buttons.get(act) or self._main
            if one is None:
                continue
            one.setEnabled(usable)
            self._name(one, act, count, everything=everything)
        for entry in self.entries:
            entry.setEnabled(selected > 0)

    def _name(self, one: QPushButton, act: str, count: int | None, *, everything: bool) -> None:
        main = one is self._main
        words = act_short(act)
        if count and main:
            words = act_button(act, count)
            if everything and count > 1:
                words = self.tr("{0} All {1} Matching").format(act_short(act), number(count))
        elif count:
            every = everything and count > 1
            pattern = act_scoped(act)
            words = pattern.format(self.tr("All {0}").format(number(count)) if every else number(count))
        one.setText(f"{words}…")
        one.setAccessibleName(act_button(act, count) if count else words)
