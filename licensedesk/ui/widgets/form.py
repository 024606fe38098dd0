"""Inputs under each other with their labels before them; a label is its input's name, too."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QLabel, QWidget


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
        shown.setProperty("role", "secondary")
        shown.setBuddy(widget)
        widget.setAccessibleName(text.replace("&", "").rstrip(":"))
        self.addRow(shown, widget)
