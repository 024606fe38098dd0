"""The products for which there is no card, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from licensedesk.ui.figures import number
from licensedesk.ui.item_models.rows import Column, RowsModel
from licensedesk.ui.widgets.bars import remaining_bar
from licensedesk.ui.widgets.table import TableView

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from licensedesk.core.overview import ProductTotal

_MOST_ROWS = 14


def _tr(text: str) -> str:
    return QCoreApplication.translate("Overview", text)


class TotalsTable(TableView["ProductTotal"]):
    """Enter or double click shows the ranges of a product."""

    def __init__(self, totals: Sequence[ProductTotal], show: Callable[[str], object]) -> None:
        model: RowsModel[ProductTotal] = RowsModel(_columns(), key=lambda total: total.product)
        super().__init__(model, name=_tr("Further products"))
        self.setSelectionMode(TableView.SelectionMode.SingleSelection)
        self.activated_row.connect(lambda total: show(total.product))
        self.fit_height(_MOST_ROWS)
        model.set_rows(totals)


def _columns() -> tuple[Column[ProductTotal], ...]:
    return (
        Column(
            key="product", title=_tr("Product"), text=lambda total: total.product, width=180, stretch=True
        ),
        _figure("held", _tr("Held"), lambda total: total.held),
        _figure("used", _tr("Used"), lambda total: total.used),
        Column(
            key="remaining",
            title=_tr("Remaining"),
            text=lambda total: remaining_bar(total.held, total.used).figure,
            sort=lambda total: total.remaining,
            bar=lambda total: remaining_bar(total.held, total.used),
            width=240,
        ),
        _figure("shortage", _tr("Shortage"), lambda total: total.shortage),
        _figure("short", _tr("Short ranges"), lambda total: total.short),
        _figure("waiting", _tr("Waiting"), lambda total: total.waiting),
    )


def _figure(key: str, title: str, value: Callable[[ProductTotal], int]) -> Column[ProductTotal]:
    return Column(
        key=key, title=title, text=lambda total: number(value(total)), sort=value, number=True, width=90
    )
