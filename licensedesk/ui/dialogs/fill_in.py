"""The row of Distribute Licenses that fills in many quantities at once, by the strategies of the core."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSpinBox, QWidget

from licensedesk.core.types import ServerId
from licensedesk.ui.figures import locale
from licensedesk.ui.widgets.page import button
from licensedesk.ui.widgets.sections import labelled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from licensedesk.core.allocation_draft import Draft
    from licensedesk.core.apportion import Share

MOST = 999_999_999


class FillIn(QWidget):
    """`quantity` is divided among the relays that are not locked; the strategies never lose one of it."""

    filled = Signal(object)
    """The quantity of every relay, by its id."""

    def __init__(self) -> None:
        super().__init__()
        self._draft: Draft | None = None
        self._shares: list[Share[ServerId]] = []
        self.quantity = QSpinBox()
        self.quantity.setRange(0, MOST)
        self.quantity.setGroupSeparatorShown(True)
        self.quantity.setLocale(locale())
        self.quantity.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.quantity.setMinimumWidth(100)
        self.quantity.setToolTip(self.tr("Licenses to be divided among the relays that are not locked."))
        self.equally_button = button(self.tr("Split &Equally"), self.split_equally)
        self.by_use_button = button(self.tr("By &Use"), self.split_by_use)
        self.cover_button = button(self.tr("&Cover Shortages First"), self.cover_shortages)
        self.reset_button = button(self.tr("&Reset"), self.reset)
        self.equally_button.setToolTip(self.tr("The same for every relay that is not locked."))
        self.by_use_button.setToolTip(self.tr("In proportion to what each range uses."))
        self.cover_button.setToolTip(
            self.tr(
                "What short ranges lack: first from what the primary has remaining,"
                " then from relays that have some remaining."
            )
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(labelled(self.tr("&Fill in:"), self.quantity))
        for one in (self.equally_button, self.by_use_button, self.cover_button):
            row.addWidget(one)
        row.addStretch()
        row.addWidget(self.reset_button)
        self.setEnabled(False)

    def show_draft(self, draft: Draft, locked: frozenset[ServerId]) -> None:
        """Where quantities or locks are others than before, it proposes what to divide: what the unlocked
        relays are to have, or, where that is nothing, what the primary has remaining.
        """
        from licensedesk.core.apportion import unlocked_total

        shares = draft.shares(locked)
        if shares != self._shares:
            self.quantity.setValue(unlocked_total(shares) or max(0, draft.spare))
        self._draft = draft
        self._shares = shares
        self.setEnabled(bool(shares))

    def split_equally(self) -> None:
        from licensedesk.core.apportion import split_equally

        self._split(split_equally, self.quantity.value())

    def split_by_use(self) -> None:
        from licensedesk.core.apportion import split_by_use

        self._split(split_by_use, self.quantity.value())

    def cover_shortages(self) -> None:
        from licensedesk.core.apportion import cover_shortages

        if self._draft is not None:
            self._split(cover_shortages, self._draft.spare)

    def reset(self) -> None:
        """What each relay has now, the locked ones too."""
        if self._draft is not None:
            self.filled.emit({one.relay.id: one.now for one in self._draft.relays})

    def _split(self, strategy: Callable[..., Mapping[ServerId, int]], licenses: int) -> None:
        self.filled.emit(strategy(self._shares, licenses))
