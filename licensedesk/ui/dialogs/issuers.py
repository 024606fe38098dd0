"""Issuers: whom the site trusts to issue licenses, with their keys and products."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QWidget

from licensedesk.core.changes import Changes
from licensedesk.core.errors import LicenseDeskError
from licensedesk.core.names import visible
from licensedesk.ui import operations
from licensedesk.ui.dialogs.license_folder import license_folder
from licensedesk.ui.item_models.rows import Column, RowsModel
from licensedesk.ui.mnemonics import literal
from licensedesk.ui.session import Session
from licensedesk.ui.tokens import State
from licensedesk.ui.widgets.dialog import Dialog
from licensedesk.ui.widgets.form import Form
from licensedesk.ui.widgets.page import button
from licensedesk.ui.widgets.sections import SectionTitle
from licensedesk.ui.widgets.table import TableView
from licensedesk.ui.wording import told

if TYPE_CHECKING:
    from licensedesk.core.issuers import IssuerRow
    from licensedesk.core.store.database import Store

_KEY_SHOWN = 16


def open_issuers(session: Session, parent: QWidget) -> None:
    IssuersDialog(session, parent).open()


class IssuersDialog(Dialog):
    """The list above, adding one below: the main button adds what is filled in."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__("", main="", parent=parent)
        self._session = session
        self.set_title(self.tr("Issuers"))
        self.set_main(self.tr("Trust Issuer"))
        self.cancel_button.setText(self.tr("Close"))
        self.model: RowsModel[IssuerRow] = RowsModel(self._columns(), key=lambda row: row.name)
        self.table = TableView(self.model, name=self.tr("Trusted issuers"))
        self.table.say_when_empty(
            self.tr("Nobody is trusted yet: add the issuer of your licenses with its public key file.")
        )
        self.remove_button = button(self.tr("Remove Issuer"), self._remove)
        self.extra.addWidget(self.remove_button)
        remove = QAction(self.tr("Remove Issuer"), self)
        remove.setShortcut("Del")
        remove.triggered.connect(self._remove)
        self.table.set_context_actions([remove])
        self.table.selected.connect(self._name_removal)
        self.name = QLineEdit()
        self.name.setPlaceholderText("Example Software")
        self.key_file = QLineEdit()
        self.key_file.setPlaceholderText("issuer.pub")
        self.products = QLineEdit()
        self.products.setPlaceholderText("Desktop Manager, Asset Monitor")
        for field in (self.name, self.key_file, self.products):
            field.textChanged.connect(lambda _text: self._judge())
        self._lay_out_body()
        self.submitted.connect(self._add)
        self.remember(session.settings, "issuers")
        self.set_size(760, 480)
        self._judge()
        self._name_removal()
        self.name.setFocus()
        session.changed.connect(self._on_changed)
        self._read()

    def _columns(self) -> tuple[Column[IssuerRow], ...]:
        return (
            Column(key="name", title=self.tr("Issuer"), text=lambda row: row.name, width=180),
            Column(
                key="products",
                title=self.tr("May license"),
                text=lambda row: ", ".join(row.products),
                width=240,
                stretch=True,
            ),
            Column(
                key="key",
                title=self.tr("Key"),
                text=lambda row: f"{row.key_id[:_KEY_SHOWN]}…",
                tooltip=lambda row: row.key_id,
                muted=True,
                width=170,
            ),
        )

    def _lay_out_body(self) -> None:
        place = QWidget()
        row = QHBoxLayout(place)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.key_file, 1)
        row.addWidget(button(self.tr("Choose…"), self._choose))
        form = Form()
        form.add(self.tr("&Name"), self.name)
        form.add(self.tr("Public &key file"), place)
        form.add(self.tr("&Products"), self.products)
        self.key_file.setAccessibleName(self.tr("Public key file"))
        self.products.setToolTip(self.tr("Separated by commas, as they stand in the license keys."))
        self.body.addWidget(self.table, 1)
        self.body.addWidget(SectionTitle(self.tr("Trust an issuer, or let it license more products")))
        self.body.addLayout(form)

    # -- reading -----------------------------------------------------------------------------------
    def _read(self) -> None:
        def read(store: Store) -> list[IssuerRow]:
            from licensedesk.core.issuers import list_issuers

            return list_issuers(store)

        self._session.read(read, owner=self, done=self.model.set_rows, key="issuers", failed=self._refused)

    def _on_changed(self, changes: Changes) -> None:
        if changes.trust:
            self._read()

    def _choose(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self,
            self.tr("Choose the Issuer's Public Key"),
            license_folder(self._session),
            ";;".join((self.tr("Public keys (*.pub *.pem)"), self.tr("All files (*)"))),
        )
        if chosen:
            self.key_file.setText(chosen)

    # -- acting ------------------------------------------------------------------------------------
    @property
    def _products(self) -> list[str]:
        return [name.strip() for name in self.products.text().split(",") if name.strip()]

    def _judge(self) -> None:
        filled = bool(self.name.text().strip() and self.key_file.text().strip() and self._products)
        self.set_valid(filled, self.tr("Give the name, the key file and the products."))

    def _name_removal(self) -> None:
        row = self.table.current_row()
        self.remove_button.setEnabled(row is not None)
        shown = visible(row.name) if row is not None else self.tr("Issuer")
        self.remove_button.setText(self.tr("Remove {0}").format(literal(shown)))

    def _add(self) -> None:
        self.set_busy(self.tr("Saving…"))
        operations.add_issuer(
            self._session,
            name=self.name.text().strip(),
            key_file=Path(self.key_file.text().strip()),
            products=self._products,
            owner=self,
            done=self._added,
            failed=self.refuse,
        )

    def _added(self, _changes: Changes) -> None:
        self.set_busy()
        self.notice.say(State.OK, self.tr("{0} is trusted.").format(self.name.text().strip()))
        for field in (self.name, self.key_file, self.products):
            field.clear()
        self.name.setFocus()

    def _remove(self) -> None:
        """Refused while licenses of it are registered, so there is nothing to be lost by it."""
        row = self.table.current_row()
        if row is None:
            return
        operations.remove_issuer(
            self._session,
            name=row.name,
            owner=self,
            done=lambda _changes: self.notice.clear(),
            failed=self._refused,
        )

    def _refused(self, error: LicenseDeskError) -> None:
        self.notice.say(State.CRITICAL, *told(error))
