"""Arrange Columns: moved and hidden from the keyboard, as by dragging the headings of a table."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QSettings, QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from licensedesk.ui.widgets.cells import row_height
from licensedesk.ui.widgets.columns import Arranged, Columns
from licensedesk.ui.widgets.dialog import Dialog
from licensedesk.ui.widgets.page import button, label

_PLACE = Qt.ItemDataRole.UserRole


def open_arrange_columns(parent: QWidget, columns: Columns, settings: QSettings) -> None:
    ArrangeColumnsDialog(parent, columns, settings).open()


class ArrangeColumnsDialog(Dialog):
    """The table is left as it is until the button is pressed."""

    def __init__(self, parent: QWidget, columns: Columns, settings: QSettings) -> None:
        super().__init__("", main="", parent=parent)
        self.set_title(self.tr("Arrange Columns"))
        self.set_main(self.tr("Arrange"))
        self._columns = columns
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Columns"))
        self.list.setProperty("role", "panel")
        self.list.setDragDropMode(QListWidget.DragDropMode.InternalMove)
        self.up_button = button(self.tr("Move &Up"), lambda: self._move(-1))
        self.down_button = button(self.tr("Move &Down"), lambda: self._move(1))
        self.reset_button = button(self.tr("&Reset"), lambda: self._fill(columns.as_made()))
        self._lay_out_body()
        self._fill(columns.arrangement())
        self.list.currentRowChanged.connect(lambda _row: self._judge())
        self.list.itemChanged.connect(lambda _item: self._judge())
        self.submitted.connect(self._arrange)
        self.remember(settings, "arrange-columns")
        self.set_size(440, 460)
        self._judge()

    def _lay_out_body(self) -> None:
        beside = QVBoxLayout()
        beside.setSpacing(8)
        for one in (self.up_button, self.down_button, self.reset_button):
            beside.addWidget(one)
        beside.addStretch()
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.list, 1)
        row.addLayout(beside)
        words = label(self.tr("Ticked columns are shown, from left to right in this order."), "secondary")
        words.setWordWrap(True)
        self.body.addWidget(words)
        self.body.addLayout(row, 1)

    def _fill(self, columns: Iterable[Arranged]) -> None:
        self.list.clear()
        for column in columns:
            item = QListWidgetItem(column.title)
            item.setData(_PLACE, column.place)
            item.setSizeHint(QSize(0, row_height(self.list.fontMetrics())))
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked if column.shown else Qt.CheckState.Unchecked)
            self.list.addItem(item)
        self.list.setCurrentRow(0)

    def _wanted(self) -> list[Arranged]:
        items = [self.list.item(row) for row in range(self.list.count())]
        return [
            Arranged(int(one.data(_PLACE)), one.text(), shown=one.checkState() == Qt.CheckState.Checked)
            for one in items
        ]

    def _move(self, step: int) -> None:
        row = self.list.currentRow()
        item = self.list.takeItem(row)
        self.list.insertItem(row + step, item)
        self.list.setCurrentRow(row + step)

    def _judge(self) -> None:
        row = self.list.currentRow()
        self.up_button.setEnabled(row > 0)
        self.down_button.setEnabled(0 <= row < self.list.count() - 1)
        self.set_valid(any(one.shown for one in self._wanted()), self.tr("One column is shown at least."))

    def _arrange(self) -> None:
        self._columns.arrange(self._wanted())
        self.accept()
