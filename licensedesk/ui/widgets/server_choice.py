"""Choosing a server by its host name: typed, completed, or picked from the tree's order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QCompleter, QWidget

from licensedesk.core.names import visible
from licensedesk.core.types import ServerId

if TYPE_CHECKING:
    from licensedesk.core.tree import ServerFact


class ServerChoice(QComboBox):
    """Editable, so that one of many is found by typing any part of its name."""

    chosen = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setMinimumWidth(260)
        completer = self.completer() or QCompleter(self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self.activated.connect(lambda _at: self.chosen.emit())
        line = self.lineEdit()
        if line is not None:
            line.setAccessibleName(name)
            line.textEdited.connect(lambda _text: self.chosen.emit())

    def offer(self, servers: Iterable[ServerFact], *, current: ServerId | None = None) -> None:
        """What may be chosen; keeps the choice where it is still among them, else takes `current`."""
        kept = self.server or current
        self.clear()
        for server in servers:
            self.addItem(visible(server.host_name), server.id)
        self.setCurrentIndex(self.findData(kept) if kept else -1)

    @property
    def server(self) -> ServerId | None:
        """The chosen server; None while the text is no name that is offered."""
        found = self.findText(self.currentText(), Qt.MatchFlag.MatchFixedString)
        return None if found < 0 else ServerId(str(self.itemData(found)))

    def choose(self, server: ServerId) -> None:
        """As if it was picked."""
        self.setCurrentIndex(self.findData(server))
        self.chosen.emit()
