"""The closed sets of the domain in the words of the window's language."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QCoreApplication

from licensedesk.core.types import Kind, Option, Role
from licensedesk.ui.figures import number
from licensedesk.ui.tokens import State
from licensedesk.ui.widgets.chips import Chip


def _tr(text: str) -> str:
    return QCoreApplication.translate("Vocabulary", text)


def kind_word(kind: Kind) -> str:
    words = {Kind.PERMANENT: _tr("Permanent"), Kind.TERM: _tr("Term"), Kind.TRIAL: _tr("Trial")}
    return words[kind]


def role_word(role: str) -> str:
    words = {
        Role.PRIMARY: _tr("Primary"),
        Role.RELAY: _tr("Relay"),
        Role.MANAGED: _tr("Managed server"),
    }
    return words[Role(role)]


def holder_word(option: str, *, primary: bool) -> str:
    """What makes a server a holder, in short: it is the primary, or its license holding option."""
    if primary:
        return _tr("Primary")
    words = {
        Option.DISTRIBUTION: _tr("Distribution"),
        Option.REGISTRATION: _tr("Registration"),
        Option.NONE: _tr("None"),
    }
    return words[Option(option)]


def license_chip(state: str) -> Chip:
    """The state of a product license on a day, as `list_licenses` gives it."""
    chips = {
        "valid": Chip(_tr("Valid"), State.OK),
        "expired": Chip(_tr("Expired"), State.CRITICAL),
        "not-yet-valid": Chip(_tr("Not yet valid"), State.INFO),
        "deregistered": Chip(_tr("Deregistered"), State.NEUTRAL),
    }
    return chips[state]


def counted(count: int, *others: str, one: str, several: str) -> str:
    """Of two sentences the one that fits the figure, which is {0}; the others are {1} and so on."""
    return (one if count == 1 else several).format(number(count), *others)


def ledger_words() -> dict[str, str]:
    """The states of the ledger in words, by their names there."""
    return {
        "current": _tr("Current"),
        "pending": _tr("Pending"),
        "sent": _tr("Sent"),
        "rejected": _tr("Rejected"),
        "unreachable": _tr("Unreachable"),
        "not enrolled": _tr("Not enrolled"),
        "invited": _tr("Invited"),
        "suspended": _tr("Suspended"),
        "unknown": _tr("Unknown"),
    }


@cache
def ledger_chip(state: str) -> Chip:
    """The state of a server in the ledger."""
    looks = {
        "current": (State.OK, ""),
        "pending": (State.INFO, "pending"),
        "sent": (State.INFO, "sent"),
        "rejected": (State.CRITICAL, ""),
        "unreachable": (State.WARNING, "unreachable"),
        "not enrolled": (State.NEUTRAL, ""),
        "invited": (State.INFO, "invited"),
        "suspended": (State.NEUTRAL, "suspended"),
        "unknown": (State.WARNING, "unknown"),
    }
    look, icon = looks[state]
    return Chip(ledger_words()[state], look, icon)


def action_word(action: str) -> str:
    """An audited action in words; an unknown code is shown as it is."""
    words = {
        "init": _tr("Site created"),
        "allocate": _tr("Licenses distributed"),
        "option": _tr("Holding option set"),
        "license-register": _tr("License registered"),
        "license-deregister": _tr("License deregistered"),
        "issuer-add": _tr("Issuer trusted"),
        "issuer-remove": _tr("Issuer removed"),
        "server-add": _tr("Server added"),
        "server-move": _tr("Server moved"),
        "server-rename": _tr("Server renamed"),
        "server-remove": _tr("Server removed"),
        "server-suspend": _tr("Server suspended"),
        "server-resume": _tr("Server resumed"),
        "enrol": _tr("Agent invited"),
        "setting": _tr("Setting changed"),
        "backup": _tr("Backed up"),
        "restore": _tr("Restored"),
        "renumber": _tr("Renumbered"),
        "stamps-disagree": _tr("Ledger and time stamps disagreed"),
        "node-import": _tr("Nodes imported"),
        "node-manage": _tr("Nodes managed"),
        "node-exclude": _tr("Nodes excluded"),
        "node-discover": _tr("Nodes returned to discovered"),
        "node-delete": _tr("Nodes deleted"),
        "node-product": _tr("Product of nodes changed"),
    }
    return words.get(action, action)
