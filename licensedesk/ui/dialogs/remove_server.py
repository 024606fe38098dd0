"""Remove a server; its children and nodes are given a new place in the same step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from licensedesk.core.names import visible
from licensedesk.core.types import Role, ServerId
from licensedesk.ui import operations
from licensedesk.ui.dialogs.previewed import PreviewedDialog
from licensedesk.ui.figures import number
from licensedesk.ui.session import Session
from licensedesk.ui.widgets.form import Form
from licensedesk.ui.widgets.page import label
from licensedesk.ui.widgets.server_choice import ServerChoice

if TYPE_CHECKING:
    from licensedesk.core.changes import Changes
    from licensedesk.core.holdings import Holdings
    from licensedesk.core.store.database import Store


def open_remove_server(session: Session, parent: QWidget, server: str = "") -> None:
    RemoveServerDialog(session, parent, ServerId(server or session.server)).open_reading()


class RemoveServerDialog(PreviewedDialog):
    """What is lost stands in the button; where there is nothing to give away, nothing is asked."""

    def __init__(self, session: Session, parent: QWidget, server: ServerId) -> None:
        super().__init__(session, parent, title="", main="", danger=True)
        self._server = server
        self._nodes: int | None = None
        """That it found, in any state; None until they are counted."""
        self.set_title(self.tr("Remove Server"))
        self.set_main(self.tr("Remove"))
        self.what = label("", "secondary")
        self.what.setWordWrap(True)
        self.children_to = ServerChoice(self.tr("Servers below it go under"))
        self.children_to.chosen.connect(self.judge)
        self.nodes_to = ServerChoice(self.tr("Its nodes go to"))
        self.nodes_to.chosen.connect(self.judge)
        self._form = Form()
        self._form.add(self.tr("&Servers below it go under"), self.children_to)
        self._form.add(self.tr("Its &nodes go to"), self.nodes_to)
        self.body.addWidget(self.what)
        self.body.addLayout(self._form)
        self.body.addWidget(self.before_after)
        self.body.addStretch()
        self._form.setRowVisible(self.children_to, False)
        self._form.setRowVisible(self.nodes_to, False)
        self.submitted.connect(self._remove)
        self.set_width(840)

    def take(self, holdings: Holdings) -> None:
        tree = holdings.tree
        fact = tree.get(self._server)
        self.subject = fact.host_name
        shown = visible(fact.host_name)
        self.set_title(self.tr("Remove {0}").format(shown))
        self.set_main(self.tr("Remove {0}").format(shown))
        below = tree.children.get(self._server, ())
        others = [one for one in tree.servers if one.role != Role.MANAGED and one.id != self._server]
        inside = {server.id for server in tree.subtree(self._server)}
        self.children_to.offer((one for one in others if one.id not in inside), current=fact.parent)
        self.nodes_to.offer(others, current=fact.parent)
        self._form.setRowVisible(self.children_to, bool(below))
        self._nodes = None
        self._show_what(len(below))
        self.session.read(self._count, owner=self, done=self._show_nodes, key="remove-server")

    def _count(self, store: Store) -> int:
        from licensedesk.core.removal import count_nodes

        return count_nodes(store, self._server)

    def _show_nodes(self, nodes: int) -> None:
        self._nodes = nodes
        self._form.setRowVisible(self.nodes_to, nodes > 0)
        below = self.holdings.tree.children.get(self._server, ()) if self.holdings else ()
        self._show_what(len(below))
        self.judge()

    def _show_what(self, below: int) -> None:
        lost = [self.tr("Its enrolment and its line in the ledger are lost; its audit entries stay.")]
        if below:
            lost.append(self.tr("Servers below it: {0}.").format(number(below)))
        if self._nodes:
            lost.append(self.tr("Nodes that it found: {0}.").format(number(self._nodes)))
        self.what.setText(" ".join(lost))

    def plan(self, holdings: Holdings) -> Holdings | None:
        from licensedesk.core.removal import check_removal

        if self._nodes is None:
            return None
        below = holdings.tree.children.get(self._server, ())
        nodes = max(self._nodes, self._counted(holdings))
        return check_removal(
            holdings,
            server=self._server,
            children_to=self.children_to.server if below else None,
            nodes_to=self.nodes_to.server if nodes else None,
            nodes=nodes,
        )

    def _counted(self, holdings: Holdings) -> int:
        """By the facts, which were read a moment earlier: its nodes may have been deleted since."""
        counts = (*holdings.managed.items(), *holdings.waiting.items())
        return sum(number for (server, _product), number in counts if server == self._server)

    def _remove(self) -> None:
        below = self.holdings.tree.children.get(self._server, ()) if self.holdings else ()
        self.set_busy(self.tr("Removing…"))
        operations.remove_server(
            self.session,
            server=self._server,
            host_name=self.subject,
            children_to=self.children_to.server if below else None,
            nodes_to=self.nodes_to.server if self._nodes else None,
            owner=self,
            done=self._removed,
            failed=self.act_failed,
        )

    def _removed(self, changes: Changes) -> None:
        """What was chosen in all views is gone; the server above it is chosen instead."""
        above = self.holdings.tree.get(self._server).parent if self.holdings else None
        self.session.choose_server(above or "")
        self.act_done(changes)
