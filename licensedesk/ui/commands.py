"""What the menus and buttons start, by name: each opens a dialog over a window, loaded when it is wanted.

A dialog module has one function that opens it, `open_…(session, parent, **what)`; any view may ask for
any of them, so they stand here once, with their words, shortcuts and who may.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from licensedesk.ui.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """`place` is module and function below `licensedesk.ui.dialogs`; `primary` is for the primary alone,
    `closed` also for a window whose site is not open, `server` acts on the server chosen in the views.
    """

    text: str
    place: str
    shortcut: str = ""
    primary: bool = False
    closed: bool = False
    server: bool = False
    icon: str = ""

    @property
    def title(self) -> str:
        return QCoreApplication.translate("Commands", self.text)


COMMANDS = {
    "register-license": Command(
        text="Register License…",
        place="register_license:open_register_license",
        shortcut="Ctrl+R",
    ),
    "distribute-licenses": Command(
        text="Distribute Licenses…",
        place="distribute_licenses:open_distribute_licenses",
        shortcut="Ctrl+D",
        primary=True,
    ),
    "holding-option": Command(
        text="License Holding Option…",
        place="holding_option:open_holding_option",
        primary=True,
    ),
    "license-details": Command(
        text="License Details of Range…",
        place="license_details:open_license_details",
    ),
    "deregister-license": Command(
        text="Deregister License…",
        place="deregister_license:open_deregister_license",
    ),
    "issuers": Command(text="Issuers…", place="issuers:open_issuers", primary=True),
    "add-relay": Command(
        text="Add Relay Server…",
        place="add_server:open_add_relay",
        primary=True,
    ),
    "add-managed": Command(
        text="Add Managed Server…",
        place="add_server:open_add_managed",
        primary=True,
    ),
    "rename-server": Command(
        text="Rename Server…",
        place="rename_server:open_rename_server",
        shortcut="F2",
        primary=True,
        server=True,
    ),
    "move-server": Command(
        text="Move Server…",
        place="move_server:open_move_server",
        primary=True,
        server=True,
    ),
    "suspend-server": Command(
        text="Suspend or Resume Server…",
        place="suspend_server:open_suspend_server",
        primary=True,
        server=True,
    ),
    "remove-server": Command(
        text="Remove Server…",
        place="remove_server:open_remove_server",
        primary=True,
        server=True,
    ),
    "enrol-agent": Command(
        text="Enrol Agent…",
        place="enrol_agent:open_enrol_agent",
        primary=True,
    ),
    "import-nodes": Command(
        text="Import Nodes…",
        place="import_nodes:open_import_nodes",
        shortcut="Ctrl+I",
    ),
    "settings": Command(
        text="Site Settings…",
        place="settings:open_settings",
        shortcut="Ctrl+,",
    ),
    "back-up": Command(text="Back Up Site…", place="back_up:open_back_up", primary=True),
    "restore": Command(text="Restore Site…", place="back_up:open_restore", primary=True, closed=True),
    "renumber": Command(text="Renumber Site…", place="renumber:open_renumber", primary=True),
    "unlock": Command(text="Unlock Site Key…", place="unlock:open_unlock", primary=True),
    "shortcuts": Command(
        text="Keyboard Shortcuts",
        place="shortcuts:open_shortcuts",
        shortcut="F1",
        closed=True,
    ),
    "about": Command(text="About LicenseDesk", place="about:open_about", closed=True),
}


def start(name: str, session: Session, parent: QWidget, **what: Any) -> None:
    """Open the dialog of a command over the window of `parent`."""
    module, function = COMMANDS[name].place.split(":")
    opening = getattr(import_module(f"licensedesk.ui.dialogs.{module}"), function)
    opening(session, parent.window(), **what)


def allowed(name: str, session: Session) -> bool:
    """Whether the local server's administrator may start it, and has chosen what it acts on."""
    command = COMMANDS[name]
    who = (session.is_open or command.closed) and (session.at_primary or not command.primary)
    return who and bool(session.server or not command.server)
