"""The filters of the lists of nodes: managing sources, product, OS, last seen, and text."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from licensedesk.core.types import ServerId
from licensedesk.ui.session import Session
from licensedesk.ui.wanted import NodesWanted
from licensedesk.ui.widgets.filter_bar import FilterBar

if TYPE_CHECKING:
    from licensedesk.core.nodes.choices import NodeChoices


class NodeFilters(QWidget):
    """`changed` for what a person did. Chosen values are restored when the choices are there."""

    changed = Signal()

    def __init__(self, session: Session, place: str, *, use_range: Callable[[], object]) -> None:
        super().__init__()
        self._session = session
        self._place = place
        self._remembered = False
        self._choices: NodeChoices | None = None
        self.bar = FilterBar()
        self.sources = self.bar.add_several(
            "sources", self.tr("&Managing source"), self.tr("All managing sources")
        )
        self.sources.add_action(self.tr("Use a Whole Range…"), use_range)
        self.product = self.bar.add_choice("product", self.tr("&Product"), [("", self.tr("All products"))])
        self.os = self.bar.add_text("os", self.tr("Operating s&ystem"), self.tr("Any, or a part of it"))
        self.seen = self.bar.add_before("seen", self.tr("L&ast seen"), session.today)
        self.text = self.bar.add_search("text", self.tr("Host name, IP or MAC"))
        self.bar.changed.connect(self.changed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.bar)

    def take(self, choices: NodeChoices) -> bool:
        """The choices of the site; whether what is chosen is another than before."""
        before = self.wanted
        self._choices = choices
        self.sources.set_choices([(server.id, server.host_name) for server in choices.sources])
        products = [("", self.tr("All products")), *((name, name) for name in choices.products)]
        self.bar.set_choices("product", products)
        if not self._remembered:
            self._remembered = True
            self.bar.remember(self._session.settings, self._place)
        return self.wanted != before

    @property
    def choices(self) -> NodeChoices | None:
        """None until they are read."""
        return self._choices

    @property
    def wanted(self) -> NodesWanted:
        return NodesWanted(
            sources=tuple(ServerId(key) for key in self.sources.chosen),
            product=str(self.bar.value("product")),
            os=str(self.bar.value("os")),
            seen_before=self.seen.day,
            text=str(self.bar.value("text")),
        )

    @property
    def active(self) -> bool:
        return self.bar.active

    def fill(self, wanted: NodesWanted) -> None:
        """Just this, as another view asks for it; needs the choices."""
        sources = list(wanted.sources)
        if wanted.range_source is not None and self._choices is not None:
            sources += [server.id for server in self._choices.ranges.get(wanted.range_source, ())]
        self.bar.set_values(
            {
                "sources": sources,
                "product": wanted.product,
                "os": wanted.os,
                "seen": wanted.seen_before.isoformat() if wanted.seen_before else "",
                "text": wanted.text,
            }
        )

    def use_range(self, source: ServerId) -> None:
        """Fill in the servers of a range, as a person's doing."""
        if self._choices is not None:
            servers = [server.id for server in self._choices.ranges.get(source, ())]
            self.bar.choose({"sources": servers})

    def start_search(self) -> None:
        self.text.setFocus()
        self.text.selectAll()
