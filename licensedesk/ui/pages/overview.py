"""Overview: the figures of the site and what needs attention; each line leads to its view."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFrame, QGridLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from licensedesk.ui import commands
from licensedesk.ui.figures import number
from licensedesk.ui.pages.base import View
from licensedesk.ui.pages.overview_parts.attention import AttentionPanel, attention_lines
from licensedesk.ui.pages.overview_parts.cards import ProductCard
from licensedesk.ui.pages.overview_parts.first_steps import FirstSteps, is_new, steps
from licensedesk.ui.pages.overview_parts.totals import TotalsTable
from licensedesk.ui.session import Session
from licensedesk.ui.vocabulary import counted
from licensedesk.ui.wanted import RangeWanted
from licensedesk.ui.widgets.sections import SectionTitle

if TYPE_CHECKING:
    from licensedesk.core.overview import Overview, ProductTotal
    from licensedesk.core.store.database import Store

PAUSE_MS = 500
MOST_CARDS = 6
"""Products in big figures; further ones are rows of a table, which costs the window far less."""


class OverviewView(View):
    """Built anew when what it shows has changed; nothing is edited here."""

    reads = frozenset({"servers", "licenses", "nodes", "trust", "settings", "ledger", "events"})

    def __init__(self, session: Session) -> None:
        super().__init__(session, "")
        self.set_title(self.tr("Overview"))
        self.shown: Overview | None = None
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._read_again)
        self._again = False
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setAccessibleName(self.tr("Overview"))
        self.body.addWidget(self.area, 1)

    def reload(self) -> None:
        """At most once in a pause: reports arrive ten times a second while License.xml is distributed."""
        self._again = self._pause.isActive()
        if not self._again:
            self._pause.start()
            self._read_overview()

    def _read_again(self) -> None:
        if self._again:
            self.refresh()

    def _read_overview(self) -> None:
        actor, at = self.session.actor, self.session.now()

        def read(store: Store) -> Overview:
            from licensedesk.core.overview import read_overview

            return read_overview(store, by=actor, at=at)

        self.session.read(read, owner=self, done=self._show, key="overview", failed=self.refuse)

    def _show(self, overview: Overview) -> None:
        if overview == self.shown:
            return
        self.shown = overview
        focused = self._focused()
        self.set_title(self.tr("Overview"), self._summary(overview))
        content = self._content(overview)
        self.area.setWidget(content)
        for surface in (content, self.area.viewport()):
            surface.setAutoFillBackground(False)
        for one in content.findChildren(QPushButton):
            if focused and one.accessibleName() == focused:
                one.setFocus()

    def _focused(self) -> str:
        """The name of the button that has the focus, to give it back after building anew."""
        inside = self.area.widget()
        focus = self.focusWidget()
        return focus.accessibleName() if inside and focus and inside.isAncestorOf(focus) else ""

    def _summary(self, overview: Overview) -> str:
        begun = overview.begun
        parts = (
            counted(begun.servers, one=self.tr("{0} server"), several=self.tr("{0} servers")),
            counted(
                max((total.ranges for total in overview.totals), default=begun.holders),
                one=self.tr("{0} range of shared licenses"),
                several=self.tr("{0} ranges of shared licenses"),
            ),
            counted(begun.nodes, one=self.tr("{0} node"), several=self.tr("{0} nodes")),
        )
        return " · ".join(parts)

    def _content(self, overview: Overview) -> QWidget:
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        # The steps are the primary's administrator's.
        new = self.session.at_primary and is_new(overview.begun)
        if new:
            layout.addWidget(SectionTitle(self.tr("Getting started")))
            layout.addWidget(FirstSteps(steps(overview.begun), self._start, self._allowed))
        if overview.totals:
            layout.addWidget(SectionTitle(self.tr("Licenses")))
            layout.addLayout(self._cards(overview.totals[:MOST_CARDS]))
            rest = overview.totals[MOST_CARDS:]
            if rest:
                layout.addWidget(TotalsTable(rest, self._show_product))
        lines = attention_lines(overview)
        if lines or not new:
            layout.addWidget(SectionTitle(self._attention_title(len(lines))))
            layout.addWidget(AttentionPanel(lines, self.session.show_view))
        layout.addStretch()
        return content

    def _attention_title(self, count: int) -> str:
        title = self.tr("Needs attention")
        return f"{title} ({number(count)})" if count else title

    def _cards(self, totals: tuple[ProductTotal, ...]) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(12)
        across = 1 if len(totals) == 1 else 2
        for at, total in enumerate(totals):
            card = ProductCard(total, partial(self._show_product, total.product))
            grid.addWidget(card, at // across, at % across)
        for column in range(across):
            grid.setColumnStretch(column, 1)
        return grid

    def _show_product(self, product: str) -> None:
        self.session.show_view("license-details", RangeWanted(product=product))

    def _start(self, command: str) -> None:
        if command in commands.COMMANDS:
            commands.start(command, self.session, self)
        else:
            self.session.show_view(command.removeprefix("go-"))

    def _allowed(self, command: str) -> bool:
        return command not in commands.COMMANDS or commands.allowed(command, self.session)
