"""A product in big figures: held, used, remaining, shortage, and a bar of what is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from licensedesk.core.names import visible
from licensedesk.ui.figures import number
from licensedesk.ui.tokens import State
from licensedesk.ui.vocabulary import counted
from licensedesk.ui.widgets.bars import BAR_HEIGHT, paint_track, remaining_bar
from licensedesk.ui.widgets.cut import cut_label
from licensedesk.ui.widgets.page import button, label

if TYPE_CHECKING:
    from collections.abc import Callable

    from licensedesk.core.overview import ProductTotal


def _tr(text: str) -> str:
    return QCoreApplication.translate("Overview", text)


class UsageBar(QWidget):
    """As wide as its room; what it shows stands in figures beside it."""

    def __init__(self, fraction: float, state: State, words: str) -> None:
        super().__init__()
        self._fraction = fraction
        self._state = state
        self.setAccessibleName(words)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:  # noqa: N802 - the name is Qt's
        return QSize(160, BAR_HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - the name is Qt's
        painter = QPainter(self)
        paint_track(painter, QRectF(self.rect()), self._fraction, self._state)
        painter.end()


class ProductCard(QFrame):
    """`show_ranges` opens License Details of the product."""

    def __init__(self, total: ProductTotal, show_ranges: Callable[[], object]) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        name = visible(total.product)
        self.setAccessibleName(name)
        head = QHBoxLayout()
        # The link's words end where the bar ends; its ring reaches beyond.
        head.setContentsMargins(0, 0, -5, 0)
        head.addWidget(cut_label(name, "section"))
        head.addStretch()
        link = button(_tr("License Details"), show_ranges, kind="link")
        link.setAccessibleName(_tr("License Details of {0}").format(name))
        link.setProperty("action", "go-license-details")
        head.addWidget(link)
        figures = QHBoxLayout()
        figures.setSpacing(16)
        for caption, value in (
            (_tr("Held"), total.held),
            (_tr("Used"), total.used),
            (_tr("Remaining"), total.remaining),
            (_tr("Shortage"), total.shortage),
        ):
            critical = value < 0 or (caption == _tr("Shortage") and value > 0)
            figures.addLayout(_figure(caption, value, critical=critical), 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 10, 16, 14)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addLayout(figures)
        layout.addWidget(UsageBar(*_bar(total), _used_words(total)))
        layout.addLayout(_foot(total))


def _figure(caption: str, value: int, *, critical: bool) -> QVBoxLayout:
    figure = label(number(value), "critical-big" if critical else "big")
    figure.setAccessibleName(f"{caption}: {number(value)}")
    # Alone it need not be as wide as others: its first digit stands over the caption's first letter.
    proportional = figure.font()
    proportional.unsetFeature(QFont.Tag("tnum"))
    figure.setFont(proportional)
    stack = QVBoxLayout()
    stack.setSpacing(0)
    stack.addWidget(figure)
    stack.addWidget(label(caption, "secondary"))
    return stack


def _foot(total: ProductTotal) -> QHBoxLayout:
    row = QHBoxLayout()
    row.addWidget(label(_used_words(total), "secondary"))
    row.addStretch()
    if total.short:
        words = counted(total.short, one=_tr("{0} range is short"), several=_tr("{0} ranges are short"))
        row.addWidget(label(words, "critical"))
    elif total.waiting:
        words = counted(total.waiting, one=_tr("{0} node waiting"), several=_tr("{0} nodes waiting"))
        row.addWidget(label(words, "secondary"), alignment=Qt.AlignmentFlag.AlignRight)
    return row


def _bar(total: ProductTotal) -> tuple[float, State]:
    """What is used of what is held; a warning where single ranges are short though the sum is not."""
    bar = remaining_bar(total.held, total.used)
    if total.short and bar.state is not State.CRITICAL:
        return bar.fraction or 0.0, State.WARNING
    return bar.fraction or 0.0, bar.state


def _used_words(total: ProductTotal) -> str:
    ranges = counted(total.ranges, one=_tr("{0} range"), several=_tr("{0} ranges"))
    if total.held <= 0:
        return _tr("nothing held in {0}").format(ranges)
    percent = number(round(100 * total.used / total.held))
    return _tr("{0} % used, in {1}").format(percent, ranges)
