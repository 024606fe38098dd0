"""Another site, in a window of its own: each program has one site, one database, one distributor."""

from __future__ import annotations

import sys

from PySide6.QtCore import QCoreApplication, QProcess
from PySide6.QtWidgets import QFileDialog, QWidget

from licensedesk.core.errors import SurroundingsError
from licensedesk.ui.session import Session


def open_other_site(session: Session, parent: QWidget) -> None:
    """Ask for its folder; one without a site is asked to become one, by Getting Started in the new window."""
    title = QCoreApplication.translate("OtherSite", "Folder of the Site, or of a New One")
    chosen = QFileDialog.getExistingDirectory(parent, title, str(session.folder.parent))
    if not chosen:
        return
    arguments = ["-m", "licensedesk", "--site", chosen]
    started, _process = QProcess.startDetached(sys.executable, arguments, "")
    if not started:
        session.refused.emit(SurroundingsError("not-started", program=sys.executable, site=chosen))
