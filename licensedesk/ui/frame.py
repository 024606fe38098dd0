"""What of the window is painted first: menu titles, menu area, an empty place for views, the foot.

All that is here is loaded before the first picture, so nothing is that can wait (benchmarks/ui_start.py).
"""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QCoreApplication, QSettings, QTimer, Signal
from PySide6.QtGui import QFontMetrics, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from licensedesk.ui.icons import pixmap
from licensedesk.ui.theme import enlarged, heading_font, semibold, tokens
from licensedesk.ui.widgets.menu_area import (
    HEADING_DROP,
    ICON_LEFT,
    ICON_SIZE,
    PADDING,
    SIDE,
    TEXT_LEFT,
    WIDTH,
    Entry,
    line_height,
    lines,
    settings_groups,
)

FIRST_VIEW = "overview"
FOOT_MARGINS = (13, 8, 10, 8)
_GEOMETRY = "window/geometry"
_VIEW = "window/view"


def menu_titles() -> dict[str, str]:
    """By name, from left to right, with their mnemonics."""

    def title(text: str) -> str:
        return QCoreApplication.translate("Menus", text)

    return {
        "file": title("&File"),
        "edit": title("&Edit"),
        "license": title("&License"),
        "server": title("&Server"),
        "node": title("&Node"),
        "event": title("Even&t"),
        "go": title("&Go"),
        "view": title("&View"),
        "help": title("&Help"),
    }


class Frame(QMainWindow):
    """As the window was left, without anything of the site; what works takes the place of the picture."""

    painted = Signal()
    """Once, after the first picture."""

    def __init__(self, settings: QSettings) -> None:
        super().__init__()
        self.settings = settings
        self.menus_by_name = self._menus()
        self._painted = False
        self.setCentralWidget(_FirstPicture(self.remembered_view()))
        self.setWindowTitle("LicenseDesk")
        self.resize(1280, 800)
        self.setMinimumSize(900, 560)
        geometry = settings.value(_GEOMETRY)
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)

    def _menus(self) -> dict[str, QMenu]:
        """Only their titles; ui/menus.py fills them."""
        bar = self.menuBar()
        return {name: bar.addMenu(title) for name, title in menu_titles().items()}

    def remembered_view(self) -> str:
        """The key of the view that was shown last."""
        key = str(self.settings.value(_VIEW, FIRST_VIEW))
        keys = {entry.key for group in settings_groups() for entry in group.entries}
        return key if key in keys else FIRST_VIEW

    def remember_view(self, key: str) -> None:
        self.settings.setValue(_VIEW, key)

    def remember_geometry(self) -> None:
        self.settings.setValue(_GEOMETRY, self.saveGeometry())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - the name is Qt's
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            # What stands in the frame is painted after it, in the same event.
            QTimer.singleShot(0, self.painted.emit)


class _FirstPicture(QWidget):
    """Stands where the menu area and the foot will, and looks like them."""

    def __init__(self, chosen: str) -> None:
        super().__init__()
        middle = QHBoxLayout()
        middle.addWidget(_MenuArea(chosen))
        middle.addStretch()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(middle, 1)
        whole.addWidget(self._foot())

    @staticmethod
    def _foot() -> QFrame:
        foot = QFrame()
        foot.setProperty("role", "statusbar")
        button = QPushButton(QCoreApplication.translate("StatusBar", "Distribute License.xml Now"))
        button.setEnabled(False)
        row = QHBoxLayout(foot)
        row.setContentsMargins(*FOOT_MARGINS)
        row.addStretch()
        row.addWidget(button)
        return foot


class _MenuArea(QFrame):
    """Of labels, which Qt paints by itself: a first pen or brush of ours would load all of `Qt`."""

    def __init__(self, chosen: str) -> None:
        super().__init__()
        self.setProperty("role", "sidebar")
        self._width = enlarged(WIDTH, self.font())
        self.setFixedWidth(self._width)
        top, text_height = PADDING, QFontMetrics(self.font()).height()
        for line in lines(settings_groups()):
            height = line_height(line, text_height)
            if isinstance(line, str):
                self._add_heading(line, top, height)
            else:
                self._add_entry(line, top, height, chosen=line.key == chosen)
            top += height

    def _add_heading(self, heading: str, top: int, height: int) -> None:
        shown = QLabel(heading, self)
        shown.setProperty("role", "secondary")
        shown.setFont(heading_font(self.font()))
        shown.setGeometry(SIDE + ICON_LEFT, top + HEADING_DROP, self._width - 2 * SIDE, height - HEADING_DROP)

    def _add_entry(self, entry: Entry, top: int, height: int, *, chosen: bool) -> None:
        colours = tokens()
        if chosen:
            pill = QFrame(self)
            pill.setStyleSheet(f"background: {colours.selection}; border-radius: 6px")
            pill.setGeometry(SIDE, top + 1, self._width - 2 - 2 * SIDE, height - 2)
        icon = QLabel(self)
        tint = colours.accent_text if chosen else colours.secondary
        icon.setPixmap(pixmap(entry.icon, tint, ICON_SIZE, self.devicePixelRatio()))
        icon.setGeometry(SIDE + ICON_LEFT, top + (height - ICON_SIZE) // 2, ICON_SIZE, ICON_SIZE)
        title = QLabel(entry.title, self)
        if chosen:
            title.setFont(semibold(self.font()))
            title.setStyleSheet(f"color: {colours.accent_text}")
        title.setGeometry(SIDE + TEXT_LEFT, top, self._width - 2 * SIDE - TEXT_LEFT, height)
