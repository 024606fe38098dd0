"""Distribute Licenses: what each relay is to have of a product, with before and after while one types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from licensedesk.core.changes import Changes
from licensedesk.core.errors import LicenseDeskError
from licensedesk.core.names import visible
from licensedesk.core.types import ServerId
from licensedesk.ui import commands, operations
from licensedesk.ui.dialogs.fill_in import MOST, FillIn
from licensedesk.ui.dialogs.relay_columns import relay_columns
from licensedesk.ui.figures import number
from licensedesk.ui.item_models.editable import EditableRowsModel
from licensedesk.ui.session import Session
from licensedesk.ui.tokens import State
from licensedesk.ui.widgets.before_after import BeforeAfter
from licensedesk.ui.widgets.cut import Choice, cut_label
from licensedesk.ui.widgets.dialog import Dialog
from licensedesk.ui.widgets.page import label
from licensedesk.ui.widgets.quantity_cells import ROW_HEIGHT, QuantityDelegate
from licensedesk.ui.widgets.sections import labelled
from licensedesk.ui.widgets.table import TableView
from licensedesk.ui.wording import told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from licensedesk.core.allocation_draft import Draft, Overtaken, RelayDraft
    from licensedesk.core.details import Facts
    from licensedesk.core.store.database import Store

    Made = tuple[Facts, Draft | None, list[Overtaken]]

_REASON_WIDTH = 560


def open_distribute_licenses(
    session: Session, parent: QWidget, product: str = "", relay: str = "", more: int = 0
) -> None:
    """Of a product (the default one), at a relay; `more` is added to its quantity to begin with."""
    DistributeLicensesDialog(session, parent, product=product, relay=relay, more=more).start()


class DistributeLicensesDialog(Dialog):
    """Holds a Draft; every change of a quantity makes the next one, and everything shown follows it."""

    def __init__(self, session: Session, parent: QWidget, *, product: str, relay: str, more: int) -> None:
        super().__init__("", main="", parent=parent)
        self.set_title(self.tr("Distribute Licenses"))
        self.session = session
        self.draft: Draft | None = None
        self.locked: set[ServerId] = set()
        self._wanted = (product, ServerId(relay), more)
        self._build_top()
        self._build_table()
        self.fill_in = FillIn()
        self.fill_in.filled.connect(self._take_filled)
        self.body.addWidget(self.fill_in)
        self.before_after = BeforeAfter()
        self.before_after.table.setColumnHidden(1, True)
        self.body.addWidget(self.before_after)
        self.reason = label("", "secondary")
        self.reason.setWordWrap(True)
        self.reason.setMinimumWidth(_REASON_WIDTH)
        self.extra.addWidget(self.reason, 1)
        self.submitted.connect(self._submit_draft)
        session.changed.connect(self._on_changed)
        self.set_size(1000, 600)
        self.remember(session.settings, "distribute-licenses")
        self._show()

    def start(self) -> None:
        self.open()
        self._read()

    # -- building ----------------------------------------------------------------------------------
    def _build_top(self) -> None:
        self.product = Choice(least=160)
        self.product.activated.connect(lambda _at: self._change_product())
        self.undistributed_words = cut_label("", "secondary")
        self.undistributed = QLabel()
        self.undistributed.setTextFormat(Qt.TextFormat.PlainText)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(labelled(self.tr("&Product"), self.product))
        row.addStretch()
        row.addWidget(self.undistributed_words)
        row.addWidget(self.undistributed)
        self.body.addLayout(row)

    def _build_table(self) -> None:
        columns = relay_columns(self.is_locked, self.excess)
        self.model: EditableRowsModel[RelayDraft] = EditableRowsModel(
            columns, key=lambda row: row.relay.id, edited="new"
        )
        self.table = TableView(self.model, name=self.tr("Relays with the option Distribution"))
        self.table.setSelectionMode(TableView.SelectionMode.SingleSelection)
        delegate = QuantityDelegate(
            self.table,
            edited=self.model.edited,
            locks=len(columns) - 1,
            most=MOST,
            value=lambda row: row.new,
            locked=self.is_locked,
        )
        delegate.typed.connect(self._type)
        delegate.went_on.connect(self._edit_next)
        delegate.left.connect(self._leave_table)
        self.table.setItemDelegate(delegate)
        triggers = TableView.EditTrigger
        self.table.setEditTriggers(triggers.AnyKeyPressed | triggers.EditKeyPressed)
        self.table.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self.table.clicked.connect(lambda index: self._click(index.column()))
        self.table.activated_row.connect(lambda _row: self.edit())
        self.table.setToolTip("")
        self.lock_action = QAction(self.tr("Lock or Unlock"), self.table)
        self.lock_action.setShortcut(QKeySequence("Ctrl+L"))
        self.lock_action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        self.lock_action.triggered.connect(self.toggle_lock)
        self.table.set_context_actions([self.lock_action])
        self.table.remember(self.session.settings, "distribute-licenses")
        self.body.addWidget(self.table, 1)

    # -- reading -----------------------------------------------------------------------------------
    def _read(self) -> None:
        """The facts, and the draft over them, made where it costs the window nothing."""
        actor, on, old = self.session.actor, self.session.today(), self.draft
        product = self.product.currentText() or self._wanted[0]

        def read(store: Store) -> Made:
            from licensedesk.core.allocation_draft import Draft, carry_over
            from licensedesk.core.details import read_product_facts

            facts = read_product_facts(store, product=product, by=actor)
            if facts.product is None:
                return facts, None, []
            if old is None or old.product != facts.product:
                return facts, Draft.of(facts.holdings, product=facts.product, on=on), []
            return (facts, *carry_over(old, facts.holdings))

        self.session.read(read, owner=self, done=self._take, key=(self, "draft"), failed=self._cannot_read)

    def _take(self, made: Made) -> None:
        facts, draft, overtaken = made
        if facts.products != tuple(self.product.itemText(at) for at in range(self.product.count())):
            self.product.clear()
            self.product.addItems(facts.products)
        self.product.setCurrentText(facts.product or "")
        self._say_when_empty()
        if draft is None:
            self.model.set_rows([])
        else:
            self._take_draft(draft, overtaken)

    def _say_when_empty(self) -> None:
        if not self.product.count():
            self.table.say_when_empty(
                self.tr("No product is known yet: add the issuer of your licenses first.")
            )
            return
        self.table.say_when_empty(
            self.tr("No relay has the option Distribution from primary management server."),
            self.tr("License Holding Option…"),
            self._open_option,
        )

    def _open_option(self) -> None:
        self.reject()
        commands.start("holding-option", self.session, self.session_window())

    def session_window(self) -> QWidget:
        """The window this dialog stands over."""
        parent = self.parentWidget()
        return self if parent is None else parent

    def _take_draft(self, draft: Draft, overtaken: list[Overtaken]) -> None:
        first = self.draft is None
        self.draft = self._with_wanted(draft) if first else draft
        self._show_relays(self.draft)
        self._show()
        if first:
            self._select_first()
        if overtaken:
            self._tell(overtaken)

    def _with_wanted(self, draft: Draft) -> Draft:
        _, relay, more = self._wanted
        return (
            draft.with_quantities({relay: draft.quantities[relay] + more})
            if relay in draft.quantities
            else draft
        )

    def _show_relays(self, draft: Draft) -> None:
        """The same relays in place: a spin box that is open stays so."""
        if {row.relay.id for row in self.model.rows} == set(draft.quantities) and self.model.loaded:
            self.model.update_rows(draft.relays)
            return
        self.model.set_rows(draft.relays)
        self._stand_in_quantities()

    def _stand_in_quantities(self) -> None:
        row = self.table.currentIndex().row()
        if row >= 0:
            self.table.setCurrentIndex(self.model.index(row, self.model.edited))

    def _select_first(self) -> None:
        if not self.table.select_key(self._wanted[1]) and self.model.rowCount():
            self.table.choose_row(0)
        self._stand_in_quantities()
        self.table.setFocus()

    def _tell(self, overtaken: list[Overtaken]) -> None:
        """What another console changed of what is filled in here: both values, nothing overwritten."""
        told_each = [self._overtaken_words(one) for one in overtaken]
        self.notice.say(
            State.WARNING,
            self.tr("Another console has changed what you are filling in: {0}.").format("; ".join(told_each)),
            self.tr("What you filled in is kept and compared with what stands now."),
        )

    def _overtaken_words(self, one: Overtaken) -> str:
        if one.now is None:
            pattern = self.tr("{0} can no longer be given licenses, your {1} is left out")
            return pattern.format(one.host_name, number(one.filled_in))
        pattern = self.tr("{0} had {1} and now has {2}, you filled in {3}")
        return pattern.format(one.host_name, number(one.was), number(one.now), number(one.filled_in))

    def _cannot_read(self, error: LicenseDeskError) -> None:
        self.notice.say(State.CRITICAL, *told(error))

    def _on_changed(self, changes: Changes) -> None:
        if not self.busy and (changes.servers or changes.licenses or changes.nodes):
            self._read()

    # -- filling in --------------------------------------------------------------------------------
    def set_quantities(self, quantities: Mapping[ServerId, int]) -> None:
        """The next draft; everything that is shown follows."""
        if self.draft is None:
            return
        self.draft = self.draft.with_quantities(quantities)
        self.model.update_rows(self.draft.relays)
        self._show()

    def _type(self, row: RelayDraft, quantity: int) -> None:
        self.set_quantities({row.relay.id: quantity})

    def edit(self) -> None:
        """Open the spin box of the current row."""
        row = self.table.currentIndex().row()
        if row >= 0:
            index = self.model.index(row, self.model.edited)
            self.table.setCurrentIndex(index)
            self.table.edit(index)

    def _edit_next(self) -> None:
        self.table.setFocus()
        row = self.table.currentIndex().row() + 1
        if row < self.model.rowCount():
            self.table.setCurrentIndex(self.model.index(row, self.model.edited))

    def _leave_table(self, forward: bool) -> None:
        self.table.setFocus()
        (self.focusNextChild if forward else self.focusPreviousChild)()

    def _click(self, column: int) -> None:
        if column == self.model.edited:
            self.edit()
        elif column == len(self.model.columns) - 1:
            self.toggle_lock()

    def is_locked(self, row: RelayDraft) -> bool:
        return row.relay.id in self.locked

    def excess(self) -> int:
        """How many more are filled in than can be distributed."""
        draft = self.draft
        return max(0, -draft.undistributed) if draft is not None and draft.refusal is not None else 0

    def toggle_lock(self) -> None:
        """The strategies leave a locked relay as it is."""
        for row in self.table.selected_rows():
            self.locked ^= {row.relay.id}
        if self.draft is not None:
            self.model.update_rows(self.draft.relays)
            self.fill_in.show_draft(self.draft, frozenset(self.locked))

    def _take_filled(self, quantities: Mapping[ServerId, int]) -> None:
        self.set_quantities(quantities)

    def _change_product(self) -> None:
        self.notice.clear()
        self._read()

    # -- showing -----------------------------------------------------------------------------------
    def _show(self) -> None:
        draft = self.draft
        if draft is None:
            self.set_main(self.tr("Distribute Licenses"))
            self._set_reason(self.tr("Reading what the relays have…"), shown=True)
            return
        self._show_undistributed(draft)
        self.fill_in.show_draft(draft, frozenset(self.locked))
        self.before_after.show_changes(draft.ranges)
        self.set_main(self._main_words(draft))
        # That nothing is changed is seen; it is told only where the button is pointed at.
        self._set_reason(self._why_not(draft), shown=draft.refusal is not None)

    def _show_undistributed(self, draft: Draft) -> None:
        primary = visible(draft.before.tree.primary.host_name)
        self.undistributed_words.setText(self.tr("Undistributed on {0} after this:").format(primary))
        over = draft.undistributed < 0
        figure = self.tr("{0} of {1}").format(number(draft.undistributed), number(draft.total))
        if over:
            pattern = self.tr("⚠ {0} more than the {1} that are valid")
            figure = pattern.format(number(-draft.undistributed), number(draft.total))
        self.undistributed.setText(figure)
        self.undistributed.setAccessibleName(f"{self.undistributed_words.text()} {figure}")
        role = "critical-figure" if over else "figure"
        if self.undistributed.property("role") != role:
            self.undistributed.setProperty("role", role)
            self.undistributed.style().polish(self.undistributed)

    def _main_words(self, draft: Draft) -> str:
        if draft.more > 0:
            return self._counted(
                self.tr("Distribute {0} License"), self.tr("Distribute {0} Licenses"), draft.more
            )
        if draft.more < 0:
            return self._counted(
                self.tr("Take Back {0} License"), self.tr("Take Back {0} Licenses"), -draft.more
            )
        if draft.changed:
            return self._counted(self.tr("Move {0} License"), self.tr("Move {0} Licenses"), draft.moved)
        return self.tr("Distribute Licenses")

    @staticmethod
    def _counted(one: str, several: str, count: int) -> str:
        return (one if count == 1 else several).format(number(count))

    def _why_not(self, draft: Draft) -> str:
        if draft.refusal is not None:
            return told(draft.refusal)[0]
        if not draft.changed:
            return self.tr("No quantity is changed.")
        return ""

    def _set_reason(self, reason: str, *, shown: bool) -> None:
        """Beside the button that cannot be pressed, and told when it is pointed at."""
        self.reason.setText(visible(reason) if shown else "")
        self.set_valid(not reason, reason)

    # -- doing -------------------------------------------------------------------------------------
    def _submit_draft(self) -> None:
        draft = self.draft
        if draft is None:
            return
        self.set_busy(self.tr("Distributing licenses…"))
        operations.distribute_licenses(
            self.session,
            product=draft.product,
            quantities=draft.changed,
            seen=draft.seen,
            owner=self,
            done=self._done,
            failed=self._failed,
        )

    def _failed(self, error: LicenseDeskError) -> None:
        """Somebody was faster: what was filled in is compared with what stands now."""
        self.refuse(error)
        self._read()

    def _done(self, _changes: Changes) -> None:
        self.set_busy()
        self.accept()
