"""The error dialog: what happened in one sentence, and the report to copy."""

from __future__ import annotations

from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QWidget

from licensedesk.ui.tokens import State
from licensedesk.ui.vocabulary import counted
from licensedesk.ui.widgets.dialog import Dialog
from licensedesk.ui.widgets.page import button, label


class FaultDialog(Dialog):
    """`more` is how many others wait to be shown."""

    def __init__(self, text: str, more: int = 0, parent: QWidget | None = None) -> None:
        super().__init__("", main="", parent=parent)
        self.set_title(self.tr("Something Went Wrong"))
        self.set_main(self.tr("Close"))
        self.cancel_button.hide()
        self.set_size(760, 460)
        self.body.addWidget(self.notice)
        self.notice.say(
            State.CRITICAL,
            self.tr("A fault of LicenseDesk stopped the last action; it was undone, nothing was lost."),
            self.tr("Send the report below to whoever looks after LicenseDesk for you."),
        )
        self.report = QPlainTextEdit(text)
        self.report.setReadOnly(True)
        self.report.setAccessibleName(self.tr("Report"))
        self.report.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.report.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.body.addWidget(self.report, 1)
        one, several = (
            self.tr("{0} more report waits behind this one."),
            self.tr("{0} more reports wait behind this one."),
        )
        self.behind = label(counted(more, one=one, several=several) if more else "", "secondary")
        self.behind.setVisible(bool(more))
        self.body.addWidget(self.behind)
        self.extra.addWidget(button(self.tr("Copy Report"), self.copy, icon="copy"))
        self.submitted.connect(self.accept)

    def copy(self) -> None:
        QGuiApplication.clipboard().setText(self.report.toPlainText())


def show_fault(text: str, more: int) -> None:
    """Modal over whatever window is in front; returns when it is closed."""
    FaultDialog(text, more, QApplication.activeWindow()).exec()
