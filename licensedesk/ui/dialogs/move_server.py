"""Place a server, with all below it, under another management server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from licensedesk.core.names import visible
from licensedesk.core.types import Role, ServerId
from licensedesk.ui import operations
from licensedesk.ui.dialogs.previewed import PreviewedDialog
from licensedesk.ui.figures import NONE
from licensedesk.ui.session import Session
from licensedesk.ui.widgets.form import Form
from licensedesk.ui.widgets.page import label
from licensedesk.ui.widgets.server_choice import ServerChoice

if TYPE_CHECKING:
    from licensedesk.core.holdings import Holdings
    from licensedesk.core.tree import Tree


def open_move_server(session: Session, parent: QWidget, server: str = "", under: str = "") -> None:
    """`under` is already chosen where the server was dragged onto another."""
    wanted = ServerId(under) if under else None
    MoveServerDialog(session, parent, ServerId(server or session.server), wanted).open_reading()


class MoveServerDialog(PreviewedDialog):
    """Offers every management server outside the moved subtree."""

    def __init__(self, session: Session, parent: QWidget, server: ServerId, under: ServerId | None) -> None:
        super().__init__(session, parent, title="", main="")
        self._server = server
        self._under = under
        self._parent: ServerId | None = None
        self.set_title(self.tr("Move Server"))
        self.set_main(self.tr("Move"))
        self.place = label("", "secondary")
        self.under = ServerChoice(self.tr("Under"))
        self.under.chosen.connect(self.judge)
        form = Form()
        form.add(self.tr("Now"), self.place)
        form.add(self.tr("&Under"), self.under)
        self.new_range = label("", "secondary")
        self.new_range.hide()
        self.body.addLayout(form)
        self.body.addWidget(self.new_range)
        self.body.addWidget(self.before_after)
        self.body.addStretch()
        self.submitted.connect(self._move)
        self.set_width(840)
        self.under.setFocus()

    def take(self, holdings: Holdings) -> None:
        tree = holdings.tree
        fact = tree.get(self._server)
        self.subject = fact.host_name
        if self._parent not in {None, fact.parent}:
            self.meanwhile = self.tr("Another console has moved it meanwhile.")
        self._parent = fact.parent
        self.set_title(self.tr("Move {0}").format(visible(fact.host_name)))
        path = [above.host_name for above in tree.ancestors(self._server)]
        self.place.setText(visible(" / ".join(reversed(path))) or NONE)
        inside = {server.id for server in tree.subtree(self._server)}
        gone = self.under.offer(
            (one for one in tree.servers if one.role != Role.MANAGED and one.id not in inside),
            current=self._under,
        )
        if gone:
            self.meanwhile = self.tr("It can no longer be moved under {0}.").format(gone)

    def plan(self, holdings: Holdings) -> Holdings | None:
        from licensedesk.core.placement import place

        self.new_range.hide()
        under = self.under.server
        fact = holdings.tree.get(self._server)
        if under is None or under == fact.parent:
            return None
        after = holdings.with_tree(place(holdings.tree, fact, under=under))
        self._show_range(holdings.tree, after.tree)
        return after

    def _show_range(self, before: Tree, after: Tree) -> None:
        """A managed server takes no figures with it, and yet gets another License.xml."""
        left, joined = (tree.source_of(self._server) for tree in (before, after))
        if left.id != joined.id:
            pattern = self.tr("It leaves the range of {0} and shares the licenses of {1}.")
            self.new_range.setText(pattern.format(visible(left.host_name), visible(joined.host_name)))
            self.new_range.show()

    def _move(self) -> None:
        under = self.under.server
        if under is None:
            return
        self.set_busy(self.tr("Moving…"))
        operations.move_server(
            self.session,
            server=self._server,
            host_name=self.subject,
            under=under,
            owner=self,
            done=self.act_done,
            failed=self.act_failed,
        )
