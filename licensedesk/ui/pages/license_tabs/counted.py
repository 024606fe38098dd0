"""How this is counted: every term that makes the figures of a range, and what can be done about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from licensedesk.core.names import visible
from licensedesk.core.types import NodeState, Option
from licensedesk.ui import commands
from licensedesk.ui.figures import day, moment, number
from licensedesk.ui.session import Session
from licensedesk.ui.tokens import State
from licensedesk.ui.view_actions import Actions
from licensedesk.ui.vocabulary import counted, kind_word
from licensedesk.ui.wanted import NodesWanted
from licensedesk.ui.widgets.page import button
from licensedesk.ui.widgets.sections import FigureList, SectionTitle, Term

if TYPE_CHECKING:
    from collections.abc import Sequence

    from licensedesk.core.details import RangeDetail
    from licensedesk.core.explain import ServerShare
    from licensedesk.core.terms import LicenseTerm
    from licensedesk.core.types import Day

_SHOWN_PARTS = 8
"""Parts listed under one figure, since each costs the window some widgets; the copy has all of them."""


def _tr(text: str) -> str:
    return QCoreApplication.translate("Counted", text)


class CountedTab(QWidget):
    """The figures with their reasons; buttons lead to the nodes that are counted, and to the remedy."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._detail: RangeDetail | None = None
        self.title = SectionTitle("")
        self.figures = FigureList()
        self.offers = Actions(session, self)
        self.offers.add("show-managed", lambda: self._show_nodes(NodeState.MANAGED))
        self.offers.add("show-waiting", lambda: self._show_nodes(NodeState.DISCOVERED))
        self.offers.add("copy-counted", self.copy)
        self.used_button = self.offers.button("show-managed", words=False)
        self.waiting_button = self.offers.button("show-waiting", words=False)
        self.remedy_button = button("", self._remedy)
        self.copy_button = self.offers.button("copy-counted", words=False)
        self.copy_button.setText(self.tr("Copy"))
        self._enable()
        self._area = _JustAsHigh(self.figures)
        self._lay_out()

    def _lay_out(self) -> None:
        """The buttons stand under the figures, as the last line of the reading, and never scroll away."""
        row = QHBoxLayout()
        row.setSpacing(8)
        for one in (self.used_button, self.waiting_button, self.remedy_button):
            row.addWidget(one)
        row.addStretch()
        row.addWidget(self.copy_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 8, 16, 12)
        layout.setSpacing(10)
        layout.addWidget(self.title)
        layout.addWidget(self._area)
        layout.addLayout(row)
        layout.addStretch(1)

    def show_detail(self, detail: RangeDetail) -> None:
        self._detail = detail
        row = detail.row
        name = visible(row.source.host_name)
        self.title.set_title(self.tr("How the range of {0} is counted").format(name))
        self.figures.set_terms(counted_terms(detail, most=_SHOWN_PARTS))
        self._area.updateGeometry()
        one, several = self.tr("Show the Node"), self.tr("Show the {0} Nodes")
        _offer(self.used_button, counted(row.used, one=one, several=several), on=row.used > 0)
        _offer(
            self.waiting_button,
            self.tr("Show the {0} Waiting").format(number(row.waiting)),
            on=row.waiting > 0,
        )
        _offer(self.remedy_button, self._remedy_text(detail), on=bool(self._remedy_text(detail)))
        distributes = row.source.option == Option.DISTRIBUTION
        self.remedy_button.setProperty("action", "distribute-licenses" if distributes else "register-license")
        self._enable()

    def _enable(self) -> None:
        row = self._detail.row if self._detail is not None else None
        none = self.tr("No range is selected.")
        nobody = self.tr("The range has no such node.")
        self.offers.allow("show-managed", (("" if row.used else nobody) if row else none))
        self.offers.allow("show-waiting", (("" if row.waiting else nobody) if row else none))
        self.offers.allow("copy-counted", "" if row else none)

    def copy(self) -> None:
        """Every term, however many are shown, as tab-separated text."""
        if self._detail is not None:
            terms = counted_terms(self._detail, most=None)
            lines = ("\t".join((one.name, one.figure, one.reason)) for one in terms)
            QGuiApplication.clipboard().setText("\n".join(lines) + "\n")

    def _remedy_text(self, detail: RangeDetail) -> str:
        row = detail.row
        if not row.to_buy:
            return ""
        if row.source.option == Option.DISTRIBUTION:
            asked = self.tr("Distribute {0} More…").format(number(row.to_buy))
            return asked if self._session.at_primary else ""
        return self.tr("Register License…") if self._session.registers else ""

    def _remedy(self) -> None:
        if self._detail is None:
            return
        row = self._detail.row
        if row.source.option == Option.DISTRIBUTION:
            commands.start(
                "distribute-licenses",
                self._session,
                self,
                product=row.product,
                relay=row.source.id,
                more=row.to_buy,
            )
        else:
            commands.start("register-license", self._session, self)

    def _show_nodes(self, state: NodeState) -> None:
        if self._detail is None:
            return
        row = self._detail.row
        wanted = NodesWanted(range_source=row.source.id, product=row.product)
        self._session.show_view(state.value, wanted)


def _offer(one: QPushButton, text: str, *, on: bool) -> None:
    one.setVisible(on)
    one.setText(text)
    one.setAccessibleName(text.rstrip("…"))


class _JustAsHigh(QScrollArea):
    """As high as its content where there is room, and scrolled where there is not."""

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.setAccessibleName(_tr("How this is counted"))
        self.setWidget(content)
        for surface in (content, self.viewport()):
            surface.setAutoFillBackground(False)

    def sizeHint(self) -> QSize:  # noqa: N802 - the name is Qt's
        content = self.widget()
        if content is None:
            return super().sizeHint()
        width = self.viewport().width()
        high = content.heightForWidth(width) if content.hasHeightForWidth() else -1
        return QSize(width, max(high, content.minimumSizeHint().height()))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - the name is Qt's
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()


def counted_terms(detail: RangeDetail, *, most: int | None) -> list[Term]:
    """Each figure with its reason, then the parts that add up to it; at most `most` parts of each."""
    row = detail.row
    short = State.CRITICAL if row.shortage else State.NEUTRAL
    return [
        Term(_tr("Held"), number(row.held), _held_reason(detail)),
        *_license_parts(detail.terms.licenses, on=detail.terms.on, most=most),
        *_share_parts(detail.terms.distributed, _tr("distributed by the primary"), most=most, sign=-1),
        Term(_tr("Used"), number(row.used), _managed_reason(detail.terms.managed)),
        *_node_parts(detail.terms.managed, _tr("managed nodes found by it"), most=most),
        Term(_tr("Remaining"), number(row.remaining), _remaining_reason(detail), short),
        Term(_tr("Waiting"), number(row.waiting), _waiting_reason(detail.terms.discovered)),
        *_node_parts(detail.terms.discovered, _tr("discovered nodes found by it"), most=most),
        Term(_tr("Licenses to buy"), number(row.to_buy), _to_buy_reason(detail)),
    ]


def _held_reason(detail: RangeDetail) -> str:
    terms = detail.terms
    if terms.allocation is not None:
        if detail.mark is None:
            return _tr("nothing was distributed to it by the primary")
        return _tr("allocation by the primary, {0} by {1}").format(moment(detail.mark.at), detail.mark.by)
    valid = number(sum(one.quantity for one in terms.licenses if one.valid(terms.on)))
    if not terms.licenses:
        return _tr("no product license is registered on {0}").format(terms.source)
    if terms.distributed:
        gone = number(sum(share.quantity for share in terms.distributed))
        return _tr("{0} registered and valid - {1} distributed to relays").format(valid, gone)
    return _tr("{0} registered and valid").format(valid)


def _remaining_reason(detail: RangeDetail) -> str:
    row = detail.row
    made_of = _tr("{0} held - {1} used").format(number(row.held), number(row.used))
    if row.held < 0:
        return _tr("{0}: more is distributed than is valid on that day").format(made_of)
    if row.shortage:
        pattern = _tr("{0}: {1} more are managed than the range holds")
        return pattern.format(made_of, number(row.shortage))
    return made_of


def _to_buy_reason(detail: RangeDetail) -> str:
    row = detail.row
    left = number(row.remaining) if row.remaining >= 0 else f"({number(row.remaining)})"
    made_of = _tr("{0} waiting - {1} remaining").format(number(row.waiting), left)
    if not row.to_buy:
        return _tr("{0}: enough for all that wait").format(made_of)
    if detail.spare is None or detail.spare <= 0:
        return made_of
    pattern = _tr("{0}; or distribute {1} more: the primary has {2} remaining")
    if detail.spare < row.to_buy:
        pattern = _tr("{0}; or distribute some more: the primary has {2} remaining")
    return pattern.format(made_of, number(row.to_buy), number(detail.spare))


def _managed_reason(shares: Sequence[ServerShare]) -> str:
    if not shares:
        return _tr("no managed nodes")
    if len(shares) == 1:
        return _tr("managed nodes found by {0}").format(shares[0].host_name)
    return _tr("managed nodes found by {0} servers").format(number(len(shares)))


def _waiting_reason(shares: Sequence[ServerShare]) -> str:
    if not shares:
        return _tr("no discovered nodes")
    if len(shares) == 1:
        return _tr("discovered nodes found by {0}").format(shares[0].host_name)
    return _tr("discovered nodes found by {0} servers").format(number(len(shares)))


def _license_parts(licenses: Sequence[LicenseTerm], *, on: Day, most: int | None) -> list[Term]:
    parts = [
        Term(f"{one.issuer} {one.serial}", number(one.quantity), _license_reason(one, on=on), indent=True)
        for one in licenses[:most]
    ]
    return [*parts, *_left_out(len(licenses), most)]


def _license_reason(one: LicenseTerm, *, on: Day) -> str:
    kind = kind_word(one.kind)
    if one.valid_until is None:
        text = _tr("{0}, without end").format(kind)
    else:
        text = _tr("{0}, until {1}").format(kind, day(one.valid_until))
    if one.valid(on):
        return text
    pattern = _tr("{0}: expired, counts 0") if one.valid_from <= on else _tr("{0}: counts from {1}")
    return pattern.format(text, day(one.valid_from))


def _node_parts(shares: Sequence[ServerShare], reason: str, *, most: int | None) -> list[Term]:
    """One server is named in the figure's own line."""
    return [] if len(shares) < 2 else _share_parts(shares, reason, most=most, sign=1)


def _share_parts(shares: Sequence[ServerShare], reason: str, *, most: int | None, sign: int) -> list[Term]:
    parts = [
        Term(share.host_name, number(sign * share.quantity), reason, indent=True) for share in shares[:most]
    ]
    return [*parts, *_left_out(len(shares), most)]


def _left_out(count: int, most: int | None) -> list[Term]:
    if most is None or count <= most:
        return []
    left = _tr("and {0} more").format(number(count - most))
    return [Term(left, "", _tr("Copy has all of them"), indent=True)]
