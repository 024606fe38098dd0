"""What can be done to the selected nodes, or to all that match: buttons that say which and how many."""

from __future__ import annotations

import html
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from licensedesk.core.types import NodeState
from licensedesk.ui.figures import number
from licensedesk.ui.node_words import act_button, act_scoped, act_short, nodes
from licensedesk.ui.session import Session
from licensedesk.ui.view_actions import Actions
from licensedesk.ui.widgets.cut import cut_label
from licensedesk.ui.widgets.flow import FlowLayout
from licensedesk.ui.widgets.page import button, label

ACTS = {
    NodeState.DISCOVERED: ("manage", "exclude", "set-product", "delete"),
    NodeState.MANAGED: ("discover", "exclude", "set-product", "delete"),
    NodeState.EXCLUDED: ("discover", "manage", "delete"),
}


class NodeActions(QWidget):
    """`start` is called with an act of the core; `main`, for managing, stands in the page's header."""

    def __init__(self, session: Session, state: NodeState, start: Callable[[str], object]) -> None:
        super().__init__()
        self._acts = ACTS[state]
        self.scope = label("", "strong")
        self.needs = cut_label("", "secondary")
        self.offers = Actions(session, self)
        for act in self._acts:
            # Later, so that a menu is gone before the dialog is there.
            self.offers.add(act, partial(self._later, partial(start, act)))
        self.main: QPushButton | None = None
        if state is NodeState.DISCOVERED:
            # Only managing is what a whole view may be for; the rest is chosen on purpose.
            self.main = self.offers.button("manage", main=True, words=False)
        others = [act for act in self._acts if self.main is None or act != "manage"]
        self.buttons = {act: self.offers.button(act, words=False) for act in others if act != "delete"}
        # Its key is refused where nothing is selected; the button says how many all are.
        self.buttons["delete"] = button("", partial(start, "delete"))
        self.buttons["delete"].setProperty("action", "delete")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.scope, alignment=Qt.AlignmentFlag.AlignTop)
        row.addSpacing(8)
        row.addWidget(self.needs, 1, alignment=Qt.AlignmentFlag.AlignTop)
        acts = FlowLayout(gap=8, right=True)
        for one in self.buttons.values():
            acts.addWidget(one)
        row.addLayout(acts)
        for words in (self.scope, self.needs):
            words.setMinimumHeight(acts.sizeHint().height())
        # The buttons are laid out first; the words have what they leave.
        self.needs.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.show_scope(0, None)

    @property
    def entries(self) -> list[QAction]:
        """For the context menu."""
        return [self.offers[act] for act in self._acts]

    def _later(self, call: Callable[[], object]) -> None:
        QTimer.singleShot(0, self, call)

    def show_needs(self, words: str, each: str) -> None:
        self.needs.setText(words)
        self.needs.setToolTip(html.escape(each).replace("\n", "<br>"))

    def show_scope(self, selected: int, total: int | None) -> None:
        """So many are selected, of so many that match; None while they are not counted."""
        everything = not selected or selected == total
        count = total if everything else selected
        if everything:
            self.scope.setText(nodes(total) if total is not None else "")
        else:
            self.scope.setText(self.tr("{0} of {1} selected").format(number(selected), nodes(total or 0)))
        self.buttons["delete"].setEnabled(bool(count))
        for act in self._acts:
            none = "" if count else self.tr("There is no node here.")
            if act == "delete" and not selected:
                none = self.tr("No node is selected.")
            self.offers.allow(act, none)
            one = self.buttons.get(act) or self.main
            if one is not None:
                self._name(one, act, count, everything=everything)

    def _name(self, one: QPushButton, act: str, count: int | None, *, everything: bool) -> None:
        main = one is self.main
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
