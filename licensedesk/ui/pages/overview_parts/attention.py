"""What needs attention: one line each, that leads to where it is seen and mended."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from licensedesk.core.names import visible
from licensedesk.ui.figures import day
from licensedesk.ui.tokens import State
from licensedesk.ui.vocabulary import counted
from licensedesk.ui.wanted import EventsWanted, LedgerWanted, RangeWanted
from licensedesk.ui.widgets.notice import StateIcon
from licensedesk.ui.widgets.page import button, hairline, label
from licensedesk.ui.wording import sentence

if TYPE_CHECKING:
    from licensedesk.core.overview import Overview

MOST_OF_A_KIND = 4
_WORST_FIRST = (State.CRITICAL, State.WARNING, State.INFO, State.OK, State.NEUTRAL)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Overview", text)


@dataclass(frozen=True, slots=True)
class AttentionLine:
    """`view` is the key of the view it leads to, `wanted` what that is to show."""

    state: State
    text: str
    link: str
    view: str
    wanted: object = None


class AttentionPanel(QFrame):
    """Hairlines between the lines; says so where there is nothing."""

    def __init__(self, lines: Sequence[AttentionLine], show: Callable[[str, object], object]) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 4, 1, 4)
        layout.setSpacing(0)
        for at, line in enumerate(lines):
            if at:
                layout.addWidget(hairline())
            layout.addWidget(_row(line, show))
        if not lines:
            layout.addWidget(_row(AttentionLine(State.OK, _tr("Nothing needs attention."), "", ""), show))


def _row(line: AttentionLine, show: Callable[[str, object], object]) -> QWidget:
    icon = StateIcon()
    icon.state = line.state
    icon.setAccessibleName(line.state.value)
    text = visible(line.text)
    words = label(text)
    words.setWordWrap(True)
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(15, 5, 12, 5)
    layout.setSpacing(12)
    layout.addWidget(icon)
    layout.addWidget(words, 1)
    if line.link:
        link = button(line.link, lambda: show(line.view, line.wanted), kind="link")
        link.setAccessibleName(f"{line.link}: {text}")
        link.setProperty("action", f"go-{line.view}")
        layout.addWidget(link)
    return row


def attention_lines(overview: Overview) -> list[AttentionLine]:
    """The worst first; of each kind a few, then how many more there are."""
    lines = [
        *_over_distributed(overview),
        *_few(list(_short(overview)), _tr("{0} more ranges are short."), "license-details"),
        *_servers(overview),
        *_few(list(_expiring(overview)), _tr("{0} more licenses end soon."), "license-details"),
        *_events(overview),
        *_without_agent(overview),
    ]
    return sorted(lines, key=lambda line: _WORST_FIRST.index(line.state))


def _few(lines: list[AttentionLine], rest: str, view: str) -> list[AttentionLine]:
    left = len(lines) - MOST_OF_A_KIND
    if left <= 1:
        return lines
    more = AttentionLine(lines[-1].state, rest.format(left), _tr("Show All"), view)
    return [*lines[:MOST_OF_A_KIND], more]


def _over_distributed(overview: Overview) -> Iterator[AttentionLine]:
    for product, count in overview.over_distributed.items():
        text = sentence("over-distributed", {"product": product, "count": count})
        yield AttentionLine(
            State.CRITICAL, text, _tr("Show Ranges"), "license-details", RangeWanted(product=product)
        )


def _short(overview: Overview) -> Iterator[AttentionLine]:
    for row in overview.short:
        figures = {"source": row.source.host_name, "product": row.product, "shortage": row.shortage}
        wanted = RangeWanted(product=row.product, source=row.source.id, tab="counted")
        yield AttentionLine(
            State.CRITICAL, sentence("range-short", figures), _tr("Show Range"), "license-details", wanted
        )


def _expiring(overview: Overview) -> Iterator[AttentionLine]:
    for one in overview.expiring:
        figures = {
            "issuer": one.term.issuer,
            "serial": one.term.serial,
            "product": one.product,
            "quantity": one.term.quantity,
            "server": one.server.host_name,
            "valid_until": day(one.term.valid_until),
        }
        wanted = RangeWanted(product=one.product, source=one.server.id, tab="licenses")
        yield AttentionLine(
            State.WARNING, sentence("key-expiring", figures), _tr("Show License"), "license-details", wanted
        )


def _servers(overview: Overview) -> Iterator[AttentionLine]:
    """The ledger's states, by how much they ask for somebody."""
    kinds = (
        (
            ("rejected",),
            State.CRITICAL,
            _tr("{0} server rejected its last message."),
            _tr("{0} servers rejected their last message."),
        ),
        (
            ("unknown",),
            State.CRITICAL,
            _tr("{0} server reported less than it had reported before."),
            _tr("{0} servers reported less than they had reported before."),
        ),
        (
            ("unreachable",),
            State.WARNING,
            _tr("{0} server has not answered the message it was sent."),
            _tr("{0} servers have not answered the message they were sent."),
        ),
        (
            ("pending", "sent"),
            State.INFO,
            _tr("{0} server does not have the current License.xml yet."),
            _tr("{0} servers do not have the current License.xml yet."),
        ),
    )
    for states, state, one, several in kinds:
        count = sum(number for kind, number in overview.states.items() if kind.value in states)
        if count:
            text = counted(count, one=one, several=several)
            wanted = LedgerWanted(states=states)
            yield AttentionLine(state, text, _tr("Show Servers"), "license-distribution", wanted)


def _events(overview: Overview) -> Iterator[AttentionLine]:
    count = overview.unacknowledged
    if count:
        text = counted(
            count,
            one=_tr("{0} event is not acknowledged."),
            several=_tr("{0} events are not acknowledged."),
        )
        yield AttentionLine(State.INFO, text, _tr("Show Events"), "events", EventsWanted())


def _without_agent(overview: Overview) -> Iterator[AttentionLine]:
    """Nothing wrong, but these servers get nothing."""
    count = sum(
        number for kind, number in overview.states.items() if kind.value in {"not enrolled", "invited"}
    )
    if count:
        text = counted(
            count,
            one=_tr("{0} server has no enrolled agent, so that License.xml cannot reach it."),
            several=_tr("{0} servers have no enrolled agent, so that License.xml cannot reach them."),
        )
        yield AttentionLine(State.NEUTRAL, text, _tr("Show Servers"), "servers")
