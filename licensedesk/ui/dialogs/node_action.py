"""Manage, exclude, return, delete nodes, or change their product: what will happen, before it is done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox, QRadioButton, QVBoxLayout, QWidget

from licensedesk.core.changes import Changes
from licensedesk.core.errors import LicenseDeskError, SurroundingsError
from licensedesk.core.names import visible
from licensedesk.core.types import NodeId, NodeState
from licensedesk.ui import operations
from licensedesk.ui.figures import number
from licensedesk.ui.mnemonics import plain
from licensedesk.ui.node_words import act_button, act_meaning, act_title, left_sentence, nodes, will_sentence
from licensedesk.ui.pages.node_parts.chosen import ChosenNodes
from licensedesk.ui.session import Session
from licensedesk.ui.tokens import State
from licensedesk.ui.vocabulary import counted
from licensedesk.ui.widgets.before_after import BeforeAfter
from licensedesk.ui.widgets.choices import Choices
from licensedesk.ui.widgets.dialog import Dialog
from licensedesk.ui.widgets.form import Form
from licensedesk.ui.widgets.page import label
from licensedesk.ui.wording import told

if TYPE_CHECKING:
    from licensedesk.core.nodes.states import NodesChanged
    from licensedesk.core.store.database import Store

_WITH_PRODUCT = {"manage", "set-product"}


def open_node_action(
    session: Session, parent: QWidget, act: str, chosen: ChosenNodes, *, products: Sequence[str]
) -> None:
    NodeActionDialog(session, parent, act, chosen, products=products).open_reading()


class NodeActionDialog(Dialog):
    """The core's preview says what would change, again whenever something else changes the site."""

    def __init__(
        self, session: Session, parent: QWidget, act: str, chosen: ChosenNodes, *, products: Sequence[str]
    ) -> None:
        super().__init__(act_title(act), main="", danger=act == "delete", parent=parent)
        self.session = session
        self._act = act
        self._chosen = chosen
        managed = chosen.shown.state is NodeState.MANAGED
        self._takes_licenses = act == "manage" or (act == "set-product" and managed)
        self._preview: NodesChanged | None = None
        self.which = label("", "section")
        self.meaning = label(act_meaning(act), "secondary")
        self.outcome = label("")
        for one in (self.which, self.meaning, self.outcome):
            one.setWordWrap(True)
        self.product = QComboBox()
        self.before_after = BeforeAfter()
        self._build(products)
        self.outcome.hide()
        self.before_after.hide()
        self._name_main(chosen.count)
        self.set_valid(False)
        self.submitted.connect(self._act_on_them)
        session.changed.connect(self._on_changed)
        self.set_width(840 if self._takes_licenses or managed else 560)

    # -- building ----------------------------------------------------------------------------------
    def _build(self, products: Sequence[str]) -> None:
        self.body.addWidget(self.which)
        self.body.addWidget(self.meaning)
        form = Form()
        if self._act in _WITH_PRODUCT:
            if self._act != "set-product":
                self.product.addItem(self.tr("As each node is meant for"), "")
            for name in products:
                self.product.addItem(name, name)
            self.product.activated.connect(lambda _at: self._read())
            form.add(self.tr("&Product"), self.product)
        if self._takes_licenses:
            form.addRow("", self._ways())
        self.body.addLayout(form)
        self.body.addWidget(self.outcome)
        self.body.addWidget(self.before_after)
        self.body.addStretch()

    def _ways(self) -> QWidget:
        """Either all fit, or the first in the list's order."""
        self.all_or_none = QRadioButton(self.tr("&All of them, or none"))
        pattern = self.tr("As many as &fit: the first in the list's order ({0}, {1})")
        way = self.tr("descending") if self._chosen.shown.descending else self.tr("ascending")
        self.as_fit = QRadioButton(pattern.format(self._chosen.shown.title.lower(), way))
        self.all_or_none.setChecked(True)
        group = Choices(self)
        box = QWidget()
        layout = QVBoxLayout(box)
        layout.setContentsMargins(0, 0, 0, 0)
        for one in (self.all_or_none, self.as_fit):
            one.setAccessibleName(plain(one.text()))
            one.clicked.connect(lambda _checked: self._read())
            group.addButton(one)
            layout.addWidget(one)
        return box

    @property
    def _as_many_as_fit(self) -> bool:
        return self._takes_licenses and self.as_fit.isChecked()

    @property
    def _product(self) -> str | None:
        return self.product.currentData() or None if self._act in _WITH_PRODUCT else None

    # -- what would happen -------------------------------------------------------------------------
    def open_reading(self) -> None:
        self._say_which()
        self.open()
        self._read()

    def _say_which(self) -> None:
        chosen = self._chosen
        if chosen.nodes is None:
            words = self.tr("All {0} that match the filters").format(nodes(chosen.count))
        else:
            words = self.tr("The {0} selected").format(nodes(chosen.count))
        self.which.setText(words)

    def _read(self) -> None:
        session, chosen, act = self.session, self._chosen, self._act
        product, fit = self._product, self._as_many_as_fit
        actor, at = session.actor, session.now()

        def read(store: Store) -> NodesChanged:
            from licensedesk.core.nodes.judging import Act
            from licensedesk.core.nodes.states import preview_nodes

            return preview_nodes(
                store,
                chosen.core(),
                act=Act(act),
                product=product,
                as_many_as_fit=fit,
                by=actor,
                at=at,
            )

        session.read(read, owner=self, done=self._show, key=(id(self), "preview"), failed=self._refused)

    def _show(self, preview: NodesChanged) -> None:
        if self.busy:
            return
        self._preview = preview
        if self._chosen.nodes is None and preview.matched != self._chosen.count:
            # Found or changed since the dialog was opened: the button names what will be done.
            self._chosen = ChosenNodes(shown=self._chosen.shown, count=preview.matched)
            self._say_which()
        self.notice.clear()
        self._name_main(preview.changed)
        self.set_valid(preview.changed > 0)
        self.before_after.show_changes(preview.changes.ranges)
        self.before_after.setVisible(self._takes_licenses or self.before_after.model.rowCount() > 0)
        self.outcome.setText(self._outcome(preview))
        self.outcome.show()
        self._warn(preview)

    def _outcome(self, preview: NodesChanged) -> str:
        if not preview.changed:
            return left_sentence(preview.left) or self.tr("There is nothing to change.")
        said = [self._will(preview.changed), left_sentence(preview.left)]
        untouched = preview.matched - preview.changed - preview.left
        if untouched:
            already = counted(
                untouched, one=self.tr("{0} node already is."), several=self.tr("{0} nodes already are.")
            )
            said.append(already)
        return " ".join(one for one in said if one)

    def _will(self, count: int) -> str:
        if self._act == "set-product" and self._product is not None:
            return self.tr("{0} will be meant for {1}.").format(nodes(count), visible(self._product))
        return will_sentence(self._act, count)

    def _warn(self, preview: NodesChanged) -> None:
        short = sorted({one.host_name for one in preview.changes.ranges if one.grows_short})
        if short:
            words = self.tr("Short of licenses after this: {0}.").format(", ".join(short))
            self.notice.say(State.WARNING, words)

    def _name_main(self, count: int) -> None:
        self.set_main(act_button(self._act, count))

    def _refused(self, error: LicenseDeskError) -> None:
        if self.busy:
            return
        self._preview = None
        self.set_valid(False, told(error)[0])
        self.before_after.hide()
        self.outcome.hide()
        if error.code == "unknown-node" and self._chosen.nodes is not None:
            self._find_left()
        elif error.code == "no-license-remaining":
            self._say_refused(error, self.tr("As Many as Fit"), self._take_as_fit)
        else:
            self._say_refused(error)

    def _say_refused(self, error: LicenseDeskError, button_text: str = "", press: object = None) -> None:
        sentence, advice = told(error)
        state = State.WARNING if error.code == "no-license-remaining" else State.CRITICAL
        self.notice.say(
            state, sentence, advice, button_text=button_text, press=press if callable(press) else None
        )

    def _take_as_fit(self) -> None:
        self.as_fit.setChecked(True)
        self._read()

    # -- rows that another console has deleted -----------------------------------------------------
    def _find_left(self) -> None:
        """Which of the chosen nodes are still there."""
        chosen = self._chosen.nodes or ()

        def read(store: Store) -> list[NodeId]:
            from licensedesk.core.nodes.details import still_there

            return still_there(store, chosen)

        self.session.read(read, owner=self, done=self._say_left, key=(id(self), "left"))

    def _say_left(self, left: list[NodeId]) -> None:
        if self.busy:
            return
        gone = self._chosen.count - len(left)
        sentence = self.tr("{0} of {1} chosen were deleted meanwhile by another console.").format(
            number(gone), number(self._chosen.count)
        )
        if not left:
            self.notice.say(State.CRITICAL, sentence, self.tr("Nothing is left to do."))
            return

        def go_on() -> None:
            self._chosen = ChosenNodes(shown=self._chosen.shown, count=len(left), nodes=tuple(left))
            self._say_which()
            self._read()

        self.notice.say(
            State.WARNING,
            sentence,
            self.tr("Nothing was changed."),
            button_text=self.tr("Go On with {0}").format(nodes(len(left))),
            press=go_on,
        )

    def _on_changed(self, changes: Changes) -> None:
        if not self.busy and (changes.nodes or changes.servers or changes.licenses):
            self._read()

    # -- doing it ----------------------------------------------------------------------------------
    def _act_on_them(self) -> None:
        shown, chosen = self._chosen.shown, self._chosen
        self.set_busy(self.tr("Working…"))
        task = operations.change_nodes(
            self.session,
            chosen=chosen.core,
            act=self._act,
            product=self._product,
            as_many_as_fit=self._as_many_as_fit,
            sort=shown.sort,
            total=chosen.count,
            owner=self,
            done=lambda _result: self._done(),
            failed=self._failed,
            progress=self.progress.show_progress,
            stopped=self._stopped,
        )
        self.cancel_requested.connect(task.cancel)

    def _done(self) -> None:
        self.set_busy()
        self.accept()

    def _failed(self, error: LicenseDeskError) -> None:
        self._end()
        if isinstance(error, SurroundingsError):
            # What would happen is as it was: once that is over, the same press does it.
            self.refuse(error)
        else:
            self._refused(error)

    def _stopped(self) -> None:
        self._end()
        self.notice.say(State.INFO, self.tr("Stopped. No node was changed."))

    def _end(self) -> None:
        self.cancel_requested.disconnect()
        self.set_busy()
