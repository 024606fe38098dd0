"""Titles of sections, and the list of figures with what makes each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from licensedesk.core.names import visible
from licensedesk.ui.mnemonics import plain
from licensedesk.ui.tokens import State
from licensedesk.ui.widgets.page import label


class SectionTitle(QWidget):
    """A title over a part of a page, with room for small widgets at its right."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = label(title, "section")
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 4, 0, 0)
        self.row.setSpacing(8)
        self.row.addWidget(self._title)
        self.row.addStretch()

    def set_title(self, title: str) -> None:
        self._title.setText(title)


@dataclass(frozen=True, slots=True)
class Term:
    """One figure: what it is, how many, and what makes it. `indent` terms add up to the one above."""

    name: str
    figure: str
    reason: str = ""
    state: State = State.NEUTRAL
    indent: bool = False


class FigureList(QWidget):
    """Terms under each other: name, figure right-aligned, reason; copyable as tab-separated text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._terms: tuple[Term, ...] = ()
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(24)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnStretch(2, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._grid)
        layout.addStretch()

    def set_terms(self, terms: Sequence[Term]) -> None:
        self._terms = tuple(terms)
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for row, term in enumerate(self._terms):
            self._add(row, term)

    def _add(self, row: int, term: Term) -> None:
        name = label(visible(term.name), "secondary" if term.indent else "")
        name.setContentsMargins(16 if term.indent else 0, 0, 0, 0)
        role = "critical-figure" if term.state is State.CRITICAL else "figure"
        figure = label(term.figure, "" if term.indent else role)
        figure.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        reason = label(visible(term.reason), "secondary")
        reason.setWordWrap(True)
        for shown in (name, figure, reason):
            _selectable(shown)
        self._grid.addWidget(name, row, 0)
        self._grid.addWidget(figure, row, 1)
        self._grid.addWidget(reason, row, 2)

    def text(self) -> str:
        """Name, figure and reason of each term, tab-separated."""
        return "\n".join("\t".join((one.name, one.figure, one.reason)) for one in self._terms) + "\n"

    def copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text())


def _selectable(shown: QLabel) -> None:
    shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    shown.setCursor(Qt.CursorShape.IBeamCursor)


def labelled(text: str, widget: QWidget) -> QWidget:
    """The label before its input; it is the input's accessible name and carries its mnemonic."""
    shown = QLabel(text)
    shown.setTextFormat(Qt.TextFormat.PlainText)
    shown.setProperty("role", "secondary")
    shown.setBuddy(widget)
    widget.setAccessibleName(plain(text).rstrip(":"))
    pair = QWidget()
    pair.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
    row = QHBoxLayout(pair)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(12)
    row.addWidget(shown)
    row.addWidget(widget)
    return pair
