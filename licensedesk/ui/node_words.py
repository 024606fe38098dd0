"""What is said of nodes and of what is done to them, with figures, in one place."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QCoreApplication

from licensedesk.core.types import NodeState
from licensedesk.ui.figures import moment, number
from licensedesk.ui.tokens import State
from licensedesk.ui.widgets.chips import Chip


def _tr(text: str) -> str:
    return QCoreApplication.translate("Nodes", text)


def nodes(count: int) -> str:
    """`1 node`, `5,321 nodes`."""
    return _tr("1 node") if count == 1 else _tr("{0} nodes").format(number(count))


def _titled(count: int) -> str:
    """As in a button."""
    return _tr("1 Node") if count == 1 else _tr("{0} Nodes").format(number(count))


def act_button(act: str, count: int) -> str:
    """What pressing the button does: `Manage 12 Nodes`."""
    return act_scoped(act).format(_titled(count))


def act_short(act: str) -> str:
    """Beside words that say of which nodes."""
    words = {
        "manage": _tr("Manage"),
        "exclude": _tr("Exclude"),
        "discover": _tr("Return to Discovered"),
        "delete": _tr("Delete"),
        "set-product": _tr("Change Product"),
    }
    return words[act]


def act_scoped(act: str) -> str:
    """With the place for how many, or for "All" with how many."""
    patterns = {
        "manage": _tr("Manage {0}"),
        "exclude": _tr("Exclude {0}"),
        "discover": _tr("Return {0} to Discovered"),
        "delete": _tr("Delete {0}"),
        "set-product": _tr("Change Product of {0}"),
    }
    return patterns[act]


def act_title(act: str) -> str:
    titles = {
        "manage": _tr("Manage Nodes"),
        "exclude": _tr("Exclude Nodes"),
        "discover": _tr("Return Nodes to Discovered"),
        "delete": _tr("Delete Nodes"),
        "set-product": _tr("Change Product of Nodes"),
    }
    return titles[act]


def act_meaning(act: str) -> str:
    """What it means for licenses, and for a device that is found again."""
    words = {
        "manage": _tr("A managed node uses one license of its product, from the range that found it."),
        "exclude": _tr(
            "An excluded node uses no license and waits for none. Found again, it stays excluded."
        ),
        "discover": _tr("A discovered node uses no license; it waits until it is managed."),
        "delete": _tr(
            "All that is known of these nodes is lost: host name, addresses, first and last seen."
            " A device that is found again is then a new node."
        ),
        "set-product": _tr("A managed node then uses a license of the other product, if one remains."),
    }
    return words[act]


def done_sentence(act: str, changed: int, left: int) -> str:
    """After it, in the status bar."""
    patterns = {
        "manage": _tr("{0} managed."),
        "exclude": _tr("{0} excluded."),
        "discover": _tr("{0} returned to discovered."),
        "delete": _tr("{0} deleted."),
        "set-product": _tr("The product of {0} was changed."),
    }
    said = patterns[act].format(nodes(changed))
    return f"{said} {left_sentence(left)}".strip()


def will_sentence(act: str, count: int) -> str:
    """Before it."""
    patterns = {
        "manage": _tr("{0} will be managed."),
        "exclude": _tr("{0} will be excluded."),
        "discover": _tr("{0} will be discovered again."),
        "delete": _tr("{0} will be deleted."),
        "set-product": _tr("{0} will be meant for the other product."),
    }
    return patterns[act].format(nodes(count))


def left_sentence(left: int) -> str:
    return _tr("For {0} no license remains.").format(nodes(left)) if left else ""


def state_word(state: str) -> str:
    words = {
        NodeState.DISCOVERED: _tr("Discovered"),
        NodeState.MANAGED: _tr("Managed"),
        NodeState.EXCLUDED: _tr("Excluded"),
    }
    return words[NodeState(state)]


def state_chip(state: str) -> Chip:
    """Managed is what uses a license; the others are neither good nor bad."""
    icons = {
        NodeState.DISCOVERED: (State.INFO, "discovered"),
        NodeState.MANAGED: (State.OK, "managed"),
        NodeState.EXCLUDED: (State.NEUTRAL, "excluded"),
    }
    kind, icon = icons[NodeState(state)]
    return Chip(state_word(state), kind, icon)


def family_word(family: str) -> str:
    """The family of operating systems, by the core's name of it."""
    words = {"windows": "Windows", "linux": "Linux", "macos": "macOS", "bsd": "BSD", "other": _tr("Other")}
    return words.get(family, family)


def seen(stamp: str) -> str:
    """A stored time stamp, in local time to the minute."""
    return moment(datetime.fromisoformat(stamp))
