"""Choosing a server by its host name: typed, completed, or picked from the tree's order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
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
        if popup := completer.popup():
            popup.setProperty("role", "choices")
        self.activated.connect(lambda _at: self.chosen.emit())
        line = self.lineEdit()
        if line is not None:
            line.setAccessibleName(name)
            line.setPlaceholderText(self.tr("Choose, or type a part of the name"))
            line.textEdited.connect(lambda _text: self.chosen.emit())

    def offer(self, servers: Iterable[ServerFact], *, current: ServerId | None = None) -> str:
        """What may be chosen; keeps the choice where it is still among them, else takes `current`.

        The name of what was chosen and is no longer offered; else nothing.
        """
        chosen, name = self.server, self.currentText()
        self.clear()
        for server in servers:
            self.addItem(visible(server.host_name), server.id)
        at = self.findData(chosen) if chosen else -1
        self.setCurrentIndex(at if at >= 0 or not current else self.findData(current))
        return name if chosen and at < 0 else ""

    @property
    def server(self) -> ServerId | None:
        """The chosen server; None while the text is no name that is offered."""
        found = self.findText(self.currentText(), Qt.MatchFlag.MatchFixedString)
        return None if found < 0 else ServerId(str(self.itemData(found)))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - the name is Qt's
        """Return finishes the only name that has what was typed, before it means anything to a dialog."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._finish():
            event.accept()
            return
        super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - the name is Qt's
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self._finish()
        super().focusOutEvent(event)

    def _finish(self) -> bool:
        """Choose the only name that has what was typed; False where there is nothing to finish."""
        typed = self.currentText().strip().casefold()
        if not typed or self.server:
            return False
        having = [at for at in range(self.count()) if typed in self.itemText(at).casefold()]
        if len(having) != 1:
            return False
        self.setCurrentIndex(-1)
        self.setCurrentIndex(having[0])
        self.chosen.emit()
        return True

    def choose(self, server: ServerId) -> None:
        """As if it was picked."""
        self.setCurrentIndex(self.findData(server))
        self.chosen.emit()
