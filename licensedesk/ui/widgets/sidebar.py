"""The menu area: the views in the groups of the Settings module, with counts beside them."""

from __future__ import annotations

from typing import Any, cast

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFocusEvent, QFont, QFontMetrics, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from licensedesk.ui.figures import number
from licensedesk.ui.guard import guarded
from licensedesk.ui.icons import pixmap
from licensedesk.ui.theme import enlarged, heading_font, semibold, small_font, tokens
from licensedesk.ui.widgets.menu_area import (
    HEADING_DROP,
    ICON_LEFT,
    ICON_SIZE,
    PADDING,
    SIDE,
    TEXT_LEFT,
    WIDTH,
    Entry,
    Group,
    line_height,
    lines,
)
from licensedesk.ui.widgets.style_flags import state_flags

AnyIndex = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()
_KEY = Qt.ItemDataRole.UserRole + 1
_LINE = Qt.ItemDataRole.UserRole + 2
_BADGE = Qt.ItemDataRole.UserRole + 3


class Sidebar(QFrame):
    """One stop for Tab; arrow keys walk the views and skip the headings."""

    chosen = Signal(str)

    def __init__(self, groups: tuple[Group, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "sidebar")
        self.setFixedWidth(enlarged(WIDTH, self.font()))
        self._lines = _Lines(groups)
        self._list = _EntryList()
        self._list.setAccessibleName(self.tr("Views"))
        self._list.setItemDelegate(_EntryDelegate(self._list))
        self._list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setMouseTracking(True)
        self._list.setModel(self._lines)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, PADDING, 1, PADDING)
        layout.addWidget(self._list)
        self._list.selectionModel().currentChanged.connect(self._on_current)
        self.setFocusProxy(self._list)

    @property
    def keys(self) -> list[str]:
        """Of all entries, from top to bottom."""
        return self._lines.keys()

    @property
    def current(self) -> str:
        return str(self._list.currentIndex().data(_KEY) or "")

    def set_current(self, key: str) -> None:
        """Choose a view, as if it was clicked."""
        self._list.setCurrentIndex(self._lines.index_of(key))

    def set_badge(self, key: str, count: int) -> None:
        """How many wait there; nothing is shown for 0."""
        self._lines.set_badge(key, count)

    def set_against(self, key: str, why_not: str) -> None:
        """A view that may not be seen cannot be chosen, and says why not; empty: it can."""
        self._lines.set_against(key, why_not)

    def _on_current(self, current: QModelIndex, _previous: QModelIndex) -> None:
        key = current.data(_KEY)
        if key:
            self.chosen.emit(key)


class _Lines(QAbstractListModel):
    """A heading is a text, a view an Entry; QStandardItem would cost a window 10 ms of its start."""

    def __init__(self, groups: tuple[Group, ...]) -> None:
        super().__init__()
        self._lines = list(lines(groups))
        self._badges: dict[str, int] = {}
        self._against: dict[str, str] = {}

    def rowCount(self, parent: AnyIndex = _NO_INDEX) -> int:  # noqa: N802 - the name is Qt's
        return 0 if parent.isValid() else len(self._lines)

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        line = self._lines[index.row()]
        if isinstance(line, str) or self._against.get(line.key):
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    @guarded(None)
    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        line = self._lines[index.row()]
        if role == _LINE:
            return line
        if isinstance(line, str):
            return line if role == Qt.ItemDataRole.DisplayRole else None
        count = self._badges.get(line.key, 0)
        spoken = f"{line.title}, {number(count)}" if count else line.title
        values = {
            Qt.ItemDataRole.DisplayRole: line.title,
            Qt.ItemDataRole.AccessibleTextRole: spoken,
            Qt.ItemDataRole.ToolTipRole: self._against.get(line.key),
            Qt.ItemDataRole.AccessibleDescriptionRole: self._against.get(line.key),
            _KEY: line.key,
            _BADGE: count,
        }
        return values.get(role)

    def keys(self) -> list[str]:
        return [line.key for line in self._lines if isinstance(line, Entry)]

    def index_of(self, key: str) -> QModelIndex:
        lines = enumerate(self._lines)
        return self.index(next(at for at, one in lines if isinstance(one, Entry) and one.key == key), 0)

    def set_against(self, key: str, why_not: str) -> None:
        self._against[key] = why_not
        index = self.index_of(key)
        self.dataChanged.emit(index, index)

    def set_badge(self, key: str, count: int) -> None:
        self._badges[key] = count
        index = self.index_of(key)
        self.dataChanged.emit(index, index)


class _EntryList(QListView):
    """Knows whether the keyboard brought the focus: only then is it worth a ring."""

    def __init__(self) -> None:
        super().__init__()
        self.by_keyboard = False

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - the name is Qt's
        keys = (
            Qt.FocusReason.TabFocusReason,
            Qt.FocusReason.BacktabFocusReason,
            Qt.FocusReason.ShortcutFocusReason,
        )
        self.by_keyboard = event.reason() in keys
        super().focusInEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - the name is Qt's
        self.by_keyboard = True
        super().keyPressEvent(event)


class _EntryDelegate(QStyledItemDelegate):
    def sizeHint(  # noqa: N802 - the name is Qt's
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(
            enlarged(WIDTH, option.font) - 2, line_height(index.data(_LINE), option.fontMetrics.height())
        )

    @guarded(None)
    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = index.data(_LINE)
        if isinstance(line, str):
            self._paint_heading(painter, option, line)
        else:
            self._paint_entry(painter, option, index, line)
        painter.restore()

    @staticmethod
    def _paint_heading(painter: QPainter, option: QStyleOptionViewItem, heading: str) -> None:
        painter.setFont(heading_font(option.font))
        painter.setPen(QColor(tokens().secondary))
        room = QRectF(option.rect).adjusted(SIDE + ICON_LEFT, HEADING_DROP, -SIDE, 0)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, heading)

    def _paint_entry(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
        entry: Entry,
    ) -> None:
        colours = tokens()
        chosen = bool(option.state & state_flags()[0])
        pill = QRectF(option.rect).adjusted(SIDE, 1, -SIDE, -1)
        painter.setPen(Qt.PenStyle.NoPen)
        if chosen:
            painter.setBrush(QColor(colours.selection))
            painter.drawRoundedRect(pill, 6, 6)
        elif option.state & state_flags()[1]:
            painter.setBrush(QColor(colours.hover))
            painter.drawRoundedRect(pill, 6, 6)
        if option.state & state_flags()[2] and cast("_EntryList", option.widget).by_keyboard:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(colours.accent), 1))
            painter.drawRoundedRect(pill.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        ink = colours.accent_text if chosen else colours.text
        if not index.flags() & Qt.ItemFlag.ItemIsEnabled:
            ink = colours.disabled
        ratio = painter.device().devicePixelRatio()
        picture = pixmap(entry.icon, colours.accent_text if chosen else colours.secondary, ICON_SIZE, ratio)
        top = round(pill.center().y() - ICON_SIZE / 2)
        painter.drawPixmap(round(pill.left()) + ICON_LEFT, top, picture)
        room = pill.adjusted(TEXT_LEFT, 0, -8, 0)
        room.setRight(
            room.right()
            - self._paint_badge(painter, pill, option.font, index.data(_BADGE) or 0, chosen=chosen)
        )
        font = semibold(option.font) if chosen else option.font
        painter.setFont(font)
        painter.setPen(QColor(ink))
        title = QFontMetrics(font).elidedText(entry.title, Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, title)

    @staticmethod
    def _paint_badge(painter: QPainter, pill: QRectF, base: QFont, count: int, *, chosen: bool) -> float:
        """The width it takes, with the gap before it."""
        if not count:
            return 0.0
        font = semibold(small_font(base))
        metrics = QFontMetrics(font)
        width = max(24, metrics.horizontalAdvance(number(count)) + 14)
        height = metrics.height() + 3
        badge = QRectF(pill.right() - 8 - width, round(pill.center().y() - height / 2), width, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens().surface if chosen else tokens().badge))
        painter.drawRoundedRect(badge, height / 2, height / 2)
        painter.setFont(font)
        painter.setPen(QColor(tokens().text))
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, number(count))
        return width + 8.0
