"""The QActions of a view: its context menus and buttons show them, and the menus of the window while it is
shown (ui/menus.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QPushButton

from licensedesk.ui import commands
from licensedesk.ui.actions import ENTRIES, explain, make_action
from licensedesk.ui.mnemonics import literal, plain
from licensedesk.ui.session import Session
from licensedesk.ui.widgets.page import button


class Actions(QObject):
    """What one view, or one part of it, can do; each enabled while it can be done, and says why not."""

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._made: dict[str, QAction] = {}
        self._against: dict[str, str] = {}
        session.opened.connect(self._judge_again)
        session.named.connect(self._judge_again)

    def add(self, name: str, do: Callable[[], object]) -> QAction:
        self._made[name] = make_action(name, self, do)
        self.allow(name)
        return self._made[name]

    def put(self, *actions: QAction) -> None:
        """Made by a widget, which has the keys."""
        self._made |= {action.objectName(): action for action in actions}

    def adopt(self, others: Actions) -> None:
        """Those of a part, for the menus of the window; what is here already stays."""
        self._made = {**dict(others.items()), **self._made}

    def __getitem__(self, name: str) -> QAction:
        return self._made[name]

    def __contains__(self, name: str) -> bool:
        return name in self._made

    def items(self) -> Iterator[tuple[str, QAction]]:
        return iter(self._made.items())

    def allow(self, name: str, why_not: str = "") -> None:
        """Unless the site or the local server is against it: then that is said."""
        self._against[name] = why_not
        explain(self._made[name], refused(name, self._session) or why_not)

    def _judge_again(self) -> None:
        for name, why_not in self._against.items():
            self.allow(name, why_not)

    def button(self, name: str, *, main: bool = False, icon: str = "", words: bool = True) -> QPushButton:
        """A button that is the action; without `words` its page writes its text."""
        made = button("", kind="main" if main else "", icon=icon)
        follow(made, self._made[name], words=words)
        return made


def refused(name: str, session: Session) -> str:
    """What the site or the local server has against it; empty for nothing."""
    if name in commands.COMMANDS:
        return commands.why_not(name, session)
    # The views can be looked at before there is anything in them.
    if not session.is_open and not name.startswith("go-"):
        return commands.not_open()
    return commands.only_primary() if ENTRIES[name].primary and not session.at_primary else ""


def follow(made: QPushButton, action: QAction, *, words: bool = True) -> None:
    """The button is enabled, named and explained as the action, and triggers it."""

    def show() -> None:
        made.setEnabled(action.isEnabled())
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        name = plain(action.text())
        if words:
            made.setText(literal(name))
            made.setAccessibleName(name.rstrip(".…"))
        tip = action.statusTip()
        if keys and action.isEnabled():
            tip = f"{tip or name.rstrip('.…')} ({keys})"
        made.setToolTip(tip)

    made.setProperty("action", action.objectName())
    action.changed.connect(show)
    made.clicked.connect(lambda _checked: action.trigger())
    show()
