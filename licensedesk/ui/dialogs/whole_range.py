"""Use a whole range: the servers of one range of shared licenses as the managing sources of a filter."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from licensedesk.core.types import ServerId
from licensedesk.ui.figures import number
from licensedesk.ui.widgets.dialog import Dialog
from licensedesk.ui.widgets.form import Form
from licensedesk.ui.widgets.page import label
from licensedesk.ui.widgets.server_choice import ServerChoice

if TYPE_CHECKING:
    from licensedesk.core.nodes.choices import NodeChoices


def open_whole_range(parent: QWidget, choices: NodeChoices, use: Callable[[ServerId], object]) -> None:
    WholeRangeDialog(parent, choices, use).open()


class WholeRangeDialog(Dialog):
    """Names the servers before they are filled in."""

    def __init__(self, parent: QWidget, choices: NodeChoices, use: Callable[[ServerId], object]) -> None:
        super().__init__("", main="", parent=parent)
        self.set_title(self.tr("Use a Whole Range"))
        self._choices = choices
        self._use = use
        self.source = ServerChoice(self.tr("Range (sharing source)"))
        self.servers = label("", "secondary")
        self.servers.setWordWrap(True)
        form = Form()
        form.add(self.tr("&Range (sharing source)"), self.source)
        self.body.addLayout(form)
        self.body.addWidget(self.servers)
        self.body.addStretch()
        sources = [server for server in choices.sources if server.id in choices.ranges]
        self.source.offer(sources, current=sources[0].id if sources else None)
        self.source.chosen.connect(self._show)
        self.submitted.connect(self._take)
        self._show()
        self.set_width(520)
        self.source.setFocus()

    def _show(self) -> None:
        server = self.source.server
        members = self._choices.ranges.get(server, ()) if server else ()
        self.set_valid(bool(members))
        self.set_main(
            self.tr("Use 1 Server")
            if len(members) == 1
            else self.tr("Use {0} Servers").format(number(len(members)))
        )
        names = ", ".join(one.host_name for one in members[:6])
        self.servers.setText(names + (", …" if len(members) > 6 else ""))

    def _take(self) -> None:
        server = self.source.server
        if server is not None:
            self.accept()
            self._use(server)
