"""A row that breaks into further rows where the window is narrow."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget


class FlowLayout(QLayout):
    """From left to right, each item as wide as it wants to be; `right`: each row ends at the right."""

    def __init__(
        self, parent: QWidget | None = None, *, gap: int = 16, line_gap: int = 8, right: bool = False
    ) -> None:
        super().__init__(parent)
        self._right = right
        self._items: list[QLayoutItem] = []
        self._gap = gap
        self._line_gap = line_gap
        self._heights: dict[int, int] = {}
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:  # noqa: N802 - the name is Qt's
        self._items.append(item)
        self._heights.clear()

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:  # noqa: N802 - the name is Qt's
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:  # noqa: N802 - the name is Qt's
        self._heights.clear()
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def invalidate(self) -> None:
        """Qt says so whenever an item has come, gone, or wants another size."""
        self._heights.clear()
        super().invalidate()

    def expandingDirections(self) -> Qt.Orientation:  # noqa: N802 - the name is Qt's
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:  # noqa: N802 - the name is Qt's
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802 - the name is Qt's
        """Kept, since a view that opens asks for it 500 times."""
        if width not in self._heights:
            self._heights[width] = self._place(QRect(0, 0, width, 0), apply=False)
        return self._heights[width]

    def sizeHint(self) -> QSize:  # noqa: N802 - the name is Qt's
        """At the right in one row, if there is room for it."""
        if not self._right:
            return self.minimumSize()
        sizes = [item.sizeHint() for item in self._shown()]
        width = sum(size.width() for size in sizes) + self._gap * max(0, len(sizes) - 1)
        return QSize(width, max((size.height() for size in sizes), default=0))

    def _shown(self) -> list[QLayoutItem]:
        items = ((item, item.widget()) for item in self._items)
        return [item for item, widget in items if widget is None or not widget.isHidden()]

    def minimumSize(self) -> QSize:  # noqa: N802 - the name is Qt's
        widest = QSize()
        for item in self._items:
            widest = widest.expandedTo(item.minimumSize())
        return widest

    def setGeometry(self, rect: QRect) -> None:  # noqa: N802 - the name is Qt's
        super().setGeometry(rect)
        self._place(rect, apply=True)

    def _place(self, rect: QRect, *, apply: bool) -> int:
        """The height it takes; moves the items where asked to."""
        top = rect.top()
        for line in self._lines(rect.width()):
            sizes = [item.sizeHint() for item in line]
            width = sum(size.width() for size in sizes) + self._gap * (len(line) - 1)
            left = rect.left() + (max(0, rect.width() - width) if self._right else 0)
            for item, size in zip(line, sizes, strict=True):
                if apply:
                    item.setGeometry(QRect(QPoint(left, top), size))
                left += size.width() + self._gap
            top += max(size.height() for size in sizes) + self._line_gap
        return max(0, top - self._line_gap - rect.top())

    def _lines(self, width: int) -> list[list[QLayoutItem]]:
        lines: list[list[QLayoutItem]] = []
        left = 0
        for item in self._shown():
            wanted = item.sizeHint().width()
            if not lines or left + wanted > width:
                lines.append([])
                left = 0
            lines[-1].append(item)
            left += wanted + self._gap
        return lines
