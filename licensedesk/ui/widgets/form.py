"""Inputs under each other with their labels before them; a label is its input's name, too."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QLabel, QLineEdit, QWidget

from licensedesk.ui.mnemonics import plain

SHORT_PASSPHRASE = 12
"""Fewer characters are guessed more easily than a person thinks."""


class Form(QFormLayout):
    """Labels left, in the secondary colour, with a mnemonic if they have an `&`."""

    def __init__(self) -> None:
        super().__init__()
        self.setContentsMargins(0, 0, 0, 0)
        self.setHorizontalSpacing(16)
        self.setVerticalSpacing(12)
        self.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)

    def add(self, text: str, widget: QWidget) -> None:
        shown = QLabel(text)
        shown.setTextFormat(Qt.TextFormat.PlainText)
        shown.setProperty("role", "secondary")
        # Of several widgets in a row the label is that of the first that can be filled in.
        place = widget.focusPolicy() == Qt.FocusPolicy.NoFocus and widget.focusProxy() is None
        inputs: list[QWidget] = [*widget.findChildren(QLineEdit)] if place else [widget]
        if inputs:
            shown.setBuddy(inputs[0])
        widget.setAccessibleName(plain(text).rstrip(":"))
        self.addRow(shown, widget)


class PassphraseAdvice(QLabel):
    """Below the field of a new passphrase, where that is short: a quiet warning, never a refusal."""

    def __init__(self, field: QLineEdit) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", "warning")
        self.setWordWrap(True)
        self.hide()
        field.textChanged.connect(self._judge)

    def _judge(self, text: str) -> None:
        short = 0 < len(text) < SHORT_PASSPHRASE
        words = self.tr("Short passphrases can be guessed: use {0} characters or more, such as four words.")
        self.setText(words.format(SHORT_PASSPHRASE) if short else "")
        self.setVisible(short)
