"""What dialogs are there for: filled in, and their main button pressed."""

from __future__ import annotations

import random
import shutil

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QSpinBox

from licensedesk.core.types import Role
from licensedesk.ui import commands
from licensedesk.ui.application import Desktop
from licensedesk.ui.dialogs.register_license import RegisterLicenseDialog, open_register_license
from licensedesk.ui.dialogs.unlock import UnlockDialog
from licensedesk.ui.pages.servers import ServersView
from licensedesk.ui.widgets.dialog import Dialog
from tests.ui.clicker.answers import Answers
from tests.ui.clicker.hands import LEFT, TEXTS, Hands

EDITING = ("rename-server", "move-server", "suspend-server", "remove-server", "holding-option", "enrol-agent")


class Work:
    """`hasty` is how often something was closed while it worked."""

    def __init__(self, desktop: Desktop, hands: Hands, answers: Answers, chance: random.Random) -> None:
        self._desktop = desktop
        self._hands = hands
        self._answers = answers
        self._chance = chance
        self.hasty = 0

    def work(self) -> None:
        """What a dialog is there for: fill in what is empty, and press its main button."""
        top = self._hands.top
        if not isinstance(top, Dialog):
            return
        for field in top.findChildren(QLineEdit):
            if field.isVisible() and field.isEnabled() and (not field.text() or self._chance.random() < 0.3):
                field.setFocus()
                field.selectAll()
                QTest.keyClicks(field, self._fitting(field))
        for box in top.findChildren(QAbstractButton):
            if box.isCheckable() and box.isVisible() and box.isEnabled() and self._chance.random() < 0.3:
                QTest.mouseClick(box, LEFT, pos=QPoint(8, box.height() // 2))
        for spin in top.findChildren(QSpinBox):
            if spin.isVisible() and spin.isEnabled():
                QTest.keyClick(spin, self._chance.choice((Qt.Key.Key_Up, Qt.Key.Key_Down)))
        self.submit()
        if self._chance.random() < 0.1:
            # Closed while it works; the window too.
            self.hasty += self._desktop.runner.writing
            self._hands.top.close()
            self._desktop.window.close()

    def begin_writing(self) -> None:
        """Open a dialog that needs nothing but its press."""
        session, window = self._desktop.session, self._desktop.window
        if self._hands.top is window and commands.allowed("renumber", session):
            commands.start("renumber", session, window)

    def begin_editing(self) -> None:
        """Open a dialog about a server that can be removed."""
        session, window = self._desktop.session, self._desktop.window
        view = window._views.get("servers")
        rows = [row for _, row in view.model.loaded_rows()] if isinstance(view, ServersView) else []
        below = [row.fact.id for row in rows if row.fact.role != Role.PRIMARY]
        if below:
            session.choose_server(self._chance.choice(below))
        name = self._chance.choice(EDITING)
        if self._hands.top is window and commands.allowed(name, session):
            commands.start(name, session, window)

    def submit(self) -> None:
        top = self._hands.top
        if isinstance(top, Dialog):
            QTest.mouseClick(top.main_button, LEFT)

    def _fitting(self, field: QLineEdit) -> str:
        """What is asked for there, mostly."""
        if field.echoMode() == QLineEdit.EchoMode.Password:
            return self._chance.choice(("sample", "sample", "wrong"))
        name = field.accessibleName().casefold()
        if "host name" in name:
            return f"made-{self._chance.randrange(10**6)}.example.com"
        if "file" in name:
            return str(self._answers.some() if self._chance.random() < 0.5 else self._answers.new())
        return self._chance.choice(TEXTS[:-3])

    def begin_unlocking(self) -> None:
        session, window = self._desktop.session, self._desktop.window
        if self._hands.top is window and commands.allowed("unlock", session):
            commands.start("unlock", session, window)

    def mistype(self) -> None:
        top = self._hands.top
        if isinstance(top, UnlockDialog):
            top.passphrase.selectAll()
            QTest.keyClicks(top.passphrase, "none that it ever had")

    # -- a file that vanishes between its choice and its registration ------------------------------------
    def begin_registering(self) -> None:
        session, window = self._desktop.session, self._desktop.window
        if self._hands.top is window and commands.allowed("register-license", session):
            shutil.copy(self._answers.key, self._answers.vanishing)
            open_register_license(session, window, files=[self._answers.vanishing])

    def vanish(self) -> None:
        """And another is chosen, so that all are verified again."""
        self._answers.vanishing.unlink(missing_ok=True)
        top = self._hands.top
        if isinstance(top, RegisterLicenseDialog) and not top.busy:
            top.add_files([self._answers.key])
