"""The table of Distribute Licenses: a relay, what it has, what it is to have, and what that comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from licensedesk.ui.figures import number
from licensedesk.ui.item_models.rows import Column
from licensedesk.ui.tokens import State
from licensedesk.ui.widgets.bars import remaining_bar
from licensedesk.ui.widgets.chips import Chip

if TYPE_CHECKING:
    from collections.abc import Callable

    from licensedesk.core.allocation_draft import RelayDraft


def _tr(text: str) -> str:
    return QCoreApplication.translate("Relays", text)


def relay_columns(
    locked: Callable[[RelayDraft], bool], excess: Callable[[], int]
) -> tuple[Column[RelayDraft], ...]:
    """The lock comes last. `excess` is how many more are filled in, in all, than can be distributed."""

    def chip(row: RelayDraft) -> Chip:
        return range_chip(row, excess=excess())

    return (
        Column(
            key="relay", title=_tr("Relay"), text=lambda row: row.relay.host_name, width=140, stretch=True
        ),
        _figure("used", _tr("Used"), lambda row: row.used),
        _figure("waiting", _tr("Waiting"), lambda row: row.waiting),
        _figure("now", _tr("Now"), lambda row: row.now),
        Column(
            key="new",
            title=_tr("New"),
            text=lambda row: number(row.new),
            sort=lambda row: row.new,
            number=True,
            width=124,
        ),
        Column(
            key="remaining",
            title=_tr("Remaining after"),
            text=lambda row: remaining_bar(row.new, row.used).figure,
            sort=lambda row: row.remaining,
            bar=lambda row: remaining_bar(row.new, row.used),
            width=216,
        ),
        Column(
            key="range",
            title=_tr("Range after this"),
            text=lambda row: chip(row).text,
            chip=chip,
            width=196,
        ),
        Column(
            key="lock",
            title=_tr("Lock"),
            text=lambda row: _tr("Locked") if locked(row) else "",
            tooltip=lambda row: (
                _tr("Locked: filling in leaves it as it is. Ctrl+L unlocks it.")
                if locked(row)
                else _tr("Ctrl+L locks it: filling in then leaves it as it is.")
            ),
            width=44,
        ),
    )


def _figure(key: str, title: str, value: Callable[[RelayDraft], int]) -> Column[RelayDraft]:
    return Column(
        key=key, title=title, text=lambda row: number(value(row)), sort=value, number=True, width=64
    )


def range_chip(row: RelayDraft, *, excess: int) -> Chip:
    """What the quantity means for the relay's range; where too much is given, each that got more says so."""
    if excess > 0 and row.new > row.now:
        return Chip(_tr("{0} too many").format(number(min(excess, row.new - row.now))), State.CRITICAL)
    if row.shortage:
        return _short_chip(row)
    room = row.remaining
    if row.new == row.now:
        return Chip(_tr("Unchanged"))
    if row.shortage_now:
        covered = number(row.shortage_now)
        if room:
            return Chip(_tr("Covers {0}, room for {1}").format(covered, number(room)), State.OK)
        return Chip(_tr("Covers {0}").format(covered), State.OK)
    if not row.used and not row.waiting:
        return Chip(_tr("No nodes yet"))
    if not room:
        return Chip(_tr("All used"), State.WARNING)
    return Chip(_tr("Room for {0}").format(number(room)), State.OK if row.new > row.now else State.NEUTRAL)


def _short_chip(row: RelayDraft) -> Chip:
    lacking = number(row.shortage)
    if row.new == row.now:
        return Chip(_tr("Unchanged, short by {0}").format(lacking), State.WARNING)
    if row.shortage < row.shortage_now:
        return Chip(_tr("Still short by {0}").format(lacking), State.WARNING)
    return Chip(_tr("Short by {0}").format(lacking), State.CRITICAL)
