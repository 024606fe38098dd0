"""What the window and its views do besides opening dialogs, by name: words, keys, where, and who may.

Menus, context menus, buttons and the list of shortcuts all show what stands here and in `commands`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QObject, Qt
from PySide6.QtGui import QAction, QKeySequence

from licensedesk.ui import commands


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`views` are the keys of the views in which it can be done, none for the window itself. `keys` are in
    the portable form; `local` ones are only for what has the focus, so that no letter is taken from a field.
    """

    text: str
    what: str = ""
    keys: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    primary: bool = False
    local: bool = False

    @property
    def title(self) -> str:
        """As in a menu, with its mnemonic."""
        return QCoreApplication.translate("Actions", self.text)

    @property
    def meaning(self) -> str:
        """What it does, where its name does not say all."""
        return QCoreApplication.translate("Actions", self.what) if self.what else ""


_NODES = ("discovered", "managed", "excluded")
_TABLES = ("license-details", "license-distribution", "servers", *_NODES, "events", "audit")
_FILTERED = ("license-distribution", "servers", *_NODES, "events", "audit")

ENTRIES = {
    # -- file
    "export": Entry(
        text="&Export…",
        keys=("Ctrl+E",),
        views=("license-details", *_NODES, "audit"),
    ),
    "save-picture": Entry(text="Save &Picture…", keys=("Ctrl+S",), views=("map",)),
    "print": Entry(text="Pr&int…", keys=("Ctrl+P",), views=("map",)),
    "open-site": Entry(
        text="&Open Another Site…",
        what="In a window of its own; an empty folder becomes a new site.",
        keys=("Ctrl+O",),
    ),
    "quit": Entry(text="&Quit", keys=("Ctrl+Q",)),
    # -- edit
    "copy": Entry(text="&Copy", keys=("Ctrl+C",)),
    "copy-headings": Entry(text="Copy with &Headings", keys=("Ctrl+Shift+C",), views=_TABLES),
    "copy-counted": Entry(text="Copy How It Is Co&unted", views=("license-details",)),
    "select-all": Entry(text="Select &All", keys=("Ctrl+A",)),
    "find": Entry(text="&Find", keys=("Ctrl+F",)),
    "clear-filters": Entry(text="Clear Fi&lters", keys=("Ctrl+Shift+F",), views=_FILTERED),
    # -- license
    "distribute-now": Entry(
        text="Distribute License.xml &Now",
        keys=("Ctrl+Return", "Ctrl+Enter"),
        primary=True,
    ),
    "retry": Entry(
        text="Retry &Selected",
        what="Send also where a rejection waits for a person.",
        keys=("Ctrl+Shift+Return",),
        views=("license-distribution",),
        primary=True,
    ),
    "verify": Entry(
        text="&Verify All",
        what="Send the same message again: the agent reads its file, heals it and reports.",
        keys=("Ctrl+Shift+V",),
        views=("license-distribution",),
        primary=True,
    ),
    # -- node
    "manage": Entry(text="&Manage…", keys=("Ctrl+M",), views=("discovered", "excluded")),
    "exclude": Entry(
        text="E&xclude…",
        keys=("Ctrl+Shift+X",),
        views=("discovered", "managed"),
    ),
    "discover": Entry(text="&Return to Discovered…", views=("managed", "excluded")),
    "set-product": Entry(text="&Change Product…", views=("discovered", "managed")),
    "delete": Entry(text="&Delete…", keys=("Del",), views=_NODES, local=True),
    "node-details": Entry(text="Details of &Node…", keys=("Alt+Return",), views=_NODES),
    "why-waiting": Entry(
        text="&Why Is This Node Waiting?",
        keys=("Ctrl+Shift+W",),
        views=("discovered",),
    ),
    "use-range": Entry(text="&Use a Whole Range…", keys=("Ctrl+U",), views=_NODES),
    # -- events
    "acknowledge": Entry(text="&Acknowledge", keys=("Ctrl+K",), views=("events",)),
    "verify-audit": Entry(
        text="&Verify Audit Log",
        what="Walk the whole chain of seals.",
        views=("audit",),
        primary=True,
    ),
    "audit-entry": Entry(text="Details of &Entry…", keys=("Alt+Return",), views=("audit",), primary=True),
    # -- go
    "go-overview": Entry(text="&Overview", keys=("Ctrl+1",)),
    "go-license-details": Entry(text="&License Details", keys=("Ctrl+2",)),
    "go-license-distribution": Entry(text="License &Distribution", keys=("Ctrl+3",)),
    "go-servers": Entry(text="&Servers", keys=("Ctrl+4",)),
    "go-map": Entry(text="&Map of Ranges", keys=("Ctrl+5",)),
    "go-discovered": Entry(text="D&iscovered Nodes", keys=("Ctrl+6",)),
    "go-managed": Entry(text="Mana&ged Nodes", keys=("Ctrl+7",)),
    "go-excluded": Entry(text="E&xcluded Nodes", keys=("Ctrl+8",)),
    "go-events": Entry(text="&Event List", keys=("Ctrl+9",)),
    "go-audit": Entry(text="&Audit Log", keys=("Ctrl+0",), primary=True),
    "show-in-servers": Entry(text="Show Server in Se&rvers"),
    "show-on-map": Entry(text="Show Server on Ma&p"),
    "show-managed": Entry(text="Show Managed Nodes o&f Range", views=("license-details",)),
    "show-waiting": Entry(text="Show &Waiting Nodes of Range", views=("license-details",)),
    "show-cause": Entry(text="Show &Cause of Event", views=("events",)),
    "next-part": Entry(text="&Next Part of the Window", keys=("F6",)),
    "previous-part": Entry(text="Pre&vious Part of the Window", keys=("Shift+F6",)),
    # -- view
    "arrange-columns": Entry(
        text="Arrange Co&lumns…", what="Move the columns of the table, show and hide them."
    ),
    "reload": Entry(text="&Reload", keys=("F5",)),
    "stop": Entry(
        text="&Stop What Runs",
        keys=("Ctrl+.",),
        views=("license-distribution", "map", *_NODES, "audit"),
    ),
    "open-all": Entry(text="Open &All", views=("servers",)),
    "close-all": Entry(text="&Close All", views=("servers",)),
    "fit": Entry(
        text="&Fit",
        what="Show all servers; zoom with the wheel, or + and -.",
        keys=("0",),
        views=("map",),
        local=True,
    ),
    "zoom-in": Entry(text="Zoom &In", keys=("+", "="), views=("map",), local=True),
    "zoom-out": Entry(text="Zoom &Out", keys=("-",), views=("map",), local=True),
}


def described(name: str) -> Entry:
    """Of an action by its name, be it one of these or the command of a dialog."""
    if name in ENTRIES:
        return ENTRIES[name]
    command = commands.COMMANDS[name]
    keys = (command.shortcut,) if command.shortcut else ()
    return Entry(text=command.text, keys=keys, primary=command.primary, local=command.local)


def menu_text(name: str) -> str:
    """As in a menu, with its mnemonic."""
    return ENTRIES[name].title if name in ENTRIES else commands.COMMANDS[name].title


def make_action(name: str, parent: QObject, do: Callable[[], object]) -> QAction:
    """With the words and keys of its entry; `objectName` is its name."""
    entry = described(name)
    action = QAction(menu_text(name), parent)
    action.setObjectName(name)
    action.setShortcuts([QKeySequence(one) for one in entry.keys])
    explain(action)
    if entry.local:
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
    action.triggered.connect(lambda _checked: do())
    return action


def explain(action: QAction, why_not: str = "") -> None:
    """Enabled unless there is a reason; beside the menu that says the reason, else what it does."""
    action.setEnabled(not why_not)
    words = why_not or described(action.objectName()).meaning
    action.setToolTip(words)
    action.setStatusTip(words)
