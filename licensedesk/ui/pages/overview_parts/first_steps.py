"""Getting started: what a new site lacks, in the order in which it is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFrame, QGridLayout, QVBoxLayout, QWidget

from licensedesk.ui.tokens import State
from licensedesk.ui.widgets.chips import Chip, ChipLabel
from licensedesk.ui.widgets.page import button, label

if TYPE_CHECKING:
    from licensedesk.core.overview import Begun


def _tr(text: str) -> str:
    return QCoreApplication.translate("Overview", text)


@dataclass(frozen=True, slots=True)
class Step:
    """`command` is the name of an action that opens a dialog, or goes to a view."""

    title: str
    why: str
    button: str
    command: str
    done: bool


def is_new(begun: Begun) -> bool:
    """Nothing to see yet but what is to be done: no product, license or node."""
    return not (begun.products and begun.licenses and begun.nodes)


def steps(begun: Begun) -> tuple[Step, ...]:
    return (
        Step(
            _tr("Trust the issuer of your licenses"),
            _tr("Its public key, and the products that it may license."),
            _tr("Issuers…"),
            "issuers",
            begun.products > 0,
        ),
        Step(
            _tr("Register your license key files"),
            _tr("What was bought, on the primary management server."),
            _tr("Register License…"),
            "register-license",
            begun.licenses > 0,
        ),
        Step(
            _tr("Add management relay servers and managed servers"),
            _tr("The tree over which the licenses are shared."),
            _tr("Add Relay Server…"),
            "add-relay",
            begun.servers > 1,
        ),
        Step(
            _tr("Let relays hold licenses of their own"),
            _tr("Each makes a range; the others share those of the next holder above them."),
            _tr("License Holding Option…"),
            "holding-option",
            begun.holders > 1,
        ),
        Step(
            _tr("Import the nodes that were discovered"),
            _tr("From nmap, GLPI, OCS Inventory or CSV; a managed node uses one license."),
            _tr("Import Nodes…"),
            "import-nodes",
            begun.nodes > 0,
        ),
        Step(
            _tr("Enrol the agents, and distribute License.xml"),
            _tr("Each server proves that it has what its range holds."),
            _tr("Servers"),
            "go-servers",
            begun.enrolled > 0,
        ),
    )


class FirstSteps(QFrame):
    """`start` is given the command of the step; the next step to be done has the filled button."""

    def __init__(
        self,
        shown: Sequence[Step],
        start: Callable[[str], object],
        allowed: Callable[[str], bool],
    ) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self.setAccessibleName(_tr("Getting started"))
        grid = QGridLayout(self)
        grid.setContentsMargins(16, 12, 16, 12)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(12)
        grid.setColumnStretch(1, 1)
        following = next((step for step in shown if not step.done), None)
        for row, step in enumerate(shown):
            done = Chip(_tr("Done"), State.OK) if step.done else Chip(_tr("Step {0}").format(row + 1))
            grid.addWidget(ChipLabel(done), row, 0)
            grid.addWidget(_words(step), row, 1)
            one = button(
                step.button,
                partial(start, step.command),
                kind="main" if step is following else "",
            )
            one.setEnabled(allowed(step.command))
            one.setProperty("action", step.command)
            grid.addWidget(one, row, 2)


def _words(step: Step) -> QWidget:
    pair = QWidget()
    layout = QVBoxLayout(pair)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(2)
    layout.addWidget(label(step.title, "strong"))
    layout.addWidget(label(step.why, "secondary"))
    return pair
