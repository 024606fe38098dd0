"""Give a server another host name; its id, and so all that is known of it, stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QLineEdit, QWidget

from licensedesk.core.names import visible
from licensedesk.core.types import ServerId
from licensedesk.ui import operations
from licensedesk.ui.dialogs.previewed import PreviewedDialog
from licensedesk.ui.session import Session
from licensedesk.ui.widgets.form import Form

if TYPE_CHECKING:
    from licensedesk.core.holdings import Holdings


def open_rename_server(session: Session, parent: QWidget, server: str = "") -> None:
    RenameServerDialog(session, parent, ServerId(server or session.server)).open_reading()


class RenameServerDialog(PreviewedDialog):
    """Where another console renamed it meanwhile, both names are shown and nothing is overwritten."""

    def __init__(self, session: Session, parent: QWidget, server: ServerId) -> None:
        super().__init__(session, parent, title="", main="")
        self._server = server
        self._was = ""
        self.set_title(self.tr("Rename Server"))
        self.set_main(self.tr("Rename"))
        self.host_name = QLineEdit()
        self.host_name.textEdited.connect(lambda _text: self.judge())
        form = Form()
        form.add(self.tr("&Host name"), self.host_name)
        self.body.addLayout(form)
        self.body.addStretch()
        self.submitted.connect(self._rename)
        self.set_width(480)

    def take(self, holdings: Holdings) -> None:
        name = holdings.tree.get(self._server).host_name
        if not self._was:
            self.host_name.setText(visible(name))
            self.host_name.selectAll()
            self.host_name.setFocus()
        if self._was not in {"", name}:
            pattern = self.tr("Another console has renamed it from {0} to {1} meanwhile.")
            self.meanwhile = pattern.format(self._was, name)
        self._was = self.subject = name
        self.set_title(self.tr("Rename {0}").format(visible(name)))

    def plan(self, holdings: Holdings) -> Holdings | None:
        from licensedesk.core.names import canonical_host_name
        from licensedesk.core.placement import require_within_limits
        from licensedesk.core.servers import require_free_name

        typed = self.host_name.text().strip()
        if not typed:
            return None
        fact = holdings.tree.get(self._server)._replace(host_name=canonical_host_name(typed))
        if fact.host_name == self._was:
            return None
        require_free_name(holdings.tree, fact)
        tree = holdings.tree.with_server(fact)
        require_within_limits(tree, self._server)
        return holdings.with_tree(tree)

    def _rename(self) -> None:
        self.set_busy(self.tr("Renaming…"))
        operations.rename_server(
            self.session,
            server=self._server,
            host_name=self.host_name.text().strip(),
            was=self._was,
            owner=self,
            done=self.act_done,
            failed=self.act_failed,
        )
