"""What can be done with the server that is selected: the same in the menu button and the context menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from licensedesk.core.types import Role
from licensedesk.ui import commands
from licensedesk.ui.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from licensedesk.core.server_overview import ServerOverview

_TREE = ("rename-server", "move-server", "suspend-server", "remove-server")
_ORDER = ("add-relay", "add-managed", "", *_TREE, "", "holding-option", "enrol-agent", "license-details")


class ServerActions(QObject):
    """The commands on one server, each enabled only where the server's role and the local server allow it."""

    def __init__(
        self, session: Session, parent: QWidget, chosen: Callable[[], ServerOverview | None]
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._parent = parent
        self._chosen = chosen
        self._made = {name: self._make(name) for name in _ORDER if name}
        # The menu of the window has no key for it, so that it is only pressed where one sees what goes.
        remove = self._made["remove-server"]
        remove.setShortcut(QKeySequence(QKeySequence.StandardKey.Delete))
        remove.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self.enable()

    def __getitem__(self, name: str) -> QAction:
        return self._made[name]

    @property
    def all(self) -> list[QAction]:
        """In the order of a menu, with separators."""
        return [self._made[name] if name else self._separator() for name in _ORDER]

    @property
    def change(self) -> list[QAction]:
        """Those that have no button of their own."""
        return [self._made[name] for name in _TREE]

    def start(self, name: str, **more: str) -> None:
        """Open the dialog of a command for the selected server; of a managed one it is its relay that has
        an option.
        """
        row = self._chosen()
        what: dict[str, str] = {}
        if row is not None:
            key = {"add-relay": "under", "add-managed": "under", "license-details": "source"}
            what[key.get(name, "server")] = row.fact.id
        if name == "holding-option" and row is not None and row.fact.role == Role.MANAGED:
            what["server"] = row.fact.parent or row.fact.id
        commands.start(name, self._session, self._parent, **{**what, **more})

    def enable(self) -> None:
        """After another server was selected."""
        for name, action in self._made.items():
            why_not = self._why_not(name)
            action.setEnabled(not why_not)
            action.setToolTip(why_not)
        row = self._chosen()
        suspended = row is not None and row.status is not None and row.status.line.suspended
        self._made["suspend-server"].setText(
            self.tr("Resume Server…") if suspended else self.tr("Suspend Server…")
        )

    def _why_not(self, name: str) -> str:
        """Why it cannot be started now; empty where it can."""
        if not self._session.is_open:
            return self.tr("The site is not open yet.")
        if commands.COMMANDS[name].primary and not self._session.at_primary:
            return self.tr("Only the primary's administrator does this.")
        if name in {"add-relay", "add-managed"}:
            return ""
        row = self._chosen()
        if row is None:
            return "" if name in {"enrol-agent", "holding-option"} else self.tr("No server is selected.")
        if row.fact.role == Role.PRIMARY and name in {*_TREE, "enrol-agent"} - {"rename-server"}:
            return self.tr("The primary is not moved, suspended, removed or enrolled.")
        return ""

    def _make(self, name: str) -> QAction:
        command = commands.COMMANDS[name]
        # As words after a tab: the key belongs to the window's menu, and a key set twice does nothing.
        keys = QKeySequence(command.shortcut).toString(QKeySequence.SequenceFormat.NativeText)
        action = QAction(f"{command.title}\t{keys}" if keys else command.title, self)
        action.triggered.connect(lambda: self.start(name))
        return action

    def _separator(self) -> QAction:
        made = QAction(self)
        made.setSeparator(True)
        return made
