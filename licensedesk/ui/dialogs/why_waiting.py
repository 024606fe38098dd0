"""Why is this node waiting? The core's answer in words, the figures behind it, and buttons that remedy it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from licensedesk.core import changes as core_changes
from licensedesk.core.errors import LicenseDeskError
from licensedesk.core.names import visible
from licensedesk.core.types import NodeId, NodeState, Option, ServerId
from licensedesk.ui import commands
from licensedesk.ui.figures import number
from licensedesk.ui.pages.node_parts.chosen import ChosenNodes, NodeList
from licensedesk.ui.reads import read_tree
from licensedesk.ui.session import Session
from licensedesk.ui.tokens import State
from licensedesk.ui.wanted import NodesWanted, RangeWanted
from licensedesk.ui.widgets.dialog import Dialog
from licensedesk.ui.widgets.page import button, label
from licensedesk.ui.widgets.sections import FigureList, Term
from licensedesk.ui.wording import advice, sentence, told

if TYPE_CHECKING:
    from licensedesk.core.store.database import Store


class _Answer:
    """The core's explanation, with the range's sharing source, which the buttons lead to."""

    def __init__(self, why: core_changes.Notice, source: ServerId, option: str, *, registers: bool) -> None:
        self.why = why
        self.source = source
        self.option = option
        self.registers = registers


def open_why_waiting(session: Session, parent: QWidget, node: NodeId) -> None:
    WhyWaitingDialog(session, parent, node).open_reading()


class WhyWaitingDialog(Dialog):
    """Is asked again when the site changes: the answer on the screen is the one of now."""

    def __init__(self, session: Session, parent: QWidget, node: NodeId) -> None:
        super().__init__("", main="", parent=parent)
        self.set_title(self.tr("Why Is This Node Waiting?"))
        self.set_main(self.tr("Close"))
        self.session = session
        self._node = node
        self._answer: _Answer | None = None
        self.reason = label("", "section")
        self.todo = label("", "secondary")
        for words in (self.reason, self.todo):
            words.setWordWrap(True)
        self.figures = FigureList()
        self.manage = button("", self._manage)
        self.license = button("", self._license)
        self.range = button(self.tr("Show the Range"), self._show_range)
        self.others = button("", self._show_others)
        for one in (self.manage, self.license, self.range, self.others):
            one.hide()
            self.extra.addWidget(one)
        self.body.addWidget(self.reason)
        self.body.addWidget(self.todo)
        self.body.addSpacing(4)
        self.body.addWidget(self.figures, 1)
        self.cancel_button.hide()
        self.submitted.connect(self.accept)
        session.changed.connect(self._on_changed)
        self.set_width(680)

    def open_reading(self) -> None:
        self.open()
        self._read()

    def _read(self) -> None:
        node, actor, on = self._node, self.session.actor, self.session.today()

        def read(store: Store) -> _Answer:
            from licensedesk.core.nodes.waiting import why_waiting
            from licensedesk.core.tree import may_register

            with store.reading():
                why = why_waiting(store, node, by=actor, on=on)
                tree = read_tree(store)
            source = tree.named(why.figures["source"]) if "source" in why.figures else tree.primary
            return _Answer(why, source.id, source.option, registers=may_register(source))

        self.session.read(read, owner=self, done=self._show, key=(id(self), "why"), failed=self._refused)

    def _show(self, answer: _Answer) -> None:
        self._answer = answer
        why = answer.why
        self.notice.clear()
        self.reason.setText(visible(sentence(why.code, why.figures)))
        todo = advice(why.code, why.figures)
        self.todo.setText(visible(todo))
        self.todo.setVisible(bool(todo))
        self.figures.set_terms(self._terms(answer))
        self._offer(answer)

    def _terms(self, answer: _Answer) -> list[Term]:
        figures = answer.why.figures
        if "held" not in figures:
            return []
        source, product = figures["source"], figures["product"]
        remaining, waiting = int(figures["remaining"]), int(figures["waiting"])
        return [
            Term(
                self.tr("Held"),
                number(figures["held"]),
                self.tr("{0} in the range of {1}").format(product, source),
            ),
            Term(self.tr("Used"), number(figures["used"]), self.tr("by managed nodes of the range")),
            Term(
                self.tr("Remaining"),
                number(remaining),
                self.tr("held less used"),
                state=State.CRITICAL if remaining < 0 else State.NEUTRAL,
            ),
            Term(
                self.tr("Waiting"),
                number(waiting),
                self.tr("discovered nodes of the range, this one with them"),
            ),
            Term(
                self.tr("Licenses to buy"),
                number(max(0, waiting - remaining)),
                self.tr("waiting less remaining"),
            ),
        ]

    def _offer(self, answer: _Answer) -> None:
        code, figures = answer.why.code, answer.why.figures
        waits = code != "not-waiting"
        self.manage.setVisible(code == "waiting-unasked")
        self._name(self.manage, self.tr("Manage It…"))
        short = code == "waiting-no-license"
        distributes = answer.option == Option.DISTRIBUTION
        self.license.setVisible(short and (self.session.at_primary if distributes else answer.registers))
        text = self.tr("Distribute Licenses…") if distributes else self.tr("Register License…")
        self._name(self.license, text)
        self.range.setVisible(waits)
        waiting = int(figures.get("waiting", 0))
        self.others.setVisible(waits and waiting > 1)
        self._name(self.others, self.tr("Show the {0} Waiting").format(number(waiting)))

    @staticmethod
    def _name(one: QWidget, text: str) -> None:
        one.setProperty("text", text)
        one.setAccessibleName(text.rstrip("…"))

    # -- the ways out ------------------------------------------------------------------------------
    def _leave(self, go: Callable[[], object]) -> None:
        """The dialog gives way to what it leads to."""
        self.accept()
        go()

    def _manage(self) -> None:
        answer = self._answer
        if answer is None:
            return
        from licensedesk.ui.dialogs.node_action import open_node_action

        shown = NodeList(state=NodeState.DISCOVERED, wanted=NodesWanted(), title=self.tr("Host name"))
        chosen = ChosenNodes(shown=shown, count=1, nodes=(self._node,))
        products = (str(answer.why.figures["product"]),)
        window = self.session_window()
        self._leave(lambda: open_node_action(self.session, window, "manage", chosen, products=products))

    def session_window(self) -> QWidget:
        """The window below this dialog, and below any dialog that opened it."""
        parent = self.parentWidget()
        while parent is not None and isinstance(parent, Dialog):
            parent.accept()
            parent = parent.parentWidget()
        return parent or self

    def _license(self) -> None:
        answer = self._answer
        if answer is None:
            return
        figures, window = answer.why.figures, self.session_window()
        if answer.option == Option.DISTRIBUTION:
            more = max(0, int(figures["waiting"]) - int(figures["remaining"]))
            what = {"product": figures["product"], "relay": answer.source, "more": more}
            self._leave(lambda: commands.start("distribute-licenses", self.session, window, **what))
        else:
            self._leave(lambda: commands.start("register-license", self.session, window))

    def _show_range(self) -> None:
        answer = self._answer
        if answer is not None:
            wanted = RangeWanted(product=answer.why.figures["product"], source=answer.source)
            self.session_window()
            self._leave(lambda: self.session.show_view("license-details", wanted))

    def _show_others(self) -> None:
        answer = self._answer
        if answer is not None:
            wanted = NodesWanted(range_source=answer.source, product=answer.why.figures["product"])
            self.session_window()
            self._leave(lambda: self.session.show_view("discovered", wanted))

    def _refused(self, error: LicenseDeskError) -> None:
        for one in (self.manage, self.license, self.range, self.others):
            one.hide()
        self.notice.say(State.CRITICAL, *told(error))

    def _on_changed(self, changes: core_changes.Changes) -> None:
        if changes.nodes or changes.licenses or changes.servers:
            self._read()
