"""About LicenseDesk: what it is, its version, and the versions a report needs."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

import licensedesk
from licensedesk.ui.faults import versions
from licensedesk.ui.session import Session
from licensedesk.ui.widgets.dialog import Dialog
from licensedesk.ui.widgets.page import button, label


def open_about(session: Session, parent: QWidget) -> None:
    AboutDialog(session, parent).open()


class AboutDialog(Dialog):
    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__("", main="", parent=parent)
        self.set_title(self.tr("About LicenseDesk"))
        self.set_main(self.tr("Close"))
        self.cancel_button.hide()
        what = self.tr("Hold, apportion and deliver product licenses over a tree of management servers.")
        self.body.addWidget(label(what))
        self.body.addWidget(label(self.tr("Version {0}").format(licensedesk.__version__), "section"))
        self.report = label(f"{versions()}\n{self.tr('Site: {0}').format(session.folder)}", "secondary")
        self.report.setWordWrap(True)
        self.body.addWidget(self.report)
        self.body.addWidget(label(self.tr("Free software under the MIT licence."), "secondary"))
        self.body.addStretch()
        self.extra.addWidget(button(self.tr("Copy Versions"), self.copy, icon="copy"))
        self.submitted.connect(self.accept)
        self.set_width(560)

    def copy(self) -> None:
        QGuiApplication.clipboard().setText(self.report.text())
