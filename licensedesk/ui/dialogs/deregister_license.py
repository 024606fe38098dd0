"""Deregister License: what is lost with it, before it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from licensedesk.core.names import visible
from licensedesk.ui import operations
from licensedesk.ui.dialogs.previewed import PreviewedDialog
from licensedesk.ui.figures import day
from licensedesk.ui.session import Session
from licensedesk.ui.vocabulary import counted
from licensedesk.ui.widgets.page import label

if TYPE_CHECKING:
    from licensedesk.core.holdings import Holdings, Key
    from licensedesk.core.terms import LicenseTerm


def open_deregister_license(session: Session, parent: QWidget, issuer: str, serial: str) -> None:
    """Of one registered license; its record stays, with who deregistered it and when."""
    DeregisterLicenseDialog(session, parent, issuer=issuer, serial=serial).open_reading()


class DeregisterLicenseDialog(PreviewedDialog):
    """Nothing is filled in: it shows before and after, and asks."""

    def __init__(self, session: Session, parent: QWidget, *, issuer: str, serial: str) -> None:
        super().__init__(session, parent, title="", main="", danger=True)
        self.set_title(self.tr("Deregister License"))
        self.set_main(self.tr("Deregister {0}").format(visible(serial)))
        self._issuer = issuer
        self._serial = serial
        self.what = label("")
        self.what.setWordWrap(True)
        note = label(
            self.tr(
                "Its record stays, with who and when."
                " The same license may be registered again, there or elsewhere."
            ),
            "secondary",
        )
        note.setWordWrap(True)
        self.body.addWidget(self.what)
        self.body.addWidget(note)
        self.body.addWidget(self.before_after)
        self.body.addStretch()
        self.submitted.connect(self._deregister)
        self.set_width(860)

    def take(self, holdings: Holdings) -> None:
        for key, terms in holdings.licenses.items():
            for term in terms:
                if (term.issuer, term.serial) == (self._issuer, self._serial):
                    self.what.setText(visible(self._words(holdings, key, term)))

    def _words(self, holdings: Holdings, key: Key, term: LicenseTerm) -> str:
        server, product = key
        host_name = holdings.tree.get(server).host_name
        one = self.tr("License {1} of {2}: {0} license of {3}, registered on {4}, valid from {5} to {6}.")
        several = self.tr(
            "License {1} of {2}: {0} licenses of {3}, registered on {4}, valid from {5} to {6}."
        )
        if term.valid_until is None:
            one = self.tr(
                "License {1} of {2}: {0} license of {3}, registered on {4}, valid from {5}, without end."
            )
            several = self.tr(
                "License {1} of {2}: {0} licenses of {3}, registered on {4}, valid from {5}, without end."
            )
        return counted(
            term.quantity,
            term.serial,
            term.issuer,
            product,
            host_name,
            day(term.valid_from),
            day(term.valid_until),
            one=one,
            several=several,
        )

    def plan(self, holdings: Holdings) -> Holdings:
        from licensedesk.core.licenses import check_deregistration

        return check_deregistration(holdings, issuer=self._issuer, serial=self._serial)

    def _deregister(self) -> None:
        self.set_busy(self.tr("Deregistering…"))
        operations.deregister(
            self.session,
            issuer=self._issuer,
            serial=self._serial,
            owner=self,
            done=self.act_done,
            failed=self.act_failed,
        )
