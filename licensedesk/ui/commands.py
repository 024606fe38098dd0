"""What the menus and buttons start, by name: each opens a dialog over a window, loaded when it is wanted.

A dialog module has one function that opens it, `open_…(session, parent, **what)`; any view may ask for
any of them, so they stand here once, with their words, shortcuts and who may.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from licensedesk.ui.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """`place` is module and function below `licensedesk.ui.dialogs`; `primary` is for the primary alone,
    `registers` for a local server on which licenses may be registered, `closed` also for a window whose
    site is not open, `server` acts on the server chosen in the views, `chosen` on what only a view knows.
    A `local` shortcut works where one sees what it acts on.
    """

    text: str
    place: str
    shortcut: str = ""
    primary: bool = False
    registers: bool = False
    closed: bool = False
    server: bool = False
    chosen: bool = False
    local: bool = False

    @property
    def title(self) -> str:
        """As in a menu, with its mnemonic."""
        return QCoreApplication.translate("Commands", self.text)


COMMANDS = {
    "register-license": Command(
        text="&Register License…",
        place="register_license:open_register_license",
        shortcut="Ctrl+R",
        registers=True,
    ),
    "distribute-licenses": Command(
        text="&Distribute Licenses…",
        place="distribute_licenses:open_distribute_licenses",
        shortcut="Ctrl+D",
        primary=True,
    ),
    "holding-option": Command(
        text="License &Holding Option…",
        place="holding_option:open_holding_option",
        shortcut="Ctrl+H",
        primary=True,
    ),
    "license-details": Command(
        text="License De&tails of Range…",
        place="license_details:open_license_details",
        shortcut="Ctrl+L",
    ),
    "deregister-license": Command(
        text="D&eregister License…",
        place="deregister_license:open_deregister_license",
        registers=True,
        chosen=True,
    ),
    "issuers": Command(text="&Issuers…", place="issuers:open_issuers", primary=True),
    "add-relay": Command(
        text="Add &Relay Server…",
        place="add_server:open_add_relay",
        primary=True,
    ),
    "add-managed": Command(
        text="Add &Managed Server…",
        place="add_server:open_add_managed",
        primary=True,
    ),
    "rename-server": Command(
        text="Re&name Server…",
        place="rename_server:open_rename_server",
        shortcut="F2",
        primary=True,
        server=True,
    ),
    "move-server": Command(
        text="Mo&ve Server…",
        place="move_server:open_move_server",
        primary=True,
        server=True,
    ),
    "suspend-server": Command(
        text="&Suspend or Resume Server…",
        place="suspend_server:open_suspend_server",
        primary=True,
        server=True,
    ),
    "remove-server": Command(
        text="R&emove Server…",
        place="remove_server:open_remove_server",
        shortcut="Del",
        primary=True,
        server=True,
        local=True,
    ),
    "enrol-agent": Command(
        text="Enrol &Agent…",
        place="enrol_agent:open_enrol_agent",
        primary=True,
    ),
    "import-nodes": Command(
        text="&Import Nodes…",
        place="import_nodes:open_import_nodes",
        shortcut="Ctrl+I",
    ),
    "settings": Command(
        text="Site &Settings…",
        place="settings:open_settings",
        shortcut="Ctrl+,",
        primary=True,
    ),
    "back-up": Command(text="&Back Up Site…", place="back_up:open_back_up", primary=True),
    "restore": Command(
        text="&Restore Site…",
        place="back_up:open_restore",
        primary=True,
        closed=True,
    ),
    "renumber": Command(text="Re&number Site…", place="renumber:open_renumber", primary=True),
    "unlock": Command(text="&Unlock Site Key…", place="unlock:open_unlock", primary=True),
    "shortcuts": Command(
        text="&Keyboard Shortcuts",
        place="shortcuts:open_shortcuts",
        shortcut="F1",
        closed=True,
    ),
    "about": Command(text="&About LicenseDesk", place="about:open_about", closed=True),
}


def start(name: str, session: Session, parent: QWidget, **what: Any) -> None:
    """Open the dialog of a command over the window of `parent`."""
    module, function = COMMANDS[name].place.split(":")
    opening = getattr(import_module(f"licensedesk.ui.dialogs.{module}"), function)
    opening(session, parent.window(), **what)


def why_not(name: str, session: Session) -> str:
    """Why the local server's administrator may not start it now, in a sentence; empty where nothing is
    against it but, maybe, that nothing is chosen.
    """
    command = COMMANDS[name]
    if not session.is_open and not command.closed:
        return not_open()
    if command.primary and not session.at_primary:
        return only_primary()
    if command.registers and not session.registers:
        return QCoreApplication.translate(
            "Commands", "This server does not have the option License registration."
        )
    return ""


def allowed(name: str, session: Session) -> bool:
    """Whether the local server's administrator may start it, and has chosen what it acts on."""
    return not why_not(name, session) and bool(session.server or not COMMANDS[name].server)


def not_open() -> str:
    return QCoreApplication.translate("Commands", "The site is not open yet.")


def only_primary() -> str:
    return QCoreApplication.translate("Commands", "Only the primary's administrator does this.")
