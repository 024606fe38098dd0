"""Add a relay or a managed server below a management server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QLineEdit, QWidget

from licensedesk.core.types import Option, Role, ServerId
from licensedesk.ui import operations
from licensedesk.ui.dialogs.previewed import PreviewedDialog
from licensedesk.ui.session import Session
from licensedesk.ui.widgets.form import Form
from licensedesk.ui.widgets.server_choice import ServerChoice

if TYPE_CHECKING:
    from licensedesk.core.holdings import Holdings

_NEW = ServerId("new")


def open_add_relay(session: Session, parent: QWidget, under: str = "") -> None:
    AddServerDialog(session, parent, Role.RELAY, ServerId(under or session.server)).open_reading()


def open_add_managed(session: Session, parent: QWidget, under: str = "") -> None:
    AddServerDialog(session, parent, Role.MANAGED, ServerId(under or session.server)).open_reading()


class AddServerDialog(PreviewedDialog):
    """The chosen server, or the management server above it, is offered as the one to stand under."""

    def __init__(self, session: Session, parent: QWidget, role: Role, under: ServerId) -> None:
        super().__init__(session, parent, title="", main="")
        self._role = role
        self._wanted = under
        relay = role == Role.RELAY
        self.set_title(self.tr("Add Relay Server") if relay else self.tr("Add Managed Server"))
        self.set_main(self.tr("Add Server"))
        self.host_name = QLineEdit()
        self.host_name.setPlaceholderText("branch.example.com")
        self.host_name.textEdited.connect(lambda _text: self.judge())
        self.under = ServerChoice(self.tr("Under"))
        self.under.chosen.connect(self.judge)
        form = Form()
        form.add(self.tr("&Host name"), self.host_name)
        form.add(self.tr("&Under"), self.under)
        self.body.addLayout(form)
        self.body.addStretch()
        self.submitted.connect(self._add)
        self.set_width(520)
        self.host_name.setFocus()

    def take(self, holdings: Holdings) -> None:
        tree = holdings.tree
        wanted = self._wanted if self._wanted in tree.index else tree.primary.id
        fact = tree.get(wanted)
        above = fact.parent if fact.role == Role.MANAGED and fact.parent else fact.id
        gone = self.under.offer(
            (server for server in tree.servers if server.role != Role.MANAGED), current=above
        )
        if gone:
            self.meanwhile = self.tr("{0} is no longer there: another console has removed it.").format(gone)

    def plan(self, holdings: Holdings) -> Holdings | None:
        from licensedesk.core.names import canonical_host_name
        from licensedesk.core.placement import place
        from licensedesk.core.servers import require_free_name
        from licensedesk.core.tree import ServerFact

        under = self.under.server
        if under is None or not self.host_name.text():
            return None
        name = canonical_host_name(self.host_name.text().strip())
        fact = ServerFact(_NEW, name, self._role.value, under, Option.NONE.value)
        require_free_name(holdings.tree, fact)
        return holdings.with_tree(place(holdings.tree, fact, under=under))

    def _add(self) -> None:
        under = self.under.server
        if under is None:
            return
        self.set_busy(self.tr("Adding…"))
        operations.add_server(
            self.session,
            host_name=self.host_name.text().strip(),
            under=under,
            role=self._role,
            owner=self,
            done=self.act_done,
            failed=self.act_failed,
        )
