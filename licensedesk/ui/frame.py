"""What of the window is painted first: menu titles, menu area, an empty place for views, the foot.

All that is here is loaded before the first picture, so nothing is that can wait (benchmarks/ui_start.py).
"""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QSettings, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QMenu, QStackedWidget, QVBoxLayout, QWidget

from licensedesk.ui.widgets.sidebar import Sidebar, settings_groups
from licensedesk.ui.widgets.status_bar import StatusBar

FIRST_VIEW = "overview"
_GEOMETRY = "window/geometry"
_VIEW = "window/view"


class Frame(QMainWindow):
    """As the window was left, without anything of the site."""

    painted = Signal()
    """Once, while the frame is painted; connect it queued, since what stands in the frame comes after it."""

    def __init__(self, settings: QSettings) -> None:
        super().__init__()
        self.settings = settings
        self.sidebar = Sidebar(settings_groups())
        self.stack = QStackedWidget()
        self.bar = StatusBar()
        self.bar.button.setEnabled(False)
        self.menus_by_name = self._menus()
        self.above_views = QVBoxLayout()
        self.above_views.setContentsMargins(20, 12, 20, 0)
        self._painted = False
        self.setCentralWidget(self._framed())
        self.setWindowTitle("LicenseDesk")
        self._restore()

    def _menus(self) -> dict[str, QMenu]:
        """Only their titles; ui/menus.py fills them."""
        titles = {
            "file": self.tr("&File"),
            "license": self.tr("&License"),
            "server": self.tr("&Server"),
            "node": self.tr("&Node"),
            "view": self.tr("&View"),
            "help": self.tr("&Help"),
        }
        bar = self.menuBar()
        return {name: bar.addMenu(title) for name, title in titles.items()}

    def _framed(self) -> QWidget:
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addLayout(self.above_views)
        right.addWidget(self.stack, 1)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.sidebar)
        middle.addLayout(right, 1)
        frame = QWidget()
        whole = QVBoxLayout(frame)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(middle, 1)
        whole.addWidget(self.bar)
        return frame

    def remembered_view(self) -> str:
        """The key of the view that was shown last."""
        key = str(self.settings.value(_VIEW, FIRST_VIEW))
        return key if key in self.sidebar.keys else FIRST_VIEW

    def remember_view(self, key: str) -> None:
        self.settings.setValue(_VIEW, key)

    def remember_geometry(self) -> None:
        self.settings.setValue(_GEOMETRY, self.saveGeometry())

    def _restore(self) -> None:
        self.resize(1280, 800)
        self.setMinimumSize(900, 560)
        geometry = self.settings.value(_GEOMETRY)
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        self.sidebar.set_current(self.remembered_view())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - the name is Qt's
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            self.painted.emit()
