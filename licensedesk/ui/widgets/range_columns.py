"""The License Information table: columns of a range and product, in the view and in the dialog."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from licensedesk.ui.figures import day, number
from licensedesk.ui.item_models.rows import Column
from licensedesk.ui.vocabulary import holder_word
from licensedesk.ui.widgets.bars import remaining_bar

if TYPE_CHECKING:
    from licensedesk.core.ranges import RangeRow


def _tr(text: str) -> str:
    return QCoreApplication.translate("Ranges", text)


def remaining_text(row: RangeRow) -> str:
    return remaining_bar(row.held, row.used).figure


def range_columns() -> tuple[Column[RangeRow], ...]:
    """One row a range, of one product."""
    return (
        Column(
            key="source",
            title=_tr("Range (sharing source)"),
            text=lambda row: row.source.host_name,
            width=160,
            stretch=True,
        ),
        Column(
            key="option",
            title=_tr("Holding option"),
            text=lambda row: holder_word(row.source.option, primary=row.source.parent is None),
            width=116,
        ),
        Column(
            key="servers",
            title=_tr("Servers"),
            text=lambda row: number(len(row.servers)),
            sort=lambda row: len(row.servers),
            number=True,
            width=80,
        ),
        *figure_columns(),
    )


def product_columns() -> tuple[Column[RangeRow], ...]:
    """One row a product, of one range."""
    product: Column[RangeRow] = Column(
        key="product", title=_tr("Product"), text=lambda row: row.product, width=160, stretch=True
    )
    return (product, *figure_columns())


def figure_columns() -> tuple[Column[RangeRow], ...]:
    """What is counted of a range and product."""
    return (
        _figure("held", _tr("Held"), lambda row: row.held),
        _figure("used", _tr("Used"), lambda row: row.used),
        Column(
            key="remaining",
            title=_tr("Remaining"),
            text=remaining_text,
            sort=lambda row: row.remaining,
            bar=lambda row: remaining_bar(row.held, row.used),
            width=208,
        ),
        _figure("waiting", _tr("Waiting"), lambda row: row.waiting),
        _figure("to-buy", _tr("To buy"), lambda row: row.to_buy),
        Column(
            key="expiry",
            title=_tr("Earliest expiry"),
            text=lambda row: day(row.earliest_expiry),
            sort=lambda row: row.earliest_expiry,
            width=118,
        ),
    )


def _figure(key: str, title: str, value: Callable[[RangeRow], int]) -> Column[RangeRow]:
    return Column(
        key=key, title=title, text=lambda row: number(value(row)), sort=value, number=True, width=70
    )
