"""Before and after: what an action changes of every range it touches, as the core's `compare` tells."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QVBoxLayout, QWidget

from licensedesk.core.changes import RangeChange, Standing
from licensedesk.ui.figures import NONE, number
from licensedesk.ui.item_models.rows import Column, RowsModel
from licensedesk.ui.widgets.bars import Bar, remaining_bar
from licensedesk.ui.widgets.page import label
from licensedesk.ui.widgets.sections import SectionTitle
from licensedesk.ui.widgets.table import TableView

_ROWS_SHOWN = 5


def _tr(text: str) -> str:
    return QCoreApplication.translate("BeforeAfter", text)


class BeforeAfter(QWidget):
    """A section of a dialog; says so where no figures of any range change."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model: RowsModel[RangeChange] = RowsModel(
            _columns(), key=lambda change: (change.source, change.product)
        )
        self.table = TableView(self.model, name=_tr("Before and after"))
        self.table.setSelectionMode(TableView.SelectionMode.SingleSelection)
        self.table.fit_height(_ROWS_SHOWN)
        self.nothing = label(_tr("Nothing changes in any range."), "secondary")
        self.nothing.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(SectionTitle(_tr("Before and after")))
        layout.addWidget(self.table)
        layout.addWidget(self.nothing)

    def show_changes(self, changes: Sequence[RangeChange]) -> None:
        """Only those whose figures change: how many servers a range has is seen in the tree."""
        shown = [change for change in changes if _figures_change(change)]
        self.model.set_rows(shown)
        self.table.setVisible(bool(shown))
        self.nothing.setVisible(not shown)


def _figures_change(change: RangeChange) -> bool:
    before, after = change.before, change.after
    had = (before.held, before.used) if before else (0, 0)
    has = (after.held, after.used) if after else (0, 0)
    return had != has


def _columns() -> tuple[Column[RangeChange], ...]:
    return (
        Column(
            key="range", title=_tr("Range"), text=lambda change: change.host_name, width=130, stretch=True
        ),
        Column(key="product", title=_tr("Product"), text=lambda change: change.product, width=140),
        _figure("held", _tr("Held"), lambda change: change.before, lambda one: one.held),
        _figure("remaining", _tr("Remaining"), lambda change: change.before, lambda one: one.remaining),
        _figure("held-after", _tr("Held after"), lambda change: change.after, lambda one: one.held),
        Column(
            key="remaining-after",
            title=_tr("Remaining after"),
            text=lambda change: _bar(change).figure,
            sort=lambda change: change.after.remaining if change.after else None,
            bar=_bar,
            width=216,
        ),
    )


def _figure(
    key: str,
    title: str,
    side: Callable[[RangeChange], Standing | None],
    value: Callable[[Standing], int],
) -> Column[RangeChange]:
    def figure(change: RangeChange) -> int | None:
        standing = side(change)
        return None if standing is None else value(standing)

    return Column(
        key=key, title=title, text=lambda change: number(figure(change)), sort=figure, number=True, width=80
    )


def _bar(change: RangeChange) -> Bar:
    after = change.after
    return Bar(NONE, None) if after is None else remaining_bar(after.held, after.used)
