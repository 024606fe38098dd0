"""What can be done with the server that is selected: in menus, menu button and context menu alike."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from licensedesk.core.types import Role
from licensedesk.ui import commands
from licensedesk.ui.session import Session
from licensedesk.ui.view_actions import Actions

if TYPE_CHECKING:
    from collections.abc import Callable

    from licensedesk.core.server_overview import ServerOverview

_TREE = ("rename-server", "move-server", "suspend-server", "remove-server")
_ORDER = ("add-relay", "add-managed", "", *_TREE, "", "holding-option", "enrol-agent", "license-details")


class ServerActions(Actions):
    """The commands on one server, each enabled only where the server's role and the local server allow it."""

    def __init__(
        self, session: Session, parent: QWidget, chosen: Callable[[], ServerOverview | None]
    ) -> None:
        super().__init__(session, parent)
        self._parent = parent
        self._chosen = chosen
        for name in _ORDER:
            if name:
                self.add(name, partial(self.start, name))
        self.enable()

    @property
    def all(self) -> list[QAction]:
        """In the order of a menu, with separators."""
        return [self[name] if name else self._separator() for name in _ORDER]

    @property
    def change(self) -> list[QAction]:
        """Those that have no button of their own."""
        return [self[name] for name in _TREE]

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
        for name in _ORDER:
            if name:
                self.allow(name, self._why_not(name))
        row = self._chosen()
        suspended = row is not None and row.status is not None and row.status.line.suspended
        self["suspend-server"].setText(
            self.tr("Re&sume Server…") if suspended else self.tr("&Suspend Server…")
        )

    def _why_not(self, name: str) -> str:
        """What the selected server has against it; empty for nothing."""
        if name in {"add-relay", "add-managed"}:
            return ""
        row = self._chosen()
        if row is None:
            return "" if name in {"enrol-agent", "holding-option"} else self.tr("No server is selected.")
        if row.fact.role == Role.PRIMARY and name in {*_TREE, "enrol-agent"} - {"rename-server"}:
            return self.tr("The primary is not moved, suspended, removed or enrolled.")
        return ""

    def _separator(self) -> QAction:
        made = QAction(self)
        made.setSeparator(True)
        return made
