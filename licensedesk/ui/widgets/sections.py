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
        self._lines: list[_Line] = []
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(24)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnStretch(2, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._grid)
        layout.addStretch()

    def set_terms(self, terms: Sequence[Term]) -> None:
        """The lines that stand already are filled anew: to make them takes longer than all else here."""
        self._terms = tuple(terms)
        for row in range(len(self._lines), len(terms)):
            self._lines.append(_Line(self._grid, row))
        for at, line in enumerate(self._lines):
            line.show(terms[at] if at < len(terms) else None)

    def text(self) -> str:
        """Name, figure and reason of each term, tab-separated."""
        return "\n".join("\t".join((one.name, one.figure, one.reason)) for one in self._terms) + "\n"

    def copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text())


class _Line:
    """The three labels of a term."""

    def __init__(self, grid: QGridLayout, row: int) -> None:
        self._name, self._figure, self._reason = (label("") for _ in range(3))
        self._figure.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._reason.setWordWrap(True)
        _give_role(self._reason, "secondary")
        self._labels = (self._name, self._figure, self._reason)
        for column, shown in enumerate(self._labels):
            shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            shown.setCursor(Qt.CursorShape.IBeamCursor)
            grid.addWidget(shown, row, column)

    def show(self, term: Term | None) -> None:
        """None: the line is not needed now."""
        if term is None:
            for one in self._labels:
                one.hide()
            return
        role = "critical-figure" if term.state is State.CRITICAL else "figure"
        _give_role(self._name, "secondary" if term.indent else "")
        _give_role(self._figure, "" if term.indent else role)
        self._name.setContentsMargins(16 if term.indent else 0, 0, 0, 0)
        for one, text in zip(
            self._labels, (visible(term.name), term.figure, visible(term.reason)), strict=True
        ):
            one.setText(text)
            # What says nothing is no stop for Tab.
            one.setVisible(bool(text))


def _give_role(shown: QLabel, role: str) -> None:
    """The style looks at it once, unless it is told of another."""
    if (shown.property("role") or "") != role:
        shown.setProperty("role", role)
        shown.style().polish(shown)


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
