"""Event List: what an administrator should see, the newest first, acknowledged or not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from licensedesk.core.names import visible
from licensedesk.core.sentences import SENTENCES
from licensedesk.core.types import parse_stamp
from licensedesk.ui import operations
from licensedesk.ui.figures import lately, moment
from licensedesk.ui.item_models.feed import Feed
from licensedesk.ui.item_models.paged import PagedModel, PageRequest
from licensedesk.ui.item_models.rows import Column
from licensedesk.ui.pages.base import View
from licensedesk.ui.session import Session
from licensedesk.ui.tokens import State
from licensedesk.ui.vocabulary import counted
from licensedesk.ui.wanted import EventsWanted
from licensedesk.ui.widgets.chips import Chip
from licensedesk.ui.widgets.filter_bar import FilterBar
from licensedesk.ui.widgets.page import label
from licensedesk.ui.widgets.table import TableView
from licensedesk.ui.wording import advice, sentence

if TYPE_CHECKING:
    from licensedesk.core.event_list import EventFilter
    from licensedesk.core.events import Event

_STATES = {"info": State.INFO, "warning": State.WARNING, "critical": State.CRITICAL}
_VIEW_OF = {
    "range-short": "license-details",
    "key-expiring": "license-details",
    "license-damaged": "license-details",
    "conflicting-license": "license-details",
    "audit-broken": "audit",
}
"""Where the cause of an event is seen; the others are about the distribution."""


class EventListView(View):
    """An event fires once per crossing: it is not repeated while it holds, and says when it ended."""

    reads = frozenset({"events"})

    def __init__(self, session: Session) -> None:
        super().__init__(session, "")
        self.set_title(self.tr("Event List"))
        self.filters = FilterBar()
        self.offers.add("acknowledge", self.acknowledge)
        self.offers.add("show-cause", lambda: self.show_cause(self.table.current_row()))
        self.offer_clearing(self.filters)
        self.acknowledge_button = self.add_action("acknowledge", main=True)
        words = {"critical": self.tr("Critical"), "warning": self.tr("Warning"), "info": self.tr("Info")}
        self._words = words
        self.filters.add_several("severity", self.tr("Sever&ity"), self.tr("All"), list(words.items()))
        self.filters.add_choice(
            "seen",
            self.tr("Sh&ow"),
            [
                ("", self.tr("All")),
                ("unacknowledged", self.tr("Not acknowledged")),
                ("open", self.tr("Not ended yet")),
            ],
        )
        self.search = self.filters.add_search("text", self.tr("Search events"))
        self.filters.remember(session.settings, "events")
        self.filters.changed.connect(self._restart)
        self.model: PagedModel[Event] = PagedModel(self._columns(), key=lambda row: row.id)
        self.table = TableView(self.model, name=self.tr("Events"))
        self.feed = Feed(
            self.model,
            session.runner,
            fetch=self._fetch,
            count=self._count,
            failed=self.refuse,
            parent=self,
        )
        self.feed.counted.connect(self._on_counted)
        self._set_up_table()
        self.body.addWidget(self.filters)
        self.body.addWidget(self.table, 1)
        self.detail = label("", "secondary")
        self.detail.setWordWrap(True)
        self.detail.hide()
        self.body.addWidget(self.detail)
        self._say_when_empty()

    def _set_up_table(self) -> None:
        self.table.remember(self.session.settings, "events")
        self.table.selected.connect(self.enable)
        self.table.selected.connect(self._show_detail)
        self.table.activated_row.connect(self.show_cause)
        self.table.set_context_actions([self.offers["acknowledge"], self.offers["show-cause"]])
        self.enable()

    def _columns(self) -> tuple[Column[Event], ...]:
        def chip(row: Event) -> Chip:
            return Chip(self._words[row.severity.value], _STATES[row.severity.value])

        def seen(row: Event) -> str:
            if row.acknowledged_at is None:
                return self.tr("No")
            return f"{row.acknowledged_by}, {moment(parse_stamp(row.acknowledged_at))}"

        return (
            Column(
                key="severity",
                title=self.tr("Severity"),
                text=lambda row: chip(row).text,
                chip=chip,
                width=96,
            ),
            Column(key="at", title=self.tr("Time"), text=lambda row: moment(parse_stamp(row.at)), width=140),
            Column(key="subject", title=self.tr("Subject"), text=lambda row: row.subject, width=150),
            Column(
                key="text",
                title=self.tr("What"),
                text=_said,
                tooltip=_in_full,
                sortable=False,
                width=300,
                stretch=True,
            ),
            Column(
                key="ended",
                title=self.tr("Ended"),
                text=lambda row: lately(parse_stamp(row.ended_at)) if row.ended_at else self.tr("Not yet"),
                tooltip=lambda row: moment(parse_stamp(row.ended_at)) if row.ended_at else "",
                sortable=False,
                width=100,
            ),
            Column(key="acknowledged", title=self.tr("Acknowledged"), text=seen, width=116),
        )

    # -- reading -----------------------------------------------------------------------------------
    def reload(self) -> None:
        self.feed.reload()

    def _restart(self) -> None:
        self._say_when_empty()
        if self.session.is_open:
            self.feed.restart()

    def _chosen(self) -> EventFilter:
        from licensedesk.core.event_list import EventFilter

        seen = self.filters.value("seen")
        return EventFilter(
            severities=tuple(self.filters.value("severity")),
            unacknowledged=seen == "unacknowledged",
            open_only=seen == "open",
            text=str(self.filters.value("text")),
        )

    def _fetch(self, request: PageRequest) -> Callable[[], Sequence[Event]]:
        chosen, store, actor = self._chosen(), self.session.site.store, self.session.actor

        def read() -> Sequence[Event]:
            from licensedesk.core.event_list import read_events, visible_hosts

            return read_events(
                store,
                replace(chosen, hosts=visible_hosts(store, by=actor)),
                first=request.first,
                count=request.count,
                sort=request.sort,
                descending=request.descending,
            )

        return read

    def _count(self) -> Callable[[], int]:
        chosen, store, actor = self._chosen(), self.session.site.store, self.session.actor

        def read() -> int:
            from licensedesk.core.event_list import count_events, visible_hosts

            return count_events(store, replace(chosen, hosts=visible_hosts(store, by=actor)))

        return read

    def _on_counted(self, count: int) -> None:
        self.filters.set_count(counted(count, one=self.tr("{0} event"), several=self.tr("{0} events")))

    def _say_when_empty(self) -> None:
        if self.filters.active:
            clear = self.tr("Clear Filters")
            self.table.say_when_empty(self.tr("No event matches these filters."), clear, self.filters.clear)
        else:
            self.table.say_when_empty(
                self.tr(
                    "No event yet: ranges that are short, licenses that end soon and servers that need"
                    " somebody will be listed here."
                )
            )

    def present(self, wanted: object) -> None:
        if isinstance(wanted, EventsWanted):
            seen = "unacknowledged" if wanted.unacknowledged else ""
            self.filters.set_values({"severity": (), "seen": seen, "text": ""})
            self._restart()

    def start_search(self) -> None:
        self.search.setFocus()

    # -- acting ------------------------------------------------------------------------------------
    def acknowledge(self) -> None:
        chosen = [row.id for row in self.table.selected_rows() if row.acknowledged_at is None]
        if chosen:
            operations.acknowledge(self.session, events=chosen, owner=self, failed=self.refuse)

    def show_cause(self, row: Event | None) -> None:
        """The view in which the cause is seen and mended."""
        if row is not None:
            self.session.show_view(_VIEW_OF.get(row.code, "license-distribution"))

    def _show_detail(self) -> None:
        """What the selected event says in full, and what to do about it."""
        row = self.table.current_row() if len(self.table.selected_rows()) == 1 else None
        words = _in_full(row) if row else ""
        self.detail.setText(visible(words))
        self.detail.setVisible(bool(words))

    def enable(self) -> None:
        rows = self.table.selected_rows()
        none = "" if rows else self.tr("No event is selected.")
        new = any(row.acknowledged_at is None for row in rows)
        self.offers.allow("acknowledge", none or ("" if new else self.tr("It is acknowledged already.")))
        self.offers.allow("show-cause", none)


def _said(row: Event) -> str:
    """Why a server is not current says that it is not: its code would be no word."""
    return sentence(_reason(row) or row.code, row.figures)


def _in_full(row: Event) -> str:
    """What it is, why, and what to do about it."""
    reason = _reason(row)
    if not reason:
        return f"{sentence(row.code, row.figures)} {advice(row.code, row.figures)}".rstrip()
    why = sentence(reason, row.figures).rstrip(".")
    whole = sentence(row.code, {**row.figures, "reason": why})
    return f"{whole} {advice(reason, row.figures) or advice(row.code, row.figures)}".rstrip()


def _reason(row: Event) -> str:
    """The code of a reason that has a sentence of its own."""
    reason = str(row.figures.get("reason", "")) if row.code == "server-not-current" else ""
    return reason if reason in SENTENCES else ""
