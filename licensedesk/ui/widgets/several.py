"""A choice of several out of many: a button that says what is chosen, and a list to tick off."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, QSortFilterProxyModel, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from licensedesk.core.names import visible
from licensedesk.ui.figures import number
from licensedesk.ui.icons import pixmap
from licensedesk.ui.theme import enlarged
from licensedesk.ui.widgets.page import button

_ARROW = 12
_LEAST_ROWS, _MOST_ROWS = 3, 10
_KEY = Qt.ItemDataRole.UserRole + 1


class SeveralButton(QPushButton):
    """Nothing chosen means all. `chosen_changed` comes when the list is closed and something is different."""

    chosen_changed = Signal()

    def __init__(self, everything: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._everything = everything
        self._titles: dict[str, str] = {}
        self._chosen: tuple[str, ...] = ()
        self._list = _TickList(self)
        self._list.closed.connect(self._take)
        self.setAutoDefault(False)
        self.setMinimumWidth(150)
        self.setProperty("kind", "choice")
        self.clicked.connect(lambda _checked: self.open_list())
        self._show()

    def set_choices(self, choices: Sequence[tuple[str, str]]) -> None:
        """Key and title of each, in order; chosen ones that are gone are dropped."""
        self._titles = dict(choices)
        self._chosen = tuple(key for key in self._chosen if key in self._titles)
        self._show()

    @property
    def chosen(self) -> tuple[str, ...]:
        return self._chosen

    def set_chosen(self, keys: Sequence[str]) -> None:
        """By program; tells nobody."""
        wanted = set(keys)
        self._chosen = tuple(key for key in self._titles if key in wanted)
        self._show()

    def add_action(self, text: str, press: Callable[[], object]) -> None:
        """A button under the list, such as *Use a whole range…*; closes the list."""
        self._list.add_button(text, press)

    def open_list(self) -> None:
        self._list.fill(self._titles, self._chosen)
        self._list.open_below(self)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - the name is Qt's
        super().paintEvent(event)
        painter = QPainter(self)
        arrow = pixmap("arrow-down", "", _ARROW, self.devicePixelRatio())
        painter.drawPixmap(self.width() - _ARROW - 8, (self.height() - _ARROW) // 2, arrow)
        painter.end()

    def _take(self) -> None:
        chosen = self._list.ticked()
        if chosen != self._chosen:
            self._chosen = chosen
            self._show()
            self.chosen_changed.emit()

    def _show(self) -> None:
        if not self._chosen:
            self.setText(self._everything)
        elif len(self._chosen) == 1:
            self.setText(visible(self._titles[self._chosen[0]]))
        else:
            self.setText(self.tr("{0} chosen").format(number(len(self._chosen))))
        # Its name is the label's; what is chosen is read out after it.
        self.setAccessibleDescription(self.text())
        self.setToolTip("\n".join(visible(self._titles[key]) for key in self._chosen[:20]))


class _TickList(QFrame):
    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("role", "panel")
        self._model = QStandardItemModel(self)
        self._shown = QSortFilterProxyModel(self)
        self._shown.setSourceModel(self._model)
        self._shown.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._search = QLineEdit()
        self._search.setPlaceholderText(self.tr("Search"))
        self._search.setAccessibleName(self.tr("Search in the list"))
        self._search.textEdited.connect(self._shown.setFilterFixedString)
        self._view = QListView()
        self._view.setAccessibleName(self.tr("Choices"))
        self._view.setModel(self._shown)
        self._view.setUniformItemSizes(True)
        self._view.setProperty("role", "ticks")
        self._view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._buttons = QHBoxLayout()
        self._buttons.addWidget(button(self.tr("Choose None"), self._untick))
        self._buttons.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(self._search)
        layout.addWidget(self._view, 1)
        layout.addLayout(self._buttons)

    def add_button(self, text: str, press: Callable[[], object]) -> None:
        def pressed() -> None:
            self.close()
            press()

        self._buttons.addWidget(button(text, pressed))

    def fill(self, titles: dict[str, str], chosen: Sequence[str]) -> None:
        self._model.clear()
        ticked = set(chosen)
        for key, title in titles.items():
            item = QStandardItem(visible(title))
            item.setData(key, _KEY)
            item.setFlags(
                Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable
            )
            item.setCheckState(Qt.CheckState.Checked if key in ticked else Qt.CheckState.Unchecked)
            self._model.appendRow(item)
        self._search.clear()
        self._shown.setFilterFixedString("")
        self._view.setCurrentIndex(self._shown.index(0, 0))

    def ticked(self) -> tuple[str, ...]:
        rows = (self._model.item(row) for row in range(self._model.rowCount()))
        return tuple(str(item.data(_KEY)) for item in rows if item.checkState() == Qt.CheckState.Checked)

    def open_below(self, anchor: QWidget) -> None:
        self.setFixedWidth(max(enlarged(300, self.font()), anchor.width()))
        rows = min(_MOST_ROWS, max(_LEAST_ROWS, self._shown.rowCount()))
        self._view.setFixedHeight(rows * max(28, self._view.sizeHintForRow(0)) + 2)
        self.adjustSize()
        self.move(anchor.mapToGlobal(QPoint(0, anchor.height() + 2)))
        self.show()
        self._search.setFocus()

    def _untick(self) -> None:
        for row in range(self._model.rowCount()):
            self._model.item(row).setCheckState(Qt.CheckState.Unchecked)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - the name is Qt's
        """From the search field: down goes into the list, Enter closes; Escape does so anyway."""
        if event.key() == Qt.Key.Key_Down and self._search.hasFocus():
            self._view.setFocus()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.close()
        else:
            super().keyPressEvent(event)

    def hideEvent(self, event: object) -> None:  # noqa: N802 - the name is Qt's
        super().hideEvent(event)  # type: ignore[arg-type]
        self.closed.emit()
